//! safetensors with one metadata key, `header`, that holds JSON in field order. One key only: the
//! format keeps metadata in a hash map, so that several would be written in a changing order.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::half::half_to_f32;
use super::{FileError, Output, Result};

/// The metadata key.
pub const HEADER_KEY: &str = "header";
/// Longest header in bytes that the format allows.
const LARGEST_HEADER: u64 = 100_000_000;

/// A tensor as plain little-endian bytes.
#[derive(Clone, Debug)]
pub struct RawTensor {
    /// Element type.
    pub dtype: Dtype,
    /// Axes, slowest first.
    pub shape: Vec<usize>,
    /// Elements, little-endian.
    pub bytes: Vec<u8>,
}

macro_rules! raw_tensor_of {
    ($of:ident, $to:ident, $element:ty, $dtype:expr) => {
        #[doc = concat!("A tensor of `", stringify!($element), "`.")]
        pub fn $of(shape: &[usize], values: &[$element]) -> Self {
            RawTensor {
                dtype: $dtype,
                shape: shape.to_vec(),
                bytes: values.iter().map(|value| value.to_le_bytes()).collect::<Vec<_>>().into_flattened(),
            }
        }

        #[doc = concat!("The elements as `", stringify!($element), "`, or `None` for another element type.")]
        pub fn $to(&self) -> Option<Vec<$element>> {
            const SIZE: usize = size_of::<$element>();
            (self.dtype == $dtype).then(|| {
                self.bytes
                    .chunks_exact(SIZE)
                    .map(|chunk| <$element>::from_le_bytes(std::array::from_fn(|at| chunk[at])))
                    .collect()
            })
        }
    };
}

impl RawTensor {
    raw_tensor_of!(of_f32, to_f32, f32, Dtype::F32);
    raw_tensor_of!(of_f64, to_f64, f64, Dtype::F64);
    raw_tensor_of!(of_i64, to_i64, i64, Dtype::I64);
    raw_tensor_of!(of_i32, to_i32, i32, Dtype::I32);
    raw_tensor_of!(of_i8, to_i8, i8, Dtype::I8);
    raw_tensor_of!(of_u8, to_u8, u8, Dtype::U8);

    /// Whether [`Self::to_floats`] takes this element type.
    pub fn holds_floats(dtype: Dtype) -> bool {
        matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::U8)
    }

    /// The elements as `f32` where each has one exactly: f32, f16, bf16 and u8. `None` for other element types.
    pub fn to_floats(&self) -> Option<Vec<f32>> {
        let of_pairs = |convert: fn(u16) -> f32| {
            self.bytes.chunks_exact(2).map(|pair| convert(u16::from_le_bytes([pair[0], pair[1]]))).collect()
        };
        match self.dtype {
            Dtype::F16 => Some(of_pairs(half_to_f32)),
            Dtype::BF16 => Some(of_pairs(|half| f32::from_bits(u32::from(half) << 16))),
            Dtype::U8 => Some(self.bytes.iter().map(|&byte| f32::from(byte)).collect()),
            _ => self.to_f32(),
        }
    }
}

/// A tensor to be written, whose elements stay where they are.
#[derive(Clone, Debug)]
pub struct TensorView<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    elements: Elements<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Elements<'a> {
    Bytes(&'a [u8]),
    Floats(&'a [f32]),
}

/// Elements that are turned into bytes at a time.
const PART: usize = 1 << 14;

impl<'a> TensorView<'a> {
    /// A tensor of `f32`, which is not copied: matrices are as large as memory allows.
    pub fn of_f32(shape: &[usize], values: &'a [f32]) -> Self {
        TensorView { dtype: Dtype::F32, shape: shape.to_vec(), elements: Elements::Floats(values) }
    }

    fn n_bytes(&self) -> usize {
        match self.elements {
            Elements::Bytes(bytes) => bytes.len(),
            Elements::Floats(values) => size_of_val(values),
        }
    }

    fn put(&self, output: &mut Output) -> Result<()> {
        match self.elements {
            Elements::Bytes(bytes) => output.put(bytes),
            Elements::Floats(values) => {
                let mut bytes = Vec::with_capacity(PART * size_of::<f32>());
                for part in values.chunks(PART) {
                    bytes.clear();
                    bytes.extend(part.iter().flat_map(|value| value.to_le_bytes()));
                    output.put(&bytes)?;
                }
                Ok(())
            }
        }
    }
}

impl<'a> From<&'a RawTensor> for TensorView<'a> {
    fn from(tensor: &'a RawTensor) -> Self {
        TensorView { dtype: tensor.dtype, shape: tensor.shape.clone(), elements: Elements::Bytes(&tensor.bytes) }
    }
}

/// Writes header and tensors, whole or not at all. Same arguments, same bytes.
pub fn write<H: Serialize>(path: &Path, header: &H, tensors: &[(String, RawTensor)]) -> Result<()> {
    let views: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), TensorView::from(tensor))).collect();
    write_views(path, header, &views)
}

