//! What decides in a simulated data set, and where.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SimulatedMark;

/// What decides whether a gene is expressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Planted {
    /// H3K4me3 from 300 bp upstream to 900 bp downstream of the TSS.
    #[default]
    Window,
    /// H3K36me3 along the second half of the gene. Genes are longer, so that most of it lies outside of the window.
    Body,
}

/// Where the mark decides, along the gene 5′ to 3′.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// bp from the TSS, negative upstream, half-open.
    Bases(Range<i64>),
    /// Shares of the gene, from 0 at the TSS to 1 behind the last base.
    Body(Range<f64>),
}

impl Planted {
    /// The mark that decides.
    pub fn mark(self) -> SimulatedMark {
        match self {
            Planted::Window => SimulatedMark::H3K4me3,
            Planted::Body => SimulatedMark::H3K36me3,
        }
    }

    /// Where it decides.
    pub fn span(self) -> Span {
        match self {
            Planted::Window => Span::Bases(-300..900),
            Planted::Body => Span::Body(0.5..1.0),
        }
    }

    /// Lengths of genes in bp: median, shortest, longest.
    pub(super) fn gene_lengths_bp(self) -> (f64, u64, u64) {
        match self {
            Planted::Window => (4_500.0, 1_200, 25_000),
            Planted::Body => (20_000.0, 4_000, 100_000),
        }
    }
}
