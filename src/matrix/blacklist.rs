//! Stretches of the genome whose signal is an artefact.

use std::ops::Range;

/// Merged intervals a chromosome, 0-based half-open; chromosomes are those of the genes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blacklist {
    of_chrom: Vec<Vec<Range<i64>>>,
}

impl Blacklist {
    /// Sorts and merges intervals given as (chromosome index, interval).
    pub fn new(intervals: impl IntoIterator<Item = (usize, Range<i64>)>) -> Self {
        let mut sorted: Vec<_> = intervals.into_iter().filter(|(_, interval)| !interval.is_empty()).collect();
        sorted.sort_unstable_by_key(|(chrom, interval)| (*chrom, interval.start, interval.end));
        let mut of_chrom: Vec<Vec<Range<i64>>> = Vec::new();
        for (chrom, interval) in sorted {
            if of_chrom.len() <= chrom {
                of_chrom.resize(chrom + 1, Vec::new());
            }
            match of_chrom[chrom].last_mut() {
                Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
                _ => of_chrom[chrom].push(interval),
            }
        }
        Blacklist { of_chrom }
    }

    /// The blacklisted intervals that overlap `start..end` by at least one base, ascending.
    pub fn overlapping(&self, chrom: usize, start: i64, end: i64) -> &[Range<i64>] {
        let Some(list) = self.of_chrom.get(chrom) else { return &[] };
        let first = list.partition_point(|interval| interval.end <= start);
        let last = list.partition_point(|interval| interval.start < end);
        list.get(first..last).unwrap_or(&[])
    }

    /// Calls `keep` with each part of `start..end` that is not blacklisted.
    pub fn remaining(&self, chrom: usize, start: i64, end: i64, mut keep: impl FnMut(i64, i64)) {
        let mut from = start;
        for interval in self.overlapping(chrom, start, end) {
            if from < interval.start {
                keep(from, interval.start);
            }
            from = interval.end;
        }
        if from < end {
            keep(from, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_is_not_overlapping_and_pieces_remain() {
        let blacklist = Blacklist::new([(0, 30..40), (0, 10..20), (0, 15..25)]);
        assert_eq!(blacklist.overlapping(0, 0, 10), []);
        assert_eq!(blacklist.overlapping(0, 25, 30), []);
        assert_eq!(blacklist.overlapping(0, 24, 31), [10..25, 30..40]);
        assert_eq!(blacklist.overlapping(1, 0, 100), []);
        let mut pieces = Vec::new();
        blacklist.remaining(0, 5, 50, |start, end| pieces.push((start, end)));
        assert_eq!(pieces, [(5, 10), (25, 30), (40, 50)]);
    }
}
