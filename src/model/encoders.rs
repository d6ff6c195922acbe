//! The encoders of AttentiveChrome and LSTM-α: for each mark in each layer a bidirectional LSTM over its places, pooled
//! by attention.

use candle_core::{Result, Tensor, Var};

use super::chain::{Branch, NetworkLayer, Weights};
use super::{BiLstmAttention, InstructionSet, Mode, TensorSpec};

/// How many encoders there are, and of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoding {
    /// Marks.
    pub n_marks: usize,
    /// Bins of a window, and places along the body, which are 0 where it is not read.
    pub places: [usize; 2],
    /// Hidden units a direction.
    pub hidden: usize,
}

impl Encoding {
    /// The layers that are read, in the order of a row: what the names of their tensors begin with, as in the published
    /// PyTorch code for the window, and their places.
    fn layers(self) -> impl Iterator<Item = (&'static str, usize)> {
        ["rnn_hms", "rnn_body"].into_iter().zip(self.places).filter(|(_, places)| *places > 0)
    }

    /// Encoders of one model: marks × layers.
    pub fn len(self) -> usize {
        self.layers().count() * self.n_marks
    }

    /// Their tensors, drawn within 0.1 as in the published code.
    pub fn tensors(self) -> Vec<TensorSpec> {
        let of_mark = |(prefix, mark): (&str, usize)| {
            let parts = BiLstmAttention::parts(1, self.hidden).into_iter();
            parts
                .map(|(name, shape)| TensorSpec { name: format!("{prefix}.{mark}.{name}"), shape, bound: 0.1 })
                .collect()
        };
        let marks = self.layers().flat_map(|(prefix, _)| (0..self.n_marks).map(move |mark| (prefix, mark)));
        marks.flat_map::<Vec<_>, _>(of_mark).collect()
    }

    /// Weights of one model's encoders.
    pub fn n_weights(self) -> usize {
        self.len() * BiLstmAttention::flat_len(1, self.hidden)
    }

    /// Them laid open, from a row to a vector for each mark in each layer.
    pub fn chain(self, weights: &mut Weights) -> NetworkLayer {
        let of_layer = |(_, inputs): (&str, usize)| {
            let chains = weights.encoders(self.n_marks, 1, self.hidden);
            chains.into_iter().map(move |chain| Branch { inputs, chain }).collect::<Vec<_>>()
        };
        NetworkLayer::SideBySide(self.layers().flat_map(of_layer).collect())
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
        let (models, of_mark) = (weights.dim(0)?, BiLstmAttention::flat_len(1, encoding.hidden));
        let (mut layers, length) = (Vec::new(), encoding.n_marks * of_mark);
        for (at, (_, places)) in encoding.layers().enumerate() {
            let own = weights.narrow(1, at * length, length)?.contiguous()?;
            let own = own.reshape((models * encoding.n_marks, of_mark))?;
            layers.push((BiLstmAttention::new(places, 1, encoding.hidden, own)?, places));
        }
        Ok(Encoders { encoding, layers })
    }

    /// One a layer, [model × mark, flat].
    pub fn parameters(&self) -> impl Iterator<Item = &Var> {
        self.layers.iter().map(|(layer, _)| layer.weights())
    }

    /// Of rows `x` of so many models the contexts [gene, model, layer × mark, 2 × hidden] and the attention, of the shape
    /// of `x`.
    pub fn forward(&self, x: &Tensor, models: usize, mode: &Mode) -> Result<(Tensor, Tensor)> {
        let Encoding { n_marks, places: [bins, parts], hidden } = self.encoding;
        let genes = x.dim(0)?;
        let rows = x.reshape((genes, models, n_marks * (bins + parts)))?;
        let (mut first, mut of_layer) = (0, mode.clone());
        let (mut contexts, mut attention) = (Vec::new(), Vec::new());
        for (layer, places) in &self.layers {
            let own = rows.narrow(2, first, n_marks * places)?.reshape((genes, models * n_marks, *places, 1))?;
            let (context, of_places) = layer.forward(&own, &of_layer)?;
            contexts.push(context.reshape((genes, models, n_marks, 2 * hidden))?);
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
