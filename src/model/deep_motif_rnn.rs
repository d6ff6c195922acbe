//! DeepMotif's RNN (Lanchantin, Singh, Wang & Qi, PSB 2017): a bidirectional LSTM over the bases, dropout, the mean of
//! each direction's outputs over all positions, a linear layer.

use candle_core::{Result, Tensor, Var};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::{NetworkLayer, Weights};
use super::design::{Design, PSB_2017, Shape, or};
use super::layer::{Parameters, linear, linear_tensors, logit, split};
use super::{Architecture, BiLstmAttention, Initial, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// Sizes of DeepMotif's RNN. As published it has 9,858 weights for the four bases (9,602 in Torch: one bias a gate).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepMotifRnnConfig {
    /// Input channels: the four bases.
    pub n_marks: usize,
    /// Positions of a sequence.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTM (32 as published).
    pub bin_hidden: usize,
    /// Outputs: 2, one a class, the second less the first being the logit; or 1, the logit itself or the
    /// predicted label.
    pub n_outputs: usize,
}

/// As it is trained.
pub(super) const DESIGNS: [Design; 1] = [Design {
    tag: "deep-motif-rnn",
    title: "DeepMotif's RNN for bases: an LSTM, the mean of its outputs; no attention",
    citation: PSB_2017,
    dropout: 0.5,
    of_pair: false,
    n_weights: 2 * 4 * 32 * (4 + 32 + 2) + 130,
    config: |sizes, shape| {
        let Shape { n_marks, n_bins, n_outputs, .. } = shape;
        ModelConfig::DeepMotifRnn(DeepMotifRnnConfig {
            n_marks,
            n_bins,
            bin_hidden: or(sizes.bin_hidden, 32),
            n_outputs,
        })
    },
}];

impl DeepMotifRnnConfig {
    fn averaged(&self) -> Averaged {
        let &DeepMotifRnnConfig { n_marks: inputs, n_bins: steps, bin_hidden: hidden, n_outputs } = self;
        Averaged { inputs, steps, hidden, n_outputs }
    }
}

impl Architecture for DeepMotifRnnConfig {
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
        self.averaged().tensors()
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(DeepMotifRnn { layers: AveragedLayers::new(self.averaged(), weights)?, config: self.clone() }))
    }

    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        self.averaged().chain(weights)
    }
}

/// The layers of all models.
#[derive(Debug)]
struct DeepMotifRnn {
    config: DeepMotifRnnConfig,
    layers: AveragedLayers,
}

impl Network for DeepMotifRnn {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepMotifRnn(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.layers.head.n_models()
    }

    fn parameters(&self) -> Vec<&Var> {
        self.layers.parameters()
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        // a step's input is the vector of the channels
        self.layers.forward(&x.transpose(2, 3)?.contiguous()?, mode)
    }

    fn temporal(&self, x: &Tensor, backward: bool) -> Result<Option<Tensor>> {
        self.layers.temporal(&x.transpose(2, 3)?.contiguous()?, backward).map(Some)
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let layers = self.layers.sibling(weights)?;
        Ok(Box::new(DeepMotifRnn { config: self.config.clone(), layers }))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.layers.lstm.set_instruction_set(instructions);
    }
}

/// Sizes of a bidirectional LSTM, the mean of its outputs, and a linear layer: what DeepMotif's RNN is, and what its
/// CNN-RNN ends in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Averaged {
    pub inputs: usize,
    pub steps: usize,
    pub hidden: usize,
    pub n_outputs: usize,
}

impl Averaged {
    pub fn tensors(&self) -> Vec<TensorSpec> {
        let mut parts = BiLstmAttention::parts(self.inputs, self.hidden);
        // the context vector
        parts.pop();
        // as published: a normal distribution for the weights, one bias a gate
        let normal = Initial::Normal(1.0 / ((self.inputs + self.hidden) as f64).sqrt());
        let initial = |name: &str| match name {
            name if name.contains("weight") => normal,
            name if name.contains("bias_ih") => Initial::Remembering,
            _ => Initial::Uniform(0.0),
        };
        let spec = |(name, shape): (String, _)| TensorSpec { initial: initial(&name), name, shape };
        let mut tensors: Vec<_> = parts.into_iter().map(spec).collect();
        tensors.extend(self.head());
        tensors
    }

    fn head(&self) -> Vec<TensorSpec> {
        linear_tensors("out", 2 * self.hidden, self.n_outputs)
    }

    /// From [channel, position].
    pub fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let width = 2 * self.hidden;
        let share = 1.0 / self.steps as f64;
        let mean = |unit: usize| (0..self.steps).map(|step| (step * width + unit, share)).collect();
        vec![
            NetworkLayer::transposed(self.inputs, self.steps),
            weights.lstm(self.inputs, self.hidden),
            NetworkLayer::Sums((0..width).map(mean).collect()),
            weights.output(width, self.n_outputs),
        ]
    }
}

/// These layers of all models.
#[derive(Debug)]
pub(super) struct AveragedLayers {
    sizes: Averaged,
    pub lstm: BiLstmAttention,
    pub head: Parameters,
}

impl AveragedLayers {
    /// From flat weights, [model, weight].
    pub fn new(sizes: Averaged, weights: &Tensor) -> Result<Self> {
        let [of_lstm, of_head] = split(weights, &sizes.head())?;
        Ok(AveragedLayers {
            sizes,
            lstm: BiLstmAttention::taking_mean(sizes.steps, sizes.inputs, sizes.hidden, of_lstm)?,
            head: Parameters::new(&sizes.head(), &of_head)?,
        })
    }

    /// Others of the same sizes that work in the same memory.
    pub fn sibling(&self, weights: &Tensor) -> Result<Self> {
        let mut sibling = AveragedLayers::new(self.sizes, weights)?;
        sibling.lstm.share_memory_of(&self.lstm);
        sibling.lstm.set_instruction_set(self.lstm.instructions);
        Ok(sibling)
    }

    pub fn parameters(&self) -> Vec<&Var> {
        std::iter::once(self.lstm.weights()).chain(self.head.all()).collect()
    }

    /// Logits [gene, model, step] of the steps up to each, or, `backward`, from it on: the other direction starts there, so
    /// that each is a pass of its own.
    pub fn temporal(&self, x: &Tensor, backward: bool) -> Result<Tensor> {
        let (weights, steps) = (self.lstm.weights(), self.sizes.steps);
        let head = self.head.all().into_iter().map(|part| part.flatten_from(1));
        let parts = std::iter::once(Ok(weights.as_detached_tensor())).chain(head).collect::<Result<Vec<_>>>()?;
        let weights = Tensor::cat(&parts, 1)?.detach();
        let of_step = |step: usize| {
            let (first, length) = if backward { (step, steps - step) } else { (0, step + 1) };
            let mut layers = AveragedLayers::new(Averaged { steps: length, ..self.sizes }, &weights)?;
            layers.lstm.set_instruction_set(self.lstm.instructions);
            Ok(layers.forward(&x.narrow(2, first, length)?, &Mode::Infer)?.logit)
        };
        Tensor::stack(&(0..steps).map(of_step).collect::<Result<Vec<_>>>()?, 2)
    }

    /// From [gene, model, step, input].
    pub fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let (means, _) = self.lstm.forward(x, mode)?;
        let outputs = self.head.each_row(&means, 2 * self.sizes.hidden, mode, |means, weights| {
            let outputs = linear(means, weights.next()?, weights.next()?)?;
            Ok(Output { logit: logit(&outputs)?, bin_attention: None, mark_attention: None, auxiliary: None })
        })?;
        Output::stack(&outputs)
    }
}
