//! Attention over the steps of both directions, forward and backward.

use super::{Dims, Stash};
use crate::model::lanes::{LANES, Lanes, Simd};

/// Attention over the steps of both directions of one group and block.
#[derive(Clone, Debug)]
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

    /// Takes the last output of each direction for the context, without attention.
    pub fn take_last(&mut self, dims: &Dims, [forward, reverse]: &[Stash; 2]) {
        let (of_forward, of_reverse) = self.context.split_at_mut(dims.units());
        of_forward.copy_from_slice(forward.output(dims, dims.steps - 1));
        of_reverse.copy_from_slice(reverse.output(dims, dims.steps - 1));
    }

    /// Takes the mean of each direction's outputs for the context: the same attention for each step.
    pub fn take_mean(&mut self, dims: &Dims, stashes: &[Stash; 2]) {
        let share = 1.0 / dims.steps as f32;
        self.weights.fill(Lanes([share; LANES]));
        self.context.fill(Lanes::ZERO);
        for (context, stash) in self.context.chunks_exact_mut(dims.units()).zip(stashes) {
            for step in 0..dims.steps {
                for (sum, output) in context.iter_mut().zip(stash.output(dims, step)) {
                    sum.0.iter_mut().zip(output.0).for_each(|(sum, output)| *sum += output);
                }
            }
            context.iter_mut().flat_map(|sum| &mut sum.0).for_each(|sum| *sum *= share);
        }
    }

    /// What the backward pass of a direction needs whose output at `step` in time is its context.
    pub fn only(&self, step: usize) -> Self {
        let nothing = vec![Lanes::ZERO; self.weights.len()];
        let mut weights = nothing.clone();
        weights[step] = Lanes([1.0; LANES]);
        Attention { weights, score_gradient: nothing, ..self.clone() }
    }
}

/// Attention weights = softmax over steps of ⟨context vector, output⟩; context = weighted mean.
///
/// `vector` is [direction][unit], padded with zeros.
#[inline(always)]
pub(super) fn attend_steps<S: Simd>(dims: &Dims, vector: &[f32], stashes: &[Stash], attention: &mut Attention) {
    let (steps, units) = (dims.steps, dims.units());
    let [forward, reverse] = stashes else { return };
    let (forward_vector, reverse_vector) = vector.split_at(units);
    let mut largest = S::splat(f32::MIN);
    for (step, score) in attention.weights.iter_mut().enumerate() {
        let [mut from_forward, mut from_reverse] = [S::splat(0.0); 2];
        let outputs = forward.output(dims, step).iter().zip(reverse.output(dims, steps - 1 - step));
        for ((f, r), (&fv, &rv)) in outputs.zip(forward_vector.iter().zip(reverse_vector)) {
            from_forward = S::splat(fv).mul_add(S::load(f), from_forward);
            from_reverse = S::splat(rv).mul_add(S::load(r), from_reverse);
        }
        (from_forward + from_reverse).store(score);
        largest = largest.max(from_forward + from_reverse);
    }
    let mut total = S::splat(0.0);
    for weight in &mut attention.weights {
        let power = (S::load(weight) - largest).exp();
        power.store(weight);
        total = total + power;
    }
    attention.context.fill(Lanes::ZERO);
    let (forward_context, reverse_context) = attention.context.split_at_mut(units);
    for (step, weight) in attention.weights.iter_mut().enumerate() {
        let share = S::load(weight) / total;
        share.store(weight);
        let forward_outputs = forward_context.iter_mut().zip(forward.output(dims, step));
        let reverse_outputs = reverse_context.iter_mut().zip(reverse.output(dims, steps - 1 - step));
        for (context, output) in forward_outputs.chain(reverse_outputs) {
            share.mul_add(S::load(output), S::load(context)).store(context);
        }
    }
}

/// From the gradients of context and weights to that of the scores and of the context vector
/// (`vector_gradient`, [direction][unit], overwritten).
#[inline(always)]
pub(super) fn attend_steps_backward<S: Simd>(
    dims: &Dims,
    stashes: &[Stash],
    attention: &mut Attention,
    vector_gradient: &mut [f32],
) {
    let (steps, units) = (dims.steps, dims.units());
    let [forward, reverse] = stashes else { return };
    let (forward_gradient, reverse_gradient) = attention.context_gradient.split_at(units);
    let mut mean = S::splat(0.0);
    for step in 0..steps {
        let [mut from_forward, mut from_reverse] = [S::splat(0.0); 2];
        let outputs = forward.output(dims, step).iter().zip(reverse.output(dims, steps - 1 - step));
        for ((f, r), (fg, rg)) in outputs.zip(forward_gradient.iter().zip(reverse_gradient)) {
            from_forward = S::load(f).mul_add(S::load(fg), from_forward);
            from_reverse = S::load(r).mul_add(S::load(rg), from_reverse);
        }
        let gradient = S::load(&attention.weight_gradient[step]) + (from_forward + from_reverse);
        gradient.store(&mut attention.score_gradient[step]);
        mean = S::load(&attention.weights[step]).mul_add(gradient, mean);
    }
    for (gradient, weight) in attention.score_gradient.iter_mut().zip(&attention.weights) {
        (S::load(weight) * (S::load(gradient) - mean)).store(gradient);
    }
    for unit in 0..units {
        let [mut from_forward, mut from_reverse] = [S::splat(0.0); 2];
        // the gradients of the scores add up to 0, so that outputs may be taken less their mean, which
        // keeps what is left of nearly equal outputs
        let [forward_mean, reverse_mean] = [unit, units + unit].map(|unit| S::load(&attention.context[unit]));
        for (step, gradient) in attention.score_gradient.iter().enumerate() {
            let gradient = S::load(gradient);
            let forward_rest = S::load(&forward.output(dims, step)[unit]) - forward_mean;
            let reverse_rest = S::load(&reverse.output(dims, steps - 1 - step)[unit]) - reverse_mean;
            from_forward = gradient.mul_add(forward_rest, from_forward);
            from_reverse = gradient.mul_add(reverse_rest, from_reverse);
        }
        let [mut forward_sum, mut reverse_sum] = [Lanes::ZERO; 2];
        from_forward.store(&mut forward_sum);
        from_reverse.store(&mut reverse_sum);
        vector_gradient[unit] = forward_sum.sum();
        vector_gradient[units + unit] = reverse_sum.sum();
    }
}
