//! The ladder as a picture: a row a model, the best on top, a panel a metric.

use super::{Ladder, RankedModel};
use crate::io::chart::{Axis, Chart, Panel, sheet};
use crate::learn::metrics::{Bootstrap, N_METRICS, less_is_better};
use crate::matrix::Split;

/// Samples up to this number have a dot each.
const DOTS: usize = 60;

/// The whole picture.
pub fn draw(
    ladders: &[Ladder],
    metrics: &[&str; N_METRICS],
    reference: usize,
    (split, bootstrap): (Split, &Bootstrap),
) -> String {
    let first = &ladders[0];
    let order = order(first, less_is_better(metrics[0]));
    let panels: Vec<Panel> =
        (0..N_METRICS).filter_map(|metric| panel(ladders, metrics, metric, reference, &order)).collect();
    let seeds = first.models.iter().map(|judged| judged.seeds).max().unwrap_or(1);
    let samples = if ladders.len() > 1 { format!(", {} samples", ladders.len() - 1) } else { String::new() };
    let mut notes = vec![format!(
        "{} {split} genes{samples}; mean of {}{} fold{} and {seeds} seed{} a model.",
        first.genes,
        first.mean_of.map_or_else(String::new, |samples| format!("{samples} samples, ")),
        first.folds,
        if first.folds == 1 { "" } else { "s" },
        if seeds == 1 { "" } else { "s" },
    )];
    if bootstrap.replicates > 0 {
        notes.push(format!(
            "Lines: {:.0} % intervals ({} bootstrap replicates over loci or genes). * differs from {} (paired bootstrap, Holm-adjusted P < .05).",
            100.0 * bootstrap.confidence,
            bootstrap.replicates,
            first.models[reference].model
        ));
    }
    notes.push(format!(
        "Dashed: {}. {}Choose by the validation genes (column valid of the table), not by this.",
        first.models[reference].model,
        if ladders.len() > 1 { "Open dots: each sample. " } else { "" }
    ));
    sheet("Models compared on the same genes", &panels, &notes)
}

/// Places of the models, the best first.
fn order(ladder: &Ladder, less_is_better: bool) -> Vec<usize> {
    let key = |at: &usize| {
        let value = ladder.models[*at].figures[0].estimate.value;
        value.map_or(f64::NEG_INFINITY, |value| if less_is_better { -value } else { value })
    };
    let mut order: Vec<usize> = (0..ladder.models.len()).collect();
    order.sort_by(|a, b| key(b).total_cmp(&key(a)));
    order
}

/// One metric; `None` where no model has it.
fn panel(
    ladders: &[Ladder],
    metrics: &[&str; N_METRICS],
    metric: usize,
    reference: usize,
    order: &[usize],
) -> Option<Panel> {
    let of = |judged: &RankedModel| judged.figures[metric].clone();
    let ends = |judged: &RankedModel| {
        let estimate = of(judged).estimate;
        [estimate.value, estimate.low, estimate.high]
    };
    let values: Vec<f64> = ladders[0].models.iter().flat_map(ends).flatten().collect();
    values.first()?;
    let single = || ladders[1..].iter().take(DOTS);
    let dots = single().flat_map(|ladder| &ladder.models).filter_map(|judged| of(judged).estimate.value);
    let heading = heading(metrics[metric]);
    let x = Axis::around("", values.into_iter().chain(dots), None, None);
    let names = order.iter().map(|&model| if metric == 0 { ladders[0].models[model].model.as_str() } else { "" });
    let (width, height) = (if metric == 0 { 380.0 } else { 260.0 }, 56.0 + 24.0 * order.len() as f64);
    let mut chart = Chart::new(x, Axis::names("", names), width, height);
    if let Some(value) = of(&ladders[0].models[reference]).estimate.value {
        chart.line(&[(value, -0.5), (value, order.len() as f64 - 0.5)], "even", "");
    }
    for (place, &model) in order.iter().enumerate() {
        let (judged, y) = (&ladders[0].models[model], place as f64);
        let figure = of(judged);
        let Some(value) = figure.estimate.value else { continue };
        let title = format!("{} {value:.3}", judged.model);
        if let (Some(low), Some(high)) = (figure.estimate.low, figure.estimate.high) {
            chart.line(&[(low, y), (high, y)], "interval", &format!("{title} [{low:.3}, {high:.3}]"));
        }
        for ladder in single() {
            if let Some(value) = of(&ladder.models[model]).estimate.value {
                let title = format!("{}, {} {value:.3}", judged.model, ladder.sample);
                chart.dot((value, y), "sample", &title);
            }
        }
        chart.dot((value, y), "value", &title);
        if figure.difference.is_some_and(|difference| difference.p_holm < 0.05) {
            chart.word((figure.estimate.high.unwrap_or(value), y), "*");
        }
    }
    let svg = chart.svg(&format!("{heading} of each model with its interval"));
    Some(Panel { heading, svg, width, height })
}

fn heading(metric: &str) -> String {
    let name = match metric {
        "auroc" => "AUROC",
        "auprc" => "AUPRC",
        "brier" => "Brier score",
        "pearson" => "Pearson r",
        "spearman" => "Spearman ρ",
        _ => "Mean squared error",
    };
    format!("{name} ({} is better)", if less_is_better(metric) { "left" } else { "right" })
}
