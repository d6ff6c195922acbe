//! DeepLIFT through a bidirectional LSTM and the softmax attention that pools its outputs.
//!
//! Attention is taken apart as e = exp(score), r = 1 / Σ e, attention = e · r, context = Σ attention ·
//! output: functions by their rule, products by Shapley's.

use super::lstm::{Lstm, Slopes, Trace};
use super::parts::{Change, Function, Parts};

/// A bidirectional LSTM and attention over its outputs.
#[derive(Clone, Debug)]
pub struct Level {
    inputs: usize,
    hidden: usize,
    directions: [Lstm; 2],
    /// Context vector, [2 × hidden].
    vector: Vec<f64>,
}

/// What a window makes of it.
#[derive(Clone, Debug, Default)]
pub struct LevelTrace {
    directions: [Trace; 2],
    /// [step, 2 × hidden].
    outputs: Vec<f64>,
    /// [step].
    scores: Vec<f64>,
    /// [step].
    attention: Vec<f64>,
    /// The outputs pooled, [2 × hidden].
    pub context: Vec<f64>,
}

/// Slopes between the reference and a window.
#[derive(Clone, Debug)]
pub struct LevelSlopes<P> {
    directions: [Slopes<P>; 2],
    /// Numerators of the attention and their sum's reciprocal, at the reference and here.
    powers: [Vec<f64>; 2],
    reciprocals: [f64; 2],
    of_powers: Vec<P>,
    of_reciprocal: P,
    /// Differences of the context, [2 × hidden].
    pub context: Vec<P>,
}

impl Level {
    /// From the weights of both directions and the context vector, one after the other.
    pub fn new(inputs: usize, hidden: usize, flat: &[f32]) -> Self {
        let (directions, vector) = flat.split_at(flat.len() - 2 * hidden);
        let (forward, reverse) = directions.split_at(directions.len() / 2);
        let directions = [Lstm::new(inputs, hidden, false, forward), Lstm::new(inputs, hidden, true, reverse)];
        Level { inputs, hidden, directions, vector: vector.iter().map(|&weight| f64::from(weight)).collect() }
    }

    /// `x` is [step, input].
    pub fn trace(&self, x: &[f64]) -> LevelTrace {
        let (steps, width) = (x.len() / self.inputs, 2 * self.hidden);
        let directions = [self.directions[0].trace(x), self.directions[1].trace(x)];
        let mut outputs = Vec::with_capacity(steps * width);
        for step in 0..steps {
            directions.iter().for_each(|trace| outputs.extend(&trace.outputs[step * self.hidden..][..self.hidden]));
        }
        let dot = |output: &[f64]| output.iter().zip(&self.vector).map(|(a, b)| a * b).sum::<f64>();
        let scores: Vec<f64> = outputs.chunks_exact(width).map(dot).collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
        let total: f64 = powers.iter().sum();
        let attention: Vec<f64> = powers.iter().map(|power| power / total).collect();
        let mut context = vec![0.0; width];
        for (output, weight) in outputs.chunks_exact(width).zip(&attention) {
            context.iter_mut().zip(output).for_each(|(sum, value)| *sum += weight * value);
        }
        LevelTrace { directions, outputs, scores, attention, context }
    }

