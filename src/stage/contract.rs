//! What every stage is: flags, the files that they name, a check of them, and the work.

use clap::Parser;

use super::Files;

/// Flags that every stage takes.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// Threads to use; the result is the same for any number [default: 1; attentrack run: all]
    #[arg(long, short = 't', value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "General", global = true)]
    pub threads: Option<u16>,
    /// Log warnings and errors only [default: progress and a summary are logged]
    #[arg(long, short, help_heading = "General", global = true)]
    pub quiet: bool,
    /// Log more; twice for everything [default: progress and a summary are logged]
    #[arg(long, short, action = clap::ArgAction::Count, conflicts_with = "quiet", help_heading = "General", global = true)]
    pub verbose: u8,
}

/// A stage: flags, the files that they name, a check of them, and the work.
pub trait Stage: Parser + Sync {
    /// Threads when `--threads` is not given. Stages run inside workflow jobs, so one.
    fn default_threads() -> u16 {
        1
    }

    /// The flags that every stage takes.
    fn common(&self) -> &Common;

    /// Every file that the stage reads and writes, as its flags name them.
    fn files(&self) -> Files;

    /// What to tell a user whose run was interrupted: how it goes on.
    fn after_interruption(&self) -> String {
        "Run the same command again".to_owned()
    }

    /// Every problem that shows before any work is done, each one sentence.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// The work.
    ///
    /// # Errors
    /// One message that names the place and the remedy.
    fn run(&self) -> anyhow::Result<()>;
}
