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

use candle_core::{Result, bail};
use rayon::prelude::*;

use self::level::Level;
use self::parts::{Signed, Whole};
use self::recurrent::Recurrent;
use crate::model::{AttentiveChromeConfig, BiLstmAttention};

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
    /// From a model's weights in the order of [`AttentiveChromeConfig::tensor_shapes`].
    ///
    /// # Errors
    /// If there are more or fewer weights.
    pub fn attentive_chrome(config: &AttentiveChromeConfig, weights: &[f32]) -> Result<Self> {
        if weights.len() != config.n_weights() {
            bail!("{} weights given, the model has {}", weights.len(), config.n_weights());
        }
        let of_mark = BiLstmAttention::flat_len(1, config.bin_hidden);
        let (encoders, rest) = weights.split_at(config.n_marks * of_mark);
        let width = 2 * config.bin_hidden;
        let (top, head) = rest.split_at(BiLstmAttention::flat_len(width, config.mark_hidden));
        let model = Recurrent {
            shape: [config.n_marks, config.n_bins],
            encoders: encoders.chunks_exact(of_mark).map(|flat| Level::new(1, config.bin_hidden, flat)).collect(),
            top: Some(Level::new(width, config.mark_hidden, top)),
            head: head[..2 * config.mark_hidden].iter().map(|&weight| f64::from(weight)).collect(),
        };
        Ok(DeepLift { model })
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

#[cfg(test)]
mod tests;
