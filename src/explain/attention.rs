//! Methods by attention, which say where a model looks, not what it finds there.

use candle_core::{Result, bail};

use super::method::Method;
use super::predictor::Network;

/// An empty window's attention is taken as at least this part of the even share, as
/// attentrack-track takes it.
const NULL_FLOOR: f64 = 1e-3;

/// Row-major [window, mark, bin].
pub(super) fn attention(network: &dyn Network, x: &[f32], method: Method) -> Result<Vec<f32>> {
    let [marks, bins] = network.shape();
    let (Some(looks), Some(null)) = (network.looks(x)?, network.looks(&vec![0.0; marks * bins])?) else {
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
            let floor = NULL_FLOOR / bins as f64;
            let null = &null.bins[row % marks * bins..][..bins];
            let ratios: Vec<f64> =
                values.iter().zip(null).map(|(&value, &null)| f64::from(value) / f64::from(null).max(floor)).collect();
            let total: f64 = ratios.iter().sum();
            values.iter_mut().zip(ratios).for_each(|(value, ratio)| *value = (ratio / total) as f32);
        }
        if is_joint {
            values.iter_mut().for_each(|value| *value *= looks.marks[row]);
        }
    }
    Ok(values)
}
