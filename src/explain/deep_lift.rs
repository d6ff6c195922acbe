//! DeepLIFT (Shrikumar, Greenside & Kundaje, ICML 2017) through LSTM gates, softmax attention and
//! convolutions, in double precision.
//!
//! What each input adds to the difference between a window's log-odds and those of a window without
//! any signal; the parts add up to that difference exactly. Published implementations do not reach
//! into an LSTM; here gates are functions and products like any other.

mod feed_forward;
mod level;
mod lstm;
mod parts;
mod recurrent;

use rayon::prelude::*;

use self::feed_forward::{Convolution, FeedForward, Layer};
use self::level::Level;
use self::parts::{Function, Parts, Signed, Whole};
use self::recurrent::Recurrent;
use crate::model::{AttentiveChromeConfig, BiLstmAttention, DeepChromeConfig, ModelConfig};

/// How a difference passes through a function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// By the slope of the chord.
    Rescale,
    /// Positive and negative parts each by the mean of coming first and coming second.
    RevealCancel,
}

/// A model, laid open.
#[derive(Clone, Debug)]
pub struct DeepLift {
    model: Model,
    /// Inputs of a window.
    size: usize,
}

#[derive(Clone, Debug)]
enum Model {
    Recurrent(Box<Recurrent>),
    FeedForward(FeedForward),
}

impl DeepLift {
    /// From a model's weights in the order of its tensors; `None` of an architecture that is not laid
    /// open here.
    pub fn new(config: &ModelConfig, weights: &[f32]) -> Option<Self> {
        let model = match config {
            ModelConfig::AttentiveChrome(sizes) => Model::Recurrent(Box::new(attentive_chrome(sizes, weights))),
            ModelConfig::LstmAttention(sizes) => {
                let width = BiLstmAttention::flat_len(sizes.n_marks, sizes.bin_hidden);
                let level = |flat: &[f32]| Level::new(sizes.n_marks, sizes.bin_hidden, flat);
                Model::Recurrent(Box::new(without_top([sizes.n_marks, sizes.n_bins], weights, width, 1, level)))
            }
            ModelConfig::LstmAlpha(sizes) => {
                let width = BiLstmAttention::flat_len(1, sizes.bin_hidden);
                let level = |flat: &[f32]| Level::new(1, sizes.bin_hidden, flat);
                let shape = [sizes.n_marks, sizes.n_bins];
                Model::Recurrent(Box::new(without_top(shape, weights, width, sizes.n_marks, level)))
            }
            ModelConfig::DeepChrome(sizes) => Model::FeedForward(deep_chrome(sizes, weights)),
            ModelConfig::DeepChromeMlp(sizes) => {
                let (hidden, last) = weights.split_at((sizes.n_marks * sizes.n_bins + 1) * sizes.hidden);
                let tanh = Layer::Function(Function::Tanh);
                Model::FeedForward(FeedForward {
                    layers: vec![dense(sizes.hidden, hidden), tanh, output(sizes.n_outputs, last)],
                })
            }
            ModelConfig::DeepChromeLinear(sizes) => {
                Model::FeedForward(FeedForward { layers: vec![output(sizes.n_outputs, weights)] })
            }
            ModelConfig::Lstm(_)
            | ModelConfig::CnnAttention(_)
            | ModelConfig::CnnAlphaBeta(_)
            | ModelConfig::DeepDiff(_) => return None,
        };
        Some(DeepLift { model, size: config.n_marks() * config.n_bins() })
    }

    /// What each input adds to the log-odds of its window, against a window of zeros; `x` and the
    /// result are row-major [window, mark, bin]. `done` is told of each window.
    pub fn contributions(&self, x: &[f32], rule: Rule, done: impl Fn(usize) + Sync) -> Vec<f32> {
        match rule {
            Rule::Rescale => self.by::<Whole>(x, done),
            Rule::RevealCancel => self.by::<Signed>(x, done),
        }
    }

    fn by<P: Parts>(&self, x: &[f32], done: impl Fn(usize) + Sync) -> Vec<f32> {
        let empty = vec![0.0; self.size];
        match &self.model {
            Model::Recurrent(model) => {
                let reference = model.trace(&empty);
                self.each(x, done, |x| model.contributions::<P>(&reference, &model.trace(x)))
            }
            Model::FeedForward(model) => {
                let reference = model.trace(&empty);
                self.each(x, done, |x| model.contributions::<P>(&reference, &model.trace(x)))
            }
        }
    }

