//! The formats against one another, against bytes made by hand, and against files that mean harm.

use super::element::{Element, View};
use super::pickle::{Node, Pickle, PickleError};
use super::*;

/// Shapes of 0 to 3 axes; every value differs.
fn tensors() -> Vec<(String, RawTensor)> {
    let shapes: [&[usize]; 5] = [&[], &[1], &[3, 2], &[2, 3, 4], &[40, 9]];
    let named = shapes.iter().enumerate().map(|(at, shape)| {
        let size: usize = shape.iter().product();
        let values: Vec<f32> = (0..size).map(|value| value as f32 * 0.37 - at as f32 - f32::EPSILON).collect();
        (format!("layer.{at}.weight"), RawTensor::of_f32(shape, &values))
    });
    named.collect()
}

/// A legacy file of one tensor [2, 3] whose storage holds 0, 1, … 5, as `torch.save` lays it out.
/// `strides` and `numel` can be made to lie.
fn legacy(shape: [u8; 2], strides: [u8; 2], numel: i64, little_endian: bool) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
    bytes.extend(b"\x80\x02}U\x0dlittle_endian");
    bytes.extend([if little_endian { 0x88 } else { 0x89 }, b's', b'.']);
    bytes.extend(b"\x80\x02ccollections\nOrderedDict\n)Rq\x00U\x01wctorch._utils\n_rebuild_tensor_v2\n((");
    bytes.extend(b"U\x07storagectorch\nFloatStorage\nU\x0242q\x01U\x03cpuK\x06NtQK\x00");
    bytes.extend([b'K', shape[0], b'K', shape[1], 0x86, b'K', strides[0], b'K', strides[1], 0x86]);
    bytes.extend(b"\x89ccollections\nOrderedDict\n)RtRs.\x80\x02]U\x0242a.");
    bytes.extend(numel.to_le_bytes());
    bytes.extend((0..6).flat_map(|value| (value as f32).to_le_bytes()));
    bytes
}

/// A pickle by itself, in a file of a megabyte.
fn load(bytes: &[u8]) -> std::result::Result<Pickle, PickleError> {
    pickle::load(bytes, &Budget::of_file(1 << 20))
}

/// Name, shape, values.
type Named = (String, Vec<usize>, Vec<f32>);

fn parsed(bytes: &[u8]) -> (WeightsFormat, Vec<Named>) {
    let (format, tensors) = parse(bytes).unwrap();
    (format, tensors.into_iter().map(|tensor| (tensor.name, tensor.shape, tensor.values)).collect())
}

fn refused(bytes: &[u8]) -> String {
    let (place, problem, remedy) = parse(bytes).err().unwrap();
    assert!(!remedy.is_empty());
    format!("{place}: {problem}")
}

#[test]
fn every_written_format_comes_back_bit_for_bit() {
    for (write, expected) in [
        (zip_pickle::write as fn(&[(String, RawTensor)]) -> _, WeightsFormat::ZipPickle),
        (npz::write, WeightsFormat::Npz),
        (safetensors_plain::write, WeightsFormat::Safetensors),
    ] {
        let bytes = write(&tensors()).unwrap();
        let (format, mut found) = parsed(&bytes);
        assert_eq!(format, expected);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        for ((name, shape, values), (expected_name, tensor)) in found.iter().zip(tensors()) {
            assert_eq!((name, shape), (&expected_name, &tensor.shape), "{format:?}");
            assert_eq!(RawTensor::of_f32(shape, values).bytes, tensor.bytes, "{format:?} {name}");
        }
        assert_eq!(found.len(), 5);
        assert_eq!(bytes, write(&tensors()).unwrap(), "the same tensors, the same bytes");
    }
}

#[test]
fn a_legacy_file_is_read_with_its_strides() {
    let (format, found) = parsed(&legacy([2, 3], [3, 1], 6, true));
    assert_eq!(format, WeightsFormat::LegacyPickle);
    assert_eq!(found, [("w".to_owned(), vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])]);
    // a transposed tensor
    assert_eq!(parsed(&legacy([2, 3], [1, 2], 6, true)).1[0].2, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
}

