//! DeepMotif's CNN (Lanchantin, Singh, Wang & Qi, PSB 2017): three convolutions over bases with ReLU, max-pooling after
//! the first two, dropout after each, the highest of each filter along the sequence, a linear layer.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::convolution::{FrontEnd, max_pool};
use super::convolutions::Convolutions;
use super::design::{Design, PSB_2017, Shape, or};
use super::layer::{Parameters, linear, linear_tensors, logit, split};
use super::{Architecture, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of DeepMotif's CNN. As published it has 136,322 weights for the four bases, whatever the sequence's length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepMotifCnnConfig {
    /// Input channels: the four bases.
    pub n_marks: usize,
    /// Positions of a sequence.
    pub n_bins: usize,
    /// Positions that a filter of the first convolution sees (9 as published).
    pub kernel_width: usize,
    /// Those of the second and the third convolution (5 and 3 as published).
    pub later_widths: [usize; 2],
    /// Filters of each convolution (128 as published).
    pub filters: usize,
    /// Neighbouring positions of which the highest is kept, after the first two convolutions (2 as published).
    pub pool: usize,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-motif-cnn",
    title: "DeepMotif's CNN for bases: three convolutions, the highest of each filter; no attention",
    citation: PSB_2017,
    dropout: 0.5,
    of_pair: false,
    n_weights: 128 * (4 * 9 + 1) + 128 * (128 * 5 + 1) + 128 * (128 * 3 + 1) + 258,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, n_outputs, .. } = shape;
        ModelConfig::DeepMotifCnn(DeepMotifCnnConfig {
            n_marks,
            n_bins,
            kernel_width: or(sizes.kernel_width, 9),
            later_widths: [5, 3],
            filters: or(sizes.filters, 128),
            pool: or(sizes.pool, 2),
            n_outputs,
        })
    },
}];

impl DeepMotifCnnConfig {
    /// The three convolutions; the last one's positions are not pooled here, because dropout comes before their maximum.
    fn convolutions(&self) -> [FrontEnd; 3] {
        let &DeepMotifCnnConfig { n_marks: channels, n_bins, kernel_width, filters, pool, .. } = self;
        let [second, third] = self.later_widths;
        let first = FrontEnd { channels, n_bins, kernel_width, filters, pool };
        let second = FrontEnd { channels: filters, n_bins: first.positions(), kernel_width: second, ..first };
        let third = FrontEnd { n_bins: second.positions(), kernel_width: third, pool: 1, ..second };
        [first, second, third]
    }

    fn head(&self) -> Vec<TensorSpec> {
        linear_tensors("out", self.filters, self.n_outputs)
    }

    /// The shortest sequence that leaves the last convolution a position.
    fn fewest_positions(&self) -> usize {
        let [second, third] = self.later_widths;
        [second, self.kernel_width].iter().fold(third, |after, width| after * self.pool + width - 1)
    }
}

impl Architecture for DeepMotifCnnConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [false, false]
    }

    fn of_bases(&self) -> bool {
        true
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = Convolutions::tensors(&self.convolutions());
        tensors.extend(self.head());
        tensors
    }

    fn problem(&self) -> Option<String> {
        let (n_bins, fewest) = (self.n_bins, self.fewest_positions());
        (n_bins < fewest).then(|| {
            format!(
                "{n_bins} positions are too few for kernels of {}, {} and {} and two pools of {}, which need {fewest}: \
                 make them smaller, or the sequences longer",
                self.kernel_width, self.later_widths[0], self.later_widths[1], self.pool
            )
        })
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let [of_convolutions, of_head] = split(weights, &self.head())?;
        let convolutions = Convolutions::new(&self.convolutions(), [0; 2], true, &of_convolutions)?;
        let head = Parameters::new(&self.head(), &of_head)?;
        Ok(Box::new(DeepMotifCnn { config: self.clone(), convolutions, head }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let [first, second, third] = self.convolutions();
        let third = FrontEnd { pool: third.positions(), ..third };
        let mut layers: Vec<_> = [first, second, third].iter().flat_map(|layer| layer.chain(weights)).collect();
        layers.push(weights.output(self.filters, self.n_outputs));
        layers
    }
}

/// The convolutional network.
#[derive(Debug)]
struct DeepMotifCnn {
    config: DeepMotifCnnConfig,
    convolutions: Convolutions,
    head: Parameters,
}

impl Network for DeepMotifCnn {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepMotifCnn(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.head.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        std::iter::once(self.convolutions.weights()).chain(self.head.all()).collect()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let places = self.convolutions.forward(x, mode)?;
        let (genes, models, positions, filters) = places.dims4()?;
        let highest = max_pool(&places.reshape((genes * models, positions, filters))?, positions)?;
        let highest = highest.reshape((genes, models, filters))?;
        let outputs = self.head.each_row(&highest, filters, mode, |highest, weights| {
            let outputs = linear(highest, weights.next()?, weights.next()?)?;
            Ok(Output { logit: logit(&outputs)?, bin_attention: None, mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let [of_convolutions, of_head] = split(weights, &self.config.head())?;
        let convolutions = self.convolutions.sibling(&of_convolutions)?;
        let head = Parameters::new(&self.config.head(), &of_head)?;
        Ok(Box::new(DeepMotifCnn { config: self.config.clone(), convolutions, head }))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.convolutions.set_instruction_set(instructions);
    }
}
