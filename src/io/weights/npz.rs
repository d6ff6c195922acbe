//! NumPy's npz: a zip archive of npy arrays, one a tensor.
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::io::{Cursor, Write};

use zip::ZipArchive;

use super::super::safetensors_file::RawTensor;
use super::budget::Budget;
use super::element::{Element, View};
use super::{Parsed, Tensor, archive_options, entry, problem};

/// Reads every array.
pub fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, budget: &Budget) -> Parsed<Vec<Tensor>> {
    // by index, for the archive's order
    let names: Vec<String> =
        (0..archive.len()).filter_map(|at| Some(archive.name_for_index(at)?.ok()?.into_owned())).collect();
    let mut tensors = Vec::new();
    for name in names {
        let Some(tensor) = name.strip_suffix(".npy") else { continue };
        let bytes = entry(archive, &name, budget)?.unwrap_or_default();
        let array = parse(&bytes).map_err(|text| problem(format!("tensor {tensor}"), text))?;
        budget.take_for(|| format!("tensor {tensor}"), size_of_val(&array.values[..]) as u64)?;
        tensors.push(Tensor { name: tensor.to_owned(), ..array });
    }
    if tensors.is_empty() {
        return Err((
            String::new(),
            "is a zip archive without weights (neither data.pkl nor .npy inside)".to_owned(),
            "Give a .pt file of torch.save(model.state_dict()), an npz, or a safetensors file".to_owned(),
        ));
    }
    Ok(tensors)
}

/// One npy array; the name is left empty.
fn parse(bytes: &[u8]) -> Result<Tensor, String> {
    let truncated = || "the array is truncated".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("is not an npy array")?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
    let (length, rest) = if version[0] == 1 {
        let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let header = String::from_utf8_lossy(header);
    let field = |name: &str| {
        let at = header.find(&format!("'{name}':"))?;
        Some(header[at + name.len() + 3..].trim_start())
    };
    let descr = field("descr").and_then(|text| text.split('\'').nth(1)).unwrap_or_default();
    let element = match descr {
        "<f2" => Element::F16,
        "<f4" => Element::F32,
        "<f8" => Element::F64,
        other => return Err(format!("has element type {other:?}, expected little-endian floats (<f4)")),
    };
    let fortran = field("fortran_order").is_some_and(|text| text.starts_with("True"));
    let shape = field("shape").and_then(|text| text.strip_prefix('(')?.split_once(')')).map(|(inside, _)| {
        inside.split(',').map(str::trim).filter(|axis| !axis.is_empty()).map(str::parse).collect::<Result<Vec<_>, _>>()
    });
    let Some(Ok(shape)) = shape else { return Err("has a header without a shape".to_owned()) };
    let view = View::dense(&shape, fortran).ok_or("has an impossible shape")?;
    let (values, rounded) = view.gather(element, data)?;
    Ok(Tensor { name: String::new(), values, shape, rounded })
}

/// An archive that `numpy.load` reads.
pub fn write(tensors: &[(String, RawTensor)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, tensor) in tensors {
        archive.start_file(format!("{name}.npy"), archive_options())?;
        let axes: String = tensor.shape.iter().map(|axis| format!("{axis}, ")).collect();
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", axes.trim_end());
        // the data start at a multiple of 64 bytes
        let padding = (64 - (10 + header.len() + 1) % 64) % 64;
        header.extend(std::iter::repeat_n(' ', padding));
        header.push('\n');
        archive.write_all(b"\x93NUMPY\x01\x00")?;
        archive.write_all(&(header.len() as u16).to_le_bytes())?;
        archive.write_all(header.as_bytes())?;
        archive.write_all(&tensor.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
