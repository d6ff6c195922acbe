//! The steps of an LSTM, forward and backward through time.

use super::{Attention, Dims, DirectionWeights, Stash};
use crate::model::lanes::{Lanes, Simd};

/// Runs all steps. The inputs are in place.
#[inline(always)]
pub(super) fn forward_steps<S: Simd, const BLOCK: usize>(dims: &Dims, weights: &DirectionWeights, stash: &mut Stash) {
    let (units, columns) = (dims.units(), dims.columns());
    if !stash.keep {
        stash.cells.fill(Lanes::ZERO);
    }
    for step in 0..dims.steps {
        let (kept, next) = if stash.keep { (step, step + 1) } else { (0, 0) };
        let (before, after) = stash.z.split_at_mut((step + 1) * columns);
        let (z, hidden) = (&before[step * columns..], &mut after[..units]);
        let (i, rest) = stash.gates[kept * dims.gate_stride()..][..4 * units].split_at_mut(units);
        let (f, rest) = rest.split_at_mut(units);
        let (g, o) = rest.split_at_mut(units);
        let tanh_cells = &mut stash.tanh_cells[kept * units..][..units];
        for block in 0..units / BLOCK {
            let weights = weights.packed[block * columns * 4 * BLOCK..][..columns * 4 * BLOCK].as_chunks::<BLOCK>().0;
            let mut sums = [[S::splat(0.0); BLOCK]; 4];
            for (z, weights) in z.iter().zip(weights.as_chunks::<4>().0) {
                let z = S::load(z);
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = S::splat(weight).mul_add(z, *sum);
                    }
                }
            }
            let first = block * BLOCK;
            let [iu, fu, gu, ou] = S::gates(sums);
            let mut cell = [S::splat(0.0); BLOCK];
            for slot in 0..BLOCK {
                let before = S::load(&stash.cells[kept * units + first + slot]);
                cell[slot] = fu[slot].mul_add(before, iu[slot] * gu[slot]);
            }
            let tanh = S::tanh(cell);
            for slot in 0..BLOCK {
                let unit = first + slot;
                iu[slot].store(&mut i[unit]);
                fu[slot].store(&mut f[unit]);
                gu[slot].store(&mut g[unit]);
                ou[slot].store(&mut o[unit]);
                cell[slot].store(&mut stash.cells[next * units + unit]);
                tanh[slot].store(&mut tanh_cells[unit]);
                (ou[slot] * tanh[slot]).store(&mut hidden[unit]);
            }
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
pub(super) fn backward_steps<S: Simd, const WIDTH: usize>(
    dims: &Dims,
    weights: &DirectionWeights,
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
    let one = S::splat(1.0);
    for step in (0..steps).rev() {
        let time = if work.reverse { steps - 1 - step } else { step };
        let weight = S::load(&work.attention.weights[time]);
        let score_gradient = S::load(&work.attention.score_gradient[time]);
        let gates = &mut stash.gates[step * dims.gate_stride()..][..4 * units];
        let (i, rest) = gates.split_at_mut(units);
        let (f, rest) = rest.split_at_mut(units);
        let (g, o) = rest.split_at_mut(units);
        let cells = &stash.cells[step * units..][..units];
        let tanh_cells = &stash.tanh_cells[step * units..][..units];
        for unit in 0..units {
            let from_score = score_gradient * S::splat(work.vector[unit]);
            let mut output = weight.mul_add(S::load(&context_gradient[unit]), from_score);
            if let Some(factor) = stash.factors.get(step * units + unit) {
                output = output * S::load(factor);
            }
            let hidden = S::load(&z_gradient[unit]) + output;
            let (iu, fu, gu, ou) = (S::load(&i[unit]), S::load(&f[unit]), S::load(&g[unit]), S::load(&o[unit]));
            let tanh = S::load(&tanh_cells[unit]);
            let cell = (hidden * ou).mul_add(one - tanh * tanh, S::load(&cell_gradient[unit]));
            (cell * gu * iu * (one - iu)).store(&mut i[unit]);
            (cell * S::load(&cells[unit]) * fu * (one - fu)).store(&mut f[unit]);
            (cell * iu * (one - gu * gu)).store(&mut g[unit]);
            (hidden * tanh * ou * (one - ou)).store(&mut o[unit]);
            (cell * fu).store(&mut cell_gradient[unit]);
        }
        let mut column = 0;
        while column + 16 <= wanted {
            multiply_transposed::<S, 4>(columns, &weights.by_row, gates, column, &mut z_gradient);
            column += 16;
        }
        while column < wanted {
            multiply_transposed::<S, 1>(columns, &weights.by_row, gates, column, &mut z_gradient);
            column += 4;
        }
        if let Some(gradient) = input_gradient.as_deref_mut() {
            gradient.extend_from_slice(&z_gradient[units..units + dims.inputs]);
        }
    }
    sum_outer_products::<S, WIDTH>(dims, stash, work.weight_gradient);
}

/// `out[column..column + 4 × FOURS]` = those columns of the weight matrix, transposed, times `gates`.
#[inline(always)]
fn multiply_transposed<S: Simd, const FOURS: usize>(
    columns: usize,
    by_row: &[f32],
    gates: &[Lanes],
    column: usize,
    out: &mut [Lanes],
) {
    let mut sums = [[S::splat(0.0); 4]; FOURS];
    for (gate, row) in gates.iter().zip(by_row.chunks_exact(columns)) {
        let gate = S::load(gate);
        let weights = row[column..column + 4 * FOURS].as_chunks::<4>().0;
        for (sums, weights) in sums.iter_mut().zip(weights) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = S::splat(weight).mul_add(gate, *sum);
            }
        }
    }
    for (out, sum) in out[column..column + 4 * FOURS].iter_mut().zip(sums.as_flattened()) {
        sum.store(out);
    }
}

/// `out[row][column]` = sum over steps and lanes of gate gradient × z.
#[inline(always)]
fn sum_outer_products<S: Simd, const WIDTH: usize>(dims: &Dims, stash: &Stash, out: &mut [f32]) {
    let columns = dims.columns();
    let mut column = 0;
    while column + WIDTH <= columns {
        sum_columns::<S, WIDTH>(dims, stash, column, out);
        column += WIDTH;
    }
    while column < columns {
        sum_columns::<S, 1>(dims, stash, column, out);
        column += 1;
    }
}

/// Takes `WIDTH` columns, which stay in the first cache meanwhile, and four rows at a time.
#[inline(always)]
fn sum_columns<S: Simd, const WIDTH: usize>(dims: &Dims, stash: &Stash, column: usize, out: &mut [f32]) {
    let (rows, columns) = (dims.rows(), dims.columns());
    for row in (0..rows).step_by(4) {
        let mut sums = [[S::splat(0.0); 4]; WIDTH];
        for (gates, z) in stash.gates.chunks_exact(dims.gate_stride()).zip(stash.z.chunks_exact(columns)) {
            let [g0, g1, g2, g3] = &gates[row..row + 4] else { continue };
            let gates = [S::load(g0), S::load(g1), S::load(g2), S::load(g3)];
            for (sums, z) in sums.iter_mut().zip(&z[column..column + WIDTH]) {
                let z = S::load(z);
                for (sum, gate) in sums.iter_mut().zip(gates) {
                    *sum = gate.mul_add(z, *sum);
                }
            }
        }
        for (at, sums) in sums.into_iter().enumerate() {
            for (to, sum) in out[row * columns + column + at..].iter_mut().step_by(columns).zip(S::sums(sums)) {
                *to = sum;
            }
        }
    }
}
