//! The steps of an LSTM, forward and backward through time.

use super::{Attention, Dims, Stash, Weights};
use crate::model::lanes::Lanes;

/// Runs all steps. The inputs are in place.
#[inline(always)]
pub(super) fn forward_steps<const BLOCK: usize>(dims: &Dims, weights: &Weights, stash: &mut Stash) {
    let (units, columns) = (dims.units(), dims.columns());
    if !stash.keep {
        stash.cells.fill(Lanes::ZERO);
    }
    for step in 0..dims.steps {
        let kept = if stash.keep { step } else { 0 };
        let (before, after) = stash.z.split_at_mut((step + 1) * columns);
        let (z, hidden) = (&before[step * columns..], &mut after[..units]);
        let gates = &mut stash.gates[kept * 4 * units..][..4 * units];
        for block in 0..units / BLOCK {
            let weights = weights.packed[block * columns * 4 * BLOCK..][..columns * 4 * BLOCK].as_chunks::<BLOCK>().0;
            let mut sums = [[Lanes::ZERO; BLOCK]; 4];
            for (&z, weights) in z.iter().zip(weights.as_chunks::<4>().0) {
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum += Lanes::splat(weight) * z;
                    }
                }
            }
            for (gate, sums) in sums.iter().enumerate() {
                gates[gate * units + block * BLOCK..][..BLOCK].copy_from_slice(sums);
            }
        }
        let (i, rest) = gates.split_at_mut(units);
        let (f, rest) = rest.split_at_mut(units);
        let (g, o) = rest.split_at_mut(units);
        let tanh_cells = &mut stash.tanh_cells[kept * units..][..units];
        for unit in 0..units {
            let [iu, fu, gu, ou] = Lanes::gates(i[unit], f[unit], g[unit], o[unit]);
            let cell = fu * stash.cells[kept * units + unit] + iu * gu;
            let tanh = cell.tanh();
            (i[unit], f[unit], g[unit], o[unit]) = (iu, fu, gu, ou);
            let next = if stash.keep { kept + 1 } else { 0 };
            stash.cells[next * units + unit] = cell;
            tanh_cells[unit] = tanh;
            hidden[unit] = ou * tanh;
        }
    }
}

/// What the backward pass of one direction reads and writes.
#[derive(Debug)]
pub(in crate::model) struct Backward<'a> {
    /// Whether this is the reverse direction.
    pub reverse: bool,
    /// The direction's half of the context vector, [unit].
    pub vector: &'a [f32],
    pub attention: &'a Attention,
    /// Out: gradient of the weight matrix, [row][column].
    pub weight_gradient: &'a mut [f32],
    /// Out, where asked for: gradient of the inputs, [step][input padded to fours].
    pub input_gradient: Option<&'a mut Vec<Lanes>>,
}

