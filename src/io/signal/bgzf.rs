//! Block gzip: the container of BAM and of bgzipped text.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{FileError, Result};

/// A BGZF reader over a file; noodles inflates with libdeflate.
pub(super) type Reader = noodles_bgzf::io::Reader<BufReader<File>>;

/// The empty block that ends every complete BGZF file.
const EOF_MARKER: [u8; 28] =
    [31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 27, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Opens a reader at the start of the file.
pub(super) fn open(path: &Path) -> Result<Reader> {
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    // one or two blocks: after a seek often no more are wanted
    Ok(Reader::new(BufReader::with_capacity(1 << 15, file)))
}

/// An error if the end-of-file block is missing: then the file is truncated, even if the cut fell
/// between two blocks.
pub(super) fn check_end(path: &Path) -> Result<()> {
    let os = |error| FileError::os(path, "read", &error);
    let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let length = file.metadata().map_err(os)?.len();
    let mut end = [0; EOF_MARKER.len()];
    let whole = length >= EOF_MARKER.len() as u64
        && file.seek(SeekFrom::Start(length - EOF_MARKER.len() as u64)).is_ok()
        && file.read_exact(&mut end).is_ok()
        && end == EOF_MARKER;
    if whole {
        return Ok(());
    }
    Err(FileError::new(path, "is truncated: the BGZF end-of-file block is missing")
        .remedy("Copy or make the file again"))
}
