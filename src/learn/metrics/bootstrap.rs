//! How far a metric would move had other loci been drawn.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The percentile bootstrap over loci (Efron & Tibshirani 1993, chapter 13).
///
/// Blocks of the genome are drawn with replacement, each with all its genes, because neighbours are not
/// independent ([`super::Loci`]); a gene whose place is not known is drawn by itself. Nothing is stratified by class, so that the
/// interval holds the chance of the class balance too. All rows of a gene (one a sample, when samples are pooled)
/// are drawn together. A replicate in which a metric is not defined (one class only) is left out for that metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bootstrap {
    /// Replicates; 0 leaves the intervals out.
    pub replicates: u32,
    /// Share of the replicates inside an interval.
    pub confidence: f64,
    /// Seed; replicate `i` draws from stream `i` of ChaCha8, whatever the number of threads.
    pub seed: u64,
}

/// A metric with its bootstrap interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The metric; `null` where it is not defined.
    pub value: Option<f64>,
    /// Lower end of the interval; `null` where there is none.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Bootstrap {
    /// The metrics of `statistic` with their intervals.
    ///
    /// `statistic` gets how often each of the `n_units` units counts and returns one value a metric,
    /// each with the reason why it is not defined in `reasons` otherwise.
    pub(super) fn estimates<const N: usize>(
        &self,
        n_units: usize,
        reasons: [&str; N],
        statistic: impl Fn(&[u32]) -> [Option<f64>; N] + Sync,
    ) -> [Estimate; N] {
        let values = statistic(&vec![1; n_units]);
        let replicates = self.replicates(n_units, statistic);
        std::array::from_fn(|metric| {
            let mut drawn: Vec<f64> = replicates.iter().filter_map(|replicate| replicate[metric]).collect();
            drawn.sort_by(f64::total_cmp);
            let tail = (1.0 - self.confidence) / 2.0;
            Estimate {
                value: values[metric],
                low: values[metric].and_then(|_| quantile(&drawn, tail)),
                high: values[metric].and_then(|_| quantile(&drawn, 1.0 - tail)),
                reason: values[metric].is_none().then(|| reasons[metric].to_owned()),
            }
        })
    }

    /// What `statistic` says of every replicate, in order: it gets how often each of the `n_units` units
    /// counts. None without units.
    pub(super) fn replicates<T: Send>(&self, n_units: usize, statistic: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        let replicates = if n_units == 0 { 0 } else { self.replicates };
        (0..replicates)
            .into_par_iter()
            .map_init(|| vec![0; n_units], |counts, replicate| statistic(self.draw(replicate, counts)))
            .collect()
    }

    /// How often each unit counts in one replicate.
    fn draw<'a>(&self, replicate: u32, counts: &'a mut [u32]) -> &'a [u32] {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(replicate));
        counts.fill(0);
        for _ in 0..counts.len() {
            let unit = rng.random_range(0..counts.len() as u32);
            counts[unit as usize] += 1;
        }
        counts
    }
}

/// Quantile of sorted values by linear interpolation (NumPy's default, type 7). `None` without values.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0, .025, .5, .9, 1]) = [1, 1.075, 3, 6.8, 8]
        let values = [1.0, 2.0, 4.0, 8.0];
        for (share, expected) in [(0.0, 1.0), (0.025, 1.075), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, share).unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_replicate_draws_as_many_genes_as_there_are() {
        let bootstrap = Bootstrap { replicates: 2, confidence: 0.95, seed: 7 };
        let (mut first, mut second) = (vec![0; 50], vec![0; 50]);
        bootstrap.draw(0, &mut first);
        bootstrap.draw(1, &mut second);
        assert_eq!(first.iter().sum::<u32>(), 50);
        assert_ne!(first, second);
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_theory() {
        // 400 genes, 30 % positives: standard error of the share sqrt(.3 × .7 / 400) = 0.0229
        let positive: Vec<bool> = (0..400).map(|gene| gene % 10 < 3).collect();
        let bootstrap = Bootstrap { replicates: 4000, confidence: 0.95, seed: 1 };
        let [share] = bootstrap.estimates(400, [""], |counts| {
            [Some(
                counts.iter().zip(&positive).map(|(&n, &label)| if label { n } else { 0 }).sum::<u32>() as f64 / 400.0,
            )]
        });
        assert_eq!(share.value, Some(0.3));
        assert!((share.low.unwrap() - (0.3 - 1.96 * 0.0229)).abs() < 0.005, "{share:?}");
        assert!((share.high.unwrap() - (0.3 + 1.96 * 0.0229)).abs() < 0.005, "{share:?}");
    }
}
