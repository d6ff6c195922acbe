//! Making scores probabilities: what is fitted on genes that the model was not trained on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baseline::log_odds;

/// How scores are calibrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationMethod {
    /// Scores as they are
    #[default]
    None,
    /// The log-odds divided by a temperature (Guo et al., ICML 2017), here with an offset, for splits
    /// with another share of expressed genes; ranks and AUROC stay
    Temperature,
    /// The best non-decreasing function (Zadrozny & Elkan, KDD 2002), straight between its steps; needs some
    /// hundred genes
    Isotonic,
}

/// A fitted calibration; applied by predict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Calibration {
    /// Log-odds times a slope (1 / temperature) plus an offset.
    Temperature(Platt),
    /// A non-decreasing function, straight between its points.
    Isotonic {
        /// Raw scores, ascending.
        raw: Vec<f64>,
        /// The calibrated score of each, not descending.
        calibrated: Vec<f64>,
    },
}

/// A line from what a model says to log-odds (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Platt {
    /// Times the model's log-odds; 1 / temperature.
    pub slope: f64,
    /// Added.
    pub offset: f64,
}

impl Platt {
    /// The line with the largest likelihood of labels (0 and 1), of the smoothed targets of Platt 1999,
    /// (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2), by Newton's method with halved steps (Lin, Lin & Weng 2007). A slope
    /// below 0 is not given: the ranks of a model are not turned round.
    pub fn fit(outputs: &[f64], labels: &[f64]) -> Self {
        let positives = labels.iter().filter(|&&label| label > 0.5).count() as f64;
        let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (labels.len() as f64 - positives + 2.0));
        let target = |label: f64| if label > 0.5 { high } else { low };
        let loss = |line: Platt| -> f64 {
            let of = |(&output, &label): (&f64, &f64)| {
                let z = line.slope * output + line.offset;
                z.max(0.0) + (-z.abs()).exp().ln_1p() - target(label) * z
            };
            outputs.iter().zip(labels).map(of).sum()
        };
        let mut line = Platt { slope: 0.0, offset: ((positives + 1.0) / (labels.len() as f64 - positives + 1.0)).ln() };
        for _ in 0..100 {
            let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
            for (&output, &label) in outputs.iter().zip(labels) {
                let p = 1.0 / (1.0 + (-(line.slope * output + line.offset)).exp());
                let (rest, weight) = (p - target(label), p * (1.0 - p));
                g = [g[0] + rest * output, g[1] + rest];
                h = [h[0] + weight * output * output, h[1] + weight * output, h[2] + weight];
            }
            let determinant = h[0] * h[2] - h[1] * h[1];
            let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
            let before = loss(line);
            let halved = (0..20).map(|half| 0.5f64.powi(half)).find_map(|share| {
                let new = Platt { slope: line.slope - share * step[0], offset: line.offset - share * step[1] };
                (loss(new) < before - 1e-10).then_some(new)
            });
            let Some(new) = halved else { break };
            line = new;
        }
        if line.slope > 0.0 { line } else { Platt { slope: 1e-6, offset: line.offset } }
    }

    /// The line with the smallest squared error of numbers; its slope is not below 0 either.
    pub fn least_squares(outputs: &[f64], labels: &[f64]) -> Self {
        let n = labels.len() as f64;
        let (x, y) = (outputs.iter().sum::<f64>() / n, labels.iter().sum::<f64>() / n);
        let (mut product, mut square) = (0.0, 1e-12);
        for (output, label) in outputs.iter().zip(labels) {
            product += (output - x) * (label - y);
            square += (output - x).powi(2);
        }
        let slope = (product / square).max(1e-6);
        Platt { slope, offset: y - slope * x }
    }

    /// The log-odds of an output.
    pub fn apply(self, output: f64) -> f64 {
        self.slope * output + self.offset
    }
}

impl Calibration {
    /// Fits on scores in [0, 1] and labels (0 and 1); `None` of no method, or where all labels are equal.
    pub fn fit(method: CalibrationMethod, scores: &[f64], labels: &[f64]) -> Option<Self> {
        if labels.iter().all(|label| *label == labels[0]) {
            return None;
        }
        match method {
            CalibrationMethod::None => None,
            CalibrationMethod::Temperature => {
                let outputs: Vec<f64> = scores.iter().map(|&score| log_odds(score)).collect();
                Some(Calibration::Temperature(Platt::fit(&outputs, labels)))
            }
            CalibrationMethod::Isotonic => Some(isotonic(scores, labels)),
        }
    }

    /// Half way between the scores as they are and a temperature: for a model whose scores are probabilities by
    /// their making, and of which a hundred genes of other chromosomes say no more. Isotonic calibration stays.
    pub fn halfway(self) -> Self {
        match self {
            Calibration::Temperature(Platt { slope, offset }) => {
                Calibration::Temperature(Platt { slope: 0.5 + 0.5 * slope, offset: 0.5 * offset })
            }
            isotonic => isotonic,
        }
    }

