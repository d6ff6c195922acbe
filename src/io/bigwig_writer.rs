//! Writes runs of equal values as a bigWig file.

use std::collections::HashMap;
use std::path::Path;

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BBIProcessError, BigWigWrite, Value};

use super::{FileError, PendingFile, Result};

/// A run of one value: start, end (0-based half-open, bp), value.
pub type Run = (u64, u64, f32);

/// Writes `chroms`: name, length and the runs of each, which must be sorted and must not overlap.
/// Chromosomes without runs are not in the file, as bigWig has it.
///
/// One thread writes, so that the bytes depend on the values alone.
pub fn write(path: &Path, chroms: &[(String, u64, Vec<Run>)]) -> Result<()> {
    let pending = PendingFile::create(path)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().build().map_err(|error| FileError::os(path, "write", &error))?;
    let sizes: HashMap<String, u32> = chroms.iter().map(|(name, length, _)| (name.clone(), *length as u32)).collect();
    // readers look names up by bisection, so the file has its chromosomes in the order of bytes
    let mut sorted: Vec<_> = chroms.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let values = sorted.into_iter().flat_map(|(name, _, runs)| {
        runs.iter()
            .map(move |&(start, end, value)| (name.clone(), Value { start: start as u32, end: end as u32, value }))
    });
    let mut writer = BigWigWrite::new(pending.open()?, sizes);
    writer.options.inmemory = true;
    writer.options.max_zooms = 4;
    // bigtools hands the values to tasks of the runtime, so they have to be owned
    let values: Vec<_> = values.collect();
    writer.write(BedParserStreamingIterator::wrap_infallible_iter(values.into_iter(), false), runtime).map_err(
        |error| match error {
            BBIProcessError::IoError(error) => FileError::os(path, "write", &error),
            other => FileError::new(path, format!("cannot be written as bigWig: {other}")),
        },
    )?;
    pending.commit()
}
