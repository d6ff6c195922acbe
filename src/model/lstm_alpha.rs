//! LSTM-α, an ablation of AttentiveChrome (Singh et al., NIPS 2017), and what the published Lua code
//! trains: each mark's bins go through a bidirectional LSTM of their own and are pooled by bin attention α;
//! the marks' vectors side by side go into a linear layer, which gives the logit.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, NIPS_2017, Shape, or};
use super::encoders::{Encoders, Encoding};
use super::layer::Head;
use super::{Architecture, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

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
    reads_bodies: true,
    n_weights: 5 * 9_024 + 321,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, .. } = shape;
        ModelConfig::LstmAlpha(LstmAlphaConfig { n_marks, n_bins, body_parts, bin_hidden: or(sizes.bin_hidden, 32) })
    },
}];

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
        let mut tensors = self.encoding().tensors();
        tensors.push(TensorSpec::new("out.weight", &[1, self.encoding().len() * 2 * self.bin_hidden], 0.1));
        tensors.push(TensorSpec::new("out.bias", &[1], 0.1));
        tensors
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(LstmAlpha::new(self, weights)?))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let encoders = self.encoding().chain(weights);
        vec![encoders, weights.dense(self.encoding().len() * 2 * self.bin_hidden, 1)]
    }
}

impl LstmAlphaConfig {
    fn encoding(&self) -> Encoding {
        Encoding { n_marks: self.n_marks, places: [self.n_bins, self.body_parts], hidden: self.bin_hidden }
    }
}

/// The encoders of all models, and their heads.
#[derive(Debug)]
struct LstmAlpha {
    config: LstmAlphaConfig,
    n_models: usize,
    encoders: Encoders,
    head: Head,
}

impl LstmAlpha {
    fn new(config: &LstmAlphaConfig, weights: &Tensor) -> Result<Self> {
        let (n_models, all) = weights.dims2()?;
        let of_encoders = config.encoding().n_weights();
        Ok(LstmAlpha {
            n_models,
            encoders: Encoders::new(config.encoding(), &weights.narrow(1, 0, of_encoders)?)?,
            head: Head::new(&weights.narrow(1, of_encoders, all - of_encoders)?)?,
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
        self.encoders.parameters().chain([weight, bias]).collect()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (contexts, attention) = self.encoders.forward(x, self.n_models, mode)?;
        let logit = self.head.forward(&contexts.reshape((x.dim(0)?, self.n_models, ()))?)?;
        Ok(Output { logit, bin_attention: Some(attention), mark_attention: None, auxiliary: None })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = LstmAlpha::new(&self.config, weights)?;
        sibling.encoders.share_memory_of(&self.encoders);
        sibling.set_instruction_set(self.encoders.instructions());
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.encoders.set_instruction_set(instructions);
    }
}
