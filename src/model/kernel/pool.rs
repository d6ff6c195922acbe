//! Between two convolutions: the highest of neighbouring positions, bias, ReLU, and dropout. Plain loops over lanes, which
//! the compiler turns into vectors.

use crate::model::lanes::{LANES, Lanes};

/// What comes back to the outputs of a layer: their gradient, and what dropout multiplied them with, if it did.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Pooled<'a> {
    pub gradient: &'a [Lanes],
    pub factors: &'a [Lanes],
}

/// `out[position][filter]` = ReLU(highest of `pool` rows of `sums` + bias); bias and ReLU commute with the maximum.
#[inline(always)]
pub(super) fn pool_rows(sums: &[Lanes], pool: usize, bias: &[f32], out: &mut [Lanes], stride: usize) {
    for (rows, out) in sums.chunks_exact(pool * stride).zip(out.chunks_exact_mut(stride)) {
        for (filter, (&bias, out)) in bias.iter().zip(out).enumerate() {
            let mut highest = rows[filter].0;
            for row in rows.chunks_exact(stride).skip(1) {
                for (highest, value) in highest.iter_mut().zip(row[filter].0) {
                    *highest = if value > *highest { value } else { *highest };
                }
            }
            *out = Lanes(highest.map(|value| if value + bias > 0.0 { value + bias } else { 0.0 }));
        }
    }
}

/// From the gradient of the outputs to that of `sums`, in their place: of equal ones the first gets it, as in PyTorch. Adds
/// up the bias's gradient.
#[inline(always)]
pub(super) fn pool_rows_backward(
    sums: &mut [Lanes],
    pool: usize,
    bias: &[f32],
    pooled: Pooled<'_>,
    of_bias: &mut [Lanes],
    stride: usize,
) {
    for (at, rows) in sums.chunks_mut(pool * stride).enumerate() {
        if rows.len() < pool * stride {
            // positions at the end that fill no pool
            rows.fill(Lanes::ZERO);
            continue;
        }
        for (filter, &bias) in bias.iter().enumerate() {
            let mut highest = rows[filter].0;
            for row in rows.chunks_exact(stride).skip(1) {
                for (highest, value) in highest.iter_mut().zip(row[filter].0) {
                    *highest = if value > *highest { value } else { *highest };
                }
            }
            let place = at * stride + filter;
            let mut left = pooled.gradient[place].0;
            if let Some(factors) = pooled.factors.get(place) {
                left.iter_mut().zip(factors.0).for_each(|(left, factor)| *left *= factor);
            }
            for lane in 0..LANES {
                left[lane] = if highest[lane] + bias > 0.0 { left[lane] } else { 0.0 };
                of_bias[filter].0[lane] += left[lane];
            }
            for row in rows.chunks_exact_mut(stride) {
                for lane in 0..LANES {
                    let is_highest = row[filter].0[lane] == highest[lane];
                    row[filter].0[lane] = if is_highest { left[lane] } else { 0.0 };
                    left[lane] = if is_highest { 0.0 } else { left[lane] };
                }
            }
        }
    }
}

/// Keeps each unit with probability 1 − `rate`, divided by it, and says in `factors` which (Srivastava et al. 2014,
/// inverted). The choice is a hash of `key`, unit and lane.
#[inline(always)]
pub(super) fn drop_some(units: &mut [Lanes], factors: &mut [Lanes], rate: f64, key: u64) {
    let kept = (1.0 / (1.0 - rate)) as f32;
    // compared as signed numbers, which vectors have
    let limit = ((rate * f64::from(u32::MAX)) as u32 ^ 0x8000_0000) as i32;
    let (low, high) = (key as u32, (key >> 32) as u32);
    for (at, (units, factors)) in units.iter_mut().zip(factors).enumerate() {
        for lane in 0..LANES {
            let bits = mixed(mixed((at * LANES + lane) as u32 ^ low).wrapping_add(high));
            factors.0[lane] = if ((bits ^ 0x8000_0000) as i32) < limit { 0.0 } else { kept };
        }
        units.0.iter_mut().zip(factors.0).for_each(|(unit, factor)| *unit *= factor);
    }
}

/// A number that looks random beside those of neighbouring ones (lowbias32, Wellons 2018).
#[inline(always)]
fn mixed(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}
