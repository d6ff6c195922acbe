//! Outputs that appear whole or not at all: written beside the target, then renamed.
//!
//! Every file that attentrack writes is opened here. What an output leads to is found first
//! ([`place`]): links are followed, devices and pipes are written to, and only a regular file is
//! replaced. A file that the run reads, or has written under another name, is refused ([`register`]).
//! The unfinished file has a name of its own in the target's folder ([`temporary`]).

mod identity;
mod pending;
mod place;
mod register;
mod temporary;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub use identity::Identity;
pub use pending::PendingFile;
pub use register::{Kept, protect, stop};
pub use temporary::is_temporary;

use self::place::Place;
use super::{FileError, Result};

/// A text or byte stream to a file (whole or not at all), or to standard output (`-`), a device or a pipe.
pub struct Output {
    path: PathBuf,
    writer: BufWriter<Box<dyn Write + Send>>,
    pending: Option<PendingFile>,
}

impl Output {
    /// Starts an output at `path`; `-` is standard output.
    ///
    /// # Errors
    /// An output that cannot be written, or is an input of the run.
    pub fn create(path: &Path) -> Result<Self> {
        let place = Place::of(path)?;
        let (sink, pending): (Box<dyn Write + Send>, _) = match place {
            Place::File(_) => {
                let pending = PendingFile::at(path, place)?;
                (Box::new(pending.open()?), Some(pending))
            }
            stream => (stream.open_stream(path)?, None),
        };
        Ok(Output { path: path.to_owned(), writer: BufWriter::with_capacity(1 << 16, sink), pending })
    }

    /// Writes all bytes; unlike [`Write::write_all`] the error names the file.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|error| FileError::os(&self.path, "write", &error))
    }

    /// Flushes, and gives the file its name.
    pub fn commit(self) -> Result<()> {
        self.finish()?.map_or(Ok(()), PendingFile::commit)
    }

    /// Flushes; the file, if it is one, has its content and waits for its name.
    pub fn finish(mut self) -> Result<Option<PendingFile>> {
        self.writer.flush().map_err(|error| FileError::os(&self.path, "write", &error))?;
        Ok(self.pending.take())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Refuses an output that cannot be written, before the work that it is the end of. Nothing is left behind,
/// but for what a killed run left, which is removed. Pipes and devices are not opened: their reader would
/// see an end.
///
/// # Errors
/// As [`Output::create`].
pub fn check_writable(path: &Path) -> Result<()> {
    match Place::of(path)? {
        place @ Place::File(_) => PendingFile::at(path, place).map(drop),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
