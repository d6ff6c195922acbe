//! DeepLIFT (Shrikumar, Greenside & Kundaje, ICML 2017) through LSTM gates, softmax attention and
//! convolutions, in double precision.
//!
//! What each input adds to the difference between a window's log-odds and those of a window without
//! any signal; the parts add up to that difference exactly. Published implementations do not reach
//! into an LSTM; here gates are functions and products like any other. Every network is a chain of a few kinds
//! of layers ([`crate::model::chain`]), so that a new one is laid open by saying which.

mod attention;
mod bilstm;
mod chain;
mod convolution;
mod layer;
mod lstm;
mod parts;
mod trace;

use rayon::prelude::*;

use self::parts::{Parts, Signed, Whole};
use crate::model::ModelConfig;
use crate::model::chain::Chain;

/// How a difference passes through a function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// By the slope of the chord.
    Rescale,
    /// Positive and negative parts each by the mean of coming first and coming second.
    RevealCancel,
}

/// A network, laid open.
#[derive(Clone, Debug)]
pub struct DeepLift {
    chain: Chain,
    /// Inputs of a row.
    size: usize,
    /// What stands for each input where it is missing; empty where none is.
    missing: Vec<f32>,
}

impl DeepLift {
    /// From a network's weights, which are as many as the sizes say, in the order of its tensors.
    pub fn new(config: &ModelConfig, weights: &[f32]) -> Self {
        DeepLift { chain: config.chain(weights), size: config.row().iter().product(), missing: Vec::new() }
    }

    /// The same for rows that may lack inputs (NaN): what stands for each of them.
    pub fn with_missing(self, missing: &[f32]) -> Self {
        DeepLift { missing: missing.to_vec(), ..self }
    }

    /// What each input adds to the log-odds of its row, against a row of zeros; `x` and the result are rows of what the
    /// network reads. `done` is told of each row. An input that is missing adds nothing: it is missing of the
    /// reference too.
    pub fn contributions(&self, x: &[f32], rule: Rule, done: impl Fn(usize) + Sync) -> Vec<f32> {
        self.against(&vec![0.0; self.size], x, rule, done)
    }

    /// The same against another row.
    pub fn against(&self, reference: &[f32], x: &[f32], rule: Rule, done: impl Fn(usize) + Sync) -> Vec<f32> {
        match rule {
            Rule::Rescale => self.by::<Whole>(reference, x, done),
            Rule::RevealCancel => self.by::<Signed>(reference, x, done),
        }
    }

    fn by<P: Parts>(&self, reference: &[f32], x: &[f32], done: impl Fn(usize) + Sync) -> Vec<f32> {
        let trace = |x: &[f32]| self.chain.trace(&x.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>());
        let whole = trace(reference);
        let of_window = |x: &[f32]| {
            let contributions = if x.iter().any(|value| value.is_nan()) {
                let known = |of: &[f32]| {
                    let or_missing =
                        |((value, &x), &missing): ((&f32, &f32), &f32)| if x.is_nan() { missing } else { *value };
                    of.iter().zip(x).zip(&self.missing).map(or_missing).collect::<Vec<f32>>()
                };
                self.chain.contributions::<P>(&trace(&known(reference)), &trace(&known(x)))
            } else {
                self.chain.contributions::<P>(&whole, &trace(x))
            };
            done(1);
            contributions.into_iter().map(|value| value as f32).collect::<Vec<f32>>()
        };
        x.par_chunks_exact(self.size).flat_map_iter(of_window).collect()
    }
}

#[cfg(test)]
mod tests;
