//! Weights of PyTorch models, in and out: named tensors of 32-bit floats.
//!
//! Read: `torch.save` files before 1.6 (a chain of pickles, then raw storages) and since (a zip
//! archive), npz, safetensors; told apart by content. Reading a pickle executes nothing. Written: zip
//! `.pt`, npz, safetensors, by the file's name.

mod budget;
mod element;
mod legacy_pickle;
mod npz;
mod pickle;
mod safetensors_plain;
mod state_dict;
mod zip_pickle;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;

use self::budget::Budget;
use super::safetensors_file::RawTensor;
use super::{FileError, Output, Result};

/// Larger files are refused: a model of this kind has well under a million weights.
const MAX_BYTES: u64 = 1 << 30;
/// The same of a pipe, which does not say before how much it holds.
const MAX_PIPE: u64 = 64 << 20;

/// The layouts of a weights file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsFormat {
    /// `torch.save` before PyTorch 1.6.
    LegacyPickle,
    /// `torch.save` since PyTorch 1.6.
    ZipPickle,
    /// NumPy's archive of arrays.
    Npz,
    /// safetensors without an attentrack header.
    Safetensors,
}

impl WeightsFormat {
    /// Words for messages.
    pub fn name(self) -> &'static str {
        match self {
            WeightsFormat::LegacyPickle => "legacy torch pickle",
            WeightsFormat::ZipPickle => "torch zip archive",
            WeightsFormat::Npz => "npz",
            WeightsFormat::Safetensors => "safetensors",
        }
    }

    /// The format that a file of this name is written in; the legacy pickle is not written.
    pub fn of_name(path: &Path) -> Option<WeightsFormat> {
        match path.extension()?.to_str()? {
            "pt" | "pth" => Some(WeightsFormat::ZipPickle),
            "npz" => Some(WeightsFormat::Npz),
            "safetensors" => Some(WeightsFormat::Safetensors),
            _ => None,
        }
    }
}

/// The content of a weights file.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Layout of the file.
    pub format: WeightsFormat,
    /// Name and f32 tensor, in file order.
    pub tensors: Vec<(String, RawTensor)>,
    /// Whether 64-bit values were rounded to 32 bits.
    pub rounded: bool,
}

/// Reads named tensors; 16-bit floats are widened, 64-bit floats rounded.
pub fn read(path: &Path) -> Result<Weights> {
    let bytes = read_bytes(path)?;
    let (format, tensors) = parse(&bytes).map_err(|(place, problem, remedy)| {
        let error = FileError::new(path, problem).remedy(remedy);
        if place.is_empty() { error } else { error.place(place) }
    })?;
    let rounded = tensors.iter().any(|tensor| tensor.rounded);
    let tensors = tensors.into_iter().map(|tensor| (tensor.name, RawTensor::of_f32(&tensor.shape, &tensor.values)));
    Ok(Weights { format, tensors: tensors.collect(), rounded })
}

/// The whole file. A pipe is read as far as a model goes, a device, which may have no end, not at all.
fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let os = |error| FileError::os(path, "read", &error);
    let about = file.metadata().map_err(os)?;
    let too_long = |length: String| {
        FileError::new(path, format!("has {length} bytes, far more than the weights of such a model"))
            .remedy("Check that it is the right file")
    };
    if is_device(&about) {
        return Err(FileError::new(path, "is a device").remedy("Name a file of weights"));
    }
    if about.len() > MAX_BYTES {
        return Err(too_long(about.len().to_string()));
    }
    let most = if about.is_file() { about.len() } else { MAX_PIPE };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(os)?;
    // a file that grows while it is read too
    if bytes.len() as u64 > most { Err(too_long(format!("more than {most}"))) } else { Ok(bytes) }
}

#[cfg(unix)]
fn is_device(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    about.file_type().is_char_device() || about.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &std::fs::Metadata) -> bool {
    false
}

