use super::*;
use crate::model::{Dropout, filled};
use candle_core::{Device, IndexOp};

// printed by tests/golden/attentive_chrome.py (PyTorch 2, float64)
const LOGIT: [f64; 5] = [3.941655082e-01, 3.821655138e-01, 3.655125971e-01, 3.633597372e-01, 3.698290138e-01];
const LOSS: f64 = 6.726724384e-01;
const BIN_ATTENTION: [f64; 7] = [
    1.535431104e-01,
    1.427302176e-01,
    1.316608057e-01,
    1.284019087e-01,
    1.570044580e-01,
    1.489572322e-01,
    1.377022674e-01,
];
const MARK_ATTENTION: [f64; 3] = [3.354932501e-01, 3.127541643e-01, 3.517525857e-01];
const GRADIENT: [f64; 19] = [
    1.952045958e-04,
    4.501278645e-05,
    -8.966207983e-06,
    -4.858517481e-06,
    -2.422684027e-05,
    -7.615759048e-06,
    6.432899276e-05,
    1.600596784e-05,
    -2.811463783e-05,
    -1.270142173e-04,
    8.009099746e-07,
    -1.361543199e-05,
    -3.354135520e-07,
    -2.309208766e-05,
    1.889144746e-04,
    -2.160771384e-05,
    -1.860702618e-04,
    -5.372980388e-06,
    3.013475583e-03,
];
const GRADIENT_NORM: f64 = 1.619970445e-02;

fn from_flat(config: &AttentiveChromeConfig, models: &[Vec<f32>]) -> AttentiveChrome {
    let weights = Tensor::from_vec(models.concat(), (models.len(), config.n_weights()), &Device::Cpu).unwrap();
    AttentiveChrome::from_flat(config, &weights).unwrap()
}

fn small() -> AttentiveChrome {
    let config = AttentiveChromeConfig { n_marks: 3, n_bins: 7, body_parts: 0, bin_hidden: 6, mark_hidden: 3 };
    let weights: Vec<f32> = (0..config.n_weights()).map(|at| ((at * 37 % 101) as f64 / 100.0 - 0.5) as f32).collect();
    from_flat(&config, &[weights])
}

fn small_input() -> (Tensor, Tensor) {
    let value = |at: usize| (at * 13 % 17) as f32 / 8.0 * (1 + at / 21) as f32;
    let x = Tensor::from_iter((0..105).map(value), &Device::Cpu).unwrap().reshape((5, 1, 3, 7)).unwrap();
    (x, Tensor::new(&[[1f32], [0.0], [0.0], [1.0], [1.0]], &Device::Cpu).unwrap())
}

/// Mean binary cross-entropy with logits.
fn loss(logit: &Tensor, label: &Tensor) -> Tensor {
    let log_term = (logit.abs().unwrap().neg().unwrap().exp().unwrap() + 1.0).unwrap().log().unwrap();
    let linear = (logit.relu().unwrap() - (logit * label).unwrap()).unwrap();
    (linear + log_term).unwrap().mean_all().unwrap()
}

/// Gradients of all weights, flat.
fn gradient(model: &AttentiveChrome, loss: &Tensor) -> Vec<f32> {
    let store = loss.backward().unwrap();
    let parts = model.parameters().into_iter().map(|parameter| store.get(parameter).unwrap().flatten_all().unwrap());
    parts.flat_map(|part| part.to_vec1::<f32>().unwrap()).collect()
}

/// Bin and mark attention, which this network always has.
fn attention(output: &Output) -> (&Tensor, &Tensor) {
    (output.bin_attention.as_ref().unwrap(), output.mark_attention.as_ref().unwrap())
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(found) - expected).abs() <= tolerance, "[{at}] {found} is not {expected}");
    }
}

