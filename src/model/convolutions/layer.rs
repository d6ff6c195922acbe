//! One convolution of one block of genes, forward and backward.

use rayon::prelude::*;

use super::{Dropout, FrontEnd, InstructionSet, LANES, Lanes, Mode};
use crate::model::kernel::{self, Rows, TOGETHER};

/// What is asked for.
pub(super) struct ConvolutionPass {
    pub instructions: InstructionSet,
    pub padding: [usize; 2],
    pub mode: Mode,
}

/// A layer's weights as the kernels take them.
pub(super) struct LayerWeights {
    /// [filter / 8][window][filter % 8].
    forward: Vec<f32>,
    /// [channel / 8][window of gradients][channel % 8].
    backward: Vec<f32>,
    bias: Vec<f32>,
}

/// Its memory; rows of positions.
#[derive(Debug, Default)]
pub(super) struct Layer {
    inputs: Vec<Lanes>,
    /// Before bias and ReLU; the backward pass puts their gradients in their place. Rows of zeros stand before and
    /// after them, one less than the kernel is wide, so that the windows of the backward pass are whole.
    sums: Vec<Lanes>,
    /// After pooling, ReLU and dropout; the backward pass puts their gradients in their place.
    outputs: Vec<Lanes>,
    /// What dropout multiplies the outputs with; empty without.
    factors: Vec<Lanes>,
    input_gradient: Vec<Lanes>,
}

/// Positions that a task computes.
const POSITIONS: usize = 24;
/// Places of the window whose weights' gradients a task computes.
const PLACES: usize = 96;

/// A row of so many numbers, with zeros up to a multiple of four.
fn columns(numbers: usize) -> usize {
    numbers.next_multiple_of(4)
}

/// From row to row: not a multiple of 1 kB, which would put the same column of every row into the same set of a cache.
fn stride(numbers: usize) -> usize {
    let columns = columns(numbers);
    columns + usize::from(columns.is_multiple_of(16))
}

pub(super) fn n_weights(sizes: &FrontEnd) -> usize {
    sizes.filters * (sizes.channels * sizes.kernel_width + 1)
}

/// The weights of each layer, from flat ones: weight [filter, channel, place], then bias.
pub(super) fn unpacked(layers: &[FrontEnd], flat: &[f32]) -> Vec<LayerWeights> {
    let mut rest = flat;
    let of_layer = |sizes: &FrontEnd| {
        let &FrontEnd { channels, kernel_width: width, filters, .. } = sizes;
        let (own, after) = rest.split_at(n_weights(sizes));
        rest = after;
        let (weight, bias) = own.split_at(filters * channels * width);
        let (of_inputs, of_sums) = (stride(channels), stride(filters));
        let mut forward = vec![0.0; filters.next_multiple_of(TOGETHER) * width * of_inputs];
        let mut backward = vec![0.0; channels.next_multiple_of(TOGETHER) * width * of_sums];
        for (filter, weight) in weight.chunks_exact(channels * width).enumerate() {
            for (channel, weight) in weight.chunks_exact(width).enumerate() {
                for (place, &weight) in weight.iter().enumerate() {
                    let k = place * of_inputs + channel;
                    forward[(filter / TOGETHER * width * of_inputs + k) * TOGETHER + filter % TOGETHER] = weight;
                    let k = (width - 1 - place) * of_sums + filter;
                    backward[(channel / TOGETHER * width * of_sums + k) * TOGETHER + channel % TOGETHER] = weight;
                }
            }
        }
        let mut padded = bias.to_vec();
        padded.resize(columns(filters), 0.0);
        LayerWeights { forward, backward, bias: padded }
    };
    layers.iter().map(of_layer).collect()
}

/// Empties an array and gives it so many zeros.
fn clear(values: &mut Vec<Lanes>, length: usize) {
    values.clear();
    values.resize(length, Lanes::ZERO);
}

