//! What scores genes, once it is trained: the content of a model file.

use std::fmt::Debug;

use candle_core::{Device, Result};

use super::arrays::{Array, Arrays, Numbers};
use super::{Scores, Source, Summand, Task, network_row, score};
use crate::matrix::{Region, RowShape};
use crate::model::{InstructionSet, ModelConfig, Network, filled};

/// The array of what stands for numbers that a row lacks.
const MISSING: &str = "missing";

/// A trained model. The stages that use one know it by this trait only; [`super::ModelSpec::load`] makes it again from
/// its arrays.
pub trait Trained: Debug + Send + Sync {
    /// Scores genes by their rows, transformed: the layers that the model reads ([`super::ModelSpec::layers`]), one
    /// after the other, each row-major [channel, position]. `done` is told of each batch.
    ///
    /// # Errors
    /// If the number of values does not fit the model, or of the device.
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores>;

    /// All that was learnt, as arrays.
    ///
    /// # Errors
    /// If the device that holds them fails.
    fn to_arrays(&self) -> Result<Arrays>;

    /// Tells the model which regions of which sample the rows of the next call of [`Self::score`] are of, for those that
    /// know genes by name.
    ///
    /// # Errors
    /// In words, if it knows nothing of them.
    fn meet(&mut self, _sample: &str, _regions: &[&Region]) -> std::result::Result<(), String> {
        Ok(())
    }

    /// Tells a model that reads rows of any length how long those of the next calls are.
    fn set_shape(&mut self, _shape: &RowShape) {}

    /// Number of models whose mean is predicted.
    fn n_models(&self) -> usize {
        1
    }

    /// Its network or networks, which have attention and gradients; `None` where it has none.
    fn network(&self) -> Option<&dyn Network> {
        None
    }

    /// Its output as a sum; none of a model that cannot be laid open.
    fn summands(&self) -> Vec<Summand<'_>> {
        Vec::new()
    }

    /// Whether its score is the mean of its networks', and of nothing else.
    fn is_of_networks(&self) -> bool {
        false
    }

    /// What its networks read, and so what their attention is paid to; `None` where it has none.
    fn network_row(&self) -> Option<RowShape> {
        self.network().map(|network| network_row(&network.config()))
    }

    /// Computes with these instructions, where model and processor know them; else with the best.
    fn set_instruction_set(&mut self, _: InstructionSet) {}

    /// Whether it says which bins it looks at.
    fn has_bin_attention(&self) -> bool {
        self.network().is_some_and(|network| network.config().has_bin_attention())
    }
}

/// A network, or the networks of an ensemble.
impl Trained for Box<dyn Network> {
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        score(self.as_ref(), task, rows, done)
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = Arrays::default();
        for (name, tensor) in self.to_tensors()? {
            let numbers = Numbers::F32(tensor.flatten_all()?.to_vec1()?);
            arrays.0.insert(name, Array { shape: tensor.dims().to_vec(), numbers });
        }
        if !self.missing().is_empty() {
            arrays.add_f32(MISSING, self.missing());
        }
        Ok(arrays)
    }

    fn n_models(&self) -> usize {
        self.as_ref().n_models()
    }

    fn network(&self) -> Option<&dyn Network> {
        Some(self.as_ref())
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        vec![Summand { weight: 1.0, source: Source::Networks(self.as_ref()) }]
    }

    fn is_of_networks(&self) -> bool {
        true
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.as_mut().set_instruction_set(instructions);
    }
}

/// Networks from what [`Trained::to_arrays`] gave for them.
pub(super) fn load_networks(
    config: &ModelConfig,
    n_models: usize,
    arrays: &Arrays,
    device: &Device,
) -> std::result::Result<Box<dyn Network>, String> {
    let reads_bodies = config.body_parts() > 0;
    let is_weight = |name: &str| !(reads_bodies && name == MISSING);
    let weights = arrays.0.iter().filter(|(name, _)| is_weight(name));
    let weights = Arrays(weights.map(|(name, array)| (name.clone(), array.clone())).collect());
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let networks = config.from_tensors(n_models, &weights.tensors()?, device).map_err(|error| text(&error))?;
    let missing = if reads_bodies { arrays.f32(MISSING).map_err(|error| text(&error))? } else { Vec::new() };
    filled(networks, &missing).map_err(|error| text(&error))
}
