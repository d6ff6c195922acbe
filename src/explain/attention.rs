//! Methods by attention, which say where a model looks, not what it finds there.

use candle_core::{Result, bail};

use super::method::Method;
use super::predictor::Explainable;
use crate::matrix::LayerName;
use crate::matrix::track::freed_of_null;

/// Row-major [window, mark, bin].
pub(super) fn attention(network: &dyn Explainable, x: &[f32], method: Method) -> Result<Vec<f32>> {
    let shape = network.shape();
    let Some(window) = shape.part(LayerName::Window) else { bail!("the model does not look at the window") };
    let (marks, bins) = (window.channels().count(), window.positions);
    let (Some(looks), Some(null)) = (network.looks(x)?, network.looks(&vec![0.0; shape.size()])?) else {
        bail!("the model has no attention");
    };
    let (is_joint, is_corrected) = match method {
        Method::Attention => (false, false),
        Method::CorrectedAttention => (false, true),
        Method::JointAttention => (true, false),
        Method::JointCorrectedAttention => (true, true),
        _ => {
            let share = |&mark: &f32| std::iter::repeat_n(mark / bins as f32, bins);
            return Ok(looks.marks.iter().flat_map(share).collect());
        }
    };
    let mut values = looks.bins;
    for (row, values) in values.chunks_exact_mut(bins).enumerate() {
        if is_corrected {
            let null = &null.bins[row % marks * bins..][..bins];
            let freed: Vec<f32> = freed_of_null(values, null).collect();
            values.copy_from_slice(&freed);
        }
        if is_joint {
            values.iter_mut().for_each(|value| *value *= looks.marks[row]);
        }
    }
    Ok(values)
}
