//! The figures for MultiQC: the general table, curves, bars, the version, and a configuration.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::accuracy::{metric_name, name_of, reports};
use super::inputs::ReportInputs;
use super::{graph, verdict};
use crate::io::multiqc::{self, Content};
use crate::io::{Output, Result};
use crate::learn::metrics::TaskMetrics;
use crate::matrix::Split;

const CONFIG: &str = "\
# For `multiqc --config multiqc_config.yml FOLDER…`
report_comment: >
  Made of the figures that attentrack-report wrote; report.html beside them says how to read them.
custom_content:
  order:
    - attentrack_metrics
    - attentrack_calibration
    - attentrack_attention
    - attentrack_mark_attention
    - attentrack_faithfulness
    - attentrack_graph
    - attentrack_graph_pairs
    - attentrack_loss
    - attentrack_selection
    - attentrack_classes
show_analysis_paths: false
show_analysis_time: false
";

/// Writes every file into a folder that is there.
pub fn write(folder: &Path, inputs: &ReportInputs) -> Result<()> {
    let all = [
        general(inputs),
        metrics(inputs),
        calibration(inputs),
        attention(inputs),
        mark_attention(inputs),
        faithfulness(inputs),
        graphs(inputs),
        graph_pairs(inputs),
        losses(inputs),
        selection(inputs),
        classes(inputs),
    ];
    for content in all.iter().filter(|content| !content.data.is_empty()) {
        multiqc::write(folder, content)?;
    }
    multiqc::write_version(folder, "attentrack", env!("CARGO_PKG_VERSION"))?;
    let mut output = Output::create(&folder.join("multiqc_config.yml"))?;
    output.put(CONFIG.as_bytes())?;
    output.commit()
}

fn content<'a>(id: &'a str, name: &'a str, description: &str, plot_type: &'a str, axes: [&str; 2]) -> Content<'a> {
    let plot = format!("{id}_plot");
    let title = format!("attentrack: {}", name.to_lowercase());
    Content {
        id,
        parent_id: "attentrack",
        parent_name: "attentrack",
        parent_description: "attention over histone marks: how well expression is predicted, and where the model looks.",
        section_name: name,
        description: description.to_owned(),
        plot_type,
        pconfig: json!({"id": plot, "title": title, "xlab": axes[0], "ylab": axes[1]}),
        headers: Value::Null,
        data: Map::new(),
    }
}

/// What a column of a metric looks like.
fn header(name: &str, placement: u32) -> Value {
    let unit = !["mse", "pearson", "spearman"].contains(&name);
    let low_is_good = ["brier", "calibration_error", "mse"].contains(&name);
    let mut header = json!({
        "title": metric_name(name),
        "description": format!("{} of attentrack's predictions", metric_name(name)),
        "format": "{:,.3f}",
        "placement": placement,
        "scale": if low_is_good { "OrRd" } else { "YlGn" },
    });
    if unit {
        header["min"] = json!(0);
        header["max"] = json!(1);
    }
    header
}

/// Columns of the general table: the metrics of the headline split, and its genes.
fn general(inputs: &ReportInputs) -> Content<'static> {
    let split = inputs.metrics.headline;
    let mut content = content("attentrack_general", "attentrack", "", "generalstats", ["", ""]);
    content.pconfig = Value::Null;
    let mut headers = Map::new();
    for report in &inputs.metrics.samples {
        let Some(figures) = report.splits.get(&split) else { continue };
        let mut row = Map::new();
        for (placement, (name, estimate)) in (1..).zip(figures.metrics.named()) {
            headers.entry(name).or_insert_with(|| header(name, placement));
            if let Some(value) = estimate.value {
                row.insert(name.to_owned(), json!(value));
            }
        }
        let title = format!("{split} genes");
        headers.insert("genes".to_owned(), json!({"title": title, "description": "Genes judged", "format": "{:,.0f}", "placement": 100, "scale": "Blues"}));
        row.insert("genes".to_owned(), json!(figures.genes));
        content.data.insert(report.sample.clone(), Value::Object(row));
    }
    content.headers = Value::Object(headers);
    content
}

