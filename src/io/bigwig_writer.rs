//! Writes runs of equal values as a bigWig file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BBIProcessError, BigWigWrite, Value};

use super::{FileError, PendingFile, Result};
use crate::genome::{Chrom, Chroms};
use crate::matrix::simulation::Run;

/// First and last four bytes of every bigWig file.
const BIGWIG_MAGIC: u32 = 0x888F_FC26;

/// Writes the runs of each chromosome of `chroms`, which must be sorted and must not overlap.
/// Chromosomes without runs are not in the file, as bigWig has it.
///
/// One thread writes, so that the bytes depend on the values alone.
pub fn write(path: &Path, chroms: &Chroms, runs: &[Vec<Run>]) -> Result<()> {
    let pending = PendingFile::create(path)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().build().map_err(|error| FileError::os(path, "write", &error))?;
    let length = |chrom: &Chrom| chrom.length.unwrap_or(0) as u32;
    let sizes = chroms.as_slice().iter().map(|chrom| (chrom.name.clone(), length(chrom))).collect();
    // readers look names up by bisection, so the file has its chromosomes in the order of bytes
    let mut sorted: Vec<_> = chroms.as_slice().iter().zip(runs).collect();
    sorted.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    // bigtools hands the values to tasks of the runtime, so they have to be owned
    let values: Vec<(String, Value)> =
        sorted.into_iter().flat_map(|(chrom, runs)| runs.iter().map(|run| (chrom.name.clone(), value(run)))).collect();
    let mut writer = BigWigWrite::new(pending.open()?, sizes);
    writer.options.inmemory = true;
    writer.options.max_zooms = 4;
    writer.write(BedParserStreamingIterator::wrap_infallible_iter(values.into_iter(), false), runtime).map_err(
        |error| match error {
            BBIProcessError::IoError(error) => FileError::os(path, "write", &error),
            other => FileError::new(path, format!("cannot be written as bigWig: {other}")),
        },
    )?;
    check_end(&pending).map_err(|error| FileError::os(path, "write", &error))?;
    pending.commit()
}

/// bigtools drops its buffer without looking whether the last bytes, the magic number again, went to
/// disk.
fn check_end(pending: &PendingFile) -> io::Result<()> {
    let mut file = File::open(pending.path())?;
    let mut end = [0; 4];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    if u32::from_ne_bytes(end) == BIGWIG_MAGIC { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
}

fn value(&(start, end, value): &Run) -> Value {
    Value { start: start as u32, end: end as u32, value }
}
