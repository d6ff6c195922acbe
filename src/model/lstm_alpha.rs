//! LSTM-α, an ablation of AttentiveChrome (Singh et al., NIPS 2017), and what the published Lua code
//! trains: each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors side by side go into a linear layer, which gives the logit.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::layer::Head;
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of an LSTM-α model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmAlphaConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTM of each mark.
    pub bin_hidden: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "lstm-alpha",
    title: "LSTM-α: an LSTM and bin attention for each mark, side by side",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    reads_bodies: false,
    n_weights: 5 * 9_024 + 321,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, .. } = shape;
        ModelConfig::LstmAlpha(LstmAlphaConfig { n_marks, n_bins, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

impl Architecture for LstmAlphaConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [true, false]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let of_mark = |mark: usize| {
            let parts = BiLstmAttention::parts(1, self.bin_hidden).into_iter();
            parts.map(move |(name, shape)| (format!("rnn_hms.{mark}.{name}"), shape))
        };
        let mut parts: Vec<_> = (0..self.n_marks).flat_map(of_mark).collect();
        parts.push(("out.weight".to_owned(), vec![1, self.n_marks * 2 * self.bin_hidden]));
        parts.push(("out.bias".to_owned(), vec![1]));
        parts.into_iter().map(|(name, shape)| TensorSpec { name, shape, bound: 0.1 }).collect()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(LstmAlpha::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let encoders = weights.encoders(self.n_marks, 1, self.bin_hidden);
        vec![NetworkLayer::side_by_side(self.n_bins, encoders), weights.dense(self.n_marks * 2 * self.bin_hidden, 1)]
    }
}

/// The layer of all models, a group for each mark of each model, and their heads.
#[derive(Debug)]
struct LstmAlpha {
    config: LstmAlphaConfig,
    n_models: usize,
    bins: BiLstmAttention,
    head: Head,
}

impl LstmAlpha {
    fn new(config: &LstmAlphaConfig, weights: &Tensor) -> Result<Self> {
        let (n_models, all) = weights.dims2()?;
        let of_mark = BiLstmAttention::flat_len(1, config.bin_hidden);
        let of_bins = config.n_marks * of_mark;
        let own = weights.narrow(1, 0, of_bins)?.contiguous()?.reshape((n_models * config.n_marks, of_mark))?;
        Ok(LstmAlpha {
            n_models,
            bins: BiLstmAttention::new(config.n_bins, 1, config.bin_hidden, own)?,
            head: Head::new(&weights.narrow(1, of_bins, all - of_bins)?)?,
            config: config.clone(),
        })
    }
}

impl Network for LstmAlpha {
    fn config(&self) -> ModelConfig {
        ModelConfig::LstmAlpha(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.n_models
    }

    fn parameters(&self) -> Vec<&Var> {
        let [weight, bias] = self.head.parameters();
        vec![self.bins.weights(), weight, bias]
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (genes, models, marks, bins) = x.dims4()?;
        let (contexts, attention) = self.bins.forward(&x.reshape((genes, models * marks, bins, 1))?, mode)?;
        let logit = self.head.forward(&contexts.reshape((genes, models, ()))?)?;
        Ok(Output { logit, bin_attention: Some(attention.reshape(x.shape())?), mark_attention: None, auxiliary: None })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = LstmAlpha::new(&self.config, weights)?;
        sibling.bins.share_memory_of(&self.bins);
        sibling.set_instruction_set(self.bins.instructions);
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.bins.set_instruction_set(instructions);
    }
}
