//! How good scores are: the metrics themselves, their bootstrap intervals, and the report that
//! `metrics.json` holds.

mod beyond;
mod bootstrap;
mod calibration;
mod comparison;
mod curve;
mod judge;
mod loci;
mod ranking;
mod regression;
mod report;
mod threshold;

pub use beyond::{BEYOND, Beyond};
pub use bootstrap::{Bootstrap, Estimate};
pub use calibration::{ReliabilityBin, brier_score, expected_calibration_error, reliability};
pub use comparison::{
    Candidate, CandidateRun, Difference, Figure, FoldGenes, N_METRICS, compare, figures, less_is_better, metric_names,
};
pub use curve::{precision_recall_curve, roc_curve};
pub use judge::{Rows, judge};
pub use loci::{BLOCK_BP, Loci, Units};
pub use ranking::Ranking;
pub use regression::{Ranks, mean_squared_error, pearson, spearman};
pub use report::{
    BeyondGene, GeneCounts, METRICS_FORMAT, METRICS_FORMAT_VERSION, Overlap, Report, SampleReport, SplitReport,
    TaskMetrics,
};
pub use threshold::{Threshold, accuracy, best_threshold};

/// Area under the ROC curve: the probability that a positive scores above a negative, ties counted
/// half (Mann-Whitney), equal to scikit-learn's `roc_auc_score`. `None` where one class is missing.
///
/// `labels[i]` says whether gene `i` is a positive; scores must be finite.
pub fn auroc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    Ranking::new(labels, scores).auroc(|_| 1)
}

/// Average precision, the step-wise area under the precision-recall curve, equal to scikit-learn's
/// `average_precision_score` (no interpolation). `None` where there is no positive.
pub fn auprc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    Ranking::new(labels, scores).average_precision(|_| 1)
}

#[cfg(test)]
mod tests;
