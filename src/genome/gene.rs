//! A gene, reduced to what the window needs: its transcription start site.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The strand that a gene is transcribed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Strand {
    /// `+`: transcription runs towards higher coordinates.
    #[serde(rename = "+")]
    Forward,
    /// `-`: transcription runs towards lower coordinates.
    #[serde(rename = "-")]
    Reverse,
}

impl Strand {
    /// The BED/GTF character, `+` or `-`.
    pub fn symbol(self) -> char {
        match self {
            Strand::Forward => '+',
            Strand::Reverse => '-',
        }
    }
}

impl fmt::Display for Strand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.symbol())
    }
}

/// The text was neither `+` nor `-`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("strand must be + or -, found {0:?}")]
pub struct ParseStrandError(pub String);

impl FromStr for Strand {
    type Err = ParseStrandError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "+" => Ok(Strand::Forward),
            "-" => Ok(Strand::Reverse),
            other => Err(ParseStrandError(other.to_owned())),
        }
    }
}

/// A transcription start site: one base, 0-based.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tss {
    /// Chromosome name, as the annotation spells it.
    pub chrom: String,
    /// 0-based position of the TSS base: the gene's first base on `+`, its last on `-`.
    pub position: u64,
    /// Strand of the gene.
    pub strand: Strand,
}

/// A gene (or transcript) and its TSS: one row of `genes.bed` and of every matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gene {
    /// The id that labels, splits and predictions are joined by.
    pub id: String,
    /// What people call it ([`symbol_of`](super::symbol_of)); several genes may have one symbol, so nothing is joined
    /// by it. `None` where it is not known, or says no more than the id.
    pub symbol: Option<String>,
    /// Where it starts.
    pub tss: Tss,
    /// 0-based position of the last base that is transcribed: the gene's last on `+`, its first on `-`. `None`
    /// where only the start is known. Only over the origin of a circular sequence is it 5′ of the TSS.
    pub end: Option<u64>,
}