#[test]
fn agrees_with_pytorch() {
    let (model, (x, y)) = (small(), small_input());
    let output = model.forward(&x, &Mode::Train(None)).unwrap();
    assert_close(&values(&output.logit), &LOGIT, 1e-6);
    assert_close(&values(&attention(&output).0.i((1, 0, 2)).unwrap()), &BIN_ATTENTION, 1e-6);
    assert_close(&values(&attention(&output).1.get(4).unwrap()), &MARK_ATTENTION, 1e-6);
    let loss = loss(&output.logit, &y);
    assert_close(&values(&loss), &[LOSS], 1e-6);
    let gradient = gradient(&model, &loss);
    let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    assert!((norm / GRADIENT_NORM - 1.0).abs() < 1e-5, "{norm}");
    let some: Vec<f32> = gradient.iter().step_by(97).copied().collect();
    assert_close(&some, &GRADIENT, 1e-5 * GRADIENT_NORM);
}

#[test]
fn gradient_of_an_input_agrees_with_finite_differences() {
    // through both attentions, with dropout: what PyTorch's numbers do not reach
    let (model, (x, _)) = (small(), small_input());
    let x = Var::from_tensor(&x).unwrap();
    let mode = Mode::Train(Some(Dropout { rate: 0.3, keys: [7].into(), first_gene: 0 }));
    let target = |x: &Tensor| {
        let output = model.forward(x, &mode).unwrap();
        let bins = (attention(&output).0.sqr().unwrap().sum_all().unwrap() * 3.0).unwrap();
        let marks = attention(&output).1.sqr().unwrap().sum_all().unwrap();
        ((output.logit.sum_all().unwrap() + bins).unwrap() + marks).unwrap()
    };
    let store = target(&x).backward().unwrap();
    let gradient = values(store.get(&x).unwrap());
    let base = values(&x);
    for at in (0..base.len()).step_by(8) {
        let shifted = |by: f32| {
            let mut values = base.clone();
            values[at] += by;
            let x = Tensor::from_vec(values, (5, 1, 3, 7), &Device::Cpu).unwrap();
            f64::from(target(&x).to_scalar::<f32>().unwrap())
        };
        let step = 2f32.powi(-5);
        let difference = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
        assert!((difference - f64::from(gradient[at])).abs() < 2e-4, "[{at}] {difference} {}", gradient[at]);
    }
}

#[test]
fn every_weight_gradient_agrees_with_finite_differences_in_direction() {
    let (model, (x, y)) = (small(), small_input());
    let weights = values(&model.to_flat().unwrap());
    let gradient = gradient(&model, &loss(&model.forward(&x, &Mode::Train(None)).unwrap().logit, &y));
    // along ten fixed directions, so that every weight takes part
    for direction in 0..10usize {
        let along: Vec<f32> =
            (0..weights.len()).map(|at| ((at * 7919 + direction * 31) % 13) as f32 / 6.0 - 1.0).collect();
        let at = |by: f32| {
            let moved: Vec<f32> = weights.iter().zip(&along).map(|(w, d)| w + by * d).collect();
            let model = from_flat(&model.config, &[moved]);
            let output = model.forward(&x, &Mode::Infer).unwrap();
            f64::from(loss(&output.logit, &y).to_scalar::<f32>().unwrap())
        };
        let step = 2f32.powi(-8);
        let difference = (at(step) - at(-step)) / f64::from(2.0 * step);
        let expected: f64 = gradient.iter().zip(&along).map(|(g, d)| f64::from(g * d)).sum();
        assert!((difference - expected).abs() < 5e-4 * (1.0 + expected.abs()), "{difference} {expected}");
    }
}

#[test]
fn attention_sums_to_one_and_a_gene_does_not_depend_on_the_batch() {
    let config = AttentiveChromeConfig { n_marks: 2, n_bins: 9, body_parts: 0, bin_hidden: 5, mark_hidden: 2 };
    let weights: Vec<f32> = (0..config.n_weights()).map(|at| ((at * 41 % 97) as f32 / 97.0 - 0.5) * 0.8).collect();
    let model = from_flat(&config, &[weights]);
    let x = Tensor::from_iter((0..37 * 18).map(|at| (at * 29 % 23) as f32), &Device::Cpu).unwrap();
    let x = x.reshape((37, 1, 2, 9)).unwrap();
    let whole = model.forward(&x, &Mode::Infer).unwrap();
    for sums in [attention(&whole).0.sum(3).unwrap(), attention(&whole).1.sum(2).unwrap()] {
        assert!(values(&sums).iter().all(|sum| (sum - 1.0).abs() < 1e-6));
    }
    let training = model.forward(&x, &Mode::Train(None)).unwrap();
    assert_eq!(values(&whole.logit), values(&training.logit));
    for (start, length) in [(0, 1), (3, 16), (30, 7)] {
        let part = model.forward(&x.narrow(0, start, length).unwrap(), &Mode::Infer).unwrap();
        assert_eq!(values(&part.logit), values(&whole.logit)[start..start + length]);
        let expected = attention(&whole).0.narrow(0, start, length).unwrap();
        assert_eq!(values(attention(&part).0), values(&expected));
    }
}

