//! One row of each table, as JSON Schema has it: what a reader gets that turns a row into an object of
//! column names and cells, numbers as numbers.
#![expect(dead_code, reason = "the fields exist for their schema")]

use schemars::JsonSchema;

use crate::matrix::{Split, Status};

/// A number, or NA where there is none.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Number {
    /// The number.
    Value(f64),
    /// There is none.
    Missing(Missing),
}

/// What stands where there is no number.
#[derive(JsonSchema)]
pub enum Missing {
    /// Missing.
    NA,
}

/// One row of `SAMPLE.predictions.tsv`: one gene, in the order of the matrix.
#[derive(JsonSchema)]
#[schemars(extend("patternProperties" = {
    "^mark_attention_.+$": {
        "description": "Mark attention, one column a mark (mark_attention_MARK; sums to 1), and of an ensemble its standard deviation over the members (mark_attention_sd_MARK).",
        "$ref": "#/$defs/Number",
    },
}))]
pub struct PredictionRow {
    /// Gene id.
    gene_id: String,
    /// Sample, the same in every row.
    sample: String,
    /// What became of the gene's window.
    status: Status,
    /// Probability of being expressed; for a model of numeric labels the predicted label. Of an ensemble
    /// the members' mean.
    score: Number,
    /// Of an ensemble: sample standard deviation of the score over the members.
    score_sd: Option<Number>,
    /// Of a calibrated model: the model's own score.
    raw_score: Option<Number>,
    /// Of a calibrated model or an ensemble: 1 where the score may as well be on the other side of the model's
    /// threshold, else 0.
    uncertain: Option<Number>,
    /// The model that scored the genes, the same in every row: a fingerprint of its file. Predictions of one
    /// model can be ranked together.
    model: Option<String>,
}

/// One row of `SAMPLE.labels.tsv`: one gene.
#[derive(JsonSchema)]
pub struct LabelRow {
    /// Gene id, unique.
    gene_id: String,
    /// 1 = expressed (high), 0 = not; a real number for regression; NA = not labelled.
    label: Number,
    /// The expression that the label was made from; of a change between two samples that of the second.
    expression: Option<Number>,
}

/// One row of `splits.tsv`: one gene and fold.
#[derive(JsonSchema)]
pub struct SplitRow {
    /// Gene id, unique within a fold.
    gene_id: String,
    /// Train, valid or test.
    split: Split,
    /// Fold, counted from 0; 0 where there is no such column.
    fold: Option<u32>,
}

/// One row of `RUN.history.tsv`: one epoch, of an ensemble one member and epoch.
#[derive(JsonSchema)]
#[schemars(extend("patternProperties" = {
    "^valid_": {"description": "Another figure of the validation genes, by which the kept epoch is chosen.", "type": "number"},
}))]
pub struct HistoryRow {
    /// Seed of the member, of an ensemble only.
    seed: Option<u64>,
    /// Epoch, counted from 1.
    epoch: u32,
    /// Mean loss of the training genes during the epoch.
    train_loss: f64,
    /// Loss of the validation genes after the epoch.
    valid_loss: f64,
    /// Learning rate of the epoch.
    learning_rate: f64,
}

/// One row of the table of `attentrack-evaluate --tsv`: one sample, split and metric.
#[derive(JsonSchema)]
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
    value: Number,
    /// Lower end of its interval.
    low: Number,
    /// Upper end of its interval.
    high: Number,
    /// Genes judged.
    genes: u64,
    /// Samples that the figure is the mean of, where different models scored them; else NA.
    mean_of: Number,
}

