//! Numbers that a row may lack, and what they count as.

use candle_core::{Result, Tensor, Var, bail};

use super::{InstructionSet, Mode, ModelConfig, Network, Output};

/// Networks that read rows which may lack numbers (NaN).
#[derive(Debug)]
struct Filled {
    networks: Box<dyn Network>,
    missing: Vec<f32>,
    /// The same, with the axes of one row of one model.
    tensor: Tensor,
}

/// The same networks for rows that may lack numbers (NaN): `missing` says what each counts as, by its place. None means
/// that no row lacks any.
///
/// # Errors
/// If the networks read no row of this size, or a number is not finite.
pub fn filled(networks: Box<dyn Network>, missing: &[f32]) -> Result<Box<dyn Network>> {
    if missing.is_empty() {
        return Ok(networks);
    }
    let row = networks.config().row();
    let size: usize = row.iter().product();
    if missing.len() != size || missing.iter().any(|number| !number.is_finite()) {
        bail!("{} numbers stand for those that a row of {size} lacks, or not all are finite", missing.len());
    }
    let tensor = Tensor::from_slice(missing, [&[1, 1], row.as_slice()].concat(), networks.device())?;
    Ok(Box::new(Filled { networks, missing: missing.to_vec(), tensor }))
}

impl Network for Filled {
    fn config(&self) -> ModelConfig {
        self.networks.config()
    }

    fn n_models(&self) -> usize {
        self.networks.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.networks.parameters()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        // a number that is missing differs from itself
        let x = x.eq(x)?.where_cond(x, &self.tensor.broadcast_as(x.shape())?)?;
        self.networks.forward(&x, mode)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        filled(self.networks.sibling(weights)?, &self.missing)
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.networks.set_instruction_set(instructions);
    }

    fn missing(&self) -> &[f32] {
        &self.missing
    }
}
