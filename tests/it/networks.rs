//! Every network against PyTorch: outputs, and gradients of weights and inputs, with small sizes. The
//! numbers are those of tests/golden/networks.json, made by tests/golden/networks.py.

use attentrack::learn::{auxiliary_loss, recipe};
use attentrack::model::{Mode, ModelConfig, designs};
use candle_core::{Device, Tensor, Var};
use serde::Deserialize;

const GENES: usize = 5;

#[derive(Deserialize)]
struct Case {
    model: ModelConfig,
    n_weights: usize,
    logit: Vec<f64>,
    loss: f64,
    bin_attention_at_every_7th: Option<Vec<f64>>,
    mark_attention: Option<Vec<f64>>,
    gradient_at_every_7th: Vec<f64>,
    gradient_norm: f64,
    input_gradient_at_every_7th: Vec<f64>,
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect()
}

fn every_7th(values: &[f64]) -> Vec<f64> {
    values.iter().step_by(7).copied().collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "{what} [{at}]: {found} is not {expected}");
    }
}

/// Mean binary cross-entropy with logits.
fn loss(logit: &Tensor, label: &Tensor) -> Tensor {
    let log_term = (logit.abs().unwrap().neg().unwrap().exp().unwrap() + 1.0).unwrap().log().unwrap();
    let linear = (logit.relu().unwrap() - (logit * label).unwrap()).unwrap();
    (linear + log_term).unwrap().mean_all().unwrap()
}

#[test]
fn every_network_agrees_with_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../golden/networks.json")).unwrap();
    for design in designs() {
        let has_case = |with_body: bool| {
            // the published weights are a golden case of their own, tests/it/golden.rs
            let is_published = design.tag == recipe::PUBLISHED && !with_body;
            let of_design = |case: &Case| case.model.name() == design.tag && (case.model.body_parts() > 0) == with_body;
            is_published || cases.iter().any(of_design)
        };
        let has_all = has_case(false) && (has_case(true) || !design.reads_bodies());
        assert!(has_all, "{}: add a case to tests/golden/networks.py", design.tag);
    }
    for case in cases {
        let (config, what) = (&case.model, format!("{:?}", case.model));
        assert_eq!(config.n_weights(), case.n_weights, "{what}");
        let weights: Vec<f32> = (0..case.n_weights).map(|at| ((at * 37 % 101) as f64 / 100.0 - 0.5) as f32).collect();
        let network = config.network(&Tensor::from_vec(weights, (1, case.n_weights), &Device::Cpu).unwrap()).unwrap();
        let shape = [&[GENES, 1], config.row().as_slice()].concat();
        let value = |at: usize| ((at * 7919 + at * at * 31) % 1009) as f32 / 400.0;
        let x = Tensor::from_iter((0..shape.iter().product()).map(value), &Device::Cpu).unwrap();
        let x = Var::from_tensor(&x.reshape(shape).unwrap()).unwrap();
        let label = Tensor::new(&[[1f32], [0.0], [0.0], [1.0], [1.0]], &Device::Cpu).unwrap();

        let output = network.forward(x.as_tensor(), &Mode::Train(None)).unwrap();
        assert_close(&values(&output.logit), &case.logit, 2e-6, &what);
        let bin_attention = output.bin_attention.as_ref().map(values);
        assert_eq!(bin_attention.is_some(), config.has_bin_attention(), "{what}");
        let expected = case.bin_attention_at_every_7th.unwrap_or_default();
        assert_close(&every_7th(&bin_attention.unwrap_or_default()), &expected, 1e-6, &what);
        let mark_attention = output.mark_attention.as_ref().map(values);
        assert_eq!(mark_attention.is_some(), config.has_mark_attention(), "{what}");
        let expected = case.mark_attention.unwrap_or_default();
        assert_close(&mark_attention.unwrap_or_default(), &expected, 1e-6, &what);

        let mut loss = loss(&output.logit, &label);
        assert_eq!(output.auxiliary.is_some(), config.is_auxiliary(), "{what}");
        if let Some(auxiliary) = &output.auxiliary {
            let column = |value: f32| Tensor::full(value, (GENES, 1), &Device::Cpu).unwrap();
            let (change, weight) = ((&label * 3.0).unwrap(), column(1.0 / GENES as f32));
            let others = auxiliary_loss(auxiliary, &change, &column(0.5), &weight).unwrap();
            loss = (loss + others.sum_all().unwrap()).unwrap();
        }
        assert_close(&values(&loss), &[case.loss], 2e-6 * case.loss.max(1.0), &what);
        let store = loss.backward().unwrap();
        let of_parameter = |parameter: &Var| store.get(parameter).unwrap().clone();
        let gradients: Vec<Tensor> = network.parameters().into_iter().map(of_parameter).collect();
        let gradient = values(&network.flatten(&gradients).unwrap());
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        assert!((norm / case.gradient_norm - 1.0).abs() < 1e-5, "{what}: {norm}");
        assert_close(&every_7th(&gradient), &case.gradient_at_every_7th, 1e-5 * norm, &what);
        let of_input = values(store.get(&x).unwrap());
        let largest = of_input.iter().fold(0f64, |largest, g| largest.max(g.abs()));
        assert_close(&every_7th(&of_input), &case.input_gradient_at_every_7th, 1e-5 * largest, &what);

        let inferred = network.forward(x.as_tensor(), &Mode::Infer).unwrap();
        assert_eq!(values(&inferred.logit), values(&output.logit), "{what}");
    }
}