#[test]
fn named_tensors_come_back() {
    let model = small();
    let mut tensors = model.to_tensors().unwrap();
    assert_eq!(tensors.len(), 3 * 9 + 9 + 2);
    assert_eq!(tensors[0].0, "rnn_hms.0.rnn.weight_ih_l0");
    assert_eq!(tensors[0].1.dims(), [24, 1]);
    tensors.reverse();
    let again = model.config().from_tensors(1, &tensors, &Device::Cpu).unwrap();
    assert_eq!(values(&again.to_flat().unwrap()), values(&model.to_flat().unwrap()));

    let missing = model.config().from_tensors(1, &tensors[1..], &Device::Cpu).unwrap_err();
    assert_eq!(missing.to_string(), "tensor fdiff1_1.bias [1] is missing");
    let mut swapped = tensors.clone();
    swapped[0].1 = tensors[1].1.clone();
    let swapped = model.config().from_tensors(1, &swapped, &Device::Cpu).unwrap_err();
    assert_eq!(swapped.to_string(), "tensor fdiff1_1.bias is [1, 6], expected [1]");
    tensors.push(("more".to_owned(), tensors[0].1.clone()));
    let unknown = model.config().from_tensors(1, &tensors, &Device::Cpu).unwrap_err();
    assert_eq!(unknown.to_string(), "the model has no tensor more");
}

#[test]
fn the_published_sizes_have_the_published_number_of_weights() {
    let config = AttentiveChromeConfig { n_marks: 5, n_bins: 100, body_parts: 0, bin_hidden: 32, mark_hidden: 16 };
    assert_eq!((config.n_weights(), config.tensor_shapes().len()), (55_681, 56));
}

#[test]
fn models_together_are_the_models_alone() {
    let config = AttentiveChromeConfig { n_marks: 2, n_bins: 5, body_parts: 0, bin_hidden: 5, mark_hidden: 2 };
    let weights = |factor: usize| -> Vec<f32> {
        (0..config.n_weights()).map(|at| ((at * factor % 97) as f32 / 97.0 - 0.5) * 0.8).collect()
    };
    let models = [weights(41), weights(29), weights(53)];
    let x = Tensor::from_iter((0..20 * 3 * 10).map(|at| (at * 29 % 23) as f32 / 7.0), &Device::Cpu).unwrap();
    let x = x.reshape((20, 3, 2, 5)).unwrap();
    let run = |models: &[Vec<f32>], x: &Tensor, keys: &[u64]| {
        let model = from_flat(&config, models);
        let output =
            model.forward(x, &Mode::Train(Some(Dropout { rate: 0.4, keys: keys.into(), first_gene: 0 }))).unwrap();
        let total = (output.logit.sum_all().unwrap() + attention(&output).0.sqr().unwrap().sum_all().unwrap()).unwrap();
        let store = total.backward().unwrap();
        let gradients: Vec<Tensor> =
            model.parameters().into_iter().map(|parameter| store.get(parameter).unwrap().clone()).collect();
        [output.logit.t().unwrap(), attention(&output).0.transpose(0, 1).unwrap(), model.flatten(&gradients).unwrap()]
    };
    let together = run(&models, &x, &[7, 8, 9]);
    for (at, model) in models.iter().enumerate() {
        let alone = run(std::slice::from_ref(model), &x.narrow(1, at, 1).unwrap(), &[7 + at as u64]);
        for (together, alone) in together.iter().zip(&alone) {
            assert_eq!(values(&together.get(at).unwrap()), values(alone), "model {at}");
        }
    }
    // another key drops other units
    let other = run(&models[..1], &x.narrow(1, 0, 1).unwrap(), &[1]);
    assert_ne!(values(&other[0]), values(&together[0].get(0).unwrap()));
    // names of several models come back, in any order
    let three = from_flat(&config, &models);
    let mut tensors = three.to_tensors().unwrap();
    assert_eq!(tensors[0].0, "members.0.rnn_hms.0.rnn.weight_ih_l0");
    tensors.reverse();
    let again = three.config().from_tensors(3, &tensors, &Device::Cpu).unwrap();
    assert_eq!(values(&again.to_flat().unwrap()), values(&three.to_flat().unwrap()));
    let fewer = three.config().from_tensors(2, &tensors, &Device::Cpu).unwrap_err();
    assert_eq!(fewer.to_string(), "the model has no tensor members.2.fdiff1_1.bias");
}

