//! LSTM-α, an ablation of AttentiveChrome (Singh et al., NIPS 2017), and what the published Lua code
//! trains: each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors side by side go into a linear layer, which gives the logit.

use candle_core::{Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::encoders::{EncodersAndHead, Encoding};
use super::{Architecture, ModelConfig, Network, TensorSpec};

/// Sizes of an LSTM-α model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmAlphaConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
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
    n_weights: 5 * 9_024 + 321,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::LstmAlpha(LstmAlphaConfig { n_marks, n_bins, body_parts, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

impl LstmAlphaConfig {
    fn encoding(&self) -> Encoding {
        let &LstmAlphaConfig { n_marks, n_bins, body_parts, bin_hidden: hidden } = self;
        Encoding { n_marks, places: [n_bins, body_parts], hidden, is_joint: false, attends: true }
    }
}

impl Architecture for LstmAlphaConfig {
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
        self.encoding().tensors_with_head()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(EncodersAndHead::new(ModelConfig::LstmAlpha(self.clone()), self.encoding(), weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        self.encoding().chain_with_head(weights)
    }
}
