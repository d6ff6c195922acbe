//! A fingerprint of a file that does not read its gigabytes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::{FileError, Result};

const PART: u64 = 1 << 16;

/// FNV-1a 64 of the length, the first and the last 64 KiB, in hex. Headers are at the start and most
/// indices at the end of signal files, so a changed file gets another digest in practice.
pub fn digest(path: &Path) -> Result<String> {
    let os = |error| FileError::os(path, "read", &error);
    let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let length = file.metadata().map_err(os)?.len();
    let mut bytes = length.to_le_bytes().to_vec();
    file.by_ref().take(PART).read_to_end(&mut bytes).map_err(os)?;
    if length > PART {
        file.seek(SeekFrom::Start(PART.max(length - PART))).map_err(os)?;
        file.take(PART).read_to_end(&mut bytes).map_err(os)?;
    }
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    Ok(format!("{hash:016x}"))
}
