//! `attentrack-import` as a user runs it.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use crate::support::{Workdir, shared_data};

/// Header and tensors (shape, bytes) of a safetensors file.
type Tensors = HashMap<String, (Vec<usize>, Vec<u8>)>;

fn read_model(path: &Path) -> (serde_json::Value, Tensors) {
    let bytes = std::fs::read(path).unwrap();
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let header = metadata.metadata().as_ref().map_or("null", |map| &map["header"]);
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensors = tensors.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), view.data().to_vec())));
    (serde_json::from_str(header).unwrap(), tensors.collect())
}

/// The data of one array of an npz, by its own small reading of the format.
fn npy(archive: &Path, name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.split_off(10 + header)
}

/// A plain safetensors file with the tensors of a small AttentiveChrome, changed by `change`.
fn write_weights(dir: &Workdir, name: &str, marks: usize, change: impl Fn(&mut Vec<(String, Vec<usize>, Vec<f32>)>)) {
    let mut tensors = Vec::new();
    let mut add = |name: String, shape: Vec<usize>| {
        let size = shape.iter().product::<usize>();
        let values = (0..size).map(|at| (at * 37 % 101) as f32 / 101.0 - 0.5).collect();
        tensors.push((name, shape, values));
    };
    let encoders = (0..marks).map(|mark| (format!("rnn_hms.{mark}"), 1, 4)).chain([("hm_level_rnn_1".into(), 8, 3)]);
    for (encoder, inputs, hidden) in encoders {
        for direction in ["", "_reverse"] {
            add(format!("{encoder}.rnn.weight_ih_l0{direction}"), vec![4 * hidden, inputs]);
            add(format!("{encoder}.rnn.weight_hh_l0{direction}"), vec![4 * hidden, hidden]);
            add(format!("{encoder}.rnn.bias_ih_l0{direction}"), vec![4 * hidden]);
            add(format!("{encoder}.rnn.bias_hh_l0{direction}"), vec![4 * hidden]);
        }
        add(format!("{encoder}.bin_attention.bin_context_vector"), vec![2 * hidden, 1]);
    }
    add("fdiff1_1.weight".into(), vec![1, 6]);
    add("fdiff1_1.bias".into(), vec![1]);
    change(&mut tensors);
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, shape, data)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
    });
    dir.write(name, safetensors::serialize(views, None).unwrap());
}

#[test]
fn weights_go_in_and_out_bit_for_bit() {
    let dir = Workdir::new();
    write_weights(&dir, "w.safetensors", 3, |_| ());
    let options = "--marks A,B,C --flank 2000 --bin-size 50 --statistic mean --orientation gene --assembly mm10";
    dir.ok("import", &format!("--weights w.safetensors --out a.model.safetensors {options}"));
    let (header, tensors) = read_model(&dir.path("a.model.safetensors"));
    assert_eq!(tensors, read_model(&dir.path("w.safetensors")).1);
    assert_eq!(
        header["model"],
        serde_json::json!({"tag": "attentive-chrome", "n_marks": 3, "n_bins": 80, "bin_hidden": 4, "mark_hidden": 3})
    );
    for (key, value) in
        [("flank_bp", "2000"), ("bin_size_bp", "50"), ("statistic", "\"mean\""), ("assembly", "\"mm10\"")]
    {
        assert_eq!(header[key].to_string(), value);
    }
    for format in ["pt", "pth", "npz", "safetensors"] {
        dir.ok("import", &format!("--export out.{format} --model a.model.safetensors"));
        dir.ok("import", &format!("--weights out.{format} --out b.model.safetensors {options}"));
        let [a, b] = ["a", "b"].map(|name| std::fs::read(dir.path(&format!("{name}.model.safetensors"))).unwrap());
        assert_eq!(a, b, "{format}");
    }
}

