//! The bin grid: which bases of the genome each bin of a gene's window covers.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Strand, Tss};

/// The direction in which the bins of a minus-strand gene are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// 5′ to 3′ for every gene. The TSS base is the first base of the first downstream bin on either
    /// strand, so a minus-strand window is [tss − flank + 1, tss + flank + 1) read backwards, as in
    /// deepTools' computeMatrix.
    #[default]
    Gene,
    /// Ascending coordinates for both strands: [tss − flank, tss + flank), the layout of the
    /// published DeepChrome and AttentiveChrome data.
    Genome,
}

impl Orientation {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Orientation::Gene => "gene",
            Orientation::Genome => "genome",
        }
    }
}

/// A window of `2 × flank_bp` around a TSS, cut into bins of `bin_size_bp`.
///
/// Intervals may leave the chromosome at either end (a negative start is possible): clip them with
/// the chromosome's length.
///
/// ```
/// use attentrack::genome::{Grid, Orientation, Strand, Tss};
///
/// let grid = Grid::new(5000, 100, Orientation::Gene)?;
/// let tss = |strand| Tss { chrom: "chr8".to_owned(), position: 10_000, strand };
/// assert_eq!(grid.n_bins(), 100);
/// // the TSS base is the first base of bin 50, on either strand
/// assert_eq!(grid.bin(&tss(Strand::Forward), 50), 10_000..10_100);
/// assert_eq!(grid.bin(&tss(Strand::Reverse), 50), 9_901..10_001);
/// # Ok::<(), attentrack::genome::GridError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    flank_bp: u32,
    bin_size_bp: u32,
    orientation: Orientation,
}

/// Why a grid cannot exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GridError {
    /// Zero flank or zero bin size.
    #[error("flank ({flank_bp} bp) and bin size ({bin_size_bp} bp) must both be greater than 0")]
    Zero {
        /// The flank asked for.
        flank_bp: u32,
        /// The bin size asked for.
        bin_size_bp: u32,
    },
    /// The TSS would fall inside a bin instead of on a bin's edge.
    #[error(
        "flank ({flank_bp} bp) must be a multiple of the bin size ({bin_size_bp} bp), so that the TSS lies on a bin's edge"
    )]
    NotMultiple {
        /// The flank asked for.
        flank_bp: u32,
        /// The bin size asked for.
        bin_size_bp: u32,
    },
    /// More bins than memory holds for a whole genome's genes.
    #[error("flank ({flank_bp} bp) and bin size ({bin_size_bp} bp) make {n_bins} bins a gene, more than {MAX_BINS}")]
    TooManyBins {
        /// The flank asked for.
        flank_bp: u32,
        /// The bin size asked for.
        bin_size_bp: u32,
        /// Bins in a window.
        n_bins: u64,
    },
}

/// Most bins of a window: ±50 kb at single bases.
const MAX_BINS: u64 = 100_000;

impl Grid {
    /// A grid of `2 × flank_bp / bin_size_bp` bins.
    pub fn new(flank_bp: u32, bin_size_bp: u32, orientation: Orientation) -> Result<Self, GridError> {
        if flank_bp == 0 || bin_size_bp == 0 {
            return Err(GridError::Zero { flank_bp, bin_size_bp });
        }
        if !flank_bp.is_multiple_of(bin_size_bp) {
            return Err(GridError::NotMultiple { flank_bp, bin_size_bp });
        }
        let n_bins = 2 * u64::from(flank_bp) / u64::from(bin_size_bp);
        if n_bins > MAX_BINS {
            return Err(GridError::TooManyBins { flank_bp, bin_size_bp, n_bins });
        }
        Ok(Grid { flank_bp, bin_size_bp, orientation })
    }

    /// No bins: of a matrix that holds no windows.
    pub fn none() -> Self {
        Grid { flank_bp: 0, bin_size_bp: 1, orientation: Orientation::Gene }
    }