/// A row a sample and split, with intervals.
fn metrics(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_metrics",
        "Accuracy",
        "Figures of each sample and split with the ends of their bootstrap intervals, and of all samples: means over the samples where different models scored them. Only the test genes say how the model does on genes that it has not seen.",
        "table",
        ["", ""],
    );
    content.pconfig = json!({"id": "attentrack_metrics_table", "title": "attentrack: accuracy"});
    let mut headers = Map::new();
    for report in reports(inputs) {
        for (split, figures) in &report.splits {
            let mut row = Map::new();
            for (placement, (name, estimate)) in (1..).zip(figures.metrics.named()) {
                let ends = [("", estimate.value), ("_low", estimate.low), ("_high", estimate.high)];
                for (place, (end, value)) in (0..).zip(ends) {
                    let Some(value) = value else { continue };
                    let column =
                        headers.entry(format!("{name}{end}")).or_insert_with(|| header(name, 10 * placement + place));
                    if !end.is_empty() {
                        column["title"] = json!(format!("{} {}", metric_name(name), &end[1..]));
                        column["scale"] = json!(false);
                        column["hidden"] = json!(placement > 2);
                    }
                    row.insert(format!("{name}{end}"), json!(value));
                }
            }
            content.data.insert(format!("{} {split}", name_of(report, *split)), Value::Object(row));
        }
    }
    content.headers = Value::Object(headers);
    content
}

fn calibration(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_calibration",
        "Calibration",
        "Share of expressed genes by mean score, in ten bins of the score. On the diagonal a score is a probability.",
        "linegraph",
        ["Mean score", "Share expressed"],
    );
    for (limit, value) in [("xmin", 0), ("xmax", 1), ("ymin", 0), ("ymax", 1)] {
        content.pconfig[limit] = json!(value);
    }
    for report in &inputs.metrics.samples {
        let Some(figures) = report.splits.get(&inputs.metrics.headline) else { continue };
        let TaskMetrics::Classification { reliability, .. } = &figures.metrics else { continue };
        let points: Vec<_> = reliability.iter().filter_map(|bin| Some((bin.mean_score?, bin.positive_rate?))).collect();
        if !points.is_empty() {
            content.data.insert(report.sample.clone(), json!(points));
        }
    }
    content
}

fn attention(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_attention",
        "Attention by position",
        &format!(
            "Mean corrected bin attention around the TSS, from 5′ to 3′, in even shares: 1 where nothing stands out. {}",
            verdict::of_attention(inputs)
        ),
        "linegraph",
        ["bp from the TSS", "Attention, × even share"],
    );
    content.pconfig["ymin"] = json!(0);
    if let Some(profile) = &inputs.profile {
        for (mark, name) in profile.marks.iter().enumerate() {
            for (group, label) in inputs.groups.names().into_iter().enumerate() {
                let points = profile.mean(group, mark);
                if !points.is_empty() {
                    content.data.insert(format!("{name} {label}"), json!(points));
                }
            }
        }
    }
    content
}

/// A row a sample, a column an explanation.
fn faithfulness(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_faithfulness",
        "Explanations beside the signal",
        "Insertion less deletion of each explanation, less the same of the raw signal, in parts of the mean score: above 0 the bins that it puts first are those that the score depends on; at or below 0 it says no more than the signal does.",
        "table",
        ["", ""],
    );
    content.pconfig = json!({"id": "attentrack_faithfulness_table", "title": "attentrack: explanations"});
    let mut headers = Map::new();
    for judged in inputs.judged.iter().filter(|judged| judged.over_signal[0].is_finite()) {
        let ends = ["", "_low", "_high"].into_iter().zip(judged.over_signal);
        for (end, value) in ends {
            let title = format!("{} {}", judged.method, end.trim_start_matches('_'));
            let column = json!({"title": title.trim_end(), "format": "{:+,.3f}", "scale": if end.is_empty() { json!("RdYlGn") } else { json!(false) }, "hidden": !end.is_empty()});
            headers.entry(format!("{}{end}", judged.method)).or_insert(column);
            let row = content.data.entry(judged.sample.clone()).or_insert_with(|| json!({}));
            row[format!("{}{end}", judged.method)] = json!(value);
        }
    }
    content.headers = Value::Object(headers);
    content
}

