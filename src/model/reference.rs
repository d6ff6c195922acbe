//! The layer and the model written down plainly in double precision, and tests that hold the operation
//! to them over many shapes: values against values, gradients against central finite differences.

use candle_core::{Device, Tensor, Var};
use proptest::prelude::*;

use super::kernel::InstructionSet;
use super::{AttentiveChrome, AttentiveChromeConfig, BiLstmAttention, Mode, Network};

/// Contexts [gene, group, 2 × hidden] and attention [gene, group, step] of [`BiLstmAttention`].
fn layer(x: &[f64], weights: &[f64], groups: usize, [steps, inputs, hidden]: [usize; 3]) -> (Vec<f64>, Vec<f64>) {
    let flat = weights.len() / groups;
    let (mut contexts, mut attention) = (Vec::new(), Vec::new());
    for (row, sequence) in x.chunks(steps * inputs).enumerate() {
        let (directions, vector) = weights[row % groups * flat..][..flat].split_at(flat - 2 * hidden);
        let mut outputs = vec![vec![0.0; 2 * hidden]; steps];
        for (direction, weights) in directions.chunks(directions.len() / 2).enumerate() {
            let (of_input, weights) = weights.split_at(4 * hidden * inputs);
            let (of_hidden, biases) = weights.split_at(4 * hidden * hidden);
            let (mut h, mut c) = (vec![0.0; hidden], vec![0.0; hidden]);
            for step in 0..steps {
                let time = if direction == 0 { step } else { steps - 1 - step };
                let x = &sequence[time * inputs..][..inputs];
                let gates: Vec<f64> = (0..4 * hidden)
                    .map(|gate| {
                        let dot = |row: &[f64], with: &[f64]| row.iter().zip(with).map(|(a, b)| a * b).sum::<f64>();
                        dot(&of_input[gate * inputs..][..inputs], x)
                            + dot(&of_hidden[gate * hidden..][..hidden], &h)
                            + biases[gate]
                            + biases[4 * hidden + gate]
                    })
                    .collect();
                for unit in 0..hidden {
                    let [i, f, g, o] = std::array::from_fn(|gate| gates[gate * hidden + unit]);
                    c[unit] = sigmoid(f) * c[unit] + sigmoid(i) * g.tanh();
                    h[unit] = sigmoid(o) * c[unit].tanh();
                }
                outputs[time][direction * hidden..][..hidden].copy_from_slice(&h);
            }
        }
        let scores = outputs.iter().map(|output| output.iter().zip(vector).map(|(a, b)| a * b).sum::<f64>());
        let powers: Vec<f64> = scores.map(f64::exp).collect();
        let total: f64 = powers.iter().sum();
        let weights = powers.iter().map(|power| power / total);
        contexts
            .extend((0..2 * hidden).map(|unit| weights.clone().zip(&outputs).map(|(w, o)| w * o[unit]).sum::<f64>()));
        attention.extend(weights);
    }
    (contexts, attention)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Logits [gene], bin attention and mark attention of a model with these flat weights.
fn model(x: &[f64], weights: &[f64], config: &AttentiveChromeConfig) -> [Vec<f64>; 3] {
    let (marks, width) = (config.n_marks, 2 * config.bin_hidden);
    let places: Vec<usize> = [config.n_bins, config.body_parts].into_iter().filter(|&places| places > 0).collect();
    let of_layer = marks * BiLstmAttention::flat_len(1, config.bin_hidden);
    let (of_layers, rest) = weights.split_at(places.len() * of_layer);
    let (of_marks, head) = rest.split_at(BiLstmAttention::flat_len(width, config.mark_hidden));
    let (mut contexts, mut bin_attention) = (Vec::new(), Vec::new());
    for row in x.chunks(marks * (config.n_bins + config.body_parts)) {
        let mut rest = row;
        for (&places, weights) in places.iter().zip(of_layers.chunks(of_layer)) {
            let (own, after) = rest.split_at(marks * places);
            rest = after;
            let (context, attention) = layer(own, weights, marks, [places, 1, config.bin_hidden]);
            contexts.extend(context);
            bin_attention.extend(attention);
        }
    }
    let steps = places.len() * marks;
    let (contexts, mark_attention) = layer(&contexts, of_marks, 1, [steps, width, config.mark_hidden]);
    let (head, bias) = head.split_at(2 * config.mark_hidden);
    let logit = |context: &[f64]| context.iter().zip(head).map(|(a, b)| a * b).sum::<f64>() + bias[0];
    [contexts.chunks(2 * config.mark_hidden).map(logit).collect(), bin_attention, mark_attention]
}

/// Numbers in [−scale, scale) that are exact in single precision.
fn numbers(seed: u64, count: usize, scale: f64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        f64::from(((state >> 40) as f64 / (1u64 << 23) as f64 * scale - scale) as f32)
    };
    (0..count).map(next).collect()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Σ value × coefficient, the function whose gradients are compared.
fn weighted(values: &Tensor, coefficients: &[f64]) -> Tensor {
    let coefficients = Tensor::from_vec(single(coefficients), values.shape(), &Device::Cpu).unwrap();
    (values * coefficients).unwrap().sum_all().unwrap()
}

fn dot(values: &[f64], coefficients: &[f64]) -> f64 {
    values.iter().zip(coefficients).map(|(a, b)| a * b).sum()
}

#[track_caller]
fn assert_values(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let worst = found.iter().zip(expected).map(|(f, e)| (f64::from(*f) - e).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-6, "{what}: {worst:e}");
}

/// Central differences of `function` around `at`, of some thirty entries and the last.
fn differences(at: &[f64], function: &dyn Fn(&[f64]) -> f64) -> Vec<(usize, f64)> {
    let difference = |index: usize| {
        let shifted = |by: f64| {
            let mut values = at.to_vec();
            values[index] += by;
            function(&values)
        };
        (index, (shifted(1e-5) - shifted(-1e-5)) / 2e-5)
    };
    (0..at.len()).step_by((at.len() / 30).max(1)).chain([at.len() - 1]).map(difference).collect()
}

/// Entries are compared relative to the largest of the gradient.
#[track_caller]
fn assert_gradient(found: &[f32], expected: &[(usize, f64)], what: &str) {
    let largest = found.iter().fold(0f64, |largest, g| largest.max(f64::from(g.abs())));
    assert!(largest > 0.0 && largest.is_finite(), "{what}: {largest}");
    for &(index, expected) in expected {
        let found = f64::from(found[index]);
        assert!((found - expected).abs() < 1e-5 * largest, "{what} [{index}]: {found}, {expected} of {largest}");
    }
}

fn check_layer(seed: u64, genes: usize, groups: usize, sizes: [usize; 3]) {
    let [steps, inputs, hidden] = sizes;
    let length = BiLstmAttention::flat_len(inputs, hidden);
    let (x, weights) = (numbers(seed, genes * groups * steps * inputs, 2.0), numbers(seed + 1, groups * length, 0.6));
    let (contexts, attention) = layer(&x, &weights, groups, sizes);
    let coefficients = [numbers(seed + 2, contexts.len(), 1.0), numbers(seed + 3, attention.len(), 1.0)];
    let function = |x: &[f64], weights: &[f64]| {
        let (contexts, attention) = layer(x, weights, groups, sizes);
        dot(&contexts, &coefficients[0]) + dot(&attention, &coefficients[1])
    };
    let of_inputs = differences(&x, &|x| function(x, &weights));
    let of_weights = differences(&weights, &|weights| function(&x, weights));
    for instructions in InstructionSet::available() {
        let tensor = Tensor::from_vec(single(&weights), (groups, length), &Device::Cpu).unwrap();
        let mut op = BiLstmAttention::new(steps, inputs, hidden, tensor).unwrap();
        op.instructions = instructions;
        let variable = Var::from_vec(single(&x), (genes, groups, steps, inputs), &Device::Cpu).unwrap();
        let output = op.forward(variable.as_tensor(), &Mode::Train(None)).unwrap();
        let what = format!("{instructions:?}, {genes} genes, {groups} groups, {sizes:?} steps, inputs and units");
        assert_values(&flat(&output.0), &contexts, &what);
        assert_values(&flat(&output.1), &attention, &what);
        let sum = weighted(&output.0, &coefficients[0]) + weighted(&output.1, &coefficients[1]);
        let store = sum.unwrap().backward().unwrap();
        assert_gradient(&flat(store.get(&variable).unwrap()), &of_inputs, &format!("{what}: input"));
        assert_gradient(&flat(store.get(op.weights()).unwrap()), &of_weights, &format!("{what}: weights"));
    }
}

#[test]
fn the_layer_is_the_plain_one_at_the_edges_of_its_blocks() {
    // one of everything; ragged blocks of genes; units around multiples of four; wide inputs
    check_layer(1, 1, 1, [1, 1, 1]);
    check_layer(2, 16, 2, [3, 1, 4]);
    check_layer(3, 17, 1, [2, 3, 5]);
    check_layer(4, 33, 3, [4, 1, 3]);
    check_layer(5, 5, 1, [5, 64, 16]);
    check_layer(6, 2, 2, [40, 1, 32]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_layer_is_the_plain_one_at_any_size(
        seed in 0u64..1000, genes in 1usize..40, groups in 1usize..4,
        steps in 1usize..9, inputs in 1usize..7, hidden in 1usize..14,
    ) {
        check_layer(seed, genes, groups, [steps, inputs, hidden]);
    }

    #[test]
    fn the_model_is_the_plain_one_at_any_size(
        seed in 0u64..1000, genes in 1usize..40, n_marks in 1usize..6,
        n_bins in 1usize..9, body_parts in 0usize..5, bin_hidden in 1usize..10, mark_hidden in 1usize..7,
    ) {
        let config = AttentiveChromeConfig { n_marks, n_bins, body_parts, bin_hidden, mark_hidden };
        let size = n_marks * (n_bins + body_parts);
        let (x, weights) = (numbers(seed, genes * size, 3.0), numbers(seed + 1, config.n_weights(), 0.6));
        let expected = model(&x, &weights, &config);
        let tensor = Tensor::from_vec(single(&weights), (1, weights.len()), &Device::Cpu).unwrap();
        let ours = AttentiveChrome::from_flat(&config, &tensor).unwrap();
        let input = Tensor::from_vec(single(&x), (genes, 1, size), &Device::Cpu).unwrap();
        let output = ours.forward(&input, &Mode::Train(None)).unwrap();
        let found = [&output.logit, output.bin_attention.as_ref().unwrap(), output.mark_attention.as_ref().unwrap()];
        let what = format!("{genes} genes, {config:?}");
        found.iter().zip(&expected).for_each(|(found, expected)| assert_values(&flat(found), expected, &what));
        let coefficients = [2, 3, 4].map(|at| numbers(seed + at as u64, expected[at - 2].len(), 1.0));
        let sums: Vec<Tensor> = found.iter().zip(&coefficients).map(|(found, c)| weighted(found, c)).collect();
        let store = ((&sums[0] + &sums[1]).unwrap() + &sums[2]).unwrap().backward().unwrap();
        let gradients: Vec<Tensor> =
            ours.parameters().into_iter().map(|parameter| store.get(parameter).unwrap().clone()).collect();
        let function = |weights: &[f64]| {
            model(&x, weights, &config).iter().zip(&coefficients).map(|(values, c)| dot(values, c)).sum()
        };
        assert_gradient(&flat(&ours.flatten(&gradients).unwrap()), &differences(&weights, &function), &what);
    }
}
