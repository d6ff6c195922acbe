//! What `metrics.json` holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bootstrap::{Bootstrap, Estimate};
use super::{BEYOND, ReliabilityBin, Threshold};
use crate::matrix::Split;

/// Value of [`Report::format`].
pub const METRICS_FORMAT: &str = "attentrack.metrics";
/// Version of the metrics file that this build writes.
pub const METRICS_FORMAT_VERSION: u32 = 1;

/// The content of `metrics.json`. Fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always `attentrack.metrics`.
    pub format: String,
    /// Version of the format.
    pub format_version: u32,
    /// Version of attentrack that wrote the file.
    pub tool_version: String,
    /// Fold of the splits.
    pub fold: u32,
    /// Number of folds in the splits: figures are of one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<u64>,
    /// The split whose figures are the headline.
    pub headline: Split,
    /// How the intervals were made.
    pub bootstrap: Bootstrap,
    /// All samples taken together: pooled where one model has scored all of them, else means over the samples, for
    /// scores of different models cannot be ranked together; `mean_of` of a split says so.
    pub pooled: SampleReport,
    /// Each sample by itself, in the order given.
    pub samples: Vec<SampleReport>,
    /// Windows shared between the splits; `null` without the genes' positions.
    pub overlap: Option<Overlap>,
}

/// The figures of one sample, or of all ("all").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleReport {
    /// Sample name; `all` for all samples taken together.
    pub sample: String,
    /// What became of the genes.
    pub genes: GeneCounts,
    /// Threshold chosen on this sample's validation genes (for `all`: on everybody's); `null` for
    /// numeric labels, without validation genes, and of means over samples, where each sample has its own.
    pub threshold: Option<Threshold>,
    /// Figures of each split that has genes.
    pub splits: BTreeMap<Split, SplitReport>,
}

/// What became of the predicted and labelled genes. Every row of the predictions is counted once in
/// `used` + `unscored` + `unlabelled` + `not_in_splits`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeneCounts {
    /// Rows of the predictions by status.
    pub status: BTreeMap<String, u64>,
    /// Scored, labelled, and in a split: what the figures are made from.
    pub used: u64,
    /// Predicted without a score (NA).
    pub unscored: u64,
    /// The same by status: empty where no mark has any data, no_chrom where a signal lacks the chromosome.
    #[serde(default)]
    pub unscored_status: BTreeMap<String, u64>,
    /// Scored, but without a label.
    pub unlabelled: u64,
    /// Scored and labelled, but in no split of this fold.
    pub not_in_splits: u64,
    /// Labelled genes without a row in the predictions.
    pub not_predicted: u64,
}

impl GeneCounts {
    /// Adds another sample's counts.
    pub fn add(&mut self, other: &GeneCounts) {
        for (own, other) in [(&mut self.status, &other.status), (&mut self.unscored_status, &other.unscored_status)] {
            for (status, genes) in other {
                *own.entry(status.clone()).or_default() += genes;
            }
        }
        self.used += other.used;
        self.unscored += other.unscored;
        self.unlabelled += other.unlabelled;
        self.not_in_splits += other.not_in_splits;
        self.not_predicted += other.not_predicted;
    }
}

/// The figures of one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SplitReport {
    /// Genes (summed over samples).
    pub genes: u64,
    /// Blocks of 1 Mb that the intervals draw, each with all its genes; absent where genes are drawn one by one, because
    /// their places are not known or lie in a handful of blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u64>,
    /// Samples that the figures are the mean of; absent where all genes are judged together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_of: Option<u64>,
    /// The figures.
    #[serde(flatten)]
    pub metrics: TaskMetrics,
    /// What the scores say beyond the gene.
    #[serde(default)]
    pub beyond: BeyondGene,
}

/// What scores say beyond what is known of a gene without its signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeyondGene {
    /// AUROC (of numbers Pearson's correlation) of the gene's mean log2(expression + 1) in the other samples that are
    /// judged with this one.
    pub expression_mean: Estimate,
    /// How far the scores are ahead of that, on the same genes.
    pub gain: Estimate,
    /// Share of pairs of samples in which a gene has different labels that the scores put in the right order; ties
    /// count half.
    pub order: Estimate,
}

impl SplitReport {
    /// Name and value of each metric, in order; of those beyond the gene only what is defined.
    pub fn named(&self) -> Vec<(&'static str, &Estimate)> {
        let BeyondGene { expression_mean, gain, order } = &self.beyond;
        let beyond = BEYOND.into_iter().zip([expression_mean, gain, order]);
        self.metrics.named().into_iter().chain(beyond.filter(|(_, estimate)| estimate.value.is_some())).collect()
    }
}

/// What is measured depends on what is predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum TaskMetrics {
    /// Labels 0 and 1.
    Classification {
        /// Genes labelled 1.
        positives: u64,
        /// Their share: the AUPRC of a coin.
        positive_rate: f64,
        /// Area under the ROC curve (ties count half).
        auroc: Estimate,
        /// Average precision.
        auprc: Estimate,
        /// Share called rightly at the sample's threshold, which is held fixed in the bootstrap.
        accuracy: Estimate,
        /// Mean squared difference between score and label.
        brier: Estimate,
        /// Expected calibration error over ten bins of equal width.
        calibration_error: Estimate,
        /// The same of the model's own scores, before they were calibrated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw_calibration_error: Option<Box<Estimate>>,
        /// The table behind the calibration error; empty of means over samples.
        reliability: Vec<ReliabilityBin>,
    },
    /// Labels are numbers.
    Regression {
        /// Pearson's correlation.
        pearson: Estimate,
        /// Spearman's rank correlation.
        spearman: Estimate,
        /// Mean squared error.
        mse: Estimate,
    },
}

impl TaskMetrics {
    /// Name and value of each metric of the task, in order.
    pub fn named(&self) -> Vec<(&'static str, &Estimate)> {
        match self {
            TaskMetrics::Classification { auroc, auprc, accuracy, brier, calibration_error, .. } => vec![
                ("auroc", auroc),
                ("auprc", auprc),
                ("accuracy", accuracy),
                ("brier", brier),
                ("calibration_error", calibration_error),
            ],
            TaskMetrics::Regression { pearson, spearman, mse } => {
                vec![("pearson", pearson), ("spearman", spearman), ("mse", mse)]
            }
        }
    }
}

/// Windows of validation and test genes that share bases with a training gene's window: such genes
/// are partly known to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overlap {
    /// Bases on either side of the TSS that make a window.
    pub flank_bp: u32,
    /// Genes of the fold's training split.
    pub train_genes: u64,
    /// Genes of the fold's validation split.
    pub valid_genes: u64,
    /// Those of them with a window that overlaps a training window.
    pub valid_overlapping_train: u64,
    /// Genes of the fold's test split.
    pub test_genes: u64,
    /// Those of them with a window that overlaps a training window.
    pub test_overlapping_train: u64,
}
