//! BAI and CSI, reduced to what a forward reader needs: where to start for a position.
//!
//! What is taken is what samtools takes: CSI before BAI, and the chunks of the bins, with the linear
//! index (BAI) or the bins' smallest offsets (CSI) only to skip. An index that is older than its BAM
//! file, or does not end where the file does, is not used: the whole file is read, which is slower and
//! always right.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use flate2::read::MultiGzDecoder;

use super::bam_index_bytes::{self as bytes, ChromIndex};
use super::{FileError, Result};

/// Names of an index, in the order in which htslib looks for them: `X.bam.csi`, `X.csi`, `X.bam.bai`, `X.bai`.
const EXTENSIONS: [&str; 2] = ["csi", "bai"];
/// What an index may inflate to: this many times its length and [`INFLATED_BASE`].
const INFLATED_RATIO: u64 = 64;
/// Bytes. Chromosomes without reads are zeros, which compress to next to nothing.
const INFLATED_BASE: u64 = 1 << 26;

pub(super) const REMEDY: &str = "Make the index again (samtools index), or remove it to read the whole BAM file";

/// An index that has been read, beside its BAM file.
#[derive(Debug)]
pub(super) struct BamIndex {
    path: PathBuf,
    chroms: Vec<ChromIndex>,
}

impl BamIndex {
    /// Reads the index that lies beside `bam` or, where `bam` is a link (workflow engines link their
    /// inputs), beside the file itself, if any. `lengths` are those of the BAM file's chromosomes.
    pub(super) fn find(bam: &Path, lengths: &[u64]) -> Result<Option<Self>> {
        let Some(path) = newest(bam) else { return Ok(None) };
        let damaged = |error: io::Error| FileError::os(&path, "read", &error).remedy(REMEDY);
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let parsed = bytes::parse(&content(&path).map_err(damaged)?, longest).map_err(damaged)?;
        if longest > parsed.reach {
            let reach = parsed.reach;
            let why = format!("covers only the first {reach} bp of a chromosome, and one has {longest} bp");
            warn_unused(&path, &format!("{why} (samtools index -c makes one that does)"));
            return Ok(None);
        }
        if parsed.chroms.len() != lengths.len() {
            let (found, expected) = (parsed.chroms.len(), lengths.len());
            let problem = format!("indexes {found} chromosomes, {} has {expected}", bam.display());
            return Err(FileError::new(&path, problem).remedy(REMEDY));
        }
        let index = BamIndex { path, chroms: parsed.chroms };
        if !parsed.covers_long_reads {
            // noodles: the smallest offset of a bin leaves out reads that reach into it from the bin before
            let path = index.path.display();
            tracing::info!("{path}: its offsets may leave out reads over two bins; the whole BAM file is read");
            return Ok(None);
        }
        Ok(Some(index))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Virtual offset from which every read that overlaps `position` or lies behind it on the
    /// chromosome is found; `None` if there is no such read.
    pub(super) fn offset(&self, chrom: usize, position: i64) -> Option<u64> {
        self.chroms.get(chrom)?.offset(u64::try_from(position).unwrap_or(0))
    }

    /// Virtual offsets of the first read and of the end of the last one on any chromosome; `None` if
    /// the index knows of no read.
    pub(super) fn extent(&self) -> Option<(u64, u64)> {
        let extents = || self.chroms.iter().filter_map(ChromIndex::extent);
        Some((extents().map(|(start, _)| start).min()?, extents().map(|(_, end)| end).max()?))
    }

    /// Warns that the index is left aside, and why.
    pub(super) fn is_not_used(&self, why: &str) {
        warn_unused(&self.path, why);
    }
}

fn warn_unused(path: &Path, why: &str) {
    tracing::warn!("{}: {why}; it is not used, and the whole BAM file is read. {REMEDY}", path.display());
}

/// The first index beside `bam` that is not older than it. Older ones are warned of: their offsets may
/// be those of a file that was replaced.
fn newest(bam: &Path) -> Option<PathBuf> {
    let itself = bam.canonicalize().ok();
    let files: Vec<&Path> = [Some(bam), itself.as_deref()].into_iter().flatten().collect();
    let mut older = None;
    for extension in EXTENSIONS {
        for file in &files {
            let mut longer = file.as_os_str().to_owned();
            longer.push(".");
            longer.push(extension);
            for path in [PathBuf::from(longer), file.with_extension(extension)] {
                if !path.is_file() {
                    continue;
                }
                if changed(&path) >= changed(bam) {
                    return Some(path);
                }
                older.get_or_insert(path);
            }
        }
    }
    let path = older?;
    let why = format!("is older than {}, so it may be of another version of it", bam.display());
    warn_unused(&path, &format!("{why} (if it is right, touch it)"));
    None
}

/// When the file was last written, in whole seconds: copies often lose the rest.
fn changed(path: &Path) -> u64 {
    let written = path.metadata().and_then(|meta| meta.modified()).ok();
    written.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}

/// The whole index, inflated if it is compressed (CSI is; BAI may be, as htslib reads both through BGZF).
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    BufReader::new(File::open(path)?).read_to_end(&mut raw)?;
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let most = INFLATED_BASE + INFLATED_RATIO * raw.len() as u64;
    let mut inflated = Vec::new();
    MultiGzDecoder::new(&raw[..]).take(most + 1).read_to_end(&mut inflated)?;
    if inflated.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it inflates to more than {most} bytes")));
    }
    Ok(inflated)
}
