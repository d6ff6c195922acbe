//! The depth of reads over each base of a window, kept only until the reads have passed it by.

use std::collections::{BTreeMap, HashSet};

use crate::matrix::Statistic;

/// How far behind the reads a window is taken to be complete, in bp: `--extend` lets a read on the minus
/// strand start up to this much before the read that came before it.
pub(super) const SLACK: i64 = 1_000_000;

/// Changes of depth by base, of the windows that reads may still touch.
#[derive(Clone, Debug, Default)]
pub(super) struct Depth {
    /// By window: at each base the reads that begin there less those that ended.
    open: BTreeMap<usize, Box<[i32]>>,
    /// Windows that were complete.
    closed: HashSet<usize>,
    out_of_order: bool,
    keep: bool,
}

impl Depth {
    /// Adds a read over `from..to` of the window `slot`, which is `width` bp wide. Does nothing any more
    /// once reads have proved out of order.
    pub(super) fn add(&mut self, slot: usize, width: usize, from: usize, to: usize) {
        self.out_of_order |= self.closed.contains(&slot);
        if self.out_of_order {
            return;
        }
        let changes = self.open.entry(slot).or_insert_with(|| vec![0; width + 1].into());
        changes[from] += 1;
        changes[to] -= 1;
    }

    /// Takes the first window out, if it is `complete`.
    pub(super) fn take_first_if(&mut self, complete: impl Fn(usize) -> bool) -> Option<(usize, Box<[i32]>)> {
        if self.keep || self.out_of_order || !complete(*self.open.first_key_value()?.0) {
            return None;
        }
        let (slot, changes) = self.open.pop_first()?;
        self.closed.insert(slot);
        Some((slot, changes))
    }

    /// Takes the first window out.
    pub(super) fn take_first(&mut self) -> Option<(usize, Box<[i32]>)> {
        self.open.pop_first()
    }

    pub(super) fn keep(&mut self) {
        self.keep = true;
    }

    pub(super) fn is_out_of_order(&self) -> bool {
        self.out_of_order
    }
}

/// Adds the depth of each base to the sums (or raises them to it, for max), and covered bases likewise.
pub(super) fn summarise(changes: &[i32], bin_size: usize, statistic: Statistic, sums: &mut [f64], covered: &mut [u32]) {
    let mut depth = 0;
    for ((changes, sum), covered) in changes.chunks_exact(bin_size).zip(sums).zip(covered) {
        for change in changes {
            depth += change;
            *covered += u32::from(depth > 0);
            *sum = if statistic == Statistic::Max { sum.max(f64::from(depth)) } else { *sum + f64::from(depth) };
        }
    }
}
