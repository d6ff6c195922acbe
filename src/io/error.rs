//! The one error of this floor: which file, where in it, what is wrong, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::genome::visible;

/// Result of reading or writing a file.
pub type Result<T> = std::result::Result<T, FileError>;

/// A problem with one file, worded for the person whose pipeline has just stopped.
///
/// Displays as `PATH, PLACE: PROBLEM. REMEDY`.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    place: Option<String>,
    problem: String,
    remedy: Option<String>,
    broken_pipe: bool,
}

impl FileError {
    /// `problem` says what was expected and what was found, without a final full stop.
    pub fn new(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        FileError {
            path: path.as_ref().to_owned(),
            place: None,
            problem: problem.into(),
            remedy: None,
            broken_pipe: false,
        }
    }

    /// An error of the operating system while doing `what` ("open", "read", "write").
    pub fn os(path: impl AsRef<Path>, what: &str, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => Some("Check the path: the file or its folder does not exist"),
            io::ErrorKind::PermissionDenied => Some("Check the permissions of the file and of its folder"),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some("The disk is full: free some space or write somewhere else")
            }
            io::ErrorKind::IsADirectory => Some("Name a file, not a folder"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Some("The file may be truncated or damaged: copy or make it again")
            }
            _ => None,
        };
        let problem = match (what, error.kind()) {
            ("open", io::ErrorKind::NotFound) => "no such file".to_owned(),
            _ => format!("cannot {what}: {error}"),
        };
        let mut file_error = FileError::new(path, problem);
        file_error.remedy = remedy.map(str::to_owned);
        file_error.broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        file_error
    }

    /// Adds the 1-based line.
    pub fn line(self, line: u64) -> Self {
        self.place(format!("line {line}"))
    }

    /// Adds where in the file: a line, a record, a tensor, a column.
    pub fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds what to do about it, one sentence without a final full stop.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether the reader of our output went away (`attentrack-… | head`), which is nobody's mistake.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = self.path.display().to_string();
        for (between, part) in [(", ", self.place.as_ref()), (": ", Some(&self.problem)), (". ", self.remedy.as_ref())]
        {
            message.extend(part.into_iter().flat_map(|part| [between, part]));
        }
        // what a file says of itself must not steer the terminal
        f.write_str(&visible(&message))
    }
}

impl std::error::Error for FileError {}
