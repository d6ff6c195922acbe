//! An LSTM over the steps of one sequence a lane, forward and backward through time, and attention
//! over its outputs: the inner loops of [`super::BiLstmAttention`].
//!
//! One task is one group, one direction and one block of [`LANES`] genes. The kernels know no
//! direction: steps are in the order of processing, and the caller turns the sequence round.
//!
//! The input `x`, the hidden state before the step and a constant 1 stand side by side in one vector
//! `z = [h, x, 1, 0…]`, so that a step is one product of the weight matrix [4 × hidden, columns] with
//! `z`, the bias is a column, and all weight gradients are one sum of outer products. Hidden units
//! and columns are padded to multiples of four with zero weights, which leaves zeros everywhere.
//!
//! Gate order i, f, g, o and the formulas are those of PyTorch's `nn.LSTM` (Hochreiter &
//! Schmidhuber 1997, with forget gate).
#![allow(unsafe_code)] // to call functions compiled for instruction sets that were detected at run time

use super::lanes::{LANES, Lanes};

/// Sizes of one LSTM direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dims {
    pub steps: usize,
    pub inputs: usize,
    pub hidden: usize,
}

impl Dims {
    /// Hidden units with padding.
    pub fn units(&self) -> usize {
        self.hidden.next_multiple_of(4)
    }

    /// Length of `z` with padding.
    pub fn columns(&self) -> usize {
        (self.units() + self.inputs + 1).next_multiple_of(4)
    }

    /// Rows of the weight matrix: four gates of all units, with padding.
    pub fn rows(&self) -> usize {
        4 * self.units()
    }
}

/// What one task keeps. Without `keep` (no backward pass will follow) the gates and cells of one
/// step only.
#[derive(Debug)]
pub(super) struct Stash {
    keep: bool,
    /// [step + 1][column]: `z` of each step; the last row holds the last hidden state.
    z: Vec<Lanes>,
    /// [step][gate][unit]; the backward pass puts the gradients in their place.
    gates: Vec<Lanes>,
    /// [step + 1][unit]: cell state before each step.
    cells: Vec<Lanes>,
    /// [step][unit]: tanh of the cell state after each step.
    tanh_cells: Vec<Lanes>,
    /// Dropout: [step][unit] factors of the outputs and the outputs themselves; empty without.
    factors: Vec<Lanes>,
    outputs: Vec<Lanes>,
}

impl Stash {
    pub fn new(dims: &Dims, keep: bool) -> Self {
        let (units, columns, kept) = (dims.units(), dims.columns(), if keep { dims.steps } else { 1 });
        let mut z = vec![Lanes::ZERO; (dims.steps + 1) * columns];
        for row in z.chunks_exact_mut(columns) {
            row[units + dims.inputs] = Lanes::ONE;
        }
        Stash {
            keep,
            z,
            gates: vec![Lanes::ZERO; kept * 4 * units],
            cells: vec![Lanes::ZERO; (kept + usize::from(keep)) * units],
            tanh_cells: vec![Lanes::ZERO; kept * units],
            factors: Vec::new(),
            outputs: Vec::new(),
        }
    }

    pub fn keeps(&self) -> bool {
        self.keep
    }

    /// Where the inputs of a step go.
    pub fn inputs_mut(&mut self, dims: &Dims, step: usize) -> &mut [Lanes] {
        &mut self.z[step * dims.columns() + dims.units()..][..dims.inputs]
    }

    /// The outputs of a step: its hidden state, after dropout.
    #[inline(always)]
    fn output(&self, dims: &Dims, step: usize) -> &[Lanes] {
        if self.outputs.is_empty() {
            &self.z[(step + 1) * dims.columns()..][..dims.units()]
        } else {
            &self.outputs[step * dims.units()..][..dims.units()]
        }
    }

    /// Dropout on the outputs (not on the recurrence): each is kept with probability `1 − rate` and
    /// divided by it. The choice is a hash of `key`, step, unit and lane.
    pub fn drop_outputs(&mut self, dims: &Dims, rate: f64, key: u64) {
        let (units, columns) = (dims.units(), dims.columns());
        self.factors.resize(dims.steps * units, Lanes::ZERO);
        self.outputs.resize(dims.steps * units, Lanes::ZERO);
        let kept = (1.0 / (1.0 - rate)) as f32;
        let limit = (rate * f64::from(u32::MAX)) as u32;
        for step in 0..dims.steps {
            for unit in 0..units {
                let at = step * units + unit;
                for lane in 0..LANES {
                    let bits = hash(key.wrapping_add((at * LANES + lane) as u64));
                    self.factors[at].0[lane] = if bits < limit { 0.0 } else { kept };
                }
                self.outputs[at] = self.z[(step + 1) * columns + unit] * self.factors[at];
            }
        }
    }

