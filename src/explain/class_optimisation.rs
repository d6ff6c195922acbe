//! The pattern that a model takes for a class (Simonyan et al. 2014), as DeepChrome finds it (Singh et
//! al. 2016).

use candle_core::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::predictor::Explainable;

/// DeepChrome's: steps, rate, and weight of the squared norm.
const STEPS: usize = 1000;
const RATE: f64 = 0.1;
const PENALTY: f64 = 0.009;
/// RMSprop's, as in Torch.
const DECAY: f64 = 0.99;
const EPSILON: f64 = 1e-8;

/// One pattern a class, expressed and silent, row-major [2, mark, bin].
///
/// From uniform noise, RMSprop lowers −log P(class) + λ‖pattern‖²; then the pattern is cut to [0, 1] and
/// divided by its highest value. A pattern of 1 is an input of `scales` of the mark, so that marks and
/// models of any unit of signal can be explained (the paper's inputs are taken as they are).
pub(super) fn patterns(network: &dyn Explainable, scales: &[f32], seed: u64) -> Result<Vec<f32>> {
    let shape = network.shape();
    let size = shape.size();
    let scale: Vec<f64> =
        shape.channels().zip(scales).flat_map(|(channel, &scale)| channel.map(move |_| f64::from(scale))).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let start: Vec<f64> = (0..size).map(|_| rng.random_range(0.0..1.0)).collect();
    let mut patterns = [start.clone(), start].concat();
    let mut squares = vec![0.0; 2 * size];
    for _ in 0..STEPS {
        let x: Vec<f32> = patterns.iter().enumerate().map(|(at, value)| (value * scale[at % size]) as f32).collect();
        let (scores, gradients) = (network.scores(&x)?, network.gradients(&x)?);
        for at in 0..2 * size {
            let class = at / size;
            // of −log sigmoid(±score)
            let sign = if class == 0 { 1.0 } else { -1.0 };
            let miss = 1.0 / (1.0 + (sign * f64::from(scores[class])).exp());
            let slope = -sign * miss * f64::from(gradients[at]) * scale[at % size] + 2.0 * PENALTY * patterns[at];
            squares[at] = DECAY * squares[at] + (1.0 - DECAY) * slope * slope;
            patterns[at] -= RATE * slope / (squares[at].sqrt() + EPSILON);
        }
    }
    let cut = patterns.chunks_exact(size).flat_map(|pattern| {
        let highest = pattern.iter().copied().fold(0.0, f64::max).min(1.0);
        let divisor = if highest > 0.0 { highest } else { 1.0 };
        pattern.iter().map(move |value| (value.clamp(0.0, 1.0) / divisor) as f32)
    });
    Ok(cut.collect())
}
