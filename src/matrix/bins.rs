//! Where signal is added up: straight into the bins of the windows that it touches.

mod depth;

use std::collections::BTreeSet;
use std::ops::Range;

use self::depth::Depth;
use super::{Blacklist, Statistic, Window, Windows};

/// What a task saw of its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Reads (or value intervals) that were added to at least one bin, each counted once a task.
    pub used: u64,
    /// Everything that passed the filters, inside windows or not: reads, or value × bases. The depth
    /// of the file if the task read all of it.
    pub total: f64,
    /// Bases of windows that have a value, of files that hold values; one in two windows counts twice.
    pub covered_bp: u64,
    /// Windows of which every base has a value, likewise.
    pub whole_windows: u64,
    /// Windows of which some bases have a value and some have none, likewise.
    pub part_windows: u64,
    /// Chromosomes, by index, on which any data came by. Only meaningful for files that do not
    /// declare their chromosomes.
    pub seen: BTreeSet<usize>,
}

impl Tally {
    /// Adds another task's tally.
    pub fn merge(&mut self, other: &Tally) {
        self.used += other.used;
        self.total += other.total;
        self.covered_bp += other.covered_bp;
        self.whole_windows += other.whole_windows;
        self.part_windows += other.part_windows;
        self.seen.extend(&other.seen);
    }
}

/// The bins of a range of windows, being filled by one task in file order: sums are in f64 and their
/// order does not depend on the number of threads.
///
/// Coordinates are 0-based half-open on the genes' chromosomes. Intervals may reach beyond a window
/// or touch none.
#[derive(Debug)]
pub struct Bins<'a> {
    windows: &'a Windows,
    range: Range<usize>,
    blacklist: &'a Blacklist,
    statistic: Statistic,
    bin_size: i64,
    n_bins: usize,
    /// Per bin: reads, sum of value × bases, or the maximum.
    sums: Vec<f64>,
    /// Per bin: bases with data; kept where the statistic needs it.
    covered: Vec<u32>,
    /// Per window: whether anything was added.
    touched: Vec<bool>,
    /// Per window: bases with a value.
    covered_bp: Vec<i64>,
    /// The depth of every base, for statistics of reads that need it.
    depth: Depth,
    cursor: Cursor,
    tally: Tally,
    /// The first chromosome of the windows, and whether data came by on it and on those up to the
    /// last one: a task that looked at all chromosomes would make the cost their square.
    seen_from: usize,
    seen: Vec<bool>,
}

/// Remembers the first window that the last interval could touch, since files are mostly sorted.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    chrom: usize,
    start: i64,
    at: usize,
}

impl<'a> Bins<'a> {
    /// Empty bins for a range of [`Windows::as_slice`].
    pub fn new(windows: &'a Windows, range: Range<usize>, statistic: Statistic, blacklist: &'a Blacklist) -> Self {
        let n_bins = windows.grid().n_bins();
        let cells = range.len() * n_bins;
        let needs_coverage = matches!(statistic, Statistic::CoverageMean | Statistic::Max);
        let on = windows.as_slice().get(range.clone()).unwrap_or(&[]);
        let (seen_from, seen_to) = on.first().zip(on.last()).map_or((0, 0), |(a, b)| (a.chrom, b.chrom + 1));
        Bins {
            windows,
            blacklist,
            statistic,
            bin_size: i64::from(windows.grid().bin_size_bp()),
            n_bins,
            sums: vec![0.0; cells],
            covered: vec![0; if needs_coverage { cells } else { 0 }],
            touched: vec![false; range.len()],
            covered_bp: vec![0; range.len()],
            depth: Depth::default(),
            cursor: Cursor { chrom: usize::MAX, start: i64::MAX, at: range.start },
            tally: Tally::default(),
            seen_from,
            seen: vec![false; seen_to - seen_from],
            range,
        }
    }