#[test]
fn a_wrapper_prefix_is_stripped() {
    let dir = Workdir::new();
    write_weights(&dir, "w.safetensors", 5, |tensors| {
        tensors.iter_mut().for_each(|tensor| tensor.0 = format!("module.model.{}", tensor.0));
    });
    dir.ok("import", "--weights w.safetensors --out a.model.safetensors");
    let (header, tensors) = read_model(&dir.path("a.model.safetensors"));
    assert!(tensors.contains_key("rnn_hms.4.rnn.bias_hh_l0_reverse") && tensors.contains_key("fdiff1_1.bias"));
    assert_eq!(header["marks"].to_string(), r#"["H3K27me3","H3K36me3","H3K4me1","H3K4me3","H3K9me3"]"#);
    assert_eq!((&header["orientation"], &header["assembly"]), (&"genome".into(), &"hg19".into()));
    assert!(header["threshold"].is_null() && header["regime"].is_null());
}

#[test]
fn bad_input_is_refused_in_words() {
    let dir = Workdir::new();
    write_weights(&dir, "good.safetensors", 5, |_| ());
    dir.ok("import", "--weights good.safetensors --out good.model.safetensors");
    dir.ok("import", "--export good.pt --model good.model.safetensors");
    write_weights(&dir, "missing.safetensors", 5, |tensors| _ = tensors.pop());
    write_weights(&dir, "more.safetensors", 5, |tensors| tensors.push(("fc.bias".into(), vec![1], vec![0.0])));
    write_weights(&dir, "nan.safetensors", 5, |tensors| tensors[3].2[0] = f32::NAN);
    write_weights(&dir, "shape.safetensors", 5, |tensors| tensors[8].1.reverse());
    write_weights(&dir, "four.safetensors", 4, |_| ());
    write_weights(&dir, "cnn.safetensors", 5, |tensors| {
        tensors.retain(|tensor| tensor.0.starts_with("fdiff"));
    });
    let pt = std::fs::read(dir.path("good.pt")).unwrap();
    dir.write("cut.pt", &pt[..pt.len() / 2]);
    // one byte of a stored tensor changed: the archive's checksum shows it
    let mut flipped = pt.clone();
    flipped[pt.len() / 2] ^= 1;
    dir.write("flipped.pt", flipped);
    dir.write("attack.pt", b"cos\nsystem\n(S'touch pwned'\ntR.");
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.".to_vec();
    dir.write("legacy_attack.pt", [&magic[..], b"\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00touch pwned\x85R."].concat());
    dir.write("legacy_cut.pt", &magic);
    dir.write("empty.pt", "");
    dir.write("text.pt", "weights");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("readme.txt", zip::write::SimpleFileOptions::default()).unwrap();
    dir.write("other.zip", zip.finish().unwrap().into_inner());
    let cases: [(&str, &[&str]); 19] = [
        ("absent.pt", &["absent.pt", "no such file"]),
        ("empty.pt", &["empty.pt", "is empty", "Give a .pt"]),
        ("text.pt", &["text.pt", "not in a known format"]),
        ("other.zip", &["other.zip", "zip archive without weights"]),
        ("cut.pt", &["cut.pt", "zip archive", "download it again"]),
        ("flipped.pt", &["flipped.pt", "cannot unpack", "damaged"]),
        ("legacy_cut.pt", &["state dict", "ends in the middle"]),
        ("attack.pt", &["attack.pt", "asks for os.system", "nothing was executed"]),
        ("legacy_attack.pt", &["asks for posix.system", "nothing was executed"]),
        ("missing.safetensors", &["lacks 1 of the 56 tensors", "fdiff1_1.bias"]),
        ("more.safetensors", &["no place for", "fc.bias"]),
        ("nan.safetensors", &["tensor rnn_hms.0.rnn.bias_hh_l0", "not a finite number"]),
        ("shape.safetensors", &["rnn_hms.0.bin_attention.bin_context_vector", "[1, 8]", "[8, 1]"]),
        ("four.safetensors", &["four.safetensors", "of 4 marks", "--marks has 5"]),
        ("cnn.safetensors", &["not the weights of an AttentiveChrome", "fdiff1_1"]),
        ("good.model.safetensors", &["file of attentrack already"]),
        ("good.safetensors --marks A,B,C,A,D", &["--marks names A twice"]),
        ("good.safetensors --flank 5050", &["multiple of the bin size"]),
        (".", &["cannot", "folder"]),
    ];
    for (weights, needles) in cases {
        dir.fails("import", &format!("--weights {weights} --out m.model.safetensors"), needles);
        assert!(!dir.path("m.model.safetensors").exists() && !dir.path("pwned").exists(), "{weights}");
    }
    let export = "--model good.model.safetensors --export";
    dir.fails("import", &format!("{export} w.bin"), &["w.bin", ".pt, .npz or .safetensors"]);
    dir.fails("import", &format!("{export} nowhere/w.pt"), &["nowhere/w.pt", "folder"]);
    dir.fails("import", "--model good.safetensors --export w.pt", &["good.safetensors", "header"]);
    dir.stage("import").args(["--weights", "good.safetensors"]).assert().code(2);
    let left = std::fs::read_dir(dir.path(""))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(left.count(), 0);
}

#[test]
fn the_published_weights_are_those_of_the_npz() {
    let Some(data) = shared_data("the_published_weights_are_those_of_the_npz") else { return };
    let dir = Workdir::new();
    let [pt, npz] =
        ["E003_attchrome_avgAUC_model.pt", "weights.npz"].map(|name| data.join("attentivechrome_E003").join(name));
    dir.ok("import", &format!("--weights {} --out pt.model.safetensors", pt.display()));
    dir.ok("import", &format!("--weights {} --out npz.model.safetensors", npz.display()));
    let (_, tensors) = read_model(&dir.path("pt.model.safetensors"));
    assert_eq!(tensors.len(), 56);
    assert_eq!(tensors.values().map(|(_, bytes)| bytes.len() / 4).sum::<usize>(), 55_681);
    for (name, (_, bytes)) in &tensors {
        assert_eq!(bytes, &npy(&npz, name), "{name}");
    }
    assert_eq!(tensors, read_model(&dir.path("npz.model.safetensors")).1);
}

#[test]
fn the_published_model_gives_the_published_scores_and_attention() {
    let Some(data) = shared_data("the_published_model_gives_the_published_scores_and_attention") else { return };
    let dir = Workdir::new();
    let published = data.join("attentivechrome_E003");
    let pt = published.join("E003_attchrome_avgAUC_model.pt");
    dir.ok("import", &format!("--weights {} --out m.model.safetensors", pt.display()));
    let reference = std::fs::read_to_string(published.join("reference_predictions_E003.csv")).unwrap();
    let reference: Vec<Vec<&str>> = reference.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // [600, 5, 100] f32
    let alpha = floats(&npy(&published.join("reference_alpha_E003.npz"), "alpha"));
    let mut compared = 0;
    for split in ["train", "valid", "test"] {
        let csv = data.join(format!("deepdiff/E003/classification/{split}.csv"));
        dir.ok("bin", &format!("--deepchrome-csv {} --sample E003 --out {split}.bins.safetensors", csv.display()));
        dir.ok(
            "predict",
            &format!(
                "--bins {split}.bins.safetensors --model m.model.safetensors --predictions {split}.tsv --attention {split}.attention.bins.safetensors"
            ),
        );
        let (header, tensors) = read_model(&dir.path(&format!("{split}.attention.bins.safetensors")));
        let values = floats(&tensors["values"].1);
        let table = dir.read(&format!("{split}.tsv"));
        let columns: Vec<&str> = table.lines().next().unwrap().split('\t').collect();
        for (row, line) in table.lines().skip(1).enumerate() {
            let cells: HashMap<&str, &str> = columns.iter().copied().zip(line.split('\t')).collect();
            let gene = cells["gene_id"];
            assert_eq!(header["genes"][row], gene);
            let at = reference.iter().position(|cells| cells[0] == gene && cells[1] == split).unwrap();
            let number = |column: &str| cells[column].parse::<f64>().unwrap();
            let near = |found: f64, expected: f64, what: &str| {
                assert!((found - expected).abs() < 1e-5, "{gene} {what}: {found}, expected {expected}");
            };
            near(number("score"), reference[at][3].parse().unwrap(), "score");
            for (mark, name) in ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"].into_iter().enumerate() {
                near(number(&format!("mark_attention_{name}")), reference[at][4 + mark].parse().unwrap(), name);
            }
            for (bin, &value) in values[row * 500..(row + 1) * 500].iter().enumerate() {
                near(value.into(), alpha[at * 500 + bin].into(), "bin attention");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 600);
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|chunk| f32::from_le_bytes(chunk.try_into().unwrap())).collect()
}
