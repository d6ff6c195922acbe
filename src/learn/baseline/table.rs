//! Rows of features, and their standardisation.

use smartcore::linalg::basic::matrix::DenseMatrix;

use super::FitError;

/// Genes × features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    n_features: usize,
    values: Vec<f64>,
}

impl Table {
    /// No gene yet.
    pub fn new(n_features: usize) -> Self {
        Table { n_features, values: Vec::new() }
    }

    /// Adds a gene.
    ///
    /// # Panics
    /// If it has another number of features.
    pub fn push(&mut self, features: &[f64]) {
        assert_eq!(features.len(), self.n_features, "a gene has another number of features");
        self.values.extend_from_slice(features);
    }

    /// Adds further genes.
    ///
    /// # Panics
    /// If they have another number of features.
    pub fn append(&mut self, other: &Table) {
        assert_eq!(other.n_features, self.n_features, "genes have another number of features");
        self.values.extend_from_slice(&other.values);
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.values.len() / self.n_features.max(1)
    }

    /// Whether there is no gene.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One gene's features.
    pub fn row(&self, gene: usize) -> &[f64] {
        &self.values[gene * self.n_features..][..self.n_features]
    }

    /// All genes in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features.max(1))
    }

    /// Some of the genes, in the order given.
    pub fn select(&self, genes: &[usize]) -> Table {
        let mut table = Table::new(self.n_features);
        genes.iter().for_each(|&gene| table.push(self.row(gene)));
        table
    }

    /// As the library takes it.
    pub(super) fn to_dense(&self, method: &'static str) -> Result<DenseMatrix<f64>, FitError> {
        DenseMatrix::new(self.len(), self.n_features, self.values.clone(), false)
            .map_err(|error| FitError::Library { method, message: error.to_string() })
    }
}

/// Mean and standard deviation of each feature over the training genes. A feature that does not vary
/// gets scale 0, so that it becomes 0 and its weight nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// Means.
    pub mean: Vec<f64>,
    /// 1 / standard deviation (divisor: genes), or 0.
    pub scale: Vec<f64>,
}

impl Scaling {
    /// The means and spreads of a table's genes.
    pub fn of(table: &Table) -> Self {
        let (genes, features) = (table.len().max(1) as f64, table.n_features);
        let mut mean = vec![0.0; features];
        table.rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x));
        mean.iter_mut().for_each(|mean| *mean /= genes);
        let mut square = vec![0.0; features];
        for row in table.rows() {
            square.iter_mut().zip(row.iter().zip(&mean)).for_each(|(square, (x, mean))| *square += (x - mean).powi(2));
        }
        let largest = mean.iter().map(|mean| 1e-9 * mean.abs().max(1e-3));
        let scale = square.iter().map(|square| (square / genes).sqrt()).zip(largest);
        let scale = scale.map(|(sd, least)| if sd > least { 1.0 / sd } else { 0.0 }).collect();
        Scaling { mean, scale }
    }

    /// A table with mean 0 and standard deviation 1, if its genes are those of the scaling.
    pub fn apply(&self, table: &Table) -> Table {
        let mut scaled = table.clone();
        for row in scaled.values.chunks_exact_mut(table.n_features.max(1)) {
            let fitted = self.mean.iter().zip(&self.scale);
            row.iter_mut().zip(fitted).for_each(|(x, (mean, scale))| *x = (*x - mean) * scale);
        }
        scaled
    }
}
