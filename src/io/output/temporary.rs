//! Names and ownership of unfinished files.
//!
//! An unfinished file is locked by the process that writes it for as long as that lives; the lock holds
//! across containers of one machine, and on shared disks that have locks. One that can be locked has lost
//! its owner, and the next run of the same output removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::register::Register;

const MARK: &str = ".attentrack-";
const END: &str = ".tmp";
/// Hexadecimal digits.
const DIGITS: usize = 16;
/// Bytes of the output's own name that go into the temporary one: file systems end at 255.
const LONGEST: usize = 200;
/// Names that are tried: another run may take an unlocked file for an orphan in the moment that it is made.
const TRIES: u32 = 100;

/// Makes the empty file `.NAME.attentrack-XXXXXXXXXXXXXXXX.tmp` in a folder, of which this process is the owner, and
/// removes those of the same output whose owner is gone.
///
/// The name cannot be guessed, and a file or link that has it already is never opened.
pub(super) fn create(register: &mut Register, folder: &Path, name: &OsStr) -> io::Result<(File, PathBuf)> {
    let start = start_of(name);
    sweep(register, folder, &start);
    for _ in 0..TRIES {
        let mut own = start.clone();
        // keyed by the operating system's randomness
        own.push(format!("{:0DIGITS$x}{END}", RandomState::new().hash_one(0)));
        let path = folder.join(own);
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => {
                let is_swept = matches!(lock(&file), Err(TryLockError::WouldBlock)) || !is_at(&file, &path);
                if !is_swept {
                    register.unfinished.push(path.clone());
                    return Ok((file, path));
                }
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Whether a file of this name is an unfinished one.
pub fn is_temporary(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    let Some(rest) = bytes.strip_suffix(END.as_bytes()) else { return false };
    let Some((start, digits)) = rest.split_last_chunk::<DIGITS>() else { return false };
    start.starts_with(b".") && start.ends_with(MARK.as_bytes()) && digits.iter().all(u8::is_ascii_hexdigit)
}

fn start_of(name: &OsStr) -> OsString {
    let bytes = name.as_bytes();
    let mut start = OsString::from(".");
    start.push(match name.to_str() {
        Some(text) => OsStr::new(&text[..text.floor_char_boundary(LONGEST)]),
        None => OsStr::from_bytes(&bytes[..bytes.len().min(LONGEST)]),
    });
    start.push(MARK);
    start
}

/// Removes the temporary files of one output that lay in the folder before this process and have no owner.
fn sweep(register: &mut Register, folder: &Path, start: &OsStr) {
    let found = register.leftovers.entry(folder.to_owned()).or_insert_with(|| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).filter(|name| is_temporary(name)).collect()
    });
    found.retain(|name| {
        let is_own =
            name.as_bytes().strip_prefix(start.as_bytes()).is_some_and(|rest| rest.len() == DIGITS + END.len());
        if is_own {
            let _ = remove_orphan(&folder.join(name));
        }
        !is_own
    });
}

/// Removes a file that nobody has locked. One that another user owns, or on a disk without locks, stays.
fn remove_orphan(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    // a lock on NFS asks for a file that is open for writing
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
    if lock(&file).is_ok() && is_at(&file, path) { fs::remove_file(path) } else { Ok(()) }
}

fn lock(file: &File) -> Result<(), TryLockError> {
    loop {
        match file.try_lock() {
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Whether an open file still has its name.
fn is_at(file: &File, path: &Path) -> bool {
    let there = fs::symlink_metadata(path).and_then(|there| Ok((there, file.metadata()?)));
    there.is_ok_and(|(there, own)| there.dev() == own.dev() && there.ino() == own.ino())
}
