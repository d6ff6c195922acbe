use super::*;

const NO_CLIP: f64 = 1e9;

fn settings(optimizer: OptimizerKind, momentum: f64, weight_decay: f64, clip_norm: f64) -> Regime {
    Regime { optimizer, momentum: Some(momentum), weight_decay, clip_norm: Some(clip_norm), ..Regime::default() }
}

/// Three steps on [1, -2, 0.5], learning rate 0.1.
fn three_steps(settings: Regime) -> Vec<f32> {
    let state = OptimizerState::new(settings.optimizer, 3);
    let mut optimizer = Optimizer::new(settings, &[(&[1.0, -2.0, 0.5], &state)], &Device::Cpu).unwrap();
    for gradient in [[0.5f32, -1.0, 0.0], [0.1, 2.0, 0.0], [-3.0, 0.2, 0.4]] {
        let gradient = Tensor::new(&[gradient], &Device::Cpu).unwrap();
        optimizer.step(&gradient, 0.1, &[true]).unwrap();
    }
    optimizer.to_host().unwrap().swap_remove(0).0
}

#[test]
fn steps_are_those_of_pytorch() {
    // w = torch.tensor([1., -2., .5]); OPTIMIZER(lr=.1, …); gradients [.5, -1, 0], [.1, 2, 0],
    // [-3, .2, .4]; with clip_grad_norm_(1) where the last number is 1, at the end with clip_grad_value_(.3)
    let cases = [
        (settings(OptimizerKind::Adam, 0.0, 0.01, NO_CLIP), ADAM),
        (settings(OptimizerKind::Adam, 0.0, 0.01, 1.0), ADAM_CLIPPED),
        (settings(OptimizerKind::AdamW, 0.0, 0.3, NO_CLIP), ADAMW),
        (settings(OptimizerKind::Sgd, 0.9, 0.01, NO_CLIP), SGD),
        (settings(OptimizerKind::Sgd, 0.0, 0.0, 1.0), SGD_PLAIN_CLIPPED),
        (
            Regime { clip_value: Some(0.3), momentum: Some(0.0), optimizer: OptimizerKind::Sgd, ..Regime::default() },
            SGD_CUT,
        ),
    ];
    for (settings, expected) in cases {
        let found = three_steps(settings);
        let close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6);
        assert!(close, "{settings:?}: {found:?}, PyTorch {expected:?}");
    }
}
const ADAM: [f32; 3] = [0.871096, -1.968025, 0.2361021];
const ADAM_CLIPPED: [f32; 3] = [0.8568901, -1.917666, 0.2337593];
const ADAMW: [f32; 3] = [0.7932764, -1.80065, 0.3924552];
const SGD: [f32; 3] = [1.140095, -2.11797, 0.4571974];
// gradients [.3, -.3, 0], [.1, .3, 0], [-.3, .2, .3]
const SGD_CUT: [f32; 3] = [0.99, -2.02, 0.47];
const SGD_PLAIN_CLIPPED: [f32; 3] = [1.049192, -2.017026, 0.4868124];

#[test]
fn a_model_that_makes_no_step_stays_and_the_others_move_as_alone() {
    let numbers = |factor: usize| -> Vec<f32> { (0..37).map(|at| (at * factor % 11) as f32 / 7.0 - 0.6).collect() };
    for method in [OptimizerKind::Adam, OptimizerKind::AdamW, OptimizerKind::Sgd] {
        let settings = settings(method, 0.9, 0.1, 1.0);
        let fresh = OptimizerState::new(method, 37);
        let weights = [numbers(3), numbers(5), numbers(7)];
        let models: Vec<(&[f32], _)> = weights.iter().map(|weights| (weights.as_slice(), &fresh)).collect();
        let mut together = Optimizer::new(settings, &models, &Device::Cpu).unwrap();
        let mut alone: Vec<_> =
            models.iter().map(|model| Optimizer::new(settings, &[*model], &Device::Cpu).unwrap()).collect();
        for (turn, active) in [[true, false, true], [true, true, false], [false, false, true]].iter().enumerate() {
            let gradients = [numbers(2 + turn), numbers(4), numbers(9)];
            let gradient = Tensor::from_vec(gradients.concat(), (3, 37), &Device::Cpu).unwrap();
            together.step(&gradient, 0.01, active).unwrap();
            for model in (0..3).filter(|&model| active[model]) {
                alone[model].step(&gradient.narrow(0, model, 1).unwrap(), 0.01, &[true]).unwrap();
            }
        }
        let alone: Vec<_> = alone.iter().flat_map(|alone| alone.to_host().unwrap()).collect();
        assert_eq!(together.to_host().unwrap(), alone);
    }
}

#[test]
fn a_long_gradient_is_cut_to_the_norm_and_a_short_one_left_alone() {
    assert!((clip_factor(sum_of_squares(&[3.0, 4.0]), Some(1.0)) - 0.2).abs() < 1e-6);
    assert_eq!(clip_factor(sum_of_squares(&[0.3, 0.4]), Some(1.0)), 1.0);
    assert_eq!(clip_factor(sum_of_squares(&[3.0, 4.0]), None), 1.0);
    let many: Vec<f32> = (0..1000).map(|at| (at % 13) as f32).collect();
    assert_eq!(sum_of_squares(&many), many.iter().map(|&value| f64::from(value * value)).sum::<f64>());
}
