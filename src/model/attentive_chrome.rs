//! AttentiveChrome, LSTM-α,β (Singh, Lanchantin, Sekhon & Qi, NIPS 2017), as the published PyTorch
//! code computes it.
//!
//! Each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors go, in mark order, through a second bidirectional LSTM and are pooled by mark
//! attention β; a linear layer gives the logit.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor, Var};

use super::{AttentiveChromeConfig, BiLstmAttention, Dropout, Mode};

/// What the model says of each gene.
#[derive(Clone, Debug)]
pub struct Output {
    /// Log-odds of being expressed, \[gene\].
    pub logit: Tensor,
    /// α, [gene, mark, bin]; sums to 1 over the bins.
    pub bin_attention: Tensor,
    /// β, [gene, mark]; sums to 1 over the marks.
    pub mark_attention: Tensor,
}

/// The model with its weights.
#[derive(Clone, Debug)]
pub struct AttentiveChrome {
    config: AttentiveChromeConfig,
    bins: BiLstmAttention,
    marks: BiLstmAttention,
    head_weight: Var,
    head_bias: Var,
}

/// Weights that do not make up the model that they are said to be.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// A tensor that the model needs is not there.
    #[error("tensor {name} {shape:?} is missing")]
    Missing {
        /// Its name.
        name: String,
        /// The shape that it should have.
        shape: Vec<usize>,
    },
    /// A tensor has another shape than the model's sizes ask for.
    #[error("tensor {name} is {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor that the model has no place for.
    #[error("tensor {0} is no part of the model")]
    Unknown(String),
    /// A weight is infinite or not a number.
    #[error("tensor {0} holds a value that is no finite number")]
    NotFinite(String),
    /// The arrays cannot be made.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl AttentiveChromeConfig {
    /// Names (as in the published PyTorch code) and shapes of all tensors, in the order in which they
    /// are initialised and written.
    pub fn tensor_shapes(&self) -> Vec<(String, Vec<usize>)> {
        let mut shapes = Vec::new();
        for mark in 0..self.n_marks {
            let parts = BiLstmAttention::parts(1, self.bin_hidden);
            shapes.extend(parts.into_iter().map(|(name, shape)| (format!("rnn_hms.{mark}.{name}"), shape)));
        }
        let parts = BiLstmAttention::parts(2 * self.bin_hidden, self.mark_hidden);
        shapes.extend(parts.into_iter().map(|(name, shape)| (format!("hm_level_rnn_1.{name}"), shape)));
        shapes.push(("fdiff1_1.weight".to_owned(), vec![1, 2 * self.mark_hidden]));
        shapes.push(("fdiff1_1.bias".to_owned(), vec![1]));
        shapes
    }

    /// Number of weights.
    pub fn n_weights(&self) -> usize {
        self.tensor_shapes().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Lengths of the four parameters: bin level, mark level, head weight, head bias.
    fn lengths(&self) -> [usize; 4] {
        [
            self.n_marks * BiLstmAttention::flat_len(1, self.bin_hidden),
            BiLstmAttention::flat_len(2 * self.bin_hidden, self.mark_hidden),
            2 * self.mark_hidden,
            1,
        ]
    }
}

impl AttentiveChrome {
    /// A model from all its weights, one after the other in the order of
    /// [`AttentiveChromeConfig::tensor_shapes`].
    ///
    /// # Errors
    /// If there are more or fewer.
    pub fn from_flat(config: &AttentiveChromeConfig, weights: &[f32]) -> Result<Self> {
        let lengths = config.lengths();
        if weights.len() != lengths.iter().sum::<usize>() {
            candle_core::bail!("{} weights given, the model has {}", weights.len(), lengths.iter().sum::<usize>());
        }
        let mut rest = weights;
        let mut take = |length: usize, shape: [usize; 2]| {
            let (part, after) = rest.split_at(length);
            rest = after;
            Tensor::from_slice(part, &shape, &Device::Cpu)
        };
        let bins = take(lengths[0], [config.n_marks, lengths[0] / config.n_marks])?;
        let marks = take(lengths[1], [1, lengths[1]])?;
        let head_weight = take(lengths[2], [1, lengths[2]])?;
        let head_bias = take(1, [1, 1])?.flatten_all()?;
        Ok(AttentiveChrome {
            bins: BiLstmAttention::new(config.n_bins, 1, config.bin_hidden, bins)?,
            marks: BiLstmAttention::new(config.n_marks, 2 * config.bin_hidden, config.mark_hidden, marks)?,
            head_weight: Var::from_tensor(&head_weight)?,
            head_bias: Var::from_tensor(&head_bias)?,
            config: config.clone(),
        })
    }

