//! Why training does not use candle-nn's initialisation and loss (docs/dependencies.md): the day that one of these
//! fails, candle-nn's can stand in for ours.

use candle_core::{Device, Tensor};

#[test]
fn the_generator_of_candle_cannot_be_seeded_on_the_cpu() {
    let problem = Device::Cpu.set_seed(1).unwrap_err().to_string();
    assert!(problem.contains("cannot seed the CPU rng"), "{problem}");
}

#[test]
fn the_loss_of_candle_nn_is_infinite_from_a_logit_of_17() {
    let loss = |logit: f32| {
        let tensor = |value: f32| Tensor::from_vec(vec![value], 1, &Device::Cpu).unwrap();
        let loss = candle_nn::loss::binary_cross_entropy_with_logit(&tensor(logit), &tensor(0.0)).unwrap();
        loss.to_scalar::<f32>().unwrap()
    };
    // the loss of a gene that is not expressed is nearly its logit
    assert!((loss(16.0) - 16.0).abs() < 1.0, "{}", loss(16.0));
    assert!(loss(17.0).is_infinite(), "{}", loss(17.0));
}
