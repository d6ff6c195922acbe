//! The order that an explanation puts the cells of a window in.

use candle_core::Result;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::curves::Baseline;
use super::judge::Inputs;
use crate::explain::predictor::mean_scores;
use crate::explain::{self, Explainable, Method};

/// An explanation, and the order that it puts the cells in.
pub(super) struct Order {
    pub values: Vec<f32>,
    pub importance: Vec<f32>,
}

/// The members' mean explanation, and the order: what moves the score away from that of an empty window
/// comes first.
pub(super) fn order(
    method: Method,
    members: &[Box<dyn Explainable>],
    inputs: &Inputs,
    baseline: &Baseline,
) -> Result<Order> {
    let [marks, bins] = members[0].shape();
    let size = marks * bins;
    let of_members =
        members.iter().map(|member| explain::explain(method, member.as_ref(), inputs.x, inputs.settings, |_| ()));
    let values = explain::mean(&of_members.collect::<Result<Vec<_>>>()?);
    if method == Method::ClassOptimisation {
        let (expressed, silent) = values.split_at(size);
        let of_window = |window: usize| if baseline.sign(window) > 0.0 { expressed } else { silent };
        let values: Vec<f32> = (0..inputs.x.len() / size).flat_map(of_window).copied().collect();
        return Ok(Order { importance: values.clone(), values });
    }
    let empty = match method {
        Method::TemporalForward | Method::TemporalBackward => mean_scores(members, &vec![0.0; size])?[0],
        _ => 0.0,
    };
    let values = steps(method, &values, bins, empty).unwrap_or(values);
    let turned =
        |(at, &value): (usize, &f32)| if method.is_signed() { baseline.sign(at / size) * value } else { value };
    let importance = values.iter().enumerate().map(turned).collect();
    Ok(Order { values, importance })
}

/// What each bin adds to temporal output values.
fn steps(method: Method, values: &[f32], bins: usize, empty: f32) -> Option<Vec<f32>> {
    let rows = values.chunks_exact(bins);
    let before = |row: &[f32], bin: usize| if bin == 0 { empty } else { row[bin - 1] };
    let after = |row: &[f32], bin: usize| row.get(bin + 1).copied().unwrap_or(empty);
    match method {
        Method::TemporalForward => {
            Some(rows.flat_map(|row| (0..bins).map(move |bin| row[bin] - before(row, bin))).collect())
        }
        Method::TemporalBackward => {
            Some(rows.flat_map(|row| (0..bins).map(move |bin| row[bin] - after(row, bin))).collect())
        }
        _ => None,
    }
}

/// Each input over the mean of its mark.
pub(super) fn over_mean(x: &[f32], marks: usize, bins: usize) -> Vec<f32> {
    let mut sums = vec![0f64; marks];
    x.chunks_exact(bins).enumerate().for_each(|(row, values)| {
        sums[row % marks] += values.iter().map(|&value| f64::from(value.abs())).sum::<f64>();
    });
    let cells = (x.len() / marks).max(1) as f64;
    let over = |(at, &value): (usize, &f32)| {
        let mean = sums[at / bins % marks] / cells;
        if mean > 0.0 { (f64::from(value) / mean) as f32 } else { value }
    };
    x.iter().enumerate().map(over).collect()
}

/// Without signs.
pub(super) fn magnitude(importance: &[f32]) -> Vec<f32> {
    importance.iter().map(|value| value.abs()).collect()
}

/// A tensor's weights in another order.
pub(in crate::explain) fn shuffle(weights: &mut [f32], seed: u64) {
    weights.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
}
