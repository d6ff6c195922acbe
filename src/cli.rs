//! What every stage binary shares: logging, threads, interrupts, exit codes.

mod arguments;
pub mod chain;
mod compare;
mod completions;
pub mod config;
mod front;
mod layout;
mod man;
pub mod plan;
mod prepare;
mod record;
mod run;
mod schema;
pub mod step;
mod times;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::genome::visible;
use crate::io;
use crate::stage::{Common, Stage};

pub use front::main as front_main;

/// The `main` of a stage binary. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
pub fn main<S: Stage>() -> ExitCode {
    start::<S>(std::env::args_os())
}

/// A stage with the arguments of a command line, the first of which is the program's name.
fn start<S: Stage>(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match arguments::expanded(arguments) {
        Ok(arguments) => execute(&S::parse_from(arguments)),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs a parsed stage: sets up logging, threads and interrupts, validates, works, reports.
pub fn execute<S: Stage>(stage: &S) -> ExitCode {
    let common = stage.common();
    set_up_logging(common);
    // A second handler (a stage started in-process by another) is refused, and the first one serves.
    let _ = ctrlc::set_handler(|| {
        io::remove_unfinished();
        std::process::exit(130);
    });
    let threads = common.threads.unwrap_or_else(S::default_threads);
    let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    let problems = stage.problems();
    if !problems.is_empty() {
        for problem in &problems {
            eprintln!("error: {}", shown(problem));
        }
        return ExitCode::from(1);
    }
    // from within the pool: every loop that is shared out would else wait for a thread to wake up
    match rayon::scope(|_| stage.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error)
            if error
                .chain()
                .any(|cause| cause.downcast_ref::<io::FileError>().is_some_and(io::FileError::is_broken_pipe)) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}", shown(&format!("{error:#}")));
            ExitCode::from(1)
        }
    }
}

/// A message for the terminal, which nothing in a path or a name may steer.
fn shown(message: &str) -> String {
    message.lines().map(visible).collect::<Vec<_>>().join("\n")
}

fn set_up_logging(common: &Common) {
    use tracing::Level;
    let level = match (common.quiet, common.verbose) {
        (true, _) => Level::WARN,
        (_, 0) => Level::INFO,
        (_, 1) => Level::DEBUG,
        _ => Level::TRACE,
    };
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .try_init();
}
