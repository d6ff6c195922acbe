//! safetensors with one metadata key, `header`, that holds JSON in field order. One key only: the
//! format keeps metadata in a hash map, so that several would be written in a changing order.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FileError, Output, Result};

/// The metadata key.
pub const HEADER_KEY: &str = "header";

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
}

/// Writes header and tensors, whole or not at all. Same arguments, same bytes.
pub fn write<H: Serialize>(path: &Path, header: &H, tensors: &[(String, RawTensor)]) -> Result<()> {
    let json = serde_json::to_string(header)
        .map_err(|error| FileError::new(path, format!("cannot write the header: {error}")))?;
    // as safetensors::serialize lays them out, which would hold all tensors a second time
    let mut ordered: Vec<&(String, RawTensor)> = tensors.iter().collect();
    ordered.sort_by(|(left_name, left), (right_name, right)| {
        right.dtype.cmp(&left.dtype).then_with(|| left_name.cmp(right_name))
    });
    let mut end = 0;
    let info = |(name, tensor): &&(String, RawTensor)| {
        let start = end;
        end += tensor.bytes.len();
        let info = TensorInfo { dtype: tensor.dtype, shape: tensor.shape.clone(), data_offsets: (start, end) };
        (name.clone(), info)
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
        output.put(&tensor.bytes)?;
    }
    output.commit()
}

/// Reads header and tensors. `what` names the kind of file for messages ("matrix", "model").
pub fn read<H: DeserializeOwned>(path: &Path, what: &str) -> Result<(H, HashMap<String, RawTensor>)> {
    let bytes = std::fs::read(path).map_err(|error| FileError::os(path, "open", &error))?;
    let damaged = |problem: String| {
        FileError::new(path, problem).remedy(format!("Give a {what} file written by attentrack, or make it again"))
    };
    if bytes.is_empty() {
        return Err(damaged(format!("is empty, expected a {what} file (safetensors)")));
    }
    let (_, metadata) = SafeTensors::read_metadata(&bytes)
        .map_err(|error| damaged(format!("is not a {what} file (safetensors), or is truncated: {error}")))?;
    let json = metadata.metadata().as_ref().and_then(|map| map.get(HEADER_KEY)).ok_or_else(|| {
        damaged(format!("is a safetensors file without a {HEADER_KEY:?}, so not an attentrack {what}"))
    })?;
    let header = serde_json::from_str(json).map_err(|error| {
        let found: Option<serde_json::Value> = serde_json::from_str(json).ok();
        let format = found.as_ref().and_then(|header| header["format"].as_str()).unwrap_or("unknown");
        damaged(format!("the header, of format {format:?}, does not fit a {what} file: {error}"))
    })?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| damaged(format!("is not a {what} file (safetensors), or is truncated: {error}")))?;
    let tensors = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            (name, RawTensor { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: view.data().to_vec() })
        })
        .collect();
    Ok((header, tensors))
}
