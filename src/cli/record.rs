//! What earlier runs into a folder did, so that a run that is started again does only what is left.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::io::{self, Output};

/// The steps that are done, by their commands, kept in `OUTDIR/.attentrack-run.json`.
#[derive(Debug)]
pub struct DoneSteps {
    path: PathBuf,
    program: Option<String>,
    steps: BTreeMap<String, Done>,
}

/// A step as it was done: by which program, and what its files looked like afterwards.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Done {
    program: String,
    files: BTreeMap<PathBuf, Stamp>,
}

/// Size and time of the last change, by which a file is known to be the same.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    modified_ns: u64,
}

impl DoneSteps {
    /// The record of the runs into a folder; empty where there is none, or none of this form.
    pub fn read(outdir: &Path) -> Self {
        let path = outdir.join(".attentrack-run.json");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        DoneSteps { path, program: program(), steps: serde_json::from_str(&text).unwrap_or_default() }
    }

    /// Whether the step was done by this very program with the same command, and its inputs and outputs
    /// are what they were then.
    pub fn has(&self, step: &Step) -> bool {
        let done = self.steps.get(&step.to_string());
        done.is_some() && self.now(step).as_ref() == done
    }

    /// Notes that a step is done.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn add(&mut self, step: &Step) -> anyhow::Result<()> {
        let Some(done) = self.now(step) else { return Ok(()) };
        self.steps.insert(step.to_string(), done);
        let mut output = Output::create(&self.path)?;
        output.put(serde_json::to_string(&self.steps)?.as_bytes())?;
        Ok(output.commit()?)
    }

    /// As the step's files are now; `None` where one of them is not there, or the program cannot be read.
    fn now(&self, step: &Step) -> Option<Done> {
        let mut files = BTreeMap::new();
        for path in step.inputs().map(|input| input.path).chain(step.outputs()) {
            if path.is_dir() {
                let mut inside = path.read_dir().ok()?.peekable();
                inside.peek()?;
                for entry in inside {
                    let path = entry.ok()?.path();
                    // what a killed run left goes with the next one
                    if path.file_name().is_some_and(io::is_temporary) {
                        continue;
                    }
                    files.insert(path.clone(), Stamp::of(&path)?);
                }
            } else {
                files.insert(path.to_owned(), Stamp::of(path)?);
            }
        }
        Some(Done { program: self.program.clone()?, files })
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Stamp { bytes: metadata.len(), modified_ns: u64::try_from(modified.as_nanos()).ok()? })
    }
}

/// Version and digest of this program: one that is built anew from other sources of the same version may
/// do other things.
fn program() -> Option<String> {
    let program = std::fs::read(std::env::current_exe().ok()?).ok()?;
    let mut digest = DefaultHasher::new();
    digest.write(&program);
    Some(format!("{} {:016x}", env!("CARGO_PKG_VERSION"), digest.finish()))
}