// printed by tests/golden/attentive_chrome_layers.py (PyTorch 2, float64)
const LAYERS_LOGIT: [f64; 5] = [3.803055812e-01, 3.756925874e-01, 3.629448315e-01, 3.543126421e-01, 3.482086854e-01];
const LAYERS_BODY_ATTENTION: [f64; 4] = [2.434550729e-01, 2.461035713e-01, 2.834600395e-01, 2.269813163e-01];
const LAYERS_MARK_ATTENTION: [f64; 6] =
    [1.715977251e-01, 1.476698354e-01, 1.683209601e-01, 1.711986019e-01, 1.589356126e-01, 1.822772649e-01];
const LAYERS_GRADIENT: [f64; 32] = [
    1.101270184e-04,
    -2.364642414e-05,
    2.884894912e-05,
    -8.640617668e-06,
    2.120554170e-06,
    -6.388187064e-07,
    1.246768674e-05,
    -1.532131414e-05,
    4.948432348e-05,
    8.286517667e-05,
    -8.465659861e-06,
    4.319913234e-06,
    -2.274765550e-06,
    -4.374460880e-05,
    -2.779334780e-06,
    3.759256777e-06,
    -4.750620544e-05,
    -2.063618754e-05,
    -2.283344150e-06,
    -2.940353499e-06,
    -1.205646900e-05,
    -3.360126652e-06,
    -2.756626430e-06,
    -6.312990225e-05,
    -2.417479418e-06,
    3.333073405e-05,
    -1.454966500e-06,
    -4.722988152e-05,
    -1.224934261e-04,
    -1.862661589e-05,
    -1.034331591e-04,
    -5.979666117e-05,
];
const LAYERS_GRADIENT_NORM: f64 = 1.621367956e-02;

/// 3 marks in 7 bins of a window and at 4 places of a body.
fn of_layers() -> AttentiveChrome {
    let config = AttentiveChromeConfig { n_marks: 3, n_bins: 7, body_parts: 4, bin_hidden: 6, mark_hidden: 3 };
    let weights: Vec<f32> = (0..config.n_weights()).map(|at| ((at * 37 % 101) as f64 / 100.0 - 0.5) as f32).collect();
    from_flat(&config, &[weights])
}

fn rows_of_layers() -> (Tensor, Tensor) {
    let value = |at: usize| (at * 13 % 17) as f32 / 8.0 * (1 + at / 33) as f32;
    let x = Tensor::from_iter((0..165).map(value), &Device::Cpu).unwrap().reshape((5, 1, 33)).unwrap();
    (x, Tensor::new(&[[1f32], [0.0], [0.0], [1.0], [1.0]], &Device::Cpu).unwrap())
}

