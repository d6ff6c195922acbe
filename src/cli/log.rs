//! Messages on standard error. What cannot be written there (a full disk, a pipe that nobody reads) is lost:
//! a log never ends the work.

use std::fmt::Display;
use std::io::{self, Write};

use tracing::Level;

use crate::genome::visible;
use crate::stage::Common;

/// Standard error, where writing never fails.
#[derive(Clone, Copy, Debug)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says `error: MESSAGE`. Nothing in a path or a name may steer the terminal.
pub(super) fn error(message: impl Display) {
    let message = message.to_string();
    let lines: Vec<_> = message.lines().map(visible).collect();
    let _ = Log.write_all(format!("error: {}\n", lines.join("\n")).as_bytes());
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
