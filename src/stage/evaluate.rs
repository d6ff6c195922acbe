//! `attentrack-evaluate`: how good predictions are, with honest intervals.

mod join;
mod summary;

pub use summary::MetricRow;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use serde::Serialize;

use super::job::handed_on::{GENES, LABELS, PREDICTIONS, SPLITS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::io;
use crate::learn::metrics::{Loci, METRICS_FORMAT, METRICS_FORMAT_VERSION, Overlap, Report, Rows, judge};
use crate::matrix::Splits;
use crate::stage::{Common, Files, Flags, Judgement, Reach, Stage};

/// Judge predictions against labels: AUROC, AUPRC, accuracy, Brier score and calibration.
///
/// Every figure comes with a bootstrap interval, for each sample, for all samples together, and for each
/// split. All samples together are pooled where one model has scored all of them (column model of the
/// predictions). Scores of different models cannot be ranked together: where each sample was scored by its own
/// model (left out of training, or one a sample), or the model is not known, the figures for all samples are means
/// over the samples. The threshold behind the accuracy is chosen on the validation genes (the most accurate one; of
/// equally accurate ones the largest), of means on those of each sample. Intervals are percentile intervals over
/// loci drawn with replacement, not stratified by class: with --genes blocks of 1 Mb with all their genes, because
/// neighbours are not independent; without, or of fewer than 10 blocks, single genes; all rows of a gene, one a sample, are drawn together. Genes
/// without a score are counted by their status, and not judged. Labels other than 0 and 1 are judged by
/// Pearson's and Spearman's correlation and the mean squared error instead. With --genes, test windows that share
/// bases with a training window are counted too.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-evaluate",
    version,
    allow_negative_numbers = true,
    after_help = "\
Examples:
  attentrack-evaluate --predictions E003.predictions.tsv --labels E003.labels.tsv \\
    --splits splits.tsv --genes genes.bed --out metrics.json
  attentrack-evaluate --predictions A.tsv B.tsv --labels A.labels.tsv B.labels.tsv \\
    --splits splits.tsv --out metrics.json"
)]
pub struct Args {
    /// Predictions of attentrack-predict, one file a sample
    #[arg(long, value_name = "TSV", required = true, num_args = 1.., help_heading = "Input")]
    pub predictions: Vec<PathBuf>,
    /// Labels, one file a sample, in the order of --predictions
    #[arg(long, value_name = "TSV", required = true, num_args = 1.., help_heading = "Input")]
    pub labels: Vec<PathBuf>,
    /// Splits of all samples
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub splits: PathBuf,
    /// Genes that the splits were made from, to draw loci and to count overlapping windows [default: genes are drawn
    /// one by one, windows are not counted]
    #[arg(long, value_name = "BED", help_heading = "Input")]
    pub genes: Option<PathBuf>,
    /// Metrics to write, JSON; - for standard output
    #[arg(long, value_name = "JSON", help_heading = "Output")]
    pub out: PathBuf,
    /// The same figures as a table, one row a sample, split and metric [default: not written]
    #[arg(long, value_name = "TSV", help_heading = "Output")]
    pub tsv: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Judgement>,
    /// Fold of the splits, counted from 0 [default: 0]
    #[arg(long, value_name = "K", help_heading = "Judgement")]
    pub fold: Option<u32>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub windows: Flags<Reach>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "evaluate",
    about: "AUROC, AUPRC, calibration and leakage of predictions, with intervals",
    keywords: &["metrics", "auroc", "evaluation"],
    unit: Unit::Once("metrics"),
    sections: &["evaluate", "train", "window"],
    sample_flag: None,
    size: Size::Low,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--predictions", "predictions", Number::Many, PREDICTIONS),
        JobInput::new("--labels", "labels", Number::Many, LABELS),
        JobInput::new("--splits", "splits", Number::One, SPLITS).shared(),
        JobInput::new("--genes", "genes", Number::One, GENES).shared(),
    ],
    outputs: &[JobOutput::file("--out", "", ".json", || vec![Emit::file("metrics", "Every metric with its interval")])],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--predictions", &self.predictions)
            .input("--labels", &self.labels)
            .input("--splits", [&self.splits])
            .input("--genes", &self.genes)
            .output("--out", [&self.out])
            .output("--tsv", &self.tsv)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let (predictions, labels) = (self.predictions.len(), self.labels.len());
        if predictions != labels {
            problems.push(format!(
                "--predictions names {predictions} and --labels {labels} files. Give one labels file for each predictions file, in the same order"
            ));
        }
        problems.extend(self.options.problems());
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let splits = io::splits::read(&self.splits)?;
        let split_of =
            join::splits_of_fold(&splits, self.fold.unwrap_or(0)).with_context(|| self.splits.display().to_string())?;
        let inputs = join::read_samples(&self.predictions, &self.labels)?;
        let genes = self.genes.as_ref().map(|path| io::genes_bed::read(path)).transpose()?.unwrap_or_default();
        let count = |path| join::overlap(path, &genes, &split_of, self.windows.flank);
        let overlap = self.genes.as_deref().map(count).transpose()?;
        let joined = inputs.iter().map(|input| input.join(&split_of, &inputs)).collect::<anyhow::Result<Vec<_>>>()?;
        let report = self.judge(&splits, &joined, join::are_binary(&inputs)?, &Loci::of(&genes), overlap);
        if !report.pooled.splits.contains_key(&self.options.split) {
            bail!(
                "{}: no {} gene of fold {} has both a score and a label. Check that splits, labels and predictions belong together, or choose another --split",
                self.splits.display(),
                self.options.split,
                self.fold.unwrap_or(0)
            );
        }
        io::json::write(&self.out, &report)?;
        self.tsv.as_ref().map(|path| summary::write_table(path, &report)).transpose()?;
        summary::log(&report);
        join::say_how_taken_together(&inputs);
        Ok(())
    }
}

impl Args {
    fn judge<'a>(
        &self,
        splits: &Splits,
        samples: &[join::Joined<'a>],
        binary: bool,
        loci: &Loci<'a>,
        overlap: Option<Overlap>,
    ) -> Report {
        let bootstrap = self.options.bootstrap(1000);
        let judge = |sample: &str, genes, parts: &[Rows<'a>]| judge(sample, genes, parts, binary, (&bootstrap, loci));
        let (genes, parts) = join::all(samples);
        Report {
            format: METRICS_FORMAT.to_owned(),
            format_version: METRICS_FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            fold: self.fold.unwrap_or(0),
            folds: Some(splits.folds().len() as u64),
            headline: self.options.split,
            pooled: judge(join::ALL, genes, &parts),
            samples: samples
                .iter()
                .map(|joined| judge(joined.sample, joined.genes.clone(), std::slice::from_ref(&joined.rows)))
                .collect(),
            bootstrap,
            overlap,
        }
    }
}
