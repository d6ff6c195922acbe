//! Training sets larger than memory: shards are read one after the other, and genes are shuffled in a
//! window that they pass through.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use super::{GeneSet, random};

/// Bytes of genes that the shuffle window holds: 33,554 genes of 5 marks × 100 bins.
pub const WINDOW_BYTES: usize = 64 << 20;

/// Largest shard in bytes, counting all rows that must be read for it: 524 rows of 5 marks × 100 bins.
pub const SHARD_BYTES: usize = 1 << 20;

/// A shard could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ShardError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Genes in pieces that fit into memory: runs of rows of samples' matrices.
pub trait Shards: Debug + Send + Sync {
    /// The number of genes of each shard.
    fn n_genes(&self) -> &[usize];

    /// The genes of one shard, in a fixed order, transformed.
    ///
    /// # Errors
    /// If they cannot be read, or hold a value that the model cannot take.
    fn read(&self, shard: usize) -> Result<GeneSet, ShardError>;
}

/// A set of genes that is read anew in every epoch.
///
/// # The order of an epoch
///
/// The shards are read in a random order. Their genes go, in file order, into a window of
/// [`Stream::window`] genes; once it is full, genes come out of it one by one, each drawn at random from
/// all that are in it, and the next one from the shards takes its place; at the end the window is drawn
/// empty. So a gene is at most a window away from its shard's turn, and meets those of some hundred
/// other shards. Shard order and draws depend on seed and epoch alone. If the window holds all genes,
/// every order is equally likely.
///
/// # Memory
///
/// The window and at most three shards: one being used, one waiting, one being read by a thread that
/// runs ahead.
#[derive(Clone, Debug)]
pub struct Stream {
    shards: Arc<dyn Shards>,
    window: usize,
    labels: Arc<[f32]>,
}

impl Stream {
    /// `labels` are those of all genes in the order of the shards; `window` is in genes, at least one.
    pub fn new(shards: Arc<dyn Shards>, labels: Vec<f32>, window: usize) -> Self {
        Stream { window: window.max(1), labels: labels.into(), shards }
    }

    /// Labels in the order of the files.
    pub fn labels(&self) -> &[f32] {
        &self.labels
    }

    /// Genes that the shuffle window holds.
    pub fn window(&self) -> usize {
        self.window
    }

    /// All genes in the order of the files, a shard at a time.
    pub fn in_order(&self) -> Reading {
        Reading::start(self.shards.clone(), (0..self.shards.n_genes().len()).collect())
    }

    /// All genes in the order of an epoch, counted from 0.
    pub(super) fn shuffled(&self, seed: u64, epoch: u32) -> Shuffled {
        let order = random::gene_order(seed, epoch, self.shards.n_genes().len());
        let reading = Reading::start(self.shards.clone(), order);
        Shuffled::new(reading, self.window, random::WindowDraws::new(seed, epoch))
    }

    /// All genes in the order of the files, one by one: out of a window of one gene.
    pub(super) fn unshuffled(&self) -> Shuffled {
        Shuffled::new(self.in_order(), 1, random::WindowDraws::new(0, 0))
    }
}

/// Shards, read ahead by a thread of their own.
#[derive(Debug)]
pub struct Reading {
    shards: Receiver<Result<GeneSet, ShardError>>,
    left: usize,
}

impl Reading {
    fn start(shards: Arc<dyn Shards>, order: Vec<usize>) -> Self {
        let left = order.len();
        let (sender, receiver) = sync_channel(1);
        // sending fails, and the thread ends, when nobody wants more; where it cannot be started nothing arrives
        let read = move || order.into_iter().try_for_each(|shard| sender.send(shards.read(shard)));
        let _ = std::thread::Builder::new().spawn(read);
        Reading { shards: receiver, left }
    }
}

impl Iterator for Reading {
    type Item = Result<GeneSet, ShardError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let ended = |_| {
            Err(ShardError("the thread that reads the shards could not be started (ulimit -u) or ended early".into()))
        };
        let shard = self.shards.recv().unwrap_or_else(ended);
        if shard.is_err() {
            self.left = 0;
        }
        Some(shard)
    }
}

/// The genes of an epoch, out of the shuffle window.
#[derive(Debug)]
pub(super) struct Shuffled {
    reading: Reading,
    shard: GeneSet,
    used: usize,
    window: GeneSet,
    size: usize,
    draws: random::WindowDraws,
}

impl Shuffled {
    fn new(reading: Reading, size: usize, draws: random::WindowDraws) -> Self {
        Shuffled { reading, shard: GeneSet::default(), used: 0, window: GeneSet::default(), size, draws }
    }

    /// Adds the next gene to `batch`; false where there is none.
    pub fn push_next(&mut self, batch: &mut GeneSet) -> Result<bool, ShardError> {
        while self.window.len() < self.size {
            if self.used < self.shard.len() {
                let expression = self.shard.expression.get(self.used).copied();
                self.window.push_with(self.shard.gene(self.used), self.shard.labels[self.used], expression);
                self.used += 1;
                continue;
            }
            match self.reading.next() {
                Some(shard) => (self.shard, self.used) = (shard?, 0),
                None => break,
            }
        }
        if self.window.is_empty() {
            return Ok(false);
        }
        let drawn = self.draws.below(self.window.len());
        batch.push_with(self.window.gene(drawn), self.window.labels[drawn], self.window.expression.get(drawn).copied());
        self.window.swap_remove(drawn);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
