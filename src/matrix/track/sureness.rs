//! What a model says of the genes that a track draws.

use std::collections::HashMap;

use crate::matrix::{Matrix, Predictions};

/// Why predictions do not belong to a matrix.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SurenessError {
    /// Predictions that are not of this matrix's sample.
    #[error("the predictions are of sample {theirs:?}, the matrix is of {ours:?}. Give those of the same sample")]
    OtherSample {
        /// Sample of the predictions.
        theirs: String,
        /// Sample of the matrix.
        ours: String,
    },
    /// Genes without a prediction.
    #[error(
        "the predictions lack {missing} of its {genes} genes, such as {gene}. Give the file that attentrack-predict wrote of the same matrix"
    )]
    NoPrediction {
        /// One of them.
        gene: String,
        /// Genes that lack one.
        missing: usize,
        /// Genes in all.
        genes: usize,
    },
}

/// Score of each gene, and whether it is uncertain, in the rows of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Sureness {
    scores: Vec<Option<f64>>,
    uncertain: Vec<Option<bool>>,
}

impl Sureness {
    /// For a matrix's genes, by their ids.
    ///
    /// # Errors
    /// Predictions of another sample, or that lack a gene of the matrix which has a value.
    pub fn new(matrix: &Matrix, predictions: &Predictions) -> Result<Self, SurenessError> {
        if predictions.sample != matrix.sample {
            return Err(SurenessError::OtherSample { theirs: predictions.sample.clone(), ours: matrix.sample.clone() });
        }
        let rows: HashMap<&str, _> = predictions.rows.iter().map(|row| (row.gene_id.as_str(), row)).collect();
        let of_genes: Vec<_> = matrix.regions.iter().map(|region| rows.get(region.id.as_str()).copied()).collect();
        let has_value = |gene: usize| {
            matrix.layers.iter().any(|layer| matrix.row(layer.name, gene).iter().any(|value| !value.is_nan()))
        };
        let missing: Vec<usize> = (0..of_genes.len()).filter(|&g| of_genes[g].is_none() && has_value(g)).collect();
        if let [first, ..] = missing[..] {
            return Err(SurenessError::NoPrediction {
                gene: matrix.regions[first].id.clone(),
                missing: missing.len(),
                genes: matrix.n_regions(),
            });
        }
        let scores = of_genes.iter().map(|row| row.and_then(|row| row.score)).collect();
        Ok(Sureness { scores, uncertain: of_genes.iter().map(|row| row.and_then(|row| row.uncertain)).collect() })
    }

    /// Score of a gene with the digits of the predictions' table; NA where it has none.
    pub fn score_text(&self, gene: usize) -> String {
        self.scores[gene].map_or_else(|| "NA".to_owned(), |score| (score as f32).to_string())
    }

    /// Whether a gene may as well be on the other side of the model's threshold; `None` where the model does not
    /// say.
    pub fn uncertain(&self, gene: usize) -> Option<bool> {
        self.uncertain[gene]
    }
}
