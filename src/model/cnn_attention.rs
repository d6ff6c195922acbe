//! CNN-Attn, an ablation of AttentiveChrome (Singh et al., NIPS 2017): DeepChrome's front end over the bins
//! of all marks, its positions pooled by one attention; a linear layer gives the logit.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::design::{Design, NIPS_2017, Shape, or};
use super::front_ends::FrontEnds;
use super::layer::{Parameters, linear};
use super::{Architecture, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of a CNN-Attn model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CnnAttentionConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Bins that a filter sees (10 as in DeepChrome).
    pub kernel_width: usize,
    /// Filters (50 as in DeepChrome).
    pub filters: usize,
    /// Neighbouring positions of which the highest is kept (5 as in DeepChrome).
    pub pool: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "cnn-attention",
    title: "CNN-Attn: DeepChrome's convolution over all marks, one bin attention",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    n_weights: 2_550 + 50 + 51,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::CnnAttention(CnnAttentionConfig {
            n_marks,
            n_bins,
            body_parts,
            kernel_width: or(sizes.kernel_width, 10),
            filters: or(sizes.filters, 50),
            pool: or(sizes.pool, 5),
        })
    },
}];

impl CnnAttentionConfig {
    fn front_ends(&self) -> FrontEnds {
        let &CnnAttentionConfig { n_marks, n_bins, body_parts, kernel_width, filters, pool, .. } = self;
        let of_window = FrontEnd { channels: n_marks, n_bins, kernel_width, filters, pool };
        FrontEnds { n_marks, body_parts, is_joint: true, of_window }
    }
}

impl Architecture for CnnAttentionConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn body_parts(&self) -> usize {
        self.body_parts
    }

    fn attention(&self) -> [bool; 2] {
        [true, false]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = self.front_ends().tensors(true);
        tensors.push(TensorSpec::new("out.weight", &[1, self.front_ends().len() * self.filters], 0.1));
        tensors.push(TensorSpec::new("out.bias", &[1], 0.1));
        tensors
    }

    fn problem(&self) -> Option<String> {
        self.front_ends().problem()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let parameters = Parameters::new(&self.tensors(), weights)?;
        Ok(Box::new(CnnAttention { config: self.clone(), parameters }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let front_ends = self.front_ends().chain(weights, true);
        vec![front_ends, weights.dense(self.front_ends().len() * self.filters, 1)]
    }
}

/// The convolutional network.
#[derive(Debug)]
struct CnnAttention {
    config: CnnAttentionConfig,
    parameters: Parameters,
}

impl Network for CnnAttention {
    fn config(&self) -> ModelConfig {
        ModelConfig::CnnAttention(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.parameters.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.parameters.all()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (front_ends, row) = (self.config.front_ends(), &x.dims()[2..]);
        let outputs = self.parameters.each_row(x, front_ends.row_size(), mode, |x, weights| {
            let (contexts, attention) = front_ends.attend(x, weights)?;
            let logit = linear(&contexts.flatten_from(1)?, weights.next()?, weights.next()?)?.squeeze(1)?;
            let attention = attention.reshape([&[x.dim(0)?], row].concat())?;
            Ok(Output { logit, bin_attention: Some(attention), mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        self.config.network(weights)
    }
}
