//! Metrics that depend on the order of the scores alone. The order is found once; a bootstrap
//! replicate only gives each gene another count.

/// Genes in descending order of score, cut into groups of equal score.
///
/// ```
/// use attentrack::learn::metrics::Ranking;
///
/// let ranking = Ranking::new(&[true, false, true, false], &[0.9, 0.1, 0.4, 0.4]);
/// assert_eq!(ranking.auroc(|_| 1), Some(0.875)); // three pairs of four in order, one tied
/// assert_eq!(ranking.auroc(|gene| u32::from(gene != 3)), Some(1.0)); // without gene 3
/// ```
#[derive(Clone, Debug)]
pub struct Ranking {
    order: Vec<usize>,
    positive: Vec<bool>,
    group_ends: Vec<usize>,
}

impl Ranking {
    /// Sorts once. `labels[i]` says whether gene `i` is a positive; scores must be finite.
    pub fn new(labels: &[bool], scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let group_ends = (1..=order.len())
            .filter(|&end| end == order.len() || scores[order[end]] != scores[order[end - 1]])
            .collect();
        let positive = order.iter().map(|&gene| labels[gene]).collect();
        Ranking { order, positive, group_ends }
    }

    /// Positives and negatives in each group of equal score, highest first, gene `i` counted `count(i)` times.
    pub(super) fn groups(&self, count: impl Fn(usize) -> u32) -> impl Iterator<Item = (u64, u64)> {
        let mut start = 0;
        self.group_ends.iter().map(move |&end| {
            let (mut positives, mut negatives) = (0, 0);
            for place in start..end {
                let times = u64::from(count(self.order[place]));
                if self.positive[place] { positives += times } else { negatives += times }
            }
            start = end;
            (positives, negatives)
        })
    }

    /// Area under the ROC curve with gene `i` counted `count(i)` times; ties count half. `None` where
    /// one class is missing.
    pub fn auroc(&self, count: impl Fn(usize) -> u32) -> Option<f64> {
        // twice the Mann-Whitney U, so that ties stay whole numbers
        let (mut twice_u, mut positives_above, mut negatives_above) = (0u128, 0u64, 0u64);
        for (positives, negatives) in self.groups(count) {
            twice_u += u128::from(negatives) * u128::from(2 * positives_above + positives);
            positives_above += positives;
            negatives_above += negatives;
        }
        let pairs = u128::from(positives_above) * u128::from(negatives_above);
        (pairs > 0).then(|| twice_u as f64 / (2 * pairs) as f64)
    }

    /// Average precision, Σ (recallₙ − recallₙ₋₁) precisionₙ over the distinct scores, with gene `i`
    /// counted `count(i)` times. `None` where there is no positive.
    pub fn average_precision(&self, count: impl Fn(usize) -> u32) -> Option<f64> {
        let (mut sum, mut true_positives, mut called) = (0.0, 0u64, 0u64);
        for (positives, negatives) in self.groups(count) {
            true_positives += positives;
            called += positives + negatives;
            if positives > 0 {
                sum += positives as f64 * (true_positives as f64 / called as f64);
            }
        }
        (true_positives > 0).then(|| sum / true_positives as f64)
    }
}
