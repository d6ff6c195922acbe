//! One region, channel and position with its place on the genome.

use rayon::slice::ParallelSliceMut;

use super::{TrackError, TrackValues};
use crate::genome::Interval;

/// One value of the matrix and the bases that it lies on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Rank of the chromosome's name in byte order (`LC_ALL=C sort`); see [`Cells::chroms`].
    pub chrom: u32,
    /// First base, 0-based, clipped to the chromosome.
    pub start: u64,
    /// One past the last base, clipped to the chromosome where its length is known.
    pub end: u64,
    /// Row of the matrix.
    pub gene: u32,
    /// Which of [`TrackValues::channels`].
    pub channel: u32,
    /// The position in the channel's layer, as stored.
    pub position: u32,
    /// The value to show, finite.
    pub value: f32,
}

impl Cell {
    /// The position counted 5′ to 3′ from 0, whichever way the matrix stores it.
    pub fn gene_position(&self, values: &TrackValues) -> usize {
        values.channels()[self.channel as usize]
            .axis
            .turned(&values.matrix().regions[self.gene as usize], self.position as usize)
    }

    /// Distance in bp along the gene from the TSS base to the bin's 5′-most base (before clipping),
    /// negative upstream.
    pub fn offset_bp(&self, values: &TrackValues) -> i64 {
        let region = &values.matrix().regions[self.gene as usize];
        values.channels()[self.channel as usize].axis.offset_bp(region, self.position as usize).unwrap_or_default()
    }
}

/// Which part of the matrix to show.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Rows, in the matrix's order; `None` for all.
    pub genes: Option<Vec<usize>>,
    /// Indices of [`TrackValues::channels`].
    pub channels: Vec<usize>,
    /// Bins that overlap any of these, whole; all bins where there is none.
    pub regions: Vec<Interval>,
}

/// The cells that were kept, and of how many.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// Chromosome names in byte order, which [`Cell::chrom`] points into.
    pub chroms: Vec<String>,
    /// Kept cells, in the order gene, channel, position 5′ to 3′ until [`Cells::sort`].
    pub kept: Vec<Cell>,
    /// Selected cells that have a value and a base on the chromosome, kept or not.
    pub n_selected: u64,
    /// Sum of the absolute values of those.
    pub selected_sum: f64,
    /// Sum of the absolute values of the kept cells.
    pub kept_sum: f64,
    /// Selected genes whose every value is missing (they could not be scored).
    pub n_missing_genes: usize,
    /// Selected bins that lie wholly outside their chromosome.
    pub n_outside: u64,
    /// Selected positions with a value of which it is not known where they lie: parts of genes without an end.
    pub n_unplaced: u64,
}

impl Cells {
    /// Sorts by chromosome name (byte order), start, end, gene, mark.
    pub fn sort(&mut self) {
        self.kept.par_sort_unstable_by_key(|cell| (cell.chrom, cell.start, cell.end, cell.gene, cell.channel));
    }

    /// Name of a kept cell's chromosome.
    pub fn chrom(&self, cell: &Cell) -> &str {
        &self.chroms[cell.chrom as usize]
    }
}

/// The selected cells that `keep` accepts.
///
/// # Errors
/// A matrix without positions.
pub fn cells(
    values: &TrackValues,
    selection: &Selection,
    mut keep: impl FnMut(&Cell) -> bool,
) -> Result<Cells, TrackError> {
    let matrix = values.matrix();
    let sites = matrix.regions.iter().map(|region| region.tss.as_ref());
    let chroms: Option<Vec<String>> = sites.map(|tss| Some(tss?.chrom.clone())).collect();
    let mut chroms = chroms.ok_or(TrackError::NoPositions)?;
    chroms.sort_unstable();
    chroms.dedup();
    let mut cells = Cells { chroms, ..Cells::default() };
    let genes: &mut dyn Iterator<Item = usize> = match &selection.genes {
        Some(genes) => &mut genes.iter().copied(),
        None => &mut (0..matrix.n_regions()),
    };
    for gene in genes {
        let region = &matrix.regions[gene];
        let Some(site) = &region.tss else { continue };
        let chrom = cells.chroms.binary_search(&site.chrom).unwrap_or_default() as u32;
        let length = matrix.chroms.length(&site.chrom).unwrap_or(i64::MAX as u64) as i64;
        let mut has_value = false;
        for &channel in &selection.channels {
            let axis = values.channels()[channel].axis;
            for at in 0..axis.n_positions() {
                let position = axis.turned(region, at);
                let value = values.value(gene, channel, position);
                if !value.is_finite() {
                    continue;
                }
                has_value = true;
                let Some(bases) = axis.interval(region, position) else {
                    cells.n_unplaced += 1;
                    continue;
                };
                let (start, end) = (bases.start.max(0), bases.end.min(length));
                if start >= end {
                    cells.n_outside += 1;
                    continue;
                }
                let (start, end) = (start as u64, end as u64);
                let regions = &selection.regions;
                if !regions.is_empty() && !regions.iter().any(|region| region.overlaps(&site.chrom, start, end)) {
                    continue;
                }
                let cell = Cell {
                    chrom,
                    start,
                    end,
                    gene: gene as u32,
                    channel: channel as u32,
                    position: position as u32,
                    value,
                };
                cells.n_selected += 1;
                cells.selected_sum += f64::from(value.abs());
                if keep(&cell) {
                    cells.kept_sum += f64::from(value.abs());
                    cells.kept.push(cell);
                }
            }
        }
        cells.n_missing_genes += usize::from(!has_value);
    }
    Ok(cells)
}