impl Layer {
    /// Takes the genes' [channel, position], with zeros for padding.
    pub fn take_inputs<'a>(
        &mut self,
        sizes: &FrontEnd,
        pass: &ConvolutionPass,
        genes: impl Iterator<Item = &'a [f32]>,
    ) {
        let stride = stride(sizes.channels);
        clear(&mut self.inputs, sizes.n_bins * stride);
        let positions = sizes.n_bins - pass.padding[0] - pass.padding[1];
        for (lane, gene) in genes.enumerate() {
            for (channel, values) in gene.chunks_exact(positions).enumerate() {
                let places = self.inputs[pass.padding[0] * stride + channel..].iter_mut().step_by(stride);
                places.zip(values).for_each(|(to, &value)| to.0[lane] = value);
            }
        }
    }

    /// Takes the outputs of the layer before.
    pub fn take_rows(&mut self, sizes: &FrontEnd, before: &Layer) {
        self.inputs.clear();
        self.inputs.extend_from_slice(&before.outputs[..sizes.n_bins * stride(sizes.channels)]);
    }

    /// `place` is the number of the model, of the block and of the layer.
    pub fn forward(&mut self, sizes: &FrontEnd, pass: &ConvolutionPass, weights: &LayerWeights, place: [usize; 3]) {
        let (of_inputs, of_sums) = (stride(sizes.channels), stride(sizes.filters));
        let (around, positions) = (sizes.kernel_width - 1, sizes.n_bins + 1 - sizes.kernel_width);
        let depth = sizes.kernel_width * of_inputs;
        if self.sums.len() != (positions + 2 * around) * of_sums {
            clear(&mut self.sums, (positions + 2 * around) * of_sums);
        }
        let input = Rows { values: &self.inputs, stride: of_inputs };
        let sums = &mut self.sums[around * of_sums..][..positions * of_sums];
        sums.par_chunks_mut(POSITIONS * of_sums).enumerate().for_each(|(at, sums)| {
            kernel::windows(pass.instructions, input, at * POSITIONS, depth, &weights.forward, sums, of_sums);
        });
        clear(&mut self.outputs, sizes.positions() * of_sums);
        kernel::pool(pass.instructions, sums, sizes.pool, &weights.bias, &mut self.outputs, of_sums);
        self.factors.clear();
        if let Mode::Train(Some(Dropout { rate, keys, first_gene })) = &pass.mode {
            let [model, block, layer] = place;
            let key = keys[model].wrapping_add(((first_gene / LANES + block) as u64) << 8 | layer as u64);
            self.factors.resize(self.outputs.len(), Lanes::ZERO);
            kernel::drop_units(pass.instructions, &mut self.outputs, &mut self.factors, *rate, key);
        }
    }

    /// Puts one gene's outputs at [position, filter].
    pub fn write_outputs(&self, filters: usize, lane: usize, out: &mut [f32]) {
        for (row, out) in self.outputs.chunks_exact(stride(filters)).zip(out.chunks_exact_mut(filters)) {
            out.iter_mut().zip(row).for_each(|(to, from)| *to = from.0[lane]);
        }
    }

    /// Takes the genes' gradients of the outputs, [position, filter]; lanes without a gene get 0.
    pub fn take_gradient<'a>(&mut self, filters: usize, genes: impl Iterator<Item = &'a [f32]>) {
        self.outputs.fill(Lanes::ZERO);
        for (lane, gene) in genes.enumerate() {
            for (row, values) in self.outputs.chunks_exact_mut(stride(filters)).zip(gene.chunks_exact(filters)) {
                row.iter_mut().zip(values).for_each(|(to, &value)| to.0[lane] = value);
            }
        }
    }

    /// Takes the gradient of the inputs of the layer after it.
    pub fn take_gradient_of(&mut self, after: &Layer) {
        self.outputs.copy_from_slice(&after.input_gradient);
    }

    /// From the gradient of the outputs to that of the sums, and of weight and bias, flat.
    pub fn backward(&mut self, sizes: &FrontEnd, pass: &ConvolutionPass, weights: &LayerWeights, out: &mut [f32]) {
        let &FrontEnd { channels, kernel_width: width, filters, n_bins, pool, .. } = sizes;
        let (of_inputs, of_sums) = (stride(channels), stride(filters));
        let positions = n_bins + 1 - width;
        let sums = &mut self.sums[(width - 1) * of_sums..][..positions * of_sums];
        let mut of_bias = vec![Lanes::ZERO; of_sums];
        let outputs = kernel::Pooled { gradient: &self.outputs, factors: &self.factors };
        kernel::pool_backward(pass.instructions, sums, pool, &weights.bias, outputs, &mut of_bias, of_sums);
        let (of_weight, bias) = out.split_at_mut(filters * channels * width);
        bias.iter_mut().zip(of_bias).for_each(|(to, sum)| *to = sum.sum());

        let (input, gradient) =
            (Rows { values: &self.inputs, stride: of_inputs }, Rows { values: sums, stride: of_sums });
        let all = columns(filters);
        let mut by_place = vec![0.0; width * of_inputs * all];
        by_place.par_chunks_mut(PLACES * all).enumerate().for_each(|(at, out)| {
            kernel::windows_transposed(pass.instructions, input, at * PLACES, gradient, all, out);
        });
        for (filter, weight) in of_weight.chunks_exact_mut(channels * width).enumerate() {
            for (channel, weight) in weight.chunks_exact_mut(width).enumerate() {
                for (place, weight) in weight.iter_mut().enumerate() {
                    *weight = by_place[(place * of_inputs + channel) * all + filter];
                }
            }
        }
    }

    /// From the gradient of the sums to that of the inputs.
    pub fn backward_inputs(&mut self, sizes: &FrontEnd, pass: &ConvolutionPass, weights: &LayerWeights) {
        let (of_inputs, of_sums) = (stride(sizes.channels), stride(sizes.filters));
        clear(&mut self.input_gradient, sizes.n_bins * of_inputs);
        let (gradient, depth) = (Rows { values: &self.sums, stride: of_sums }, sizes.kernel_width * of_sums);
        self.input_gradient.par_chunks_mut(POSITIONS * of_inputs).enumerate().for_each(|(at, out)| {
            kernel::windows(pass.instructions, gradient, at * POSITIONS, depth, &weights.backward, out, of_inputs);
        });
    }

    /// Puts the gradient of one gene's inputs at [channel, position], without padding.
    pub fn write_input_gradient(&self, sizes: &FrontEnd, pass: &ConvolutionPass, lane: usize, out: &mut [f32]) {
        let (stride, before) = (stride(sizes.channels), pass.padding[0]);
        let positions = sizes.n_bins - before - pass.padding[1];
        for (channel, out) in out.chunks_exact_mut(positions).enumerate() {
            let places = self.input_gradient[before * stride + channel..].iter().step_by(stride);
            out.iter_mut().zip(places).for_each(|(to, from)| *to = from.0[lane]);
        }
    }
}
