//! The weights of one direction: from PyTorch's layout to the kernels' and back.

use super::{Dims, InstructionSet};

/// One direction's weight matrix, twice.
#[derive(Debug, Default)]
pub(in crate::model) struct DirectionWeights {
    /// [row][column], for the backward pass.
    pub by_row: Vec<f32>,
    /// [block of units][column][gate][unit of block], for the forward pass.
    pub(super) packed: Vec<f32>,
}

impl DirectionWeights {
    /// Reads one direction of the flat layout: weight_ih [4H, I], weight_hh [4H, H], bias_ih [4H],
    /// bias_hh [4H].
    pub fn fill(&mut self, dims: &Dims, instructions: InstructionSet, flat: &[f32]) {
        let (hidden, inputs, units, columns) = (dims.hidden, dims.inputs, dims.units(), dims.columns());
        let (input_weights, rest) = flat.split_at(4 * hidden * inputs);
        let (hidden_weights, biases) = rest.split_at(4 * hidden * hidden);
        self.by_row.resize(dims.rows() * columns, 0.0);
        for gate in 0..4 {
            for unit in 0..hidden {
                let from = gate * hidden + unit;
                let row = &mut self.by_row[(gate * units + unit) * columns..][..columns];
                row[..hidden].copy_from_slice(&hidden_weights[from * hidden..][..hidden]);
                row[units..units + inputs].copy_from_slice(&input_weights[from * inputs..][..inputs]);
                row[units + inputs] = biases[from] + biases[4 * hidden + from];
            }
        }
        let block = instructions.unit_block();
        self.packed.resize(dims.rows() * columns, 0.0);
        for (at, weights) in self.packed.chunks_exact_mut(4 * block).enumerate() {
            let (first_unit, column) = (at / columns * block, at % columns);
            for (slot, weight) in weights.iter_mut().enumerate() {
                let row = slot / block * units + first_unit + slot % block;
                *weight = self.by_row[row * columns + column];
            }
        }
    }
}

/// Adds a gradient of the weight matrix, [row][column], to a flat one; both biases get the same.
pub(in crate::model) fn add_to_flat(dims: &Dims, by_row: &[f32], flat: &mut [f32]) {
    let (hidden, inputs, units, columns) = (dims.hidden, dims.inputs, dims.units(), dims.columns());
    let (input_weights, rest) = flat.split_at_mut(4 * hidden * inputs);
    let (hidden_weights, biases) = rest.split_at_mut(4 * hidden * hidden);
    for gate in 0..4 {
        for unit in 0..hidden {
            let to = gate * hidden + unit;
            let row = &by_row[(gate * units + unit) * columns..][..columns];
            let add = |to: &mut [f32], from: &[f32]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            add(&mut hidden_weights[to * hidden..][..hidden], &row[..hidden]);
            add(&mut input_weights[to * inputs..][..inputs], &row[units..units + inputs]);
            biases[to] += row[units + inputs];
            biases[4 * hidden + to] += row[units + inputs];
        }
    }
}

/// Length of one direction in the flat layout.
pub(in crate::model) fn flat_len(dims: &Dims) -> usize {
    4 * dims.hidden * (dims.inputs + dims.hidden + 2)
}
