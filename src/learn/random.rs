//! Random numbers from the seed, for each purpose its own stream of ChaCha8, so that nothing depends
//! on what was drawn before: epoch 7 is shuffled alike whether or not training was interrupted.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use crate::model::{Initial, TensorSpec};

/// Initial weights, in the order of the tensors.
pub fn initial_weights(seed: u64, tensors: &[TensorSpec]) -> Vec<f32> {
    let mut generator = stream(seed, 0);
    let mut weights = Vec::with_capacity(tensors.iter().map(TensorSpec::n_weights).sum());
    for tensor in tensors {
        let n = tensor.n_weights();
        weights.extend((0..n).map(|at| match tensor.initial {
            Initial::Uniform(bound) => {
                (f64::from(generator.next_u32()) / 4_294_967_296.0 * (2.0 * bound) - bound) as f32
            }
            Initial::Normal(deviation) => {
                let drawn: f64 = StandardNormal.sample(&mut generator);
                (drawn * deviation) as f32
            }
            Initial::Remembering => f32::from(u8::from((n / 4..n / 2).contains(&at))),
        }));
    }
    weights
}

/// The order in which an epoch (counted from 0) sees the training genes, or the shards of a stream:
/// Fisher-Yates.
pub fn gene_order(seed: u64, epoch: u32, n_genes: usize) -> Vec<usize> {
    let mut generator = stream(seed, 1 + 2 * u64::from(epoch));
    let mut order: Vec<usize> = (0..n_genes).collect();
    for last in (1..n_genes).rev() {
        order.swap(last, below(&mut generator, last + 1));
    }
    order
}

/// The draws from the shuffle window in an epoch, counted from 0.
#[derive(Debug)]
pub struct WindowDraws(ChaCha8Rng);

impl WindowDraws {
    /// Before the first draw. The stream's number is beyond those of all epochs' orders and keys.
    pub fn new(seed: u64, epoch: u32) -> Self {
        WindowDraws(stream(seed, (1 << 40) + u64::from(epoch)))
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        below(&mut self.0, bound)
    }
}

/// A number below `bound`: the high half of a product, whose bias of bound / 2^64 nobody can see.
fn below(generator: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize
}

/// One dropout key a step of an epoch.
pub fn dropout_keys(seed: u64, epoch: u32, steps: usize) -> Vec<u64> {
    let mut generator = stream(seed, 2 + 2 * u64::from(epoch));
    (0..steps).map(|_| generator.next_u64()).collect()
}

fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_fill_the_range_of_each_tensor_and_depend_on_the_seed() {
        let tensors = [TensorSpec::new("a", &[100, 100], 0.1), TensorSpec::new("b", &[1000], 0.5)];
        let weights = initial_weights(1, &tensors);
        let (a, b) = weights.split_at(10_000);
        let mean = a.iter().sum::<f32>() / 10_000.0;
        assert!(a.iter().all(|w| (-0.1..0.1).contains(w)) && mean.abs() < 0.003);
        assert!(a.iter().any(|&w| w > 0.0999) && a.iter().any(|&w| w < -0.0999));
        assert!(b.len() == 1000 && b.iter().all(|w| (-0.5..0.5).contains(w)) && b.iter().any(|&w| w > 0.49));
        assert_eq!(weights, initial_weights(1, &tensors));
        assert_ne!(weights, initial_weights(2, &tensors));
    }

    #[test]
    fn normal_weights_have_their_deviation_and_an_lstm_begins_by_remembering() {
        let spec = |initial, length| TensorSpec { name: String::new(), shape: vec![length], initial };
        let weights = initial_weights(1, &[spec(Initial::Normal(0.5), 40_000), spec(Initial::Remembering, 12)]);
        let (normal, bias) = weights.split_at(40_000);
        let mean = normal.iter().sum::<f32>() / 40_000.0;
        let deviation = (normal.iter().map(|w| w * w).sum::<f32>() / 40_000.0).sqrt();
        assert!(mean.abs() < 0.01 && (deviation - 0.5).abs() < 0.01, "{mean} {deviation}");
        assert!(normal.iter().any(|w| w.abs() > 1.5));
        assert_eq!(bias, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn each_epoch_has_an_order_of_its_own_with_every_gene_once() {
        let (first, second) = (gene_order(1, 0, 50), gene_order(1, 1, 50));
        assert_ne!(first, second);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        assert_eq!(first, gene_order(1, 0, 50));
    }
}