/// A tensor as read.
struct Tensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
    rounded: bool,
}

/// Place in the file, problem, remedy.
type Misfit = (String, String, String);
type Parsed<T> = std::result::Result<T, Misfit>;

/// A problem at a place.
fn problem(place: impl Into<String>, problem: impl Into<String>) -> Misfit {
    let remedy = "The file may be truncated or damaged: download it again, or save it again with torch.save";
    (place.into(), problem.into(), remedy.to_owned())
}

fn parse(bytes: &[u8]) -> Parsed<(WeightsFormat, Vec<Tensor>)> {
    let budget = Budget::of_file(bytes.len());
    if legacy_pickle::matches(bytes) {
        return Ok((WeightsFormat::LegacyPickle, legacy_pickle::read(bytes, &budget)?));
    }
    if safetensors_plain::matches(bytes) {
        return Ok((WeightsFormat::Safetensors, safetensors_plain::read(bytes)?));
    }
    if bytes.starts_with(b"PK") {
        let mut archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| problem("", format!("starts like a zip archive, but cannot be read as one: {error}")))?;
        return match zip_pickle::root(&archive) {
            Some(root) => Ok((WeightsFormat::ZipPickle, zip_pickle::read(&mut archive, &root, &budget)?)),
            None => Ok((WeightsFormat::Npz, npz::read(&mut archive, &budget)?)),
        };
    }
    // a pickle by itself holds no weights, but may hold an attack: say which
    if let Err(pickle::PickleError::Global(name)) = pickle::load(bytes, &budget) {
        return Err(refuse_global(&name));
    }
    let found = if bytes.is_empty() { "is empty" } else { "is not in a known format of weights" };
    let remedy = "Give a .pt file of torch.save(model.state_dict()), an npz, or a safetensors file";
    Err((String::new(), found.to_owned(), remedy.to_owned()))
}

fn refuse_global(name: &str) -> Misfit {
    let text = format!("the pickle asks for {name}, which no table of weights needs; nothing was executed");
    let remedy =
        "Do not open this file with Python unless you trust where it came from; if you do, save its state_dict() alone";
    (String::new(), text, remedy.to_owned())
}

fn pickle_problem(place: &str, error: pickle::PickleError) -> Misfit {
    match error {
        pickle::PickleError::Global(name) => refuse_global(&name),
        other => problem(place, other.to_string()),
    }
}

/// One entry of an archive, if it is there.
fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, budget: &Budget) -> Parsed<Option<Vec<u8>>> {
    let place = || format!("entry {name}");
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(problem(place(), format!("cannot unpack: {error}"))),
    };
    let mut bytes = Vec::new();
    let length = file
        .take(budget.left() + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| problem(place(), format!("cannot unpack: {error}")))?;
    budget.take_for(place, length as u64)?;
    Ok(Some(bytes))
}

/// Writes f32 tensors in the format of the file's name, whole or not at all. Same tensors, same bytes.
pub fn write(path: &Path, tensors: &[(String, RawTensor)]) -> Result<()> {
    let bytes = match WeightsFormat::of_name(path) {
        Some(WeightsFormat::ZipPickle) => zip_pickle::write(tensors),
        Some(WeightsFormat::Npz) => npz::write(tensors),
        Some(WeightsFormat::Safetensors) => safetensors_plain::write(tensors),
        Some(WeightsFormat::LegacyPickle) | None => {
            return Err(
                FileError::new(path, "no format of weights has such a name").remedy("Use .pt, .npz or .safetensors")
            );
        }
    };
    let bytes = bytes.map_err(|error| FileError::new(path, format!("cannot write the tensors: {error}")))?;
    let mut output = Output::create(path)?;
    output.put(&bytes)?;
    output.commit()
}

/// A file inside an archive: stored as it is, dated 1980, so that the same tensors give the same bytes.
fn archive_options() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .with_alignment(64)
}

#[cfg(test)]
mod tests;
