//! Outputs that appear whole or not at all: written beside the target, then renamed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{FileError, Result};

/// Unfinished files of this process, so that an interrupt can remove them.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Removes every unfinished file; called when the process is interrupted.
pub fn remove_unfinished() {
    for path in unfinished().drain(..) {
        let _ = std::fs::remove_file(path);
    }
}

/// A file being written under a temporary name beside its target. Dropped without [`commit`], it
/// leaves nothing.
///
/// [`commit`]: PendingFile::commit
#[derive(Debug)]
pub struct PendingFile {
    target: PathBuf,
    temporary: PathBuf,
    committed: bool,
}

impl PendingFile {
    /// Makes the empty temporary file `.NAME.PID.tmp` in the target's folder, which must exist.
    pub fn create(target: &Path) -> Result<Self> {
        if target.is_dir() {
            return Err(
                FileError::new(target, "is a folder, so no file of that name can be written").remedy("Name a file")
            );
        }
        let name =
            target.file_name().ok_or_else(|| FileError::new(target, "is not a file name").remedy("Name a file"))?;
        let temporary = target.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)
            .map_err(|error| FileError::os(target, "write", &error))?;
        unfinished().push(temporary.clone());
        Ok(PendingFile { target: target.to_owned(), temporary, committed: false })
    }

    /// The name to write to, for writers that want a path.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The name that the file will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Opens the temporary file for writing from its start.
    pub fn open(&self) -> Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .truncate(true)
            .open(&self.temporary)
            .map_err(|error| FileError::os(&self.target, "write", &error))
    }

    /// Flushes the file to disk and gives it its name.
    pub fn commit(mut self) -> Result<()> {
        let os = |what: &str, error: io::Error| FileError::os(&self.target, what, &error);
        File::open(&self.temporary).and_then(|file| file.sync_all()).map_err(|error| os("write", error))?;
        std::fs::rename(&self.temporary, &self.target).map_err(|error| os("write", error))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.committed {
            let _ = std::fs::remove_file(&self.temporary);
        }
        unfinished().retain(|path| *path != self.temporary);
    }
}

/// A text or byte stream to a file (whole or not at all) or, for `-`, to standard output.
pub struct Output {
    path: PathBuf,
    writer: BufWriter<Box<dyn Write + Send>>,
    pending: Option<PendingFile>,
}

impl Output {
    /// Starts an output at `path`; `-` is standard output.
    pub fn create(path: &Path) -> Result<Self> {
        let (sink, pending): (Box<dyn Write + Send>, _) = if path == Path::new("-") {
            (Box::new(io::stdout()), None)
        } else {
            let pending = PendingFile::create(path)?;
            (Box::new(pending.open()?), Some(pending))
        };
        Ok(Output { path: path.to_owned(), writer: BufWriter::with_capacity(1 << 16, sink), pending })
    }

    /// Writes all bytes; unlike [`Write::write_all`] the error names the file.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|error| FileError::os(&self.path, "write", &error))
    }

    /// Flushes, and gives the file its name.
    pub fn commit(mut self) -> Result<()> {
        self.writer.flush().map_err(|error| FileError::os(&self.path, "write", &error))?;
        match self.pending.take() {
            Some(pending) => pending.commit(),
            None => Ok(()),
        }
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
