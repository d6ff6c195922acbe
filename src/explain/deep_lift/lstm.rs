//! DeepLIFT through an LSTM with its gates laid open.
//!
//! Gates by the rule of their sigmoid or tanh; the products of gates by Shapley's: of y = u·v, Δu is
//! worth (v₀ + v)/2 each and Δv (u₀ + u)/2, which together are exactly Δy.

use super::parts::Parts;
use crate::model::chain::{Direction, Function};
use crate::model::{InstructionSet, kernel};

/// What a window makes of it, by time.
#[derive(Clone, Debug, Default)]
pub struct LstmTrace {
    /// Gates before their function, [step, gate × hidden].
    before: Vec<f64>,
    /// Gates, [step, gate × hidden].
    gates: Vec<f64>,
    /// [step, hidden].
    cell: Vec<f64>,
    /// [step, hidden].
    tanh: Vec<f64>,
    /// Outputs, [step, hidden].
    pub outputs: Vec<f64>,
}

/// Slopes between the reference and a window, by time.
#[derive(Clone, Debug)]
pub struct LstmSlopes<P> {
    gates: Vec<P>,
    tanh: Vec<P>,
    /// Differences of the outputs, [step, hidden]; empty where they need not be followed.
    pub outputs: Vec<P>,
}

impl Direction {
    /// Times in the order in which they are read.
    fn order(&self, steps: usize) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let reversed = self.reversed;
        (0..steps).map(move |step| if reversed { steps - 1 - step } else { step })
    }

    /// The time read before this one.
    fn previous(&self, time: usize, steps: usize) -> Option<usize> {
        if self.reversed { (time + 1 < steps).then_some(time + 1) } else { time.checked_sub(1) }
    }

    /// `x` is [step, input].
    pub(super) fn trace(&self, x: &[f64]) -> LstmTrace {
        let (hidden, steps) = (self.hidden, x.len() / self.inputs);
        let zeros = |width: usize| vec![0.0; steps * width];
        let mut trace = LstmTrace {
            before: zeros(4 * hidden),
            gates: zeros(4 * hidden),
            cell: zeros(hidden),
            tanh: zeros(hidden),
            outputs: zeros(hidden),
        };
        trace_steps(InstructionSet::best(), self, x, &mut trace);
        trace
    }

    /// `x` are the differences of the inputs, [step, input]; looked at only where parts are split.
    pub(super) fn slopes<P: Parts>(&self, reference: &LstmTrace, trace: &LstmTrace, x: &[P]) -> LstmSlopes<P> {
        let (hidden, steps) = (self.hidden, trace.outputs.len() / self.hidden);
        let mut slopes = LstmSlopes {
            gates: vec![P::default(); steps * 4 * hidden],
            tanh: vec![P::default(); steps * hidden],
            outputs: vec![P::default(); if P::SPLIT { steps * hidden } else { 0 }],
        };
        slopes_of_steps(InstructionSet::best(), self, [reference, trace], x, &mut slopes);
        slopes
    }

    /// Multipliers of the inputs [step, input] from those of the outputs [step, hidden].
    pub(super) fn backward<P: Parts>(
        &self,
        reference: &LstmTrace,
        trace: &LstmTrace,
        slopes: &LstmSlopes<P>,
        outputs: &[P],
    ) -> Vec<P> {
        let mut inputs = vec![P::default(); outputs.len() / self.hidden * self.inputs];
        back_through_steps(InstructionSet::best(), self, [reference, trace], slopes, outputs, &mut inputs);
        inputs
    }
}

// almost all of the time is spent in these three
kernel!(
    /// Fills in the trace of `x`.
    trace_steps = plain trace_inner(lstm: &Direction, x: &[f64], trace: &mut LstmTrace)
);
kernel!(
    /// Fills in the slopes.
    slopes_of_steps = plain slopes_inner<P: Parts>(lstm: &Direction, traces: [&LstmTrace; 2], x: &[P], slopes: &mut LstmSlopes<P>)
);
kernel!(
    /// Fills in the multipliers of the inputs.
    back_through_steps = plain backward_inner<P: Parts>(lstm: &Direction, traces: [&LstmTrace; 2], slopes: &LstmSlopes<P>, outputs: &[P], inputs: &mut [P])
);

