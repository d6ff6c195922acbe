//! Writes runs of equal values as a bigWig file.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BBIProcessError, BigWigWrite, Value};

use super::{FileError, Output, Result};
use crate::genome::{Chrom, Chroms};
use crate::matrix::simulation::Run;

/// Writes the runs of each chromosome of `chroms`, which must be sorted and must not overlap.
/// Chromosomes without runs are not in the file, as bigWig has it.
///
/// One thread writes, so that the bytes depend on the values alone; the file is put together in memory.
pub fn write(path: &Path, chroms: &Chroms, runs: &[Vec<Run>]) -> Result<()> {
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
    let buffer = Buffer::default();
    let mut writer = BigWigWrite::new(buffer.clone(), sizes);
    writer.options.inmemory = true;
    writer.options.max_zooms = 4;
    writer.write(BedParserStreamingIterator::wrap_infallible_iter(values.into_iter(), false), runtime).map_err(
        |error| match error {
            BBIProcessError::IoError(error) => FileError::os(path, "write", &error),
            other => FileError::new(path, format!("cannot be written as bigWig: {other}")),
        },
    )?;
    let mut output = Output::create(path)?;
    output.put(buffer.lock().get_ref())?;
    output.commit()
}

/// A file in memory that is still there when bigtools has dropped it. bigtools panics where a disk is
/// full, so it is given none.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Buffer {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.lock().seek(to)
    }
}

fn value(&(start, end, value): &Run) -> Value {
    Value { start: start as u32, end: end as u32, value }
}
