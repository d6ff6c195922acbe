//! How much each kind of model counts (stacked generalisation, Wolpert 1992; the super learner, van der
//! Laan, Polley & Hubbard 2007): weights that are not negative, fitted to cross-fitted outputs, and drawn
//! towards equal ones, which some hundred genes cannot improve on.

use crate::learn::Task;

/// Strength of the pull: as if some hundred genes spoke for equal weights.
const PULL: f64 = 100.0;

/// The weight of each kind, and what is added. `outputs` is [kind][gene]: log-odds, or predicted labels.
pub fn weights(outputs: &[Vec<f64>], labels: &[f64], task: Task) -> (Vec<f64>, f64) {
    let kinds = outputs.len();
    // labels in units of their spread, so that the pull is the same for all
    let mean = labels.iter().sum::<f64>() / labels.len() as f64;
    let variance = labels.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / labels.len() as f64;
    let unit = if task == Task::Regression { 1.0 / variance.max(1e-12) } else { 1.0 };
    let equal = 1.0 / kinds as f64;
    let (mut weights, mut bias) = (vec![equal; kinds], 0.0);
    // the curvature is at most this, so that steps of its inverse never go up
    let largest: f64 = outputs.iter().map(|of| of.iter().map(|z| z * z).sum::<f64>()).sum::<f64>();
    let bound = unit * (largest + labels.len() as f64) * if task == Task::Regression { 1.0 } else { 0.25 } + PULL;
    for _ in 0..5000 {
        let mut gradient = vec![0.0; kinds];
        let mut of_bias = 0.0;
        for (gene, label) in labels.iter().enumerate() {
            let z = bias + weights.iter().zip(outputs).map(|(weight, of)| weight * of[gene]).sum::<f64>();
            let expected = if task == Task::Classification { 1.0 / (1.0 + (-z).exp()) } else { z };
            let rest = unit * (expected - label);
            gradient.iter_mut().zip(outputs).for_each(|(gradient, of)| *gradient += rest * of[gene]);
            of_bias += rest;
        }
        let mut moved = (of_bias / bound).abs();
        bias -= of_bias / bound;
        for (weight, gradient) in weights.iter_mut().zip(gradient) {
            let new = (*weight - (gradient + PULL * (*weight - equal)) / bound).max(0.0);
            moved = moved.max((new - *weight).abs());
            *weight = new;
        }
        if moved < 1e-9 {
            break;
        }
    }
    (weights, bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_knows_more_counts_more_and_few_genes_change_little() {
        let of = |genes: usize| {
            let label = |gene: usize| f64::from(u8::from(gene * 7 % 13 < 6));
            let labels: Vec<f64> = (0..genes).map(label).collect();
            let good = labels.iter().enumerate().map(|(at, y)| (y - 0.5) * 4.0 + (at * 31 % 17) as f64 / 4.0 - 2.0);
            let noise = (0..genes).map(|gene| (gene * 29 % 19) as f64 / 4.0 - 2.25);
            weights(&[good.collect(), noise.collect()], &labels, Task::Classification).0
        };
        let (few, many) = (of(20), of(5000));
        assert!(many[0] > 0.7 && many[1] < 0.1, "{many:?}");
        assert!((few[0] - 0.5).abs() < 0.1 && (few[1] - 0.5).abs() < 0.1, "{few:?}");
        let labels: Vec<f64> = (0..3000).map(|at| f64::from(at * 7 % 100) * 5.0).collect();
        let outputs = [labels.clone(), labels.iter().map(|y| 2.0 * y).collect()];
        let (fitted, bias) = weights(&outputs, &labels, Task::Regression);
        assert!((fitted[0] + 2.0 * fitted[1] - 1.0).abs() < 0.05 && bias.abs() < 20.0, "{fitted:?} {bias}");
    }
}
