//! Values of a matrix file that are read a run of regions at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::tensor::Dtype;

use super::{axes, check_axes, disagreement, is_coded, is_needed, no_tensor, unexpected_type, without_tensors};
use crate::io::Result;
use crate::io::safetensors_file::{self, RawTensor, TensorPlaces};
use crate::matrix::{Header, LayerName, Matrix, RowShape, ShapeError, one_hot};

/// Opens a matrix whose values stay in the file. The matrix that comes with it has no layers, and of its regions only
/// ids and symbols.
pub fn open(path: &Path) -> Result<(Matrix, LayerRows)> {
    let (header, places): (Header, _) = safetensors_file::open(path, "matrix")?;
    let matrix = without_tensors(path, header)?;
    for name in LayerName::ALL {
        let tensor = name.tensor("values");
        let [regions, channels, positions] = axes(&matrix, name);
        let is_coded = is_coded(matrix.kind, name);
        let expected = if is_coded { vec![regions, positions] } else { vec![regions, channels, positions] };
        let is_known = |dtype| if is_coded { dtype == Dtype::U8 } else { RawTensor::holds_floats(dtype) };
        match places.dtype_and_shape(&tensor) {
            Some((dtype, _)) if !is_known(dtype) => return Err(unexpected_type(path, &tensor, dtype)),
            Some((_, shape)) => check_axes(path, &tensor, shape, &expected)?,
            None if is_needed(&matrix, name) => return Err(no_tensor(path, &tensor)),
            None => {}
        }
    }
    if matrix.status.len() != matrix.n_regions() {
        let (found, expected) = (matrix.status.len(), matrix.n_regions());
        return Err(disagreement(path, &ShapeError { what: "status".to_owned(), found, expected }));
    }
    Ok((matrix, LayerRows { path: path.to_owned(), places }))
}

/// The values of a matrix file, to be read a run of regions at a time. Files are opened for each read,
/// so that any number of them can be in use.
#[derive(Clone, Debug)]
pub struct LayerRows {
    path: PathBuf,
    places: TensorPlaces,
}

impl LayerRows {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a layer is in the file.
    pub fn has(&self, layer: LayerName) -> bool {
        self.places.dtype_and_shape(&layer.tensor("values")).is_some()
    }

    /// The values of regions in a row in one layer, row-major [region, channel, position].
    ///
    /// # Errors
    /// If the file cannot be read any more, has fewer regions or lacks the layer.
    pub fn read(&self, layer: LayerName, regions: Range<usize>) -> Result<Vec<f32>> {
        let name = layer.tensor("values");
        let tensor = self.places.read(&name, Some(regions))?;
        // numbers of bases have no axis for channels
        if let (LayerName::Sequence, [_, length]) = (layer, tensor.shape.as_slice()) {
            return Ok(one_hot(&tensor.bytes, *length));
        }
        tensor.to_floats().ok_or_else(|| unexpected_type(&self.path, &name, tensor.dtype))
    }

    /// The rows of regions in a row, with the layers of this shape.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_rows(&self, shape: &RowShape, regions: Range<usize>) -> Result<Vec<f32>> {
        let n = regions.len();
        let mut rows = vec![0.0; n * shape.size()];
        for part in shape.parts() {
            let values = self.read(part.layer, regions.clone())?;
            if part.range.len() == shape.size() {
                return Ok(values);
            }
            let size = part.range.len().max(1);
            for (row, values) in rows.chunks_exact_mut(shape.size()).zip(values.chunks_exact(size)) {
                row[part.range.clone()].copy_from_slice(values);
            }
        }
        Ok(rows)
    }
}
