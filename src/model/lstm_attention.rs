//! LSTM-Attn, an ablation of AttentiveChrome (Singh et al., NIPS 2017): one bidirectional LSTM over the
//! vectors of all marks of a bin, pooled by one bin attention; a linear layer gives the logit.

use candle_core::{Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::encoders::{EncodersAndHead, Encoding};
use super::{Architecture, ModelConfig, Network, TensorSpec};

/// Sizes of an LSTM-Attn model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LstmAttentionConfig {
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
    tag: "lstm-attention",
    title: "LSTM-Attn: one LSTM over the vectors of the marks, one bin attention",
    citation: NIPS_2017,
    dropout: 0.0,
    of_pair: false,
    n_weights: 2 * (4 * 32 * (5 + 32 + 2)) + 64 + 65,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::LstmAttention(LstmAttentionConfig {
            n_marks,
            n_bins,
            body_parts,
            bin_hidden: or(sizes.bin_hidden, 32),
        })
    },
}];

impl LstmAttentionConfig {
    fn encoding(&self) -> Encoding {
        let &LstmAttentionConfig { n_marks, n_bins, body_parts, bin_hidden: hidden } = self;
        Encoding { n_marks, places: [n_bins, body_parts], hidden, is_joint: true, attends: true }
    }
}

impl Architecture for LstmAttentionConfig {
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
        Ok(Box::new(EncodersAndHead::new(ModelConfig::LstmAttention(self.clone()), self.encoding(), weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        self.encoding().chain_with_head(weights)
    }
}
