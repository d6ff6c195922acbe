//! DeepChrome's front end over each layer of a row: one over all marks, as in DeepChrome and CNN-Attn, or one for each mark,
//! as in CNN-α,β; and their positions pooled by attention.

use candle_core::{Result, Tensor};

use super::TensorSpec;
use super::chain::{Branch, Chain, NetworkLayer, Weights};
use super::convolution::FrontEnd;
use super::layer::{OfModel, attend};

/// How many front ends there are, and what each reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrontEnds {
    /// Marks.
    pub n_marks: usize,
    /// Places along the body; 0 where it is not read.
    pub body_parts: usize,
    /// Whether one front end reads all marks, instead of one each.
    pub is_joint: bool,
    /// That of a window.
    pub of_window: FrontEnd,
}

impl FrontEnds {
    /// The front ends of the layers that are read, in the order of a row. The body has few places: there a filter sees
    /// at most a quarter of them, and none are pooled.
    fn layers(self) -> impl Iterator<Item = FrontEnd> {
        let of_window = self.of_window;
        let kernel_width = of_window.kernel_width.min(self.body_parts / 4).max(1);
        let of_body = FrontEnd { n_bins: self.body_parts, kernel_width, pool: 1, ..of_window };
        [of_window, of_body].into_iter().filter(|front_end| front_end.n_bins > 0)
    }

    /// Front ends of a layer.
    fn groups(self) -> usize {
        if self.is_joint { 1 } else { self.n_marks }
    }

    /// Front ends of a model.
    pub fn len(self) -> usize {
        self.layers().count() * self.groups()
    }

    /// Numbers of a row.
    pub fn row_size(self) -> usize {
        self.n_marks * (self.of_window.n_bins + self.body_parts)
    }

    /// Numbers that they give where attention does not pool them.
    pub fn n_units(self) -> usize {
        self.groups() * self.layers().map(|front_end| front_end.positions() * front_end.filters).sum::<usize>()
    }

    /// All tensors: those of a front end are followed by the vector of its attention, where it has one.
    pub fn tensors(self, attends: bool) -> Vec<TensorSpec> {
        let prefixes = if self.is_joint { ["", "body."] } else { ["cnn_hms.", "cnn_body."] };
        let mut tensors = Vec::new();
        for (prefix, front_end) in prefixes.into_iter().zip(self.layers()) {
            for group in 0..self.groups() {
                let prefix = if self.is_joint { prefix.to_owned() } else { format!("{prefix}{group}.") };
                tensors.extend(front_end.tensors(&format!("{prefix}conv")));
                if attends {
                    let name = format!("{prefix}bin_attention.bin_context_vector");
                    tensors.push(TensorSpec::new(name, &[front_end.filters, 1], 0.1));
                }
            }
        }
        tensors
    }

    /// Why windows of these sizes have no position at all.
    pub fn problem(self) -> Option<String> {
        self.of_window.problem()
    }

    /// What each front end reads of rows [gene, number]: [gene, mark, place], layer by layer.
    fn inputs(self, x: &Tensor) -> Result<Vec<(FrontEnd, Tensor)>> {
        let (genes, mut first, mut inputs) = (x.dim(0)?, 0, Vec::new());
        for front_end in self.layers() {
            let places = front_end.n_bins;
            let own = x.narrow(1, first, self.n_marks * places)?.reshape((genes, self.n_marks, places))?;
            first += self.n_marks * places;
            for group in 0..self.groups() {
                inputs.push((front_end, own.narrow(1, group * front_end.channels, front_end.channels)?));
            }
        }
        Ok(inputs)
    }

    /// From rows [gene, number] to the units of all front ends, [gene, unit], filter by filter as PyTorch's flatten has it.
    pub fn forward(self, x: &Tensor, weights: &mut OfModel) -> Result<Tensor> {
        let units = |(front_end, own): (FrontEnd, Tensor)| front_end.forward(&own, weights)?.t()?.flatten_from(1);
        Tensor::cat(&self.inputs(x)?.into_iter().map(units).collect::<Result<Vec<_>>>()?, 1)
    }

    /// From rows [gene, number] to the contexts [gene, front end, filter] and the attention [gene, number].
    pub fn attend(self, x: &Tensor, weights: &mut OfModel) -> Result<(Tensor, Tensor)> {
        let (mut contexts, mut attentions) = (Vec::new(), Vec::new());
        for (at, (front_end, own)) in self.inputs(x)?.into_iter().enumerate() {
            let positions = front_end.forward(&own, weights)?;
            let (context, attention) = attend(&weights.drop(&positions, at as u64)?, &weights.next()?)?;
            contexts.push(context);
            // an attention that all marks share is repeated for each
            let attention = front_end.over_bins(&attention)?.unsqueeze(1)?;
            attentions.push(attention.broadcast_as(own.shape())?.flatten_from(1)?);
        }
        Ok((Tensor::stack(&contexts, 1)?, Tensor::cat(&attentions, 1)?))
    }

    /// Them laid open, from a row to the units of all front ends, or to their contexts.
    pub fn chain(self, weights: &mut Weights, attends: bool) -> NetworkLayer {
        let mut branches = Vec::new();
        for front_end in self.layers() {
            for _ in 0..self.groups() {
                let layers = if attends { front_end.attended(weights) } else { front_end.chain(weights) };
                branches.push(Branch { inputs: front_end.channels * front_end.n_bins, chain: Chain(layers) });
            }
        }
        NetworkLayer::SideBySide(branches)
    }
}
