//! The genes' windows in the order in which signal is read: by chromosome and start.

use std::ops::Range;

use crate::genome::{Chrom, Chroms, Gene, Grid};

/// One gene's window, unclipped, 0-based half-open `start..start + Windows::width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Index into [`Windows::chroms`].
    pub chrom: usize,
    /// First base; negative where the window leaves the chromosome.
    pub start: i64,
    /// Row of the matrix.
    pub gene: usize,
    /// Whether the stored bin 0 is the right-most on the genome.
    pub reversed: bool,
}

/// All windows, sorted by chromosome, start and row. All are equally wide, so ends are sorted as
/// starts are.
#[derive(Clone, Debug)]
pub struct Windows {
    grid: Grid,
    chroms: Chroms,
    list: Vec<Window>,
    of_chrom: Vec<Range<usize>>,
}

impl Windows {
    /// Windows of `grid` around the genes; chromosomes are those of the genes, in order of appearance.
    pub fn new(genes: &[Gene], grid: Grid) -> Self {
        let mut chroms = Chroms::default();
        let mut list: Vec<Window> = genes
            .iter()
            .enumerate()
            .map(|(gene, Gene { tss, .. })| Window {
                chrom: chroms.push(Chrom { name: tss.chrom.clone(), length: None }),
                start: grid.window(tss).start,
                gene,
                reversed: grid.is_reversed(tss.strand),
            })
            .collect();
        list.sort_unstable_by_key(|window| (window.chrom, window.start, window.gene));
        let of_chrom = (0..chroms.len())
            .map(|chrom| {
                list.partition_point(|window| window.chrom < chrom)
                    ..list.partition_point(|window| window.chrom <= chrom)
            })
            .collect();
        Windows { grid, chroms, list, of_chrom }
    }

    /// The bins of each window.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Chromosomes of the genes, in the genes' spelling, without lengths.
    pub fn chroms(&self) -> &Chroms {
        &self.chroms
    }

    /// All windows, sorted.
    pub fn as_slice(&self) -> &[Window] {
        &self.list
    }

    /// The range of [`Windows::as_slice`] on one chromosome.
    pub fn of_chrom(&self, chrom: usize) -> Range<usize> {
        self.of_chrom.get(chrom).cloned().unwrap_or(0..0)
    }

    /// Width of a window in bp.
    pub fn width(&self) -> i64 {
        2 * i64::from(self.grid.flank_bp())
    }

    /// Cuts one chromosome's windows into ranges of at most `most` windows.
    pub fn groups(&self, chrom: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
        let whole = self.of_chrom(chrom);
        whole.clone().step_by(most.max(1)).map(move |start| start..whole.end.min(start.saturating_add(most.max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Orientation, Strand, Tss};

    #[test]
    fn windows_are_sorted_and_remember_their_row() {
        let gene = |chrom: &str, position| Gene {
            id: format!("{chrom}:{position}"),
            symbol: None,
            tss: Tss { chrom: chrom.into(), position, strand: Strand::Forward },
            end: None,
        };
        let genes = [gene("b", 900), gene("a", 50), gene("b", 100)];
        let windows = Windows::new(&genes, Grid::new(100, 10, Orientation::Gene).unwrap());
        assert_eq!(windows.as_slice().iter().map(|window| window.gene).collect::<Vec<_>>(), [2, 0, 1]);
        assert_eq!(windows.as_slice()[2].start, -50);
        assert_eq!((windows.of_chrom(0), windows.of_chrom(1)), (0..2, 2..3));
        assert_eq!(windows.groups(0, 1).collect::<Vec<_>>(), [0..1, 1..2]);
    }
}
