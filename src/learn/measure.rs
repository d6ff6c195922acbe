//! What a sample's signal is measured by: a factor for each mark, or the distribution of each mark in each layer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::matrix::{LayerName, Matrix};

/// Most values that stand for a distribution.
const MOST: usize = 1025;

/// What the values of a sample are measured by.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A factor for each mark, in all layers.
    Factors(Vec<f64>),
    /// Normal scores, by layer.
    Scores(Vec<LayerScores>),
}

/// The normal scores of the marks in one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerScores {
    /// The layer.
    pub layer: LayerName,
    /// One a mark.
    pub marks: Vec<NormalScores>,
}

impl Measure {
    /// Normal scores by these distributions.
    pub fn scores(quantiles: &[LayerQuantiles]) -> Self {
        let of_layer = |of: &LayerQuantiles| LayerScores {
            layer: of.layer,
            marks: of.marks.iter().map(|values| NormalScores::new(values)).collect(),
        };
        Measure::Scores(quantiles.iter().map(of_layer).collect())
    }
}

/// The distribution of the marks' values in one layer, over all genes of a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LayerQuantiles {
    /// The layer.
    pub layer: LayerName,
    /// For each mark at most 1,025 values, ascending, at even distances in rank: all there are, if these are fewer.
    pub marks: Vec<Vec<f32>>,
}

impl LayerQuantiles {
    /// Those of each layer of a matrix, over the genes that can be scored; of what is missing there is nothing.
    pub fn of(matrix: &Matrix) -> Vec<Self> {
        let layers = LayerName::SIGNAL.into_iter().filter(|&layer| matrix.layer(layer).is_some());
        let of_layer = |layer: LayerName| {
            let channels: Vec<_> = matrix.row_shape(&[layer]).channels().collect();
            let values = |channel: &std::ops::Range<usize>| {
                let genes = matrix.scorable().flat_map(|gene| &matrix.row(layer, gene)[channel.clone()]);
                thinned(genes.copied().filter(|value| value.is_finite()).collect())
            };
            LayerQuantiles { layer, marks: channels.iter().map(values).collect() }
        };
        layers.map(of_layer).collect()
    }

    /// Those of several samples together, each of which counts the same; of the layers that the first has.
    pub fn pooled(samples: &[&[LayerQuantiles]]) -> Vec<Self> {
        let of_layer = |first: &LayerQuantiles| {
            let of_samples = || samples.iter().filter_map(|of| of.iter().find(|of| of.layer == first.layer));
            let values = |mark: usize| of_samples().filter_map(|of| of.marks.get(mark)).flatten().copied().collect();
            let marks = (0..first.marks.len()).map(|mark| thinned(values(mark))).collect();
            LayerQuantiles { layer: first.layer, marks }
        };
        samples.first().map_or_else(Vec::new, |first| first.iter().map(of_layer).collect())
    }

    /// What is wrong with those of a file, for so many marks.
    pub fn problem(&self, n_marks: usize) -> Option<String> {
        let is_sound = |values: &Vec<f32>| values.len() <= MOST && values.is_sorted();
        (self.marks.len() != n_marks || !self.marks.iter().all(is_sound)).then(|| {
            format!(
                "quantiles of layer {}: expected at most {MOST} ascending numbers of {n_marks} marks",
                self.layer.name()
            )
        })
    }
}

/// Ascending, and of many [`MOST`] at even distances in rank.
fn thinned(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    if values.len() <= MOST {
        return values;
    }
    (0..MOST).map(|at| values[(2 * at + 1) * values.len() / (2 * MOST)]).collect()
}

/// Normal scores by a distribution (van der Waerden, Proc. K. Ned. Akad. Wet. 1952, with the ranks of Hazen): the
/// quantile of the standard normal distribution at (rank − ½) / n, where equal values share their mean rank.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalScores {
    /// Different values, ascending.
    values: Vec<f32>,
    /// The score of each.
    scores: Vec<f64>,
}

impl NormalScores {
    /// By ascending values.
    pub fn new(quantiles: &[f32]) -> Self {
        let (mut values, mut scores, mut below) = (Vec::new(), Vec::new(), 0);
        for equal in quantiles.chunk_by(|a, b| a == b) {
            values.push(equal[0]);
            scores.push(normal_quantile((below as f64 + 0.5 * equal.len() as f64) / quantiles.len() as f64));
            below += equal.len();
        }
        NormalScores { values, scores }
    }

    /// The score of a value: between two of the distribution's on the straight line between their scores, outside of
    /// them that of the nearest. NaN of NaN, and where the distribution has no value.
    pub fn of(&self, value: f32) -> f64 {
        let above = self.values.partition_point(|&of| of < value);
        match (above.checked_sub(1), self.values.get(above)) {
            _ if value.is_nan() => f64::NAN,
            (None, None) => f64::NAN,
            (None, Some(_)) => self.scores[0],
            (Some(_), Some(&high)) if high == value => self.scores[above],
            (Some(below), None) => self.scores[below],
            (Some(below), Some(&high)) => {
                let (low, high) = (f64::from(self.values[below]), f64::from(high));
                let share = (f64::from(value) - low) / (high - low);
                self.scores[below] + share * (self.scores[above] - self.scores[below])
            }
        }
    }
}

