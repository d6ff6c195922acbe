//! LSTM-Attn, an ablation of AttentiveChrome (Singh et al., NIPS 2017): one bidirectional LSTM over the
//! vectors of all marks of a bin, pooled by one bin attention; a linear layer gives the logit.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::layer::Head;
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of an LSTM-Attn model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmAttentionConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTM.
    pub bin_hidden: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "lstm-attention",
    title: "LSTM-Attn: one LSTM over the vectors of the marks, one bin attention",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    reads_bodies: false,
    n_weights: 2 * (4 * 32 * (5 + 32 + 2)) + 64 + 65,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, .. } = shape;
        ModelConfig::LstmAttention(LstmAttentionConfig { n_marks, n_bins, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

impl Architecture for LstmAttentionConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [true, false]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut parts = BiLstmAttention::parts(self.n_marks, self.bin_hidden);
        parts.push(("out.weight".to_owned(), vec![1, 2 * self.bin_hidden]));
        parts.push(("out.bias".to_owned(), vec![1]));
        parts.into_iter().map(|(name, shape)| TensorSpec { name, shape, bound: 0.1 }).collect()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(LstmAttention::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let mut layers = vec![NetworkLayer::transposed(self.n_marks, self.n_bins)];
        layers.extend(weights.encoder(self.n_marks, self.bin_hidden).0);
        layers.push(weights.dense(2 * self.bin_hidden, 1));
        layers
    }
}

/// The layer of all models, each a group of it, and their heads.
#[derive(Debug)]
struct LstmAttention {
    config: LstmAttentionConfig,
    n_models: usize,
    bins: BiLstmAttention,
    head: Head,
}

impl LstmAttention {
    fn new(config: &LstmAttentionConfig, weights: &Tensor) -> Result<Self> {
        let (n_models, all) = weights.dims2()?;
        let of_bins = BiLstmAttention::flat_len(config.n_marks, config.bin_hidden);
        let own = weights.narrow(1, 0, of_bins)?.contiguous()?;
        Ok(LstmAttention {
            n_models,
            bins: BiLstmAttention::new(config.n_bins, config.n_marks, config.bin_hidden, own)?,
            head: Head::new(&weights.narrow(1, of_bins, all - of_bins)?)?,
            config: config.clone(),
        })
    }
}

impl Network for LstmAttention {
    fn config(&self) -> ModelConfig {
        ModelConfig::LstmAttention(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.n_models
    }

    fn parameters(&self) -> Vec<&Var> {
        let [weight, bias] = self.head.parameters();
        vec![self.bins.weights(), weight, bias]
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        // a step's input is the vector of the marks
        let (context, attention) = self.bins.forward(&x.transpose(2, 3)?.contiguous()?, mode)?;
        let attention = attention.unsqueeze(2)?.broadcast_as(x.shape())?;
        Ok(Output {
            logit: self.head.forward(&context)?,
            bin_attention: Some(attention),
            mark_attention: None,
            auxiliary: None,
        })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = LstmAttention::new(&self.config, weights)?;
        sibling.bins.share_memory_of(&self.bins);
        sibling.set_instruction_set(self.bins.instructions);
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.bins.set_instruction_set(instructions);
    }
}
