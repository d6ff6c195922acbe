//! What a gene is compared with, where its score is shared out.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::explain::Baseline;
use crate::io::{FileError, Result};
use crate::learn::ModelHeader;
use crate::matrix::Matrix;

/// Below this many genes with data, their median is not that of the sample.
const FEWEST_GENES: usize = 50;

/// What contributions are against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Against {
    /// What contributions are against
    pub baseline: Baseline,
}

impl Against {
    /// The baseline as a row of the model's layers. The median is that of all genes of the matrix at `path` that have
    /// data.
    ///
    /// # Errors
    /// A value that the model's transform does not take.
    pub fn row(&self, path: &Path, header: &ModelHeader, matrix: &Matrix) -> Result<Vec<f32>> {
        let layers = header.model.layers();
        let size = matrix.row_shape(&layers).size();
        if self.baseline == Baseline::Empty {
            let row = header.transform.without_signal(matrix, &layers);
            return row.map_err(|error| FileError::new(path, error.to_string()));
        }
        if !header.model.reads_signal() {
            return Err(FileError::new(path, "holds sequences, whose bases have no median")
                .remedy("Leave --baseline median out"));
        }
        let genes: Vec<usize> = matrix.scorable().filter(|&gene| matrix.status[gene].has_data()).collect();
        if genes.len() < FEWEST_GENES {
            tracing::warn!(
                "{}: the median is that of {} genes with data. Give the matrix of all genes of the sample",
                path.display(),
                genes.len()
            );
        }
        let rows = header.transform.apply(matrix, &layers, &genes);
        Ok(self.baseline.row(&rows.map_err(|error| FileError::new(path, error.to_string()))?, size))
    }
}
