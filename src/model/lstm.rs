//! LSTM, an ablation of AttentiveChrome (Singh et al., NIPS 2017): one bidirectional LSTM over the vectors of
//! all marks of a bin; a linear layer on the last output of each direction gives the logit.

use candle_core::{Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::encoders::{EncodersAndHead, Encoding};
use super::{Architecture, ModelConfig, Network, TensorSpec};

/// Sizes of an LSTM model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
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
    // published with one bias a gate and two outputs: 9,858
    n_weights: 2 * (4 * 32 * (5 + 32 + 2)) + 65,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::Lstm(LstmConfig { n_marks, n_bins, body_parts, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

impl LstmConfig {
    fn encoding(&self) -> Encoding {
        let &LstmConfig { n_marks, n_bins, body_parts, bin_hidden: hidden } = self;
        Encoding { n_marks, places: [n_bins, body_parts], hidden, is_joint: true, attends: false }
    }
}

impl Architecture for LstmConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn body_parts(&self) -> usize {
        self.body_parts
    }

    fn attention(&self) -> [bool; 2] {
        [false, false]
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        self.encoding().tensors_with_head()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(EncodersAndHead::new(ModelConfig::Lstm(self.clone()), self.encoding(), weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        self.encoding().chain_with_head(weights)
    }
}
