//! Fits with the settings that are best on validation genes.

use super::trees::Growth;
use super::{BaselineMethod, Fit, FitError, Linear, Scaling, Table, Trees, boosting, svm};
use crate::learn::Task;

/// Inverse strengths of the penalty that are tried, as scikit-learn's `C`.
const STRENGTHS: [f64; 12] = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 10.0];
/// Fewest genes in a leaf of a forest that are tried.
const LEAVES: [usize; 3] = [1, 3, 10];
/// Trees of a forest.
const FOREST: u32 = 500;
/// Most rounds of boosting.
const ROUNDS: u32 = 400;
/// Rounds without a better validation metric after which boosting stops.
const PATIENCE: u32 = 60;

/// Genes with their labels.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Features.
    pub table: &'a Table,
    /// One a gene: 0 or 1, or a number.
    pub labels: &'a [f64],
}

/// A fit, and what was chosen for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Fitted on the training genes.
    pub fit: Fit,
    /// Name of the setting and its value.
    pub setting: (&'static str, f64),
    /// Validation AUROC, or of numbers Pearson's r.
    pub valid_metric: f64,
}

impl BaselineMethod {
    /// Fits on the training genes with every setting, and keeps the fit with the best validation AUROC,
    /// or of numbers Pearson's r; of equal ones the simpler model. Of logistic and ridge regression it is the fit
    /// with the smallest validation loss, which says more of few genes: over a hundredfold of penalties, AUROC
    /// changes by less than its noise. (The rounds of boosting: see `boost`.)
    ///
    /// # Errors
    /// If all labels of the training genes or of the validation genes are equal, or the library finds no
    /// fit.
    pub fn choose(self, task: Task, train: Labelled, valid: Labelled, seed: u64) -> Result<Chosen, FitError> {
        let is_class = task == Task::Classification;
        let (name, settings): (_, &[f64]) = match self {
            BaselineMethod::RandomForest => ("leaf", &LEAVES.map(|leaf| leaf as f64)),
            BaselineMethod::GradientBoosting => return boost(task, train, valid, seed),
            _ => ("C", &STRENGTHS),
        };
        let is_regression = self == BaselineMethod::LogisticRegression || self.sees_means();
        let scaling = Scaling::of(train.table);
        let mut best: Option<(f64, Chosen)> = None;
        // of equal ones the first is kept: stronger penalties and larger leaves come first
        let simple_first: Vec<f64> = match self {
            BaselineMethod::RandomForest => settings.iter().rev().copied().collect(),
            _ => settings.to_vec(),
        };
        for setting in simple_first {
            let fit = match self {
                _ if is_regression && is_class => {
                    Fit::Linear(Linear::logistic(train.table, &scaling, train.labels, setting)?)
                }
                _ if is_regression => Fit::Linear(Linear::ridge(train.table, &scaling, train.labels, setting)?),
                BaselineMethod::LinearSvm if is_class => {
                    Fit::Linear(svm::classify(train.table, train.labels, setting, seed)?)
                }
                BaselineMethod::LinearSvm => {
                    let epsilon = 0.1 * standard_deviation(train.labels);
                    Fit::Linear(svm::regress(train.table, train.labels, setting, epsilon, seed))
                }
                _ => {
                    let features = train.table.n_features();
                    let features = if is_class { (features as f64).sqrt() as usize } else { features / 3 };
                    let growth = Growth { depth: None, leaf: setting as usize, features };
                    let trees = Trees::forest(train.table, train.labels, growth, FOREST, seed)?;
                    Fit::Trees { bias: 0.0, trees, is_share: is_class }
                }
            };
            let outputs: Vec<f64> = valid.table.rows().map(|row| fit.output(row)).collect();
            let valid_metric = metric(task, valid.labels, &outputs)?;
            let quality = match self {
                _ if is_regression => -loss(task, valid.labels, &outputs),
                _ => valid_metric,
            };
            if best.as_ref().is_none_or(|(best, _)| quality > *best) {
                best = Some((quality, Chosen { fit, setting: (name, setting), valid_metric }));
            }
        }
        let (_, mut best) = best.ok_or(FitError::OneLabel)?;
        if let (BaselineMethod::LinearSvm, true, Fit::Linear(line)) = (self, is_class, &mut best.fit) {
            // a distance from the plane is not a log-odds: Platt's scaling turns it into one, on the validation genes
            let distances: Vec<f64> = valid.table.rows().map(|row| line.predict(row)).collect();
            let platt = crate::learn::calibration::Platt::fit(&distances, valid.labels);
            line.weight.iter_mut().for_each(|weight| *weight *= platt.slope);
            line.bias = platt.slope * line.bias + platt.offset;
        }
        Ok(best)
    }
}

/// The number of rounds is chosen by the metric; of numbers by the squared error, since the correlation of the
/// first rounds, whose steps have hardly begun, may be as high as any.
fn boost(task: Task, train: Labelled, valid: Labelled, seed: u64) -> Result<Chosen, FitError> {
    let mut best: Option<(u32, f64, f64)> = None;
    let mut failed = None;
    let is_class = task == Task::Classification;
    let boosted = boosting::boost((train.table, train.labels), valid.table, is_class, ROUNDS, seed, |round, sums| {
        let judged = metric(task, valid.labels, sums).map(|metric| {
            let squares = || valid.labels.iter().zip(sums).map(|(label, sum)| (label - sum).powi(2)).sum::<f64>();
            (if is_class { metric } else { -squares() }, metric)
        });
        match judged {
            Ok((quality, metric)) if best.is_none_or(|(_, best, _)| quality > best) => {
                best = Some((round, quality, metric));
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        failed.is_some() || best.is_some_and(|(best, ..)| round - best >= PATIENCE)
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let (round, _, valid_metric) = best.ok_or(FitError::OneLabel)?;
    let mut trees = boosted.trees;
    trees.truncate(round as usize + 1);
    let fit = Fit::Trees { bias: boosted.bias, trees, is_share: false };
    Ok(Chosen { fit, setting: ("rounds", f64::from(round + 1)), valid_metric })
}

/// The task's metric of validation genes.
fn metric(task: Task, labels: &[f64], outputs: &[f64]) -> Result<f64, FitError> {
    let as_f32 = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    task.metric_of(&as_f32(labels), &as_f32(outputs)).ok_or(FitError::OneValidationLabel)
}

fn loss(task: Task, labels: &[f64], outputs: &[f64]) -> f64 {
    labels.iter().zip(outputs).map(|(&label, &output)| task.gene_loss(output as f32, label as f32)).sum()
}

fn standard_deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}
