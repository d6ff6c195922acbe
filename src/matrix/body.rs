//! The layer `body`: H3K36me3 and H3K27me3 say as much along a gene's body as at its promoter.

use super::axis::{BODY_PARTS, PART_BP, middle};
use super::{Axis, Windows};
use crate::genome::{Gene, Grid, GridError, Orientation, Tss};

/// Windows at the places of [`Axis::Parts`] of each gene, of two bins each. Row `gene × BODY_PARTS + part`; those of
/// genes whose end is not known lie at the TSS, so that chromosomes are those of the genes' own windows.
///
/// # Errors
/// None; the grid is a constant.
pub fn body_windows(genes: &[Gene]) -> Result<Windows, GridError> {
    let place = |gene: &Gene, part: usize| {
        let tss = gene.tss.position;
        let position = middle(tss, gene.end.unwrap_or(tss), part);
        Gene { id: String::new(), tss: Tss { position, ..gene.tss.clone() }, end: None }
    };
    let parts = Axis::Parts.n_positions();
    let places: Vec<Gene> = genes.iter().flat_map(|gene| (0..parts).map(|part| place(gene, part))).collect();
    Ok(Windows::new(&places, Grid::new(PART_BP / 2, PART_BP / 2, Orientation::Genome)?))
}

/// Values [gene, mark, part] from those of [`body_windows`], row-major [gene × part, mark, 2]: the mean of both bins of
/// a place, 0 of a bin without data as the models take it; NaN for genes whose end is not known.
pub fn body_values(genes: &[Gene], marks: usize, binned: &[f32]) -> Vec<f32> {
    let mut values = vec![f32::NAN; genes.len() * marks * BODY_PARTS];
    let known = |value: f32| if value.is_finite() { value } else { 0.0 };
    for ((at, gene), places) in genes.iter().enumerate().zip(binned.chunks_exact(BODY_PARTS * marks * 2)) {
        if gene.end.is_none() {
            continue;
        }
        for (part, bins) in places.chunks_exact(marks * 2).enumerate() {
            for (mark, bins) in bins.chunks_exact(2).enumerate() {
                values[(at * marks + mark) * BODY_PARTS + part] = (known(bins[0]) + known(bins[1])) / 2.0;
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::Strand;

    #[test]
    fn places_run_from_the_tss_to_the_end_on_either_strand() {
        let gene =
            |position, strand, end| Gene { id: "g".into(), tss: Tss { chrom: "chr1".into(), position, strand }, end };
        let genes = [
            gene(100_000, Strand::Forward, Some(124_000)),
            gene(100_000, Strand::Reverse, Some(76_000)),
            gene(500_000, Strand::Forward, None),
        ];
        let windows = body_windows(&genes).unwrap();
        let mut starts = vec![0; 3 * BODY_PARTS];
        windows.as_slice().iter().for_each(|window| starts[window.gene] = window.start);
        // middles at 1/24, 3/24 … of 24 kb
        assert_eq!(starts[..2], [100_500, 102_500]);
        assert_eq!(starts[11], 122_500);
        assert_eq!(starts[12..14], [98_500, 96_500]);
        assert_eq!(starts[23], 76_500);
        assert!(starts[24..].iter().all(|&start| start == 499_500));

        let mut binned: Vec<f32> = (0..3 * BODY_PARTS * 2 * 2).map(|at| at as f32).collect();
        // no data, as coverage-mean has it
        binned[4] = f32::NAN;
        let values = body_values(&genes, 2, &binned);
        // gene 0, mark 0: places 0 and 1; mark 1: place 0
        assert_eq!([values[0], values[1], values[BODY_PARTS]], [0.5, 2.5, 2.5]);
        assert!(values[2 * 2 * BODY_PARTS..].iter().all(|value| value.is_nan()));
    }
}
