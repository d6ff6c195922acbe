//! bigBed: the rows of a BED with columns of its own, which the file names. Read with bigtools.
//!
//! bigtools follows damaged offsets in circles, or ends the program; so the file's trees are walked first with
//! the bounds of the bigWig reader, its panics are caught, and its rows are counted.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bigtools::BigBedRead;
use bigtools::bed::autosql::parse::parse_autosql;
use bigtools::utils::reopen::ReopenableFile;

use super::quiet_panic::caught;
use super::signal::bigwig_section::Words;
use super::signal::bigwig_tree::{BbiFile, R_TREE_MAGIC, leaves, read_chroms};
use super::{FileError, Result};

const MAGIC: u32 = 0x8789_F2EB;
/// What the columns are called where the file does not say.
const BED: [&str; 12] = [
    "chrom",
    "chromStart",
    "chromEnd",
    "name",
    "score",
    "strand",
    "thickStart",
    "thickEnd",
    "itemRgb",
    "blockCount",
    "blockSizes",
    "blockStarts",
];
/// Inflated blocks are some 10 KB to 1 MB; a size beyond this is damage.
const LARGEST_BLOCK: u32 = 1 << 26;

/// The content of a file.
pub(super) struct BigBed {
    /// Names of all columns, the first three of which are chromosome, start and end.
    pub(super) columns: Vec<String>,
    /// Rows by chromosome in the order of the file.
    pub(super) rows: Vec<BigBedRow>,
}

/// One row.
pub(super) struct BigBedRow {
    pub(super) chrom: String,
    /// 0-based.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Columns 4 and on, separated by tabs.
    pub(super) rest: String,
}

/// Whether a file begins as bigBed does; nothing is read of what is not a plain file.
pub(super) fn is_bigbed(path: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file())
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && [u32::from_le_bytes(magic), u32::from_be_bytes(magic)].contains(&MAGIC)
}

/// Reads all rows.
///
/// # Errors
/// A file that is truncated or damaged: other rows than its header counts, a row of other columns, or beyond the
/// end of its chromosome.
pub(super) fn read(path: &Path) -> Result<BigBed> {
    let read = || {
        check(path)?;
        caught(|| rows(path))
    };
    read().map_err(|error| {
        let problem = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => return FileError::os(path, "open", &error),
            io::ErrorKind::UnexpectedEof => format!("is truncated: {error}"),
            _ => format!("is damaged: {error}"),
        };
        FileError::new(path, problem).remedy("Copy or make the file again")
    })
}

/// An error unless the trees of the file are whole and lead to blocks within it.
fn check(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut magic = [0; 4];
    file.read_exact(&mut magic)?;
    let mut source = BbiFile { file, length, big_endian: u32::from_be_bytes(magic) == MAGIC };
    let header = source.bytes(0, 64)?;
    let header = Words::new(&header, source.big_endian);
    let (chroms, index) = (header.long(8), header.long(24));
    if header.word(52) > LARGEST_BLOCK {
        return Err(damage("its header states blocks of impossible size"));
    }
    read_chroms(&mut source, chroms)?;
    let tree = source.bytes(index, 48)?;
    if Words::new(&tree, source.big_endian).word(0) != R_TREE_MAGIC {
        return Err(damage("it has no index where its header says"));
    }
    let blocks = leaves(&mut source, index.saturating_add(48), 0..=u32::MAX, i64::MIN, i64::MAX)?;
    if blocks.iter().map(|block| u128::from(block.size)).sum::<u128>() > u128::from(length) {
        return Err(damage("its index leads to the same block more than once"));
    }
    Ok(())
}

fn rows(path: &Path) -> io::Result<BigBed> {
    let reopenable = ReopenableFile { path: path.to_owned(), file: File::open(path)? };
    let mut file = BigBedRead::open(reopenable).map_err(io::Error::other)?;
    let n_columns = usize::from(file.info().header.field_count);
    let columns = columns(file.autosql().map_err(io::Error::other)?.as_deref(), n_columns);
    let stated = file.item_count().map_err(io::Error::other)?;
    let mut rows = Vec::new();
    for chrom in file.chroms().to_vec() {
        for entry in file.get_interval(&chrom.name, 0, chrom.length).map_err(io::Error::other)? {
            let entry = entry.map_err(io::Error::other)?;
            let number = rows.len() + 1;
            if entry.start > entry.end || entry.end > chrom.length {
                let (name, start, end) = (&chrom.name, entry.start, entry.end);
                return Err(damage(&format!("row {number} is {start}-{end} on {name}, of {} bp", chrom.length)));
            }
            let found = 3 + if entry.rest.is_empty() { 0 } else { entry.rest.split('\t').count() };
            if n_columns > 0 && found != n_columns {
                return Err(damage(&format!("row {number} has {found} columns, expected {n_columns}")));
            }
            rows.push(BigBedRow { chrom: chrom.name.clone(), start: entry.start, end: entry.end, rest: entry.rest });
        }
    }
    if rows.len() as u64 != stated {
        return Err(damage(&format!("{} rows can be read, its header states {stated}", rows.len())));
    }
    Ok(BigBed { columns, rows })
}

/// The names of the columns: the file's own where it has as many as there are columns, else those of BED.
fn columns(autosql: Option<&str>, n_columns: usize) -> Vec<String> {
    let tables = autosql.and_then(|text| parse_autosql(text).ok()).unwrap_or_default();
    match tables.into_iter().next() {
        Some(table) if table.fields.len() == n_columns => table.fields.into_iter().map(|field| field.name).collect(),
        _ => BED.into_iter().take(n_columns.max(3)).map(str::to_owned).collect(),
    }
}

fn damage(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

impl BigBed {
    /// The position in [`BigBedRow::rest`] of the column of this name.
    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().skip(3).position(|name| name == column)
    }
}
