//! What this process reads, is writing and has written: so that no output destroys an input or another
//! output, and nothing unfinished is left when the process is stopped.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::thread;

use super::identity::Identity;
use crate::io::{FileError, Result};

static REGISTER: LazyLock<Mutex<Register>> = LazyLock::new(Mutex::default);

/// What this process reads, is writing and has written.
#[derive(Default)]
pub(super) struct Register {
    /// Files that are read, and the flag that names them.
    inputs: HashMap<Identity, (String, PathBuf)>,
    /// Files that have their names, and by these names.
    written: HashMap<Identity, PathBuf>,
    written_at: HashMap<PathBuf, Identity>,
    last: Option<PathBuf>,
    /// Temporary names of files that are being written.
    pub(super) unfinished: Vec<PathBuf>,
    /// By folder, the temporary names that lay there when this process first wrote into it.
    pub(super) leftovers: HashMap<PathBuf, Vec<OsString>>,
    stopped: bool,
}

/// What a process that is stopped has written.
#[derive(Debug, Default)]
pub struct Kept {
    /// Whole files.
    pub files: usize,
    /// The last of them.
    pub last: Option<PathBuf>,
}

/// The register. Once the process is being stopped it is closed: whoever asks for it then, to open another
/// file or to give one its name, waits for the end.
pub(super) fn register() -> MutexGuard<'static, Register> {
    let register = REGISTER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if !register.stopped {
        return register;
    }
    drop(register);
    loop {
        thread::park();
    }
}

/// Notes a file that `flag` says is read: no output of this process replaces it from now on.
pub fn protect(flag: &str, path: &Path) {
    if let Some(identity @ Identity::There(..)) = Identity::of_input(path) {
        register().inputs.insert(identity, (flag.to_owned(), path.to_owned()));
    }
}

/// Removes every unfinished file, and lets none be opened or get its name any more. For a process that is
/// about to end.
pub fn stop() -> Kept {
    let mut register = register();
    register.stopped = true;
    for path in register.unfinished.drain(..) {
        let _ = fs::remove_file(path);
    }
    Kept { files: register.written_at.len(), last: register.last.take() }
}

impl Register {
    /// Refuses to write to `place`, which the output `path` leads to, where that is a file that is read or was
    /// written under another name.
    pub(super) fn check(&self, path: &Path, place: &Path) -> Result<()> {
        let Some(identity) = fs::metadata(place).ok().and_then(|metadata| Identity::of(&metadata)) else {
            return Ok(());
        };
        let refuse = |problem: String| Err(FileError::new(path, problem).remedy("Name another file to write"));
        // the inode of a file that is gone, or was replaced, may be another file's by now
        let is_now = |other: Option<Identity>| other.is_some_and(|other| other == identity);
        if let Some((flag, input)) = self.inputs.get(&identity).filter(|(_, input)| is_now(Identity::of_input(input))) {
            return refuse(format!("is the file that {flag} {} reads, and would be destroyed", input.display()));
        }
        match self.written.get(&identity) {
            Some(other) if other != place && is_now(Identity::of_input(other)) => {
                refuse(format!("is the file {}, which this run has just written", other.display()))
            }
            _ => Ok(()),
        }
    }

    /// Notes a file that has its name.
    pub(super) fn note_written(&mut self, place: &Path) {
        let Some(identity) = fs::metadata(place).ok().and_then(|metadata| Identity::of(&metadata)) else { return };
        // a file that is written again is another one by its inode
        if let Some(old) = self.written_at.insert(place.to_owned(), identity.clone()) {
            self.written.remove(&old);
        }
        self.written.insert(identity, place.to_owned());
        self.last = Some(place.to_owned());
    }
}