    /// The grid that a file names; flanks of 0 stand for [`Self::none`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn stored(flank_bp: u32, bin_size_bp: u32, orientation: Orientation) -> Result<Self, GridError> {
        if flank_bp == 0 { Ok(Grid::none()) } else { Grid::new(flank_bp, bin_size_bp, orientation) }
    }

    /// Bases on either side of the TSS.
    pub fn flank_bp(&self) -> u32 {
        self.flank_bp
    }

    /// Width of one bin.
    pub fn bin_size_bp(&self) -> u32 {
        self.bin_size_bp
    }

    /// Direction in which bins are stored.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// Bins in a window.
    pub fn n_bins(&self) -> usize {
        (2 * u64::from(self.flank_bp) / u64::from(self.bin_size_bp)) as usize
    }

    /// Whether the stored bin 0 is the right-most on the genome for a gene on `strand`.
    pub fn is_reversed(&self, strand: Strand) -> bool {
        self.orientation == Orientation::Gene && strand == Strand::Reverse
    }

    /// The genomic interval of the whole window, 0-based half-open, unclipped.
    pub fn window(&self, tss: &Tss) -> Range<i64> {
        let centre = tss.position as i64 + i64::from(self.is_reversed(tss.strand));
        let flank = i64::from(self.flank_bp);
        centre - flank..centre + flank
    }

    /// The genomic interval of the stored bin `bin`, 0-based half-open, unclipped.
    pub fn bin(&self, tss: &Tss, bin: usize) -> Range<i64> {
        let window = self.window(tss);
        let (bin, size) = (bin as i64, i64::from(self.bin_size_bp));
        if self.is_reversed(tss.strand) {
            window.end - (bin + 1) * size..window.end - bin * size
        } else {
            window.start + bin * size..window.start + (bin + 1) * size
        }
    }

    /// Distance in bp from the TSS to the 5′ edge of the stored bin, negative upstream.
    ///
    /// In genome orientation the distance is along ascending coordinates instead.
    pub fn offset_bp(&self, bin: usize) -> i64 {
        bin as i64 * i64::from(self.bin_size_bp) - i64::from(self.flank_bp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tss(strand: Strand) -> Tss {
        Tss { chrom: "chr1".into(), position: 10_000, strand }
    }

    #[test]
    fn forward_window_starts_at_tss_minus_flank() {
        let grid = Grid::new(5000, 100, Orientation::Gene).unwrap();
        assert_eq!(grid.n_bins(), 100);
        assert_eq!(grid.window(&tss(Strand::Forward)), 5000..15_000);
        assert_eq!(grid.bin(&tss(Strand::Forward), 0), 5000..5100);
        assert_eq!(grid.bin(&tss(Strand::Forward), 50), 10_000..10_100);
    }

    #[test]
    fn reverse_window_reads_backwards_from_the_tss_base() {
        let grid = Grid::new(5000, 100, Orientation::Gene).unwrap();
        // hand-computed: [tss − 4999, tss + 5001)
        assert_eq!(grid.window(&tss(Strand::Reverse)), 5001..15_001);
        assert_eq!(grid.bin(&tss(Strand::Reverse), 0), 14_901..15_001);
        // the first downstream bin ends with the TSS base, which is its first base 5′ to 3′
        assert_eq!(grid.bin(&tss(Strand::Reverse), 50), 9901..10_001);
        assert_eq!(grid.bin(&tss(Strand::Reverse), 99), 5001..5101);
    }

    #[test]
    fn genome_orientation_ignores_the_strand() {
        let grid = Grid::new(5000, 100, Orientation::Genome).unwrap();
        for strand in [Strand::Forward, Strand::Reverse] {
            assert_eq!(grid.bin(&tss(strand), 0), 5000..5100);
            assert_eq!(grid.bin(&tss(strand), 99), 14_900..15_000);
        }
    }

    #[test]
    fn a_flank_that_splits_a_bin_is_refused() {
        assert!(matches!(Grid::new(5050, 100, Orientation::Gene), Err(GridError::NotMultiple { .. })));
        assert!(matches!(Grid::new(0, 100, Orientation::Gene), Err(GridError::Zero { .. })));
    }

    #[test]
    fn a_window_that_no_memory_holds_is_refused() {
        assert!(matches!(Grid::new(1_000_000_000, 1, Orientation::Gene), Err(GridError::TooManyBins { .. })));
        assert_eq!(Grid::new(50_000, 1, Orientation::Gene).unwrap().n_bins(), 100_000);
    }
}
