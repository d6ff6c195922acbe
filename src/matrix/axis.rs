//! The positions of a layer, and where on the genome each lies.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Region;
use crate::genome::{Grid, Orientation, Strand};

/// Places along a gene's body that the signal is taken at.
pub const BODY_PARTS: usize = 12;
/// Bases around each place.
pub(super) const PART_BP: u32 = 1000;

/// The positions of a layer, in the order in which they are stored.
///
/// Whatever draws a layer or measures along it asks the axis, and needs not know which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The bins around the TSS.
    Bins(Grid),
    /// [`BODY_PARTS`] places of 1 kb at even steps from the TSS to the last base, 5′ to 3′. In a gene of less than
    /// 12 kb they overlap, in a longer one they are a sample.
    Parts,
    /// Single bases, 5′ to 3′ on the region's strand.
    Bases(Bases),
}

/// The bases of a region whose sequence is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bases {
    /// Bases 5′ of the region's own: its TSS, its summit or its middle.
    pub before_bp: u32,
    /// All bases.
    pub length_bp: u32,
}

impl Bases {
    /// Bases of a region's row where nothing else is asked for.
    pub const USUAL_LENGTH: u32 = 200;

    /// So many, the region's own in the middle, of an even number the first base of the second half.
    pub fn around(length_bp: u32) -> Self {
        Bases { before_bp: length_bp / 2, length_bp }
    }
}

/// The numbers along a drawn axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ruler {
    /// What they are.
    pub words: &'static str,
    /// At the first position's 5′ edge.
    pub start: f64,
    /// At the last position's 3′ edge.
    pub end: f64,
    /// Width of a position.
    pub step: f64,
}

impl Axis {
    /// Number of positions.
    pub fn n_positions(self) -> usize {
        match self {
            Axis::Bins(grid) => grid.n_bins(),
            Axis::Parts => BODY_PARTS,
            Axis::Bases(bases) => bases.length_bp as usize,
        }
    }

    /// The bases of a position, 0-based half-open. They may leave the chromosome at either end: clip them. `None`
    /// where it is not known where the region lies, or, for parts, where it ends.
    pub fn interval(self, region: &Region, position: usize) -> Option<Range<i64>> {
        let tss = region.tss.as_ref()?;
        match self {
            Axis::Bins(grid) => Some(grid.bin(tss, position)),
            Axis::Parts => {
                let middle = middle(tss.position, region.end?, position) as i64;
                let half = i64::from(PART_BP / 2);
                Some(middle - half..middle + half)
            }
            Axis::Bases(bases) => {
                let (own, along) = (tss.position as i64, position as i64 - i64::from(bases.before_bp));
                let base = if tss.strand == Strand::Forward { own + along } else { own - along };
                Some(base..base + 1)
            }
        }
    }

    /// Distance in bp along the region from the TSS base to the 5′-most base of a position, negative upstream.
    /// `None` as [`Self::interval`].
    pub fn offset_bp(self, region: &Region, position: usize) -> Option<i64> {
        let bases = self.interval(region, position)?;
        let tss = region.tss.as_ref()?;
        Some(match tss.strand {
            Strand::Forward => bases.start - tss.position as i64,
            Strand::Reverse => tss.position as i64 - (bases.end - 1),
        })
    }

    /// Where a position lies along the region, 5′ to 3′, in bp from the TSS, as its axis is made: of bins without the
    /// base by which the windows of the two strands differ in genome orientation, and of regions without a place too.
    /// `None` of parts where the region's end is not known.
    pub fn span_bp(self, region: &Region, position: usize) -> Option<Range<i64>> {
        let (start, width) = match self {
            Axis::Bins(grid) => (grid.offset_bp(self.turned(region, position)), grid.bin_size_bp()),
            Axis::Parts => (self.offset_bp(region, position)?, PART_BP),
            Axis::Bases(bases) => (position as i64 - i64::from(bases.before_bp), 1),
        };
        Some(start..start + i64::from(width))
    }

    /// How a picture draws the axis, 5′ to 3′.
    pub fn ruler(self) -> Ruler {
        match self {
            Axis::Bins(grid) => {
                let [flank, step] = [grid.flank_bp(), grid.bin_size_bp()].map(|bp| f64::from(bp) / 1000.0);
                Ruler { words: "kb from the TSS", start: -flank, end: flank, step }
            }
            Axis::Parts => Ruler { words: "% of the gene", start: 0.0, end: 100.0, step: 100.0 / BODY_PARTS as f64 },
            Axis::Bases(Bases { before_bp, length_bp }) => {
                let [before, length] = [before_bp, length_bp].map(f64::from);
                Ruler { words: "bp from the middle", start: -before, end: length - before, step: 1.0 }
            }
        }
    }