/// Backward through time, then the weight gradients as sums over steps and lanes.
#[inline(always)]
pub(super) fn backward_steps<const BLOCK: usize>(
    dims: &Dims,
    weights: &Weights,
    stash: &mut Stash,
    work: Backward<'_>,
) {
    let (steps, units, columns) = (dims.steps, dims.units(), dims.columns());
    let context_gradient = &work.attention.context_gradient[usize::from(work.reverse) * units..][..units];
    let mut input_gradient = work.input_gradient;
    // columns of z whose gradient is wanted: the hidden state, and the inputs where asked for
    let wanted = units + if input_gradient.is_some() { dims.inputs.next_multiple_of(4) } else { 0 };
    if let Some(gradient) = input_gradient.as_deref_mut() {
        gradient.clear();
    }
    let mut z_gradient = vec![Lanes::ZERO; columns];
    let mut cell_gradient = vec![Lanes::ZERO; units];
    for step in (0..steps).rev() {
        let time = if work.reverse { steps - 1 - step } else { step };
        let (weight, score_gradient) = (work.attention.weights[time], work.attention.score_gradient[time]);
        let gates = &mut stash.gates[step * 4 * units..][..4 * units];
        let (i, rest) = gates.split_at_mut(units);
        let (f, rest) = rest.split_at_mut(units);
        let (g, o) = rest.split_at_mut(units);
        let cells = &stash.cells[step * units..][..units];
        let tanh_cells = &stash.tanh_cells[step * units..][..units];
        for unit in 0..units {
            let mut output = weight * context_gradient[unit] + score_gradient * Lanes::splat(work.vector[unit]);
            if !stash.factors.is_empty() {
                output = output * stash.factors[step * units + unit];
            }
            let hidden = z_gradient[unit] + output;
            let (iu, fu, gu, ou, tanh) = (i[unit], f[unit], g[unit], o[unit], tanh_cells[unit]);
            let cell = cell_gradient[unit] + hidden * ou * (Lanes::ONE - tanh * tanh);
            i[unit] = cell * gu * iu * (Lanes::ONE - iu);
            f[unit] = cell * cells[unit] * fu * (Lanes::ONE - fu);
            g[unit] = cell * iu * (Lanes::ONE - gu * gu);
            o[unit] = hidden * tanh * ou * (Lanes::ONE - ou);
            cell_gradient[unit] = cell * fu;
        }
        let mut column = 0;
        while column + 8 <= wanted {
            multiply_transposed::<2>(columns, &weights.by_row, gates, column, &mut z_gradient);
            column += 8;
        }
        if column < wanted {
            multiply_transposed::<1>(columns, &weights.by_row, gates, column, &mut z_gradient);
        }
        if let Some(gradient) = input_gradient.as_deref_mut() {
            gradient.extend_from_slice(&z_gradient[units..units + dims.inputs]);
        }
    }
    sum_outer_products::<BLOCK>(dims, stash, work.weight_gradient);
}

/// `out[column..column + 4 × FOURS]` = those columns of the weight matrix, transposed, times `gates`.
#[inline(always)]
fn multiply_transposed<const FOURS: usize>(
    columns: usize,
    by_row: &[f32],
    gates: &[Lanes],
    column: usize,
    out: &mut [Lanes],
) {
    // loops of four: the compiler unrolls them before it looks for vectors, which are the lanes
    let mut sums = [[Lanes::ZERO; 4]; FOURS];
    for (&gate, row) in gates.iter().zip(by_row.chunks_exact(columns)) {
        let weights = row[column..column + 4 * FOURS].as_chunks::<4>().0;
        for (sums, weights) in sums.iter_mut().zip(weights) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum += Lanes::splat(weight) * gate;
            }
        }
    }
    out[column..column + 4 * FOURS].copy_from_slice(sums.as_flattened());
}

/// `out[row][column]` = sum over steps and lanes of gate gradient × z.
#[inline(always)]
fn sum_outer_products<const BLOCK: usize>(dims: &Dims, stash: &Stash, out: &mut [f32]) {
    let (rows, columns) = (dims.rows(), dims.columns());
    for row in (0..rows).step_by(BLOCK) {
        for column in (0..columns).step_by(4) {
            let mut sums = [[Lanes::ZERO; 4]; BLOCK];
            for (gates, z) in stash.gates.chunks_exact(rows).zip(stash.z.chunks_exact(columns)) {
                let gates = &gates[row..row + BLOCK];
                let &[z0, z1, z2, z3] = &z[column..column + 4] else { continue };
                for (sums, &gate) in sums.iter_mut().zip(gates) {
                    sums[0] += gate * z0;
                    sums[1] += gate * z1;
                    sums[2] += gate * z2;
                    sums[3] += gate * z3;
                }
            }
            for (at, sums) in sums.iter().enumerate() {
                for (to, sum) in out[(row + at) * columns + column..][..4].iter_mut().zip(sums) {
                    *to = sum.sum();
                }
            }
        }
    }
}
