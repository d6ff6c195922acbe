//! What a model file holds: whatever scores genes.

use candle_core::Result;

use super::auto::Auto;
use super::baseline::Baseline;
use super::{Scores, Task, score};
use crate::model::{InstructionSet, Network};

/// What scores genes: the content of a model file, one variant for each kind of model.
///
/// A further kind is a variant here and an arm in each method below, a variant of [`super::ModelKind`],
/// and reading and writing its tensors (`stage/model_file.rs`); the stages that use a model ask only this
/// type. What is of networks alone, such as gradients, asks for [`Predictor::network`] and refuses the
/// other kinds in words.
#[derive(Debug)]
pub enum Predictor {
    /// A network, or the networks of an ensemble.
    Network(Box<dyn Network>),
    /// A simple model of features of the window.
    Baseline(Baseline),
    /// Several kinds of models, stacked.
    Auto(Box<Auto>),
}

impl Predictor {
    /// Scores genes by their rows, transformed: the layers that the model reads
    /// ([`super::ModelKind::layers`]), one after the other, each row-major [channel, position]. `done` is told of each
    /// batch.
    ///
    /// # Errors
    /// If the number of values does not fit the model, or of the device.
    pub fn score(&self, task: Task, rows: &[f32], done: impl Fn(usize)) -> Result<Scores> {
        match self {
            Predictor::Network(network) => score(network.as_ref(), task, rows, done),
            Predictor::Baseline(baseline) => Ok(baseline.score(task, rows, done)),
            Predictor::Auto(auto) => auto.score(task, rows, done),
        }
    }

    /// Tells the model all genes of the sample that is scored next, for those kinds that compare a gene
    /// with the others of its sample; else, and of few genes, they are compared with the training genes.
    /// `rows` as in [`Self::score`].
    pub fn meet_sample(&mut self, rows: &[f32]) {
        if let Predictor::Auto(auto) = self {
            auto.meet_sample(rows);
        }
    }

    /// Number of models whose mean is predicted.
    pub fn n_models(&self) -> usize {
        match self {
            Predictor::Network(network) => network.n_models(),
            Predictor::Baseline(_) => 1,
            Predictor::Auto(auto) => auto.n_models(),
        }
    }

    /// Whether it says which bins it looks at.
    pub fn has_bin_attention(&self) -> bool {
        self.network().is_some_and(|network| network.config().has_bin_attention())
    }

    /// The network, of those kinds that are one, or of which one is a part.
    pub fn network(&self) -> Option<&dyn Network> {
        match self {
            Predictor::Network(network) => Some(network.as_ref()),
            Predictor::Baseline(_) => None,
            Predictor::Auto(auto) => Some(auto.networks.as_ref()),
        }
    }

    /// Computes with these instructions, where model and processor know them; else with the best.
    pub fn set_instruction_set(&mut self, instructions: InstructionSet) {
        match self {
            Predictor::Network(network) => network.set_instruction_set(instructions),
            Predictor::Baseline(_) => {}
            Predictor::Auto(auto) => auto.networks.set_instruction_set(instructions),
        }
    }
}
