//! What tables of features hold of a row: a list that is declared as data, so that whatever explains a model goes back
//! along it.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::matrix::RowShape;

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
pub const POOLED: usize = 20;

/// One number of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Positions of one channel, in a row.
    pub range: Range<usize>,
    /// What is taken of them.
    pub statistic: Statistic,
}

/// What a feature is of its positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Their mean.
    Mean,
    /// The largest.
    Largest,
}

impl Feature {
    /// The feature of a row; NaN where its positions are not known. `is_log` says whether the row has been through a
    /// logarithm.
    pub fn of(&self, row: &[f32], is_log: bool) -> f64 {
        let values = row[self.range.clone()].iter().map(|&x| f64::from(x));
        let x = match self.statistic {
            Statistic::Mean => values.sum::<f64>() / self.range.len().max(1) as f64,
            Statistic::Largest => values.fold(f64::NEG_INFINITY, |a, b| if b.is_nan() { b } else { a.max(b) }),
        };
        if is_log { x } else { x.abs().ln_1p().copysign(x) }
    }
}

impl FeatureSet {
    /// The features of rows of this shape, channel by channel of each layer. The positions of a channel are pooled
    /// into at most `most` stretches.
    pub fn list(self, shape: &RowShape, most: usize) -> Vec<Feature> {
        shape.channels().flat_map(|channel| self.of_channel(channel, most)).collect()
    }

    /// The features of one channel, whose positions these are in a row.
    pub fn of_channel(self, channel: Range<usize>, most: usize) -> Vec<Feature> {
        let (length, stretches) = (channel.len(), channel.len().min(most));
        let edge = |stretch: usize| channel.start + stretch * length / stretches.max(1);
        let bins = (0..stretches).map(|at| Feature { range: edge(at)..edge(at + 1), statistic: Statistic::Mean });
        let whole = |statistic| Feature { range: channel.clone(), statistic };
        match self {
            FeatureSet::Bins => bins.collect(),
            FeatureSet::Sums => vec![whole(Statistic::Mean)],
            FeatureSet::Max => vec![whole(Statistic::Largest)],
            FeatureSet::All => bins.chain([whole(Statistic::Mean), whole(Statistic::Largest)]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::LayerName;

    #[test]
    fn each_set_has_its_numbers_of_every_layer() {
        let shape = RowShape::of([(LayerName::Window, 2, 4), (LayerName::Body, 2, 2)]);
        let row = [0.0, 2.0, 4.0, 2.0, -1.0, 0.0, 0.0, -1.0, 1.0, 3.0, 5.0, 5.0f32];
        let of = |set: FeatureSet, most: usize| -> Vec<f64> {
            set.list(&shape, most).iter().map(|feature| feature.of(&row, true)).collect()
        };
        assert_eq!(of(FeatureSet::Bins, 4), row.map(f64::from));
        assert_eq!(of(FeatureSet::Bins, 2), [1.0, 3.0, -0.5, -0.5, 1.0, 3.0, 5.0, 5.0]);
        assert_eq!(of(FeatureSet::Sums, 4), [2.0, -0.5, 2.0, 5.0]);
        assert_eq!(of(FeatureSet::Max, 4), [4.0, 0.0, 3.0, 5.0]);
        assert_eq!(of(FeatureSet::All, 2)[..8], [1.0, 3.0, 2.0, 4.0, -0.5, -0.5, -0.5, 0.0]);
        let sums = FeatureSet::Sums.list(&shape, 4);
        assert!((sums[0].of(&row, false) - 3f64.ln()).abs() < 1e-12);
        assert!((sums[1].of(&row, false) + 1.5f64.ln()).abs() < 1e-12);
        let unknown = [f32::NAN; 12];
        assert!(FeatureSet::All.list(&shape, 2).iter().all(|feature| feature.of(&unknown, true).is_nan()));
    }
}
