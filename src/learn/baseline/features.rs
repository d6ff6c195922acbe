//! What the baselines see of a window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Features of a window. Each is ln(1 + x), with the sign of x, of the mean signal of some bins or of the
/// largest bin; of an input that has been through a logarithm already, x itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureSet {
    /// Every bin of every mark
    Bins,
    /// One number a mark: the sum of its window (Karlić et al. 2010), as a mean
    Sums,
    /// One number a mark: its largest bin (as ShallowChrome's largest peak, Frasca et al. 2022)
    Max,
    /// Bins, sums and largest bins
    #[default]
    All,
}

/// Windows that the trees' table pools the bins of a mark into: splits on single bins are noise.
const POOLED: usize = 20;

impl FeatureSet {
    /// Number of features of a window whose marks' bins are pooled into `n_windows` windows.
    pub fn len(self, n_marks: usize, n_windows: usize) -> usize {
        let of_mark = match self {
            FeatureSet::Bins => n_windows,
            FeatureSet::Sums | FeatureSet::Max => 1,
            FeatureSet::All => n_windows.saturating_add(2),
        };
        n_marks.saturating_mul(of_mark)
    }

    /// The features of a window, row-major [mark, bin]. `is_log` says whether the values have been
    /// through a logarithm; bins are pooled into at most `n_windows` windows.
    pub fn of(self, window: &[f32], n_bins: usize, n_windows: usize, is_log: bool) -> Vec<f64> {
        window.chunks_exact(n_bins).flat_map(|mark| self.of_mark(mark, n_windows, is_log)).collect()
    }

    /// Windows for trees.
    pub fn pooled(n_bins: usize) -> usize {
        n_bins.min(POOLED)
    }

    fn of_mark(self, bins: &[f32], n_windows: usize, is_log: bool) -> Vec<f64> {
        let squash = |x: f64| if is_log { x } else { x.abs().ln_1p().copysign(x) };
        let mean = |bins: &[f32]| bins.iter().map(|&x| f64::from(x)).sum::<f64>() / bins.len().max(1) as f64;
        let mut features = Vec::new();
        if matches!(self, FeatureSet::Bins | FeatureSet::All) {
            let edge = |window: usize| window * bins.len() / n_windows;
            features.extend((0..n_windows).map(|window| squash(mean(&bins[edge(window)..edge(window + 1)]))));
        }
        if matches!(self, FeatureSet::Sums | FeatureSet::All) {
            features.push(squash(mean(bins)));
        }
        if matches!(self, FeatureSet::Max | FeatureSet::All) {
            features.push(squash(bins.iter().map(|&x| f64::from(x)).fold(f64::NEG_INFINITY, f64::max)));
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_has_its_numbers() {
        let window = [0.0, 2.0, 4.0, 2.0, -1.0, 0.0, 0.0, -1.0f32];
        let of = |set: FeatureSet, windows| set.of(&window, 4, windows, true);
        assert_eq!(of(FeatureSet::Bins, 4), window.map(f64::from));
        assert_eq!(of(FeatureSet::Bins, 2), [1.0, 3.0, -0.5, -0.5]);
        assert_eq!(of(FeatureSet::Sums, 4), [2.0, -0.5]);
        assert_eq!(of(FeatureSet::Max, 4), [4.0, 0.0]);
        assert_eq!(of(FeatureSet::All, 2), [1.0, 3.0, 2.0, 4.0, -0.5, -0.5, -0.5, 0.0]);
        let sums = FeatureSet::Sums.of(&window, 4, 4, false);
        assert!((sums[0] - 3f64.ln()).abs() < 1e-12 && (sums[1] + 1.5f64.ln()).abs() < 1e-12);
        assert_eq!(FeatureSet::All.len(2, 4), 12);
        for set in [FeatureSet::Bins, FeatureSet::Sums, FeatureSet::Max, FeatureSet::All] {
            assert_eq!([4, 2].map(|windows| set.len(2, windows)), [4, 2].map(|windows| of(set, windows).len()));
        }
    }
}
