//! Which genes of a sample take part in training, and what became of the others.

use std::collections::HashMap;

use crate::matrix::{Labels, Matrix, Split};

/// The genes of one sample that can be trained and chosen on, as rows of its matrix, with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Training genes.
    pub train: Vec<(usize, f32)>,
    /// Validation genes.
    pub valid: Vec<(usize, f32)>,
    /// Test genes, which training does not touch.
    pub test: usize,
    /// Genes of the matrix without a label.
    pub unlabelled: usize,
    /// Labelled genes that the fold gives no split.
    pub without_split: usize,
    /// Labelled genes with a split that no signal covers.
    pub not_scorable: usize,
}

impl Selection {
    /// Joins a matrix, its labels and one fold's splits by gene id; every gene is counted once.
    pub fn new(matrix: &Matrix, labels: &Labels, splits: &HashMap<&str, Split>) -> Self {
        let labels = labels.by_gene();
        let mut selection = Selection::default();
        for (row, id) in matrix.gene_ids.iter().enumerate() {
            match (labels.get(id.as_str()), splits.get(id.as_str())) {
                (None, _) => selection.unlabelled += 1,
                (_, None) => selection.without_split += 1,
                _ if !matrix.status[row].is_scorable() => selection.not_scorable += 1,
                (Some(&label), Some(Split::Train)) => selection.train.push((row, label as f32)),
                (Some(&label), Some(Split::Valid)) => selection.valid.push((row, label as f32)),
                (_, Some(Split::Test)) => selection.test += 1,
            }
        }
        selection
    }
}

/// Inputs and labels of genes, possibly of several samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneSet {
    /// Row-major [gene, mark, bin], transformed, without missing values.
    pub values: Vec<f32>,
    /// 0 or 1, one a gene.
    pub labels: Vec<f32>,
}

impl GeneSet {
    /// Number of genes.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Genes labelled 1.
    pub fn positives(&self) -> usize {
        self.labels.iter().filter(|&&label| label == 1.0).count()
    }

    /// A number that changes when any value or label does (FNV-1a, 64 bit).
    pub fn digest(&self) -> u64 {
        self.values.iter().chain(&self.labels).fold(0xcbf2_9ce4_8422_2325, |digest, value| {
            (digest ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}
