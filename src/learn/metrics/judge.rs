//! From joined rows to the figures of a sample.

use std::collections::BTreeMap;

use super::comparison::mean;
use super::regression::{Ranks, spearman_of};
use super::{
    Beyond, BeyondGene, Bootstrap, Estimate, GeneCounts, Loci, Ranking, SampleReport, SplitReport, TaskMetrics,
    Threshold, accuracy, best_threshold, brier_score, expected_calibration_error, mean_squared_error, pearson,
    reliability,
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
    /// Mean log2(expression + 1) of each row's gene in other samples, where it is known.
    pub expression: Vec<Option<f64>>,
    /// Score of each row before calibration; `None` if any row has none.
    pub raw_scores: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    /// Adds a row of a gene whose expression in other samples is not known.
    pub fn push(&mut self, gene_id: &'a str, split: Split, label: f64, score: f64) {
        self.gene_ids.push(gene_id);
        self.splits.push(split);
        self.labels.push(label);
        self.scores.push(score);
        self.expression.push(None);
    }

    /// Says what is known of the expression of the last row's gene in other samples.
    pub fn set_expression(&mut self, expression: Option<f64>) {
        self.expression.last_mut().into_iter().for_each(|last| *last = expression);
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
            rows.set_expression(self.expression[at]);
        }
        let own = |raw: &Vec<f64>| (0..self.len()).filter(|&at| self.splits[at] == split).map(|at| raw[at]).collect();
        rows.raw_scores = self.raw_scores.as_ref().map(own);
        rows
    }

    fn positive(&self) -> Vec<bool> {
        self.labels.iter().map(|&label| label == 1.0).collect()
    }
}

/// Rows whose scores can be ranked together, and what does not depend on how often a gene counts.
struct Part<'a> {
    rows: Rows<'a>,
    labels: Vec<bool>,
    /// Chosen on the validation genes of the same rows.
    threshold: Option<Threshold>,
    /// Index of each row's locus among the distinct loci of all parts.
    units: Vec<usize>,
}

