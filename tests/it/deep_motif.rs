//! DeepMotif's networks of published sizes against an implementation in PyTorch (float64): the numbers of
//! ../shared/golden/deepmotif, which its README describes.

use std::collections::HashMap;
use std::path::PathBuf;

use attentrack::explain::{Method, Settings, Subject};
use attentrack::learn::{Task, Transform, network_row};
use attentrack::model::{Mode, ModelConfig, Network, Shape, Sizes, designs};
use candle_core::{Device, Tensor, Var};

/// The golden rows by network and name, and the sequence.
struct Golden {
    rows: HashMap<(String, String), Vec<f64>>,
    /// Row-major [base, position].
    x: Vec<f32>,
}

const NETWORKS: [(&str, &str); 3] =
    [("cnn", "deep-motif-cnn"), ("rnn", "deep-motif-rnn"), ("cnnrnn", "deep-motif-cnn-rnn")];

impl Golden {
    /// `None` after saying that the test is skipped.
    fn read(test: &str) -> Option<Self> {
        let folder: PathBuf = crate::support::shared_data(test)?.join("../golden/deepmotif");
        let table = std::fs::read_to_string(folder.join("golden.tsv")).unwrap();
        let mut rows = HashMap::new();
        for line in table.lines() {
            let mut cells: Vec<&str> = line.split('\t').collect();
            let (network, mut name) = (cells.remove(0).to_owned(), cells.remove(0).to_owned());
            if name == "gradnorm" {
                name = format!("{name} {}", rows.keys().filter(|(of, _)| *of == network).count());
                cells.remove(0);
            }
            if name != "params" {
                rows.insert((network, name), cells.iter().map(|cell| cell.parse().unwrap()).collect());
            }
        }
        let sequence = std::fs::read_to_string(folder.join("sequence.txt")).unwrap();
        let has = |base: char| sequence.trim().chars().map(move |own| f32::from(u8::from(own == base)));
        Some(Golden { rows, x: "ACGT".chars().flat_map(has).collect() })
    }

    fn row(&self, network: &str, name: &str) -> &[f64] {
        &self.rows[&(network.to_owned(), name.to_owned())]
    }

    /// The gradients' norms, in the order of the tensors.
    fn norms(&self, network: &str) -> Vec<f64> {
        let mut norms: Vec<(usize, f64)> = self
            .rows
            .iter()
            .filter(|((of, _), _)| of == network)
            .filter_map(|((_, name), row)| Some((name.strip_prefix("gradnorm ")?.parse().ok()?, row[0])))
            .collect();
        norms.sort_by_key(|(at, _)| *at);
        norms.into_iter().map(|(_, norm)| norm).collect()
    }

    fn positions(&self) -> usize {
        self.x.len() / 4
    }

    /// The network with the weights of the formula.
    fn network(&self, tag: &str) -> Box<dyn Network> {
        let config = self.config(tag);
        let weight = |(t, tensor): (usize, attentrack::model::TensorSpec)| {
            let fan = if tensor.shape.len() == 1 { 32 } else { tensor.shape[1..].iter().product() } as f64;
            (0..tensor.n_weights())
                .map(move |j| ((1.3 * j as f64 + 0.7 * t as f64 + 0.1).sin() / fan.sqrt()) as f32)
                .collect::<Vec<_>>()
        };
        let weights: Vec<f32> = config.tensors().into_iter().enumerate().flat_map(weight).collect();
        config.network(&Tensor::from_slice(&weights, (1, weights.len()), &Device::Cpu).unwrap()).unwrap()
    }

    fn config(&self, tag: &str) -> ModelConfig {
        let design = designs().find(|design| design.tag == tag).unwrap();
        let shape = Shape { n_marks: 4, n_bins: self.positions(), body_parts: 0, n_outputs: 2 };
        (design.config)(&Sizes::default(), shape)
    }

