//! DeepLIFT (Shrikumar, Greenside & Kundaje, ICML 2017) through LSTM gates, softmax attention and
//! convolutions, in double precision.
//!
//! What each input adds to the difference between a window's log-odds and those of a window without
//! any signal; the parts add up to that difference exactly. Published implementations do not reach
//! into an LSTM; here gates are functions and products like any other.

mod level;
mod lstm;
mod parts;
mod recurrent;

use rayon::prelude::*;

use self::level::Level;
use self::parts::{Signed, Whole};
use self::recurrent::Recurrent;
use crate::model::{AttentiveChromeConfig, BiLstmAttention, ModelConfig};

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
    model: Recurrent,
}

impl DeepLift {
    /// From a model's weights in the order of its tensors; `None` of an architecture that is not laid
    /// open here.
    pub fn new(config: &ModelConfig, weights: &[f32]) -> Option<Self> {
        let model = match config {
            ModelConfig::AttentiveChrome(sizes) => attentive_chrome(sizes, weights),
            _ => return None,
        };
        Some(DeepLift { model })
    }

    /// What each input adds to the log-odds of its window, against a window of zeros; `x` and the
    /// result are row-major [window, mark, bin]. `done` is told of each window.
    pub fn contributions(&self, x: &[f32], rule: Rule, done: impl Fn(usize) + Sync) -> Vec<f32> {
        let size = self.model.shape.iter().product::<usize>();
        let reference = self.model.trace(&vec![0.0; size]);
        let of_window = |x: &[f32]| {
            let x: Vec<f64> = x.iter().map(|&value| f64::from(value)).collect();
            let trace = self.model.trace(&x);
            let contributions = match rule {
                Rule::Rescale => self.model.contributions::<Whole>(&reference, &trace),
                Rule::RevealCancel => self.model.contributions::<Signed>(&reference, &trace),
            };
            done(1);
            contributions.into_iter().map(|value| value as f32).collect::<Vec<f32>>()
        };
        x.par_chunks_exact(size).flat_map_iter(of_window).collect()
    }
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

#[cfg(test)]
mod tests;
