//! DeepChrome's linear mode (Singh, Lanchantin, Robins & Qi, Bioinformatics 2016): logistic or linear
//! regression on all bins of all marks.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{BIOINFORMATICS_2016, Design, Shape};
use super::layer::{Parameters, linear, linear_tensors, logit};
use super::{Architecture, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of the linear mode. With two outputs, as published, it has 1,002 weights for 5 marks and 100
/// bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepChromeLinearConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-chrome-linear",
    title: "DeepChrome's linear mode: logistic or linear regression on all bins; no attention",
    citation: BIOINFORMATICS_2016,
    dropout: 0.0,
    of_pair: false,
    n_weights: 1_002,
    config: |_, shape| {
        let Shape { n_marks, n_bins, body_parts, n_outputs } = shape;
        ModelConfig::DeepChromeLinear(DeepChromeLinearConfig { n_marks, n_bins, body_parts, n_outputs })
    },
}];

impl DeepChromeLinearConfig {
    /// Numbers of a row.
    fn n_inputs(&self) -> usize {
        self.n_marks * (self.n_bins + self.body_parts)
    }
}

impl Architecture for DeepChromeLinearConfig {
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
        linear_tensors("out", self.n_inputs(), self.n_outputs)
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let parameters = Parameters::new(&self.tensors(), weights)?;
        Ok(Box::new(DeepChromeLinear { config: self.clone(), parameters }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        vec![weights.output(self.n_inputs(), self.n_outputs)]
    }
}

/// One linear layer on all values of a window.
#[derive(Debug)]
struct DeepChromeLinear {
    config: DeepChromeLinearConfig,
    parameters: Parameters,
}

impl Network for DeepChromeLinear {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepChromeLinear(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.parameters.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.parameters.all()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let outputs = self.parameters.each_row(x, self.config.n_inputs(), mode, |x, weights| {
            let outputs = linear(x, weights.next()?, weights.next()?)?;
            Ok(Output { logit: logit(&outputs)?, bin_attention: None, mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        self.config.network(weights)
    }
}
