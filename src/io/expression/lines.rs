//! The lines of a table, and where its header is.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::layout::{Header, Separator};
use crate::io::{FileError, Result, open_text};

/// A 1-based line number and the line without its end.
pub(super) type Line = (u64, String);

/// The lines of a file, blank ones left out.
pub(super) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    line: u64,
    peeked: Option<Line>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Lines { path: path.to_owned(), reader: open_text(path)?, line: 0, peeked: None })
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        if let Some(line) = self.peeked.take() {
            return Ok(Some(line));
        }
        loop {
            let mut text = String::new();
            self.line += 1;
            let read = self.reader.read_line(&mut text);
            if read.map_err(|error| FileError::os(&self.path, "read", &error).line(self.line))? == 0 {
                return Ok(None);
            }
            let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
            if !text.trim().is_empty() {
                return Ok(Some((self.line, text.to_owned())));
            }
        }
    }

    /// The next line, which stays the next.
    pub(super) fn peek(&mut self) -> Result<Option<&str>> {
        if self.peeked.is_none() {
            self.peeked = self.next()?;
        }
        Ok(self.peeked.as_ref().map(|(_, text)| text.as_str()))
    }

    /// Skips comments (and a GCT's two lines of preamble) and reads the header. A header that hides
    /// behind a `#` is known by its naming `sample`.
    pub(super) fn header(&mut self, sample: &str) -> Result<Header> {
        let mut comment: Option<String> = None;
        while let Some((line, text)) = self.next()? {
            match text.strip_prefix('#') {
                Some("1.2" | "1.3") => {
                    self.next()?;
                }
                Some(rest) => comment = Some(rest.to_owned()),
                None => {
                    let hidden = comment.map(|text| Header::parse(text.trim_start()));
                    if let Some(hidden) = hidden.filter(|header| header.names.iter().any(|name| name == sample)) {
                        self.peeked = Some((line, text));
                        return Ok(hidden);
                    }
                    return Ok(Header::parse(&text));
                }
            }
        }
        Err(FileError::new(&self.path, "is empty, expected a header line")
            .remedy("Check that the step that makes it has finished"))
    }
}

impl Header {
    fn parse(text: &str) -> Self {
        let separator = Separator::of(text);
        let mut names: Vec<String> = separator.cells(text).into_iter().map(|name| name.trim().to_owned()).collect();
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Header { names, separator }
    }
}
