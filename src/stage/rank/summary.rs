//! The ladder as a table, and as a few lines for people.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ladder, RankedModel};
use crate::io;
use crate::learn::metrics::{N_METRICS, less_is_better};
use crate::matrix::{Number, Split};

/// One row of the table of `attentrack-rank` (comparison.tsv): one sample, model and metric.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonRow {
    /// Sample; `all` for all samples together.
    sample: String,
    /// Model.
    model: String,
    /// auroc, auprc, brier; pearson, spearman, mse.
    metric: String,
    /// The metric of the genes that models are judged on: mean over folds and seeds.
    #[schemars(with = "Number")]
    value: Option<f64>,
    /// Lower end of its bootstrap interval.
    #[schemars(with = "Number")]
    low: Option<f64>,
    /// Upper end of its interval.
    #[schemars(with = "Number")]
    high: Option<f64>,
    /// Sample standard deviation over the seeds.
    #[schemars(with = "Number")]
    seed_sd: Option<f64>,
    /// The same metric of the validation genes, by which a model may be chosen.
    #[schemars(with = "Number")]
    valid: Option<f64>,
    /// The metric less that of the reference; NA of the reference itself.
    #[schemars(with = "Number")]
    difference: Option<f64>,
    /// Lower end of its interval, of a paired bootstrap over loci (genes, where their places are not given).
    #[schemars(with = "Number")]
    difference_low: Option<f64>,
    /// Upper end of its interval.
    #[schemars(with = "Number")]
    difference_high: Option<f64>,
    /// Two-sided P value of no difference, of the same bootstrap.
    #[schemars(with = "Number")]
    p: Option<f64>,
    /// The same, adjusted for the number of models (Holm).
    #[schemars(with = "Number")]
    p_holm: Option<f64>,
    /// Genes judged, summed over folds and samples.
    genes: u64,
    /// Number of folds.
    folds: u64,
    /// Seeds a fold.
    seeds: u64,
    /// Samples that the figure is the mean of, where models of their own scored them; else NA.
    #[schemars(with = "Number")]
    mean_of: Option<u64>,
}

/// Writes one row a sample, model and metric.
pub fn write_table(path: &Path, ladders: &[Ladder], metrics: &[&str; N_METRICS]) -> io::Result<()> {
    let mut rows = Vec::new();
    for ladder in ladders {
        for judged in &ladder.models {
            for (metric, name) in metrics.iter().enumerate() {
                let figure = &judged.figures[metric];
                let difference = figure.difference.as_ref();
                rows.push(ComparisonRow {
                    sample: ladder.sample.clone(),
                    model: judged.model.clone(),
                    metric: (*name).to_owned(),
                    value: figure.estimate.value,
                    low: figure.estimate.low,
                    high: figure.estimate.high,
                    seed_sd: figure.seed_sd,
                    valid: judged.valid[metric],
                    difference: difference.map(|difference| difference.value),
                    difference_low: difference.map(|difference| difference.low),
                    difference_high: difference.map(|difference| difference.high),
                    p: difference.map(|difference| difference.p),
                    p_holm: difference.map(|difference| difference.p_holm),
                    genes: ladder.genes as u64,
                    folds: ladder.folds as u64,
                    seeds: judged.seeds as u64,
                    mean_of: ladder.mean_of.map(|samples| samples as u64),
                });
            }
        }
    }
    io::table::write_rows(path, rows)
}

/// The model that is best on the validation genes.
pub fn chosen<'a>(ladder: &'a Ladder, metrics: &[&str; N_METRICS]) -> Option<&'a RankedModel> {
    let sign = if less_is_better(metrics[0]) { -1.0 } else { 1.0 };
    let known = ladder.models.iter().filter_map(|judged| Some((judged, sign * judged.valid[0]?)));
    // of equal ones the first
    known.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(judged, _)| judged)
}

/// Logs the headline figure of each model, best first, and which one the validation genes choose.
pub fn log(ladders: &[Ladder], metrics: &[&str; N_METRICS], reference: usize, split: Split) {
    for ladder in ladders {
        tracing::info!(
            "{}: {} {split} genes, {} fold{}{}; {} with its interval, and the difference from {}",
            ladder.sample,
            ladder.genes,
            ladder.folds,
            if ladder.folds == 1 { "" } else { "s" },
            ladder.mean_of.map_or_else(String::new, |samples| format!(", means of {samples} samples")),
            metrics[0],
            ladder.models[reference].model
        );
        let mut models: Vec<&RankedModel> = ladder.models.iter().collect();
        let key = |judged: &RankedModel| judged.figures[0].estimate.value.unwrap_or(f64::NEG_INFINITY);
        models.sort_by(|a, b| key(b).total_cmp(&key(a)));
        for judged in models {
            tracing::info!("  {:<20} {}", judged.model, line(judged));
        }
        if let Some(judged) = chosen(ladder, metrics) {
            tracing::info!("  best on the validation genes: {}", judged.model);
        }
    }
}

fn line(judged: &RankedModel) -> String {
    let figure = &judged.figures[0];
    let Some(value) = figure.estimate.value else {
        return format!("none: {}", figure.estimate.reason.as_deref().unwrap_or("not defined"));
    };
    let mut line = format!("{value:.3}");
    if let (Some(low), Some(high)) = (figure.estimate.low, figure.estimate.high) {
        line += &format!(" [{low:.3}, {high:.3}]");
    }
    if let Some(difference) = &figure.difference {
        line += &format!(
            " {:+.3} [{:+.3}, {:+.3}], P {:.3}, Holm {:.3}",
            difference.value, difference.low, difference.high, difference.p, difference.p_holm
        );
    }
    line
}
