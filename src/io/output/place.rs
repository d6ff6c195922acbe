//! Where the bytes of an output go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::io::{FileError, Result};

/// Links that are followed, as Linux does.
const MOST_LINKS: u32 = 40;

/// How long a named pipe is waited for that nobody reads.
const READER_WAIT: Duration = Duration::from_secs(20);

/// Where the bytes of an output go.
#[derive(Debug)]
pub(super) enum Place {
    /// Standard output of this process: `-`, `/dev/stdout`.
    Stdout,
    /// Its standard error.
    Stderr,
    /// A device, a pipe or an open descriptor (`/dev/fd/N`, `>(command)`), which is written to.
    Stream(PathBuf),
    /// A regular file, or none yet, which appears whole: no link, but what links lead to.
    File(PathBuf),
}

impl Place {
    /// Follows links, of which the last may lead to nothing yet.
    ///
    /// # Errors
    /// A folder, a socket, links in a circle.
    pub(super) fn of(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Place::Stdout);
        }
        let no_file = |problem| Err(FileError::new(path, problem).remedy("Name a file"));
        if path.is_dir() {
            return no_file("is a folder, so no file of that name can be written");
        }
        if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return no_file("is not a file name");
        }
        let os = |error: io::Error| FileError::os(path, "write", &error);
        let mut place = path.to_owned();
        for _ in 0..MOST_LINKS {
            let kind = match fs::symlink_metadata(&place) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::File(place)),
                found => found.map_err(os)?.file_type(),
            };
            if let Some(descriptor) = descriptor(&place) {
                return Ok(match descriptor {
                    1 => Place::Stdout,
                    2 => Place::Stderr,
                    _ => Place::Stream(place),
                });
            }
            if kind.is_symlink() {
                let next = fs::read_link(&place).map_err(os)?;
                place = folder_of(&place).join(next);
            } else if kind.is_socket() {
                return no_file("is a socket, which cannot be written to by its name");
            } else {
                return Ok(if kind.is_file() { Place::File(place) } else { Place::Stream(place) });
            }
        }
        no_file("leads through links in a circle")
    }

    /// Opens what is not a regular file.
    pub(super) fn open_stream(&self, path: &Path) -> Result<Box<dyn Write + Send>> {
        Ok(match self {
            Place::Stdout => Box::new(io::stdout()),
            Place::Stderr => Box::new(io::stderr()),
            Place::Stream(place) | Place::File(place) => {
                let is_pipe = fs::metadata(place).is_ok_and(|metadata| metadata.file_type().is_fifo());
                let _reader = if is_pipe { Some(wait_for_reader(path, place)?) } else { None };
                // to append is what a shell does that has opened the descriptor of a file
                let file = OpenOptions::new().append(true).open(place);
                Box::new(file.map_err(|error| FileError::os(path, "write", &error))?)
            }
        })
    }
}

/// The folder that a file lies in, `.` where its path names none.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Number of the open descriptor of this process that a path names.
fn descriptor(path: &Path) -> Option<u32> {
    let number = path.file_name()?.to_str()?.parse().ok()?;
    let folder = folder_of(path);
    let real = folder.canonicalize().ok()?;
    let own = Path::new("/proc/self/fd").canonicalize().ok();
    (folder == Path::new("/dev/fd") || Some(real) == own).then_some(number)
}

/// Opens a named pipe as soon as it has a reader. One that nobody ever reads is an error, not a run
/// without an end.
fn wait_for_reader(path: &Path, pipe: &Path) -> Result<File> {
    let start = Instant::now();
    loop {
        match OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(pipe) {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                if start.elapsed() > READER_WAIT {
                    let problem = format!("is a pipe that nobody has read from for {} s", READER_WAIT.as_secs());
                    return Err(FileError::new(path, problem).remedy("Start the program that reads it first"));
                }
                thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.map_err(|error| FileError::os(path, "write", &error)),
        }
    }
}
