//! Fitting the members and stacking them.

use rayon::prelude::*;

use super::folds::assign;
use super::stack::weigh;
use super::{Auto, AutoConfig, AutoTag, Genes, newton, seen_by_linear, seen_by_trees};
use crate::learn::baseline::{Fit, FitError, Growth, Linear, Scaling, Seen, Table, Trees};
use crate::learn::{Task, network_row, score};
use crate::matrix::LayerName;
use crate::model::Network;

/// Folds of the training genes, on which the linear member's penalty is chosen.
const FOLDS: usize = 5;
/// Inverse strengths of the linear member's penalty that are tried.
const STRENGTHS: [f64; 8] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0];
/// Trees of the forest.
const TREES: u32 = 300;

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

/// Fits the linear model and the trees to the training genes, and stacks them with networks that have been trained on
/// the same. The penalty of the linear member is the one with the smallest loss on folds of the training genes. `is_log`
/// says whether rows have been through a logarithm. The same genes and seed give the same model.
///
/// # Errors
/// If all labels are equal, or a member cannot be fitted.
pub fn fit(
    genes: &Genes,
    networks: Box<dyn Network>,
    task: Task,
    (seed, flank_bp): (u64, u32),
    is_log: bool,
) -> Result<Fitted, AutoError> {
    let labels: Vec<f64> = genes.set.labels.iter().map(|&label| f64::from(label)).collect();
    let (valid, train): (Vec<usize>, Vec<usize>) = (0..genes.len()).partition(|&gene| genes.is_valid[gene]);
    let places: Vec<_> = train.iter().map(|&gene| genes.places[gene].clone()).collect();
    let folds = assign(&places, flank_bp, FOLDS, seed);
    let [train_labels, valid_labels] = [&train, &valid].map(|rows| of(&labels, rows));
    let rows = |of: &[usize]| of.iter().map(|&gene| genes.set.gene(gene)).collect::<Vec<&[f32]>>();
    let [train_rows, valid_rows] = [&train, &valid].map(|genes| rows(genes));
    let [linear_sees, trees_see] = [seen_by_linear(&genes.shape), seen_by_trees(&genes.shape)]
        .map(|list| Seen::new((list, is_log), train_rows.iter().copied()));

    let read = genes.shape.narrow(&valid_rows.concat(), &network_row(&networks.config()));
    // as of a regression: the mean of the outputs, not of probabilities
    let of_networks = score(networks.as_ref(), Task::Regression, &read, |_| ())?.scores;
    let linear = fit_linear(&linear_sees.table(train_rows.iter().copied()), &train_labels, &folds, task)?;
    let trees = fit_trees(&trees_see.table(train_rows.iter().copied()), &train_labels, task, seed);
    let outputs = vec![
        of_networks.into_iter().map(f64::from).collect(),
        valid_rows.iter().map(|row| linear.predict(&linear_sees.of(row))).collect(),
        valid_rows.iter().map(|row| trees.output(&trees_see.of(row))).collect(),
    ];

    let members = weigh(task, &valid_labels, &outputs);
    let (network, n_networks) = (networks.config().clone(), networks.n_models());
    let with_body = genes.shape.part(LayerName::Body).is_some();
    let config = AutoConfig { tag: AutoTag::Auto, network, n_networks, with_body, is_log, members };
    let auto = Auto { config, networks, linear, linear_sees, trees, trees_see };
    let of_gene = |gene: usize| auto.stack(task, &outputs.iter().map(|of| of[gene]).collect::<Vec<_>>()).0;
    let valid_scores = (0..valid.len()).map(of_gene).collect();
    let valid_labels = valid.iter().map(|&gene| genes.set.labels[gene]).collect();
    Ok(Fitted { auto, valid_labels, valid_scores })
}

/// A linear model with the penalty that is best for genes that it has not learnt from; of equal ones the
/// strongest.
fn fit_linear(seen: &Table, labels: &[f64], folds: &[usize], task: Task) -> Result<Linear, FitError> {
    let fit = |table: &Table, labels: &[f64], c: f64| {
        let scaling = Scaling::of(table);
        match task {
            Task::Classification => newton::logistic(table, &scaling, labels, c),
            Task::Regression => Linear::ridge(table, &scaling, labels, c),
        }
    };
    let tried = STRENGTHS.par_iter().map(|&c| {
        let mut loss = 0.0;
        for fold in 0..FOLDS {
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

/// Extra trees. Nothing is chosen: more genes have larger leaves, so that the model file stays small.
fn fit_trees(seen: &Table, labels: &[f64], task: Task, seed: u64) -> Fit {
    let is_share = task == Task::Classification;
    let features = seen.n_features() as f64;
    let features = if is_share { features.sqrt() } else { features / 3.0 };
    let growth = Growth { depth: None, leaf: (labels.len() / 1000).clamp(3, 20), features: features as usize };
    Fit::Trees { bias: 0.0, trees: Trees::extra(seen, labels, growth, TREES, seed), is_share }
}

fn of(labels: &[f64], genes: &[usize]) -> Vec<f64> {
    genes.iter().map(|&gene| labels[gene]).collect()
}
