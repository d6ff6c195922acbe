//! Every gene in a table that can be searched, sorted and filtered: what it was scored, and where the model looks.

use super::figure::{grouped, section as html_section};
use super::inputs::{Groups, ReportInputs};
use crate::io::html::escaped;
use crate::matrix::Split;

const SCRIPT: &str = include_str!("genes.js");

/// The table, and the script that draws it. No text of it can end the script.
pub fn section(inputs: &ReportInputs) -> String {
    let table = &inputs.genes;
    if table.genes.is_empty() {
        return String::new();
    }
    let names = inputs.groups.names();
    let labels = if inputs.groups == Groups::Classes { names } else { ["", ""] };
    let thresholds: Vec<Option<f64>> = table.samples.iter().map(|sample| threshold(inputs, &sample.name)).collect();
    let data = serde_json::json!({
        "genes": table.genes, "samples": table.samples, "labels": labels, "thresholds": thresholds,
    });
    let data = data.to_string().replace('<', "\\u003c");
    let option = |value: &str, name: &str| format!("<option value=\"{}\">{}</option>", escaped(value), escaped(name));
    let samples: String = table.samples.iter().map(|sample| option(&sample.name, &sample.name)).collect();
    let splits: String = Split::ALL.iter().map(|split| option(split.name(), split.name())).collect();
    let lead = format!(
        "{} of {} genes have a score. Looks at: the mark with the highest mark attention, and of it the place with the highest corrected attention, in even shares (1: as any place). Click a heading to sort; the address keeps what is searched for.",
        grouped(table.scored() as u64),
        grouped(table.genes.len() as u64),
    );
    let body = format!(
        "<form class=\"search\" id=\"gene-search\">\n\
         <label>Symbol or id <input type=\"search\" id=\"gene-name\" autocomplete=\"off\" spellcheck=\"false\"></label>\n\
         <label>Sample <select id=\"gene-sample\"><option value=\"\">all</option>{samples}</select></label>\n\
         <label>Split <select id=\"gene-split\"><option value=\"\">all</option>{splits}</select></label>\n\
         <label>Show <select id=\"gene-which\"><option value=\"\">all genes</option><option value=\"uncertain\">uncertain</option>\
         <option value=\"wrong\">score against label</option><option value=\"none\">without a score</option></select></label>\n\
         </form>\n\
         <p id=\"gene-count\" aria-live=\"polite\"></p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Genes\"><table id=\"gene-table\"></table></div>\n\
         <p class=\"more\"><button type=\"button\" id=\"gene-more\">Show more</button> <button type=\"button\" id=\"gene-save\">Save as TSV</button></p>\n\
         <noscript><p>This table needs JavaScript. The predictions (.predictions.tsv) have the same rows.</p></noscript>\n\
         <script type=\"application/json\" id=\"gene-data\">{data}</script>\n\
         <script>\n{SCRIPT}</script>\n"
    );
    html_section("genes", "Genes", &lead, &body)
}

/// At or above this a gene is called expressed; `None` of numeric labels.
fn threshold(inputs: &ReportInputs, sample: &str) -> Option<f64> {
    let own = inputs.metrics.samples.iter().find(|report| report.sample == sample)?.threshold.as_ref();
    Some(own.or(inputs.metrics.pooled.threshold.as_ref())?.value)
}
