//! DeepLIFT through an LSTM with its gates laid open.
//!
//! Gates by the rule of their sigmoid or tanh; the products of gates by Shapley's: of y = u·v, Δu is
//! worth (v₀ + v)/2 each and Δv (u₀ + u)/2, which together are exactly Δy.

use super::parts::{Change, Parts};
use crate::model::chain::{Direction, Function};

/// What a window makes of it, by time.
#[derive(Clone, Debug, Default)]
pub struct Trace {
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
pub struct Slopes<P> {
    gates: Vec<P>,
    tanh: Vec<P>,
    /// Differences of the outputs, [step, hidden]; empty where they need not be followed.
    pub outputs: Vec<P>,
}

const GATES: [Function; 4] = [Function::Sigmoid, Function::Sigmoid, Function::Tanh, Function::Sigmoid];

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
    pub(super) fn trace(&self, x: &[f64]) -> Trace {
        let (hidden, steps) = (self.hidden, x.len() / self.inputs);
        let zeros = |width: usize| vec![0.0; steps * width];
        let mut trace = Trace {
            before: zeros(4 * hidden),
            gates: zeros(4 * hidden),
            cell: zeros(hidden),
            tanh: zeros(hidden),
            outputs: zeros(hidden),
        };
        let (mut h, mut c) = (vec![0.0; hidden], vec![0.0; hidden]);
        for time in self.order(steps) {
            let before = &mut trace.before[time * 4 * hidden..][..4 * hidden];
            before.copy_from_slice(&self.bias);
            let read = x[time * self.inputs..][..self.inputs].iter().chain(&h);
            for (value, weights) in read.zip(self.weights.chunks_exact(4 * hidden)) {
                before.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
            }
            let gates = &mut trace.gates[time * 4 * hidden..][..4 * hidden];
            for (gate, function) in GATES.into_iter().enumerate() {
                for unit in gate * hidden..(gate + 1) * hidden {
                    gates[unit] = function.at(before[unit]);
                }
            }
            for unit in 0..hidden {
                c[unit] = gates[hidden + unit] * c[unit] + gates[unit] * gates[2 * hidden + unit];
                trace.tanh[time * hidden + unit] = Function::Tanh.at(c[unit]);
                h[unit] = gates[3 * hidden + unit] * trace.tanh[time * hidden + unit];
            }
            trace.cell[time * hidden..][..hidden].copy_from_slice(&c);
            trace.outputs[time * hidden..][..hidden].copy_from_slice(&h);
        }
        trace
    }

    /// `x` are the differences of the inputs, [step, input]; looked at only where parts are split.
    pub(super) fn slopes<P: Parts>(&self, reference: &Trace, trace: &Trace, x: &[P]) -> Slopes<P> {
        let (hidden, steps) = (self.hidden, trace.outputs.len() / self.hidden);
        let mut slopes = Slopes {
            gates: vec![P::default(); steps * 4 * hidden],
            tanh: vec![P::default(); steps * hidden],
            outputs: vec![P::default(); if P::SPLIT { steps * hidden } else { 0 }],
        };
        let (mut h, mut c) = (vec![P::default(); hidden], vec![P::default(); hidden]);
        let mut gates = vec![P::default(); 4 * hidden];
        for time in self.order(steps) {
            if P::SPLIT {
                gates.fill(P::default());
                let read = x[time * self.inputs..][..self.inputs].iter().chain(&h);
                for (difference, weights) in read.zip(self.weights.chunks_exact(4 * hidden)) {
                    gates
                        .iter_mut()
                        .zip(weights)
                        .for_each(|(sum, &weight)| *sum = sum.plus(difference.through(weight)));
                }
            }
            for (gate, function) in GATES.into_iter().enumerate() {
                for (unit, difference) in gates.iter_mut().enumerate().skip(gate * hidden).take(hidden) {
                    let at = time * 4 * hidden + unit;
                    let change = Change {
                        x0: reference.before[at],
                        x: trace.before[at],
                        y0: reference.gates[at],
                        y: trace.gates[at],
                    };
                    slopes.gates[at] = P::slope(function, change, *difference);
                    *difference = difference.by(slopes.gates[at]);
                }
            }
            for unit in 0..hidden {
                let factors = Factors::new(self, reference, trace, time, unit);
                let [input, forget, candidate, output] = std::array::from_fn(|gate| gates[gate * hidden + unit]);
                c[unit] = forget
                    .through(factors.forget)
                    .plus(c[unit].through(factors.previous_cell))
                    .plus(input.through(factors.input))
                    .plus(candidate.through(factors.candidate));
                let at = time * hidden + unit;
                let change =
                    Change { x0: reference.cell[at], x: trace.cell[at], y0: reference.tanh[at], y: trace.tanh[at] };
                slopes.tanh[at] = P::slope(Function::Tanh, change, c[unit]);
                let tanh = c[unit].by(slopes.tanh[at]);
                h[unit] = output.through(factors.output).plus(tanh.through(factors.tanh));
            }
            if P::SPLIT {
                slopes.outputs[time * hidden..][..hidden].copy_from_slice(&h);
            }
        }
        slopes
    }

