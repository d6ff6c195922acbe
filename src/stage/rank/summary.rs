//! The ladder as a table, and as a few lines for people.

use std::path::Path;

use super::{Judged, Ladder};
use crate::io;
use crate::learn::metrics::{N_METRICS, less_is_better};
use crate::matrix::Split;

const COLUMNS: [&str; 17] = [
    "sample",
    "model",
    "metric",
    "value",
    "low",
    "high",
    "seed_sd",
    "valid",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "p_holm",
    "genes",
    "folds",
    "seeds",
    "mean_of",
];

/// Writes one row a sample, model and metric.
pub fn write_table(path: &Path, ladders: &[Ladder], metrics: &[&str; N_METRICS]) -> io::Result<()> {
    let number = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| value.to_string());
    let mut rows = Vec::new();
    for ladder in ladders {
        for judged in &ladder.models {
            for (metric, name) in metrics.iter().enumerate() {
                let figure = &judged.figures[metric];
                let difference = figure.difference.as_ref();
                rows.push([
                    ladder.sample.clone(),
                    judged.model.clone(),
                    (*name).to_owned(),
                    number(figure.estimate.value),
                    number(figure.estimate.low),
                    number(figure.estimate.high),
                    number(figure.seed_sd),
                    number(judged.valid[metric]),
                    number(difference.map(|difference| difference.value)),
                    number(difference.map(|difference| difference.low)),
                    number(difference.map(|difference| difference.high)),
                    number(difference.map(|difference| difference.p)),
                    number(difference.map(|difference| difference.p_holm)),
                    ladder.genes.to_string(),
                    ladder.folds.to_string(),
                    judged.seeds.to_string(),
                    ladder.mean_of.map_or_else(|| "NA".to_owned(), |samples| samples.to_string()),
                ]);
            }
        }
    }
    io::table::write_table(path, &COLUMNS, rows)
}

/// The model that is best on the validation genes.
pub fn chosen<'a>(ladder: &'a Ladder, metrics: &[&str; N_METRICS]) -> Option<&'a Judged> {
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
        let mut models: Vec<&Judged> = ladder.models.iter().collect();
        let key = |judged: &Judged| judged.figures[0].estimate.value.unwrap_or(f64::NEG_INFINITY);
        models.sort_by(|a, b| key(b).total_cmp(&key(a)));
        for judged in models {
            tracing::info!("  {:<20} {}", judged.model, line(judged));
        }
        if let Some(judged) = chosen(ladder, metrics) {
            tracing::info!("  best on the validation genes: {}", judged.model);
        }
    }
}

fn line(judged: &Judged) -> String {
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
