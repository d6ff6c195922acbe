//! The pattern that a model takes for a class (Simonyan et al. 2014): of signal as DeepChrome finds it (Singh et al. 2016), of
//! DNA as DeepMotif does (Lanchantin et al. 2017).

use candle_core::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::predictor::Explainable;

/// Steps, and weight of the squared norm; of both papers.
const STEPS: usize = 1000;
const PENALTY: f64 = 0.009;
/// The rate of DeepChrome, and of DeepMotif.
const RATE: f64 = 0.1;
const RATE_OF_BASES: f64 = 0.05;
/// RMSprop's, as in Torch.
const DECAY: f64 = 0.99;
const EPSILON: f64 = 1e-8;
/// What DeepMotif adds to each entry before it makes a position's sum 1.
const PSEUDO_COUNT: f64 = 0.01;

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
    // the same for both classes
    let start = noise(size, seed);
    let mut patterns = [start.clone(), start].concat();
    descend(&mut patterns, STEPS, RATE, |patterns| {
        let x: Vec<f64> = patterns.iter().enumerate().map(|(at, value)| value * scale[at % size]).collect();
        let mut slopes = slopes(network, &x, |row| if row == 0 { 1.0 } else { -1.0 })?;
        for (at, (slope, pattern)) in slopes.iter_mut().zip(patterns).enumerate() {
            *slope = *slope * scale[at % size] + 2.0 * PENALTY * pattern;
        }
        Ok(slopes)
    })?;
    let cut = patterns.chunks_exact(size).flat_map(|pattern| cut(pattern).into_iter().map(|value| value as f32));
    Ok(cut.collect())
}

/// Matrices that the network takes for the positive class, one a start, row-major [start, base, position]: a distribution over
/// the bases at each position. The first start is that of the seed alone.
///
/// From uniform noise, RMSprop lowers −log P(class) + λ‖pattern‖²; then the pattern is cut to [0, 1], divided by its
/// highest value, and, 0.01 added to each entry, each position's sum is made 1.
pub(super) fn motifs(network: &dyn Explainable, seed: u64, starts: usize) -> Result<Vec<f32>> {
    motifs_after(network, seed, starts, STEPS)
}

fn motifs_after(network: &dyn Explainable, seed: u64, starts: usize, steps: usize) -> Result<Vec<f32>> {
    let size = network.shape().size();
    let mut free = noise(size * starts, seed);
    free_steps(network, &mut free, steps)?;
    Ok(free.chunks_exact(size).flat_map(matrix_of).map(|share| share as f32).collect())
}

/// DeepMotif's steps.
fn free_steps(network: &dyn Explainable, free: &mut [f64], steps: usize) -> Result<()> {
    descend(free, steps, RATE_OF_BASES, |x| {
        let slopes = slopes(network, x, |_| 1.0)?;
        Ok(slopes.iter().zip(x).map(|(slope, x)| slope + 2.0 * PENALTY * x).collect())
    })
}

/// Uniform noise.
fn noise(size: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..size).map(|_| rng.random_range(0.0..1.0)).collect()
}

/// RMSprop, as in Torch.
fn descend(free: &mut [f64], steps: usize, rate: f64, slopes: impl Fn(&[f64]) -> Result<Vec<f64>>) -> Result<()> {
    let mut squares = vec![0.0; free.len()];
    for _ in 0..steps {
        let slopes = slopes(free)?;
        for ((free, square), slope) in free.iter_mut().zip(&mut squares).zip(slopes) {
            *square = DECAY * *square + (1.0 - DECAY) * slope * slope;
            *free -= rate * slope / (square.sqrt() + EPSILON);
        }
    }
    Ok(())
}

/// Of −log P(class), where each row has 1 for the positive class or −1 for the other.
fn slopes(network: &dyn Explainable, x: &[f64], class: impl Fn(usize) -> f64) -> Result<Vec<f64>> {
    let inputs: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    let (scores, gradients) = (network.scores(&inputs)?, network.gradients(&inputs)?);
    let size = network.shape().size();
    let slope = |(at, &gradient): (usize, &f32)| {
        // of −log sigmoid(±score)
        let sign = class(at / size);
        let miss = 1.0 / (1.0 + (sign * f64::from(scores[at / size])).exp());
        -sign * miss * f64::from(gradient)
    };
    Ok(gradients.iter().enumerate().map(slope).collect())
}

/// Cut to [0, 1] and divided by the highest.
fn cut(pattern: &[f64]) -> Vec<f64> {
    let highest = pattern.iter().copied().fold(0.0, f64::max).min(1.0);
    let divisor = if highest > 0.0 { highest } else { 1.0 };
    pattern.iter().map(|value| value.clamp(0.0, 1.0) / divisor).collect()
}

