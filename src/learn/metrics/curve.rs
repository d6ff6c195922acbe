//! The curves behind AUROC and AUPRC.

use super::Ranking;

/// The ROC curve: false and true positive rate at every distinct score, from (0, 0) to (1, 1). Empty
/// where one class is missing.
pub fn roc_curve(labels: &[bool], scores: &[f64]) -> Vec<(f64, f64)> {
    let (all_positives, all_negatives) = totals(labels);
    if all_positives == 0.0 || all_negatives == 0.0 {
        return Vec::new();
    }
    let (mut positives, mut negatives) = (0u64, 0u64);
    let above = Ranking::new(labels, scores)
        .groups(|_| 1)
        .map(|(more_positives, more_negatives)| {
            positives += more_positives;
            negatives += more_negatives;
            (negatives as f64 / all_negatives, positives as f64 / all_positives)
        })
        .collect::<Vec<_>>();
    std::iter::once((0.0, 0.0)).chain(above).collect()
}

/// The precision-recall curve: recall and precision at every distinct score, from the highest. Empty
/// where there is no positive.
pub fn precision_recall_curve(labels: &[bool], scores: &[f64]) -> Vec<(f64, f64)> {
    let (all_positives, _) = totals(labels);
    if all_positives == 0.0 {
        return Vec::new();
    }
    let (mut positives, mut called) = (0u64, 0u64);
    let at_each_score = |(more_positives, more_negatives): (u64, u64)| {
        positives += more_positives;
        called += more_positives + more_negatives;
        (positives as f64 / all_positives, positives as f64 / called as f64)
    };
    Ranking::new(labels, scores).groups(|_| 1).map(at_each_score).collect()
}

fn totals(labels: &[bool]) -> (f64, f64) {
    let positives = labels.iter().filter(|&&label| label).count();
    (positives as f64, (labels.len() - positives) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::{auprc, auroc};
    use super::*;

    #[test]
    fn the_areas_under_the_curves_are_the_metrics() {
        let scores: Vec<f64> = (0..60).map(|gene| f64::from(gene * 37 % 23) / 23.0).collect();
        let labels: Vec<bool> = (0..60).map(|gene| gene % 3 == 0 || gene % 7 == 1).collect();
        let roc = roc_curve(&labels, &scores);
        let area: f64 = roc.windows(2).map(|w| (w[1].0 - w[0].0) * (w[1].1 + w[0].1) / 2.0).sum();
        assert!((area - auroc(&labels, &scores).unwrap()).abs() < 1e-12);
        assert_eq!(roc.last(), Some(&(1.0, 1.0)));
        let mut recall = 0.0;
        let steps = precision_recall_curve(&labels, &scores).into_iter().map(|(next, precision)| {
            let step = next - recall;
            recall = next;
            step * precision
        });
        assert!((steps.sum::<f64>() - auprc(&labels, &scores).unwrap()).abs() < 1e-12);
        assert!(roc_curve(&[true], &[0.5]).is_empty() && precision_recall_curve(&[false], &[0.5]).is_empty());
    }
}