#[test]
fn two_layers_agree_with_pytorch_and_the_shares_of_both_sum_to_one() {
    let (model, (x, y)) = (of_layers(), rows_of_layers());
    let output = model.forward(&x, &Mode::Train(None)).unwrap();
    let (bins, marks) = attention(&output);
    assert_eq!((bins.dims(), marks.dims()), (x.dims(), [5, 1, 6].as_slice()));
    assert_close(&values(&output.logit), &LAYERS_LOGIT, 1e-6);
    // the body of the third mark, behind the windows of all and the bodies of two
    assert_close(&values(&bins.i((1, 0, 29..33)).unwrap()), &LAYERS_BODY_ATTENTION, 1e-6);
    assert_close(&values(&marks.get(4).unwrap()), &LAYERS_MARK_ATTENTION, 1e-6);
    assert_close(&values(&marks.sum(2).unwrap()), &[1.0; 5], 1e-6);
    let loss = loss(&output.logit, &y);
    let gradient = gradient(&model, &loss);
    let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    assert!((norm / LAYERS_GRADIENT_NORM - 1.0).abs() < 1e-5, "{norm}");
    let some: Vec<f32> = gradient.iter().step_by(97).copied().collect();
    assert_close(&some, &LAYERS_GRADIENT, 1e-5 * LAYERS_GRADIENT_NORM);
}

#[test]
fn two_layers_have_the_gradients_of_finite_differences_with_dropout() {
    let (model, (x, _)) = (of_layers(), rows_of_layers());
    let x = Var::from_tensor(&x).unwrap();
    let mode = Mode::Train(Some(Dropout { rate: 0.3, keys: [7].into(), first_gene: 0 }));
    let target = |x: &Tensor| {
        let output = model.forward(x, &mode).unwrap();
        let bins = (attention(&output).0.sqr().unwrap().sum_all().unwrap() * 3.0).unwrap();
        let marks = attention(&output).1.sqr().unwrap().sum_all().unwrap();
        ((output.logit.sum_all().unwrap() + bins).unwrap() + marks).unwrap()
    };
    let store = target(&x).backward().unwrap();
    let (gradient, base) = (values(store.get(&x).unwrap()), values(&x));
    for at in (0..base.len()).step_by(8) {
        let shifted = |by: f32| {
            let mut values = base.clone();
            values[at] += by;
            let x = Tensor::from_vec(values, (5, 1, 33), &Device::Cpu).unwrap();
            f64::from(target(&x).to_scalar::<f32>().unwrap())
        };
        let step = 2f32.powi(-5);
        let difference = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
        assert!((difference - f64::from(gradient[at])).abs() < 2e-4, "[{at}] {difference} {}", gradient[at]);
    }
}

#[test]
fn a_body_that_is_not_known_counts_as_what_stands_for_it() {
    let (model, (x, _)) = (of_layers(), rows_of_layers());
    let stands: Vec<f32> = (0..33).map(|at| at as f32 / 33.0).collect();
    let (mut lacking, mut whole) = (values(&x), values(&x));
    lacking[33 + 21..66].fill(f32::NAN);
    whole[33 + 21..66].copy_from_slice(&stands[21..]);
    let [lacking, whole] = [lacking, whole].map(|x| Tensor::from_vec(x, (5, 1, 33), &Device::Cpu).unwrap());
    let logit = |model: &dyn Network, x: &Tensor| values(&model.forward(x, &Mode::Infer).unwrap().logit);
    assert!(logit(&model, &lacking)[1].is_nan());
    let expected = logit(&model, &whole);
    let weights = model.to_flat().unwrap();
    assert!(filled(Box::new(of_layers()), &stands[1..]).is_err());
    assert!(filled(Box::new(of_layers()), &[f32::NAN; 33]).is_err());
    let model = filled(Box::new(model), &stands).unwrap();
    assert_eq!(logit(model.as_ref(), &lacking), expected);
    assert_eq!(logit(model.as_ref(), &whole), expected);
    assert_eq!(logit(model.sibling(&weights).unwrap().as_ref(), &lacking), expected);
}

#[test]
fn the_config_of_a_window_is_written_as_before_there_were_bodies() {
    let json = |config: AttentiveChromeConfig| serde_json::to_string(&config).unwrap();
    let config = small().config;
    assert_eq!(json(config.clone()), r#"{"n_marks":3,"n_bins":7,"bin_hidden":6,"mark_hidden":3}"#);
    assert_eq!(serde_json::from_str::<AttentiveChromeConfig>(&json(config.clone())).unwrap(), config);
    assert!(json(of_layers().config).contains(r#""body_parts":4"#));
}
