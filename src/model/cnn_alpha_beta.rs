//! CNN-α,β, an ablation of AttentiveChrome (Singh et al., NIPS 2017): each mark's bins go through a
//! DeepChrome front end of their own, whose positions are pooled by bin attention α; the mark level is
//! AttentiveChrome's: a bidirectional LSTM over the marks' vectors, mark attention β, a linear layer.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::design::{Design, NIPS_2017, Shape, or};
use super::front_ends::FrontEnds;
use super::layer::{Head, Parameters};
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of a CNN-α,β model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CnnAlphaBetaConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Bins that a filter sees (10 as in DeepChrome).
    pub kernel_width: usize,
    /// Filters of each mark (50 as in DeepChrome).
    pub filters: usize,
    /// Neighbouring positions of which the highest is kept (5 as in DeepChrome).
    pub pool: usize,
    /// Hidden units a direction of the LSTM over marks (16 as in AttentiveChrome).
    pub mark_hidden: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "cnn-alpha-beta",
    title: "CNN-α,β: a convolution and bin attention for each mark, an LSTM and attention over marks",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    n_weights: 5 * (550 + 50) + 8_704 + 32 + 33,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::CnnAlphaBeta(CnnAlphaBetaConfig {
            n_marks,
            n_bins,
            body_parts,
            kernel_width: or(sizes.kernel_width, 10),
            filters: or(sizes.filters, 50),
            pool: or(sizes.pool, 5),
            mark_hidden: or(sizes.mark_hidden, 16),
        })
    },
}];

impl CnnAlphaBetaConfig {
    fn front_ends(&self) -> FrontEnds {
        let &CnnAlphaBetaConfig { n_marks, n_bins, body_parts, kernel_width, filters, pool, .. } = self;
        let of_window = FrontEnd { channels: 1, n_bins, kernel_width, filters, pool };
        FrontEnds { n_marks, body_parts, is_joint: false, of_window }
    }
}

impl Architecture for CnnAlphaBetaConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn body_parts(&self) -> usize {
        self.body_parts
    }

    fn attention(&self) -> [bool; 2] {
        [true, true]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = self.front_ends().tensors(true);
        let of_marks = BiLstmAttention::parts(self.filters, self.mark_hidden).into_iter();
        tensors.extend(of_marks.map(|(name, shape)| TensorSpec::new(format!("hm_level_rnn_1.{name}"), &shape, 0.1)));
        tensors.push(TensorSpec::new("fdiff1_1.weight", &[1, 2 * self.mark_hidden], 0.1));
        tensors.push(TensorSpec::new("fdiff1_1.bias", &[1], 0.1));
        tensors
    }

    fn problem(&self) -> Option<String> {
        self.front_ends().problem()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(CnnAlphaBeta::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let mut layers = vec![self.front_ends().chain(weights, true)];
        layers.extend(weights.encoder(self.filters, self.mark_hidden).0);
        layers.push(weights.dense(2 * self.mark_hidden, 1));
        layers
    }
}

/// The front ends model by model, the mark level of all models together.
#[derive(Debug)]
struct CnnAlphaBeta {
    config: CnnAlphaBetaConfig,
    bins: Parameters,
    marks: BiLstmAttention,
    head: Head,
}

impl CnnAlphaBeta {
    fn new(config: &CnnAlphaBetaConfig, weights: &Tensor) -> Result<Self> {
        let tensors = config.front_ends().tensors(true);
        let of_bins = tensors.iter().map(TensorSpec::n_weights).sum::<usize>();
        let of_marks = BiLstmAttention::flat_len(config.filters, config.mark_hidden);
        let marks = weights.narrow(1, of_bins, of_marks)?.contiguous()?;
        Ok(CnnAlphaBeta {
            config: config.clone(),
            bins: Parameters::new(&tensors, weights)?,
            marks: BiLstmAttention::new(config.front_ends().len(), config.filters, config.mark_hidden, marks)?,
            head: Head::new(&weights.narrow(1, of_bins + of_marks, 2 * config.mark_hidden + 1)?)?,
        })
    }
}

impl Network for CnnAlphaBeta {
    fn config(&self) -> ModelConfig {
        ModelConfig::CnnAlphaBeta(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.bins.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        let [weight, bias] = self.head.parameters();
        self.bins.all().into_iter().chain([self.marks.weights(), weight, bias]).collect()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let front_ends = self.config.front_ends();
        let of_models =
            self.bins.each_row(x, front_ends.row_size(), mode, |x, weights| front_ends.attend(x, weights))?;
        let (contexts, attentions): (Vec<_>, Vec<_>) = of_models.into_iter().unzip();
        let contexts = Tensor::stack(&contexts, 1)?;
        let bin_attention = Tensor::stack(&attentions, 1)?.reshape(x.shape())?;
        let (context, mark_attention) = self.marks.forward(&contexts, &mode.with_other_keys())?;
        let logit = self.head.forward(&context)?;
        Ok(Output { logit, bin_attention: Some(bin_attention), mark_attention: Some(mark_attention), auxiliary: None })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = CnnAlphaBeta::new(&self.config, weights)?;
        sibling.marks.share_memory_of(&self.marks);
        sibling.set_instruction_set(self.marks.instructions);
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.marks.set_instruction_set(instructions);
    }
}