/// DeepMotif's matrix, [base, position].
fn matrix_of(free: &[f64]) -> Vec<f64> {
    let mut matrix: Vec<f64> = cut(free).into_iter().map(|value| value + PSEUDO_COUNT).collect();
    let positions = free.len() / 4;
    let sums: Vec<f64> = (0..positions).map(|at| matrix[at..].iter().step_by(positions).sum()).collect();
    matrix.iter_mut().enumerate().for_each(|(at, value)| *value /= sums[at % positions]);
    matrix
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use candle_core::{Device, Tensor};

    use super::super::predictor::{Member, Scorer};
    use super::*;
    use crate::model::{Shape, Sizes, TensorSpec, designs};

    const LENGTH: usize = 101;

    /// A network with the weights of a formula (../shared/golden/README.md).
    fn network(tag: &str) -> Member {
        let design = designs().find(|design| design.tag == tag).unwrap();
        let shape = Shape { n_marks: 4, n_bins: LENGTH, body_parts: 0, n_outputs: 2 };
        let config = (design.config)(&Sizes::default(), shape);
        let weights = |(t, tensor): (usize, TensorSpec)| {
            let fan = if tensor.shape.len() == 1 { 32 } else { tensor.shape[1..].iter().product() } as f64;
            let weight = move |j| ((1.3 * j as f64 + 0.7 * t as f64 + 0.1).sin() / fan.sqrt()) as f32;
            (0..tensor.n_weights()).map(weight).collect::<Vec<_>>()
        };
        let weights: Vec<f32> = config.tensors().into_iter().enumerate().flat_map(weights).collect();
        Member::new(config.network(&Tensor::from_slice(&weights, (1, weights.len()), &Device::Cpu).unwrap()).unwrap())
    }

    /// X after so many steps, [base, position], of class 1, and its loss.
    fn after(network: &Member, steps: usize) -> (Vec<f64>, f64) {
        let start = |at: usize| 0.5 + 0.4 * (0.7 * (at % LENGTH) as f64 + 1.9 * (at / LENGTH) as f64).sin();
        let start: Vec<f64> = (0..4 * LENGTH).map(start).collect();
        let mut free = start;
        free_steps(network, &mut free, steps).unwrap();
        let inputs: Vec<f32> = free.iter().map(|&x| x as f32).collect();
        let score = f64::from(network.scores(&inputs).unwrap()[0]);
        let norm: f64 = free.iter().map(|x| x * x).sum();
        (free, (-score).exp().ln_1p() + PENALTY * norm)
    }

    /// ../shared/golden/more: PyTorch's in double precision. After a few steps single precision goes its own way, because
    /// RMSprop's first steps have the same length however small the slope.
    #[test]
    fn published_steps_are_those_of_pytorch() {
        let data = std::env::var_os("ATTENTRACK_TEST_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
        let Ok(golden) = std::fs::read_to_string(data.join("../golden/more/class_optimisation.tsv")) else {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "SKIPPED published_steps_are_those_of_pytorch: no golden numbers");
            return;
        };
        let mut compared = 0;
        for line in golden.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let tag = match cells[0] {
                "cnn" => "deep-motif-cnn",
                "rnn" => "deep-motif-rnn",
                _ => "deep-motif-cnn-rnn",
            };
            let steps: usize = cells[1].parse().unwrap();
            if steps > 10 {
                continue;
            }
            let expected: Vec<f64> = cells[3..].iter().map(|cell| cell.parse().unwrap()).collect();
            let (x, loss) = after(&network(tag), steps);
            let row = |values: &[f64]| values[50..].iter().step_by(LENGTH).copied().collect::<Vec<_>>();
            let (found, tolerance) = match cells[2] {
                "loss" => (vec![loss], if steps < 10 { 1e-4 } else { 0.1 }),
                "X row 50" if steps < 10 => (row(&x), 1e-3),
                "PWM row 50" if steps < 10 => (row(&matrix_of(&x)), 2e-3),
                _ => continue,
            };
            compared += 1;
            let close = found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() <= tolerance);
            assert!(close && found.len() == expected.len(), "{line}: {found:?}");
        }
        assert!(compared >= 16, "{compared}");
    }

    #[test]
    fn a_matrix_is_a_distribution_at_each_position() {
        let matrices = motifs_after(&network("deep-motif-cnn"), 3, 2, 20).unwrap();
        for matrix in matrices.chunks_exact(4 * LENGTH) {
            for at in 0..LENGTH {
                let sum: f32 = matrix[at..].iter().step_by(LENGTH).sum();
                assert!((sum - 1.0).abs() < 1e-5 && matrix.iter().all(|&share| share > 0.0), "{at}: {sum}");
            }
        }
        assert_ne!(matrices[..4 * LENGTH], matrices[4 * LENGTH..]);
    }
}
