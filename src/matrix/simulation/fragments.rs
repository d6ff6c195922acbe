//! The DNA fragments that a ChIP pulls down: those of the mark's sites, and background.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::draw::{gamma, normal, poisson};
use super::shape::sites;
use super::{SimulatedGenome, SimulatedMark, SimulatedSample};

/// A fragment, 0-based half-open, inside its chromosome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fragment {
    /// First base.
    pub start: u64,
    /// Base after the last.
    pub end: u64,
}

/// Length of a stretch with the same background; its rate is gamma-distributed, so that background
/// counts are negative binomial, as measured ones are.
const BACKGROUND_STRETCH_BP: u64 = 2_000;
/// Shape of that gamma distribution.
const BACKGROUND_SHAPE: f64 = 5.0;

pub(super) fn fragments(
    genome: &SimulatedGenome,
    sample: &SimulatedSample,
    mark: SimulatedMark,
    depth: f64,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<Fragment>> {
    let mut fragments = vec![Vec::new(); genome.chroms.len()];
    for site in sites(genome, sample, mark, rng) {
        for _ in 0..poisson(rng, depth * site.fragments) {
            let centre = site.form.draw(rng);
            fragments[site.chrom].extend(fragment(centre, genome.chrom_length(site.chrom), rng));
        }
    }
    for (chrom, fragments) in fragments.iter_mut().enumerate() {
        let length = genome.chrom_length(chrom);
        for start in (0..length).step_by(BACKGROUND_STRETCH_BP as usize) {
            let stretch = BACKGROUND_STRETCH_BP.min(length - start) as f64;
            let rate = depth * mark.background_per_kb() * gamma(rng, BACKGROUND_SHAPE);
            for _ in 0..poisson(rng, rate * stretch / 1000.0) {
                let centre = start as f64 + stretch * rng.random::<f64>();
                fragments.extend(fragment(centre, length, rng));
            }
        }
        fragments.sort_unstable();
    }
    fragments
}

/// A fragment of 100 to 300 bp around `centre`, unless it leaves the chromosome.
fn fragment(centre: f64, chrom_length: u64, rng: &mut ChaCha8Rng) -> Option<Fragment> {
    let length = normal(rng, 180.0, 25.0).clamp(100.0, 300.0).round();
    let start = (centre - length / 2.0).round();
    let end = start + length;
    (start >= 0.0 && end <= chrom_length as f64).then_some(Fragment { start: start as u64, end: end as u64 })
}