    /// The windows to be filled, sorted by chromosome and start.
    pub fn windows(&self) -> &'a [Window] {
        &self.windows.as_slice()[self.range.clone()]
    }

    /// Width of a window in bp.
    pub fn width(&self) -> i64 {
        self.windows.width()
    }

    #[inline]
    fn see(&mut self, chrom: usize) {
        if let Some(seen) = self.seen.get_mut(chrom.wrapping_sub(self.seen_from)) {
            *seen = true;
        }
    }

    /// Counts one read (or fragment) over `start..end`. One that overlaps the blacklist is dropped.
    pub fn add_read(&mut self, chrom: usize, start: i64, end: i64) {
        if !self.blacklist.overlapping(chrom, start, end).is_empty() {
            return;
        }
        self.tally.total += 1.0;
        self.see(chrom);
        let (first, last) = self.overlapping(chrom, start, end);
        self.tally.used += u64::from(first < last);
        if matches!(self.statistic, Statistic::CoverageMean | Statistic::Max) {
            self.summarise_passed(chrom, start);
        }
        for at in first..last {
            let window = self.windows.as_slice()[at];
            let slot = at - self.range.start;
            self.touched[slot] = true;
            let from = (start - window.start).max(0);
            let to = (end - window.start).min(self.windows.width());
            let cells = slot * self.n_bins;
            match self.statistic {
                Statistic::Count => {
                    let (first, last) = (from as u32 / self.bin_size as u32, (to - 1) as u32 / self.bin_size as u32);
                    for sum in &mut self.sums[cells + first as usize..=cells + last as usize] {
                        *sum += 1.0;
                    }
                }
                Statistic::Mean | Statistic::Sum => {
                    add_over_bins(&mut self.sums[cells..cells + self.n_bins], self.bin_size, from, to, 1.0);
                }
                Statistic::CoverageMean | Statistic::Max => {
                    self.depth.add(slot, self.windows.width() as usize, from as usize, to as usize);
                }
            }
        }
    }

    /// Tallies data on chromosomes without genes: reads, or value × bases.
    pub fn add_elsewhere(&mut self, amount: f64) {
        self.tally.total += amount;
    }

    /// Adds the value of every base of `start..end`; intervals must not overlap one another.
    /// Blacklisted bases and values that are not finite count as no data.
    pub fn add_value(&mut self, chrom: usize, start: i64, end: i64, value: f32) {
        self.see(chrom);
        if self.blacklist.overlapping(chrom, start, end).is_empty() {
            self.add_clean_value(chrom, start, end, value);
        } else {
            let blacklist = self.blacklist;
            blacklist.remaining(chrom, start, end, |from, to| self.add_clean_value(chrom, from, to, value));
        }
    }

    fn add_clean_value(&mut self, chrom: usize, start: i64, end: i64, value: f32) {
        if !value.is_finite() {
            return;
        }
        self.tally.total += f64::from(value) * (end - start) as f64;
        let (first, last) = self.overlapping(chrom, start, end);
        self.tally.used += u64::from(first < last);
        for at in first..last {
            self.add_to_window(at - self.range.start, start, end, value);
        }
    }

    /// Adds values (start, end, value), ascending and disjoint, over their bases in one window, the
    /// `slot`-th of [`Bins::windows`]; for readers that walk windows and data together. Unlike
    /// [`Bins::add_value`], the tally's total is left alone.
    pub fn add_values_to(&mut self, slot: usize, values: impl Iterator<Item = (i64, i64, f32)>) {
        let Window { chrom, start: origin, .. } = self.windows()[slot];
        let (width, blacklist) = (self.windows.width(), self.blacklist);
        let values = values.filter(|(.., value)| value.is_finite());
        let clean = blacklist.overlapping(chrom, origin, origin + width).is_empty();
        if !(clean && matches!(self.statistic, Statistic::Mean | Statistic::Sum)) {
            for (start, end, value) in values {
                self.tally.used += 1;
                blacklist.remaining(chrom, start, end, |from, to| self.add_to_window(slot, from, to, value));
            }
            return;
        }
        // what most files go through: the bin moves on with the values, without a division a value
        let sums = &mut self.sums[slot * self.n_bins..(slot + 1) * self.n_bins];
        let (mut bin, mut bin_end, mut used, mut covered_bp) = (0, self.bin_size, 0, 0);
        for (start, end, value) in values {
            used += 1;
            let (mut from, to) = ((start - origin).max(0), (end - origin).min(width));
            if from >= bin_end {
                bin = (from / self.bin_size) as usize;
                bin_end = (bin as i64 + 1) * self.bin_size;
            }
            covered_bp += (to - from).max(0);
            while from < to {
                let part = to.min(bin_end);
                sums[bin] += f64::from(value) * (part - from) as f64;
                from = part;
                if from == bin_end && from < width {
                    bin += 1;
                    bin_end += self.bin_size;
                }
            }
        }
        self.tally.used += used;
        self.touched[slot] |= used > 0;
        self.covered_bp[slot] += covered_bp;
    }

    #[inline]
    fn add_to_window(&mut self, slot: usize, start: i64, end: i64, value: f32) {
        let window = self.windows.as_slice()[self.range.start + slot];
        let from = (start - window.start).max(0);
        let to = (end - window.start).min(self.windows.width());
        if from >= to {
            return;
        }
        self.touched[slot] = true;
        self.covered_bp[slot] += to - from;
        let cells = slot * self.n_bins..(slot + 1) * self.n_bins;
        let value = f64::from(value);
        match self.statistic {
            Statistic::Count | Statistic::Mean | Statistic::Sum => {
                add_over_bins(&mut self.sums[cells], self.bin_size, from, to, value);
            }
            Statistic::CoverageMean => {
                add_over_bins(&mut self.sums[cells.clone()], self.bin_size, from, to, value);
                add_coverage(&mut self.covered[cells], self.bin_size, from, to);
            }
            Statistic::Max => {
                for bin in from / self.bin_size..=(to - 1) / self.bin_size {
                    let cell = cells.start + bin as usize;
                    if self.covered[cell] == 0 || self.sums[cell] < value {
                        self.sums[cell] = value;
                    }
                    self.covered[cell] = 1;
                }
            }
        }
    }

    /// Windows (as range of all windows, within this task's) that overlap `start..end`.
    #[inline]
    fn overlapping(&mut self, chrom: usize, start: i64, end: i64) -> (usize, usize) {
        let on_chrom = self.windows.of_chrom(chrom);
        let (low, high) = (on_chrom.start.max(self.range.start), on_chrom.end.min(self.range.end));
        if low >= high {
            return (low, low);
        }
        let (list, width) = (self.windows.as_slice(), self.windows.width());
        let mut at = self.cursor.at;
        if self.cursor.chrom != chrom || start < self.cursor.start {
            at = low + list[low..high].partition_point(|window| window.start + width <= start);
        } else {
            while at < high && list[at].start + width <= start {
                at += 1;
            }
        }
        self.cursor = Cursor { chrom, start, at };
        let mut last = at;
        while last < high && list[last].start < end {
            last += 1;
        }
        (at, last)
    }

    /// Whether reads came in so wild an order that windows were summarised too early: then the file
    /// must be added again, to bins that [keep](Bins::keep_depth) the depth of all windows.
    pub fn is_out_of_order(&self) -> bool {
        self.depth.is_out_of_order()
    }

    /// Keeps the depth of every window until the end, so that reads may come in any order: 4 bytes a base.
    pub fn keep_depth(mut self) -> Self {
        self.depth.keep();
        self
    }

    /// Summarises the windows that lie far behind a read at `start`.
    fn summarise_passed(&mut self, chrom: usize, start: i64) {
        let (windows, range) = (self.windows, self.range.clone());
        let passed = |slot: usize| {
            let window = windows.as_slice()[range.start + slot];
            window.chrom != chrom || window.start + windows.width() + depth::SLACK <= start
        };
        while let Some((slot, changes)) = self.depth.take_first_if(passed) {
            self.summarise(slot, &changes);
        }
    }

    fn summarise(&mut self, slot: usize, changes: &[i32]) {
        let cells = slot * self.n_bins..(slot + 1) * self.n_bins;
        let (sums, covered) = (&mut self.sums[cells.clone()], &mut self.covered[cells]);
        depth::summarise(changes, self.bin_size as usize, self.statistic, sums, covered);
    }

    /// Turns sums into the statistic. Calls `row(gene, bins, touched)` for each window, bins in
    /// stored order; `mean` divides by the full bin size, also where the chromosome ends inside the bin.
    pub fn finish(mut self, mut row: impl FnMut(usize, &[f32], bool)) -> Tally {
        while let Some((slot, changes)) = self.depth.take_first() {
            self.summarise(slot, &changes);
        }
        let seen = self.seen.iter().enumerate().filter(|(_, seen)| **seen);
        self.tally.seen = seen.map(|(at, _)| self.seen_from + at).collect();
        let mut bins = vec![0.0_f32; self.n_bins];
        for (slot, window) in self.windows.as_slice()[self.range.clone()].iter().enumerate() {
            let cells = slot * self.n_bins..(slot + 1) * self.n_bins;
            for (bin, (value, cell)) in bins.iter_mut().zip(cells).enumerate() {
                let cell = if window.reversed { slot * self.n_bins + self.n_bins - 1 - bin } else { cell };
                let sum = self.sums[cell];
                *value = match self.statistic {
                    Statistic::Count | Statistic::Sum | Statistic::Max => sum as f32,
                    Statistic::Mean => (sum / self.bin_size as f64) as f32,
                    Statistic::CoverageMean if self.covered[cell] == 0 => f32::NAN,
                    Statistic::CoverageMean => (sum / f64::from(self.covered[cell])) as f32,
                };
            }
            row(window.gene, &bins, self.touched[slot]);
            self.tally.covered_bp += self.covered_bp[slot].max(0) as u64;
            match self.covered_bp[slot] {
                0 => {}
                covered if covered < self.windows.width() => self.tally.part_windows += 1,
                _ => self.tally.whole_windows += 1,
            }
        }
        self.tally
    }
}

/// Adds `value` × overlap to each bin that `from..to` (relative to the window) touches.
#[inline]
fn add_over_bins(sums: &mut [f64], bin_size: i64, from: i64, to: i64, value: f64) {
    // one division an interval, since divisions are what costs here
    let first = from as u32 / bin_size as u32;
    let (mut from, mut end) = (from, (i64::from(first) + 1) * bin_size);
    for sum in &mut sums[first as usize..] {
        if to <= end {
            *sum += value * (to - from) as f64;
            return;
        }
        *sum += value * (end - from) as f64;
        from = end;
        end += bin_size;
    }
}

fn add_coverage(covered: &mut [u32], bin_size: i64, from: i64, to: i64) {
    for bin in from / bin_size..=(to - 1) / bin_size {
        let overlap = to.min((bin + 1) * bin_size) - from.max(bin * bin_size);
        covered[bin as usize] += overlap as u32;
    }
}

#[cfg(test)]
mod tests;
