//! What every stage binary shares: logging, threads, interrupts, exit codes.

mod arguments;
pub mod chain;
pub mod cohort;
mod compare;
mod completions;
pub mod config;
mod config_text;
mod front;
mod info;
mod init;
mod interrupt;
mod layout;
mod log;
mod man;
pub mod plan;
mod record;
mod run;
mod schema;
pub mod step;
mod threads;
mod times;
mod work;
mod workflow;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::io;
use crate::stage::Stage;

pub use front::{command_of, main as front_main};

/// Widest help; narrower terminals wrap it at their width.
const HELP_COLUMNS: usize = 100;

/// The `main` of a stage binary. Exit status: 0 done, 1 failed, 2 wrong usage, 128 + the number of a signal that
/// ended it (130 Ctrl-C, 143 `kill`, 129 hang-up).
pub fn main<S: Stage>() -> ExitCode {
    start::<S>(std::env::args_os())
}

/// A stage with the arguments of a command line, the first of which is the program's name.
fn start<S: Stage>(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match arguments::expanded(arguments) {
        Ok(arguments) => {
            let matches = S::command().max_term_width(HELP_COLUMNS).get_matches_from(arguments);
            let stage = S::from_arg_matches(&matches);
            execute(&stage.unwrap_or_else(|error| error.format(&mut S::command()).exit()))
        }
        Err(error) => {
            log::error(error);
            ExitCode::from(2)
        }
    }
}

/// Runs a parsed stage: sets up logging, threads and interrupts, validates, works, reports.
pub fn execute<S: Stage>(stage: &S) -> ExitCode {
    let common = stage.common();
    log::set_up(common);
    interrupt::handle(stage.after_interruption());
    threads::start(common.threads.unwrap_or_else(S::default_threads));
    let problems = problems(stage);
    if !problems.is_empty() {
        problems.iter().for_each(log::error);
        return ExitCode::from(1);
    }
    // from within the pool: every loop that is shared out would else wait for a thread to wake up
    match rayon::scope(|_| work(stage)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error)
            if error
                .chain()
                .any(|cause| cause.downcast_ref::<io::FileError>().is_some_and(io::FileError::is_broken_pipe)) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            log::error(format!("{error:#}"));
            ExitCode::from(1)
        }
    }
}

/// Every problem of a stage's flags and of the files that they name.
fn problems<S: Stage>(stage: &S) -> Vec<String> {
    let problems = stage.problems();
    if problems.is_empty() { stage.files().problem().into_iter().collect() } else { problems }
}

/// The stage's work, from which its inputs are safe.
fn work<S: Stage>(stage: &S) -> anyhow::Result<()> {
    stage.files().secure()?;
    stage.run()
}
