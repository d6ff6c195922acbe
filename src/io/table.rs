//! Tables with a header line: the files that stages exchange, separated by tabs, and those that users bring, by tabs,
//! commas or semicolons.

mod typed;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::cell::number;
use super::separator::Separator;
use super::{FileError, Lines, Output, Result};
use crate::genome::{HiddenCharacter, check_text};
pub use typed::{cells_of, columns_of, write_rows};

/// A whole table in memory, every cell as text.
#[derive(Clone, Debug)]
pub struct Table {
    path: PathBuf,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows; each has as many cells as there are columns.
    pub rows: Vec<Row>,
}

/// One row and the 1-based line that it stands on.
#[derive(Clone, Debug)]
pub struct Row {
    /// 1-based line.
    pub line: u64,
    /// One cell a column.
    pub cells: Vec<String>,
}

impl Table {
    /// Reads a table (plain or gzip, `-` for standard input). Where the header has no tab its commas or semicolons
    /// separate the columns. Lines that start with `#` before the
    /// header and empty lines are skipped; line ends are those of any system.
    ///
    /// Quotes around a cell (R) and blank columns behind the last one with a name (spreadsheets) are taken away.
    ///
    /// # Errors
    /// A row with fewer or more cells than the header; names the line.
    pub fn read(path: &Path) -> Result<Table> {
        let mut lines = Lines::open(path)?;
        let mut columns: Option<Vec<String>> = None;
        let mut separator = Separator::Tab;
        let mut rows = Vec::new();
        while let Some((line, text)) = lines.next_text()? {
            if text.trim().is_empty() || (columns.is_none() && text.starts_with('#')) {
                continue;
            }
            if columns.is_none() {
                separator = Separator::of_header(&text);
            }
            let mut cells: Vec<String> = match separator {
                // a quote inside a cell is a part of it
                Separator::Tab => text.split('\t').map(|cell| unquoted(cell).to_owned()).collect(),
                other => other.cells(&text).into_iter().map(|cell| cell.into_owned()).collect(),
            };
            let named = columns.as_ref().map_or(1, Vec::len);
            while cells.len() > named && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
                cells.pop();
            }
            match &columns {
                None => columns = Some(cells),
                Some(columns) if columns.len() == cells.len() => rows.push(Row { line, cells }),
                Some(columns) => {
                    return Err(FileError::new(
                        path,
                        format!("expected {} columns as in the header, found {}", columns.len(), cells.len()),
                    )
                    .line(line)
                    .remedy("Check the separators of this line"));
                }
            }
        }
        let columns = columns.ok_or_else(|| {
            FileError::new(path, "is empty, expected a header line")
                .remedy("Check that the step that makes it has finished")
        })?;
        Ok(Table { path: path.to_owned(), columns, rows })
    }

    /// The file that the table was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Index of a column, or an error that lists the columns that there are. A name that two columns
    /// have is an error too: nobody can say which is meant.
    pub fn column(&self, name: &str) -> Result<usize> {
        if self.columns.iter().filter(|column| *column == name).count() > 1 {
            return Err(FileError::new(&self.path, format!("column {name:?} is there more than once"))
                .line(1)
                .remedy("Keep one of them, or give them different names"));
        }
        self.find(name).ok_or_else(|| {
            let hint = if self.columns.len() == 1 {
                "The columns must be separated by tabs, commas or semicolons".to_owned()
            } else {
                format!("Name one column {name}")
            };
            FileError::new(&self.path, format!("no column {name:?}; found {}", self.columns.join(", ")))
                .line(1)
                .remedy(hint)
        })
    }

    /// Index of a column, if it is there.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// An error at a row.
    pub fn error(&self, row: &Row, problem: impl Into<String>) -> FileError {
        FileError::new(&self.path, problem).line(row.line)
    }

    /// A cell as an id or a name, which must hold no character that nobody sees ([`check_text`]); `what` names it.
    ///
    /// # Errors
    /// Names line and character.
    pub fn text<'a>(&self, row: &'a Row, column: usize, what: &'static str) -> Result<&'a str> {
        let cell = row.cells[column].as_str();
        check_text(what, cell).map_err(|error| self.error(row, error.to_string()).remedy(HiddenCharacter::REMEDY))?;
        Ok(cell)
    }

    /// A cell as a number; `NA`, `nan`, an empty cell and the like are `None`.
    ///
    /// # Errors
    /// Anything else that is no finite number; names line and column.
    pub fn number(&self, row: &Row, column: usize) -> Result<Option<f64>> {
        number(&row.cells[column]).map_err(|problem| {
            self.error(row, format!("column {}: {problem}", self.columns[column]))
                .remedy("Correct the cell, or check that the columns are not swapped")
        })
    }
}

fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell)
}

/// Writes a table; `cell` values must not hold tabs or line ends.
pub fn write_table<R>(path: &Path, columns: &[&str], rows: impl IntoIterator<Item = R>) -> Result<()>
where
    R: IntoIterator,
    R::Item: AsRef<str>,
{
    let mut output = Output::create(path)?;
    let os = |error| FileError::os(path, "write", &error);
    output.put(columns.join("\t").as_bytes())?;
    output.put(b"\n")?;
    for row in rows {
        for (column, cell) in row.into_iter().enumerate() {
            if column > 0 {
                output.write_all(b"\t").map_err(os)?;
            }
            output.write_all(cell.as_ref().as_bytes()).map_err(os)?;
        }
        output.write_all(b"\n").map_err(os)?;
    }
    output.commit()
}
