//! AttentiveChrome, LSTM-α,β (Singh, Lanchantin, Sekhon & Qi, NIPS 2017), as the published PyTorch
//! code computes it.
//!
//! Each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors go, in mark order, through a second bidirectional LSTM and are pooled by mark
//! attention β; a linear layer gives the logit.
//!
//! A model that reads the genes' bodies too has a second encoder for each mark, over the places of the body. The marks
//! in the window, then the marks in the body are the steps of the LSTM over marks, so that β says how much each layer
//! counts: it sums to 1 over both.
//!
//! Several models of one shape (the seeds of an ensemble, the models of several samples) are computed
//! together, as more groups of the same two layers. They share nothing: each gives what it would give
//! alone.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::encoders::{Encoders, Encoding};
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of an AttentiveChrome model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttentiveChromeConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Hidden units a direction of the LSTM over bins (32 in the paper).
    pub bin_hidden: usize,
    /// Hidden units a direction of the LSTM over marks (16 in the paper).
    pub mark_hidden: usize,
}

/// One or more models of one shape, with their weights.
#[derive(Clone, Debug)]
pub struct AttentiveChrome {
    config: AttentiveChromeConfig,
    n_models: usize,
    encoders: Encoders,
    marks: BiLstmAttention,
    head_weight: Var,
    head_bias: Var,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "attentive-chrome",
    title: "AttentiveChrome, LSTM-α,β: an LSTM and bin attention for each mark, an LSTM and attention over marks",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    n_weights: 55_681,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::AttentiveChrome(AttentiveChromeConfig {
            n_marks,
            n_bins,
            body_parts,
            bin_hidden: or(sizes.bin_hidden, 32),
            mark_hidden: or(sizes.mark_hidden, 16),
        })
    },
}];

impl AttentiveChromeConfig {
    fn encoding(&self) -> Encoding {
        let &AttentiveChromeConfig { n_marks, n_bins, body_parts, bin_hidden: hidden, .. } = self;
        Encoding { n_marks, places: [n_bins, body_parts], hidden, is_joint: false, attends: true }
    }

    /// Names (as in the published PyTorch code) and shapes of all tensors, in the order in which they
    /// are initialised and written.
    pub fn tensor_shapes(&self) -> Vec<(String, Vec<usize>)> {
        let encoders = self.encoding().tensors().into_iter();
        let mut shapes: Vec<_> = encoders.map(|tensor| (tensor.name, tensor.shape)).collect();
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
        let mut taken = 0;
        let mut take = |length: usize| -> Result<Tensor> {
            taken += length;
            weights.narrow(1, taken - length, length)?.contiguous()
        };
        let (encoding, width) = (config.encoding(), 2 * config.bin_hidden);
        let encoders = Encoders::new(encoding, &take(encoding.n_weights())?)?;
        let marks = take(BiLstmAttention::flat_len(width, config.mark_hidden))?;
        Ok(AttentiveChrome {
            n_models,
            marks: BiLstmAttention::new(encoding.len(), width, config.mark_hidden, marks)?,
            encoders,
            head_weight: Var::from_tensor(&take(2 * config.mark_hidden)?)?,
            head_bias: Var::from_tensor(&take(1)?.reshape(n_models)?)?,
            config: config.clone(),
        })
    }
}

impl Architecture for AttentiveChromeConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn body_parts(&self) -> usize {
        self.body_parts
    }

    fn attention(&self) -> [bool; 2] {
        [true, true]
    }

    /// The published code draws every tensor, biases included, within 0.1.
    fn tensors(&self) -> Vec<TensorSpec> {
        self.tensor_shapes().into_iter().map(|(name, shape)| TensorSpec::new(name, &shape, 0.1)).collect()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(AttentiveChrome::from_flat(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let width = 2 * self.bin_hidden;
        let mut layers = vec![self.encoding().chain(weights)];
        layers.extend(weights.encoder(width, self.mark_hidden).0);
        layers.push(weights.dense(2 * self.mark_hidden, 1));
        layers
    }
}

impl Network for AttentiveChrome {
    fn config(&self) -> ModelConfig {
        ModelConfig::AttentiveChrome(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.n_models
    }

    /// Bin level [model × mark, flat], the same of the body where it is read, mark level [model, flat], head weight
    /// [model, 2 × mark_hidden], head bias \[model\].
    fn parameters(&self) -> Vec<&Var> {
        self.encoders.parameters().chain([self.marks.weights(), &self.head_weight, &self.head_bias]).collect()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (contexts, bin_attention) = self.encoders.forward(x, self.n_models, mode)?;
        // the two levels must not drop the same units
        let (context, mark_attention) = self.marks.forward(&contexts, &mode.with_other_keys())?;
        let products = context.broadcast_mul(self.head_weight.as_tensor())?;
        let logit = products.sum(2)?.broadcast_add(self.head_bias.as_tensor())?;
        Ok(Output { logit, bin_attention: Some(bin_attention), mark_attention: Some(mark_attention), auxiliary: None })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = AttentiveChrome::from_flat(&self.config, weights)?;
        sibling.encoders.share_memory_of(&self.encoders);
        sibling.marks.share_memory_of(&self.marks);
        sibling.set_instruction_set(self.marks.instructions);
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.encoders.set_instruction_set(instructions);
        self.marks.set_instruction_set(instructions);
    }
}

impl candle_nn::Module for AttentiveChrome {
    /// The logits alone, [gene, model], so that the model fits wherever candle takes a module.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(Network::forward(self, x, &Mode::Infer)?.logit)
    }
}

#[cfg(test)]
mod tests;
