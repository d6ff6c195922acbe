//! A state dict as safetensors, without a header of ours.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::super::safetensors_file::{HEADER_KEY, RawTensor};
use super::element::{Element, View};
use super::{Parsed, Tensor, problem};

/// Whether the bytes start like a safetensors file.
pub fn matches(bytes: &[u8]) -> bool {
    bytes
        .split_first_chunk()
        .is_some_and(|(length, rest)| u64::from_le_bytes(*length) <= rest.len() as u64 && rest.first() == Some(&b'{'))
}

/// Reads the tensors.
pub fn read(bytes: &[u8]) -> Parsed<Vec<Tensor>> {
    let damaged = |error| problem("", format!("is not a valid safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    if metadata.metadata().as_ref().is_some_and(|map| map.contains_key(HEADER_KEY)) {
        return Err((
            String::new(),
            "is a file of attentrack already".to_owned(),
            "Use a model file as it is; to change its format, see --export".to_owned(),
        ));
    }
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    file.iter()
        .map(|(name, view)| tensor(name, &view).map_err(|text| problem(format!("tensor {name}"), text)))
        .collect()
}

fn tensor(name: &str, view: &TensorView) -> Result<Tensor, String> {
    let element = match view.dtype() {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => return Err(format!("has element type {other:?}, expected floats")),
    };
    let dense = View::dense(view.shape(), false).ok_or("has an impossible shape")?;
    let (values, rounded) = dense.gather(element, view.data())?;
    Ok(Tensor { name: name.to_owned(), shape: dense.shape, values, rounded })
}

/// A safetensors file with nothing but the tensors.
pub fn write(tensors: &[(String, RawTensor)]) -> zip::result::ZipResult<Vec<u8>> {
    let other = |error: safetensors::SafeTensorError| std::io::Error::other(error);
    let views = tensors.iter().map(|(name, tensor)| {
        Ok((name.as_str(), TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).map_err(other)?))
    });
    let views = views.collect::<std::io::Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None).map_err(other)?)
}