    /// `x` are the differences of the inputs, [step, input].
    pub fn slopes<P: Parts>(&self, reference: &LevelTrace, trace: &LevelTrace, x: &[P]) -> LevelSlopes<P> {
        let (steps, width) = (trace.scores.len(), 2 * self.hidden);
        let slopes = |at: usize| self.directions[at].slopes(&reference.directions[at], &trace.directions[at], x);
        let directions = [slopes(0), slopes(1)];
        // any shift of all scores gives the same attention; the largest keeps the powers within range
        let shift = reference.scores.iter().chain(&trace.scores).copied().fold(f64::NEG_INFINITY, f64::max);
        let powers =
            [reference, trace].map(|of| of.scores.iter().map(|score| (score - shift).exp()).collect::<Vec<_>>());
        let totals = [powers[0].iter().sum::<f64>(), powers[1].iter().sum::<f64>()];
        let reciprocals = totals.map(|total| 1.0 / total);
        let mut slopes = LevelSlopes {
            directions,
            of_powers: vec![P::default(); steps],
            of_reciprocal: P::default(),
            context: vec![P::default(); width],
            powers,
            reciprocals,
        };
        let difference = |step: usize, unit: usize| match P::SPLIT {
            true => slopes.directions[unit / self.hidden].outputs[step * self.hidden + unit % self.hidden],
            false => P::of(trace.outputs[step * width + unit] - reference.outputs[step * width + unit]),
        };
        let mut of_powers = Vec::with_capacity(steps);
        let mut total = P::default();
        for step in 0..steps {
            let score =
                (0..width).fold(P::default(), |sum, unit| sum.plus(difference(step, unit).through(self.vector[unit])));
            let change = Change {
                x0: reference.scores[step] - shift,
                x: trace.scores[step] - shift,
                y0: slopes.powers[0][step],
                y: slopes.powers[1][step],
            };
            let slope = P::slope(Function::Exp, change, score);
            of_powers.push((slope, score.by(slope)));
            total = total.plus(score.by(slope));
        }
        let change = Change { x0: totals[0], x: totals[1], y0: reciprocals[0], y: reciprocals[1] };
        let of_reciprocal = P::slope(Function::Reciprocal, change, total);
        let reciprocal = total.by(of_reciprocal);
        let mut context = vec![P::default(); width];
        for (step, &(_, power)) in of_powers.iter().enumerate() {
            let factors = StepFactors::new(reference, trace, &slopes, step);
            let attention = power.through(factors.power).plus(reciprocal.through(factors.reciprocal));
            for (unit, sum) in context.iter_mut().enumerate() {
                let output = 0.5 * (reference.outputs[step * width + unit] + trace.outputs[step * width + unit]);
                *sum = sum.plus(difference(step, unit).through(factors.output)).plus(attention.through(output));
            }
        }
        slopes.of_powers = of_powers.into_iter().map(|(slope, _)| slope).collect();
        (slopes.of_reciprocal, slopes.context) = (of_reciprocal, context);
        slopes
    }

    /// Multipliers of the inputs [step, input] from those of the context [2 × hidden].
    pub fn backward<P: Parts>(
        &self,
        reference: &LevelTrace,
        trace: &LevelTrace,
        slopes: &LevelSlopes<P>,
        context: &[P],
    ) -> Vec<P> {
        let (steps, width) = (trace.scores.len(), 2 * self.hidden);
        let factors: Vec<_> = (0..steps).map(|step| StepFactors::new(reference, trace, slopes, step)).collect();
        let attention = |step: usize| {
            context.iter().enumerate().fold(P::default(), |sum, (unit, multiplier)| {
                let at = step * width + unit;
                sum.plus(multiplier.through(0.5 * (reference.outputs[at] + trace.outputs[at])))
            })
        };
        let attention: Vec<P> = (0..steps).map(attention).collect();
        let reciprocal = attention
            .iter()
            .zip(&factors)
            .fold(P::default(), |sum, (multiplier, factors)| sum.plus(multiplier.through(factors.reciprocal)));
        let total = reciprocal.by(slopes.of_reciprocal);
        let mut outputs = [0; 2].map(|_| Vec::with_capacity(steps * self.hidden));
        for step in 0..steps {
            let power = attention[step].through(factors[step].power).plus(total);
            let score = power.by(slopes.of_powers[step]);
            for (unit, multiplier) in context.iter().enumerate() {
                let of_unit = multiplier.through(factors[step].output).plus(score.through(self.vector[unit]));
                outputs[unit / self.hidden].push(of_unit);
            }
        }
        let backward = |at: usize| {
            let (reference, trace) = (&reference.directions[at], &trace.directions[at]);
            self.directions[at].backward(reference, trace, &slopes.directions[at], &outputs[at])
        };
        let (forward, reverse) = (backward(0), backward(1));
        forward.into_iter().zip(reverse).map(|(a, b)| a.plus(b)).collect()
    }
}

/// The other factors of the products of attention at one step, each the mean of reference and window.
struct StepFactors {
    /// Of the power: the reciprocal of the sum.
    power: f64,
    /// Of the reciprocal: the power.
    reciprocal: f64,
    /// Of the output: the attention.
    output: f64,
}

impl StepFactors {
    fn new<P>(reference: &LevelTrace, trace: &LevelTrace, slopes: &LevelSlopes<P>, step: usize) -> Self {
        StepFactors {
            power: 0.5 * (slopes.reciprocals[0] + slopes.reciprocals[1]),
            reciprocal: 0.5 * (slopes.powers[0][step] + slopes.powers[1][step]),
            output: 0.5 * (reference.attention[step] + trace.attention[step]),
        }
    }
}
