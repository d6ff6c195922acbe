//! The page: one file that needs nothing else.

use std::collections::BTreeSet;

use super::accuracy::{self, estimate, headline, metric_name, name_of, reports};
use super::caution::cautions;
use super::figure::{grouped, section};
use super::inputs::{Groups, ReportInputs};
use super::{attention, genes, graph, learning, verdict};
use crate::io::html::escaped;
use crate::learn::recipe;
use crate::matrix::model_name;

const STYLE: &str = include_str!("style.css");

/// The whole page. The same inputs give the same bytes.
pub fn page(title: &str, inputs: &ReportInputs) -> String {
    let title = escaped(title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{}</header>\n<main>\n",
        summary(inputs)
    );
    html += &caution_section(inputs);
    html += &accuracy::section(inputs);
    html += &attention::section(inputs);
    html += &verdict::section(inputs);
    html += &graph::section(inputs);
    html += &learning::section(inputs);
    html += &learning::balance(inputs);
    html += &genes::section(inputs);
    html += &reading(inputs);
    html += &format!(
        "</main>\n<footer>attentrack {} · {} · metrics of attentrack {}</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        fold(inputs),
        escaped(&inputs.metrics.tool_version)
    );
    html
}

/// The result in one sentence.
fn summary(inputs: &ReportInputs) -> String {
    let split = inputs.metrics.headline;
    let Some(report) = reports(inputs).first().copied() else { return String::new() };
    let Some(((name, value), figures)) = headline(inputs, report).zip(report.splits.get(&split)) else {
        return String::new();
    };
    let genes = grouped(inputs.judged_genes() as u64);
    let over = match (figures.mean_of, inputs.metrics.samples.len()) {
        (Some(_), _) => format!(", {} that different models scored ({genes} genes)", name_of(report, split)),
        (None, 1) => format!(" over {genes} genes of sample {}", report.sample),
        (None, count) => {
            format!(" over {genes} genes in {count} samples ({} scores)", grouped(figures.genes))
        }
    };
    format!(
        "<p class=\"lead\">{split} {} <b>{}</b>{}</p>\n{}",
        escaped(&metric_name(name)),
        estimate(value),
        escaped(&over),
        model(inputs)
    )
}

/// What scored the genes, and what is not sure of it.
fn model(inputs: &ReportInputs) -> String {
    let names: BTreeSet<&str> = inputs.scored_by.iter().filter_map(|print| model_name(print)).collect();
    let title = |name: &&str| match recipe::find(name) {
        Some(recipe) => format!("<b>{}</b> ({})", escaped(name), escaped(recipe.title)),
        None => format!("<b>{}</b>", escaped(name)),
    };
    let mut sentences: Vec<String> = names.iter().map(|name| format!("Model: {}.", title(name))).collect();
    if inputs.scored_by.len() > 1 {
        sentences.push(format!("{} models scored the samples.", inputs.scored_by.len()));
    }
    let counts = inputs.genes.counts();
    if counts.uncertain > 0 {
        sentences.push(format!(
            "{} of {} scores are <a href=\"#genes\">uncertain</a>: they may as well lie on the other side of the threshold.",
            grouped(counts.uncertain as u64),
            grouped(counts.scores as u64)
        ));
    }
    if counts.without > 0 {
        sentences.push(format!(
            "{} rows of the <a href=\"#genes\">table</a> have no score: nothing is said of them.",
            grouped(counts.without as u64)
        ));
    }
    if sentences.is_empty() { String::new() } else { format!("<p>{}</p>\n", sentences.join(" ")) }
}

/// Which fold the figures are of, and of how many where there are more.
fn fold(inputs: &ReportInputs) -> String {
    let fold = inputs.metrics.fold;
    match inputs.metrics.folds.filter(|&folds| folds > 1) {
        Some(folds) => format!("fold {fold} of {folds}, counted from 0"),
        None => format!("fold {fold}"),
    }
}

fn caution_section(inputs: &ReportInputs) -> String {
    let found = cautions(inputs);
    if found.is_empty() {
        return String::new();
    }
    let items: String = found
        .iter()
        .map(|(heading, text)| format!("<li><b>{}.</b> {}</li>\n", escaped(heading), escaped(text)))
        .collect();
    section("careful", "Be careful", "", &format!("<ul class=\"careful\">\n{items}</ul>\n"))
}

const CLASSES: [(&str, &str); 4] = [
    ("AUROC", "the chance that an expressed gene scores above a silent one: 0.5 is a coin, 1 is perfect."),
    ("AUPRC", "mean precision over all recalls; a coin gets the share of expressed genes."),
    ("accuracy", "share called rightly at the threshold that is best on the validation genes."),
    ("Brier score, calibration error", "how far scores are from being probabilities; 0 is perfect."),
];

const NUMBERS: [(&str, &str); 3] = [
    ("Pearson r", "linear correlation of prediction and label; 1 is perfect."),
    ("Spearman ρ", "the same of their ranks, which outliers do not move."),
    ("mean squared error", "in squared units of the label."),
];

const ATTENTION: [(&str, &str); 3] = [
    (
        "Attention is what the model looks at, not what causes expression.",
        "A silent gene may get its attention from the absence of a mark. Where expressed and silent genes differ, the position tells them apart; where both rise, the model looks there whatever it finds.",
    ),
    (
        "Raw attention is uneven without any signal.",
        "The dotted line is what the model gives to an empty window; it bends towards the window's ends. The curves, like the tracks, are divided by that.",
    ),
    (
        "A mean hides single genes.",
        "The tracks and attention.tsv have every gene, mark and bin. Marks with low mark attention have noisy bin attention, for the model hardly uses it.",
    ),
];

/// How to read it.
fn reading(inputs: &ReportInputs) -> String {
    let metrics = if inputs.groups == Groups::Classes { &CLASSES[..] } else { &NUMBERS[..] };
    let has_attention = inputs.profile.is_some() || inputs.samples.iter().any(|sample| !sample.marks.is_empty());
    let entry = |(name, text): &(&str, &str)| format!("<dt>{name}</dt><dd>{text}</dd>\n");
    let mut body = format!("<dl>\n{}", metrics.iter().map(entry).collect::<String>());
    if has_attention {
        body += &ATTENTION.iter().map(entry).collect::<String>();
    }
    body += "<dt>Train, valid, test</dt><dd>The model learns from the training genes; the epoch and the threshold are \
             chosen on the validation genes; only the test genes say how it will do on genes that it has not seen. \
             Genes of one sample are not other samples: how well a new cell type is predicted shows only where its \
             sample was left out of training.</dd>\n</dl>\n";
    section("reading", "How to read it", "", &body)
}
