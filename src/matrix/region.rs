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

    /// Bases from the TSS to the last one; `None` where one of them is not known.
    pub fn length_bp(&self) -> Option<u64> {
        Some(self.end?.abs_diff(self.tss.as_ref()?.position) + 1)
    }

    /// What people read: the symbol, or the id where there is none.
    pub fn shown(&self) -> &str {
        self.symbol.as_deref().unwrap_or(&self.id)
    }
}

impl From<Gene> for Region {
    fn from(Gene { id, symbol, tss, end }: Gene) -> Self {
        Region { id, symbol, tss: Some(tss), end }
    }
}
