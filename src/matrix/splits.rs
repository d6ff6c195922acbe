//! Which genes a model learns from, is chosen on, and is judged on.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ByGene;

/// The part of the genes that a gene belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The model learns from it.
    Train,
    /// The epoch and the threshold are chosen on it.
    Valid,
    /// The model is judged on it and never sees it before.
    #[default]
    Test,
}

impl Split {
    /// All splits, in order.
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Split::ALL
            .into_iter()
            .find(|split| split.name() == s)
            .ok_or_else(|| format!("expected train, valid or test, found {s:?}"))
    }
}

/// One gene's split in one fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitRow {
    /// Gene id.
    pub gene_id: String,
    /// Train, valid or test.
    pub split: Split,
    /// Fold, counted from 0; a gene occurs once in every fold.
    pub fold: u32,
}

/// The splits of all folds, in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// One row a gene and fold.
    pub rows: Vec<SplitRow>,
}

impl Splits {
    /// Split by gene id in one fold.
    pub fn by_gene(&self, fold: u32) -> ByGene<'_, Split> {
        self.rows.iter().filter(|row| row.fold == fold).map(|row| (row.gene_id.as_str(), row.split)).collect()
    }

    /// The folds that occur, ascending.
    pub fn folds(&self) -> Vec<u32> {
        let mut folds: Vec<u32> = self.rows.iter().map(|row| row.fold).collect();
        folds.sort_unstable();
        folds.dedup();
        folds
    }
}
