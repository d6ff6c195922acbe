//! Writes runs of equal values as a bigWig file.

use std::path::Path;

use super::{Result, track};
use crate::genome::Chroms;
use crate::matrix::simulation::DepthRun;
use crate::matrix::track::Segment;

/// Bases a bin of the finest zoom level.
const FIRST_ZOOM_BP: u32 = 1000;

/// Writes the runs of each chromosome of `chroms`, which must be sorted and must not overlap.
/// Chromosomes without runs are not in the file, as bigWig has it.
pub fn write(path: &Path, chroms: &Chroms, runs: &[Vec<DepthRun>]) -> Result<()> {
    // readers look names up by bisection, so the file has its chromosomes in the order of bytes
    let mut sorted: Vec<_> = chroms.as_slice().iter().map(|chrom| chrom.name.clone()).zip(runs).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let segments: Vec<Segment> = sorted.iter().zip(0..).flat_map(|((_, runs), chrom)| of(chrom, runs)).collect();
    let names: Vec<String> = sorted.into_iter().map(|(name, _)| name).collect();
    track::commit(track::bigwig::write(path, chroms, &names, &segments, FIRST_ZOOM_BP)?)
}

fn of(chrom: u32, runs: &[DepthRun]) -> impl Iterator<Item = Segment> {
    runs.iter().map(move |&(start, end, value)| Segment { chrom, start, end, value })
}
