//! What networks read of a gene, and what stands for that which is not known of it.

use crate::matrix::{LayerName, RowShape};
use crate::model::ModelConfig;

/// What a network reads of a gene.
pub fn network_row(network: &ModelConfig) -> RowShape {
    let (channels, bodies) = (network.n_marks(), network.body_parts());
    let first = if network.of_bases() { LayerName::Sequence } else { LayerName::Window };
    let body = (bodies > 0).then_some((LayerName::Body, channels, bodies));
    RowShape::of([(first, channels, network.n_bins())].into_iter().chain(body))
}

/// Means over genes of each number of their rows, of those genes that have it.
#[derive(Clone, Debug)]
pub struct RowMeans {
    sums: Vec<f64>,
    counts: Vec<u64>,
}

impl RowMeans {
    /// Of rows of this size; starts without genes.
    pub fn new(size: usize) -> Self {
        RowMeans { sums: vec![0.0; size], counts: vec![0; size] }
    }

    /// Adds a gene's row; NaN stands for a number that is not known.
    pub fn add(&mut self, row: &[f32]) {
        for ((sum, count), &number) in self.sums.iter_mut().zip(&mut self.counts).zip(row) {
            if !number.is_nan() {
                *sum += f64::from(number);
                *count += 1;
            }
        }
    }

    /// The means; 0 of a number that no gene has.
    pub fn means(&self) -> Vec<f32> {
        self.sums.iter().zip(&self.counts).map(|(sum, &count)| (sum / count.max(1) as f64) as f32).collect()
    }
}

/// Puts `means` in the place of what is not known (NaN) in rows.
pub fn fill(rows: &mut [f32], means: &[f32]) {
    for row in rows.chunks_exact_mut(means.len().max(1)) {
        row.iter_mut().zip(means).filter(|(number, _)| number.is_nan()).for_each(|(number, mean)| *number = *mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_counts_as_the_mean_of_the_others() {
        let mut rows = vec![1.0, 2.0, f32::NAN, 3.0, f32::NAN, f32::NAN];
        let mut means = RowMeans::new(3);
        rows.chunks_exact(3).for_each(|row| means.add(row));
        assert_eq!(means.means(), [2.0, 2.0, 0.0]);
        fill(&mut rows, &means.means());
        assert_eq!(rows, [1.0, 2.0, 0.0, 3.0, 2.0, 0.0]);
    }
}
