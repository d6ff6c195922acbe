//! How good the predictions are: the table of figures, their intervals, and the curves behind them.

use super::figure::{class_of, figure, number, row};
use super::inputs::{ReportInputs, ReportSample};
use crate::io::chart::{Axis, Chart};
use crate::io::html::escaped;
use crate::learn::metrics::{Estimate, ReliabilityBin, SampleReport, TaskMetrics, precision_recall_curve, roc_curve};
use crate::matrix::Split;

/// Samples up to this number are drawn with a name each.
const FOREST: usize = 40;
/// From labels and scores to points.
type Curve = fn(&[bool], &[f64]) -> Vec<(f64, f64)>;

/// Genes that a bin of the calibration has at least where it is drawn.
const FEWEST: u64 = 10;
/// Genes up to this number are drawn as dots.
const DOTS: usize = 4000;

/// What a metric is called on the page.
pub fn metric_name(name: &str) -> String {
    match name {
        "auroc" => "AUROC".to_owned(),
        "auprc" => "AUPRC".to_owned(),
        "brier" => "Brier score".to_owned(),
        "pearson" => "Pearson r".to_owned(),
        "spearman" => "Spearman ρ".to_owned(),
        "mse" => "mean squared error".to_owned(),
        other => other.replace('_', " "),
    }
}

/// The figures of all samples together, where there are several, and each sample's.
pub fn reports(inputs: &ReportInputs) -> Vec<&SampleReport> {
    let pooled = (inputs.metrics.samples.len() > 1).then_some(&inputs.metrics.pooled);
    pooled.into_iter().chain(&inputs.metrics.samples).collect()
}

/// What the figures of a split are of: a sample, all, or their mean.
pub fn name_of(report: &SampleReport, split: Split) -> String {
    match report.splits.get(&split).and_then(|figures| figures.mean_of) {
        Some(samples) => format!("mean of {samples} samples"),
        None => report.sample.clone(),
    }
}

/// The first metric of the headline split, with its name.
pub fn headline<'a>(inputs: &ReportInputs, report: &'a SampleReport) -> Option<(&'static str, &'a Estimate)> {
    report.splits.get(&inputs.metrics.headline)?.metrics.named().into_iter().next()
}

/// A value and its interval.
pub fn estimate(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} [{low:.3}, {high:.3}]", number(estimate.value)),
        _ => number(estimate.value),
    }
}

/// The whole section: intervals, curves, the table of the headline split, and one of all splits.
pub fn section(inputs: &ReportInputs) -> String {
    let split = inputs.metrics.headline;
    let mut body = row(&forest(inputs).into_iter().collect::<Vec<_>>());
    body += &row(&figures(inputs));
    body += &table(inputs, &[split]);
    if Split::ALL.iter().any(|other| *other != split && inputs.metrics.pooled.splits.contains_key(other)) {
        body += &format!("<details><summary>All splits</summary>\n{}</details>\n", table(inputs, &Split::ALL));
    }
    let bootstrap = &inputs.metrics.bootstrap;
    let intervals = if bootstrap.replicates > 0 {
        format!(
            " Brackets and lines are {:.0} % intervals: how far a figure would move had other genes been drawn ({} bootstrap replicates).",
            100.0 * bootstrap.confidence,
            bootstrap.replicates
        )
    } else {
        String::new()
    };
    let means = match inputs.metrics.pooled.splits.get(&split).and_then(|figures| figures.mean_of) {
        Some(_) => {
            " The samples are scored by different models, whose scores cannot be ranked together: figures of all are the means over the samples."
        }
        None => "",
    };
    super::figure::section("accuracy", "Accuracy", &format!("On the {split} genes.{means}{intervals}"), &body)
}

fn figures(inputs: &ReportInputs) -> Vec<String> {
    let mut figures = Vec::new();
    if inputs.metrics.pooled.splits.values().any(|split| matches!(split.metrics, TaskMetrics::Regression { .. })) {
        figures.push(scatter(inputs));
        return figures;
    }
    let positive = |sample: &ReportSample| sample.labels.iter().map(|&label| label == 1.0).collect::<Vec<bool>>();
    let curve = |heading: &str, x: &str, y: &str, of: Curve, note: &str| {
        let lines = inputs.samples.iter().map(|sample| (sample.name.as_str(), of(&positive(sample), &sample.scores)));
        lines_of(heading, x, y, lines.collect(), note)
    };
    let note = "Dashed: a coin.";
    figures.push(curve("ROC", "false positive rate", "true positive rate", roc_curve, note));
    figures.push(curve("Precision and recall", "recall", "precision", precision_recall_curve, ""));
    figures.push(calibration(inputs));
    figures
}

