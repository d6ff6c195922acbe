//! Windows of neighbouring genes share bases, so a test gene's window may hold what the model has
//! learnt from: the leak that random and file-order splits have.

use std::collections::HashMap;

use crate::genome::{Gene, Grid, Tss};

/// For each of `windows`, whether the window around it shares at least one base with the window of any
/// of `others`.
///
/// A window is [tss − `flank_bp`, tss + `flank_bp`) for either strand, so two windows on one
/// chromosome overlap where their TSSs are less than 2 × `flank_bp` apart.
pub fn overlapping_windows(windows: &[&Tss], others: &[&Tss], flank_bp: u32) -> Vec<bool> {
    let mut positions: HashMap<&str, Vec<u64>> = HashMap::new();
    for tss in others {
        positions.entry(&tss.chrom).or_default().push(tss.position);
    }
    positions.values_mut().for_each(|positions| positions.sort_unstable());
    let reach = 2 * u64::from(flank_bp);
    windows
        .iter()
        .map(|tss| {
            let Some(positions) = positions.get(tss.chrom.as_str()) else { return false };
            let next = positions.partition_point(|&position| position < tss.position);
            let near = |at: Option<usize>| {
                at.and_then(|at| positions.get(at)).is_some_and(|position| position.abs_diff(tss.position) < reach)
            };
            near(Some(next)) || near(next.checked_sub(1))
        })
        .collect()
}

/// Groups genes whose windows overlap, directly or through others between them: for each gene the
/// number of its group, counted from 0 in the order in which `genes` first shows a member.
pub fn overlap_groups(genes: &[Gene], grid: &Grid) -> Vec<usize> {
    let mut order: Vec<usize> = (0..genes.len()).collect();
    order.sort_by_key(|&at| (&genes[at].tss.chrom, grid.window(&genes[at].tss).start));
    // chains along each chromosome, named by their left-most gene
    let mut chain = vec![0; genes.len()];
    let mut previous: Option<usize> = None;
    for &at in &order {
        let joined = previous.filter(|&last| {
            genes[last].tss.chrom == genes[at].tss.chrom
                && grid.window(&genes[last].tss).end > grid.window(&genes[at].tss).start
        });
        chain[at] = joined.map_or(at, |last| chain[last]);
        previous = Some(at);
    }
    let mut numbers = HashMap::new();
    chain
        .into_iter()
        .map(|name| {
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Orientation, Strand};

    fn gene(id: &str, chrom: &str, position: u64) -> Gene {
        Gene {
            id: id.into(),
            symbol: None,
            tss: Tss { chrom: chrom.into(), position, strand: Strand::Forward },
            end: None,
        }
    }

    fn grid() -> Grid {
        Grid::new(100, 10, Orientation::Gene).unwrap()
    }

    #[test]
    fn windows_that_touch_do_not_overlap() {
        let tss = |chrom: &str, position| Tss { chrom: chrom.into(), position, strand: Strand::Forward };
        let train = [tss("chr1", 50_000), tss("chr1", 90_000)];
        // [45000, 55000) and [85000, 95000) are taken
        let tests = [
            (tss("chr1", 40_000), false), // [35000, 45000)
            (tss("chr1", 40_001), true),
            (tss("chr1", 50_000), true),
            (tss("chr1", 59_999), true),
            (tss("chr1", 60_000), false),
            (tss("chr1", 80_001), true),
            (tss("chr1", 120_000), false),
            (tss("chr2", 50_000), false),
        ];
        let windows: Vec<&Tss> = tests.iter().map(|(tss, _)| tss).collect();
        let found = overlapping_windows(&windows, &train.iter().collect::<Vec<_>>(), 5000);
        assert_eq!(found, tests.iter().map(|(_, overlaps)| *overlaps).collect::<Vec<_>>());
        assert_eq!(overlapping_windows(&windows, &[], 5000), vec![false; tests.len()]);
    }

    #[test]
    fn the_answer_equals_that_of_comparing_every_pair() {
        let genes: Vec<Gene> =
            (0..200u64).map(|i| gene(&i.to_string(), &(i % 3).to_string(), i * i * 7919 % 20_000)).collect();
        let tss: Vec<&Tss> = genes.iter().map(|gene| &gene.tss).collect();
        let (windows, others) = tss.split_at(80);
        let near = |a: &Tss, b: &Tss| a.chrom == b.chrom && a.position.abs_diff(b.position) < 200;
        let brute: Vec<bool> = windows.iter().map(|a| others.iter().any(|b| near(a, b))).collect();
        assert_eq!(overlapping_windows(windows, others, 100), brute);
        assert!(brute.contains(&true) && brute.contains(&false));
    }

    #[test]
    fn groups_are_chains_of_overlapping_windows() {
        let genes = [
            gene("a", "1", 1300),
            gene("b", "2", 1000),
            gene("c", "1", 1000),
            gene("d", "1", 1150),
            gene("e", "1", 1500),
        ];
        assert_eq!(overlap_groups(&genes, &grid()), [0, 1, 0, 0, 2]);
    }
}
