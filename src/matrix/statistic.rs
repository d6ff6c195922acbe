//! What one number a bin means.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the signal over a bin becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Reads that overlap the bin by at least one base, as `bedtools multicov` counts them: a read
    /// over two bins counts in both. Read files only.
    Count,
    /// Mean over all bases of the bin; a base without data counts as 0. On reads: mean depth.
    Mean,
    /// Mean over the bases that have data; NaN where none has.
    CoverageMean,
    /// Sum over the bases of the bin.
    Sum,
    /// Largest value of any base of the bin; 0 where none has data.
    Max,
}

impl Statistic {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Count => "count",
            Statistic::Mean => "mean",
            Statistic::CoverageMean => "coverage-mean",
            Statistic::Sum => "sum",
            Statistic::Max => "max",
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
