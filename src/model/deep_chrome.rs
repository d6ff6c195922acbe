//! DeepChrome (Singh, Lanchantin, Robins & Qi, Bioinformatics 2016): convolution over the bins of all marks,
//! ReLU, max-pooling, dropout, and linear layers with ReLU between them.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::design::{BIOINFORMATICS_2016, Design, Shape, or};
use super::front_ends::FrontEnds;
use super::layer::{Parameters, linear, linear_tensors, logit};
use super::{Architecture, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of a DeepChrome model. As published it has 644,177 weights for 5 marks and 100 bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepChromeConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that it reads beside the window; 0 of the published model, which reads the window alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub body_parts: usize,
    /// Bins that a filter sees (10 as published).
    pub kernel_width: usize,
    /// Filters (50 as published).
    pub filters: usize,
    /// Neighbouring positions of which the highest is kept (5 as published).
    pub pool: usize,
    /// Units of the hidden layers (625 and 125 as published).
    pub hidden: Vec<usize>,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-chrome",
    title: "DeepChrome: a convolution over all marks and two hidden layers; no attention",
    citation: BIOINFORMATICS_2016,
    dropout: 0.5,
    of_pair: false,
    n_weights: 644_177,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, body_parts, n_outputs } = shape;
        ModelConfig::DeepChrome(DeepChromeConfig {
            n_marks,
            n_bins,
            body_parts,
            kernel_width: or(sizes.kernel_width, 10),
            filters: or(sizes.filters, 50),
            pool: or(sizes.pool, 5),
            hidden: sizes.layers(&[625, 125]),
            n_outputs,
        })
    },
}];

impl DeepChromeConfig {
    fn front_ends(&self) -> FrontEnds {
        let &DeepChromeConfig { n_marks, n_bins, body_parts, kernel_width, filters, pool, .. } = self;
        let of_window = FrontEnd { channels: n_marks, n_bins, kernel_width, filters, pool };
        FrontEnds { n_marks, body_parts, is_joint: true, of_window }
    }
}

impl Architecture for DeepChromeConfig {
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
        let mut tensors = self.front_ends().tensors(false);
        let mut inputs = self.front_ends().n_units();
        for (layer, &units) in self.hidden.iter().enumerate() {
            tensors.extend(linear_tensors(&format!("hidden.{layer}"), inputs, units));
            inputs = units;
        }
        tensors.extend(linear_tensors("out", inputs, self.n_outputs));
        tensors
    }

    fn problem(&self) -> Option<String> {
        self.front_ends().problem()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let parameters = Parameters::new(&self.tensors(), weights)?;
        Ok(Box::new(DeepChrome { config: self.clone(), parameters }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let mut layers = vec![self.front_ends().chain(weights, false)];
        let mut inputs = self.front_ends().n_units();
        for &units in &self.hidden {
            layers.extend([weights.dense(inputs, units), NetworkLayer::RELU]);
            inputs = units;
        }
        layers.push(weights.output(inputs, self.n_outputs));
        layers
    }
}

/// The convolutional network.
#[derive(Debug)]
struct DeepChrome {
    config: DeepChromeConfig,
    parameters: Parameters,
}

impl Network for DeepChrome {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepChrome(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.parameters.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.parameters.all()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let front_ends = self.config.front_ends();
        let outputs = self.parameters.each_row(x, front_ends.row_size(), mode, |x, weights| {
            let units = front_ends.forward(x, weights)?;
            let mut units = weights.drop(&units, 0)?;
            for _ in &self.config.hidden {
                units = linear(&units, weights.next()?, weights.next()?)?.relu()?;
            }
            let outputs = linear(&units, weights.next()?, weights.next()?)?;
            Ok(Output { logit: logit(&outputs)?, bin_attention: None, mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        self.config.network(weights)
    }
}
