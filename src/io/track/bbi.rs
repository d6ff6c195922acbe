//! What bigWig and bigBed have in common.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

use bigtools::{BBIProcessError, BBIWriteOptions};
use tokio::runtime::{Builder, Runtime};

use crate::genome::Chroms;
use crate::io::{FileError, PendingFile, Result};

/// A runtime of the calling thread alone, so that the same input gives the same bytes.
pub(super) fn runtime(pending: &PendingFile) -> Result<Runtime> {
    Builder::new_current_thread().build().map_err(|error| FileError::os(pending.target(), "write", &error))
}

/// The header has room for so many zoom levels.
const MAX_ZOOM_LEVELS: usize = 10;

/// Zoom levels of `first_bp`, 4 × `first_bp`, 16 × … up to the longest chromosome; temporary data in
/// memory, not in a folder that may be full.
pub(super) fn options(first_bp: u32, chrom_sizes: &HashMap<String, u32>) -> BBIWriteOptions {
    let longest = chrom_sizes.values().copied().max().unwrap_or(0);
    let zooms = std::iter::successors(Some(first_bp.max(1)), |zoom| zoom.checked_mul(4))
        .take_while(|&zoom| zoom <= longest)
        .take(MAX_ZOOM_LEVELS)
        .collect();
    BBIWriteOptions { inmemory: true, manual_zoom_sizes: Some(zooms), ..BBIWriteOptions::default() }
}

/// Lengths of the chromosomes that `names` lists, as the writer wants them.
pub(super) fn chrom_sizes(pending: &PendingFile, chroms: &Chroms, names: &[String]) -> Result<HashMap<String, u32>> {
    let mut sizes = HashMap::new();
    for name in names {
        let length = chroms.length(name).ok_or_else(|| {
            FileError::new(pending.target(), format!("the length of {name} is unknown, and the format holds it"))
                .remedy("Give --chrom-sizes FILE (name and length, tab-separated)")
        })?;
        let length = u32::try_from(length).map_err(|_| {
            FileError::new(pending.target(), format!("{name} is {length} bp long, the format ends at {}", u32::MAX))
                .remedy("Write BED or bedGraph instead")
        })?;
        sizes.insert(name.clone(), length);
    }
    Ok(sizes)
}

/// The writer's error, with the file's name.
pub(super) fn error<E: std::error::Error>(pending: &PendingFile, error: BBIProcessError<E>) -> FileError {
    match error {
        BBIProcessError::IoError(error) => FileError::os(pending.target(), "write", &error),
        other => FileError::new(pending.target(), format!("cannot write: {other}")),
    }
}

/// Checks that the file's last bytes have arrived (the writer does not report a disk that fills up
/// in its last buffer), and writes `patch` at a byte offset.
pub(super) fn check_and_patch(pending: &PendingFile, patch: Option<(u64, u16)>) -> Result<()> {
    let os = |error| FileError::os(pending.target(), "write", &error);
    let mut file = OpenOptions::new().read(true).write(true).open(pending.path()).map_err(os)?;
    let (mut first, mut last) = ([0; 4], [0; 4]);
    file.read_exact(&mut first).map_err(os)?;
    file.seek(SeekFrom::End(-4)).map_err(os)?;
    file.read_exact(&mut last).map_err(os)?;
    if first != last || first == [0; 4] {
        return Err(FileError::new(pending.target(), "could not be written to its end")
            .remedy("Check that the disk has space left"));
    }
    if let Some((offset, value)) = patch {
        file.seek(SeekFrom::Start(offset)).map_err(os)?;
        file.write_all(&value.to_ne_bytes()).map_err(os)?;
    }
    Ok(())
}