/// As [`write()`], without a copy of the tensors.
pub fn write_views<H: Serialize>(path: &Path, header: &H, tensors: &[(&str, TensorView<'_>)]) -> Result<()> {
    let json = serde_json::to_string(header)
        .map_err(|error| FileError::new(path, format!("cannot write the header: {error}")))?;
    // as safetensors::serialize lays them out, which would hold all tensors a second time
    let mut ordered: Vec<&(&str, TensorView<'_>)> = tensors.iter().collect();
    ordered.sort_by(|(left_name, left), (right_name, right)| {
        right.dtype.cmp(&left.dtype).then_with(|| left_name.cmp(right_name))
    });
    let mut end = 0;
    let info = |(name, tensor): &&(&str, TensorView<'_>)| {
        let start = end;
        end += tensor.n_bytes();
        let info = TensorInfo { dtype: tensor.dtype, shape: tensor.shape.clone(), data_offsets: (start, end) };
        ((*name).to_owned(), info)
    };
    let infos = ordered.iter().map(info).collect();
    let mut head = Metadata::new(Some(HashMap::from([(HEADER_KEY.to_owned(), json)])), infos)
        .map_err(|error| error.to_string())
        .and_then(|metadata| serde_json::to_vec(&metadata).map_err(|error| error.to_string()))
        .map_err(|error| FileError::new(path, format!("cannot write the tensors: {error}")))?;
    head.resize(head.len().next_multiple_of(8), b' ');
    let mut output = Output::create(path)?;
    output.put(&(head.len() as u64).to_le_bytes())?;
    output.put(&head)?;
    for (_, tensor) in ordered {
        tensor.put(&mut output)?;
    }
    output.commit()
}

/// Reads header and tensors. `what` names the kind of file for messages ("matrix", "model").
pub fn read<H: DeserializeOwned>(path: &Path, what: &str) -> Result<(H, HashMap<String, RawTensor>)> {
    let (header, mut file, places) = open_file(path, what)?;
    let mut infos: Vec<_> = places.infos.into_iter().collect();
    // in file order, so that a pipe can be read too
    infos.sort_by_key(|(_, info)| info.data_offsets);
    let mut tensors = HashMap::new();
    for (name, info) in infos {
        let bytes = take(path, &mut file, info.data_offsets.1 - info.data_offsets.0)?;
        tensors.insert(name, RawTensor { dtype: info.dtype, shape: info.shape, bytes });
    }
    Ok((header, tensors))
}

/// Reads the header, and where the tensors lie; they stay in the file.
pub fn open<H: DeserializeOwned>(path: &Path, what: &str) -> Result<(H, TensorPlaces)> {
    let (header, _, places) = open_file(path, what)?;
    Ok((header, places))
}

/// Where in its file each tensor lies, for reading parts of large ones. The file is not kept open.
#[derive(Clone, Debug)]
pub struct TensorPlaces {
    path: PathBuf,
    data_start: u64,
    infos: HashMap<String, TensorInfo>,
}

impl TensorPlaces {
    /// Element type and shape of a tensor, or `None` where there is none of that name.
    pub fn dtype_and_shape(&self, name: &str) -> Option<(Dtype, &[usize])> {
        self.infos.get(name).map(|info| (info.dtype, info.shape.as_slice()))
    }

    /// Reads `rows` of the first axis of a tensor, or the whole of it.
    ///
    /// # Errors
    /// If there is no tensor of that name, fewer rows, or the file has changed.
    pub fn read(&self, name: &str, rows: Option<Range<usize>>) -> Result<RawTensor> {
        let fault = |problem: String| FileError::new(&self.path, problem).remedy("Make the file again");
        let info = self.infos.get(name).ok_or_else(|| fault(format!("has no tensor {name:?}")))?;
        let (start, end) = info.data_offsets;
        let of_rows = info.shape.first().copied().unwrap_or(1);
        let rows = rows.unwrap_or(0..of_rows);
        if rows.start > rows.end || rows.end > of_rows {
            return Err(fault(format!("has {of_rows} rows, not {}", rows.end)).place(format!("tensor {name}")));
        }
        let row_bytes = (end - start).checked_div(of_rows).unwrap_or(0);
        let mut shape = info.shape.clone();
        if let Some(first) = shape.first_mut() {
            *first = rows.len();
        }
        let mut file = File::open(&self.path).map_err(|error| FileError::os(&self.path, "open", &error))?;
        file.seek(SeekFrom::Start(self.data_start + (start + rows.start * row_bytes) as u64))
            .map_err(|error| FileError::os(&self.path, "read", &error))?;
        let bytes = take(&self.path, &mut file, rows.len() * row_bytes)?;
        Ok(RawTensor { dtype: info.dtype, shape, bytes })
    }
}

/// What every header of ours begins with; the rest is not kept.
#[derive(serde::Deserialize)]
struct FormatOnly {
    format: String,
}

fn damaged(path: &Path, what: &str, problem: String) -> FileError {
    FileError::new(path, problem).remedy(format!("Give a {what} file written by attentrack, or make it again"))
}

/// The next `size` bytes. Room is made at once only where the file is known to be as long: `size` is a word of the file.
fn take(path: &Path, file: &mut File, size: usize) -> Result<Vec<u8>> {
    let about = file.metadata().map_err(|error| FileError::os(path, "read", &error))?;
    let is_there = about.is_file() && about.len() >= size as u64;
    let mut bytes = Vec::with_capacity(if is_there { size } else { 0 });
    file.take(size as u64).read_to_end(&mut bytes).map_err(|error| FileError::os(path, "read", &error))?;
    if bytes.len() < size {
        return Err(FileError::new(path, "is truncated").remedy("Copy or make it again"));
    }
    Ok(bytes)
}

/// Opens a file, which stands at its first tensor afterwards.
fn open_file<H: DeserializeOwned>(path: &Path, what: &str) -> Result<(H, File, TensorPlaces)> {
    let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let mut lead = Vec::new();
    file.by_ref().take(8).read_to_end(&mut lead).map_err(|error| FileError::os(path, "read", &error))?;
    if lead.is_empty() {
        return Err(damaged(path, what, format!("is empty, expected a {what} file (safetensors)")));
    }
    let foreign =
        |problem: &str| damaged(path, what, format!("is not a {what} file (safetensors), or is truncated: {problem}"));
    let size = <[u8; 8]>::try_from(lead.as_slice()).map(u64::from_le_bytes).map_err(|_| foreign("too short"))?;
    if size > LARGEST_HEADER {
        return Err(foreign("its first bytes give no length of a header"));
    }
    let head = take(path, &mut file, size as usize).map_err(|_| foreign("the header is cut"))?;
    let metadata: Metadata = serde_json::from_slice(&head).map_err(|error| foreign(&error.to_string()))?;
    let json = metadata.metadata().as_ref().and_then(|map| map.get(HEADER_KEY)).ok_or_else(|| {
        let problem = format!("is a safetensors file without a {HEADER_KEY:?}, so not an attentrack {what}");
        damaged(path, what, problem)
    })?;
    let header = serde_json::from_str(json).map_err(|error| {
        let found: Option<FormatOnly> = serde_json::from_str(json).ok();
        let format = found.map_or("unknown".to_owned(), |found| found.format);
        damaged(path, what, format!("the header, of format {format:?}, does not fit a {what} file: {error}"))
    })?;
    let data_start = 8 + size;
    let expected = data_start
        .checked_add(metadata.data_len() as u64)
        .ok_or_else(|| foreign("its header asks for more bytes than there can be"))?;
    let about = file.metadata().map_err(|error| FileError::os(path, "read", &error))?;
    if about.is_file() && about.len() != expected {
        return Err(foreign(&format!("it has {} bytes, its header asks for {expected}", about.len())));
    }
    let infos = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
    Ok((header, file, TensorPlaces { path: path.to_owned(), data_start, infos }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_rows_is_that_of_the_whole_tensor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let values: Vec<f32> = (0..60).map(|at| at as f32).collect();
        let tensors = [
            ("values".to_owned(), RawTensor::of_f32(&[5, 3, 4], &values)),
            ("tss".to_owned(), RawTensor::of_i64(&[5], &[9, 8, 7, 6, 5])),
            ("none".to_owned(), RawTensor::of_f32(&[0, 3], &[])),
        ];
        write(&path, &"header", &tensors).unwrap();
        let (header, places): (String, _) = open(&path, "test").unwrap();
        assert_eq!((header.as_str(), places.dtype_and_shape("strand")), ("header", None));
        assert_eq!(places.dtype_and_shape("values"), Some((Dtype::F32, &[5, 3, 4][..])));
        for (start, end) in [(0, 5), (0, 0), (2, 4), (4, 5), (5, 5)] {
            let part = places.read("values", Some(start..end)).unwrap();
            assert_eq!(part.shape, [end - start, 3, 4]);
            assert_eq!(part.to_f32().unwrap(), values[start * 12..end * 12]);
        }
        assert_eq!(places.read("tss", None).unwrap().to_i64().unwrap(), [9, 8, 7, 6, 5]);
        assert_eq!(places.read("none", None).unwrap().shape, [0, 3]);
        assert!(places.read("values", Some(4..6)).unwrap_err().to_string().contains("has 5 rows, not 6"));
        assert!(places.read("strand", None).unwrap_err().to_string().contains("no tensor"));
        // a file that shrinks while it is in use
        let content = std::fs::read(&path).unwrap();
        std::fs::write(&path, &content[..content.len() - 4]).unwrap();
        assert!(places.read("values", Some(0..5)).unwrap_err().to_string().contains("is truncated"));
        assert!(open::<String>(&path, "test").unwrap_err().to_string().contains("truncated: it has"));
    }
}
