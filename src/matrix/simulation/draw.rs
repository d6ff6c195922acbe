//! Random numbers of the simulation.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, LogNormal, Normal, Poisson};

use super::SimulatedMark;

/// What a stream of random numbers is for; streams do not depend on one another, so a mark looks the
/// same whichever other marks are simulated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Genome,
    Samples,
    Chip { sample: usize, mark: SimulatedMark },
    Sequencing { sample: usize, mark: SimulatedMark },
}

impl Stream {
    pub(super) fn rng(self, seed: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(match self {
            Stream::Genome => 0,
            Stream::Samples => 1,
            Stream::Chip { sample, mark } => 1000 + 100 * sample as u64 + 2 * mark as u64,
            Stream::Sequencing { sample, mark } => 1001 + 100 * sample as u64 + 2 * mark as u64,
        });
        rng
    }
}

// The parameters below are this module's own constants, positive and finite; where a caller passes
// none, the mean is the sensible draw.

pub(super) fn normal(rng: &mut ChaCha8Rng, mean: f64, sd: f64) -> f64 {
    Normal::new(mean, sd).map_or(mean, |distribution| distribution.sample(rng))
}

/// `median` times e to a normal number of standard deviation `sigma`.
pub(super) fn log_normal(rng: &mut ChaCha8Rng, median: f64, sigma: f64) -> f64 {
    LogNormal::new(median.ln(), sigma).map_or(median, |distribution| distribution.sample(rng))
}

/// A positive number of mean 1 and variance 1 / `shape`.
pub(super) fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    Gamma::new(shape, 1.0 / shape).map_or(1.0, |distribution| distribution.sample(rng))
}

pub(super) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> usize {
    if mean <= 0.0 {
        return 0;
    }
    Poisson::new(mean).map_or(0, |distribution| distribution.sample(rng) as usize)
}

pub(super) fn exponential(rng: &mut ChaCha8Rng, mean: f64) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}
