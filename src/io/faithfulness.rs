//! `SAMPLE.faithfulness.tsv`: one row a method, what a test says of its explanations.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Result;
use super::table::{Table, columns_of, write_table};
use crate::matrix::{Judged, Split, Verdict};

/// One row of the table of `attentrack-faithfulness`: one method, or an order that asks no model (`signal`, `random`).
/// Areas and losses are parts of the mean |score − score of the baseline|.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("patternProperties" = {
    "^agrees_": {"description": "Spearman correlation with the row of that name, mean over genes.", "type": ["number", "null"]},
}))]
pub struct FaithfulnessRow {
    /// Method, as attentrack-explain takes it; signal or random.
    pub method: String,
    /// What its values say.
    pub unit: String,
    /// Area under the score as the most important bins are taken out; the less, the better.
    pub deletion: Option<f64>,
    /// Area under the score as the most important bins are put into the baseline; the more, the better.
    pub insertion: Option<f64>,
    /// What the score loses without the most important bins; the more, the better.
    pub comprehensiveness: Option<f64>,
    /// What the score loses with the most important bins alone; the less, the better.
    pub sufficiency: Option<f64>,
    /// Insertion less deletion, less the same of the raw signal.
    pub over_signal: Option<f64>,
    /// Lower end of its 95 % interval over genes.
    pub over_signal_low: Option<f64>,
    /// Upper end of its 95 % interval over genes.
    pub over_signal_high: Option<f64>,
    /// What follows of that; nothing for signal itself.
    pub verdict: Option<Verdict>,
    /// Sample.
    pub sample: String,
    /// The split that the genes are of; NA where all were taken.
    pub split: Option<Split>,
    /// Genes that it was judged by.
    pub genes: usize,
    /// What contributions are against, and what a bin holds that is taken out: empty or median.
    pub baseline: String,
    /// Spearman correlation between the members of an ensemble, or with other models.
    pub seeds: Option<f64>,
    /// Spearman correlation with the explanation of the model after its weights were shuffled.
    pub shuffled_weights: Option<f64>,
    /// Spearman correlation with the explanation of models of permuted labels.
    pub permuted_labels: Option<f64>,
    /// AUROC for what is known to decide, mean over genes.
    pub planted: Option<f64>,
    /// The same over the genes that the model calls expressed.
    pub planted_expressed: Option<f64>,
    /// Pearson correlation over bins with the held-out mark.
    pub held_out: Option<f64>,
    /// The same after the model's weights were shuffled.
    pub held_out_shuffled: Option<f64>,
}

impl FaithfulnessRow {
    /// The verdict, with what it rests on; `None` for the signal itself.
    pub fn judged(&self) -> Option<Judged> {
        let over_signal = [self.over_signal, self.over_signal_low, self.over_signal_high];
        Some(Judged {
            sample: self.sample.clone(),
            method: self.method.clone(),
            genes: self.genes,
            split: self.split,
            over_signal: over_signal.map(|value| value.unwrap_or(f64::NAN)),
            verdict: self.verdict?,
        })
    }
}

/// Reads the rows, without their agreement with one another.
///
/// # Errors
/// A column that is missing, or a cell that does not fit; names file and line.
pub fn read(path: &Path) -> Result<Vec<FaithfulnessRow>> {
    let table = Table::read(path)?;
    for name in ["method", "verdict", "sample", "genes", "baseline"] {
        table.column(name)?;
    }
    table.rows.iter().map(|row| table.typed(row)).collect()
}

/// Writes the rows, each with its agreement with every row; `NA` is what was not asked for, or is not defined.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, rows: &[(FaithfulnessRow, Vec<Option<f64>>)]) -> Result<()> {
    let agrees: Vec<String> = rows.iter().map(|(row, _)| format!("agrees_{}", row.method)).collect();
    let columns = columns_of::<FaithfulnessRow>();
    let all: Vec<&str> = columns.iter().copied().chain(agrees.iter().map(String::as_str)).collect();
    write_table(path, &all, rows.iter().map(|(row, agreement)| cells(row, agreement)))
}

fn cells(row: &FaithfulnessRow, agreement: &[Option<f64>]) -> Vec<String> {
    let number = |value: Option<f64>| match value.filter(|value| value.is_finite()) {
        Some(value) => format!("{value:.4}"),
        None => "NA".to_owned(),
    };
    let mut cells = vec![row.method.clone(), row.unit.clone()];
    cells.extend([row.deletion, row.insertion, row.comprehensiveness, row.sufficiency].map(number));
    cells.extend([row.over_signal, row.over_signal_low, row.over_signal_high].map(number));
    cells.push(row.verdict.map_or("NA", Verdict::name).to_owned());
    cells.extend([row.sample.clone(), row.split.map_or("NA", Split::name).to_owned()]);
    cells.extend([row.genes.to_string(), row.baseline.clone()]);
    cells.extend([row.seeds, row.shuffled_weights, row.permuted_labels].map(number));
    cells.extend([row.planted, row.planted_expressed, row.held_out, row.held_out_shuffled].map(number));
    cells.extend(agreement.iter().copied().map(number));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let text = "method\tunit\tverdict\tover_signal\tover_signal_low\tover_signal_high\tsample\tsplit\tgenes\tbaseline\n\
                    attention\tshare\tno_better\t0.01\t-0.02\t0.04\tE003\tvalid\t200\tempty\n\
                    signal\tinput\tNA\t0\t0\t0\tE003\tvalid\t200\tempty\n";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.tsv");
        std::fs::write(&path, text).unwrap();
        let rows = read(&path).unwrap();
        let judged = rows[0].judged().unwrap();
        assert_eq!((judged.verdict, judged.genes, judged.split), (Verdict::NoBetter, 200, Some(Split::Valid)));
        assert_eq!(rows[1].judged(), None);
        let with_agreement: Vec<_> = rows.iter().cloned().map(|row| (row, vec![Some(1.0), None])).collect();
        write(&path, &with_agreement).unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        let columns = written.lines().next().unwrap().split('\t').count();
        assert!(written.lines().all(|line| line.split('\t').count() == columns), "{written}");
        assert_eq!(read(&path).unwrap()[0].judged(), Some(judged));
        std::fs::write(&path, text.replace("no_better", "great")).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("expected one of better"), "{error}");
    }
}
