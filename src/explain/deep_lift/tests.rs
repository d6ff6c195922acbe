//! Summation to delta over many shapes, and limits in which the answer is known.

use candle_core::{Device, Tensor};
use proptest::prelude::*;

use super::*;
use crate::explain::predictor::{Explainable, Member, Scorer};
use crate::model::{AttentiveChromeConfig, DeepChromeConfig, Design, Shape, Sizes, designs};

/// Numbers in [−scale, scale) by a formula.
fn numbers(seed: u64, count: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1u64 << 23) as f32 * scale - scale
    };
    (0..count).map(next).collect()
}

/// A network with weights from such numbers, laid open and not.
fn network(config: &ModelConfig, seed: u64, spread: f32) -> (DeepLift, Member) {
    let weights = numbers(seed, config.n_weights(), spread);
    let flat = Tensor::from_slice(&weights, (1, weights.len()), &Device::Cpu).unwrap();
    (DeepLift::new(config, &weights), Member::new(config.network(&flat).unwrap()))
}

/// The parts add up to what the network's own forward pass says, which shares no code with this one.
fn check(config: &ModelConfig, seed: u64, genes: usize, scale: f32, spread: f32) {
    let size = config.row().iter().product::<usize>();
    let (lift, member) = network(config, seed + 1, spread);
    let x = numbers(seed, genes * size, scale);
    let (scores, empty) = (member.scores(&x).unwrap(), member.scores(&vec![0.0; size]).unwrap()[0]);
    for rule in [Rule::Rescale, Rule::RevealCancel] {
        let parts = lift.contributions(&x, rule, |_| ());
        for (parts, score) in parts.chunks_exact(size).zip(&scores) {
            let sum: f64 = parts.iter().map(|&part| f64::from(part)).sum();
            let delta = f64::from(*score) - f64::from(empty);
            // the network computes in single precision
            let rounding = 1e-6 * (score.abs() + empty.abs());
            assert!((sum - delta).abs() < 1e-4 + f64::from(rounding), "{} {rule:?}: {sum} {delta}", config.name());
        }
    }
}

/// Every network for 4 marks and 12 bins, and 5 places of the body where it can read them, small, of two sizes.
fn every_network() -> Vec<ModelConfig> {
    let sizes = |bin_hidden, mark_hidden, [kernel_width, filters, pool]: [u16; 3], hidden: &[u16]| Sizes {
        bin_hidden: Some(bin_hidden),
        mark_hidden: Some(mark_hidden),
        kernel_width: Some(kernel_width),
        filters: Some(filters),
        pool: Some(pool),
        hidden: hidden.to_vec(),
    };
    let both = [(sizes(5, 3, [3, 6, 2], &[6]), 2), (sizes(4, 3, [4, 5, 4], &[7, 5]), 1)];
    let of_sizes = |(sizes, n_outputs): &(Sizes, usize)| {
        let of_design = |design: &'static Design| {
            let body_parts = if design.reads_bodies() { &[0, 5][..] } else { &[0] };
            // three convolutions leave nothing of 12 bins
            let n_bins = if design.tag == "deep-motif-cnn" { 128 } else { 12 };
            let shape = |&body_parts: &usize| Shape { n_marks: 4, n_bins, body_parts, n_outputs: *n_outputs };
            body_parts.iter().map(|parts| (design.config)(sizes, shape(parts))).collect::<Vec<_>>()
        };
        designs().flat_map(of_design).collect::<Vec<_>>()
    };
    both.iter().flat_map(of_sizes).collect()
}

#[test]
fn contributions_add_up_in_every_network() {
    for config in every_network() {
        for seed in 0..4 {
            check(&config, seed, 3, 2.0, 0.7);
            check(&config, seed, 2, 30.0, 0.2);
        }
    }
}

#[test]
fn contributions_add_up_at_the_published_sizes() {
    let config = attentive_chrome([5, 100, 32, 16]);
    check(&config, 1, 3, 4.0, 0.3);
    // counts far outside the range of any gate
    check(&config, 2, 2, 200.0, 0.3);
}

fn attentive_chrome([n_marks, n_bins, bin_hidden, mark_hidden]: [usize; 4]) -> ModelConfig {
    ModelConfig::AttentiveChrome(AttentiveChromeConfig { n_marks, n_bins, body_parts: 0, bin_hidden, mark_hidden })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributions_add_up_at_any_size(
        seed in 0u64..10_000, genes in 1usize..4, n_marks in 1usize..5, n_bins in 1usize..12,
        bin_hidden in 1usize..9, mark_hidden in 1usize..6, scale in 0.0f32..20.0, spread in 0.05f32..1.5,
    ) {
        check(&attentive_chrome([n_marks, n_bins, bin_hidden, mark_hidden]), seed, genes, scale, spread);
    }
}

/// Close to the reference every rule is the gradient times the difference.
#[test]
fn small_inputs_get_the_gradient() {
    for config in every_network() {
        let (lift, member) = network(&config, 5, 0.8);
        // ReLU and pooling have a kink where the reference may lie
        let has_kink = ["cnn", "deep-chrome", "deep-diff-aux", "deep-motif-cnn"]
            .iter()
            .any(|name| config.name().starts_with(name));
        if has_kink && config.name() != "deep-chrome-linear" {
            continue;
        }
        let size = config.row().iter().product();
        let slopes = member.gradients(&vec![0.0; size]).unwrap();
        let x = numbers(6, size, 1e-3);
        for rule in [Rule::Rescale, Rule::RevealCancel] {
            for ((part, x), slope) in lift.contributions(&x, rule, |_| ()).iter().zip(&x).zip(&slopes) {
                let name = config.name();
                assert!((part / x - slope).abs() < 1e-2 * slope.abs() + 1e-3, "{name} {rule:?}: {} {slope}", part / x);
            }
        }
    }
}