    /// What the method says of the sequence.
    fn explained(&self, tag: &str, method: Method) -> Vec<f32> {
        let settings = Settings {
            steps: 1,
            seed: 1,
            task: Task::Classification,
            transform: Transform::Raw,
            baseline: vec![0.0; self.x.len()],
            empty: vec![0.0; self.x.len()],
            scales: vec![1.0; 4],
        };
        let subject = Subject::new(Box::new(self.network(tag)), network_row(&self.config(tag))).unwrap();
        subject.explain(method, &self.x, &settings, |_| ()).unwrap()
    }
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: {worst:e}");
}

/// In f32, which is what the networks compute in: log-probabilities within 1e-6, gradients within 1e-5 of their size.
#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    let Some(golden) = Golden::read("outputs_and_gradients_are_those_of_pytorch") else { return };
    for (name, tag) in NETWORKS {
        let network = golden.network(tag);
        let x = Tensor::from_slice(&golden.x, (1, 1, 4, golden.positions()), &Device::Cpu).unwrap();
        let x = Var::from_tensor(&x).unwrap();
        let logit = network.forward(x.as_tensor(), &Mode::Train(None)).unwrap().logit;
        let score = f64::from(logit.flatten_all().unwrap().to_vec1::<f32>().unwrap()[0]);
        let log_of = |score: f64| -(-score).exp().ln_1p();
        assert_close(&[log_of(-score), log_of(score)], golden.row(name, "logprob"), 1e-6, tag);

        // of the negative log-likelihood of class 1
        let store = logit.sum_all().unwrap().backward().unwrap();
        let miss = 1.0 - log_of(score).exp();
        let gradients: Vec<Tensor> = network.parameters().into_iter().map(|p| store.get(p).unwrap().clone()).collect();
        let flat = network.flatten(&gradients).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mut rest = flat.as_slice();
        let norm = |tensor: attentrack::model::TensorSpec| {
            let (own, after) = rest.split_at(tensor.n_weights());
            rest = after;
            miss * own.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt()
        };
        let norms: Vec<f64> = golden.config(tag).tensors().into_iter().map(norm).collect();
        let expected = golden.norms(name);
        let largest = expected.iter().copied().fold(0.0, f64::max);
        assert_close(&norms, &expected, 1e-5 * largest, tag);
    }
}

/// The paper's saliency is |∂NLL / ∂base| at the base that is there: that of the score times 1 − P.
#[test]
fn saliency_is_that_of_pytorch() {
    let Some(golden) = Golden::read("saliency_is_that_of_pytorch") else { return };
    for (name, tag) in NETWORKS {
        let miss = 1.0 - golden.row(name, "logprob")[1].exp();
        let values = golden.explained(tag, Method::Saliency);
        let sum = |position: usize| {
            values[position..].iter().step_by(golden.positions()).copied().map(f64::from).sum::<f64>()
        };
        let found: Vec<f64> = (0..golden.positions()).map(|position| sum(position) * miss).collect();
        assert_close(&found, golden.row(name, "saliency"), 1e-5, tag);
        // not only because all is small
        let size = golden.row(name, "saliency").iter().copied().fold(0.0, f64::max);
        assert_close(&found, golden.row(name, "saliency"), 1e-4 * size, tag);
    }
}

/// Probabilities of the whole head on what comes before, and after, each position; the CNN-RNN convolves first.
#[test]
fn temporal_values_are_those_of_pytorch() {
    let Some(golden) = Golden::read("temporal_values_are_those_of_pytorch") else { return };
    for (name, tag) in &NETWORKS[1..] {
        for (row, method) in [("temporal_fwd", Method::TemporalForward), ("temporal_bwd", Method::TemporalBackward)] {
            let values = golden.explained(tag, method);
            let (first, others) = values.split_at(golden.positions());
            assert!(others.chunks(first.len()).all(|channel| channel == first), "{tag}");
            let found: Vec<f64> = first.iter().map(|&score| 1.0 / (1.0 + f64::from(-score).exp())).collect();
            assert_close(&found, golden.row(name, row), 1e-5, &format!("{tag} {row}"));
        }
    }
}
