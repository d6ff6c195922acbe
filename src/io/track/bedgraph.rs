//! bedGraph: one value a base, one mark a file.

use std::fmt::Write;
use std::path::Path;

use super::format::{Drawing, Format, Holds, Text};
use super::text::TrackText;
use crate::io::{PendingFile, Result};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bedgraph",
    extension: "bedgraph",
    about: "One value a base, one mark a file, text",
    holds: Holds::Bases,
    text: Text::Indexed,
    takes_track_line: false,
    write,
};

/// Writes one line a segment.
///
/// A value has the fewest digits that read back to the same f32, never an exponent.
fn write(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let mut text = TrackText::create(path, drawing.compress, FORMAT.text)?;
    text.verdict(drawing.values.judged())?;
    let mut line = String::new();
    for segment in drawing.segments() {
        let chrom = &drawing.cells.chroms[segment.chrom as usize];
        line.clear();
        let _ = writeln!(line, "{chrom}\t{}\t{}\t{}", segment.start, segment.end, segment.value);
        text.record(chrom, segment.start, segment.end, &line)?;
    }
    text.finish()
}
