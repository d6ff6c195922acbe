//! Methods by attention, which say where a model looks, not what it finds there.

use std::ops::Range;

use candle_core::{Result, bail};

use super::method::Method;
use super::predictor::Explainable;
use crate::matrix::track::freed_of_null;

/// Rows of the model's shape; `empty` is that of a region without signal.
pub(super) fn attention(network: &dyn Explainable, x: &[f32], method: Method, empty: &[f32]) -> Result<Vec<f32>> {
    let shape = network.shape();
    let (Some(looks), Some(null)) = (network.looks(x)?, network.looks(empty)?) else {
        bail!("the model has no attention");
    };
    let (is_joint, is_corrected, is_of_marks) = match method {
        Method::Attention => (false, false, false),
        Method::CorrectedAttention => (false, true, false),
        Method::JointAttention => (true, false, false),
        Method::JointCorrectedAttention => (true, true, false),
        _ => (false, false, true),
    };
    let channels: Vec<Range<usize>> = shape.channels().collect();
    let mut values = looks.bins;
    for (gene, row) in values.chunks_exact_mut(shape.size()).enumerate() {
        for (at, channel) in channels.iter().enumerate() {
            let (values, null) = (&mut row[channel.clone()], &null.bins[channel.clone()]);
            let of_mark = looks.marks.get(gene * channels.len() + at);
            if is_corrected {
                let freed: Vec<f32> = freed_of_null(values, null).collect();
                values.copy_from_slice(&freed);
            }
            if let Some(mark) = of_mark.filter(|_| is_joint) {
                values.iter_mut().for_each(|value| *value *= mark);
            }
            if let Some(mark) = of_mark.filter(|_| is_of_marks) {
                values.fill(mark / values.len() as f32);
            }
        }
    }
    Ok(values)
}
