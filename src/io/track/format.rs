//! What there is to know of a track format, so that nobody asks which one it is.

use std::path::Path;

use crate::io::named::known_by_name;
use crate::io::{PendingFile, Result};
use crate::matrix::track::{Aggregate, Cells, Segment, TrackValues, aggregate};

/// A track format, one of [`FORMATS`](super::FORMATS).
#[derive(Clone, Copy)]
pub struct Format {
    /// What users write.
    pub name: &'static str,
    /// Extension of its files, without a dot.
    pub extension: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// What its records are.
    pub holds: Holds,
    /// Whether it is text.
    pub text: Text,
    /// Whether a `track` line of UCSC may stand before its records.
    pub takes_track_line: bool,
    /// Writes a file.
    pub write: fn(&Path, &Drawing) -> Result<Vec<PendingFile>>,
}

/// What the records of a format are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One value a base, one mark a file, every bin.
    Bases,
    /// One box a bin, gene and mark; the bins that stand out, unless all are asked for.
    Boxes,
    /// One row a bin, gene and mark, every bin, in the order of the matrix.
    Rows,
}

/// How a format is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Binary, compressed inside.
    No,
    /// Text that bgzip may compress.
    Plain,
    /// Text that begins with chromosome, start and end, so that tabix can index it.
    Indexed,
}

/// What a file is drawn from.
pub struct Drawing<'a> {
    /// The matrix and the value to show.
    pub values: &'a TrackValues<'a>,
    /// The cells to draw: sorted by place, but for [`Holds::Rows`].
    pub cells: &'a Cells,
    /// How the genes' values of a base become one.
    pub rule: Aggregate,
    /// Text: write bgzip, with an index where the format has one.
    pub compress: bool,
    /// Begin with a `track` line, where the format takes one.
    pub track_line: bool,
}

impl Drawing<'_> {
    /// One value a base.
    pub fn segments(&self) -> Vec<Segment> {
        aggregate(&self.cells.kept, self.rule)
    }
}

impl Format {
    /// Whether it is text, which can be compressed, streamed and empty.
    pub fn is_text(&self) -> bool {
        self.text != Text::No
    }
}

known_by_name!(Format);
