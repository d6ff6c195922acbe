//! DeepChrome's MLP mode (Singh, Lanchantin, Robins & Qi, Bioinformatics 2016): one layer of tanh units on
//! all bins of all marks.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{Function, NetworkLayer, Weights};
use super::design::{BIOINFORMATICS_2016, Design, Shape};
use super::layer::{Parameters, linear, linear_tensors, logit};
use super::{Architecture, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of the MLP mode. With 250 units and two outputs, as published, it has 125,752 weights for 5 marks
/// and 100 bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepChromeMlpConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Hidden units (250 as published).
    pub hidden: usize,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-chrome-mlp",
    title: "DeepChrome's MLP mode: one hidden layer on all bins; no attention",
    citation: BIOINFORMATICS_2016,
    dropout: 0.0,
    of_pair: false,
    n_weights: 125_752,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, n_outputs } = shape;
        ModelConfig::DeepChromeMlp(DeepChromeMlpConfig {
            n_marks,
            n_bins,
            body_parts,
            hidden: sizes.layers(&[250])[0],
            n_outputs,
        })
    },
}];

impl DeepChromeMlpConfig {
    /// Numbers of a row.
    fn n_inputs(&self) -> usize {
        self.n_marks * (self.n_bins + self.body_parts)
    }
}

impl Architecture for DeepChromeMlpConfig {
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
        let mut tensors = linear_tensors("hidden", self.n_inputs(), self.hidden);
        tensors.extend(linear_tensors("out", self.hidden, self.n_outputs));
        tensors
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let parameters = Parameters::new(&self.tensors(), weights)?;
        Ok(Box::new(DeepChromeMlp { config: self.clone(), parameters }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let hidden = weights.dense(self.n_inputs(), self.hidden);
        vec![hidden, NetworkLayer::Function(Function::Tanh), weights.output(self.hidden, self.n_outputs)]
    }
}

/// Two linear layers with tanh between them.
#[derive(Debug)]
struct DeepChromeMlp {
    config: DeepChromeMlpConfig,
    parameters: Parameters,
}

impl Network for DeepChromeMlp {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepChromeMlp(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.parameters.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.parameters.all()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let outputs = self.parameters.each_row(x, self.config.n_inputs(), mode, |x, weights| {
            let hidden = linear(x, weights.next()?, weights.next()?)?.tanh()?;
            let outputs = linear(&weights.drop(&hidden, 0)?, weights.next()?, weights.next()?)?;
            Ok(Output { logit: logit(&outputs)?, bin_attention: None, mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        self.config.network(weights)
    }
}
