//! DeepMotif's CNN-RNN (Lanchantin, Singh, Wang & Qi, PSB 2017): a convolution over the bases, padded with zeros so that
//! it gives as many positions as there are bases, ReLU, then the RNN.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::convolutions::Convolutions;
use super::deep_motif_rnn::{Averaged, AveragedLayers};
use super::design::{Design, PSB_2017, Shape, or};
use super::layer::split;
use super::{Architecture, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of DeepMotif's CNN-RNN. As published it has 46,338 weights for the four bases (46,082 in Torch: one bias a gate).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepMotifCnnRnnConfig {
    /// Input channels: the four bases.
    pub n_marks: usize,
    /// Positions of a sequence.
    pub n_bins: usize,
    /// Positions that a filter sees (9 as published).
    pub kernel_width: usize,
    /// Filters (128 as published).
    pub filters: usize,
    /// Hidden units a direction of the LSTM (32 as published).
    pub bin_hidden: usize,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-motif-cnn-rnn",
    title: "DeepMotif's CNN-RNN for bases: a convolution, an LSTM, the mean of its outputs; no attention",
    citation: PSB_2017,
    dropout: 0.5,
    of_pair: false,
    n_weights: 128 * (4 * 9 + 1) + 2 * 4 * 32 * (128 + 32 + 2) + 130,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, n_outputs, .. } = shape;
        ModelConfig::DeepMotifCnnRnn(DeepMotifCnnRnnConfig {
            n_marks,
            n_bins,
            kernel_width: or(sizes.kernel_width, 9),
            filters: or(sizes.filters, 128),
            bin_hidden: or(sizes.bin_hidden, 32),
            n_outputs,
        })
    },
}];

impl DeepMotifCnnRnnConfig {
    /// Zeros before the sequence, and after it.
    fn padding(&self) -> [usize; 2] {
        let all = self.kernel_width - 1;
        [all / 2, all - all / 2]
    }

    /// The convolution over the padded sequence.
    fn convolution(&self) -> FrontEnd {
        let &DeepMotifCnnRnnConfig { n_marks: channels, n_bins, kernel_width, filters, .. } = self;
        FrontEnd { channels, n_bins: n_bins + kernel_width - 1, kernel_width, filters, pool: 1 }
    }

    fn averaged(&self) -> Averaged {
        let &DeepMotifCnnRnnConfig { filters: inputs, n_bins: steps, bin_hidden: hidden, n_outputs, .. } = self;
        Averaged { inputs, steps, hidden, n_outputs }
    }
}

impl Architecture for DeepMotifCnnRnnConfig {
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
        let mut tensors = Convolutions::tensors(&[self.convolution()]);
        tensors.extend(self.averaged().tensors());
        tensors
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let [of_convolution, rest] = split(weights, &self.averaged().tensors())?;
        let convolution = Convolutions::new(&[self.convolution()], self.padding(), false, &of_convolution)?;
        let layers = AveragedLayers::new(self.averaged(), &rest)?;
        Ok(Box::new(DeepMotifCnnRnn { config: self.clone(), convolution, layers }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let (before, padded) = (self.padding()[0], self.convolution().n_bins);
        let place = |at: usize| {
            let position = (at % padded).checked_sub(before).filter(|&position| position < self.n_bins);
            position.map(|position| (at / padded * self.n_bins + position, 1.0)).into_iter().collect()
        };
        let mut layers = vec![NetworkLayer::Sums((0..self.n_marks * padded).map(place).collect())];
        layers.extend(self.convolution().chain(weights));
        layers.extend(self.averaged().chain(weights));
        layers
    }
}

/// The layers of all models.
#[derive(Debug)]
struct DeepMotifCnnRnn {
    config: DeepMotifCnnRnnConfig,
    convolution: Convolutions,
    layers: AveragedLayers,
}

impl Network for DeepMotifCnnRnn {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepMotifCnnRnn(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.layers.head.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        std::iter::once(self.convolution.weights()).chain(self.layers.parameters()).collect()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        self.layers.forward(&self.convolution.forward(x, mode)?, mode)
    }

    /// The whole sequence is convolved, then cut.
    fn temporal(&self, x: &Tensor, backward: bool) -> Result<Option<Tensor>> {
        self.layers.temporal(&self.convolution.forward(x, &Mode::Infer)?, backward).map(Some)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let [of_convolution, rest] = split(weights, &self.config.averaged().tensors())?;
        let convolution = self.convolution.sibling(&of_convolution)?;
        let layers = self.layers.sibling(&rest)?;
        Ok(Box::new(DeepMotifCnnRnn { config: self.config.clone(), convolution, layers }))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.convolution.set_instruction_set(instructions);
        self.layers.lstm.set_instruction_set(instructions);
    }
}
