//! The `attentrack` command: the whole chain, and the door to the stages.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command as Process, ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::compare::Compare;
use super::completions::Completions;
use super::init::Init;
use super::log;
use super::man::Man;
use super::plan::Plan;
use super::run::Run;
use super::schema::Schema;
use super::workflow::Workflow;
use super::{HELP_COLUMNS, execute, start};
use crate::stage::{self, stages};

/// Share of the letters that two names must have in common for one to be a misspelling of the other.
const LIKE: f64 = 0.5;

/// From histone marks and gene expression to attention tracks for the genome browser
#[derive(Debug, Parser)]
#[command(name = "attentrack", version, about, arg_required_else_help = true)]
struct Front {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a config.yaml and a sample sheet from the names of files
    Init(Init),
    /// Run the whole chain from one config.yaml
    Run(Run),
    /// Train every model on the data of a config.yaml, and compare them
    Compare(Compare),
    /// Print the chain of a config.yaml as JSON, for workflow engines
    Plan(Plan),
    /// Print a JSON Schema, or write them all to a folder
    Schema(Schema),
    /// Print what completes attentrack's commands in a shell, or write it to a folder
    Completions(Completions),
    /// Write the manual pages to a folder
    Man(Man),
    /// Write the Snakemake rules and Nextflow modules of the stages into a folder
    Workflow(Workflow),
    #[command(external_subcommand)]
    Stage(Vec<OsString>),
}

/// What a stage is called, its one-line description, and how to run it in this process.
struct StageEntry {
    name: &'static str,
    command: fn() -> clap::Command,
    main: fn(Vec<OsString>) -> ExitCode,
}

macro_rules! entries {
    ($($name:ident),*) => {
        &[$(StageEntry {
            name: stringify!($name),
            command: stage::$name::Args::command,
            main: |arguments| start::<stage::$name::Args>(arguments),
        }),*]
    };
}

/// The stages in the order in which they chain.
const STAGES: &[StageEntry] = stages!(entries);

/// The command line of a stage; `None` of a name that is no stage.
pub fn command_of(stage: &str) -> Option<clap::Command> {
    STAGES.iter().find(|entry| entry.name == stage).map(|entry| (entry.command)())
}

/// The `main` of `attentrack`. Exit status as for the stages.
pub fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "help") && arguments.len() > 2 {
        // `help STAGE` is `STAGE --help`; alone, clap knows it
        arguments.remove(1);
        arguments.push("--help".into());
    }
    let matches = front().get_matches_from(arguments);
    let front = match Front::from_arg_matches(&matches) {
        Ok(front) => front,
        Err(error) => error.exit(),
    };
    match front.command {
        Command::Init(init) => execute(&init),
        Command::Run(run) => execute(&run),
        Command::Compare(compare) => execute(&compare),
        Command::Plan(plan) => execute(&plan),
        Command::Schema(schema) => execute(&schema),
        Command::Completions(completions) => execute(&completions.of(programs())),
        Command::Man(man) => execute(&man.of(programs())),
        Command::Workflow(workflow) => execute(&workflow),
        Command::Stage(arguments) => start_stage(arguments),
    }
}

fn front() -> clap::Command {
    Front::command().after_help(list_of_stages()).max_term_width(HELP_COLUMNS)
}

/// `attentrack`, of which every stage is a subcommand too, and the program of each stage.
fn programs() -> Vec<clap::Command> {
    let stages = STAGES.iter().map(|entry| (entry.command)().version(env!("CARGO_PKG_VERSION")));
    let front = STAGES.iter().fold(front(), |front, entry| front.subcommand((entry.command)().name(entry.name)));
    std::iter::once(front).chain(stages).collect()
}

fn list_of_stages() -> String {
    let mut text = "Stages (each is also a program, attentrack-STAGE; --help tells more):\n".to_owned();
    let width = STAGES.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    for entry in STAGES {
        let about = (entry.command)().get_about().map(ToString::to_string).unwrap_or_default();
        // a line is enough here
        let about = about.split([':', '(']).next().unwrap_or_default().trim_end();
        text += &format!("  {:<width$}  {about}\n", entry.name);
    }
    text += "\nAn argument @FILE of a stage stands for the lines of FILE, an argument each; @- for those of standard input.\n";
    text + "\nExample:\n  attentrack init && attentrack run config.yaml --outdir results\n"
}

/// Like git: `attentrack train …` is `attentrack-train …`. The stages that ship run in this process,
/// which spares the search for them; any other name is a program beside this one or on the PATH.
fn start_stage(mut arguments: Vec<OsString>) -> ExitCode {
    let name = arguments.remove(0).to_string_lossy().into_owned();
    let program = format!("attentrack-{name}");
    if let Some(entry) = STAGES.iter().find(|entry| entry.name == name) {
        arguments.insert(0, program.into());
        return (entry.main)(arguments);
    }
    let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name(&program)).filter(|path| path.is_file());
    match Process::new(beside.unwrap_or_else(|| PathBuf::from(&program))).args(&arguments).status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(_) => {
            let meant = similar(&name).map(|known| format!("Did you mean {known}? ")).unwrap_or_default();
            log::error(format!(
                "no stage {name:?}, and no program {program} on the PATH. {meant}`attentrack help` lists the stages"
            ));
            ExitCode::from(2)
        }
    }
}

/// The stage or command whose name is most like a mistyped one.
fn similar(name: &str) -> Option<String> {
    let own = Front::command();
    let own = own.get_subcommands().map(|command| command.get_name().to_owned());
    let known = own.chain(STAGES.iter().map(|entry| entry.name.to_owned()));
    let ranked = known
        .map(|known| (strsim::normalized_damerau_levenshtein(name, &known), known))
        .filter(|(likeness, _)| *likeness > LIKE);
    ranked.max_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, known)| known)
}