#[test]
fn a_legacy_file_that_lies_is_refused() {
    for (bytes, needle) in [
        (legacy([2, 4], [3, 1], 6, true), "do not fit its storage of 6 elements"),
        (legacy([2, 3], [4, 1], 6, true), "do not fit its storage of 6 elements"),
        // an expanded tensor of 65,025 elements over a storage of six
        (legacy([255, 255], [0, 0], 6, true), "do not fit its storage of 6 elements"),
        (legacy([2, 3], [3, 1], 5, true), "storage 42: expected 6 elements, found 20 bytes"),
        (legacy([2, 3], [3, 1], i64::MAX, true), "storage 42: the file ends too early"),
        (legacy([2, 3], [3, 1], -1, true), "storage 42: the file ends too early"),
        (legacy([2, 3], [3, 1], 6, false), "big-endian"),
    ] {
        let message = refused(&bytes);
        assert!(message.contains(needle), "{message}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_and_never_panics() {
    let whole: [Vec<u8>; 4] = [
        legacy([2, 3], [3, 1], 6, true),
        zip_pickle::write(&tensors()).unwrap(),
        npz::write(&tensors()).unwrap(),
        safetensors_plain::write(&tensors()).unwrap(),
    ];
    for bytes in &whole {
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end]).is_err(), "cut at {end} of {}", bytes.len());
        }
        // any one byte changed: refused or read, but no panic
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0xa5;
            let _ = parse(&changed);
        }
    }
}

#[test]
fn a_pickle_that_wants_to_run_code_is_refused_by_name() {
    let inside = |pickle: &[u8]| {
        let mut bytes = legacy([2, 3], [3, 1], 6, true)[..21].to_vec();
        bytes.extend(b"\x80\x02}.");
        bytes.extend(pickle);
        bytes
    };
    let attacks: [(&[u8], &str); 6] = [
        (b"cos\nsystem\n(S'echo pwned > x'\ntR.", "os.system"),
        (b"\x80\x02cposix\nsystem\nq\x00X\x02\x00\x00\x00lsq\x01\x85q\x02Rq\x03.", "posix.system"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "builtins.eval"),
        (b"(S'ls'\nios\nsystem\n.", "operation 0x53"),
        (b"(ios\nsystem\n.", "os.system"),
        (b"\x80\x02ctorch\nload\n(tR.", "torch.load"),
    ];
    for (attack, name) in attacks {
        assert!(refused(&inside(attack)).contains(name), "{}", refused(&inside(attack)));
        assert!(load(attack).unwrap_err().to_string().contains(name));
        // by itself, without a global, it is just no file of weights
        let alone = if name.starts_with("operation") { "not in a known format" } else { name };
        assert!(refused(attack).contains(alone), "{}", refused(attack));
    }
}

#[test]
fn pickles_without_sense_end_in_an_error() {
    for bytes in [
        &b"."[..],
        b"",
        b"t.",
        b"(a.",
        b"N(s.",
        b"]Ns.",
        b"h\x05.",
        b"\x86.",
        b"NQ.",
        b"NNR.",
        b"Nb.",
        b"ccollections\nOrderedDict\nN\x85R.",
        b"U\xff",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"ccollections",
        b"\xff",
    ] {
        assert!(load(bytes).is_err(), "{bytes:?}");
    }
    assert_eq!(load(b"\xff").unwrap_err(), PickleError::Operation(0xff));
}

#[test]
fn deep_and_circular_values_do_no_harm() {
    let mut deep = vec![b'N'];
    deep.extend(vec![0x85; 300_000]);
    deep.push(b'.');
    assert!(matches!(load(&deep).map(|pickle| pickle.node(pickle.root()).clone()), Ok(Node::Tuple(_))));
    // a list that holds itself
    let circle = load(b"]q\x00h\x00a.").unwrap();
    assert_eq!(circle.node(circle.root()), &Node::List(vec![circle.root()]));
    // one list of pairs recalled for ever more dicts
    let mut bomb = b"ccollections\nOrderedDict\nq\x00](".to_vec();
    bomb.extend(b"NN\x86".repeat(100));
    bomb.extend(b"eq\x01");
    bomb.extend(b"h\x00h\x01\x85R".repeat(100));
    bomb.push(b'.');
    assert!(load(&bomb).unwrap_err().to_string().contains("more entries"));
}

