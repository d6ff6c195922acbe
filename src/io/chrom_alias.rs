//! Tables of chromosome names: the genes' name, a tab, the signal files' name.

use std::collections::HashMap;
use std::path::Path;

use super::{FileError, Lines, Result};
use crate::genome::ChromAlias;

/// Reads a two-column table (plain or gzip, no header; `#` lines are skipped).
///
/// # Errors
/// A line without two columns, or a name that is given twice.
pub fn read(path: &Path) -> Result<ChromAlias> {
    let mut table = HashMap::new();
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.next_text()? {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut columns = line.split_ascii_whitespace();
        let (Some(from), Some(to)) = (columns.next(), columns.next()) else {
            return Err(FileError::new(path, "expected two columns, found one")
                .line(number)
                .remedy("Give the genes' name of a chromosome, a tab, and the signal files' name"));
        };
        if table.insert(from.to_owned(), to.to_owned()).is_some() {
            return Err(FileError::new(path, format!("{from} is given twice"))
                .line(number)
                .remedy("Keep one line a name"));
        }
    }
    if table.is_empty() {
        return Err(FileError::new(path, "holds no name").remedy("Give auto, none, or a table of two columns"));
    }
    Ok(ChromAlias::Table(table))
}
