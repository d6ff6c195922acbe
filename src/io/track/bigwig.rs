//! bigWig: one value a base, one mark a file, with zoom levels.

use std::path::Path;

use super::bbi::{self, ChromTable, Content};
use super::format::{Drawing, Format, Holds, Text};
use crate::genome::Chroms;
use crate::io::{PendingFile, Result};
use crate::matrix::track::Segment;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bigwig",
    extension: "bw",
    about: "One value a base, one mark a file, binary with zoom levels",
    holds: Holds::Bases,
    text: Text::No,
    takes_track_line: false,
    write: draw,
};

const MAGIC: u32 = 0x888F_FC26;
/// Blocks hold (start, end, value), as bedGraph does.
const BEDGRAPH_BLOCK: u8 = 1;

fn draw(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let matrix = drawing.values.matrix();
    write(path, &matrix.chroms, &drawing.cells.chroms, &drawing.segments(), 10 * matrix.grid.bin_size_bp())
}

/// Writes segments, sorted and without overlap; `names` are the chromosomes that they point into and
/// `chroms` has the lengths. The file lists the chromosomes that have a segment. Zoom levels begin at
/// `first_zoom_bp`; a finer one than some ten segments only costs space.
///
/// # Errors
/// No segment at all; an unknown length.
pub fn write(
    path: &Path,
    chroms: &Chroms,
    names: &[String],
    segments: &[Segment],
    first_zoom_bp: u32,
) -> Result<Vec<PendingFile>> {
    let pending = PendingFile::create(path)?;
    let chroms = ChromTable::new(&pending, chroms, names, segments)?;
    let place = |segment: &Segment| (chroms.id(segment.chrom), segment.start as u32..segment.end as u32);
    let encode = |segments: &[Segment], bytes: &mut Vec<u8>| {
        let (first, last) = (&segments[0], &segments[segments.len() - 1]);
        let (step, span) = (0, 0);
        for field in [chroms.id(first.chrom), first.start as u32, last.end as u32, step, span] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend([BEDGRAPH_BLOCK, 0]);
        bytes.extend((segments.len() as u16).to_le_bytes());
        for segment in segments {
            bytes.extend((segment.start as u32).to_le_bytes());
            bytes.extend((segment.end as u32).to_le_bytes());
            bytes.extend(segment.value.to_le_bytes());
        }
    };
    let blocks = bbi::pack(segments, place, encode);
    let count = blocks.len() as u64;
    bbi::write(&pending, &Content { magic: MAGIC, chroms, columns: None, count, blocks, segments, first_zoom_bp })?;
    Ok(vec![pending])
}
