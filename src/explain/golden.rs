//! Parity with Captum. The numbers are those of tests/golden/captum_attributions.py.

use candle_core::{Device, Tensor};

use super::predictor::Member;
use super::*;
use crate::model::{AttentiveChromeConfig, DeepChromeConfig, ModelConfig};

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

#[rustfmt::skip]
const INTEGRATED_CNN: [f64; 72] = [
    2.2220551e-02, 5.8669332e-02, 1.3272431e-02, 1.1263979e-02, -8.0338482e-02, 4.7216838e-02, 4.6210475e-03,
    -6.6582794e-04, 2.3889627e-02, -1.1916236e-01, 4.9554675e-02, 1.6529468e-03, 3.1124953e-03, -3.9610951e-02,
    2.3376132e-02, -4.7132142e-03, -2.4660596e-02, 7.9839989e-02, 5.9413298e-02, -3.8986824e-02, 5.2497905e-03,
    -6.4753102e-02, 4.8402148e-02, 9.1911111e-03, 6.2949138e-04, 3.1881431e-02, 3.1973015e-02, -2.6923410e-02,
    1.8705200e-02, 1.7424489e-02, 1.5607706e-01, -4.8589286e-02, -2.6071907e-02, -2.3826942e-03, -1.3146166e-02,
    2.2178551e-02, -2.4677943e-02, 4.0171217e-02, 3.3097252e-02, 1.6431322e-01, -1.8195430e-01, 1.5910899e-01,
    1.2307826e-02, 2.1685813e-01, 1.4225107e-01, -9.1679331e-02, 6.0778910e-04, 1.2917643e-01, 1.4445909e-02,
    -1.8558874e-02, -1.7979233e-02, -7.4668714e-02, -2.8186159e-01, 1.6677204e-01, -2.1623495e-02,
    1.3437855e-02, 2.1512994e-01, -2.0558504e-01, 1.7080836e-01, -3.2236543e-03, 1.0764986e-01, 1.6248351e-02,
    -4.8627711e-02, -1.1196977e-03, -1.2303002e-01, 2.4547910e-01, -2.2219289e-02, -1.7326666e-02,
    3.7536468e-02, -3.5984115e-01, 2.8256731e-01, -3.7993067e-03,
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
    let sizes = AttentiveChromeConfig { n_marks: 3, n_bins: 7, body_parts: 0, bin_hidden: 6, mark_hidden: 3 };
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

#[test]
fn integrated_gradients_through_convolutions_are_those_of_captum() {
    let sizes = DeepChromeConfig {
        n_marks: 3,
        n_bins: 12,
        body_parts: 0,
        kernel_width: 3,
        filters: 4,
        pool: 2,
        hidden: vec![6],
        n_outputs: 2,
    };
    let config = ModelConfig::DeepChrome(sizes);
    let flat = Tensor::from_vec(weights(config.n_weights()), (1, config.n_weights()), &Device::Cpu).unwrap();
    let member = Member::new(config.network(&flat).unwrap());
    assert_near(&gradient::integrated(&member, &inputs(2, 3, 12, 0.7), 50).unwrap(), &INTEGRATED_CNN);
}
