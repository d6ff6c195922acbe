//! The order that an explanation puts the cells of a window in.

use candle_core::Result;

use super::curves::Ends;
use super::inputs::Inputs;
use crate::explain::predictor::mean_scores;
use crate::explain::{self, Explainable, Method, Scorer};
use crate::matrix::RowShape;

/// An explanation, and the order that it puts the cells in.
pub(super) struct Order {
    pub values: Vec<f32>,
    pub importance: Vec<f32>,
}

/// The members' mean explanation, and the order: what moves the score away from that of the baseline
/// comes first.
pub(super) fn order(method: Method, members: &[Box<dyn Explainable>], inputs: &Inputs, ends: &Ends) -> Result<Order> {
    let (shape, own) = (inputs.model.shape(), members[0].shape());
    let size = shape.size();
    let x = shape.narrow(inputs.x, &own);
    let settings = inputs.settings.narrowed(&shape, &own);
    let of_members = members.iter().map(|member| explain::explain(method, member.as_ref(), &x, &settings, |_| ()));
    let mut values = explain::mean(&of_members.collect::<Result<Vec<_>>>()?);
    values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
    if matches!(method, Method::TemporalForward | Method::TemporalBackward) {
        steps(method, members, &x, &mut values)?;
    }
    // layers that the method does not explain come last
    let values = shape.widen(&values, &own);
    if method == Method::ClassOptimisation {
        let (expressed, silent) = values.split_at(size);
        let of_window = |window: usize| if ends.sign(window) > 0.0 { expressed } else { silent };
        let values: Vec<f32> = (0..inputs.x.len() / size).flat_map(of_window).copied().collect();
        return Ok(Order { importance: values.clone(), values });
    }
    let turned = |(at, &value): (usize, &f32)| if method.is_signed() { ends.sign(at / size) * value } else { value };
    let importance = values.iter().enumerate().map(turned).collect();
    Ok(Order { values, importance })
}

/// Turns temporal output values into what each position adds to them.
fn steps(method: Method, members: &[Box<dyn Explainable>], x: &[f32], values: &mut [f32]) -> Result<()> {
    let shape = members[0].shape();
    for layer in shape.parts() {
        let mut empty = x.to_vec();
        for row in empty.chunks_exact_mut(shape.size()) {
            row[layer.range.clone()].iter_mut().filter(|value| !value.is_nan()).for_each(|value| *value = 0.0);
        }
        let empty = mean_scores(members, &empty)?;
        for (row, empty) in values.chunks_exact_mut(shape.size()).zip(empty) {
            for range in layer.channels() {
                let channel = &mut row[range];
                let whole = channel.to_vec();
                for (at, value) in channel.iter_mut().enumerate() {
                    let before = if method == Method::TemporalForward { at.checked_sub(1) } else { Some(at + 1) };
                    *value -= before.and_then(|at| whole.get(at)).copied().unwrap_or(empty);
                }
            }
        }
    }
    Ok(())
}

/// Each input over the mean of its channel; 0 where it is missing.
pub(super) fn over_mean(x: &[f32], shape: &RowShape) -> Vec<f32> {
    let mut values = x.to_vec();
    values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
    for channel in shape.channels() {
        let (mut sum, mut count) = (0.0, 0u64);
        for row in x.chunks_exact(shape.size()) {
            let known = row[channel.clone()].iter().filter(|value| !value.is_nan());
            count += known.clone().count() as u64;
            sum += known.map(|&value| f64::from(value.abs())).sum::<f64>();
        }
        let mean = sum / count.max(1) as f64;
        if mean > 0.0 {
            let cells = values.chunks_exact_mut(shape.size()).flat_map(|row| &mut row[channel.clone()]);
            cells.for_each(|value| *value = (f64::from(*value) / mean) as f32);
        }
    }
    values
}

/// Without signs.
pub(super) fn magnitude(importance: &[f32]) -> Vec<f32> {
    importance.iter().map(|value| value.abs()).collect()
}
