//! A file that is being written under a temporary name.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::place::{Place, folder_of};
use super::register::register;
use super::temporary;
use crate::io::{FileError, Result};

/// A file being written under a temporary name beside its target. Dropped without [`commit`], it
/// leaves nothing. For a device or a pipe the file lies in the system's folder for temporary files, and is
/// copied at the end, so that formats that jump back and forth can be written to a pipe too.
///
/// [`commit`]: PendingFile::commit
#[derive(Debug)]
pub struct PendingFile {
    target: PathBuf,
    place: Place,
    temporary: PathBuf,
    file: File,
    committed: bool,
}

impl PendingFile {
    /// Makes the empty temporary file in the target's folder, which must exist.
    ///
    /// # Errors
    /// A target that cannot be written, is an input of the run, or was written by it under another name.
    pub fn create(target: &Path) -> Result<Self> {
        Self::at(target, Place::of(target)?)
    }

    /// For a target whose place is known.
    pub(super) fn at(target: &Path, place: Place) -> Result<Self> {
        let os = |error: io::Error| FileError::os(target, "write", &error);
        let beside = std::env::temp_dir();
        let (folder, name) = match &place {
            Place::File(place) => {
                // as if it were overwritten: one without permission to write stays
                match OpenOptions::new().write(true).open(place) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(os(error)),
                    _ => {}
                }
                (folder_of(place), place.file_name().unwrap_or_default())
            }
            _ => (beside.as_path(), "output".as_ref()),
        };
        let mut register = register();
        if let Place::File(place) = &place {
            register.check(target, place)?;
        }
        let (file, temporary) = temporary::create(&mut register, folder, name).map_err(os)?;
        drop(register);
        Ok(PendingFile { target: target.to_owned(), place, temporary, file, committed: false })
    }

    /// The name to read from what has been written, for readers that want a path.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The name that the file will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Opens the temporary file for writing from its start.
    pub fn open(&self) -> Result<File> {
        self.file.try_clone().map_err(|error| FileError::os(&self.target, "write", &error))
    }

    /// Flushes the file to disk and gives it its name; an existing file of that name keeps its mode, and its
    /// owner where the system lets it.
    pub fn commit(mut self) -> Result<()> {
        let os = |error: io::Error| FileError::os(&self.target, "write", &error);
        let Place::File(place) = &self.place else {
            let mut stream = self.place.open_stream(&self.target)?;
            self.file.seek(SeekFrom::Start(0)).map_err(os)?;
            return io::copy(&mut self.file, &mut stream).and_then(|_| stream.flush()).map_err(os);
        };
        if let Ok(old) = fs::metadata(place) {
            let _ = fchown(&self.file, Some(old.uid()), Some(old.gid()));
            // new content never runs with its owner's rights
            let _ = self.file.set_permissions(Permissions::from_mode(old.mode() & 0o777));
        }
        sync(&self.file).map_err(os)?;
        let mut register = register();
        rename(&self.temporary, place).map_err(os)?;
        register.unfinished.retain(|path| *path != self.temporary);
        register.note_written(place);
        drop(register);
        self.committed = true;
        // a folder that may be written to but not read cannot be opened
        File::open(folder_of(place)).map_or(Ok(()), |folder| sync(&folder)).map_err(os)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.committed {
            let mut register = register();
            let _ = fs::remove_file(&self.temporary);
            register.unfinished.retain(|path| *path != self.temporary);
        }
    }
}

/// Flushes to disk where the file system can.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error)
            if [libc::EINVAL, libc::ENOTSUP, libc::EBADF, libc::EROFS].contains(&error.raw_os_error().unwrap_or(0)) =>
        {
            Ok(())
        }
        done => done,
    }
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    loop {
        match fs::rename(from, to) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