    /// Multipliers of the inputs [step, input] from those of the outputs [step, hidden].
    pub(super) fn backward<P: Parts>(
        &self,
        reference: &Trace,
        trace: &Trace,
        slopes: &Slopes<P>,
        outputs: &[P],
    ) -> Vec<P> {
        let (hidden, steps) = (self.hidden, outputs.len() / self.hidden);
        let mut inputs = vec![P::default(); steps * self.inputs];
        let (mut h, mut c) = (vec![P::default(); hidden], vec![P::default(); hidden]);
        let mut gates = vec![P::default(); 4 * hidden];
        for time in self.order(steps).rev() {
            for unit in 0..hidden {
                let factors = Factors::new(self, reference, trace, time, unit);
                let output = outputs[time * hidden + unit].plus(h[unit]);
                let tanh = output.through(factors.tanh);
                let cell = tanh.by(slopes.tanh[time * hidden + unit]).plus(c[unit]);
                let of_gate = [
                    cell.through(factors.input),
                    cell.through(factors.forget),
                    cell.through(factors.candidate),
                    output.through(factors.output),
                ];
                for (gate, multiplier) in of_gate.into_iter().enumerate() {
                    let at = gate * hidden + unit;
                    gates[at] = multiplier.by(slopes.gates[time * 4 * hidden + at]);
                }
                c[unit] = cell.through(factors.previous_cell);
            }
            let read = inputs[time * self.inputs..][..self.inputs].iter_mut().chain(&mut h);
            for (multiplier, weights) in read.zip(self.weights.chunks_exact(4 * hidden)) {
                // four sums side by side, which the processor adds at a time
                let mut sums = [P::default(); 4];
                for (gates, weights) in gates.chunks_exact(4).zip(weights.chunks_exact(4)) {
                    for lane in 0..4 {
                        sums[lane] = sums[lane].plus(gates[lane].through(weights[lane]));
                    }
                }
                *multiplier = sums[0].plus(sums[1]).plus(sums[2].plus(sums[3]));
            }
        }
        inputs
    }
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

impl Factors {
    fn new(lstm: &Direction, reference: &Trace, trace: &Trace, time: usize, unit: usize) -> Self {
        let hidden = lstm.hidden;
        let gate = |gate: usize| {
            let at = (time * 4 + gate) * hidden + unit;
            0.5 * (reference.gates[at] + trace.gates[at])
        };
        let mean = |of: fn(&Trace) -> &Vec<f64>, time: usize| {
            0.5 * (of(reference)[time * hidden + unit] + of(trace)[time * hidden + unit])
        };
        let previous = lstm.previous(time, trace.outputs.len() / hidden);
        Factors {
            input: gate(2),
            forget: previous.map_or(0.0, |time| mean(|trace| &trace.cell, time)),
            candidate: gate(0),
            output: mean(|trace| &trace.tanh, time),
            previous_cell: gate(1),
            tanh: gate(3),
        }
    }
}
