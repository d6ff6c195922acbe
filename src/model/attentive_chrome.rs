//! AttentiveChrome, LSTM-α,β (Singh, Lanchantin, Sekhon & Qi, NIPS 2017), as the published PyTorch
//! code computes it.
//!
//! Each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors go, in mark order, through a second bidirectional LSTM and are pooled by mark
//! attention β; a linear layer gives the logit.
//!
//! Several models of one shape (the seeds of an ensemble, the models of several samples) are computed
//! together, as more groups of the same two layers. They share nothing: each gives what it would give
//! alone.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor, Var};

use super::{AttentiveChromeConfig, BiLstmAttention, Dropout, InstructionSet, Mode};

/// What each model says of its genes.
#[derive(Clone, Debug)]
pub struct Output {
    /// Log-odds of being expressed, [gene, model].
    pub logit: Tensor,
    /// α, [gene, model, mark, bin]; sums to 1 over the bins.
    pub bin_attention: Tensor,
    /// β, [gene, model, mark]; sums to 1 over the marks.
    pub mark_attention: Tensor,
}

/// One or more models of one shape, with their weights.
#[derive(Clone, Debug)]
pub struct AttentiveChrome {
    config: AttentiveChromeConfig,
    n_models: usize,
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

    /// Lengths of one model's four parameters: bin level, mark level, head weight, head bias.
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
    /// Models from all their weights, [model, weight]: a model's weights lie one after the other in
    /// the order of [`AttentiveChromeConfig::tensor_shapes`]. The models live where the tensor does.
    ///
    /// # Errors
    /// If a row has more or fewer weights, or there is no row.
    pub fn from_flat(config: &AttentiveChromeConfig, weights: &Tensor) -> Result<Self> {
        let (n_models, found) = weights.dims2()?;
        if n_models == 0 || found != config.n_weights() {
            candle_core::bail!("{n_models} models of {found} weights given, a model has {}", config.n_weights());
        }
        let [bins, marks, head_weight, head_bias] = parts(config, weights)?;
        Ok(AttentiveChrome {
            n_models,
            bins: BiLstmAttention::new(config.n_bins, 1, config.bin_hidden, bins)?,
            marks: BiLstmAttention::new(config.n_marks, 2 * config.bin_hidden, config.mark_hidden, marks)?,
            head_weight: Var::from_tensor(&head_weight)?,
            head_bias: Var::from_tensor(&head_bias)?,
            config: config.clone(),
        })
    }

    /// Computes with these instructions, where the processor has them; else with the best it has.
    pub fn with_instruction_set(mut self, instructions: InstructionSet) -> Self {
        self.bins = self.bins.with_instruction_set(instructions);
        self.marks = self.marks.with_instruction_set(instructions);
        self
    }

    /// Works in the same memory as other models of the same shape, one after the other or side by side:
    /// what the first has left in the processor's caches serves the next.
    pub fn sharing_memory_of(mut self, other: &Self) -> Self {
        self.bins.share_memory_of(&other.bins);
        self.marks.share_memory_of(&other.marks);
        self
    }

    /// Gives the models other weights, [model, weight].
    ///
    /// # Errors
    /// If there are more or fewer.
    pub fn set_flat(&self, weights: &Tensor) -> Result<()> {
        if weights.dims() != [self.n_models, self.config.n_weights()] {
            candle_core::bail!("weights {:?} are not of {} models", weights.dims(), self.n_models);
        }
        let parts = parts(&self.config, weights)?;
        self.parameters().into_iter().zip(&parts).try_for_each(|(parameter, part)| parameter.set(part))
    }

    /// Puts one tensor for each of [`Self::parameters`] side by side: [model, weight], the order of
    /// [`Self::from_flat`].
    ///
    /// # Errors
    /// If they have other shapes than the parameters.
    pub fn flatten(&self, parts: &[Tensor; 4]) -> Result<Tensor> {
        let rows = parts.iter().map(|part| part.reshape((self.n_models, ()))).collect::<Result<Vec<_>>>()?;
        Tensor::cat(&rows, 1)
    }

    /// `n_models` models from tensors with the published names, in any order; of several models, each
    /// name begins with [`member_prefix`].
    ///
    /// # Errors
    /// [`WeightError`] where a tensor is missing, unknown or of another shape.
    pub fn from_tensors(
        config: &AttentiveChromeConfig,
        n_models: usize,
        tensors: &[(String, Tensor)],
        device: &Device,
    ) -> std::result::Result<Self, WeightError> {
        let mut named: HashMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut weights = Vec::with_capacity(n_models * config.n_weights());
        for (name, expected) in member_shapes(config, n_models) {
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
            None => {
                let weights = Tensor::from_vec(weights, (n_models, config.n_weights()), device)?;
                Ok(AttentiveChrome::from_flat(config, &weights)?)
            }
        }
    }

