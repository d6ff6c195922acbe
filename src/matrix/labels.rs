//! What a model is trained to predict.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByGene, Number};

/// One row of `SAMPLE.labels.tsv`: one gene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// Gene id, unique.
    pub gene_id: String,
    /// Symbol of the gene, not unique; `.` where it is not known.
    #[serde(default, with = "crate::genome::symbol")]
    #[schemars(with = "String")]
    pub gene_name: Option<String>,
    /// 1 = expressed (high), 0 = not; a real number for regression; NA = not labelled.
    #[schemars(with = "Number")]
    pub label: Option<f64>,
    /// The expression that the label was made from; of a change between two samples that of the second.
    #[serde(default)]
    #[schemars(with = "Number")]
    pub expression: Option<f64>,
}

/// What the expression of a gene in other samples says of it in this one: their mean log2(expression + 1); `None` where
/// it is known in none of them.
pub fn expression_mean(others: &[ByGene<f64>], id: &str) -> Option<f64> {
    let known: Vec<f64> = others.iter().filter_map(|other| other.get(id).copied()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
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

    /// log2(expression + 1) by gene id; genes whose expression is not known are left out.
    pub fn log_expression(&self) -> ByGene<'_, f64> {
        let of = |row: &Label| row.expression.filter(|&x| x >= 0.0).map(|x| (x + 1.0).log2());
        self.rows.iter().filter_map(|row| Some((row.gene_id.as_str(), of(row)?))).collect()
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
