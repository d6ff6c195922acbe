//! Whether a score of 0.8 means that 80 % of such genes are expressed. Scores are in [0, 1] here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bins of equal width that calibration is judged in.
pub const CALIBRATION_BINS: usize = 10;

/// One row of the reliability table: the genes with a score in [low, high), the last bin [0.9, 1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReliabilityBin {
    /// Lower edge, inclusive.
    pub low: f64,
    /// Upper edge, exclusive (inclusive in the last bin).
    pub high: f64,
    /// Genes in the bin.
    pub genes: u64,
    /// Mean score of these genes; `null` in an empty bin.
    pub mean_score: Option<f64>,
    /// Share of these genes that are expressed; `null` in an empty bin.
    pub positive_rate: Option<f64>,
}

/// Per bin: genes, sum of scores, positives.
fn fill(labels: &[bool], scores: &[f64], count: impl Fn(usize) -> u32) -> [(u64, f64, u64); CALIBRATION_BINS] {
    let mut bins = [(0, 0.0, 0); CALIBRATION_BINS];
    for (gene, (&label, &score)) in labels.iter().zip(scores).enumerate() {
        let times = u64::from(count(gene));
        let bin = ((score * CALIBRATION_BINS as f64) as usize).min(CALIBRATION_BINS - 1);
        let (genes, sum, positives) = &mut bins[bin];
        *genes += times;
        *sum += score * times as f64;
        *positives += if label { times } else { 0 };
    }
    bins
}

/// The reliability table: ten bins of equal width.
pub fn reliability(labels: &[bool], scores: &[f64]) -> Vec<ReliabilityBin> {
    let share = |sum: f64, genes: u64| (genes > 0).then(|| sum / genes as f64);
    let edge = |bin: usize| bin as f64 / CALIBRATION_BINS as f64;
    fill(labels, scores, |_| 1)
        .into_iter()
        .enumerate()
        .map(|(bin, (genes, sum, positives))| ReliabilityBin {
            low: edge(bin),
            high: edge(bin + 1),
            genes,
            mean_score: share(sum, genes),
            positive_rate: share(positives as f64, genes),
        })
        .collect()
}

/// Expected calibration error (Naeini et al., AAAI 2015): the mean over genes of
/// |mean score − positive rate| of the gene's bin, with gene `i` counted `count(i)` times. `None`
/// without genes.
pub fn expected_calibration_error(labels: &[bool], scores: &[f64], count: impl Fn(usize) -> u32) -> Option<f64> {
    let bins = fill(labels, scores, count);
    let genes: u64 = bins.iter().map(|bin| bin.0).sum();
    let gap: f64 = bins.iter().map(|&(_, sum, positives)| (sum - positives as f64).abs()).sum();
    (genes > 0).then(|| gap / genes as f64)
}

/// Brier score, the mean of (score − label)², with gene `i` counted `count(i)` times. `None` without genes.
pub fn brier_score(labels: &[bool], scores: &[f64], count: impl Fn(usize) -> u32) -> Option<f64> {
    let (mut sum, mut genes) = (0.0, 0u64);
    for (gene, (&label, &score)) in labels.iter().zip(scores).enumerate() {
        let times = u64::from(count(gene));
        let error = score - f64::from(u8::from(label));
        sum += error * error * times as f64;
        genes += times;
    }
    (genes > 0).then(|| sum / genes as f64)
}
