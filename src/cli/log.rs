//! Messages on standard error. What cannot be written there (a full disk, a pipe that nobody reads) is lost:
//! a log never ends the work. Control characters in paths and names are shown, never sent to the terminal.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tracing::Level;

use crate::genome::visible;
use crate::stage::Common;

/// Standard error, where writing never fails.
#[derive(Clone, Copy, Debug)]
struct Log;

/// Where the log goes as well.
static COPY: Mutex<Option<File>> = Mutex::new(None);

/// From now on, all that is said is also appended to a file, which is made anew. Where it cannot be written the log goes on
/// without it.
pub(super) fn copy_to(path: &Path) {
    *COPY.lock().unwrap_or_else(PoisonError::into_inner) = File::create(path).ok();
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = shown(&String::from_utf8_lossy(bytes));
        let _ = io::stderr().write_all(text.as_bytes());
        if let Some(file) = COPY.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = file.write_all(text.as_bytes());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text of one or several lines, which nothing in a path or a name may steer.
fn shown(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Says `error: MESSAGE`, one line.
pub(super) fn error(message: impl Display) {
    let _ = Log.write_all(format!("error: {message}\n").as_bytes());
}

/// Lets `tracing` write to standard error what the flags ask for.
pub(super) fn set_up(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => Level::WARN,
        (_, 0) => Level::INFO,
        (_, 1) => Level::DEBUG,
        _ => Level::TRACE,
    };
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Log)
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .try_init();
}
