//! Windows of neighbouring genes share bases, so a test gene's window may hold what the model has
//! learnt from: the leak that random and file-order splits have.

use std::collections::HashMap;

use super::Split;
use crate::genome::{Gene, Grid};

/// Genes of a split, and how many of their windows overlap a training gene's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowOverlap {
    /// Genes in the split.
    pub genes: usize,
    /// Those whose window shares at least one base with the window of a training gene.
    pub overlapping_train: usize,
}

/// Counts for validation and test, in this order, the windows that overlap a training window.
///
/// Strands do not matter; genes without a split are ignored.
pub fn overlapping_windows(genes: &[Gene], split: &HashMap<&str, Split>, grid: &Grid) -> [WindowOverlap; 2] {
    let split_of = |gene: &Gene| split.get(gene.id.as_str()).copied();
    let mut train_starts: HashMap<&str, Vec<i64>> = HashMap::new();
    for gene in genes.iter().filter(|gene| split_of(gene) == Some(Split::Train)) {
        train_starts.entry(&gene.tss.chrom).or_default().push(grid.window(&gene.tss).start);
    }
    train_starts.values_mut().for_each(|starts| starts.sort_unstable());
    let overlaps_train = |gene: &Gene| {
        let window = grid.window(&gene.tss);
        let width = window.end - window.start;
        train_starts.get(gene.tss.chrom.as_str()).is_some_and(|starts| {
            // all windows are equally wide: one overlaps if it starts less than a width to either side
            let first = starts.partition_point(|&start| start <= window.start - width);
            starts.get(first).is_some_and(|&start| start < window.end)
        })
    };
    [Split::Valid, Split::Test].map(|wanted| {
        let mut overlap = WindowOverlap::default();
        for gene in genes.iter().filter(|gene| split_of(gene) == Some(wanted)) {
            overlap.genes += 1;
            overlap.overlapping_train += usize::from(overlaps_train(gene));
        }
        overlap
    })
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
    use crate::genome::{Orientation, Strand, Tss};

    fn gene(id: &str, chrom: &str, position: u64) -> Gene {
        Gene { id: id.into(), tss: Tss { chrom: chrom.into(), position, strand: Strand::Forward } }
    }

    fn grid() -> Grid {
        Grid::new(100, 10, Orientation::Gene).unwrap()
    }

    #[test]
    fn windows_that_touch_do_not_overlap_and_one_base_is_enough() {
        let genes = [
            gene("train", "1", 1000),
            gene("touches", "1", 1200),
            gene("shares", "1", 1199),
            gene("before", "1", 801),
            gene("touches before", "1", 800),
            gene("elsewhere", "2", 1000),
        ];
        let mut split: HashMap<&str, Split> = genes.iter().map(|gene| (gene.id.as_str(), Split::Test)).collect();
        split.insert("train", Split::Train);
        split.insert("before", Split::Valid);
        let [valid, test] = overlapping_windows(&genes, &split, &grid());
        assert_eq!(valid, WindowOverlap { genes: 1, overlapping_train: 1 });
        assert_eq!(test, WindowOverlap { genes: 4, overlapping_train: 1 });
    }

    #[test]
    fn strands_shift_a_window_by_one_base_in_gene_orientation() {
        let mut genes = [gene("train", "1", 1000), gene("test", "1", 1199)];
        genes[1].tss.strand = Strand::Reverse;
        let split = [("train", Split::Train), ("test", Split::Test)].into();
        assert_eq!(overlapping_windows(&genes, &split, &grid())[1].overlapping_train, 0);
        genes[0].tss.strand = Strand::Reverse;
        assert_eq!(overlapping_windows(&genes, &split, &grid())[1].overlapping_train, 1);
    }

    #[test]
    fn counts_equal_those_of_comparing_every_pair() {
        let genes: Vec<Gene> =
            (0..200u64).map(|i| gene(&i.to_string(), &(i % 3).to_string(), i * i * 7919 % 20_000)).collect();
        let part = |i: usize| [Split::Train, Split::Valid, Split::Test][i * 31 % 3];
        let split: HashMap<&str, Split> =
            genes.iter().enumerate().map(|(i, gene)| (gene.id.as_str(), part(i / 2))).collect();
        let brute = |wanted: Split| {
            let of =
                |split_: Split| genes.iter().filter(move |gene| part(gene.id.parse::<usize>().unwrap() / 2) == split_);
            of(wanted)
                .filter(|a| {
                    of(Split::Train)
                        .any(|b| a.tss.chrom == b.tss.chrom && a.tss.position.abs_diff(b.tss.position) < 200)
                })
                .count()
        };
        let [valid, test] = overlapping_windows(&genes, &split, &grid());
        assert_eq!((valid.overlapping_train, test.overlapping_train), (brute(Split::Valid), brute(Split::Test)));
        assert!(test.overlapping_train > 0 && test.overlapping_train < test.genes);
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
