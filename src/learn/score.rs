//! What a model says of many genes, and the threshold that turns a score into a call.

use candle_core::{Device, Result, Tensor};

use crate::model::{AttentiveChrome, Mode, sigmoid};

/// Genes a forward pass; a gene's numbers do not depend on it.
const BATCH: usize = 64;

/// A model's outputs as plain arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Log-odds, one a gene.
    pub logits: Vec<f32>,
    /// Row-major [gene, mark, bin].
    pub bin_attention: Vec<f32>,
    /// Row-major [gene, mark].
    pub mark_attention: Vec<f32>,
}

impl Scores {
    /// Probabilities, one a gene.
    pub fn probabilities(&self) -> Vec<f32> {
        self.logits.iter().map(|&logit| sigmoid(logit)).collect()
    }
}

/// Scores genes; `values` is row-major [gene, mark, bin], transformed. `done` is told of each batch.
///
/// # Errors
/// If the number of values does not fit the model.
pub fn score(model: &AttentiveChrome, values: &[f32], done: impl Fn(usize)) -> Result<Scores> {
    let (marks, bins) = (model.config().n_marks, model.config().n_bins);
    let mut scores = Scores::default();
    for batch in values.chunks(BATCH * marks * bins) {
        let genes = batch.len() / (marks * bins);
        let x = Tensor::from_slice(batch, (genes, marks, bins), &Device::Cpu)?;
        let output = model.forward(&x, Mode::Infer)?;
        scores.logits.extend(output.logit.to_vec1::<f32>()?);
        scores.bin_attention.extend(output.bin_attention.flatten_all()?.to_vec1::<f32>()?);
        scores.mark_attention.extend(output.mark_attention.flatten_all()?.to_vec1::<f32>()?);
        done(genes);
    }
    Ok(scores)
}

/// The threshold at and above which a score is called 1 so that most calls are right, halfway between
/// two scores; of equally good ones the one nearest to 0.5. `None` without genes.
pub fn best_threshold(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (first, last) = (scores[*order.first()?], scores[*order.last()?]);
    // everything called 1, then one gene after the other called 0
    let mut right = labels.iter().filter(|&&label| label).count() as i64;
    let mut best = (right, first);
    for (at, &gene) in order.iter().enumerate() {
        right += if labels[gene] { -1 } else { 1 };
        let here = scores[gene];
        let threshold = match order.get(at + 1).map(|&next| scores[next]) {
            Some(next) if next == here => continue,
            Some(next) => here + (next - here) / 2.0,
            None => last + (1.0 - last) / 2.0,
        };
        let nearer = (threshold - 0.5).abs() < (best.1 - 0.5f64).abs();
        if right > best.0 || (right == best.0 && nearer) {
            best = (right, threshold);
        }
    }
    Some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_makes_most_calls_right() {
        let labels = [false, false, true, false, true, true];
        let scores = [0.1, 0.2, 0.3, 0.3, 0.6, 0.8];
        // between .3 and .6 only one gene is called wrongly
        assert_eq!(best_threshold(&labels, &scores), Some(0.3 + (0.6 - 0.3) / 2.0));
        assert_eq!(best_threshold(&[true, true], &[0.2, 0.4]), Some(0.2));
        assert!(best_threshold(&[false, false], &[0.2, 0.4]).unwrap() > 0.4);
        assert_eq!(best_threshold(&[], &[]), None);
    }
}