/// Scores in bins of a tenth: the share that is expressed, with its interval. A bin of few genes says nothing, and is
/// counted instead of drawn.
fn calibration(inputs: &ReportInputs) -> String {
    let all = inputs.metrics.samples.iter().filter_map(|report| {
        let split = report.splits.get(&inputs.metrics.headline)?;
        let TaskMetrics::Classification { reliability, .. } = &split.metrics else { return None };
        Some((report.sample.as_str(), reliability))
    });
    let all: Vec<(&str, &Vec<ReliabilityBin>)> = all.collect();
    let mut chart =
        Chart::new(Axis::numbers("mean score", 0.0, 1.0), Axis::numbers("share expressed", 0.0, 1.0), 292.0, 262.0);
    chart.line(&[(0.0, 0.0), (1.0, 1.0)], "even", "");
    let (mut keys, mut thin) = (Vec::new(), 0);
    let classes: Vec<(String, bool)> = (0..all.len()).map(|place| class_of(place, all.len())).collect();
    for ((name, bins), (class, is_named)) in all.iter().zip(&classes) {
        let filled = bins.iter().filter_map(|bin| Some((bin.genes, bin.mean_score?, bin.positive_rate?)));
        let (enough, few): (Vec<_>, Vec<_>) = filled.partition(|&(genes, ..)| genes >= FEWEST);
        thin += few.iter().map(|&(genes, ..)| genes).sum::<u64>();
        // no line across bins that are left out
        let points = bins.iter().map(|bin| match (bin.genes >= FEWEST, bin.mean_score, bin.positive_rate) {
            (true, Some(score), Some(share)) => (score, share),
            _ => (f64::NAN, f64::NAN),
        });
        chart.line(&points.collect::<Vec<_>>(), class, name);
        for (genes, score, share) in enough {
            let [low, high] = wilson(share, genes as f64);
            let title =
                format!("{name}: {genes} genes, mean score {score:.2}, {share:.2} expressed [{low:.2}, {high:.2}]");
            chart.line(&[(score, low), (score, high)], &format!("{class} thin"), &title);
            chart.dot((score, share), &format!("f-{class}"), &title);
        }
        if *is_named {
            keys.push((class.as_str(), (*name).to_owned()));
        }
    }
    if all.len() > keys.len() {
        keys.push(("many", format!("{} samples, one line each", all.len())));
    }
    let left_out = match thin {
        0 => String::new(),
        thin => format!(" Not drawn: {thin} genes in bins of fewer than {FEWEST}."),
    };
    let note = format!(
        "Dashed: a score of 0.8 means that 80 % are expressed. Below it, scores are too high. Upright lines: 95 % intervals of the share.{left_out}"
    );
    figure("Calibration", &chart.svg("Share of expressed genes by score, one line a sample"), &keys, &note)
}

/// The 95 % interval of a share of n (Wilson 1927).
fn wilson(share: f64, n: f64) -> [f64; 2] {
    let z = 1.959_964;
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

/// A line a sample in the unit square.
fn lines_of(heading: &str, x: &str, y: &str, lines: Vec<(&str, Vec<(f64, f64)>)>, note: &str) -> String {
    let mut chart = Chart::new(Axis::numbers(x, 0.0, 1.0), Axis::numbers(y, 0.0, 1.0), 292.0, 262.0);
    if !note.is_empty() {
        chart.line(&[(0.0, 0.0), (1.0, 1.0)], "even", "");
    }
    let mut keys = Vec::new();
    let classes: Vec<(String, bool)> = (0..lines.len()).map(|place| class_of(place, lines.len())).collect();
    for ((name, points), (class, is_named)) in lines.iter().zip(&classes) {
        chart.line(points, class, name);
        if *is_named {
            keys.push((class.as_str(), (*name).to_owned()));
        }
    }
    if lines.len() > keys.len() {
        keys.push(("many", format!("{} samples, one line each", lines.len())));
    }
    figure(heading, &chart.svg(&format!("{heading}: {y} by {x}, one line a sample")), &keys, note)
}

/// The headline metric with its interval, a row a sample.
fn forest(inputs: &ReportInputs) -> Option<String> {
    let rows: Vec<(&SampleReport, &Estimate)> = reports(inputs)
        .into_iter()
        .filter_map(|report| Some((report, headline(inputs, report)?.1)))
        .take(FOREST)
        .collect();
    let name = metric_name(headline(inputs, rows.first()?.0)?.0);
    let ends = rows.iter().flat_map(|(_, estimate)| [estimate.value, estimate.low, estimate.high]).flatten();
    let names: Vec<String> = rows.iter().map(|(report, _)| name_of(report, inputs.metrics.headline)).collect();
    let height = 60.0 + 26.0 * rows.len() as f64;
    let of_rows = Axis::names("", names.iter().map(String::as_str));
    let mut chart = Chart::new(Axis::around(&name, ends, None, None), of_rows, 944.0, height);
    for (place, ((_, estimate), name)) in rows.iter().zip(&names).enumerate() {
        let Some(value) = estimate.value else { continue };
        let (y, title) = (place as f64, format!("{name} {}", self::estimate(estimate)));
        if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
            chart.line(&[(low, y), (high, y)], "interval", &title);
        }
        chart.dot((value, y), "value", &title);
    }
    let note = match reports(inputs).len() {
        count if count > rows.len() => format!("The first {FOREST} of {count}; the table has all."),
        _ => String::new(),
    };
    let description = format!("{name} of each sample with its interval");
    Some(figure(&format!("{name}, {} genes", inputs.metrics.headline), &chart.svg(&description), &[], &note))
}

