//! What a model is trained to predict.

use std::collections::HashMap;

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
    pub fn by_gene(&self) -> HashMap<&str, f64> {
        self.rows.iter().filter_map(|row| Some((row.gene_id.as_str(), row.label?))).collect()
    }

    /// Whether every label is 0 or 1.
    pub fn is_binary(&self) -> bool {
        self.rows.iter().filter_map(|row| row.label).all(|label| label == 0.0 || label == 1.0)
    }
}
