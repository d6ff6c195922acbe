//! What a model is trained to predict.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ByGene;

/// One gene's label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Gene id.
    pub gene_id: String,
    /// 1 = expressed (high), 0 = not; a real number for regression; `None` = not labelled (NA).
    pub label: Option<f64>,
    /// The expression that the label was made from, where the table holds it.
    pub expression: Option<f64>,
}

/// The labels of one sample, in file order; gene ids are unique.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// One row a gene.
    pub rows: Vec<Label>,
}

impl Labels {
    /// Label by gene id; genes labelled NA are left out.
    pub fn by_gene(&self) -> ByGene<'_, f64> {
        self.rows.iter().filter_map(|row| Some((row.gene_id.as_str(), row.label?))).collect()
    }

    /// Gives each label, with its expression, to another gene that has one, at random.
    pub fn permute(&mut self, seed: u64) {
        let labelled: Vec<usize> = (0..self.rows.len()).filter(|&row| self.rows[row].label.is_some()).collect();
        let mut order = labelled.clone();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let before: Vec<_> = order.into_iter().map(|row| (self.rows[row].label, self.rows[row].expression)).collect();
        for (row, (label, expression)) in labelled.into_iter().zip(before) {
            (self.rows[row].label, self.rows[row].expression) = (label, expression);
        }
    }

    /// Whether every label is 0 or 1.
    pub fn is_binary(&self) -> bool {
        self.rows.iter().filter_map(|row| row.label).all(|label| label == 0.0 || label == 1.0)
    }
}