/// The rows of a split, of those parts that have any, the number of distinct loci, and of blocks among them.
fn of_split<'a>(
    parts: &[(&Rows<'a>, Option<Threshold>)],
    split: Split,
    loci: &Loci<'a>,
) -> (Vec<Part<'a>>, usize, Option<usize>) {
    let rows = parts.iter().map(|(rows, threshold)| (rows.of(split), threshold));
    let rows: Vec<_> = rows.filter(|(rows, _)| !rows.is_empty()).collect();
    let ids: Vec<&str> = rows.iter().flat_map(|(rows, _)| rows.gene_ids.iter().copied()).collect();
    let units = loci.units(&ids);
    let mut left = units.of_rows.into_iter();
    let part = |(rows, threshold): (Rows<'a>, &Option<Threshold>)| {
        let units = left.by_ref().take(rows.len()).collect();
        Part { labels: rows.positive(), rows, threshold: *threshold, units }
    };
    (rows.into_iter().map(part).collect(), units.n, units.blocks)
}

/// The figures of one sample, or of several. With `binary`, labels are 0 and 1.
///
/// Each of `parts` has scores that can be ranked together: those of one model. Where there are several, a
/// figure is the mean of theirs, each at a threshold of its own; a figure that one of them lacks is not defined.
pub fn judge<'a>(
    sample: &str,
    genes: GeneCounts,
    parts: &[Rows<'a>],
    binary: bool,
    (bootstrap, loci): (&Bootstrap, &Loci<'a>),
) -> SampleReport {
    let threshold = |rows: &Rows| {
        let valid = rows.of(Split::Valid);
        if binary { best_threshold(&valid.positive(), &valid.scores) } else { None }
    };
    let parts: Vec<(&Rows<'a>, Option<Threshold>)> = parts.iter().map(|rows| (rows, threshold(rows))).collect();
    let mut splits = BTreeMap::new();
    for split in Split::ALL {
        let (of_split, n_units, blocks) = of_split(&parts, split, loci);
        if of_split.is_empty() {
            continue;
        }
        let metrics = match binary {
            true => classification(&of_split, n_units, bootstrap),
            false => regression(&of_split, n_units, bootstrap),
        };
        let beyond = beyond(&of_split, binary, (n_units, bootstrap));
        let genes = of_split.iter().map(|part| part.rows.len() as u64).sum();
        let mean_of = (parts.len() > 1).then_some(of_split.len() as u64);
        let blocks = blocks.map(|blocks| blocks as u64);
        splits.insert(split, SplitReport { genes, blocks, mean_of, metrics, beyond });
    }
    let threshold = if let [(_, threshold)] = parts[..] { threshold } else { None };
    SampleReport { sample: sample.to_owned(), genes, threshold, splits }
}

/// The means over the parts of what `figures` says of each, with their intervals. All rows of a locus are
/// drawn together, in whichever part they are.
fn estimates<T: Sync, const N: usize>(
    parts: &[T],
    (n_units, bootstrap): (usize, &Bootstrap),
    reasons: [&str; N],
    figures: impl Fn(&T, &[u32]) -> [Option<f64>; N] + Sync,
) -> [Estimate; N] {
    let estimates =
        bootstrap.estimates(n_units, reasons, |counts| mean(parts.iter().map(|part| figures(part, counts))));
    estimates.map(|estimate| {
        let reason = estimate.reason.map(|reason| match parts.len() {
            1 => reason,
            _ => format!("in a sample at least, {reason}"),
        });
        Estimate { reason, ..estimate }
    })
}

fn classification(parts: &[Part], n_units: usize, bootstrap: &Bootstrap) -> TaskMetrics {
    let is_probability = |scores: &[f64]| scores.iter().all(|score| (0.0..=1.0).contains(score));
    let ranked: Vec<(&Part, Ranking, bool)> = parts
        .iter()
        .map(|part| (part, Ranking::new(&part.labels, &part.rows.scores), is_probability(&part.rows.scores)))
        .collect();
    let one_class = "all genes of the split have the same label";
    let no_probability = "scores are not probabilities (some lie outside 0 to 1)";
    let reasons = [
        one_class,
        "no gene of the split is labelled 1",
        "no validation gene to choose a threshold on",
        no_probability,
        no_probability,
    ];
    let of_part = |(part, ranking, is_probability): &(&Part, Ranking, bool), counts: &[u32]| {
        let (labels, scores) = (&part.labels, &part.rows.scores);
        let count = |row: usize| counts[part.units[row]];
        let probability = |metric: Option<f64>| if *is_probability { metric } else { None };
        [
            ranking.auroc(count),
            ranking.average_precision(count),
            part.threshold.and_then(|threshold| accuracy(labels, scores, threshold.value, count)),
            probability(brier_score(labels, scores, count)),
            probability(expected_calibration_error(labels, scores, count)),
        ]
    };
    let [auroc, auprc, accuracy, brier, calibration_error] = estimates(&ranked, (n_units, bootstrap), reasons, of_part);
    let raw: Option<Vec<(&Part, &Vec<f64>)>> =
        parts.iter().map(|part| Some((part, part.rows.raw_scores.as_ref()?))).collect();
    let raw_error = |raw: Vec<(&Part, &Vec<f64>)>| {
        let of_part = |(part, raw): &(&Part, &Vec<f64>), counts: &[u32]| {
            let error = || expected_calibration_error(&part.labels, raw, |row| counts[part.units[row]]);
            [if is_probability(raw) { error() } else { None }]
        };
        let [error] = estimates(&raw, (n_units, bootstrap), [no_probability], of_part);
        error
    };
    let labels = || parts.iter().flat_map(|part| &part.labels);
    let positives = labels().filter(|&&label| label).count();
    TaskMetrics::Classification {
        positives: positives as u64,
        positive_rate: positives as f64 / labels().count() as f64,
        auroc,
        auprc,
        accuracy,
        brier,
        calibration_error,
        raw_calibration_error: raw.map(raw_error).map(Box::new),
        reliability: match &ranked[..] {
            [(part, _, true)] => reliability(&part.labels, &part.rows.scores),
            _ => Vec::new(),
        },
    }
}

fn beyond(parts: &[Part], binary: bool, drawn: (usize, &Bootstrap)) -> BeyondGene {
    let of = |part: &Part| {
        let Rows { gene_ids, labels, scores, expression, .. } = &part.rows;
        Beyond::new(gene_ids, labels, scores, expression, binary)
    };
    let parts: Vec<(&Part, Beyond)> = parts.iter().map(|part| (part, of(part))).collect();
    let alone = "no other sample with expression is judged beside it, or its genes all have the same label";
    let same = "no gene has different labels in two samples that one model has scored";
    let [expression_mean, gain, order] = estimates(&parts, drawn, [alone, alone, same], |(part, beyond), counts| {
        beyond.figures(&part.rows.scores, |row| counts[part.units[row]])
    });
    BeyondGene { expression_mean, gain, order }
}

fn regression(parts: &[Part], n_units: usize, bootstrap: &Bootstrap) -> TaskMetrics {
    let ranked: Vec<(&Part, Ranks, Ranks)> =
        parts.iter().map(|part| (part, Ranks::new(&part.rows.labels), Ranks::new(&part.rows.scores))).collect();
    let constant = "all labels or all scores of the split are equal";
    let of_part = |(part, label_ranks, score_ranks): &(&Part, Ranks, Ranks), counts: &[u32]| {
        let (labels, scores) = (&part.rows.labels, &part.rows.scores);
        let count = |row: usize| counts[part.units[row]];
        [
            pearson(labels, scores, count),
            spearman_of(label_ranks, score_ranks, count),
            mean_squared_error(labels, scores, count),
        ]
    };
    let [pearson, spearman, mse] = estimates(&ranked, (n_units, bootstrap), [constant, constant, ""], of_part);
    TaskMetrics::Regression { pearson, spearman, mse }
}