    /// No dropout.
    pub fn keep_outputs(&mut self) {
        self.factors.clear();
        self.outputs.clear();
    }
}

/// The upper half of SplitMix64's finaliser (Steele et al. 2014): every bit of the key matters.
fn hash(key: u64) -> u32 {
    let mut z = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as u32
}

/// One direction's weight matrix, twice.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// [row][column], for the backward pass.
    pub by_row: Vec<f32>,
    /// [block of units][column][gate][unit of block], for the forward pass.
    packed: Vec<f32>,
}

impl Weights {
    /// Reads one direction of the flat layout: weight_ih [4H, I], weight_hh [4H, H], bias_ih [4H],
    /// bias_hh [4H].
    pub fn fill(&mut self, dims: &Dims, isa: Isa, flat: &[f32]) {
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
        let block = isa.unit_block();
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
pub(super) fn add_to_flat(dims: &Dims, by_row: &[f32], flat: &mut [f32]) {
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
pub(super) fn flat_len(dims: &Dims) -> usize {
    4 * dims.hidden * (dims.inputs + dims.hidden + 2)
}

/// Runs all steps. The inputs are in place.
#[inline(always)]
fn forward_steps<const BLOCK: usize>(dims: &Dims, weights: &Weights, stash: &mut Stash) {
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

/// Attention over the steps of both directions of one group and block.
#[derive(Debug)]
pub(super) struct Attention {
    /// [step in time]: weights, sum to 1.
    pub weights: Vec<Lanes>,
    /// [direction][unit]: the mean of the outputs under these weights.
    pub context: Vec<Lanes>,
    /// Gradients, in: of `context` and of `weights`; out: of the scores.
    pub context_gradient: Vec<Lanes>,
    pub weight_gradient: Vec<Lanes>,
    score_gradient: Vec<Lanes>,
}

impl Attention {
    pub fn new(dims: &Dims) -> Self {
        let (steps, units) = (vec![Lanes::ZERO; dims.steps], vec![Lanes::ZERO; 2 * dims.units()]);
        Attention {
            weights: steps.clone(),
            context: units.clone(),
            context_gradient: units,
            weight_gradient: steps.clone(),
            score_gradient: steps,
        }
    }
}

/// Attention weights = softmax over steps of ⟨context vector, output⟩; context = weighted mean.
///
/// `vector` is [direction][unit], padded with zeros.
#[inline(always)]
fn attend_steps(dims: &Dims, vector: &[f32], stashes: &[Stash], attention: &mut Attention) {
    let (steps, units) = (dims.steps, dims.units());
    let [forward, reverse] = stashes else { return };
    let mut largest = Lanes::splat(f32::MIN);
    for step in 0..steps {
        let [mut from_forward, mut from_reverse] = [Lanes::ZERO; 2];
        let outputs = forward.output(dims, step).iter().zip(reverse.output(dims, steps - 1 - step));
        let (forward_vector, reverse_vector) = vector.split_at(units);
        for ((&f, &r), (&fv, &rv)) in outputs.zip(forward_vector.iter().zip(reverse_vector)) {
            from_forward += Lanes::splat(fv) * f;
            from_reverse += Lanes::splat(rv) * r;
        }
        let score = from_forward + from_reverse;
        attention.weights[step] = score;
        largest = largest.max(score);
    }
    let mut total = Lanes::ZERO;
    for weight in &mut attention.weights {
        *weight = (*weight - largest).exp(87.0);
        total += *weight;
    }
    attention.context.fill(Lanes::ZERO);
    let (forward_context, reverse_context) = attention.context.split_at_mut(units);
    for (step, weight) in attention.weights.iter_mut().enumerate() {
        *weight = *weight / total;
        for (context, &output) in forward_context.iter_mut().zip(forward.output(dims, step)) {
            *context += *weight * output;
        }
        for (context, &output) in reverse_context.iter_mut().zip(reverse.output(dims, steps - 1 - step)) {
            *context += *weight * output;
        }
    }
}

/// From the gradients of context and weights to that of the scores and of the context vector
/// (`vector_gradient`, [direction][unit], overwritten).
#[inline(always)]
fn attend_steps_backward(dims: &Dims, stashes: &[Stash], attention: &mut Attention, vector_gradient: &mut [f32]) {
    let (steps, units) = (dims.steps, dims.units());
    let [forward, reverse] = stashes else { return };
    let mut mean = Lanes::ZERO;
    for step in 0..steps {
        let [mut from_forward, mut from_reverse] = [Lanes::ZERO; 2];
        let outputs = forward.output(dims, step).iter().zip(reverse.output(dims, steps - 1 - step));
        let (forward_gradient, reverse_gradient) = attention.context_gradient.split_at(units);
        for ((&f, &r), (&fg, &rg)) in outputs.zip(forward_gradient.iter().zip(reverse_gradient)) {
            from_forward += f * fg;
            from_reverse += r * rg;
        }
        let gradient = attention.weight_gradient[step] + (from_forward + from_reverse);
        attention.score_gradient[step] = gradient;
        mean += attention.weights[step] * gradient;
    }
    for (gradient, &weight) in attention.score_gradient.iter_mut().zip(&attention.weights) {
        *gradient = weight * (*gradient - mean);
    }
    for unit in 0..units {
        let [mut from_forward, mut from_reverse] = [Lanes::ZERO; 2];
        for (step, &gradient) in attention.score_gradient.iter().enumerate() {
            from_forward += gradient * forward.output(dims, step)[unit];
            from_reverse += gradient * reverse.output(dims, steps - 1 - step)[unit];
        }
        vector_gradient[unit] = from_forward.sum();
        vector_gradient[units + unit] = from_reverse.sum();
    }
}

/// What the backward pass of one direction reads and writes.
#[derive(Debug)]
pub(super) struct Backward<'a> {
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
fn backward_steps<const BLOCK: usize>(dims: &Dims, weights: &Weights, stash: &mut Stash, work: Backward<'_>) {
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

/// Instruction sets that the kernels are compiled for. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the target guarantees: SSE2, NEON.
    Baseline,
}

impl Isa {
    /// Those that this machine can run, the best first.
    pub fn available() -> Vec<Isa> {
        let mut available = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                available.push(Isa::Avx512);
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                available.push(Isa::Avx2);
            }
        }
        available.push(Isa::Baseline);
        available
    }

    /// Units whose sums the forward pass keeps in registers at a time.
    fn unit_block(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => 4,
            _ => 1,
        }
    }
}

/// A kernel compiled for each instruction set; the block size is the one of [`Isa::unit_block`].
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident = $inner:ident $(::<$wide:literal, $narrow:literal>)? ($($argument:ident: $type:ty),*)) => {
        $(#[$doc])*
        pub(super) fn $name(isa: Isa, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn avx512($($argument: $type),*) {
                $inner$(::<$wide>)?($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2($($argument: $type),*) {
                $inner$(::<$narrow>)?($($argument),*)
            }
            match isa {
                // SAFETY: `Isa::available` has seen that the processor has AVX-512F.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: `Isa::available` has seen that the processor has AVX2.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => unsafe { avx2($($argument),*) },
                Isa::Baseline => $inner$(::<$narrow>)?($($argument),*),
            }
        }
    };
}

kernel!(
    /// Runs all steps of one direction; the inputs are in place.
    forward = forward_steps::<4, 1>(dims: &Dims, weights: &Weights, stash: &mut Stash)
);
kernel!(
    /// Attends to the outputs of both directions.
    attend = attend_steps(dims: &Dims, vector: &[f32], stashes: &[Stash], attention: &mut Attention)
);
kernel!(
    /// Backward pass of [`attend`].
    attend_backward = attend_steps_backward(dims: &Dims, stashes: &[Stash], attention: &mut Attention, vector_gradient: &mut [f32])
);
kernel!(
    /// Backward pass of [`forward`], after [`attend_backward`].
    backward = backward_steps::<4, 1>(dims: &Dims, weights: &Weights, stash: &mut Stash, work: Backward<'_>)
);