/// One row of the table of `attentrack-rank` (comparison.tsv): one sample, model and metric.
#[derive(JsonSchema)]
pub struct ComparisonRow {
    /// Sample; `all` for all samples together.
    sample: String,
    /// Model.
    model: String,
    /// auroc, auprc, brier; pearson, spearman, mse.
    metric: String,
    /// The metric of the genes that models are judged on: mean over folds and seeds.
    value: Number,
    /// Lower end of its bootstrap interval.
    low: Number,
    /// Upper end of its interval.
    high: Number,
    /// Sample standard deviation over the seeds.
    seed_sd: Number,
    /// The same metric of the validation genes, by which a model may be chosen.
    valid: Number,
    /// The metric less that of the reference; NA of the reference itself.
    difference: Number,
    /// Lower end of its interval, of a paired bootstrap over genes.
    difference_low: Number,
    /// Upper end of its interval.
    difference_high: Number,
    /// Two-sided P value of no difference, of the same bootstrap.
    p: Number,
    /// The same, adjusted for the number of models (Holm).
    p_holm: Number,
    /// Genes judged, summed over folds and samples.
    genes: u64,
    /// Number of folds.
    folds: u64,
    /// Seeds a fold.
    seeds: u64,
    /// Samples that the figure is the mean of, where models of their own scored them; else NA.
    mean_of: Number,
}

/// One row of `genes.bed`, which has no header: BED6 and two columns: chrom, start, end, name, score,
/// strand, last and symbol in this order; one TSS base a gene. BED6 alone is read too.
#[derive(JsonSchema)]
pub struct GeneRow {
    /// Chromosome.
    chrom: String,
    /// The TSS, 0-based.
    start: u64,
    /// start + 1.
    end: u64,
    /// Gene id, unique.
    name: String,
    /// 0.
    score: u32,
    /// `+` or `-`.
    #[schemars(regex(pattern = r"^[+-]$"))]
    strand: String,
    /// The last base that is transcribed, 0-based; `.` where it is not known.
    last: Option<KnownOrDot>,
    /// What people call the gene, not unique; `.` where that is not known or no more than the id.
    symbol: Option<String>,
}

/// A position, or `.`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum KnownOrDot {
    /// 0-based.
    Known(u64),
    /// Not known.
    Dot(Dot),
}

/// `.`.
#[derive(JsonSchema)]
pub enum Dot {
    /// Not known.
    #[schemars(rename = ".")]
    NotKnown,
}

/// One row of the table of `attentrack-track --format tsv`: one gene, mark and bin, 5′ to 3′.
#[derive(JsonSchema)]
pub struct TrackRow {
    /// Gene id.
    gene_id: String,
    /// Chromosome.
    chrom: String,
    /// Start of the bin, 0-based, clipped to the chromosome.
    start: u64,
    /// End of the bin, exclusive.
    end: u64,
    /// Strand of the gene; `.` where it is unknown.
    strand: String,
    /// Mark.
    mark: String,
    /// Bin, counted 5′ to 3′ from 0.
    bin: u32,
    /// From the TSS to the bin's 5′ base, in bp.
    offset_bp: i64,
    /// As stored.
    value: f64,
    /// Of attention: what the model gives to an empty window.
    null_value: Option<f64>,
    /// Of attention: freed of the edge artefact.
    corrected: Option<f64>,
    /// Of attention: mark attention.
    mark_attention: Option<f64>,
    /// Of an ensemble: standard deviation of value over the members.
    value_sd: Option<f64>,
    /// Of an ensemble: standard deviation of mark_attention over the members.
    mark_attention_sd: Option<f64>,
    /// With predictions: score of the gene.
    score: Option<Number>,
    /// With predictions: whether the score may as well be on the other side of the model's threshold (0 or 1).
    uncertain: Option<Number>,
}

/// One row of the table of `attentrack-heatmap`: one gene, sample and mark.
#[derive(JsonSchema)]
pub struct HeatmapRow {
    /// Gene id.
    gene_id: String,
    /// Sample.
    sample: String,
    /// What became of the gene's window; NA where the sample lacks the gene.
    status: String,
    /// Score, where predictions were given.
    score: Number,
    /// Whether the score may as well be on the other side of the model's threshold (0 or 1).
    uncertain: Number,
    /// Label, where labels were given.
    label: Number,
    /// Mark.
    mark: String,
    /// Of attention: mark attention; of an attribution: the sum over its bins; of signal: their mean.
    mark_value: Number,
    /// From the TSS to the 5′ base of the mark's highest bin, in bp along the gene.
    peak_bp: Number,
    /// Value of that bin: of attention in even shares, else as stored.
    peak_value: Number,
}
