//! What one task keeps from the forward pass for the backward pass, and dropout.

use super::Dims;
use crate::model::lanes::{LANES, Lanes};

/// What one task keeps. Without `keep` (no backward pass will follow) the gates and cells of one
/// step only.
#[derive(Debug)]
pub(in crate::model) struct Stash {
    pub(super) keep: bool,
    /// [step + 1][column]: `z` of each step; the last row holds the last hidden state.
    pub(super) z: Vec<Lanes>,
    /// [step][gate][unit], steps [`Dims::gate_stride`] apart; the backward pass puts the gradients in their place.
    pub(super) gates: Vec<Lanes>,
    /// [step + 1][unit]: cell state before each step.
    pub(super) cells: Vec<Lanes>,
    /// [step][unit]: tanh of the cell state after each step.
    pub(super) tanh_cells: Vec<Lanes>,
    /// Dropout: [step][unit] factors of the outputs and the outputs themselves; empty without.
    pub(super) factors: Vec<Lanes>,
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
            gates: vec![Lanes::ZERO; kept * dims.gate_stride()],
            cells: vec![Lanes::ZERO; (kept + usize::from(keep)) * units],
            tanh_cells: vec![Lanes::ZERO; kept * units],
            factors: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Where the inputs of a step go.
    pub fn inputs_mut(&mut self, dims: &Dims, step: usize) -> &mut [Lanes] {
        &mut self.z[step * dims.columns() + dims.units()..][..dims.inputs]
    }

    /// The outputs of a step: its hidden state, after dropout.
    #[inline(always)]
    pub(super) fn output(&self, dims: &Dims, step: usize) -> &[Lanes] {
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
                let output = &self.z[(step + 1) * columns + unit];
                self.outputs[at] = Lanes(std::array::from_fn(|lane| output.0[lane] * self.factors[at].0[lane]));
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
