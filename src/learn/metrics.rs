//! How good scores are.

/// Area under the ROC curve: the probability that a positive scores above a negative, ties counted
/// half (Mann-Whitney), equal to scikit-learn's `roc_auc_score`. `None` where one class is missing.
///
/// `labels[i]` says whether gene `i` is a positive; scores must be finite.
pub fn auroc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let positives = labels.iter().filter(|&&label| label).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    // twice the sum of the positives' mid-ranks, so that ties stay whole numbers
    let (mut twice_rank_sum, mut start) = (0u128, 0);
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && scores[order[end]] == scores[order[start]] {
            end += 1;
        }
        let tied_positives = order[start..end].iter().filter(|&&gene| labels[gene]).count();
        twice_rank_sum += tied_positives as u128 * (start + 1 + end) as u128;
        start = end;
    }
    let (positives, negatives) = (positives as u128, negatives as u128);
    let twice_u = twice_rank_sum - positives * (positives + 1);
    Some(twice_u as f64 / (2 * positives * negatives) as f64)
}