    /// Why it calibrates nothing.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Calibration::Temperature(Platt { slope, .. }) if *slope <= 0.0 => {
                Some("the slope of the calibration is not above 0")
            }
            Calibration::Temperature(_) => None,
            Calibration::Isotonic { raw, calibrated } => {
                let is_sound = !raw.is_empty()
                    && raw.len() == calibrated.len()
                    && raw.is_sorted_by(|a, b| a < b)
                    && calibrated.is_sorted()
                    && calibrated.iter().all(|score| (0.0..=1.0).contains(score));
                (!is_sound).then_some("the points of the calibration are not ascending scores from 0 to 1")
            }
        }
    }

    /// The calibrated score of a raw score in [0, 1].
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Calibration::Temperature(line) => 1.0 / (1.0 + (-line.apply(log_odds(score))).exp()),
            Calibration::Isotonic { raw, calibrated } => {
                let at = raw.partition_point(|&point| point <= score);
                if at == 0 {
                    return calibrated[0];
                }
                if at == raw.len() {
                    return calibrated[at - 1];
                }
                let share = (score - raw[at - 1]) / (raw[at] - raw[at - 1]);
                calibrated[at - 1] + share * (calibrated[at] - calibrated[at - 1])
            }
        }
    }
}

/// Pools adjacent violators; a pool stands at its mean score. The lowest and the highest pool, whose genes
/// may all be of one class, are smoothed by half a gene of either, as far as their neighbours allow.
fn isotonic(scores: &[f64], labels: &[f64]) -> Calibration {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
    // genes, sum of scores, sum of labels
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for gene in order {
        pools.push((1.0, scores[gene], labels[gene]));
        while let [.., before, last] = pools.as_mut_slice()
            && (before.2 / before.0 >= last.2 / last.0 || before.1 / before.0 >= last.1 / last.0)
        {
            *before = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
            pools.pop();
        }
    }
    let mut calibrated: Vec<f64> = pools.iter().map(|pool| pool.2 / pool.0).collect();
    let smooth = |pool: &(f64, f64, f64)| (pool.2 + 0.5) / (pool.0 + 1.0);
    let last = pools.len() - 1;
    if last == 0 {
        calibrated[0] = smooth(&pools[0]);
    } else {
        calibrated[0] = smooth(&pools[0]).min(calibrated[1]);
        calibrated[last] = smooth(&pools[last]).max(calibrated[last - 1]);
    }
    Calibration::Isotonic { raw: pools.iter().map(|pool| pool.1 / pool.0).collect(), calibrated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::metrics::expected_calibration_error;

    /// Genes whose true probability is known: scores are its log-odds times 2, plus 1.
    fn overconfident() -> (Vec<f64>, Vec<f64>) {
        (0..4000u64)
            .map(|gene| {
                // splitmix64
                let uniform = |salt: u64| {
                    let mut x = (gene * 2 + salt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    ((x ^ (x >> 31)) >> 40) as f64 / (1u64 << 24) as f64
                };
                let p = 0.05 + 0.9 * uniform(0);
                let raw = 1.0 / (1.0 + (-(2.0 * (p / (1.0 - p)).ln() + 1.0)).exp());
                (raw, f64::from(uniform(1) < p))
            })
            .unzip()
    }

    #[test]
    fn an_overconfident_model_is_mended_and_keeps_its_ranks() {
        let (scores, labels) = overconfident();
        let classes: Vec<bool> = labels.iter().map(|&label| label == 1.0).collect();
        let before = expected_calibration_error(&classes, &scores, |_| 1).unwrap();
        for method in [CalibrationMethod::Temperature, CalibrationMethod::Isotonic] {
            let calibration = Calibration::fit(method, &scores, &labels).unwrap();
            let after: Vec<f64> = scores.iter().map(|&score| calibration.apply(score)).collect();
            let error = expected_calibration_error(&classes, &after, |_| 1).unwrap();
            assert!(before > 0.1 && error < 0.04, "{method:?}: {before} {error}");
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            assert!(order.windows(2).all(|pair| after[pair[0]] <= after[pair[1]]));
            let again: Calibration = serde_json::from_str(&serde_json::to_string(&calibration).unwrap()).unwrap();
            assert_eq!(again, calibration);
        }
        let Some(Calibration::Temperature(line)) = Calibration::fit(CalibrationMethod::Temperature, &scores, &labels)
        else {
            panic!()
        };
        assert!((line.slope - 0.5).abs() < 0.05 && (line.offset + 0.5).abs() < 0.1, "{line:?}");
        let Calibration::Temperature(half) = Calibration::Temperature(line).halfway() else { panic!() };
        assert!((half.slope - 0.75).abs() < 0.03 && (half.offset + 0.25).abs() < 0.05, "{half:?}");
    }

    #[test]
    fn what_cannot_be_calibrated_is_left_alone() {
        assert_eq!(Calibration::fit(CalibrationMethod::Temperature, &[0.1, 0.9], &[1.0, 1.0]), None);
        assert_eq!(Calibration::fit(CalibrationMethod::None, &[0.1, 0.9], &[0.0, 1.0]), None);
        // a model that ranks the wrong way round says nothing, rather than the opposite
        let line = Platt::fit(&[1.0, 2.0, -1.0, -2.0], &[0.0, 0.0, 1.0, 1.0]);
        assert!(line.slope > 0.0 && line.slope < 1e-3);
        // all genes of one score are one pool
        let isotonic = Calibration::fit(CalibrationMethod::Isotonic, &[0.3; 4], &[0.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(isotonic, Calibration::Isotonic { raw: vec![0.3], calibrated: vec![0.7] });
        assert_eq!((isotonic.apply(0.0), isotonic.apply(0.3), isotonic.apply(1.0)), (0.7, 0.7, 0.7));
    }
}
