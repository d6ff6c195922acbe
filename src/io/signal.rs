//! Signal files: bigWig, BAM, CRAM, bedGraph and reads as BED/tagAlign, told apart by content.
//!
//! Every format ends up in [`Bins`]: reads through [`Bins::add_read`], values through
//! [`Bins::add_value`]. Each block of a file is read once.

mod bam;
mod bam_index;
mod bam_index_bytes;
mod bam_record;
mod bgzf;
mod bigwig;
pub(super) mod bigwig_section;
pub(super) mod bigwig_tree;
mod blacklist;
mod chrom_map;
mod columns;
mod cram;
mod cram_bounds;
mod cram_numbers;
mod cram_reference;
mod detect;
mod digest;
mod format;
mod read_rules;
mod text;
mod text_kind;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use blacklist::read_blacklist;
pub use chrom_map::ChromMap;
pub use digest::digest;
pub use format::{Format, Options};
pub use read_rules::ReadRules;

use self::format::Opened;
use super::{FileError, Result};
use crate::genome::Chroms;
use crate::matrix::{Bins, Signal, Tally, Windows};

/// Every format that is recognised; to add one, write its file and name it here.
pub static FORMATS: &[Format] = &[bigwig::FORMAT, bam::FORMAT, cram::FORMAT, text::BEDGRAPH, text::READS];

/// An open signal file, ready to be binned.
pub struct SignalFile {
    path: PathBuf,
    format: Format,
    digest: String,
    opened: Opened,
}

impl SignalFile {
    /// Recognises the format, reads header and index and finds the genes' chromosomes.
    ///
    /// # Errors
    /// No such file, an unknown format, a truncated or damaged file, an index that does not fit, or
    /// read options that the format cannot serve.
    pub fn open(path: &Path, gene_chroms: &Chroms, options: &Options) -> Result<Self> {
        let format = detect::detect(path)?;
        let digest = digest::digest(path)?;
        let opened = (format.open)(path, gene_chroms, options)?;
        Ok(SignalFile { path: path.to_owned(), format, digest, opened })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// FNV-1a 64 of the file's length and its first and last 64 KiB, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The chromosomes that the file declares; `None` where the format declares none.
    pub fn chroms(&self) -> Option<&Chroms> {
        self.opened.chroms.as_ref().map(|(chroms, _)| chroms)
    }

    /// Whether the file has the genes' chromosome `chrom`; `None` where only reading it can tell.
    pub fn has_chrom(&self, chrom: usize) -> Option<bool> {
        self.opened.chroms.as_ref().map(|(_, map)| map.to_file(chrom).is_some())
    }

    /// Length that the file declares for the genes' chromosome `chrom`.
    pub fn chrom_length(&self, chrom: usize) -> Option<u64> {
        let (chroms, map) = self.opened.chroms.as_ref()?;
        chroms.as_slice().get(map.to_file(chrom)?)?.length
    }

    /// Depth of the whole file: what it declares, or what a task that read all of it has tallied.
    pub fn depth(&self, tally: &Tally) -> f64 {
        self.opened.declared_total.unwrap_or(tally.total)
    }
}

impl Signal for SignalFile {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        self.opened.reader.tasks(windows)
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        self.opened.reader.add_to(bins)
    }
}

/// The one task of a file that can only be streamed from its start.
fn whole(windows: &Windows) -> Vec<Range<usize>> {
    std::iter::once(0..windows.as_slice().len()).collect()
}
