//! Explanations: attribution of a model's score to marks and bins, by many methods, and how far each can be
//! believed. Knows models and arrays; knows neither files nor the command line.

mod attention;
mod class_optimisation;
mod contributions;
mod deep_lift;
pub mod faithfulness;
#[cfg(test)]
mod golden;
mod gradient;
mod method;
mod perturbation;
mod predictor;
mod scan;
mod seqlets;
mod subject;
mod trees;

use std::ops::Range;

use candle_core::{Result, bail};

use crate::learn::{Task, Transform};
use crate::matrix::{LayerName, RowShape};

pub use contributions::Baseline;
pub use deep_lift::{DeepLift, Rule};
pub use method::Method;
pub use predictor::{Explainable, Looks, Scorer};
pub use scan::{Match, Scan};
pub use seqlets::{ContributionMotif, ExplainedSequence, Seqlet, information, motifs, threshold};
pub use subject::Subject;

/// Settings of the methods that have some.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Points of integrated gradients.
    pub steps: usize,
    /// Seed of class optimisation.
    pub seed: u64,
    /// What the model was trained for, and so what its score is.
    pub task: Task,
    /// Input transform of the model, which says what twice the signal is.
    pub transform: Transform,
    /// Row that contributions are against, transformed.
    pub baseline: Vec<f32>,
    /// Row of a region without signal, transformed: what corrected attention and DeepLIFT are against.
    pub empty: Vec<f32>,
    /// Input that class optimisation starts its scale from, one a channel of each layer ([`scales`]).
    pub scales: Vec<f32>,
}

impl Settings {
    /// The same for models that look at a part of the row: the baselines of it.
    pub fn narrowed(&self, shape: &RowShape, own: &RowShape) -> Settings {
        let [baseline, empty] = [&self.baseline, &self.empty].map(|row| shape.narrow(row, own));
        Settings { baseline, empty, ..self.clone() }
    }
}

/// Explains rows `x` of the model's shape, transformed; the result has the same rows, but that of
/// [`Method::ClassOptimisation`] one a class. What is missing of a row is so of its explanation. `done` is told of rows.
///
/// # Errors
/// If the model lacks what the method needs ([`Method::lacks`]), or of the device.
pub fn explain(
    method: Method,
    model: &dyn Explainable,
    x: &[f32],
    settings: &Settings,
    done: impl Fn(usize) + Sync,
) -> Result<Vec<f32>> {
    if method == Method::ClassOptimisation {
        return class_optimisation::patterns(model, &settings.scales, settings.seed);
    }
    let mut values = of_rows(method, model, x, settings, done)?;
    values.iter_mut().zip(x).filter(|(_, x)| x.is_nan()).for_each(|(value, _)| *value = f32::NAN);
    Ok(values)
}

/// Why inputs of this transform do not say what the method asks, if they do not.
pub fn unsaid(method: Method, transform: Transform) -> Option<String> {
    let takes_zero_for_nothing = matches!(
        method,
        Method::InputXGradient
            | Method::IntegratedGradients
            | Method::Occlusion
            | Method::MarkOcclusion
            | Method::TemporalForward
            | Method::TemporalBackward
    );
    let (name, by) = (method.name(), transform.name());
    if matches!(method, Method::Doubling | Method::MarkDoubling) && transform.rescaled(1.0, 2.0).is_none() {
        return Some(format!(
            "{name}: the inputs of a model with --transform {by} do not say what twice the signal is. Name other methods"
        ));
    }
    (takes_zero_for_nothing && !transform.keeps_zero()).then(|| {
        format!("{name}: with --transform {by} an input of 0 is the middle of the sample's values, not the absence of signal. Name contributions, deep-lift or attention")
    })
}

/// Rows of the explanation, whatever it says of numbers that are missing.
fn of_rows(
    method: Method,
    model: &dyn Explainable,
    x: &[f32],
    settings: &Settings,
    done: impl Fn(usize) + Sync,
) -> Result<Vec<f32>> {
    let size = model.shape().size();
    if method == Method::Contributions {
        let Some(values) = model.contributions(x, &settings.baseline, &done)? else {
            bail!("the model cannot be laid open for {}", method.name())
        };
        return Ok(values);
    }
    if let Some(rule) = method.rule() {
        let Some(open) = model.deep_lift()? else { bail!("the model cannot be laid open for {}", method.name()) };
        return Ok(open.against(&settings.empty, x, rule, done));
    }
    if let Some(problem) = unsaid(method, settings.transform) {
        bail!("{problem}")
    }
    let twice = |_: LayerName, input: f32| settings.transform.rescaled(input, 2.0).unwrap_or(input);
    let none = |_: LayerName, _: f32| 0.0;
    let mut values = Vec::with_capacity(x.len());
    for x in x.chunks(WINDOWS * size) {
        values.extend(match method {
            Method::Saliency => gradient::saliency(model, x)?,
            Method::InputXGradient => gradient::input_x_gradient(model, x)?,
            Method::IntegratedGradients => gradient::integrated(model, x, settings.steps)?,
            Method::Occlusion => perturbation::by_bin(model, x, &none, -1.0)?,
            Method::MarkOcclusion => perturbation::by_mark(model, x, &none, -1.0)?,
            Method::Doubling => perturbation::by_bin(model, x, &twice, 1.0)?,
            Method::MarkDoubling => perturbation::by_mark(model, x, &twice, 1.0)?,
            Method::TemporalForward => temporal(model, x, false)?,
            Method::TemporalBackward => temporal(model, x, true)?,
            _ => attention::attention(model, x, method, &settings.empty)?,
        });
        done(x.len() / size);
    }
    Ok(values)
}

/// The score of each row up to (`backward`: from) each position, the same for every channel: of what is there alone where
/// the model reads any length, else with the rest empty.
fn temporal(model: &dyn Explainable, x: &[f32], backward: bool) -> Result<Vec<f32>> {
    let Some(scores) = model.temporal(x, backward)? else { return perturbation::temporal(model, x, backward) };
    let rows = x.len() / model.shape().size();
    let of_rows = scores.chunks_exact((scores.len() / rows.max(1)).max(1));
    Ok(of_rows.flat_map(|row| row.repeat(x.len() / scores.len())).collect())
}

/// Windows that are explained together.
const WINDOWS: usize = 256;

/// For each channel of each layer, an input that 99 of 100 do not exceed, of those that are above zero; 1 where none is.
pub fn scales(x: &[f32], shape: &RowShape) -> Vec<f32> {
    let of_channel = |channel: Range<usize>| {
        let rows = x.chunks_exact(shape.size()).flat_map(|row| &row[channel.clone()]);
        let mut inputs: Vec<f32> = rows.copied().filter(|&input| input > 0.0).collect();
        let rank = inputs.len() * 99 / 100;
        if rank >= inputs.len() { 1.0 } else { *inputs.select_nth_unstable_by(rank, f32::total_cmp).1 }
    };
    shape.channels().map(of_channel).collect()
}

/// The mean of the members' explanations. Score and attributions being linear in the members, what
/// adds up for each adds up for their mean log-odds.
pub fn mean(of_members: &[Vec<f32>]) -> Vec<f32> {
    let members = of_members.len() as f64;
    let Some(first) = of_members.first() else { return Vec::new() };
    if of_members.len() == 1 {
        return first.clone();
    }
    (0..first.len())
        .map(|at| (of_members.iter().map(|values| f64::from(values[at])).sum::<f64>() / members) as f32)
        .collect()
}
