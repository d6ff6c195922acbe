//! What was read of the table and what the labels are like, for people.

use tracing::{info, warn};

use super::{Args, LabelRule};
use crate::io::expression::{Duplicates, Expression};
use crate::matrix::Labels;

/// A share of high genes outside of this is unusual.
const USUAL_SHARE: std::ops::RangeInclusive<f64> = 0.2..=0.8;
/// TPM, FPKM and counts of so many genes reach higher than this; their logarithms do not.
const LARGEST_LOGARITHM: f64 = 30.0;
const MANY_GENES: usize = 1000;

/// What to do where the labels are nearly, or all, of one class.
pub(super) const BALANCE: &str = "Take a threshold of your own (--method threshold --threshold 1), another share (--method quantile --quantile 0.75), or protein-coding genes alone (attentrack-tss --biotype protein_coding)";

/// What was taken of the table.
pub(super) fn table(args: &Args, expression: &Expression) {
    let Expression { genes, gene_column, value_column, .. } = expression;
    let path = args.path().display();
    info!("{path}: {} genes, ids from {gene_column}, values from {value_column}", genes.len());
    if !expression.has_header {
        warn!("{path} has no header line: the ids are taken from column 1, the values from column {value_column}");
    }
    repeated(args, expression);
    if expression.without_id > 0 {
        warn!("{} rows have no gene id: left out", expression.without_id);
    }
    if expression.read_counts > 0 {
        info!("{} rows count reads of no gene (__no_feature, N_unmapped): left out", expression.read_counts);
    }
    if expression.given_up > 0 {
        warn!("{} rows have a status of FAIL or HIDATA: their value is taken for missing", expression.given_up);
    }
    if !expression.of_spreadsheet.is_empty() {
        warn!(
            "{} ids are dates or powers, which a spreadsheet has made of gene names: {}. They join no gene: take the table as it was before the spreadsheet",
            expression.of_spreadsheet.len(),
            examples(&expression.of_spreadsheet)
        );
    }
    if expression.versions_stripped > 0 {
        info!("{} ids lost their version (--keep-version keeps it)", expression.versions_stripped);
    }
    let values: Vec<f64> = genes.iter().filter_map(|(_, value)| *value).collect();
    let largest = values.iter().copied().fold(0.0, f64::max);
    let is_count = values.iter().all(|value| value.fract() == 0.0);
    if values.len() >= MANY_GENES && largest < LARGEST_LOGARITHM && !is_count {
        warn!(
            "the largest value is {largest}: is the table log-transformed? Median, quantile and valley are the same genes then, but a threshold, log2 and the sum of several rows are wrong"
        );
    }
}

fn repeated(args: &Args, expression: &Expression) {
    let repeated = &expression.repeated;
    if repeated.copies > 0 {
        warn!("{} rows have the same numbers as an earlier row of their gene: taken once", repeated.copies);
    }
    if repeated.genes.is_empty() {
        return;
    }
    let made = match args.table.duplicates {
        Duplicates::Sum => "their values are added up",
        Duplicates::Max => "the largest value is taken",
        Duplicates::Mean => "the mean is taken",
        Duplicates::First | Duplicates::Refuse => "the first value is taken",
    };
    let equal = match repeated.equal {
        0 => String::new(),
        equal => {
            format!("; {equal} of them have equal values: if a join of tables repeated them, give --duplicates first")
        }
    };
    warn!(
        "{} genes have several rows, {made} (--duplicates): {}{equal}",
        repeated.genes.len(),
        examples(&repeated.genes)
    );
}

/// How many are high.
pub(super) fn labels(args: &Args, labels: &Labels, threshold: Option<f64>) {
    let known: Vec<f64> = labels.rows.iter().filter_map(|row| row.label).collect();
    let missing = labels.rows.iter().filter(|row| row.expression.is_none()).count();
    if missing > 0 {
        info!("{missing} genes have no value: labelled NA");
    }
    if known.is_empty() {
        warn!("no gene is labelled: none of them has a value in both samples");
        return;
    }
    let Some(threshold) = threshold else {
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let what = if args.options.versus.is_some() { "change, log2," } else { "log2(x + 1)" };
        info!("{} labelled, mean {what} {mean:.3}", known.len());
        if known.iter().all(|label| *label == known[0]) {
            warn!("all genes have the same label: no model can be trained on them");
        }
        return;
    };
    let of = match args.options.method {
        LabelRule::Threshold | LabelRule::Log2 => "",
        LabelRule::Median => ", the median of these genes",
        LabelRule::Quantile => ", the quantile of these genes",
        LabelRule::Valley => ", the valley of these genes",
    };
    info!("high from an expression of {threshold} on{of}");
    let high = known.iter().filter(|&&label| label == 1.0).count();
    let share = high as f64 / known.len() as f64;
    let percent = 100.0 * share;
    info!("{} labelled: {high} high ({percent:.1} %), {} low", known.len(), known.len() - high);
    if !USUAL_SHARE.contains(&share) {
        warn!(
            "{high} of {} genes ({percent:.1} %) are high, from an expression of {threshold} on: a model of such labels is hard to train and to judge. {BALANCE}",
            known.len()
        );
    }
}

fn examples(ids: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        text += ", …";
    }
    text
}