/// The quantile of the standard normal distribution at `p` from 1e-10 to 1 − 1e-10, to 1e-15 (algorithm AS 241, Wichura,
/// Applied Statistics 1988).
pub fn normal_quantile(p: f64) -> f64 {
    const MIDDLE: [[f64; 8]; 2] = [
        [
            2.509_080_928_730_122_6e3,
            3.343_057_558_358_813e4,
            6.726_577_092_700_87e4,
            4.592_195_393_154_987e4,
            1.373_169_376_550_946e4,
            1.971_590_950_306_551_3e3,
            1.331_416_678_917_843_8e2,
            3.387_132_872_796_366_5,
        ],
        [
            5.226_495_278_852_854e3,
            2.872_908_573_572_194_3e4,
            3.930_789_580_009_271e4,
            2.121_379_430_158_659_7e4,
            5.394_196_021_424_751e3,
            6.871_870_074_920_579e2,
            4.231_333_070_160_091e1,
            1.0,
        ],
    ];
    const TAIL: [[f64; 8]; 2] = [
        [
            7.745_450_142_783_414e-4,
            2.272_384_498_926_918_4e-2,
            2.417_807_251_774_506e-1,
            1.270_458_252_452_368_4,
            3.647_848_324_763_204_5,
            5.769_497_221_460_691,
            4.630_337_846_156_546,
            1.423_437_110_749_683_5,
        ],
        [
            1.050_750_071_644_416_9e-9,
            5.475_938_084_995_345e-4,
            1.519_866_656_361_645_7e-2,
            1.481_039_764_274_800_8e-1,
            6.897_673_349_851e-1,
            1.676_384_830_183_803_8,
            2.053_191_626_637_759,
            1.0,
        ],
    ];
    let ratio = |[top, bottom]: [[f64; 8]; 2], r: f64| {
        let [top, bottom] = [top, bottom].map(|of| of.into_iter().fold(0.0, |sum, factor| sum * r + factor));
        top / bottom
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(MIDDLE, 0.180_625 - q * q);
    }
    ratio(TAIL, (-p.min(1.0 - p).ln()).sqrt() - 1.6).copysign(q)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        values: Vec<f32>,
        scores: Vec<f64>,
    }

    /// tests/golden/normal_scores.json, made by tests/golden/normal_scores.py.
    #[test]
    fn scores_are_those_of_scipy() {
        let golden: Vec<Golden> = serde_json::from_str(include_str!("../../tests/golden/normal_scores.json")).unwrap();
        assert!(golden.len() >= 4);
        for Golden { values, scores } in golden {
            let of = NormalScores::new(&thinned(values.clone()));
            for (value, score) in values.iter().zip(&scores) {
                assert!((of.of(*value) - score).abs() < 1e-12, "{value}: {} {score}", of.of(*value));
            }
        }
    }

    #[test]
    fn scores_ascend_and_many_values_are_thinned() {
        let many: Vec<f32> = (0..50_000).map(|at| ((at * 7919 % 50_000) as f32).sqrt()).collect();
        let quantiles = thinned(many);
        assert!(quantiles.len() == MOST && quantiles.is_sorted());
        let (thin, share) = (NormalScores::new(&quantiles), |value: f32| f64::from(value).powi(2) / 50_000.0);
        for value in (20..215).map(|at| at as f32) {
            let exact = normal_quantile(share(value));
            assert!((thin.of(value) - exact).abs() < 0.05 && thin.of(value) <= thin.of(value + 0.5), "{value}");
        }
        assert_eq!((thin.of(-9.0), thin.of(1e9)), (normal_quantile(0.5 / 1025.0), normal_quantile(1024.5 / 1025.0)));
    }

    #[test]
    fn equal_values_are_in_the_middle_and_what_is_missing_stays_so() {
        assert_eq!(NormalScores::new(&[2.0; 7]).of(2.0), 0.0);
        assert!(NormalScores::new(&[]).of(2.0).is_nan() && NormalScores::new(&[1.0]).of(f32::NAN).is_nan());
        let of = NormalScores::new(&[0.0, 0.0, 0.0, 4.0]);
        let [low, high] = [normal_quantile(0.375), normal_quantile(0.875)];
        assert_eq!([of.of(0.0), of.of(4.0), of.of(1.0)], [low, high, low + 0.25 * (high - low)]);
    }

    #[test]
    fn samples_count_the_same_in_what_is_pooled() {
        let of = |values: &[f32]| vec![LayerQuantiles { layer: LayerName::Window, marks: vec![values.to_vec()] }];
        let (a, b) = (of(&[1.0, 3.0]), of(&[2.0, 5.0]));
        assert_eq!(LayerQuantiles::pooled(&[&a, &b])[0].marks, [[1.0, 2.0, 3.0, 5.0]]);
        assert!(a[0].problem(1).is_none() && a[0].problem(2).is_some() && of(&[2.0, 1.0])[0].problem(1).is_some());
    }
}
