//! A model in training, and what can go wrong with it.

use super::ShardError;

/// One of the models that are trained together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learner {
    /// What messages call it; may be empty where there is one.
    pub name: String,
    /// Seed of initialisation, order of genes and dropout.
    pub seed: u64,
    /// Which gene set it learns from, as a number in [`TrainingData`](super::TrainingData).
    pub set: usize,
}

/// Training went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is no longer a number.
    #[error(
        "training{of} diverged in epoch {epoch}: the loss is no longer a finite number. Lower the learning rate or use the log1p transform",
        of = of(model)
    )]
    Diverged {
        /// Name of the model.
        model: String,
        /// Epoch, from 1.
        epoch: u32,
    },
    /// The validation genes all have one label.
    #[error("the validation genes{of} all have the same label, so that no epoch can be chosen", of = of(.0))]
    OneLabel(String),
    /// The state is of a model of another size.
    #[error("a training state has {found} weights, the model {expected}")]
    State {
        /// Weights in the state.
        found: usize,
        /// Weights of the model.
        expected: usize,
    },
    /// Genes could not be read.
    #[error(transparent)]
    Data(#[from] ShardError),
    /// The arrays do not fit together.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

fn of(model: &str) -> String {
    if model.is_empty() { String::new() } else { format!(" of {model}") }
}
