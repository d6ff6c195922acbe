//! `torch.save` since PyTorch 1.6: a zip archive with the state dict in `ROOT/data.pkl`, the storages
//! in `ROOT/data/KEY` and the byte order in `ROOT/byteorder`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::rc::Rc;

use zip::ZipArchive;

use super::super::safetensors_file::RawTensor;
use super::budget::Budget;
use super::{Parsed, Tensor, archive_options, entry, pickle, pickle_problem, problem, state_dict};

/// The folder that holds `data.pkl`, with its final slash, if the archive is one of torch.
pub fn root(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<String> {
    archive
        .file_names()
        .filter_map(|name| name.ok()?.strip_suffix("data.pkl").map(str::to_owned))
        .find(|root| root.is_empty() || root.ends_with('/'))
}

/// Reads the tensors.
pub fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, root: &str, budget: &Budget) -> Parsed<Vec<Tensor>> {
    if let Some(order) = entry(archive, &format!("{root}byteorder"), budget)?
        && order.trim_ascii() != b"little"
    {
        return Err(problem("entry byteorder", "was saved on a big-endian machine, which is not read"));
    }
    let bytes = entry(archive, &format!("{root}data.pkl"), budget)?.unwrap_or_default();
    let state = pickle::load(&bytes, budget).map_err(|error| pickle_problem("entry data.pkl", error))?;
    // of the layers of an LSTM all weights may lie in one storage, which is unpacked once
    let unpacked: RefCell<HashMap<String, Rc<Cow<'static, [u8]>>>> = RefCell::default();
    let archive = RefCell::new(archive);
    state_dict::tensors(&state, budget, |key, element, length| {
        let name = format!("{root}data/{key}");
        let place = || format!("entry {name}");
        let before = unpacked.borrow().get(key).cloned();
        let bytes = match before {
            Some(bytes) => bytes,
            None => {
                let bytes = entry(&mut archive.borrow_mut(), &name, budget)?;
                let bytes = Rc::new(Cow::Owned(bytes.ok_or_else(|| problem(place(), "is not in the archive"))?));
                unpacked.borrow_mut().insert(key.to_owned(), Rc::clone(&bytes));
                bytes
            }
        };
        if bytes.len() as u64 != length.saturating_mul(element.size() as u64) {
            return Err(problem(place(), format!("expected {length} elements, found {} bytes", bytes.len())));
        }
        Ok(bytes)
    })
}

/// An archive that `torch.load(FILE, weights_only=True)` reads as an `OrderedDict` of f32 tensors.
pub fn write(tensors: &[(String, RawTensor)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: String, bytes: &[u8]| -> zip::result::ZipResult<()> {
        archive.start_file(name, archive_options())?;
        Ok(archive.write_all(bytes)?)
    };
    put("weights/data.pkl".to_owned(), &state_dict_pickle(tensors))?;
    put("weights/byteorder".to_owned(), b"little")?;
    for (key, (_, tensor)) in tensors.iter().enumerate() {
        put(format!("weights/data/{key}"), &tensor.bytes)?;
    }
    put("weights/version".to_owned(), b"3\n")?;
    Ok(archive.finish()?.into_inner())
}

/// A pickle (protocol 2) of the state dict.
fn state_dict_pickle(tensors: &[(String, RawTensor)]) -> Vec<u8> {
    let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (key, (name, tensor)) in tensors.iter().enumerate() {
        let length: usize = tensor.shape.iter().product();
        let mut strides = vec![1; tensor.shape.len()];
        for axis in (1..tensor.shape.len()).rev() {
            strides[axis - 1] = strides[axis] * tensor.shape[axis];
        }
        text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        text(&mut out, &key.to_string());
        text(&mut out, "cpu");
        number(&mut out, length);
        out.extend(b"tQ");
        number(&mut out, 0);
        tuple(&mut out, &tensor.shape);
        tuple(&mut out, &strides);
        // no gradient, no hooks
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn number(out: &mut Vec<u8>, value: usize) {
    out.extend([0x8a, 8]);
    out.extend((value as i64).to_le_bytes());
}

fn tuple(out: &mut Vec<u8>, values: &[usize]) {
    out.push(b'(');
    values.iter().for_each(|&value| number(out, value));
    out.push(b't');
}
