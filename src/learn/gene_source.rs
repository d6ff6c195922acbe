//! Where training gets its genes from: from memory, or from files a shard at a time.

use super::stream::{ShardError, Shuffled, Stream};
use super::{GeneSet, random};

/// The genes of a training or validation set.
#[derive(Debug)]
pub enum GeneSource {
    /// All in memory.
    InMemory(GeneSet),
    /// Too large for it.
    Streamed(Stream),
}

impl GeneSource {
    /// Number of genes.
    pub fn len(&self) -> usize {
        match self {
            GeneSource::InMemory(genes) => genes.len(),
            GeneSource::Streamed(stream) => stream.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The genes, where they are all in memory: what a device can be given once for the whole run.
    pub fn in_memory(&self) -> Option<&GeneSet> {
        match self {
            GeneSource::InMemory(genes) => Some(genes),
            GeneSource::Streamed(_) => None,
        }
    }

    /// The batches of an epoch (counted from 0), every gene once, the last batch perhaps smaller. They
    /// depend on the seed and the epoch alone: a resumed training sees the batches that it would have
    /// seen. In memory the order is a permutation of all genes; for the order of a stream see
    /// [`Stream`].
    pub fn batches(&self, seed: u64, epoch: u32, batch_size: usize) -> Batches<'_> {
        let order = match self {
            GeneSource::InMemory(genes) => {
                Order::Permuted { genes, order: random::gene_order(seed, epoch, genes.len()), at: 0 }
            }
            GeneSource::Streamed(stream) => Order::Shuffled(stream.shuffled(seed, epoch)),
        };
        Batches { order, batch_size }
    }

    /// Calls `work` for all genes in a fixed order, as many at a time as there are: all of them from
    /// memory, a shard from a stream.
    ///
    /// # Errors
    /// Those of `work`, and a shard that cannot be read.
    pub fn in_order<E: From<ShardError>>(&self, mut work: impl FnMut(&GeneSet) -> Result<(), E>) -> Result<(), E> {
        match self {
            GeneSource::InMemory(genes) => work(genes),
            GeneSource::Streamed(stream) => stream.in_order().try_for_each(|shard| work(&shard?)),
        }
    }
}

/// The batches of one epoch.
#[derive(Debug)]
pub struct Batches<'a> {
    order: Order<'a>,
    batch_size: usize,
}

#[derive(Debug)]
enum Order<'a> {
    Permuted { genes: &'a GeneSet, order: Vec<usize>, at: usize },
    Shuffled(Shuffled),
}

impl Iterator for Batches<'_> {
    type Item = Result<GeneSet, ShardError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = GeneSet::default();
        match &mut self.order {
            Order::Permuted { genes, order, at } => {
                for &gene in order.iter().skip(*at).take(self.batch_size) {
                    batch.push(genes.gene(gene), genes.labels[gene]);
                }
                *at += batch.len();
            }
            Order::Shuffled(shuffled) => {
                while batch.len() < self.batch_size {
                    match shuffled.push_next(&mut batch) {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
        }
        (!batch.is_empty()).then_some(Ok(batch))
    }
}
