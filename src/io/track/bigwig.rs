//! bigWig: one value a base, one mark a file, with zoom levels.

use std::path::Path;

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BigWigWrite, Value};

use super::bbi;
use crate::genome::Chroms;
use crate::io::{PendingFile, Result};
use crate::matrix::track::Segment;

/// Writes segments, sorted and without overlap; `names` are the chromosomes that they point into and
/// `chroms` has the lengths. The file lists the chromosomes that have a segment. Zoom levels begin at
/// `first_zoom_bp`; a finer one than some ten segments only costs space.
///
/// # Errors
/// No segment at all (an empty bigWig cannot be written); an unknown length.
pub fn write(
    path: &Path,
    chroms: &Chroms,
    names: &[String],
    segments: &[Segment],
    first_zoom_bp: u32,
) -> Result<Vec<PendingFile>> {
    let pending = PendingFile::create(path)?;
    let sizes = bbi::chrom_sizes(&pending, chroms, names)?;
    let mut writer = BigWigWrite::new(pending.open()?, sizes.clone());
    writer.options = bbi::options(first_zoom_bp, &sizes);
    let rows = segments.iter().map(|segment| {
        let value = Value { start: segment.start as u32, end: segment.end as u32, value: segment.value };
        (names[segment.chrom as usize].as_str(), value)
    });
    writer
        .write(BedParserStreamingIterator::wrap_infallible_iter(rows, false), bbi::runtime(&pending)?)
        .map_err(|error| bbi::error(&pending, error))?;
    bbi::check_and_patch(&pending, None)?;
    Ok(vec![pending])
}
