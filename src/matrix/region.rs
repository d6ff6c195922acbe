//! One row of a matrix.

use crate::genome::{Gene, Tss};

/// A region of the genome, most often a gene around its TSS: what one row of every layer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The id that labels, splits and predictions are joined by.
    pub id: String,
    /// The name that people know it by; `None` where the annotation has none.
    pub symbol: Option<String>,
    /// Where it starts; `None` where positions are unknown (an imported DeepChrome CSV).
    pub tss: Option<Tss>,
    /// As [`Gene::end`].
    pub end: Option<u64>,
}

impl Region {
    /// A region of which nothing but the id is known.
    pub fn unplaced(id: String) -> Self {
        Region { id, symbol: None, tss: None, end: None }
    }
}

impl From<Gene> for Region {
    fn from(Gene { id, tss, end }: Gene) -> Self {
        Region { id, symbol: None, tss: Some(tss), end }
    }
}