/// An input at its reference adds nothing, whatever the others do.
#[test]
fn what_does_not_differ_adds_nothing() {
    let (lift, _) = network(&attentive_chrome([2, 5, 4, 3]), 7, 1.0);
    let mut x = numbers(8, 10, 3.0);
    (x[3], x[7]) = (0.0, 0.0);
    for rule in [Rule::Rescale, Rule::RevealCancel] {
        let parts = lift.contributions(&x, rule, |_| ());
        assert_eq!((parts[3], parts[7]), (0.0, 0.0));
        assert!(parts.iter().filter(|&&part| part != 0.0).count() == 8, "{parts:?}");
    }
}

/// That of tests/golden/captum_attributions.py: 4 filters of 3 bins on 3 marks, pools of 2, 6 hidden units,
/// 2 outputs.
fn small_deep_chrome() -> DeepLift {
    let flat: Vec<f32> = (0..180).map(|at| ((at * 37 % 101) as f64 / 100.0 - 0.5) as f32).collect();
    let hidden = vec![6];
    let sizes = DeepChromeConfig {
        n_marks: 3,
        n_bins: 12,
        body_parts: 0,
        kernel_width: 3,
        filters: 4,
        pool: 2,
        hidden,
        n_outputs: 2,
    };
    DeepLift::new(&ModelConfig::DeepChrome(sizes), &flat)
}

fn score(lift: &DeepLift, x: &[f32]) -> f64 {
    lift.chain.trace(&x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()).last()[0]
}

#[rustfmt::skip]
const DEEP_LIFT_CNN: [f64; 72] = [
    1.0559304e-02, 7.2678531e-02, 6.3273701e-03, 9.9819950e-03, -6.2968589e-02, 1.9722574e-02, 1.1383818e-02,
    -2.3486808e-04, 3.3277600e-02, -1.1413337e-01, 3.0386032e-02, 9.4479938e-04, -8.1697496e-04, -6.1659255e-03,
    1.3724951e-02, -4.5441112e-03, -1.9310193e-02, 7.6079165e-02, 6.7569531e-02, -3.6214651e-02, 6.0869027e-03,
    -6.4808662e-02, 2.3945492e-02, 5.2535001e-03, 1.0056130e-03, 3.9068468e-02, 2.2823724e-02, -2.0572154e-02,
    1.4628485e-02, 9.6533327e-03, 1.6301796e-01, -4.5637102e-02, -2.6510156e-02, -9.7109327e-03, -4.1588254e-04,
    1.2676925e-02, -1.4574262e-02, 2.8089091e-02, 3.0577610e-02, 1.6377990e-01, -1.7833953e-01, 1.0048902e-01,
    5.7470926e-03, 2.0593174e-01, 1.0596649e-01, -7.2162447e-02, -1.2540142e-04, 1.0150968e-01, 2.6735399e-02,
    -4.1286981e-03, -1.5107471e-02, -5.6545658e-02, -2.9074893e-01, 1.6973081e-01, -1.2849932e-02,
    8.2935942e-03, 1.8900480e-01, -1.4708223e-01, 1.2996932e-01, -2.5332184e-03, 4.6742634e-02, 3.6594372e-02,
    -3.4404539e-02, -1.5441158e-03, -7.0694857e-02, 2.2539289e-01, -2.3389028e-02, -1.5416093e-02,
    4.0655397e-02, -2.4148132e-01, 2.2425047e-01, -2.9855788e-03,
];

/// Captum's DeepLift, which is the Rescale rule.
#[test]
fn rescale_through_a_convolutional_network_is_that_of_captum() {
    let lift = small_deep_chrome();
    let x: Vec<f32> = (0..72).map(|at| (at * 13 % 17) as f32 / 8.0 * (1 + at / 36) as f32 - 0.7).collect();
    // LOGIT_CNN of the script
    assert!(
        (score(&lift, &x[..36]) - 0.522_396_5).abs() < 1e-6 && (score(&lift, &x[36..]) - 0.938_990_99).abs() < 1e-6
    );
    let found = lift.contributions(&x, Rule::Rescale, |_| ());
    let worst = found.iter().zip(DEEP_LIFT_CNN).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-6, "{worst:e}");
}

proptest! {
    #[test]
    fn contributions_through_a_convolutional_network_add_up(seed in 0u64..10_000, scale in 0.1f32..10.0) {
        let lift = small_deep_chrome();
        let x = numbers(seed, 36, scale);
        let delta = score(&lift, &x) - score(&lift, &[0.0; 36]);
        for rule in [Rule::Rescale, Rule::RevealCancel] {
            let sum: f64 = lift.contributions(&x, rule, |_| ()).iter().map(|&part| f64::from(part)).sum();
            prop_assert!((sum - delta).abs() < 1e-5, "{:?}: {} {}", rule, sum, delta);
        }
    }
}
