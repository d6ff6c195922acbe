//! Two samples as one matrix.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use serde::Serialize;
use tracing::info;

use super::job::handed_on::BINS;
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::io::{self, FileError};
use crate::matrix;
use crate::stage::{Common, Files, Stage};

/// Join the matrices of two samples, for models of what changes between them
///
/// Reads two matrices of the same genes, marks and windows, and writes one with the marks of the sample of
/// --versus (A:MARK), then those of the sample of --bins (B:MARK). A model deep-diff-* learns from it the change
/// from A to B, the labels of attentrack-label --method log2 --versus. Its sample is called B-vs-A.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-pair",
    version,
    after_help = "Example:
  attentrack-bin --genes genes.bed --flank 10000 … --out E003.bins.safetensors     # and E116
  attentrack-pair --bins E116.bins.safetensors --versus E003.bins.safetensors \\
    --out E116-vs-E003.bins.safetensors
  attentrack-label --expression rpkm.tsv --sample E116 --versus E003 --method log2 \\
    --out E116-vs-E003.labels.tsv
  attentrack-train --bins E116-vs-E003.bins.safetensors --labels E116-vs-E003.labels.tsv \\
    --splits splits.tsv --task regression --model deep-diff-raw-aux-siamese \\
    --out E116-vs-E003.model.safetensors"
)]
pub struct Args {
    /// Matrix of sample B, in which expression rises where the change is above 0, .bins.safetensors
    #[arg(long, short, value_name = "FILE")]
    pub bins: PathBuf,
    /// Matrix of sample A, with which it is compared
    #[arg(long, value_name = "FILE")]
    pub versus: PathBuf,
    /// Matrix to write, .bins.safetensors
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "pair",
    about: "The matrices of two samples as one, for models of what changes between them",
    keywords: &["comparison", "differential expression"],
    unit: Unit::Sample,
    sections: &[],
    sample_flag: None,
    size: Size::Low,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--bins", "bins", Number::One, BINS),
        JobInput::new("--versus", "versus", Number::One, BINS),
    ],
    outputs: &[JobOutput::file("--out", "pairs", ".bins.safetensors", || {
        vec![Emit::file("pair", "The marks of both samples by gene and bin")]
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().input("--bins", [&self.bins]).input("--versus", [&self.versus]).output("--out", [&self.out])
    }

    fn run(&self) -> Result<()> {
        let (a, b) = (io::bins::read(&self.versus)?, io::bins::read(&self.bins)?);
        let pair = matrix::pair(&a, &b).map_err(|error| {
            let remedy = "Bin both samples with the same genes.bed, marks and settings";
            FileError::new(&self.bins, format!("cannot be compared with {}: {error}", self.versus.display()))
                .remedy(remedy)
        })?;
        io::bins::write(&self.out, &pair)?;
        let scorable = pair.status.iter().filter(|status| status.is_scorable()).count();
        info!("{}: {scorable} of {} genes -> {}", pair.sample, pair.n_regions(), self.out.display());
        Ok(())
    }
}
