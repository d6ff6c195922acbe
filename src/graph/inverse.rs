//! An inverse covariance where the covariance may have none: the backward map of the elementary estimators (Yang,
//! Lozano and Ravikumar, NIPS 2014), which JEEK, DIFFEE, kDiffNet and FASJEM start from.

use super::square::Square;

/// Which threshold v a covariance is thresholded with before it is inverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackwardMap {
    /// √(log p / n), the rate of the papers' theorems, in units of the two nodes' standard deviations; where that leaves a
    /// node less than [`LEAST_LEFT`] of its variance given those before it, the smallest larger one of a hundred that
    /// does not. The diagonal stays.
    Rate,
    /// As the R packages of DIFFEE and kDiffNet have it: of 0, .001, … .999 × the largest entry that with the largest
    /// determinant; the diagonal is thresholded too.
    LargestRelative,
    /// The same as the packages of JEEK and FASJEM have it: .001, .002 … 1, whatever the entries are.
    LargestAbsolute,
}

/// The share of its variance that a node must keep given those before it.
pub const LEAST_LEFT: f64 = 0.01;
const STEPS: u32 = 100;
const PUBLISHED_STEPS: u32 = 1000;

/// x moved towards 0 by t, at most to 0.
pub fn soft(x: f64, t: f64) -> f64 {
    (x.abs() - t).max(0.0).copysign(x)
}

/// The inverse of the thresholded matrix of `n` observations, and the threshold; `None` where no threshold gives one that
/// has an inverse.
pub fn inverse(covariance: &Square, n: usize, map: BackwardMap) -> Option<(Square, f64)> {
    let everywhere = |v: f64| covariance.map(|_, _, x| soft(x, v));
    let largest = |thresholds: &mut dyn Iterator<Item = f64>| {
        let determinant = |v: f64| Some((everywhere(v).cholesky(0.0)?.log_determinant(), v));
        let better = |best: (f64, f64), next: (f64, f64)| if next.0 > best.0 { next } else { best };
        let (_, v) = thresholds.filter_map(determinant).reduce(better)?;
        Some((everywhere(v).cholesky(0.0)?.inverse(), v))
    };
    match map {
        BackwardMap::Rate => {
            let p = covariance.n();
            let scale: Vec<f64> = (0..p).map(|at| covariance.at(at, at).sqrt()).collect();
            let correlation = covariance.map(|row, column, x| x / (scale[row] * scale[column]));
            let rate = ((p as f64).ln() / n.max(1) as f64).sqrt().min(1.0);
            let most = correlation.largest_off_diagonal().max(rate);
            let threshold = |step: u32| rate + (most - rate) * f64::from(step) / f64::from(STEPS);
            let factor = |step: u32| {
                let v = threshold(step);
                correlation.map(|row, column, x| if row == column { 1.0 } else { soft(x, v) }).cholesky(LEAST_LEFT)
            };
            // what is enough at a threshold is enough at larger ones; at the largest nothing is left but the diagonal
            let (mut low, mut high) = (0, STEPS);
            let mut found = factor(0);
            if found.is_none() {
                found = factor(high);
                while high - low > 1 {
                    let middle = low.midpoint(high);
                    match factor(middle) {
                        None => low = middle,
                        better => (found, high) = (better, middle),
                    }
                }
                low = high;
            }
            let inverse = found?.inverse().map(|row, column, x| x / (scale[row] * scale[column]));
            Some((inverse, threshold(low)))
        }
        BackwardMap::LargestRelative => {
            let most = covariance.values().iter().copied().fold(f64::NEG_INFINITY, f64::max);
            largest(&mut (0..PUBLISHED_STEPS).map(|step| f64::from(step) / f64::from(PUBLISHED_STEPS) * most))
        }
        BackwardMap::LargestAbsolute => {
            largest(&mut (1..=PUBLISHED_STEPS).map(|step| f64::from(step) / f64::from(PUBLISHED_STEPS)))
        }
    }
}