    /// Whether the stored position 0 of a region is its 3′-most; false where its strand is unknown.
    pub fn is_backwards(self, region: &Region) -> bool {
        let is_reverse = region.tss.as_ref().is_some_and(|tss| tss.strand == Strand::Reverse);
        matches!(self, Axis::Bins(grid) if grid.orientation() == Orientation::Genome) && is_reverse
    }

    /// Which position counted 5′ to 3′ from 0 the stored `position` is; or the other way round.
    pub fn turned(self, region: &Region, position: usize) -> usize {
        if self.is_backwards(region) { self.n_positions() - 1 - position } else { position }
    }
}

/// The middle of a part of a body.
pub(super) fn middle(tss: u64, end: u64, part: usize) -> u64 {
    let from_start = end.abs_diff(tss) * (2 * part as u64 + 1) / (2 * BODY_PARTS as u64);
    if end < tss { tss - from_start } else { tss + from_start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::Tss;

    fn region(strand: Strand, end: Option<u64>) -> Region {
        let tss = Some(Tss { chrom: "chr1".into(), position: 100_000, strand });
        Region { tss, end, ..Region::unplaced("g".into()) }
    }

    #[test]
    fn parts_lie_along_the_body_5_to_3_on_either_strand() {
        let forward = region(Strand::Forward, Some(124_000));
        let reverse = region(Strand::Reverse, Some(76_000));
        // middles at 1/24, 3/24 … of 24 kb
        assert_eq!(Axis::Parts.interval(&forward, 0), Some(100_500..101_500));
        assert_eq!(Axis::Parts.interval(&forward, 11), Some(122_500..123_500));
        assert_eq!(Axis::Parts.interval(&reverse, 0), Some(98_500..99_500));
        assert_eq!(Axis::Parts.interval(&reverse, 11), Some(76_500..77_500));
        assert_eq!(Axis::Parts.offset_bp(&forward, 1), Some(2_500));
        // the 5′-most base of [96500, 97500) is 97499
        assert_eq!(Axis::Parts.offset_bp(&reverse, 1), Some(2_501));
        assert_eq!(Axis::Parts.turned(&reverse, 3), 3);
        assert_eq!(Axis::Parts.interval(&region(Strand::Reverse, None), 0), None);
    }

    #[test]
    fn bases_lie_5_to_3_around_the_regions_own() {
        let axis = Axis::Bases(Bases::around(5));
        let [forward, reverse] = [Strand::Forward, Strand::Reverse].map(|strand| region(strand, None));
        let of = |region| (0..5).map(|at| axis.interval(region, at).unwrap().start).collect::<Vec<_>>();
        assert_eq!(of(&forward), [99_998, 99_999, 100_000, 100_001, 100_002]);
        assert_eq!(of(&reverse), [100_002, 100_001, 100_000, 99_999, 99_998]);
        for region in [&forward, &reverse] {
            assert_eq!((axis.offset_bp(region, 0), axis.span_bp(region, 4)), (Some(-2), Some(2..3)));
            assert_eq!(axis.turned(region, 1), 1);
        }
        assert_eq!(Axis::Bases(Bases::around(4)).interval(&reverse, 0), Some(100_002..100_003));
        assert_eq!(axis.interval(&Region::unplaced("s".into()), 0), None);
    }

    #[test]
    fn bins_are_those_of_the_grid() {
        let [gene, genome] =
            [Orientation::Gene, Orientation::Genome].map(|o| Axis::Bins(Grid::new(200, 100, o).unwrap()));
        let reverse = region(Strand::Reverse, None);
        assert_eq!(gene.interval(&reverse, 0), Some(100_101..100_201));
        assert_eq!((gene.offset_bp(&reverse, 0), gene.turned(&reverse, 0)), (Some(-200), 0));
        assert_eq!(genome.interval(&reverse, 0), Some(99_800..99_900));
        assert_eq!((genome.turned(&reverse, 0), genome.turned(&reverse, 3)), (3, 0));
        assert_eq!(genome.offset_bp(&reverse, 3), Some(-199));
        assert_eq!(genome.interval(&Region::unplaced("g".into()), 0), None);
    }
}
