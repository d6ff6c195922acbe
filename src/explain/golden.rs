//! Parity with Captum. The numbers are those of tests/golden/captum_attributions.py.

use candle_core::{Device, Tensor};

use super::predictor::Member;
use super::*;
use crate::model::{AttentiveChromeConfig, ModelConfig};

#[rustfmt::skip]
const INTEGRATED_LSTM: [f64; 42] = [
    0.0, -1.9604596e-03, -1.0690371e-03, -4.8359910e-04, -8.0737525e-05, -6.8064761e-04, -3.1657238e-04,
    -5.4995475e-04, -2.0381090e-04, -7.8618521e-04, -7.9444310e-04, -6.4214291e-04, -3.3250941e-04,
    -1.1815991e-03, 1.2972005e-03, 6.4094355e-04, 2.8327173e-04, 0.0, 9.9664119e-04, 7.3663140e-04,
    3.0573177e-04, -5.2615200e-04, -6.4665233e-03, -4.1956009e-03, -2.3733623e-03, -6.8570315e-04,
    -3.4252618e-03, -1.8387546e-03, -1.0121954e-03, -6.6317345e-04, -3.4835648e-04, -1.0224667e-03,
    -1.1283983e-03, -7.7730517e-04, 0.0, 2.2493859e-03, 1.4014536e-03, 7.9676247e-04, 1.9329257e-04,
    1.2659385e-03, 1.2395325e-03, 4.9561483e-04,
];

fn weights(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 37 % 101) as f64 / 100.0 - 0.5) as f32).collect()
}

fn inputs(genes: usize, marks: usize, bins: usize, less: f32) -> Vec<f32> {
    let value = |at: usize| (at * 13 % 17) as f32 / 8.0 * (1 + at / (marks * bins)) as f32 - less;
    (0..genes * marks * bins).map(value).collect()
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-6, "{worst:e}");
}

#[test]
fn integrated_gradients_through_lstms_are_those_of_captum() {
    let sizes = AttentiveChromeConfig { n_marks: 3, n_bins: 7, bin_hidden: 6, mark_hidden: 3 };
    let config = ModelConfig::AttentiveChrome(sizes);
    let flat = Tensor::from_vec(weights(config.n_weights()), (1, config.n_weights()), &Device::Cpu).unwrap();
    let member = Member::new(config.network(&flat).unwrap());
    let x = inputs(2, 3, 7, 0.0);
    assert_near(&gradient::integrated(&member, &x, 50).unwrap(), &INTEGRATED_LSTM);
    // and they add up, as far as 50 points go
    let (scores, empty) = (member.scores(&x).unwrap(), member.scores(&[0.0; 21]).unwrap()[0]);
    for (parts, score) in INTEGRATED_LSTM.chunks_exact(21).zip(scores) {
        assert!((parts.iter().sum::<f64>() - f64::from(score - empty)).abs() < 1e-5);
    }
}
