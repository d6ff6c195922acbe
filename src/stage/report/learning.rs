//! How training went, and what the genes of each split are.

use super::caution::unscored;
use super::figure::{figure, row, section as html_section};
use super::inputs::ReportInputs;
use crate::io::chart::{Axis, Chart};
use crate::learn::metrics::TaskMetrics;
use crate::matrix::{Curve, Split};

/// Samples up to this number are drawn with a bar each.
const BARS: usize = 20;

/// Loss by epoch, and what the kept epoch was chosen by.
pub fn section(inputs: &ReportInputs) -> String {
    if inputs.runs.is_empty() {
        return String::new();
    }
    let count = inputs.models().count();
    let loss = |name: &str| inputs.models().filter_map(|(run, model)| Some((run, model.curve(name)?))).collect();
    let (train, valid): (Vec<(String, &Curve)>, Vec<_>) = (loss("train_loss"), loss("valid_loss"));
    let keys = [("g1", "training genes".to_owned()), ("g0", "validation genes".to_owned())];
    let mut figures = vec![figure("Loss", &curves("loss", &[(&train, "g1"), (&valid, "g0")]), &keys, "")];
    let chosen: Vec<(String, &Curve)> =
        inputs.models().filter_map(|(run, model)| Some((run, model.chosen_by()?))).collect();
    if let Some((_, first)) = chosen.first() {
        let name = super::accuracy::metric_name(first.name.trim_start_matches("valid_"));
        let heading = format!("{name} of the validation genes");
        figures.push(figure(&heading, &curves(&name, &[(&chosen, "g0")]), &[], "Dot: the epoch that was kept."));
    }
    let lead = if count == 1 { String::new() } else { format!("{count} models, one line each.") };
    html_section("learning", "Training", &lead, &row(&figures))
}

fn curves(name: &str, groups: &[(&[(String, &Curve)], &str)]) -> String {
    let points = || groups.iter().flat_map(|(lines, _)| lines.iter().flat_map(|(_, curve)| &curve.points));
    let last = points().map(|point| point.0).max().unwrap_or(1);
    let x = Axis::numbers("epoch", 1.0, f64::from(last.max(2)));
    let mut chart = Chart::new(x, Axis::around(name, points().map(|point| point.1), None, None), 452.0, 240.0);
    for (lines, class) in groups {
        let thin = if lines.len() > 8 { " thin" } else { "" };
        for (run, curve) in *lines {
            let points: Vec<(f64, f64)> =
                curve.points.iter().map(|&(epoch, value)| (f64::from(epoch), value)).collect();
            chart.line(&points, &format!("{class}{thin}"), run);
            if let Some((epoch, value)) = curve.best().filter(|_| curve.name != "valid_loss" && groups.len() == 1) {
                let title = format!("{run}: epoch {epoch}, {name} {value:.3}");
                chart.dot((f64::from(epoch), value), &format!("f-{class}"), &title);
            }
        }
    }
    chart.svg(&format!("{name} by epoch"))
}

/// Genes of each split and class, and the chromosomes of each split.
pub fn balance(inputs: &ReportInputs) -> String {
    // of all together a gene would count once a sample
    let reports = &inputs.metrics.samples;
    let bars: Vec<(String, u64, u64)> = reports
        .iter()
        .take(BARS)
        .flat_map(|report| {
            report.splits.iter().map(|(split, figures)| {
                let positives = match figures.metrics {
                    TaskMetrics::Classification { positives, .. } => positives,
                    TaskMetrics::Regression { .. } => 0,
                };
                (format!("{} {split}", report.sample), positives, figures.genes)
            })
        })
        .collect();
    let largest = bars.iter().map(|bar| bar.2).max().unwrap_or(1) as f64;
    let is_classes = bars.iter().any(|bar| bar.1 > 0);
    let names = Axis::names("", bars.iter().map(|bar| bar.0.as_str()));
    let x = Axis::around("genes", [largest].into_iter(), Some(0.0), None);
    let mut chart = Chart::new(x, names, 452.0, 60.0 + 20.0 * bars.len() as f64);
    for (place, (name, positives, genes)) in bars.iter().enumerate() {
        let (top, bottom) = (place as f64 - 0.35, place as f64 + 0.35);
        let (positives, genes) = (*positives as f64, *genes as f64);
        let class = if is_classes { "b-g1" } else { "b-many" };
        chart.bar((positives, top), (genes, bottom), class, &format!("{name}: {} silent", genes - positives));
        chart.bar((0.0, top), (positives, bottom), "b-g0", &format!("{name}: {positives} expressed"));
    }
    let keys = [("b-g0", "expressed".to_owned()), ("b-g1", "silent".to_owned())];
    let keys = if is_classes { &keys[..] } else { &[] };
    let note = if reports.len() > BARS { format!("The first {BARS} of {}.", reports.len()) } else { String::new() };
    let drawn = figure("Genes by split and class", &chart.svg("Genes of each split by class"), keys, &note);
    let mut lines = String::new();
    for split in Split::ALL {
        if let Some(chroms) = inputs.chroms.get(&split) {
            let mut names: Vec<&str> = chroms.iter().map(String::as_str).collect();
            names.sort_by_key(|name| numbered(name));
            lines += &format!("<li><b>{split}</b>: {}</li>", crate::io::html::escaped(&names.join(", ")));
        }
    }
    let chroms = if lines.is_empty() {
        String::new()
    } else {
        format!("<figure><h3>Chromosomes</h3><ul class=\"chroms\">{lines}</ul></figure>\n")
    };
    html_section("data", "Data", "", &row(&[drawn, chroms + &fate(inputs)]))
}

/// A name's letters and the number at its end, so that chr2 stands before chr10.
fn numbered(name: &str) -> (&str, u64) {
    let letters = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (letters, name[letters.len()..].parse().unwrap_or(0))
}

/// What became of the genes.
fn fate(inputs: &ReportInputs) -> String {
    let genes = &inputs.metrics.pooled.genes;
    let samples = inputs.metrics.samples.len();
    let heading = match samples {
        1 => "What became of the genes".to_owned(),
        _ => format!("What became of the genes, each counted in {samples} samples"),
    };
    let used = [(genes.used, "have score, label and split: what the figures are made from")];
    let others = [
        (genes.unlabelled, "have no label"),
        (genes.not_in_splits, "are in no split"),
        (genes.not_predicted, "are labelled, but not predicted"),
    ];
    let lines: String = used
        .into_iter()
        .chain(unscored(genes))
        .chain(others)
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("<li><b>{count}</b> {what}</li>"))
        .collect();
    format!("<figure><h3>{heading}</h3><ul class=\"chroms\">{lines}</ul></figure>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chromosomes_stand_in_the_order_of_their_numbers() {
        let mut names = ["chrX", "chr10", "chr2", "chr1_random", "chrM", "chr1", "7", "12"];
        names.sort_by_key(|name| numbered(name));
        assert_eq!(names, ["7", "12", "chr1", "chr2", "chr10", "chr1_random", "chrM", "chrX"]);
    }
}
