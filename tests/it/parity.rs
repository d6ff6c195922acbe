//! Outputs and gradients against PyTorch's, over many shapes; tests/parity/run.py writes what to compare
//! with. Gradients are held to PyTorch in double precision: those of the bins' context vectors are small
//! differences of nearly equal numbers, so that single precision, PyTorch's too, is off by up to 2e-5.

use std::path::Path;

use attentrack::model::{AttentiveChromeConfig, Mode, ModelConfig};
use candle_core::{Device, Tensor};

/// The largest errors of one case.
struct Errors {
    /// Of the logits and both attentions.
    output: f32,
    /// Of any gradient, as a share of the largest absolute value in the gradient of that tensor, and
    /// which tensor it was.
    gradient: (f32, String),
}

/// Our outputs and gradients of a case, by the names of PyTorch's files.
fn ours(folder: &Path) -> Vec<(String, Vec<f32>)> {
    let load = |name: &str| Tensor::read_npy(folder.join(format!("{name}.npy"))).unwrap();
    let (x, y) = (load("input"), load("label").unsqueeze(1).unwrap());
    let hidden = |name: &str| load(&format!("weight.{name}.bin_attention.bin_context_vector")).dims()[0] / 2;
    let config = AttentiveChromeConfig {
        n_marks: x.dims()[1],
        n_bins: x.dims()[2],
        body_parts: 0,
        bin_hidden: hidden("rnn_hms.0"),
        mark_hidden: hidden("hm_level_rnn_1"),
    };
    let shapes = config.tensor_shapes();
    let weights: Vec<_> = shapes.iter().map(|(name, _)| (name.clone(), load(&format!("weight.{name}")))).collect();
    let model = ModelConfig::AttentiveChrome(config).from_tensors(1, &weights, &Device::Cpu).unwrap();
    let output = model.forward(&x.unsqueeze(1).unwrap(), &Mode::Train(None)).unwrap();
    // mean binary cross-entropy with logits
    let z = &output.logit;
    let log_term = (z.abs().unwrap().neg().unwrap().exp().unwrap() + 1.0).unwrap().log().unwrap();
    let linear = (z.relu().unwrap() - (z * &y).unwrap()).unwrap();
    let store = (linear + log_term).unwrap().mean_all().unwrap().backward().unwrap();
    let of_parameter = |parameter: &candle_core::Var| store.get(parameter).unwrap().clone();
    let gradients: Vec<Tensor> = model.parameters().into_iter().map(of_parameter).collect();
    let gradient = model.flatten(&gradients).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let outputs = [
        ("logit", z),
        ("bin_attention", output.bin_attention.as_ref().unwrap()),
        ("mark_attention", output.mark_attention.as_ref().unwrap()),
    ];
    let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let mut all: Vec<_> = outputs.iter().map(|(name, tensor)| ((*name).to_owned(), flat(tensor))).collect();
    let mut rest = gradient.as_slice();
    for (name, shape) in shapes {
        let (part, after) = rest.split_at(shape.iter().product());
        all.push((format!("gradient.{name}"), part.to_vec()));
        rest = after;
    }
    all
}

fn theirs(folder: &Path, like: &[(String, Vec<f32>)]) -> Vec<(String, Vec<f32>)> {
    let load = |name: &str| Tensor::read_npy(folder.join(format!("{name}.npy"))).unwrap();
    like.iter().map(|(name, _)| (name.clone(), load(name).flatten_all().unwrap().to_vec1().unwrap())).collect()
}

fn errors(found: &[(String, Vec<f32>)], expected: &[(String, Vec<f32>)]) -> Errors {
    let mut errors = Errors { output: 0.0, gradient: (0.0, String::new()) };
    for ((name, found), (_, expected)) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len(), "{name}");
        let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        let largest = expected.iter().fold(0f32, |a, b| a.max(b.abs()));
        if !name.starts_with("gradient.") {
            errors.output = errors.output.max(worst);
        } else if worst > errors.gradient.0 * largest {
            errors.gradient = (worst / largest, name.clone());
        }
    }
    errors
}

#[test]
#[ignore = "needs PyTorch's numbers: start tests/parity/run.py"]
fn outputs_and_gradients_are_those_of_pytorch() {
    let folder = std::env::var_os("ATTENTRACK_PARITY").expect("started by tests/parity/run.py");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut wrong = Vec::new();
    println!("\nlargest error of ours, of ours to float64, and of PyTorch's float32 to float64: outputs; gradients");
    for case in &cases {
        let ours = ours(&case.join("f32"));
        let (single, double) = (theirs(&case.join("f32"), &ours), theirs(&case.join("f64"), &ours));
        let [one, two, three] = [errors(&ours, &single), errors(&ours, &double), errors(&single, &double)];
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        println!(
            "{name}: {:.1e}, {:.1e}, {:.1e}; {:.1e}, {:.1e}, {:.1e} ({})",
            one.output, two.output, three.output, one.gradient.0, two.gradient.0, three.gradient.0, two.gradient.1
        );
        if !(one.output < 1e-6 && two.output < 1e-6 && two.gradient.0 < 1e-5) {
            wrong.push(name);
        }
    }
    assert!(!cases.is_empty() && wrong.is_empty(), "not within 1e-6 and 1e-5: {wrong:?}");
}
