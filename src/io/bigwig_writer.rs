//! Writes runs of equal values as a bigWig file.

use std::path::Path;

use super::{Result, track};
use crate::genome::{Chrom, Chroms};
use crate::matrix::track::Segment;

/// A run of one value: start, end (0-based half-open, bp), value.
pub type Run = (u64, u64, f32);

/// Bases a bin of the finest zoom level.
const FIRST_ZOOM_BP: u32 = 1000;

/// Writes `chroms`: name, length and the runs of each, which must be sorted and must not overlap.
/// Chromosomes without runs are not in the file, as bigWig has it.
pub fn write(path: &Path, chroms: &[(String, u64, Vec<Run>)]) -> Result<()> {
    let lengths: Chroms =
        chroms.iter().map(|(name, length, _)| Chrom { name: name.clone(), length: Some(*length) }).collect();
    // readers look names up by bisection, so the file has its chromosomes in the order of bytes
    let mut sorted: Vec<_> = chroms.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<String> = sorted.iter().map(|(name, ..)| name.clone()).collect();
    let segments: Vec<Segment> = sorted
        .iter()
        .zip(0..)
        .flat_map(|((_, _, runs), chrom)| {
            runs.iter().map(move |&(start, end, value)| Segment { chrom, start, end, value })
        })
        .collect();
    track::commit(track::bigwig::write(path, &lengths, &names, &segments, FIRST_ZOOM_BP)?)
}
