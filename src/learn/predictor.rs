//! What a model file holds: whatever scores genes.

use candle_core::Result;

use super::{Scores, Task, score};
use crate::model::{InstructionSet, Network};

/// What scores genes: the content of a model file, one variant for each kind of model.
///
/// A further kind is a variant here and an arm in each method below, beside what the model file's header
/// says of it and reading and writing its tensors (`stage/model_file.rs`); the stages that use a model
/// ask only this type. What is of networks alone, such as gradients, asks for [`Predictor::network`] and
/// refuses the other kinds in words.
#[derive(Debug)]
pub enum Predictor {
    /// A network, or the networks of an ensemble.
    Network(Box<dyn Network>),
}

impl Predictor {
    /// Scores genes: `values` is row-major [gene, mark, bin], transformed. `done` is told of each batch.
    ///
    /// # Errors
    /// If the number of values does not fit the model, or of the device.
    pub fn score(&self, task: Task, values: &[f32], done: impl Fn(usize)) -> Result<Scores> {
        match self {
            Predictor::Network(network) => score(network.as_ref(), task, values, done),
        }
    }

    /// Number of models whose mean is predicted.
    pub fn n_models(&self) -> usize {
        match self {
            Predictor::Network(network) => network.n_models(),
        }
    }

    /// Whether it says which bins it looks at.
    pub fn has_bin_attention(&self) -> bool {
        match self {
            Predictor::Network(network) => network.config().has_bin_attention(),
        }
    }

    /// The network, of those kinds that are one.
    pub fn network(&self) -> Option<&dyn Network> {
        match self {
            Predictor::Network(network) => Some(network.as_ref()),
        }
    }

    /// Computes with these instructions, where model and processor know them; else with the best.
    pub fn set_instruction_set(&mut self, instructions: InstructionSet) {
        match self {
            Predictor::Network(network) => network.set_instruction_set(instructions),
        }
    }
}