#[test]
fn numbers_are_read_by_their_type() {
    let integer = |bytes: &[u8]| load(bytes).map(|pickle| pickle.node(pickle.root()).clone()).unwrap();
    assert_eq!(integer(b"J\xff\xff\xff\xff."), Node::Int(-1));
    assert_eq!(integer(b"M\x34\x12."), Node::Int(0x1234));
    assert_eq!(integer(b"\x8a\x01\x80."), Node::Int(-128));
    assert_eq!(integer(b"\x8a\x02\x80\x00."), Node::Int(128));
    let view = View::dense(&[4], false).unwrap();
    // numpy.array([1, -2, 65504, 2**-24], '<f2').tobytes()
    let half = [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00];
    assert_eq!(view.gather(Element::F16, &half).unwrap().0, [1.0, -2.0, 65504.0, 2f32.powi(-24)]);
    let double: Vec<u8> = [1.0, -0.5, 0.1, 3.0].into_iter().flat_map(f64::to_le_bytes).collect();
    assert_eq!(view.gather(Element::F64, &double).unwrap(), (vec![1.0, -0.5, 0.1, 3.0], true));
    let pair = View::dense(&[2], false).unwrap();
    assert_eq!(pair.gather(Element::F64, &double).unwrap(), (vec![1.0, -0.5], false));
    assert_eq!(pair.gather(Element::Bf16, &[0x80, 0x3f, 0, 0xc0]).unwrap().0, [1.0, -2.0]);
}

/// An archive of torch whose entries are deflated.
fn deflated(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut put = |name: &str, bytes: &[u8]| {
        archive.start_file(format!("w/{name}"), options).unwrap();
        archive.write_all(bytes).unwrap();
    };
    put("data.pkl", pickle);
    storages.iter().for_each(|(key, bytes)| put(&format!("data/{key}"), bytes));
    archive.finish().unwrap().into_inner()
}

/// A pickle of `n` tensors of `size` elements, all views of storage 0.
fn views(n: usize, size: u32, name: &[u8]) -> Vec<u8> {
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for at in 0..n {
        if at == 0 {
            pickle.push(b'X');
            pickle.extend((name.len() as u32).to_le_bytes());
            pickle.extend(name);
            pickle.extend(b"q\x09");
        } else {
            pickle.extend(b"h\x09");
        }
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuJ");
        pickle.extend(size.to_le_bytes());
        pickle.extend(b"tQK\x00J");
        pickle.extend(size.to_le_bytes());
        pickle.extend(b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"u.");
    pickle
}

#[test]
fn a_small_file_that_unpacks_to_gigabytes_is_refused() {
    let pairs: [(&str, Vec<u8>); 5] = [
        ("a storage of zeros", deflated(&views(1, 25_000_000, b"w"), &[("0", vec![0; 100_000_000])])),
        ("operations without end", deflated(&[vec![b'N'; 100_000_000], b".".to_vec()].concat(), &[])),
        ("marks without end", deflated(&vec![b'('; 100_000_000], &[])),
        ("one storage a hundred times", deflated(&views(100, 1_000_000, b"w"), &[("0", vec![0; 4_000_000])])),
        ("one name a thousand times", deflated(&views(1000, 1, &[b'w'; 1 << 20]), &[("0", vec![0; 4])])),
    ];
    for (what, bytes) in pairs {
        assert!(bytes.len() < 400_000, "{what} is not a small file");
        let message = refused(&bytes);
        assert!(
            message.contains("far more than a file of its size") || message.contains("in the middle"),
            "{what}: {message}"
        );
    }
    // what trained weights need: the layers of an LSTM in one storage, deflated
    let shared = deflated(&views(16, 10_000, b"w"), &[("0", vec![7; 40_000])]);
    assert_eq!(parsed(&shared).1.len(), 16);
}
