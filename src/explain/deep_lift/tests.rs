//! Summation to delta over many shapes, and limits in which the answer is known.

use candle_core::{Device, Tensor};
use proptest::prelude::*;

use super::*;
use crate::model::Mode;

/// Numbers in [−scale, scale) by a formula.
fn numbers(seed: u64, count: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1u64 << 23) as f32 * scale - scale
    };
    (0..count).map(next).collect()
}

fn n_weights(config: &AttentiveChromeConfig) -> usize {
    ModelConfig::AttentiveChrome(config.clone()).n_weights()
}

fn open(config: &AttentiveChromeConfig, weights: &[f32]) -> DeepLift {
    DeepLift::new(&ModelConfig::AttentiveChrome(config.clone()), weights).unwrap()
}

/// Logits of the product's own forward pass, which shares no code with this one.
fn logits(config: &AttentiveChromeConfig, weights: &[f32], x: &[f32]) -> Vec<f32> {
    let weights = Tensor::from_slice(weights, (1, weights.len()), &Device::Cpu).unwrap();
    let model = ModelConfig::AttentiveChrome(config.clone()).network(&weights).unwrap();
    let genes = x.len() / (config.n_marks * config.n_bins);
    let x = Tensor::from_slice(x, (genes, 1, config.n_marks, config.n_bins), &Device::Cpu).unwrap();
    model.forward(&x, &Mode::Infer).unwrap().logit.flatten_all().unwrap().to_vec1().unwrap()
}

fn check(seed: u64, genes: usize, config: &AttentiveChromeConfig, scale: f32, spread: f32) {
    let size = config.n_marks * config.n_bins;
    let (x, weights) = (numbers(seed, genes * size, scale), numbers(seed + 1, n_weights(config), spread));
    let lift = open(config, &weights);
    let (found, empty) = (logits(config, &weights, &x), logits(config, &weights, &vec![0.0; size])[0]);
    for rule in [Rule::Rescale, Rule::RevealCancel] {
        let parts = lift.contributions(&x, rule, |_| ());
        for (gene, parts) in parts.chunks_exact(size).enumerate() {
            let sum: f64 = parts.iter().map(|&part| f64::from(part)).sum();
            let delta = f64::from(found[gene]) - f64::from(empty);
            assert!((sum - delta).abs() < 1e-4, "{rule:?} {config:?}: {sum} {delta}");
        }
    }
}

#[test]
fn contributions_add_up_at_the_published_sizes() {
    let config = AttentiveChromeConfig { n_marks: 5, n_bins: 100, bin_hidden: 32, mark_hidden: 16 };
    check(1, 3, &config, 4.0, 0.3);
    // counts far outside the range of any gate
    check(2, 2, &config, 200.0, 0.3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributions_add_up_at_any_size(
        seed in 0u64..10_000, genes in 1usize..4, n_marks in 1usize..5, n_bins in 1usize..12,
        bin_hidden in 1usize..9, mark_hidden in 1usize..6, scale in 0.0f32..20.0, spread in 0.05f32..1.5,
    ) {
        check(seed, genes, &AttentiveChromeConfig { n_marks, n_bins, bin_hidden, mark_hidden }, scale, spread);
    }
}

/// Close to the reference every rule is the gradient times the difference.
#[test]
fn small_inputs_get_the_gradient() {
    let config = AttentiveChromeConfig { n_marks: 3, n_bins: 6, bin_hidden: 5, mark_hidden: 4 };
    let weights = numbers(5, n_weights(&config), 0.8);
    let lift = open(&config, &weights);
    let empty = lift.model.trace(&[0.0; 18]).score;
    for at in 0..18 {
        let mut x = vec![0.0; 18];
        x[at] = 1e-4;
        let slope = (lift.model.trace(&x).score - empty) / 1e-4;
        let x: Vec<f32> = numbers(6, 18, 1e-4);
        for rule in [Rule::Rescale, Rule::RevealCancel] {
            let part = f64::from(lift.contributions(&x, rule, |_| ())[at]) / f64::from(x[at]);
            assert!((part - slope).abs() < 1e-3 * slope.abs() + 1e-6, "{rule:?} {at}: {part} {slope}");
        }
    }
}

/// An input at its reference adds nothing, whatever the others do.
#[test]
fn what_does_not_differ_adds_nothing() {
    let config = AttentiveChromeConfig { n_marks: 2, n_bins: 5, bin_hidden: 4, mark_hidden: 3 };
    let lift = open(&config, &numbers(7, n_weights(&config), 1.0));
    let mut x = numbers(8, 10, 3.0);
    (x[3], x[7]) = (0.0, 0.0);
    for rule in [Rule::Rescale, Rule::RevealCancel] {
        let parts = lift.contributions(&x, rule, |_| ());
        assert_eq!((parts[3], parts[7]), (0.0, 0.0));
        assert!(parts.iter().filter(|&&part| part != 0.0).count() == 8, "{parts:?}");
    }
}
