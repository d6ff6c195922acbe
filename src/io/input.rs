//! Opening text inputs: plain or gzip/bgzip, told apart by content; `-` is standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{FileError, Result};

/// U+FEFF in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Opens a text file for reading line by line.
///
/// gzip and bgzip are recognised by their first two bytes, not by the file's name; `-` reads
/// standard input. A byte-order mark, which some editors and spreadsheets write, is skipped.
pub fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    let raw: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
        if file.metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(FileError::new(path, "is a folder").remedy("Name a file"));
        }
        Box::new(file)
    };
    let mut reader = BufReader::with_capacity(1 << 16, raw);
    let start = reader.fill_buf().map_err(|error| FileError::os(path, "read", &error))?;
    let mut text: Box<dyn BufRead + Send> = if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader)))
    } else {
        Box::new(reader)
    };
    let start = text.fill_buf().map_err(|error| FileError::os(path, "read", &error))?;
    if start.starts_with(BYTE_ORDER_MARK) {
        text.consume(BYTE_ORDER_MARK.len());
    }
    Ok(text)
}
