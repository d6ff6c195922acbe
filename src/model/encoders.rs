//! Bidirectional LSTMs over the places of each layer: one for each mark, as in AttentiveChrome and LSTM-α, or one over the
//! vectors of all marks, as in LSTM-Attn and LSTM; and the networks that are nothing but these and a linear layer.

use candle_core::{Result, Tensor, Var};

use super::chain::{Branch, Chain, NetworkLayer, Weights};
use super::layer::Head;
use super::{BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// How many encoders there are, and what each reads and gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoding {
    /// Marks.
    pub n_marks: usize,
    /// Bins of a window, and places along the body, which are 0 where it is not read.
    pub places: [usize; 2],
    /// Hidden units a direction.
    pub hidden: usize,
    /// Whether one encoder reads the vectors of all marks, instead of one each.
    pub is_joint: bool,
    /// Whether attention over the places pools the outputs; else the last one of each direction is taken.
    pub attends: bool,
}

impl Encoding {
    /// The layers that are read, in the order of a row: what the names of their tensors begin with, as in the published
    /// PyTorch code for the window, and their places.
    fn layers(self) -> impl Iterator<Item = (&'static str, usize)> {
        let prefixes = if self.is_joint { ["", "body."] } else { ["rnn_hms.", "rnn_body."] };
        prefixes.into_iter().zip(self.places).filter(|(_, places)| *places > 0)
    }

    /// Encoders of a layer, and what each reads at a place.
    fn groups(self) -> [usize; 2] {
        if self.is_joint { [1, self.n_marks] } else { [self.n_marks, 1] }
    }

    /// Encoders of one model.
    pub fn len(self) -> usize {
        self.layers().count() * self.groups()[0]
    }

    /// Numbers that they give.
    pub fn width(self) -> usize {
        self.len() * 2 * self.hidden
    }

    /// Names and shapes of one encoder's tensors.
    fn parts(self) -> Vec<(String, Vec<usize>)> {
        let mut parts = BiLstmAttention::parts(self.groups()[1], self.hidden);
        if !self.attends {
            // the context vector
            parts.pop();
        }
        parts
    }

    /// Their tensors, drawn within 0.1 as in the published code.
    pub fn tensors(self) -> Vec<TensorSpec> {
        let mut tensors = Vec::new();
        for (prefix, _) in self.layers() {
            for group in 0..self.groups()[0] {
                let prefix = if self.is_joint { prefix.to_owned() } else { format!("{prefix}{group}.") };
                let named = |(name, shape): (String, Vec<usize>)| TensorSpec::new(prefix.clone() + &name, &shape, 0.1);
                tensors.extend(self.parts().into_iter().map(named));
            }
        }
        tensors
    }

    /// The tensors of a network of these encoders and a linear layer.
    pub fn tensors_with_head(self) -> Vec<TensorSpec> {
        let mut tensors = self.tensors();
        tensors.push(TensorSpec::new("out.weight", &[1, self.width()], 0.1));
        tensors.push(TensorSpec::new("out.bias", &[1], 0.1));
        tensors
    }

    /// Weights of one encoder.
    fn flat_len(self) -> usize {
        self.parts().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Weights of one model's encoders.
    pub fn n_weights(self) -> usize {
        self.len() * self.flat_len()
    }

    /// Them laid open, from a row to a vector for each encoder.
    pub fn chain(self, weights: &mut Weights) -> NetworkLayer {
        let [groups, inputs] = self.groups();
        let mut branches = Vec::new();
        for (_, places) in self.layers() {
            for _ in 0..groups {
                let lstm = weights.lstm(inputs, self.hidden);
                let pooled = if self.attends { weights.attention(2 * self.hidden) } else { self.last(places) };
                let vectors = self.is_joint.then(|| NetworkLayer::transposed(inputs, places));
                let chain = Chain(vectors.into_iter().chain([lstm, pooled]).collect());
                branches.push(Branch { inputs: inputs * places, chain });
            }
        }
        NetworkLayer::SideBySide(branches)
    }

    /// The last step of the forward direction, the first of the reverse.
    fn last(self, places: usize) -> NetworkLayer {
        let width = 2 * self.hidden;
        let last = |unit: usize| if unit < self.hidden { (places - 1) * width + unit } else { unit };
        NetworkLayer::Sums((0..width).map(|unit| vec![(last(unit), 1.0)]).collect())
    }

    /// The same with the linear layer behind them.
    pub fn chain_with_head(self, weights: &mut Weights) -> Vec<NetworkLayer> {
        vec![self.chain(weights), weights.dense(self.width(), 1)]
    }
}

/// The encoders of all models, as one operation a layer.
#[derive(Clone, Debug)]
pub(super) struct Encoders {
    encoding: Encoding,
    layers: Vec<(BiLstmAttention, usize)>,
}

impl Encoders {
    /// From their weights [model, weight], in the order of [`Encoding::tensors`].
    pub fn new(encoding: Encoding, weights: &Tensor) -> Result<Self> {
        let ([groups, inputs], models, flat) = (encoding.groups(), weights.dim(0)?, encoding.flat_len());
        let (mut layers, length) = (Vec::new(), groups * flat);
        let new = if encoding.attends { BiLstmAttention::new } else { BiLstmAttention::taking_last };
        for (at, (_, places)) in encoding.layers().enumerate() {
            let own = weights.narrow(1, at * length, length)?.contiguous()?.reshape((models * groups, flat))?;
            layers.push((new(places, inputs, encoding.hidden, own)?, places));
        }
        Ok(Encoders { encoding, layers })
    }

