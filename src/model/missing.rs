//! Numbers that a row may lack, and what they count as.

use candle_core::{Device, Result, Tensor, bail};

/// What a missing number of a row (NaN) counts as, by its place; nothing where no row lacks any.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    numbers: Vec<f32>,
    /// [1, 1, number].
    tensor: Option<Tensor>,
}

impl Missing {
    /// One a number of a row; none means that no row lacks any.
    pub fn new(numbers: &[f32], row_size: usize, device: &Device) -> Result<Self> {
        if numbers.is_empty() {
            return Ok(Missing::default());
        }
        if numbers.len() != row_size || numbers.iter().any(|number| !number.is_finite()) {
            bail!("{} numbers stand for those that a row of {row_size} lacks, or not all are finite", numbers.len());
        }
        let tensor = Tensor::from_slice(numbers, (1, 1, row_size), device)?;
        Ok(Missing { numbers: numbers.to_vec(), tensor: Some(tensor) })
    }

    /// One a number of a row, or none.
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// Rows [gene, model, number] with nothing missing.
    pub fn filled(&self, rows: &Tensor) -> Result<Tensor> {
        let Some(numbers) = &self.tensor else { return Ok(rows.clone()) };
        // a number that is missing differs from itself
        rows.eq(rows)?.where_cond(rows, &numbers.broadcast_as(rows.shape())?)
    }
}
