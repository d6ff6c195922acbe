//! The score at and above which a gene is called expressed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A threshold and how well it does on the genes that it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Threshold {
    /// A gene is called expressed where its score is at or above this.
    pub value: f64,
    /// Share of the validation genes called rightly.
    pub valid_accuracy: f64,
}

/// The threshold with the largest accuracy on the validation genes.
///
/// Candidates are the observed scores and the next number above the largest of them (nobody is called
/// expressed). The largest of equally accurate thresholds is taken. `None` without genes.
pub fn best_threshold(labels: &[bool], scores: &[f64]) -> Option<Threshold> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let highest = scores[*order.first()?];
    // above every score all negatives are right; each gene that is passed on the way down adds or takes one
    let mut right = labels.iter().filter(|&&label| !label).count() as i64;
    let (mut best, mut value) = (right, highest.next_up());
    for (place, &gene) in order.iter().enumerate() {
        right += if labels[gene] { 1 } else { -1 };
        let ends_group = order.get(place + 1).is_none_or(|&next| scores[next] != scores[gene]);
        if ends_group && right > best {
            (best, value) = (right, scores[gene]);
        }
    }
    Some(Threshold { value, valid_accuracy: best as f64 / labels.len() as f64 })
}

/// Share of genes called rightly by `threshold`, with gene `i` counted `count(i)` times. `None`
/// without genes.
pub fn accuracy(labels: &[bool], scores: &[f64], threshold: f64, count: impl Fn(usize) -> u32) -> Option<f64> {
    let (mut right, mut all) = (0u64, 0u64);
    for (gene, (&label, &score)) in labels.iter().zip(scores).enumerate() {
        let times = u64::from(count(gene));
        all += times;
        right += if (score >= threshold) == label { times } else { 0 };
    }
    (all > 0).then(|| right as f64 / all as f64)
}
