//! What there is to know of a signal format, so that nobody asks which one it is.

use std::path::{Path, PathBuf};

use super::read_rules::ReadRules;
use super::{ChromMap, FileError, Result};
use crate::genome::{ChromAlias, Chroms};
use crate::io::named::known_by_name;
use crate::matrix::Signal;

/// How signal files are to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which reads count, and over which bases.
    pub reads: ReadRules,
    /// Genome sequence (FASTA, indexed or not) for CRAM files that need one.
    pub reference: Option<PathBuf>,
    /// How the genes' chromosome names become the file's.
    pub alias: ChromAlias,
    /// Read all of each file, so that [`Tally::total`](crate::matrix::Tally::total) is the file's depth.
    pub whole_file: bool,
}

/// A signal format, one of [`FORMATS`](super::FORMATS).
#[derive(Clone, Copy)]
pub struct Format {
    /// Name used in matrix files.
    pub name: &'static str,
    /// Whether it holds reads, which can be counted, rather than values.
    pub holds_reads: bool,
    /// How its files are known.
    pub(super) sniff: Sniff,
    /// Opens a file for genes on these chromosomes.
    pub(super) open: fn(&Path, &Chroms, &Options) -> Result<Opened>,
}

/// What tells a format from all others.
#[derive(Clone, Copy)]
pub(super) enum Sniff {
    /// The first bytes, any of these.
    Start(&'static [&'static [u8]]),
    /// The first bytes of what gzip or bgzip holds.
    Inflated(&'static [u8]),
    /// The columns of the first data line of a text, plain or gzip.
    Line(fn(&[String]) -> bool),
}

/// An open file.
pub(super) struct Opened {
    /// Declared chromosomes, and the genes' among them; `None` for text files, which declare none.
    pub(super) chroms: Option<(Chroms, ChromMap)>,
    /// Depth that the file states of itself.
    pub(super) declared_total: Option<f64>,
    /// The content.
    pub(super) reader: Box<dyn Signal<Error = FileError> + Send>,
}

impl Opened {
    /// A file that declares nothing.
    pub(super) fn text(reader: impl Signal<Error = FileError> + Send + 'static) -> Self {
        Opened { chroms: None, declared_total: None, reader: Box::new(reader) }
    }

    /// A file that declares its chromosomes.
    pub(super) fn binary(
        chroms: Chroms,
        map: ChromMap,
        reader: impl Signal<Error = FileError> + Send + 'static,
    ) -> Self {
        Opened { chroms: Some((chroms, map)), declared_total: None, reader: Box::new(reader) }
    }
}

known_by_name!(Format);