#[inline(always)]
fn trace_inner(lstm: &Direction, x: &[f64], trace: &mut LstmTrace) {
    let (hidden, steps) = (lstm.hidden, x.len() / lstm.inputs);
    let (of_input, of_hidden) = lstm.weights.split_at(lstm.inputs * 4 * hidden);
    let (mut h, mut c) = (vec![0.0; hidden], vec![0.0; hidden]);
    for time in lstm.order(steps) {
        let before = &mut trace.before[time * 4 * hidden..][..4 * hidden];
        before.copy_from_slice(&lstm.bias);
        f64::add_through(&x[time * lstm.inputs..][..lstm.inputs], of_input, before);
        f64::add_through(&h, of_hidden, before);
        let gates = &mut trace.gates[time * 4 * hidden..][..4 * hidden];
        gates.copy_from_slice(before);
        let [input, forget, candidate, output] = quarters_mut(gates);
        Function::Sigmoid.apply(input);
        Function::Sigmoid.apply(forget);
        Function::Tanh.apply(candidate);
        Function::Sigmoid.apply(output);
        let sides = forget.iter().zip(&*input).zip(&*candidate);
        c.iter_mut().zip(sides).for_each(|(c, ((forget, input), candidate))| *c = forget * *c + input * candidate);
        let tanh = &mut trace.tanh[time * hidden..][..hidden];
        tanh.copy_from_slice(&c);
        Function::Tanh.apply(tanh);
        h.iter_mut().zip(&*output).zip(&*tanh).for_each(|((h, output), tanh)| *h = output * tanh);
        trace.cell[time * hidden..][..hidden].copy_from_slice(&c);
        trace.outputs[time * hidden..][..hidden].copy_from_slice(&h);
    }
}

#[inline(always)]
fn slopes_inner<P: Parts>(lstm: &Direction, traces: [&LstmTrace; 2], x: &[P], slopes: &mut LstmSlopes<P>) {
    let (hidden, steps) = (lstm.hidden, traces[1].outputs.len() / lstm.hidden);
    let (of_input, of_hidden) = lstm.weights.split_at(lstm.inputs * 4 * hidden);
    let (mut h, mut c) = (vec![P::default(); hidden], vec![P::default(); hidden]);
    let mut gates = vec![P::default(); 4 * hidden];
    let zeros = vec![0.0; hidden];
    for time in lstm.order(steps) {
        let range = time * 4 * hidden..(time + 1) * 4 * hidden;
        if P::SPLIT {
            gates.fill(P::default());
            P::add_through(&x[time * lstm.inputs..][..lstm.inputs], of_input, &mut gates);
            P::add_through(&h, of_hidden, &mut gates);
        }
        let [before0, before] = traces.map(|trace| quarters(&trace.before[range.clone()]));
        let [gates0, gates1] = traces.map(|trace| quarters(&trace.gates[range.clone()]));
        let of_gates = quarters_mut(&mut slopes.gates[range.clone()]);
        let differences = quarters(&gates);
        let sides = |gate: usize| [before0[gate], before[gate], gates0[gate], gates1[gate]];
        let [input, forget, candidate, output] = of_gates;
        P::slopes(Function::Sigmoid, sides(0), differences[0], input);
        P::slopes(Function::Sigmoid, sides(1), differences[1], forget);
        P::slopes(Function::Tanh, sides(2), differences[2], candidate);
        P::slopes(Function::Sigmoid, sides(3), differences[3], output);
        let products = Products::new(lstm, traces, time, &zeros);
        if P::SPLIT {
            gates.iter_mut().zip(&slopes.gates[range]).for_each(|(gate, slope)| *gate = gate.by(*slope));
            let [input, forget, candidate, _] = quarters(&gates);
            for unit in 0..hidden {
                let factors = products.factors(unit);
                c[unit] = forget[unit]
                    .through(factors.forget)
                    .plus(c[unit].through(factors.previous_cell))
                    .plus(input[unit].through(factors.input))
                    .plus(candidate[unit].through(factors.candidate));
            }
        }
        let own = time * hidden..(time + 1) * hidden;
        let [cell0, cell] = traces.map(|trace| &trace.cell[own.clone()]);
        let tanh = &mut slopes.tanh[own.clone()];
        P::slopes(Function::Tanh, [cell0, cell, products.tanh[0], products.tanh[1]], &c, tanh);
        if P::SPLIT {
            let [.., output] = quarters(&gates);
            for unit in 0..hidden {
                let factors = products.factors(unit);
                let tanh = c[unit].by(tanh[unit]);
                h[unit] = output[unit].through(factors.output).plus(tanh.through(factors.tanh));
            }
            slopes.outputs[own].copy_from_slice(&h);
        }
    }
}

