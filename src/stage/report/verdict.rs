//! Whether explanations say more than the raw signal does, where that was tested.

use super::figure::section as html_section;
use super::inputs::ReportInputs;
use crate::io::html::escaped;
use crate::matrix::{Judged, Verdict};

/// More samples than this are counted, not named.
const NAMED: usize = 6;
/// A longer table is folded.
const ROWS: usize = 12;

/// A row a sample and method.
pub fn section(inputs: &ReportInputs) -> String {
    if inputs.judged.is_empty() {
        return String::new();
    }
    let mut table = "<div class=\"wide\"><table>\n<thead><tr><th>sample</th><th>explanation</th><th>verdict</th>\
                     <th class=\"n\">insertion − deletion, less that of the signal</th><th class=\"n\">genes</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for judged in &inputs.judged {
        let [mean, low, high] = judged.over_signal;
        let difference = match judged.verdict {
            Verdict::NotJudged => "–".to_owned(),
            _ => format!("{mean:+.3} <span class=\"interval\">{low:+.3} to {high:+.3}</span>"),
        };
        table += &format!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td class=\"n\">{difference}</td><td class=\"n\">{}</td></tr>\n",
            escaped(&judged.sample),
            escaped(&judged.method),
            judged.verdict,
            judged.genes
        );
    }
    table += "</tbody></table></div>\n";
    if inputs.judged.len() > ROWS {
        table = format!("<details><summary>{} rows</summary>\n{table}</details>\n", inputs.judged.len());
    }
    let lead = "Are the bins that an explanation puts first those that the score depends on? They are taken out of each gene, \
                and put into an empty one, and the score is taken again; then the same with the bins of the highest signal. \
                Parts of the mean score, with 95 % intervals over genes.";
    html_section("faithfulness", "What the tracks are worth", lead, &table)
}

/// What is said beside every picture of attention.
pub fn of_attention(inputs: &ReportInputs) -> String {
    let attention = inputs.judged.iter().filter(|judged| judged.method.ends_with("attention"));
    let attention: Vec<&Judged> = attention.collect();
    let Some(first) = attention.first() else {
        return "It has not been tested whether attention says more than the raw signal does.".to_owned();
    };
    let counts =
        [Verdict::Better, Verdict::NoBetter, Verdict::Worse, Verdict::NotJudged].into_iter().filter_map(|verdict| {
            let of_verdict =
                attention.iter().filter(|judged| judged.method == first.method && judged.verdict == verdict);
            let names: Vec<&str> = of_verdict.map(|judged| judged.sample.as_str()).collect();
            (!names.is_empty()).then(|| format!("{verdict} in {}", listed(&names)))
        });
    let counts = counts.collect::<Vec<_>>().join("; ");
    format!("As a guide to the bins that the score depends on, {} is {counts}.", first.method)
}

/// A warning for each explanation that is not better than the raw signal: a heading and a sentence.
pub fn cautions(inputs: &ReportInputs) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut methods: Vec<&str> = Vec::new();
    for judged in inputs.judged.iter().filter(|judged| judged.is_warning()) {
        if methods.contains(&judged.method.as_str()) {
            continue;
        }
        let method = judged.method.as_str();
        methods.push(method);
        for verdict in [Verdict::NoBetter, Verdict::Worse, Verdict::NotJudged] {
            let is_so = |judged: &&Judged| judged.method == method && judged.verdict == verdict;
            let names: Vec<&str> = inputs.judged.iter().filter(is_so).map(|judged| judged.sample.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let advice = match method {
                _ if verdict == Verdict::NotJudged => "Take these tracks for no more than the signal.",
                "contributions" => {
                    "They add up to the score of a gene, so read their sums over marks; the order of single bins says no more than the signal does."
                }
                _ if method.ends_with("attention") => {
                    "Read these tracks as where the model looks, not as what its score depends on."
                }
                _ => "The order of the bins says no more than the signal does.",
            };
            found.push((
                "Explanations beside the signal".to_owned(),
                format!("{method}, {}: {verdict}. {advice}", listed(&names)),
            ));
        }
    }
    found
}

/// The names, or how many there are.
fn listed(names: &[&str]) -> String {
    if names.len() <= NAMED { names.join(", ") } else { format!("{} samples", names.len()) }
}
