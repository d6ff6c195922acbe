//! Enrichment tracks: −log10 of the Poisson p-value of the fragment depth, as in the Roadmap
//! Epigenomics signal tracks (MACS2 `bdgcmp -m ppois`).

use super::Fragment;

/// Width of the bins of an enrichment track, that of the Roadmap tracks as imputation uses them.
pub const STEP_BP: u64 = 25;
/// Values above are cut off; the scale of p-values says nothing there.
const MAX_VALUE: f64 = 200.0;

/// A run of one value: start, end (0-based half-open, bp), value.
pub type DepthRun = (u64, u64, f32);

/// The track of one chromosome: runs that cover it from end to end. A value is −log10 P(depth or more | Poisson(`mean_depth`)) at the middle of each 25-bp
/// bin, with two decimals.
pub fn enrichment(fragments: &[Fragment], chrom_length: u64, mean_depth: f64) -> Vec<DepthRun> {
    let n_bins = chrom_length.div_ceil(STEP_BP) as usize;
    // fragments that start covering a bin's middle, less those that stop
    let mut change = vec![0i64; n_bins + 1];
    let first_bin_from = |position: u64| ((position + STEP_BP / 2) / STEP_BP).min(n_bins as u64) as usize;
    for fragment in fragments {
        change[first_bin_from(fragment.start)] += 1;
        change[first_bin_from(fragment.end)] -= 1;
    }
    let mut runs: Vec<DepthRun> = Vec::new();
    let mut depth = 0i64;
    for (bin, change) in change.into_iter().take(n_bins).enumerate() {
        depth += change;
        let value = minus_log10_p(depth.max(0) as u64, mean_depth);
        let value = ((value.min(MAX_VALUE) * 100.0).round() / 100.0) as f32;
        let start = bin as u64 * STEP_BP;
        let end = (start + STEP_BP).min(chrom_length);
        match runs.last_mut() {
            Some(run) if run.2 == value => run.1 = end,
            _ => runs.push((start, end, value)),
        }
    }
    runs
}

/// −log10 P(X ≥ `depth`) for Poisson X of mean `mean`.
fn minus_log10_p(depth: u64, mean: f64) -> f64 {
    if depth == 0 || mean <= 0.0 {
        return 0.0;
    }
    let log_factorial: f64 = (1..=depth).map(|k| (k as f64).ln()).sum();
    let log_first = depth as f64 * mean.ln() - mean - log_factorial;
    // P(depth) × (1 + mean/(depth+1) + mean²/((depth+1)(depth+2)) + …)
    let (mut term, mut sum, mut k) = (1.0, 1.0, depth as f64);
    while term > 1e-12 * sum {
        k += 1.0;
        term *= mean / k;
        sum += term;
    }
    (-(log_first + sum.ln()) / std::f64::consts::LN_10).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_equal_those_of_scipy() {
        // scipy.stats.poisson.sf(depth − 1, mean), −log10
        for (depth, mean, expected) in
            [(1, 0.5, 0.405_089_1), (5, 0.5, 3.764_179_7), (30, 0.3, 48.236_088_8), (2, 3.0, 0.096_447_9)]
        {
            let value = minus_log10_p(depth, mean);
            assert!((value - expected).abs() < 1e-6, "depth {depth}, mean {mean}: {value}");
        }
    }

    #[test]
    fn a_track_covers_its_chromosome() {
        let runs = enrichment(&[Fragment { start: 40, end: 240 }, Fragment { start: 90, end: 260 }], 310, 0.5);
        assert_eq!((runs[0].0, runs[0].2), (0, 0.0));
        // bin 25–50 has its middle (37) before the first fragment, 50–75 inside it
        assert_eq!(runs[0].1, 50);
        assert_eq!(runs[1].0, 50);
        assert_eq!(runs.last().map(|run| run.1), Some(310));
        assert!(runs.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].2 != pair[1].2));
    }
}
