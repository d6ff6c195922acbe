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
mod bigwig_section;
mod bigwig_tree;
mod blacklist;
mod chrom_map;
mod columns;
mod cram;
mod cram_bounds;
mod cram_numbers;
mod cram_reference;
mod detect;
mod digest;
mod quiet_panic;
mod read_rules;
mod text;
mod text_kind;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use blacklist::read_blacklist;
pub use chrom_map::ChromMap;
pub use detect::Format;
pub use digest::digest;
pub use read_rules::ReadRules;

use super::{FileError, Result};
use crate::genome::{ChromAlias, Chroms};
use crate::matrix::{Bins, Signal, Tally, Windows};

/// How signal files are to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which reads count, and over which bases.
    pub reads: ReadRules,
    /// Genome sequence (FASTA, indexed or not) for CRAM files that need one.
    pub reference: Option<PathBuf>,
    /// How the genes' chromosome names become the file's.
    pub alias: ChromAlias,
    /// Read all of each file, so that [`Tally::total`] is the file's depth.
    pub whole_file: bool,
}

/// An open signal file, ready to be binned.
pub struct SignalFile {
    path: PathBuf,
    format: Format,
    digest: String,
    /// Declared chromosomes; `None` for text files, which declare none.
    chroms: Option<Chroms>,
    map: Option<ChromMap>,
    /// Depth that the file states of itself.
    declared_total: Option<f64>,
    reader: Box<dyn Signal<Error = FileError> + Send>,
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
        let mut file = SignalFile {
            path: path.to_owned(),
            format,
            digest,
            chroms: None,
            map: None,
            declared_total: None,
            reader: Box::new(Nothing),
        };
        let map_to = |chroms: &Chroms| ChromMap::new(path, gene_chroms, chroms, &options.alias);
        match format {
            Format::BigWig => {
                let bigwig = bigwig::BigWig::open(path)?;
                let map = map_to(bigwig.chroms())?;
                file.chroms = Some(bigwig.chroms().clone());
                file.declared_total = bigwig.total();
                if options.whole_file && file.declared_total.is_none() {
                    tracing::info!("{}: its summary states no sum; all of it is read for its depth", path.display());
                    file.declared_total = Some(bigwig.sum()?);
                }
                file.reader = Box::new(bigwig.with_map(map.clone()));
                file.map = Some(map);
            }
            Format::Bam => {
                let bam = bam::Bam::open(path, options)?;
                let map = map_to(bam.chroms())?;
                file.chroms = Some(bam.chroms().clone());
                file.reader = Box::new(bam.with_map(map.clone()));
                file.map = Some(map);
            }
            Format::Cram => {
                let cram = cram::Cram::open(path, options)?;
                let map = map_to(cram.chroms())?;
                file.chroms = Some(cram.chroms().clone());
                file.reader = Box::new(cram.with_map(map.clone()));
                file.map = Some(map);
            }
            Format::BedGraph => file.reader = Box::new(text::BedGraph::open(path, gene_chroms, &options.alias)),
            Format::Reads => file.reader = Box::new(text::TextReads::open(path, gene_chroms, options)?),
        }
        Ok(file)
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
        self.chroms.as_ref()
    }

    /// Whether the file has the genes' chromosome `chrom`; `None` where only reading it can tell.
    pub fn has_chrom(&self, chrom: usize) -> Option<bool> {
        self.map.as_ref().map(|map| map.to_file(chrom).is_some())
    }

    /// Length that the file declares for the genes' chromosome `chrom`.
    pub fn chrom_length(&self, chrom: usize) -> Option<u64> {
        let at = self.map.as_ref()?.to_file(chrom)?;
        self.chroms.as_ref()?.as_slice().get(at)?.length
    }

    /// Depth of the whole file: what it declares, or what a task that read all of it has tallied.
    pub fn depth(&self, tally: &Tally) -> f64 {
        self.declared_total.unwrap_or(tally.total)
    }
}

impl Signal for SignalFile {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        self.reader.tasks(windows)
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        self.reader.add_to(bins)
    }
}

/// Stands in while a file is being opened.
struct Nothing;

impl Signal for Nothing {
    type Error = FileError;

    fn tasks(&self, _: &Windows) -> Vec<Range<usize>> {
        Vec::new()
    }

    fn add_to(&self, _: &mut Bins<'_>) -> Result<()> {
        Ok(())
    }
}

/// The one task of a file that can only be streamed from its start.
fn whole(windows: &Windows) -> Vec<Range<usize>> {
    std::iter::once(0..windows.as_slice().len()).collect()
}
