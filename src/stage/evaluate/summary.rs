//! The report as a table and as a few lines for people.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::join;
use crate::io;
use crate::learn::metrics::{Estimate, Report, SampleReport, TaskMetrics};
use crate::matrix::{Number, Split};

/// One row of the table of `attentrack-evaluate --tsv`: one sample, split and metric.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetricRow {
    /// Sample; `all` for all samples together.
    sample: String,
    /// Split.
    split: Split,
    /// Fold.
    fold: u32,
    /// auroc, auprc, accuracy, brier, calibration_error; pearson, spearman, mse.
    metric: String,
    /// The metric.
    #[schemars(with = "Number")]
    value: Option<f64>,
    /// Lower end of its interval.
    #[schemars(with = "Number")]
    low: Option<f64>,
    /// Upper end of its interval.
    #[schemars(with = "Number")]
    high: Option<f64>,
    /// Genes judged.
    genes: u64,
    /// Samples that the figure is the mean of, where different models scored them; else NA.
    #[schemars(with = "Number")]
    mean_of: Option<u64>,
}

/// Writes one row a sample, split and metric.
pub fn write_table(path: &Path, report: &Report) -> io::Result<()> {
    let mut rows = Vec::new();
    for sample in all(report) {
        for (split, figures) in &sample.splits {
            for (metric, estimate) in figures.named() {
                rows.push(MetricRow {
                    sample: sample.sample.clone(),
                    split: *split,
                    fold: report.fold,
                    metric: metric.to_owned(),
                    value: estimate.value,
                    low: estimate.low,
                    high: estimate.high,
                    genes: figures.genes,
                    mean_of: figures.mean_of,
                });
            }
        }
    }
    io::table::write_rows(path, rows)
}

fn all(report: &Report) -> impl Iterator<Item = &SampleReport> {
    std::iter::once(&report.pooled).chain(&report.samples)
}

/// Logs the headline figures and whatever a reader should know before believing them.
pub fn log(report: &Report) {
    if let Some(folds) = report.folds.filter(|&folds| folds > 1) {
        tracing::info!("the figures are of fold {} of {folds}, counted from 0", report.fold);
    }
    for sample in report.samples.iter().chain((report.samples.len() > 1).then_some(&report.pooled)) {
        log_sample(sample, report.headline);
    }
    if let Some(overlap) = &report.overlap {
        tracing::info!(
            "{} of {} test windows (±{} bp) overlap a training window",
            overlap.test_overlapping_train,
            overlap.test_genes,
            overlap.flank_bp
        );
    }
}

fn log_sample(sample: &SampleReport, headline: Split) {
    let genes = &sample.genes;
    tracing::info!(
        "{}: {} genes used, {} unscored{}, {} unlabelled, {} in no split, {} labelled but not predicted",
        sample.sample,
        genes.used,
        genes.unscored,
        by_status(&genes.unscored_status),
        genes.unlabelled,
        genes.not_in_splits,
        genes.not_predicted
    );
    let Some(figures) = sample.splits.get(&headline) else {
        tracing::warn!("{}: no {headline} gene has both a score and a label", sample.sample);
        return;
    };
    let balance = match &figures.metrics {
        TaskMetrics::Classification { positive_rate, .. } => format!(", {:.1} % expressed", 100.0 * positive_rate),
        TaskMetrics::Regression { .. } => String::new(),
    };
    let shown: Vec<String> = figures.named().into_iter().map(|(name, estimate)| show(name, estimate)).collect();
    let means = figures.mean_of.map_or_else(String::new, |samples| format!("means of {samples} samples: "));
    // of all samples together a gene counts once a sample
    let what = if sample.sample == join::ALL { "scores" } else { "genes" };
    tracing::info!("{} {headline}: {} {what}{balance}; {means}{}", sample.sample, figures.genes, shown.join(", "));
    for (name, estimate) in figures.named() {
        if let Some(reason) = &estimate.reason {
            tracing::warn!("{} {headline}: no {name}: {reason}", sample.sample);
        }
    }
}

/// ` (empty 3, no_chrom 2)`, or nothing.
fn by_status(genes: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = genes.iter().map(|(status, genes)| format!("{status} {genes}")).collect();
    if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) }
}

fn show(name: &str, estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{name} {value:.3} [{low:.3}, {high:.3}]"),
        (Some(value), ..) => format!("{name} {value:.3}"),
        _ => format!("{name} NA"),
    }
}