    /// A model from tensors with the published names, in any order.
    ///
    /// # Errors
    /// [`WeightError`] where a tensor is missing, unknown or of another shape.
    pub fn from_tensors(
        config: &AttentiveChromeConfig,
        tensors: &[(String, Tensor)],
    ) -> std::result::Result<Self, WeightError> {
        let mut named: HashMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut weights = Vec::with_capacity(config.n_weights());
        for (name, expected) in config.tensor_shapes() {
            let Some(tensor) = named.remove(name.as_str()) else {
                return Err(WeightError::Missing { name, shape: expected });
            };
            if tensor.dims() != expected {
                return Err(WeightError::Shape { name, found: tensor.dims().to_vec(), expected });
            }
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            if values.iter().any(|value| !value.is_finite()) {
                return Err(WeightError::NotFinite(name));
            }
            weights.extend(values);
        }
        // the first in file order, so that the message does not depend on hashing
        match tensors.iter().find(|(name, _)| named.contains_key(name.as_str())) {
            Some((name, _)) => Err(WeightError::Unknown(name.clone())),
            None => Ok(AttentiveChrome::from_flat(config, &weights)?),
        }
    }

    /// All weights, in the order of [`AttentiveChromeConfig::tensor_shapes`].
    ///
    /// # Errors
    /// Of the device that holds them.
    pub fn to_flat(&self) -> Result<Vec<f32>> {
        let mut flat = Vec::with_capacity(self.config.n_weights());
        for parameter in self.parameters() {
            flat.extend(parameter.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(flat)
    }

    /// The weights as tensors with the published names.
    ///
    /// # Errors
    /// Of the device that holds them.
    pub fn to_tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let flat = self.to_flat()?;
        let mut rest = flat.as_slice();
        let part = |(name, shape): (String, Vec<usize>)| {
            let (part, after) = rest.split_at(shape.iter().product());
            rest = after;
            Ok((name, Tensor::from_slice(part, shape, &Device::Cpu)?))
        };
        self.config.tensor_shapes().into_iter().map(part).collect()
    }

    /// Sizes.
    pub fn config(&self) -> &AttentiveChromeConfig {
        &self.config
    }

    /// The parameters that are trained: bin level [mark, flat], mark level [1, flat], head weight
    /// [1, 2 × mark_hidden], head bias \[1\].
    pub fn parameters(&self) -> [&Var; 4] {
        [self.bins.weights(), self.marks.weights(), &self.head_weight, &self.head_bias]
    }

    /// `x` is [gene, mark, bin].
    ///
    /// # Errors
    /// If `x` has other marks or bins than the model.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Output> {
        let (genes, marks, bins) = x.dims3()?;
        let (contexts, bin_attention) = self.bins.forward(&x.reshape((genes, marks, bins, 1))?, mode)?;
        let mode = match mode {
            // the two levels must not drop the same units
            Mode::Train(Some(Dropout { rate, key })) => Mode::Train(Some(Dropout { rate, key: !key })),
            other => other,
        };
        let (context, mark_attention) = self.marks.forward(&contexts.unsqueeze(1)?, mode)?;
        let products = context.squeeze(1)?.broadcast_mul(self.head_weight.as_tensor())?;
        let logit = products.sum(1)?.broadcast_add(self.head_bias.as_tensor())?;
        Ok(Output { logit, bin_attention, mark_attention: mark_attention.squeeze(1)? })
    }
}

impl candle_nn::Module for AttentiveChrome {
    /// The logits alone, \[gene\], so that the model fits wherever candle takes a module.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.forward(x, Mode::Infer)?.logit)
    }
}

#[cfg(test)]
mod tests;