#[inline(always)]
fn backward_inner<P: Parts>(
    lstm: &Direction,
    traces: [&LstmTrace; 2],
    slopes: &LstmSlopes<P>,
    outputs: &[P],
    inputs: &mut [P],
) {
    let (hidden, steps) = (lstm.hidden, outputs.len() / lstm.hidden);
    let (mut h, mut c) = (vec![P::default(); hidden], vec![P::default(); hidden]);
    let mut gates = vec![P::default(); 4 * hidden];
    let zeros = vec![0.0; hidden];
    let mut read = vec![P::default(); lstm.inputs + hidden];
    for time in lstm.order(steps).rev() {
        let products = Products::new(lstm, traces, time, &zeros);
        let [of_input, of_forget, of_candidate, of_output] = quarters(&slopes.gates[time * 4 * hidden..][..4 * hidden]);
        let [of_tanh, outputs] = [&slopes.tanh, outputs].map(|all| &all[time * hidden..][..hidden]);
        let [input, forget, candidate, output] = quarters_mut(&mut gates);
        let (h_of, c_of) = (&mut h[..hidden], &mut c[..hidden]);
        for unit in 0..hidden {
            let factors = products.factors(unit);
            let out = outputs[unit].plus(h_of[unit]);
            let cell = out.through(factors.tanh).by(of_tanh[unit]).plus(c_of[unit]);
            input[unit] = cell.through(factors.input).by(of_input[unit]);
            forget[unit] = cell.through(factors.forget).by(of_forget[unit]);
            candidate[unit] = cell.through(factors.candidate).by(of_candidate[unit]);
            output[unit] = out.through(factors.output).by(of_output[unit]);
            c_of[unit] = cell.through(factors.previous_cell);
        }
        read.fill(P::default());
        P::add_through(&gates, &lstm.by_gate, &mut read);
        let (of_input, of_hidden) = read.split_at(lstm.inputs);
        inputs[time * lstm.inputs..][..lstm.inputs].copy_from_slice(of_input);
        h.copy_from_slice(of_hidden);
    }
}

/// Those of each gate.
#[inline(always)]
fn quarters<T>(gates: &[T]) -> [&[T]; 4] {
    let hidden = gates.len() / 4;
    std::array::from_fn(|gate| &gates[gate * hidden..][..hidden])
}

/// Those of each gate.
#[inline(always)]
fn quarters_mut<T>(gates: &mut [T]) -> [&mut [T]; 4] {
    let (early, late) = gates.split_at_mut(gates.len() / 2);
    let ((input, forget), (candidate, output)) =
        (early.split_at_mut(early.len() / 2), late.split_at_mut(late.len() / 2));
    [input, forget, candidate, output]
}

/// The products at one time: their sides, of the reference and of the window.
struct Products<'a> {
    /// \[gate\]\[unit\].
    gates: [[&'a [f64]; 4]; 2],
    /// The cells before.
    previous: [&'a [f64]; 2],
    /// The cells' tanh.
    tanh: [&'a [f64]; 2],
}

/// The other factors of the products at one unit and time, each the mean of reference and window.
struct Factors {
    /// The input gate's slope: the candidate.
    input: f64,
    /// The forget gate's slope: the cell before.
    forget: f64,
    /// The candidate's slope: the input gate.
    candidate: f64,
    /// The output gate's slope: the tanh of the cell.
    output: f64,
    /// The slope of the cell before: the forget gate.
    previous_cell: f64,
    /// The slope of the cell's tanh: the output gate.
    tanh: f64,
}

impl<'a> Products<'a> {
    #[inline(always)]
    fn new(lstm: &Direction, traces: [&'a LstmTrace; 2], time: usize, zeros: &'a [f64]) -> Self {
        let hidden = lstm.hidden;
        let before = lstm.previous(time, traces[1].outputs.len() / hidden);
        // cells are 0 before the first time
        let previous = |trace: &'a LstmTrace| before.map_or(zeros, |time| &trace.cell[time * hidden..][..hidden]);
        Products {
            gates: traces.map(|trace| quarters(&trace.gates[time * 4 * hidden..][..4 * hidden])),
            previous: traces.map(previous),
            tanh: traces.map(|trace| &trace.tanh[time * hidden..][..hidden]),
        }
    }

    #[inline(always)]
    fn factors(&self, unit: usize) -> Factors {
        let mean = |[reference, here]: [&[f64]; 2]| 0.5 * (reference[unit] + here[unit]);
        let gate = |gate: usize| mean(self.gates.map(|gates| gates[gate]));
        Factors {
            input: gate(2),
            forget: mean(self.previous),
            candidate: gate(0),
            output: mean(self.tanh),
            previous_cell: gate(1),
            tanh: gate(3),
        }
    }
}
