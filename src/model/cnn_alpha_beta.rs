//! CNN-α,β, an ablation of AttentiveChrome (Singh et al., NIPS 2017): each mark's bins go through a
//! DeepChrome front end of their own, whose positions are pooled by bin attention α; the mark level is
//! AttentiveChrome's: a bidirectional LSTM over the marks' vectors, mark attention β, a linear layer.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{Chain, NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::design::{Design, NIPS_2017, Shape, or};
use super::layer::{Head, Parameters, attend};
use super::{Architecture, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of a CNN-α,β model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CnnAlphaBetaConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
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
    reads_bodies: false,
    n_weights: 5 * (550 + 50) + 8_704 + 32 + 33,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, .. } = shape;
        ModelConfig::CnnAlphaBeta(CnnAlphaBetaConfig {
            n_marks,
            n_bins,
            kernel_width: or(sizes.kernel_width, 10),
            filters: or(sizes.filters, 50),
            pool: or(sizes.pool, 5),
            mark_hidden: or(sizes.mark_hidden, 16),
        })
    },
}];

impl CnnAlphaBetaConfig {
    /// Those of one mark.
    fn front_end(&self) -> FrontEnd {
        let &CnnAlphaBetaConfig { n_bins, kernel_width, filters, pool, .. } = self;
        FrontEnd { channels: 1, n_bins, kernel_width, filters, pool }
    }

    /// The tensors of all marks' front ends and bin attentions.
    fn of_bins(&self) -> Vec<TensorSpec> {
        let of_mark = |mark: usize| {
            let mut tensors = self.front_end().tensors(&format!("cnn_hms.{mark}.conv"));
            let name = format!("cnn_hms.{mark}.bin_attention.bin_context_vector");
            tensors.push(TensorSpec::new(name, &[self.filters, 1], 0.1));
            tensors
        };
        (0..self.n_marks).flat_map(of_mark).collect()
    }
}

impl Architecture for CnnAlphaBetaConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [true, true]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = self.of_bins();
        let of_marks = BiLstmAttention::parts(self.filters, self.mark_hidden).into_iter();
        tensors.extend(of_marks.map(|(name, shape)| TensorSpec::new(format!("hm_level_rnn_1.{name}"), &shape, 0.1)));
        tensors.push(TensorSpec::new("fdiff1_1.weight", &[1, 2 * self.mark_hidden], 0.1));
        tensors.push(TensorSpec::new("fdiff1_1.bias", &[1], 0.1));
        tensors
    }

    fn problem(&self) -> Option<String> {
        self.front_end().problem()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(CnnAlphaBeta::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let encoders = (0..self.n_marks).map(|_| Chain(self.front_end().attended(weights)));
        let mut layers = vec![NetworkLayer::side_by_side(self.n_bins, encoders)];
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
        let tensors = config.of_bins();
        let of_bins = tensors.iter().map(TensorSpec::n_weights).sum::<usize>();
        let of_marks = BiLstmAttention::flat_len(config.filters, config.mark_hidden);
        let marks = weights.narrow(1, of_bins, of_marks)?.contiguous()?;
        Ok(CnnAlphaBeta {
            config: config.clone(),
            bins: Parameters::new(&tensors, weights)?,
            marks: BiLstmAttention::new(config.n_marks, config.filters, config.mark_hidden, marks)?,
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
        let front_end = self.config.front_end();
        let of_models = self.bins.each_model(x, self.config.window(), mode, |x, weights| {
            let (mut contexts, mut attentions) = (Vec::new(), Vec::new());
            for mark in 0..self.config.n_marks {
                let positions = front_end.forward(&x.narrow(1, mark, 1)?, weights)?;
                let (context, attention) = attend(&weights.drop(&positions, mark as u64)?, &weights.next()?)?;
                contexts.push(context);
                attentions.push(front_end.over_bins(&attention)?);
            }
            Ok((Tensor::stack(&contexts, 1)?, Tensor::stack(&attentions, 1)?))
        })?;
        let (contexts, attentions): (Vec<_>, Vec<_>) = of_models.into_iter().unzip();
        let (contexts, bin_attention) = (Tensor::stack(&contexts, 1)?, Tensor::stack(&attentions, 1)?);
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
