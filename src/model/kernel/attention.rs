//! Attention over the steps of both directions, forward and backward.

use super::{Dims, Stash};
use crate::model::lanes::Lanes;

/// Attention over the steps of both directions of one group and block.
#[derive(Debug)]
pub(in crate::model) struct Attention {
    /// [step in time]: weights, sum to 1.
    pub weights: Vec<Lanes>,
    /// [direction][unit]: the mean of the outputs under these weights.
    pub context: Vec<Lanes>,
    /// Gradients, in: of `context` and of `weights`; out: of the scores.
    pub context_gradient: Vec<Lanes>,
    pub weight_gradient: Vec<Lanes>,
    pub(super) score_gradient: Vec<Lanes>,
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
pub(super) fn attend_steps(dims: &Dims, vector: &[f32], stashes: &[Stash], attention: &mut Attention) {
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
pub(super) fn attend_steps_backward(
    dims: &Dims,
    stashes: &[Stash],
    attention: &mut Attention,
    vector_gradient: &mut [f32],
) {
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
