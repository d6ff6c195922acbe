//! Metrics for labels that are numbers rather than classes.

/// Mean squared error, with gene `i` counted `count(i)` times. `None` without genes.
pub fn mean_squared_error(labels: &[f64], scores: &[f64], count: impl Fn(usize) -> u32) -> Option<f64> {
    let (mut sum, mut genes) = (0.0, 0u64);
    for (gene, (label, score)) in labels.iter().zip(scores).enumerate() {
        let times = u64::from(count(gene));
        sum += (score - label) * (score - label) * times as f64;
        genes += times;
    }
    (genes > 0).then(|| sum / genes as f64)
}

/// Pearson's correlation, with gene `i` counted `count(i)` times. `None` where one side is constant.
pub fn pearson(a: &[f64], b: &[f64], count: impl Fn(usize) -> u32) -> Option<f64> {
    let weights = || (0..a.len()).map(|gene| f64::from(count(gene)));
    let genes: f64 = weights().sum();
    if genes == 0.0 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().zip(weights()).map(|(value, weight)| value * weight).sum::<f64>() / genes;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for ((a, b), weight) in a.iter().zip(b).zip(weights()) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += weight * a * b;
        aa += weight * a * a;
        bb += weight * b * b;
    }
    let scale = (aa * bb).sqrt();
    (scale > 0.0).then(|| (ab / scale).clamp(-1.0, 1.0))
}

/// Values in ascending order, found once, so that ranks under other counts need no sorting.
#[derive(Clone, Debug)]
pub struct Ranks {
    order: Vec<usize>,
    group_ends: Vec<usize>,
}

impl Ranks {
    /// Sorts once; values must be finite.
    pub fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let group_ends = (1..=order.len())
            .filter(|&end| end == order.len() || values[order[end]] != values[order[end - 1]])
            .collect();
        Ranks { order, group_ends }
    }

    /// Mid-rank of every gene (ties share their mean rank), with gene `i` counted `count(i)` times.
    pub fn mid_ranks(&self, count: impl Fn(usize) -> u32) -> Vec<f64> {
        let mut ranks = vec![0.0; self.order.len()];
        let (mut start, mut below) = (0, 0u64);
        for &end in &self.group_ends {
            let group = &self.order[start..end];
            let tied: u64 = group.iter().map(|&gene| u64::from(count(gene))).sum();
            let rank = below as f64 + (tied as f64 + 1.0) / 2.0;
            group.iter().for_each(|&gene| ranks[gene] = rank);
            below += tied;
            start = end;
        }
        ranks
    }
}

/// Spearman's rank correlation: Pearson's of the mid-ranks. `None` where one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    spearman_of(&Ranks::new(a), &Ranks::new(b), |_| 1)
}

/// Spearman's rank correlation with gene `i` counted `count(i)` times.
pub(super) fn spearman_of(a: &Ranks, b: &Ranks, count: impl Fn(usize) -> u32 + Copy) -> Option<f64> {
    pearson(&a.mid_ranks(count), &b.mid_ranks(count), count)
}
