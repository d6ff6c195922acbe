//! DeepLIFT through the softmax attention that pools the steps of a sequence.
//!
//! It is taken apart as power = exp(score), reciprocal = 1 / Σ power, attention = power · reciprocal, context =
//! Σ attention · output. Products are shared out by Shapley's rule, exp and 1 / x by the slope of the chord,
//! under RevealCancel too: a positive part alone may lead exp out of the range of numbers, and a negative one
//! 1 / x beyond its pole. Between a reference and a window the whole is so linear in the differences.

use super::parts::{Change, Parts};
use crate::model::chain::{AttentionLayer, Function};

/// What a window makes of it.
#[derive(Clone, Debug)]
pub struct AttentionTrace {
    /// \[step\].
    scores: Vec<f64>,
    /// \[step\].
    attention: Vec<f64>,
}

/// The factors by which differences pass between the reference and a window.
#[derive(Clone, Debug)]
pub struct AttentionSlopes {
    /// From each step's score to its power.
    exp: Vec<f64>,
    /// From the sum of the powers to its reciprocal.
    of_sum: f64,
    /// From a power to its attention: the mean reciprocal.
    reciprocal: f64,
    /// From the reciprocal to each attention: the mean power.
    powers: Vec<f64>,
    /// From each step's outputs to the context: the mean attention.
    attention: Vec<f64>,
    /// From each attention to the context: the mean outputs, [step, unit].
    outputs: Vec<f64>,
}

impl AttentionLayer {
    /// The context \[unit\] of outputs [step, unit].
    pub(super) fn trace(&self, outputs: &[f64]) -> (Vec<f64>, AttentionTrace) {
        let units = self.vector.len();
        let dot = |output: &[f64]| output.iter().zip(&self.vector).map(|(a, b)| a * b).sum::<f64>();
        let scores: Vec<f64> = outputs.chunks_exact(units).map(dot).collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
        let total: f64 = powers.iter().sum();
        let attention: Vec<f64> = powers.iter().map(|power| power / total).collect();
        let mut context = vec![0.0; units];
        for (output, weight) in outputs.chunks_exact(units).zip(&attention) {
            context.iter_mut().zip(output).for_each(|(sum, value)| *sum += weight * value);
        }
        (context, AttentionTrace { scores, attention })
    }

    /// Between a reference and a window: the outputs [step, unit] and the trace of each.
    pub(super) fn slopes(&self, outputs: [&[f64]; 2], traces: [&AttentionTrace; 2]) -> AttentionSlopes {
        // any shift of all scores gives the same attention; the largest keeps the powers within range
        let scores = traces.map(|trace| &trace.scores);
        let shift = scores.into_iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers = scores.map(|scores| scores.iter().map(|score| (score - shift).exp()).collect::<Vec<f64>>());
        let totals = [powers[0].iter().sum::<f64>(), powers[1].iter().sum::<f64>()];
        let reciprocals = totals.map(|total| 1.0 / total);
        let exp = |step: usize| {
            let [x0, x] = scores.map(|scores| scores[step] - shift);
            Function::Exp.chord(Change { x0, x, y0: powers[0][step], y: powers[1][step] })
        };
        let of_sum = Change { x0: totals[0], x: totals[1], y0: reciprocals[0], y: reciprocals[1] };
        let mean = |of: [&[f64]; 2]| of[0].iter().zip(of[1]).map(|(a, b)| 0.5 * (a + b)).collect::<Vec<f64>>();
        AttentionSlopes {
            exp: (0..powers[0].len()).map(exp).collect(),
            of_sum: Function::Reciprocal.chord(of_sum),
            reciprocal: 0.5 * (reciprocals[0] + reciprocals[1]),
            attention: mean(traces.map(|trace| trace.attention.as_slice())),
            outputs: mean(outputs),
            powers: mean([&powers[0], &powers[1]]),
        }
    }

    /// Differences of the context \[unit\] from those of the outputs [step, unit].
    pub(super) fn forward<P: Parts>(&self, slopes: &AttentionSlopes, outputs: &[P]) -> Vec<P> {
        let units = self.vector.len();
        let of_step = |(outputs, &exp): (&[P], &f64)| {
            let terms = outputs.iter().zip(&self.vector);
            terms.fold(P::default(), |sum, (output, &weight)| sum.plus(output.through(weight))).through(exp)
        };
        let powers: Vec<P> = outputs.chunks_exact(units).zip(&slopes.exp).map(of_step).collect();
        let total = powers.iter().fold(P::default(), |sum, power| sum.plus(*power));
        let reciprocal = total.through(slopes.of_sum);
        let mut context = vec![P::default(); units];
        for (step, (outputs, power)) in outputs.chunks_exact(units).zip(powers).enumerate() {
            let attention = power.through(slopes.reciprocal).plus(reciprocal.through(slopes.powers[step]));
            for (unit, sum) in context.iter_mut().enumerate() {
                let output = outputs[unit].through(slopes.attention[step]);
                *sum = sum.plus(output).plus(attention.through(slopes.outputs[step * units + unit]));
            }
        }
        context
    }

    /// Multipliers of the outputs [step, unit] from those of the context \[unit\].
    pub(super) fn backward<P: Parts>(&self, slopes: &AttentionSlopes, context: &[P]) -> Vec<P> {
        let units = self.vector.len();
        let of_step = |outputs: &[f64]| {
            let terms = context.iter().zip(outputs);
            terms.fold(P::default(), |sum, (multiplier, &output)| sum.plus(multiplier.through(output)))
        };
        let attention: Vec<P> = slopes.outputs.chunks_exact(units).map(of_step).collect();
        let pairs = attention.iter().zip(&slopes.powers);
        let reciprocal = pairs.fold(P::default(), |sum, (multiplier, &power)| sum.plus(multiplier.through(power)));
        let total = reciprocal.through(slopes.of_sum);
        let mut outputs = Vec::with_capacity(attention.len() * units);
        for (step, attention) in attention.into_iter().enumerate() {
            let score = attention.through(slopes.reciprocal).plus(total).through(slopes.exp[step]);
            let of_unit = |(multiplier, &weight): (&P, &f64)| {
                multiplier.through(slopes.attention[step]).plus(score.through(weight))
            };
            outputs.extend(context.iter().zip(&self.vector).map(of_unit));
        }
        outputs
    }
}
