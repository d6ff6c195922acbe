//! From joined rows to the figures of a sample.

use std::collections::{BTreeMap, HashMap};

use super::regression::{Ranks, spearman_of};
use super::{
    Bootstrap, GeneCounts, Ranking, SampleReport, SplitReport, TaskMetrics, Threshold, accuracy, best_threshold,
    brier_score, expected_calibration_error, mean_squared_error, pearson, reliability,
};
use crate::matrix::Split;

/// Genes with a score, a label and a split: one row a gene and sample.
#[derive(Clone, Debug, Default)]
pub struct Rows<'a> {
    /// Gene of each row.
    pub gene_ids: Vec<&'a str>,
    /// Split of each row.
    pub splits: Vec<Split>,
    /// Label of each row: 0 or 1, or a number.
    pub labels: Vec<f64>,
    /// Score of each row, finite.
    pub scores: Vec<f64>,
    /// Score of each row before calibration; `None` if any row has none.
    pub raw_scores: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    /// Adds a row.
    pub fn push(&mut self, gene_id: &'a str, split: Split, label: f64, score: f64) {
        self.gene_ids.push(gene_id);
        self.splits.push(split);
        self.labels.push(label);
        self.scores.push(score);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// The rows of one split.
    fn of(&self, split: Split) -> Rows<'a> {
        let mut rows = Rows::default();
        for at in (0..self.len()).filter(|&at| self.splits[at] == split) {
            rows.push(self.gene_ids[at], split, self.labels[at], self.scores[at]);
        }
        let own = |raw: &Vec<f64>| (0..self.len()).filter(|&at| self.splits[at] == split).map(|at| raw[at]).collect();
        rows.raw_scores = self.raw_scores.as_ref().map(own);
        rows
    }

    fn positive(&self) -> Vec<bool> {
        self.labels.iter().map(|&label| label == 1.0).collect()
    }

    /// Index of each row's gene among the distinct genes, and how many these are.
    fn units(&self) -> (Vec<usize>, usize) {
        let mut index = HashMap::new();
        let units = self.gene_ids.iter().map(|&id| {
            let next = index.len();
            *index.entry(id).or_insert(next)
        });
        let units = units.collect();
        (units, index.len())
    }
}

/// The figures of one sample, or of several pooled. With `binary`, labels are 0 and 1.
pub fn judge(sample: &str, genes: GeneCounts, rows: &Rows, binary: bool, bootstrap: &Bootstrap) -> SampleReport {
    let valid = rows.of(Split::Valid);
    let threshold = if binary { best_threshold(&valid.positive(), &valid.scores) } else { None };
    let mut splits = BTreeMap::new();
    for split in Split::ALL {
        let rows = rows.of(split);
        if !rows.is_empty() {
            let metrics =
                if binary { classification(&rows, threshold, bootstrap) } else { regression(&rows, bootstrap) };
            splits.insert(split, SplitReport { genes: rows.len() as u64, metrics });
        }
    }
    SampleReport { sample: sample.to_owned(), genes, threshold, splits }
}

fn classification(rows: &Rows, threshold: Option<Threshold>, bootstrap: &Bootstrap) -> TaskMetrics {
    let (labels, scores) = (rows.positive(), &rows.scores);
    let (units, n_units) = rows.units();
    let ranking = Ranking::new(&labels, scores);
    let is_probability = scores.iter().all(|score| (0.0..=1.0).contains(score));
    let one_class = "all genes of the split have the same label";
    let no_probability = "scores are not probabilities (some lie outside 0 to 1)";
    let reasons = [
        one_class,
        "no gene of the split is labelled 1",
        "no validation gene to choose a threshold on",
        no_probability,
        no_probability,
    ];
    let [auroc, auprc, accuracy, brier, calibration_error] = bootstrap.estimates(n_units, reasons, |counts| {
        let count = |row: usize| counts[units[row]];
        let probability = |metric: Option<f64>| if is_probability { metric } else { None };
        [
            ranking.auroc(count),
            ranking.average_precision(count),
            threshold.and_then(|threshold| accuracy(&labels, scores, threshold.value, count)),
            probability(brier_score(&labels, scores, count)),
            probability(expected_calibration_error(&labels, scores, count)),
        ]
    });
    let raw_error = |raw: &Vec<f64>| {
        let [error] = bootstrap.estimates(n_units, [no_probability], |counts| {
            let is_probability = raw.iter().all(|score| (0.0..=1.0).contains(score));
            let error = || expected_calibration_error(&labels, raw, |row| counts[units[row]]);
            [if is_probability { error() } else { None }]
        });
        error
    };
    let positives = labels.iter().filter(|&&label| label).count();
    TaskMetrics::Classification {
        positives: positives as u64,
        positive_rate: positives as f64 / rows.len() as f64,
        auroc,
        auprc,
        accuracy,
        brier,
        calibration_error,
        raw_calibration_error: rows.raw_scores.as_ref().map(raw_error).map(Box::new),
        reliability: if is_probability { reliability(&labels, scores) } else { Vec::new() },
    }
}

fn regression(rows: &Rows, bootstrap: &Bootstrap) -> TaskMetrics {
    let (labels, scores) = (&rows.labels, &rows.scores);
    let (units, n_units) = rows.units();
    let (label_ranks, score_ranks) = (Ranks::new(labels), Ranks::new(scores));
    let constant = "all labels or all scores of the split are equal";
    let [pearson, spearman, mse] = bootstrap.estimates(n_units, [constant, constant, ""], |counts| {
        let count = |row: usize| counts[units[row]];
        [
            pearson(labels, scores, count),
            spearman_of(&label_ranks, &score_ranks, count),
            mean_squared_error(labels, scores, count),
        ]
    });
    TaskMetrics::Regression { pearson, spearman, mse }
}