    /// All weights, [model, weight], in the order of [`Self::from_flat`].
    ///
    /// # Errors
    /// Of the device that holds them.
    pub fn to_flat(&self) -> Result<Tensor> {
        self.flatten(&self.parameters().map(|parameter| parameter.as_detached_tensor()))
    }

    /// The weights as tensors with the published names; of several models, each name begins with
    /// [`member_prefix`].
    ///
    /// # Errors
    /// Of the device that holds them.
    pub fn to_tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let flat = self.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = flat.as_slice();
        let part = |(name, shape): (String, Vec<usize>)| {
            let (part, after) = rest.split_at(shape.iter().product());
            rest = after;
            Ok((name, Tensor::from_slice(part, shape, &Device::Cpu)?))
        };
        member_shapes(&self.config, self.n_models).into_iter().map(part).collect()
    }

    /// Sizes of each model.
    pub fn config(&self) -> &AttentiveChromeConfig {
        &self.config
    }

    /// Number of models.
    pub fn n_models(&self) -> usize {
        self.n_models
    }

    /// Where the weights are, and where inputs must be.
    pub fn device(&self) -> &Device {
        self.head_bias.device()
    }

    /// The parameters that are trained: bin level [model × mark, flat], mark level [model, flat], head
    /// weight [model, 2 × mark_hidden], head bias \[model\].
    pub fn parameters(&self) -> [&Var; 4] {
        [self.bins.weights(), self.marks.weights(), &self.head_weight, &self.head_bias]
    }

    /// `x` is [gene, model, mark, bin]: each model has genes of its own.
    ///
    /// # Errors
    /// If `x` has other models, marks or bins.
    pub fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (genes, models, marks, bins) = x.dims4()?;
        let (contexts, bin_attention) = self.bins.forward(&x.reshape((genes, models * marks, bins, 1))?, mode)?;
        let mode = match mode {
            // the two levels must not drop the same units
            Mode::Train(Some(dropout)) => {
                Mode::Train(Some(Dropout { keys: dropout.keys.iter().map(|key| !key).collect(), ..*dropout }))
            }
            other => other.clone(),
        };
        let contexts = contexts.reshape((genes, models, marks, 2 * self.config.bin_hidden))?;
        let (context, mark_attention) = self.marks.forward(&contexts, &mode)?;
        let products = context.broadcast_mul(self.head_weight.as_tensor())?;
        let logit = products.sum(2)?.broadcast_add(self.head_bias.as_tensor())?;
        Ok(Output { logit, bin_attention: bin_attention.reshape((genes, models, marks, bins))?, mark_attention })
    }
}

/// One tensor for each parameter, of weights [model, weight].
fn parts(config: &AttentiveChromeConfig, weights: &Tensor) -> Result<[Tensor; 4]> {
    let lengths = config.lengths();
    let models = weights.dim(0)?;
    let part = |at: usize| weights.narrow(1, lengths[..at].iter().sum(), lengths[at]);
    Ok([
        part(0)?.reshape((models * config.n_marks, lengths[0] / config.n_marks))?,
        part(1)?.contiguous()?,
        part(2)?.contiguous()?,
        part(3)?.reshape(models)?,
    ])
}

/// What the names of a model's tensors begin with in a file of several models: `members.0.` and so on.
pub fn member_prefix(member: usize) -> String {
    format!("members.{member}.")
}

/// Names and shapes of all tensors of `n_models` models, in the order of the weights.
fn member_shapes(config: &AttentiveChromeConfig, n_models: usize) -> Vec<(String, Vec<usize>)> {
    let prefix = |member| if n_models > 1 { member_prefix(member) } else { String::new() };
    let shapes = |member| {
        let prefix = prefix(member);
        config.tensor_shapes().into_iter().map(move |(name, shape)| (format!("{prefix}{name}"), shape))
    };
    (0..n_models).flat_map(shapes).collect()
}

impl candle_nn::Module for AttentiveChrome {
    /// The logits alone, [gene, model], so that the model fits wherever candle takes a module.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.forward(x, &Mode::Infer)?.logit)
    }
}

#[cfg(test)]
mod tests;