    /// One a layer, [model × encoder, flat].
    pub fn parameters(&self) -> impl Iterator<Item = &Var> {
        self.layers.iter().map(|(layer, _)| layer.weights())
    }

    /// From rows `x` of so many models to the contexts [gene, model, layer × encoder, 2 × hidden] and the attention, of the
    /// shape of `x`: that of an encoder of all marks is repeated for each.
    pub fn forward(&self, x: &Tensor, models: usize, mode: &Mode) -> Result<(Tensor, Tensor)> {
        let Encoding { n_marks, places: [bins, parts], hidden, is_joint, .. } = self.encoding;
        let (genes, [groups, _]) = (x.dim(0)?, self.encoding.groups());
        let rows = x.reshape((genes, models, n_marks * (bins + parts)))?;
        let (mut first, mut of_layer) = (0, mode.clone());
        let (mut contexts, mut attention) = (Vec::new(), Vec::new());
        for &(ref layer, places) in &self.layers {
            let own = rows.narrow(2, first, n_marks * places)?;
            let own = if is_joint {
                // a step's input is the vector of the marks
                own.reshape((genes, models, n_marks, places))?.transpose(2, 3)?.contiguous()?
            } else {
                own.reshape((genes, models * n_marks, places, 1))?
            };
            let (context, of_places) = layer.forward(&own, &of_layer)?;
            contexts.push(context.reshape((genes, models, groups, 2 * hidden))?);
            let of_places = of_places.reshape((genes, models, groups, places))?;
            let of_places = of_places.broadcast_as((genes, models, n_marks, places))?;
            attention.push(of_places.reshape((genes, models, n_marks * places))?);
            first += n_marks * places;
            // no layer drops the same units as another
            of_layer = mode.for_layer(contexts.len() as u64);
        }
        Ok((joined(contexts)?, joined(attention)?.reshape(x.shape())?))
    }

    /// Lets encoders of the same sizes that take turns work in the same memory.
    pub fn share_memory_of(&mut self, other: &Self) {
        self.layers.iter_mut().zip(&other.layers).for_each(|((own, _), (other, _))| own.share_memory_of(other));
    }

    /// Computes with these instructions, where the processor has them; else with the best it has.
    pub fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.layers.iter_mut().for_each(|(layer, _)| layer.set_instruction_set(instructions));
    }

    /// The instructions that it computes with.
    pub fn instructions(&self) -> InstructionSet {
        self.layers.first().map_or_else(InstructionSet::best, |(layer, _)| layer.instructions)
    }
}

/// What the layers give, one after the other along the third axis.
fn joined(mut of_layers: Vec<Tensor>) -> Result<Tensor> {
    if of_layers.len() == 1 { Ok(of_layers.remove(0)) } else { Tensor::cat(&of_layers, 2) }
}

/// The networks that are encoders and a linear layer: LSTM, LSTM-Attn and LSTM-α.
#[derive(Debug)]
pub(super) struct EncodersAndHead {
    config: ModelConfig,
    n_models: usize,
    encoders: Encoders,
    head: Head,
}

impl EncodersAndHead {
    /// From their weights [model, weight], in the order of [`Encoding::tensors_with_head`].
    pub fn new(config: ModelConfig, encoding: Encoding, weights: &Tensor) -> Result<Self> {
        let ((n_models, all), own) = (weights.dims2()?, encoding.n_weights());
        Ok(EncodersAndHead {
            n_models,
            encoders: Encoders::new(encoding, &weights.narrow(1, 0, own)?)?,
            head: Head::new(&weights.narrow(1, own, all - own)?)?,
            config,
        })
    }
}

impl Network for EncodersAndHead {
    fn config(&self) -> ModelConfig {
        self.config.clone()
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
        Ok(Output {
            logit: self.head.forward(&contexts.reshape((x.dim(0)?, self.n_models, ()))?)?,
            bin_attention: self.encoders.encoding.attends.then_some(attention),
            mark_attention: None,
            auxiliary: None,
        })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = EncodersAndHead::new(self.config.clone(), self.encoders.encoding, weights)?;
        sibling.encoders.share_memory_of(&self.encoders);
        sibling.set_instruction_set(self.encoders.instructions());
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.encoders.set_instruction_set(instructions);
    }
}
