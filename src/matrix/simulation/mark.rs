//! The histone marks that can be simulated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A histone mark that can be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum SimulatedMark {
    /// Broad domains over repressed promoters.
    H3K27me3,
    /// Bodies of transcribed genes, rising towards the 3′ end.
    H3K36me3,
    /// Shoulders on either side of promoters, and enhancers.
    H3K4me1,
    /// The nucleosomes next to an active TSS, strongest at +1.
    H3K4me3,
    /// Long domains of heterochromatin anywhere.
    H3K9me3,
}

impl SimulatedMark {
    /// All marks, in the published order.
    pub const ALL: [SimulatedMark; 5] = [
        SimulatedMark::H3K27me3,
        SimulatedMark::H3K36me3,
        SimulatedMark::H3K4me1,
        SimulatedMark::H3K4me3,
        SimulatedMark::H3K9me3,
    ];

    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            SimulatedMark::H3K27me3 => "H3K27me3",
            SimulatedMark::H3K36me3 => "H3K36me3",
            SimulatedMark::H3K4me1 => "H3K4me1",
            SimulatedMark::H3K4me3 => "H3K4me3",
            SimulatedMark::H3K9me3 => "H3K9me3",
        }
    }

    /// Background fragments a kb at depth 1.
    pub(super) fn background_per_kb(self) -> f64 {
        match self {
            SimulatedMark::H3K4me3 => 0.9,
            SimulatedMark::H3K4me1 => 1.2,
            _ => 1.5,
        }
    }
}

impl std::fmt::Display for SimulatedMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
