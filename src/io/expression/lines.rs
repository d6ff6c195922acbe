//! The lines of a table, and where its header is.

use std::collections::VecDeque;
use std::path::Path;

use super::ids::{GENE_COLUMNS, is_read_count};
use crate::io::cell::number;
use crate::io::separator::Separator;
use crate::io::{self, FileError, Result};

/// Rows that are looked at to tell how a table is laid out.
const LOOKED_AT: usize = 100;
/// A quoted cell of more lines is a quote that somebody forgot.
const LONGEST_CELL: usize = 100;

/// A 1-based line number and the line without its end.
pub(super) type Line = (u64, String);

/// The lines of a file, blank ones and those of a GEO series (`!…`) left out.
pub(super) struct Lines {
    lines: io::Lines,
    separator: Separator,
    ahead: VecDeque<Line>,
}

/// The first line of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The columns' names; blank ones behind the last name are left out.
    pub(super) names: Vec<String>,
    /// Cells, with the blank ones.
    pub(super) width: usize,
    pub(super) separator: Separator,
    /// Whether the file has a header; else the names are the columns' numbers, counted from 1.
    pub(super) is_there: bool,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Lines { lines: io::Lines::open(path)?, separator: Separator::Blank, ahead: VecDeque::new() })
    }

    /// The next row; a quoted cell may hold line ends.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        match self.next_line()? {
            None => Ok(None),
            Some(line) => self.joined(line).map(Some),
        }
    }

    /// The line, and those that its quoted cells go on in.
    fn joined(&mut self, (line, mut text): Line) -> Result<Line> {
        let mut joined = 0;
        while self.separator.goes_on(&text) {
            joined += 1;
            let more = if joined < LONGEST_CELL { self.next_line()? } else { None };
            let Some((_, more)) = more else {
                return Err(FileError::new(self.lines.path(), "a quote is opened and not closed")
                    .line(line)
                    .remedy("Close the quote, or leave it out"));
            };
            text = text + "\n" + &more;
        }
        Ok((line, text))
    }

    fn next_line(&mut self) -> Result<Option<Line>> {
        while let Some((number, text)) = self.lines.next_text()? {
            if !(text.trim().is_empty() || text.starts_with('!')) {
                return Ok(Some((number, text.into_owned())));
            }
        }
        Ok(None)
    }

    /// The first rows, which stay the next.
    pub(super) fn first_rows(&mut self) -> Result<&VecDeque<Line>> {
        let mut rows = std::mem::take(&mut self.ahead);
        while rows.len() < LOOKED_AT
            && let Some(row) = self.next()?
        {
            rows.push_back(row);
        }
        self.ahead = rows;
        Ok(&self.ahead)
    }

    /// Skips comments (and a GCT's two lines of preamble) and reads the header. A header that hides
    /// behind a `#` is known by its naming `sample`. A first line whose cells but the first are numbers
    /// is no header (HTSeq, STAR).
    pub(super) fn header(&mut self, sample: &str) -> Result<Header> {
        let mut comment: Option<String> = None;
        let mut metadata_rows = 0;
        while let Some((line, text)) = self.next()? {
            match text.strip_prefix('#').map(str::trim_end) {
                Some("1.2" | "1.3") => {
                    // rows, columns, and of 1.3 columns and rows of metadata
                    let sizes = self.next()?.map(|(_, text)| text).unwrap_or_default();
                    metadata_rows = sizes.split('\t').nth(3).and_then(|size| size.trim().parse().ok()).unwrap_or(0);
                }
                Some(rest) => comment = Some(rest.to_owned()),
                None => {
                    let hidden = comment.map(|comment| Header::parse(comment.trim_start(), &text));
                    let hidden = hidden.filter(|header| header.names.iter().any(|name| name == sample));
                    if let Some(header) = hidden {
                        self.separator = header.separator;
                        let row = self.joined((line, text))?;
                        self.ahead.push_front(row);
                        return Ok(header);
                    }
                    return self.header_or_row((line, text), sample, metadata_rows);
                }
            }
        }
        Err(FileError::new(self.lines.path(), "is empty, expected a header line")
            .remedy("Check that the step that makes it has finished"))
    }

    fn header_or_row(&mut self, (line, text): Line, sample: &str, metadata_rows: usize) -> Result<Header> {
        let first_row = self.next_line()?;
        let mut header = Header::parse(&text, first_row.as_ref().map_or("", |(_, row)| row));
        self.separator = header.separator;
        let first_row = first_row.map(|row| self.joined(row)).transpose()?;
        let width_of_row = first_row.as_ref().map_or(0, |(_, row)| header.separator.cells(row).len());
        self.ahead.extend(first_row);
        if header.is_row(sample) && width_of_row <= header.width {
            header.names = (1..=header.width).map(|column| column.to_string()).collect();
            header.is_there = false;
            self.ahead.push_front((line, text));
        }
        for _ in 0..metadata_rows {
            self.next()?;
        }
        Ok(header)
    }
}

impl Header {
    fn parse(text: &str, first_row: &str) -> Self {
        let separator = Separator::of(text, first_row);
        let mut names: Vec<String> = separator.cells(text).iter().map(|name| name.trim().to_owned()).collect();
        let width = names.len();
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Header { names, width, separator, is_there: true }
    }

    /// Whether this is a gene and its values rather than a header. Samples may be called by numbers too.
    fn is_row(&self, sample: &str) -> bool {
        let [first, values @ ..] = &self.names[..] else { return false };
        if values.iter().any(|name| name == sample) && !is_read_count(first) {
            return false;
        }
        let is_name = first.is_empty() || GENE_COLUMNS.iter().any(|known| first.eq_ignore_ascii_case(known));
        !(is_name || values.is_empty()) && values.iter().all(|cell| matches!(number(cell), Ok(Some(_))))
    }
}