/// A row a graph.
fn graphs(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content("attentrack_graph", "Graphs of marks", graph::MEANING, "table", ["", ""]);
    content.pconfig = json!({"id": "attentrack_graph_table", "title": "attentrack: graphs of marks"});
    let mut headers = Map::new();
    let count = |title: &str, format: &str| json!({"title": title, "format": format, "scale": "Blues", "min": 0});
    for of in inputs.graph.iter().flat_map(|graph| &graph.graphs) {
        let mut row = json!({"edges": of.edges, "own": of.own});
        headers.entry("edges").or_insert_with(|| count("Edges", "{:,.0f}"));
        headers.entry("own").or_insert_with(|| count("Not shared", "{:,.0f}"));
        for (null, edges) in &of.expected {
            headers.entry(null).or_insert_with(|| count(&format!("Edges in {null} data"), "{:,.1f}"));
            row[null] = json!(edges);
        }
        content.data.insert(of.name.clone(), row);
    }
    content.headers = Value::Object(headers);
    content
}

/// A row a pair of nodes, a column a graph.
fn graph_pairs(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content("attentrack_graph_pairs", "Strongest dependences", graph::PAIRS, "table", ["", ""]);
    content.pconfig = json!({"id": "attentrack_graph_pairs_table", "title": "attentrack: strongest dependences"});
    let mut headers = Map::new();
    for of in inputs.graph.iter().flat_map(|graph| &graph.graphs) {
        let column = json!({"title": of.name, "format": "{:+,.2f}", "scale": "RdBu", "min": -1, "max": 1});
        headers.insert(of.name.clone(), column);
    }
    for pair in inputs.graph.iter().flat_map(|graph| &graph.pairs) {
        let edges = pair.edges.iter().filter_map(|(name, edge)| Some((name.clone(), json!(edge.partial_correlation?))));
        let edges: Map<String, Value> = edges.collect();
        if !edges.is_empty() {
            content.data.insert(graph::name_of(pair), Value::Object(edges));
        }
    }
    content.headers = Value::Object(headers);
    content
}

fn mark_attention(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_mark_attention",
        "Attention by mark",
        &format!("Mean mark attention; the marks of a gene sum to 1. {}", verdict::of_attention(inputs)),
        "bargraph",
        ["", "Mark attention"],
    );
    content.pconfig["cpswitch"] = json!(false);
    content.pconfig["tt_decimals"] = json!(3);
    for sample in &inputs.samples {
        for (values, label) in sample.mark_attention.iter().zip(inputs.groups.names()) {
            let row: Map<String, Value> =
                sample.marks.iter().cloned().zip(values.iter().map(|value| json!(value))).collect();
            if !row.is_empty() {
                content.data.insert(format!("{} {label}", sample.name), Value::Object(row));
            }
        }
    }
    content
}

fn losses(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_loss",
        "Loss",
        "Loss of training and validation genes by epoch, one pair of lines a model.",
        "linegraph",
        ["Epoch", "Loss"],
    );
    for (run, model) in inputs.models() {
        for (name, label) in [("train_loss", "train"), ("valid_loss", "valid")] {
            if let Some(curve) = model.curve(name) {
                content.data.insert(format!("{run} {label}"), json!(curve.points));
            }
        }
    }
    content
}

fn selection(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_selection",
        "Validation",
        "What the kept epoch was chosen by: its best value on the validation genes.",
        "linegraph",
        ["Epoch", "Validation"],
    );
    for (run, model) in inputs.models() {
        if let Some(curve) = model.chosen_by() {
            content.pconfig["ylab"] = json!(metric_name(curve.name.trim_start_matches("valid_")));
            content.data.insert(run, json!(curve.points));
        }
    }
    content
}

fn classes(inputs: &ReportInputs) -> Content<'static> {
    let mut content = content(
        "attentrack_classes",
        "Genes",
        "Genes of each split that have score and label, by class.",
        "bargraph",
        ["", "Genes"],
    );
    for report in &inputs.metrics.samples {
        for split in Split::ALL {
            let Some(figures) = report.splits.get(&split) else { continue };
            let row = match figures.metrics {
                TaskMetrics::Classification { positives, .. } => {
                    json!({"expressed": positives, "silent": figures.genes - positives})
                }
                TaskMetrics::Regression { .. } => json!({"genes": figures.genes}),
            };
            content.data.insert(format!("{} {split}", report.sample), row);
        }
    }
    content
}
