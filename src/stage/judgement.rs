//! On which genes models are judged, and by which bootstrap: what attentrack-evaluate and attentrack-rank share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::learn::metrics::Bootstrap;
use crate::matrix::Split;

/// On which genes models are judged, and how sure figures are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Judgement")]
pub struct Judgement {
    /// Split whose genes the models are judged on; files of attentrack-evaluate hold all splits
    #[schemars(extend("x-heading" = "Judgement"))]
    pub split: Split,
    /// Bootstrap replicates; 0 for no intervals and no tests [default: 1000; attentrack-rank: 2000]
    #[schemars(extend("x-value" = "N", "x-heading" = "Judgement"))]
    pub bootstrap: Option<u32>,
    /// Confidence of the intervals, as a share
    #[schemars(extend("x-value" = "X", "x-heading" = "Judgement", "exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub confidence: f64,
    /// Seed of the bootstrap
    #[schemars(extend("x-value" = "N", "x-heading" = "Judgement"))]
    pub seed: u64,
}

impl Default for Judgement {
    fn default() -> Self {
        Judgement { split: Split::Test, bootstrap: None, confidence: 0.95, seed: 1 }
    }
}

impl Judgement {
    /// The bootstrap over loci; `replicates` is their number where none is given.
    pub fn bootstrap(&self, replicates: u32) -> Bootstrap {
        let replicates = self.bootstrap.unwrap_or(replicates);
        Bootstrap { replicates, confidence: self.confidence, seed: self.seed }
    }
}

/// How far windows reach, where windows that overlap are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Reach {
    /// Bases on either side of the TSS, in bp, for counting windows that overlap
    #[schemars(range(min = 1), extend("x-value" = "BP"))]
    pub flank: u32,
}

impl Default for Reach {
    fn default() -> Self {
        Reach { flank: 5000 }
    }
}
