//! LSTM, an ablation of AttentiveChrome (Singh et al., NIPS 2017): one bidirectional LSTM over the vectors of
//! all marks of a bin; a linear layer on the last output of each direction gives the logit.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::layer::Head;
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of an LSTM model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTM.
    pub bin_hidden: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "lstm",
    title: "One LSTM over the vectors of the marks, its last outputs; no attention",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    reads_bodies: false,
    // published with one bias a gate and two outputs: 9,858
    n_weights: 2 * (4 * 32 * (5 + 32 + 2)) + 65,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, .. } = shape;
        ModelConfig::Lstm(LstmConfig { n_marks, n_bins, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

impl Architecture for LstmConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [false, false]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut parts = BiLstmAttention::parts(self.n_marks, self.bin_hidden);
        // the context vector
        parts.pop();
        parts.push(("out.weight".to_owned(), vec![1, 2 * self.bin_hidden]));
        parts.push(("out.bias".to_owned(), vec![1]));
        parts.into_iter().map(|(name, shape)| TensorSpec { name, shape, bound: 0.1 }).collect()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(Lstm::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        // the last step of the forward direction, the first of the reverse
        let width = 2 * self.bin_hidden;
        let last = |unit: usize| if unit < self.bin_hidden { (self.n_bins - 1) * width + unit } else { unit };
        vec![
            NetworkLayer::transposed(self.n_marks, self.n_bins),
            weights.lstm(self.n_marks, self.bin_hidden),
            NetworkLayer::Sums((0..width).map(|unit| vec![(last(unit), 1.0)]).collect()),
            weights.dense(width, 1),
        ]
    }
}

/// The layer of all models, each a group of it, and their heads.
#[derive(Debug)]
struct Lstm {
    config: LstmConfig,
    n_models: usize,
    bins: BiLstmAttention,
    head: Head,
}

impl Lstm {
    fn new(config: &LstmConfig, weights: &Tensor) -> Result<Self> {
        let (n_models, all) = weights.dims2()?;
        let of_bins = all - (2 * config.bin_hidden + 1);
        let own = weights.narrow(1, 0, of_bins)?.contiguous()?;
        Ok(Lstm {
            n_models,
            bins: BiLstmAttention::taking_last(config.n_bins, config.n_marks, config.bin_hidden, own)?,
            head: Head::new(&weights.narrow(1, of_bins, all - of_bins)?)?,
            config: config.clone(),
        })
    }
}

impl Network for Lstm {
    fn config(&self) -> ModelConfig {
        ModelConfig::Lstm(self.config.clone())
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
        let (context, _) = self.bins.forward(&x.transpose(2, 3)?.contiguous()?, mode)?;
        Ok(Output { logit: self.head.forward(&context)?, bin_attention: None, mark_attention: None, auxiliary: None })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = Lstm::new(&self.config, weights)?;
        sibling.bins.share_memory_of(&self.bins);
        sibling.set_instruction_set(self.bins.instructions);
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.bins.set_instruction_set(instructions);
    }
}