/// Prediction against label, a dot a gene.
fn scatter(inputs: &ReportInputs) -> String {
    let all = || inputs.samples.iter().flat_map(|sample| sample.labels.iter().zip(&sample.scores));
    let x = Axis::around("label", all().map(|(&label, _)| label), None, None);
    let y = Axis::around("prediction", all().map(|(_, &score)| score), None, None);
    let mut chart = Chart::new(x, y, 292.0, 262.0);
    let every = all().count().div_ceil(DOTS).max(1);
    let (mut keys, classes): (Vec<_>, Vec<_>) =
        (Vec::new(), (0..inputs.samples.len()).map(|place| class_of(place, inputs.samples.len()).0).collect());
    for (sample, class) in inputs.samples.iter().zip(&classes) {
        for (&label, &score) in sample.labels.iter().zip(&sample.scores).step_by(every) {
            chart.dot((label, score), &format!("gene f-{class}"), "");
        }
        if classes.len() <= super::figure::NAMED {
            keys.push((class.as_str(), sample.name.clone()));
        }
    }
    let note = if every > 1 { format!("One gene in {every}.") } else { String::new() };
    figure("Prediction and label", &chart.svg("Prediction against label, a dot a gene"), &keys, &note)
}

/// A row a sample and split, a column a metric.
fn table(inputs: &ReportInputs, splits: &[Split]) -> String {
    let all = reports(inputs);
    let figures = || {
        all.iter()
            .flat_map(|report| splits.iter().filter_map(move |split| Some((*report, split, report.splits.get(split)?))))
    };
    let Some((_, _, first)) = figures().next() else { return String::new() };
    let mut html = "<div class=\"wide\"><table>\n<thead><tr><th>sample</th>".to_owned();
    html += if splits.len() > 1 { "<th>split</th>" } else { "" };
    html += "<th class=\"n\">scores</th>";
    let is_classes = matches!(first.metrics, TaskMetrics::Classification { .. });
    html += if is_classes { "<th class=\"n\">expressed</th>" } else { "" };
    for (name, _) in first.metrics.named() {
        html += &format!("<th class=\"n\">{}</th>", escaped(&metric_name(name)));
    }
    html += "</tr></thead>\n<tbody>\n";
    for (report, split, figures) in figures() {
        html += &format!("<tr><th>{}</th>", escaped(&name_of(report, *split)));
        if splits.len() > 1 {
            html += &format!("<td>{split}</td>");
        }
        html += &format!("<td class=\"n\">{}</td>", figures.genes);
        if let TaskMetrics::Classification { positive_rate, .. } = &figures.metrics {
            html += &format!("<td class=\"n\">{:.0} %</td>", 100.0 * positive_rate);
        }
        for (_, value) in figures.metrics.named() {
            let reason = value.reason.as_deref().map(|reason| format!(" title=\"{}\"", escaped(reason)));
            html += &format!("<td class=\"n\"{}>{}</td>", reason.unwrap_or_default(), cell(value));
        }
        html += "</tr>\n";
    }
    html + "</tbody></table></div>\n"
}

fn cell(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!("{} <span class=\"interval\">{low:.3}–{high:.3}</span>", number(estimate.value))
        }
        _ => number(estimate.value),
    }
}

#[cfg(test)]
mod tests {
    use super::wilson;

    /// As statsmodels' proportion_confint(method="wilson") has them.
    #[test]
    fn intervals_of_a_share_are_those_of_wilson() {
        for (share, n, expected) in [(0.5, 10.0, [0.236_59, 0.763_41]), (1.0, 10.0, [0.722_47, 1.0])] {
            let found = wilson(share, n);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
        }
    }
}
