//! Fitting the members and stacking them.

use rayon::prelude::*;

use super::folds::assign;
use super::model::network_shape;
use super::stack::weigh;
use super::view::Context;
use super::{Auto, AutoConfig, AutoTag, Genes, KINDS, LINEAR, OF_TREES, TREES, newton};
use crate::learn::baseline::{FitError, Labelled, Linear, Scaling, Table};
use crate::learn::{Task, score};
use crate::matrix::LayerName;
use crate::model::Network;

/// Folds of the training genes, on which a linear member's penalty is chosen.
const FOLDS: usize = 5;
/// Inverse strengths of the linear models' penalty that are tried.
const STRENGTHS: [f64; 7] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1];
/// Genes above which the penalty is chosen on one fold instead of all.
const MANY_GENES: usize = 3_000;

/// Stacking went wrong.
#[derive(Debug, thiserror::Error)]
pub enum AutoError {
    /// A member could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The arrays do not fit together.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// A stacked model, and what it says of the validation genes.
#[derive(Debug)]
pub struct Fitted {
    /// The model.
    pub auto: Auto,
    /// Labels of the validation genes.
    pub valid_labels: Vec<f32>,
    /// Their scores.
    pub valid_scores: Vec<f32>,
}

/// Fits linear models and trees to the training genes, and stacks them with networks that have been trained on
/// the same. The penalty of a linear model is the one with the smallest loss on folds of the training genes; the
/// trees' settings are those with the best metric of the validation genes. The same genes and seed give the same
/// model.
///
/// # Errors
/// If all labels are equal, or a member cannot be fitted.
pub fn fit(
    genes: &Genes,
    networks: Box<dyn Network>,
    task: Task,
    (seed, flank_bp): (u64, u32),
) -> Result<Fitted, AutoError> {
    let labels: Vec<f64> = genes.set.labels.iter().map(|&label| f64::from(label)).collect();
    let (valid, train): (Vec<usize>, Vec<usize>) = (0..genes.len()).partition(|&gene| genes.is_valid[gene]);
    let places: Vec<_> = train.iter().map(|&gene| genes.places[gene].clone()).collect();
    let folds = assign(&places, flank_bp, FOLDS, seed);
    let [train_labels, valid_labels] = [&train, &valid].map(|rows| of(&labels, rows));

    let mut rows = Vec::new();
    valid.iter().for_each(|&gene| rows.extend_from_slice(genes.set.gene(gene)));
    let windows = genes.shape.narrow(&rows, &network_shape(&networks.config()));
    // as of a regression: the mean of the outputs, not of probabilities
    let of_networks = score(networks.as_ref(), Task::Regression, &windows, |_| ())?.scores;
    let mut outputs: Vec<Vec<f64>> = vec![of_networks.into_iter().map(f64::from).collect()];

    let mut linear = Vec::new();
    for view in LINEAR {
        let seen = genes.table(view);
        let fit = fit_linear(&seen.select(&train), &view.factors(&genes.shape), &train_labels, &folds, task)?;
        outputs.push(valid.iter().map(|&gene| fit.predict(seen.row(gene))).collect());
        linear.push(fit);
    }

    let seen = genes.table(OF_TREES);
    let [of_train, of_valid] = [&train, &valid].map(|rows| seen.select(rows));
    let mut trees = Vec::new();
    for method in TREES {
        let train = Labelled { table: &of_train, labels: &train_labels };
        let valid = Labelled { table: &of_valid, labels: &valid_labels };
        let fit = method.choose(task, train, valid, seed)?.fit;
        outputs.push(of_valid.rows().map(|row| fit.output(row)).collect());
        trees.push(fit);
    }

    // the networks do not see the bodies
    let with_body = genes.shape.part(LayerName::Body).is_some();
    let count = if with_body { [0.5, 1.0, 1.0] } else { [1.0; KINDS.len()] };
    let members = weigh(task, &valid_labels, &outputs, count);
    let (network, n_networks) = (networks.config().clone(), networks.n_models());
    let config = AutoConfig { tag: AutoTag::Auto, network, n_networks, with_body, members };
    let training = Context::of(&genes.set.values, &genes.shape);
    let auto = Auto { config, networks, linear, trees, training, sample: None };
    let of_gene = |gene: usize| auto.stack(task, &outputs.iter().map(|of| of[gene]).collect::<Vec<_>>()).0;
    let valid_scores = (0..valid.len()).map(of_gene).collect();
    let valid_labels = valid.iter().map(|&gene| genes.set.labels[gene]).collect();
    Ok(Fitted { auto, valid_labels, valid_scores })
}

/// A linear model with the penalty that is best for genes that it has not learnt from; of equal ones the
/// strongest.
fn fit_linear(seen: &Table, factors: &[f64], labels: &[f64], folds: &[usize], task: Task) -> Result<Linear, FitError> {
    let fit = |table: &Table, labels: &[f64], c: f64| {
        let mut scaling = Scaling::of(table);
        scaling.scale.iter_mut().zip(factors).for_each(|(scale, factor)| *scale *= factor);
        match task {
            Task::Classification => newton::logistic(table, &scaling, labels, c),
            Task::Regression => Linear::ridge(table, &scaling, labels, c),
        }
    };
    let judged = if labels.len() > MANY_GENES { 1 } else { FOLDS };
    let tried = STRENGTHS.par_iter().map(|&c| {
        let mut loss = 0.0;
        for fold in 0..judged {
            let (held, rest): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&gene| folds[gene] == fold);
            let of_rest = of(labels, &rest);
            // of few genes, a fold may hold all of one label
            if of_rest.iter().all(|label| *label == of_rest[0]) {
                continue;
            }
            let fit = fit(&seen.select(&rest), &of_rest, c)?;
            for gene in held {
                loss += task.gene_loss(fit.predict(seen.row(gene)) as f32, labels[gene] as f32);
            }
        }
        Ok((loss, c))
    });
    let tried = tried.collect::<Result<Vec<(f64, f64)>, FitError>>()?;
    let best = tried.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let (_, c) = best.ok_or(FitError::OneLabel)?;
    fit(seen, labels, c)
}

fn of(labels: &[f64], genes: &[usize]) -> Vec<f64> {
    genes.iter().map(|&gene| labels[gene]).collect()
}
