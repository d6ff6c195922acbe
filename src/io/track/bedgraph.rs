//! bedGraph: one value a base, one mark a file.

use std::fmt::Write;
use std::path::Path;

use super::TrackText;
use crate::io::{PendingFile, Result};
use crate::matrix::track::Segment;

/// Writes segments, sorted and without overlap; `chroms` are the names that they point into.
///
/// A value has the fewest digits that read back to the same f32, never an exponent.
pub fn write(path: &Path, compress: bool, chroms: &[String], segments: &[Segment]) -> Result<Vec<PendingFile>> {
    let mut text = TrackText::create(path, compress, true)?;
    let mut line = String::new();
    for segment in segments {
        let chrom = &chroms[segment.chrom as usize];
        line.clear();
        let _ = writeln!(line, "{chrom}\t{}\t{}\t{}", segment.start, segment.end, segment.value);
        text.record(chrom, segment.start, segment.end, &line)?;
    }
    text.finish()
}
