//! The model file, `.model.safetensors`: a [`ModelHeader`] and the weights under the names of a PyTorch
//! state dict; of an ensemble, those of all its members.

use std::path::Path;

use candle_core::Device;

use crate::io::safetensors_file::{self, RawTensor};
use crate::io::{FileError, Result};
use crate::learn::arrays::{Array, Arrays, Numbers};
use crate::learn::{MODEL_FORMAT, MODEL_FORMAT_VERSION, ModelHeader, Trained};

/// Writes header and tensors, whole or not at all.
pub fn write(path: &Path, header: &ModelHeader, tensors: &[(String, RawTensor)]) -> Result<()> {
    safetensors_file::write(path, header, tensors)
}

/// Reads header and tensors (sorted by name), and checks that the header agrees with itself.
pub fn read(path: &Path) -> Result<(ModelHeader, Vec<(String, RawTensor)>)> {
    let (header, tensors): (ModelHeader, _) = safetensors_file::read(path, "model")?;
    if header.format != MODEL_FORMAT {
        return Err(FileError::new(path, format!("is a {:?} file, expected {MODEL_FORMAT:?}", header.format))
            .remedy("Give a .model.safetensors file"));
    }
    if header.format_version > MODEL_FORMAT_VERSION {
        return Err(FileError::new(
            path,
            format!("has format version {}, this attentrack reads up to {MODEL_FORMAT_VERSION}", header.format_version),
        )
        .remedy(format!("It was written by attentrack {}: upgrade this one", header.tool_version)));
    }
    if let Some(problem) = header.problem() {
        return Err(FileError::new(path, problem).place("header").remedy("Make the model again"));
    }
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((header, tensors))
}

/// Writes a model, or the members of an ensemble.
///
/// # Errors
/// If the file cannot be written, or the device that holds the weights fails.
pub fn save(path: &Path, header: &ModelHeader, model: &dyn Trained) -> anyhow::Result<()> {
    let raw = |(name, array): (String, Array)| {
        let tensor = match &array.numbers {
            Numbers::F32(numbers) => RawTensor::of_f32(&array.shape, numbers),
            Numbers::F64(numbers) => RawTensor::of_f64(&array.shape, numbers),
            Numbers::I32(numbers) => RawTensor::of_i32(&array.shape, numbers),
        };
        (name, tensor)
    };
    Ok(write(path, header, &model.to_arrays()?.0.into_iter().map(raw).collect::<Vec<_>>())?)
}

/// A fingerprint of a model file, by which scores are known to be of one model: the model's name, `-`, and FNV-1a 64 of
/// all its bytes in 16 digits of hex ([`crate::matrix::model_name`] takes the name back out).
///
/// # Errors
/// If the file cannot be read.
pub fn fingerprint(path: &Path, name: &str) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| FileError::os(path, "read", &error))?;
    let add = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    Ok(format!("{name}-{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, add)))
}

/// Reads a model, or the members of an ensemble, that can score genes.
///
/// # Errors
/// If the file cannot be read, or a tensor is missing, unknown, of another shape or not finite.
pub fn load(path: &Path, device: &Device) -> anyhow::Result<(ModelHeader, Box<dyn Trained>)> {
    let (header, raw) = read(path)?;
    let model = header.model.load((header.task, header.n_members()), &arrays(raw), device);
    let model = model.map_err(|problem| FileError::new(path, problem).remedy("Train or import the model again"))?;
    Ok((header, model))
}

/// Tensors of the kinds that models have; others are left out, and missed later.
fn arrays(raw: Vec<(String, RawTensor)>) -> Arrays {
    let array = |(name, tensor): (String, RawTensor)| {
        let numbers = (tensor.to_f32().map(Numbers::F32))
            .or_else(|| tensor.to_f64().map(Numbers::F64))
            .or_else(|| tensor.to_i32().map(Numbers::I32))?;
        Some((name, Array { shape: tensor.shape, numbers }))
    };
    Arrays(raw.into_iter().filter_map(array).collect())
}