    fn each(&self, x: &[f32], done: impl Fn(usize) + Sync, of_window: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Vec<f32> {
        let contributions = |x: &[f32]| {
            let contributions = of_window(&x.iter().map(|&value| f64::from(value)).collect::<Vec<_>>());
            done(1);
            contributions.into_iter().map(|value| value as f32).collect::<Vec<f32>>()
        };
        x.par_chunks_exact(self.size).flat_map_iter(contributions).collect()
    }
}

/// The logit from the weights and biases of the last layer: of two outputs, one a class, the second less
/// the first.
fn output(outputs: usize, flat: &[f32]) -> Layer {
    let Layer::Dense(weights, bias) = dense(outputs, flat) else { unreachable!("a dense layer is dense") };
    if outputs != 2 {
        return Layer::Dense(weights, bias);
    }
    let (first, second) = weights.split_at(weights.len() / 2);
    Layer::Dense(second.iter().zip(first).map(|(a, b)| a - b).collect(), vec![bias[1] - bias[0]])
}

/// A dense layer from weights [output, input] and biases, one after the other.
fn dense(outputs: usize, flat: &[f32]) -> Layer {
    let flat: Vec<f64> = flat.iter().map(|&weight| f64::from(weight)).collect();
    let (weights, bias) = flat.split_at(flat.len() - outputs);
    Layer::Dense(weights.to_vec(), bias.to_vec())
}

fn attentive_chrome(sizes: &AttentiveChromeConfig, weights: &[f32]) -> Recurrent {
    let of_mark = BiLstmAttention::flat_len(1, sizes.bin_hidden);
    let (encoders, rest) = weights.split_at(sizes.n_marks * of_mark);
    let width = 2 * sizes.bin_hidden;
    let (top, head) = rest.split_at(BiLstmAttention::flat_len(width, sizes.mark_hidden));
    Recurrent {
        shape: [sizes.n_marks, sizes.n_bins],
        encoders: encoders.chunks_exact(of_mark).map(|flat| Level::new(1, sizes.bin_hidden, flat)).collect(),
        top: Some(Level::new(width, sizes.mark_hidden, top)),
        head: head[..2 * sizes.mark_hidden].iter().map(|&weight| f64::from(weight)).collect(),
    }
}

/// Encoders of `width` weights each, whose contexts the head reads side by side.
fn without_top(
    shape: [usize; 2],
    weights: &[f32],
    width: usize,
    encoders: usize,
    level: impl Fn(&[f32]) -> Level,
) -> Recurrent {
    let (levels, head) = weights.split_at(width * encoders);
    let head = head[..head.len() - 1].iter().map(|&weight| f64::from(weight)).collect();
    Recurrent { shape, encoders: levels.chunks_exact(width).map(level).collect(), top: None, head }
}

fn deep_chrome(sizes: &DeepChromeConfig, weights: &[f32]) -> FeedForward {
    let of_filters = sizes.filters * sizes.n_marks * sizes.kernel_width;
    let (front, mut rest) = weights.split_at(of_filters + sizes.filters);
    let front: Vec<f64> = front.iter().map(|&weight| f64::from(weight)).collect();
    let convolution = Convolution {
        channels: sizes.n_marks,
        width: sizes.kernel_width,
        weights: front[..of_filters].to_vec(),
        bias: front[of_filters..].to_vec(),
    };
    let positions = sizes.n_bins + 1 - sizes.kernel_width;
    let relu = Layer::Function(Function::Relu);
    let pool = Layer::MaxPool { width: sizes.pool, positions };
    let mut layers = vec![Layer::Convolution(convolution), relu.clone(), pool];
    let mut inputs = positions / sizes.pool * sizes.filters;
    for &units in &sizes.hidden {
        let (own, after) = rest.split_at((inputs + 1) * units);
        layers.extend([dense(units, own), relu.clone()]);
        (inputs, rest) = (units, after);
    }
    layers.push(output(sizes.n_outputs, rest));
    FeedForward { layers }
}

#[cfg(test)]
mod tests;
