//! What earlier runs into a folder did, so that a run that is started again does only what is left.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
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
    /// Digests that were taken in this run, by file, size and time.
    digests: HashMap<(PathBuf, u64, u64), u64>,
}

/// Files up to this size are known again by their content; a larger one, by its size and time alone, is not read once
/// more for it.
const READ_UP_TO: u64 = 256 << 20;

/// A step as it was done: by which program, and what its files looked like afterwards.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    program: String,
    files: BTreeMap<PathBuf, Stamp>,
}

/// Size and time of the last change, by which a file is known to be the same; where the time is another, its content.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    modified_ns: u64,
    digest: Option<u64>,
}

impl DoneSteps {
    /// The record of the runs into a folder; empty where there is none, or none of this form.
    pub fn read(outdir: &Path) -> Self {
        let path = outdir.join(".attentrack-run.json");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        DoneSteps {
            path,
            program: program(),
            steps: serde_json::from_str(&text).unwrap_or_default(),
            digests: HashMap::new(),
        }
    }

    /// Whether the step was done by this very program with the same command, and its inputs and outputs
    /// are what they were then: a file that was only touched, or made again with the same bytes, is the same.
    pub fn has(&self, step: &Step) -> bool {
        let (Some(done), Some(paths)) = (self.steps.get(&step.to_string()), files(step)) else { return false };
        Some(&done.program) == self.program.as_ref()
            && paths.len() == done.files.len()
            && paths.iter().all(|path| done.files.get(path).is_some_and(|stamp| stamp.is_of(path) == Some(true)))
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
    fn now(&mut self, step: &Step) -> Option<Done> {
        let mut stamps = BTreeMap::new();
        for path in files(step)? {
            let (bytes, modified_ns) = size_and_time(&path)?;
            let digests = &mut self.digests;
            let digest = match digests.get(&(path.clone(), bytes, modified_ns)) {
                Some(&digest) => Some(digest),
                None if bytes > READ_UP_TO => None,
                None => {
                    let digest = digest(&path)?;
                    digests.insert((path.clone(), bytes, modified_ns), digest);
                    Some(digest)
                }
            };
            stamps.insert(path, Stamp { bytes, modified_ns, digest });
        }
        Some(Done { program: self.program.clone()?, files: stamps })
    }
}

/// The files that a step reads and writes, those of a folder one by one; `None` where one is not there.
fn files(step: &Step) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in step.inputs().map(|input| input.path).chain(step.outputs()) {
        if path.is_dir() {
            let mut inside = path.read_dir().ok()?.peekable();
            inside.peek()?;
            for entry in inside {
                let path = entry.ok()?.path();
                // what a killed run left goes with the next one
                if !path.file_name().is_some_and(io::is_temporary) {
                    files.push(path);
                }
            }
        } else {
            size_and_time(path)?;
            files.push(path.to_owned());
        }
    }
    files.sort_unstable();
    files.dedup();
    Some(files)
}

impl Stamp {
    /// Whether a file is the one of the stamp; `None` where it cannot be read.
    fn is_of(&self, path: &Path) -> Option<bool> {
        let (bytes, modified_ns) = size_and_time(path)?;
        Some(
            bytes == self.bytes
                && (modified_ns == self.modified_ns || self.digest.is_some() && self.digest == digest(path)),
        )
    }
}

fn size_and_time(path: &Path) -> Option<(u64, u64)> {
    let metadata = path.metadata().ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((metadata.len(), u64::try_from(modified.as_nanos()).ok()?))
}

/// Of all bytes of a file. The program is part of what is compared, so that another build's digests are never.
fn digest(path: &Path) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let (mut digest, mut block) = (DefaultHasher::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block).ok()? {
            0 => return Some(digest.finish()),
            read => digest.write(&block[..read]),
        }
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
