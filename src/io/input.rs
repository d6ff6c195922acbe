//! Opening text inputs: plain or gzip/bgzip, told apart by content; `-` is standard input.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use super::file_kind::FileKind;
use super::gunzip::{Gunzip, MAGIC};
use super::source::Source;
use super::{FileError, Result};

/// U+FEFF in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Bytes that are looked at to tell what a file is.
const START: usize = 4096;

/// Opens a text file for reading; [`Lines`](super::Lines) reads it line by line.
///
/// gzip and bgzip (also several members, of either kind, and zeros behind them) are recognised by
/// content, not by the file's name; `-` reads standard input. A byte-order mark, which some editors
/// and spreadsheets write, is skipped.
///
/// # Errors
/// No such file; a file that is not UTF-8 or Latin-1 text (another compression, a spreadsheet, UTF-16,
/// a BAM, a web page, …), which is named with the command that converts it.
pub fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    Ok(Box::new(open(path)?))
}

pub(super) fn open(path: &Path) -> Result<Source> {
    let raw: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
        if file.metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(FileError::new(path, "is a folder").remedy("Name a file"));
        }
        Box::new(file)
    };
    let os = |error| FileError::os(path, "read", &error);
    let mut text = Source::new(raw);
    if text.peek(START).map_err(os)?.starts_with(&MAGIC) {
        text = Source::new(Box::new(Gunzip::new(text)));
    }
    let start = text.peek(START).map_err(os)?;
    if let Some(FileKind { name, remedy }) = FileKind::of(start) {
        return Err(FileError::new(path, format!("is {name}, not plain or gzip text")).remedy(remedy));
    }
    if start.starts_with(BYTE_ORDER_MARK) {
        text.consume(BYTE_ORDER_MARK.len());
    }
    Ok(text)
}
