//! Doing the steps of a plan, one after the other.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::chain;
use super::record::DoneSteps;
use super::step::Step;
use crate::io::{FileError, Output};
use crate::stage::Files;

/// How steps are done.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The configuration that they come from, for messages.
    pub config: &'a Path,
    /// The sample sheet that the configuration names.
    pub sheet: &'a Path,
    /// Folder that they write into.
    pub outdir: &'a Path,
    /// Whether steps are done again whose command, inputs and outputs have not changed.
    pub force: bool,
}

/// What comes to pass while steps are done.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// The folder is this run's alone, and nothing is done yet.
    Begin,
    /// A step is done, now and in this time, or was before.
    Done(&'a Step, Option<Duration>),
}

impl Work<'_> {
    /// Checks all steps, then does each one that is not done already; `told` is told of each.
    ///
    /// # Errors
    /// A step that would destroy what the chain reads; a folder that another run works in; the first step that
    /// fails.
    pub fn carry_out(&self, steps: &[Step], mut told: impl FnMut(Event) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.check(steps)?;
        self.files(steps).protect();
        for folder in chain::folders(steps) {
            std::fs::create_dir_all(folder).map_err(|error| FileError::os(folder, "make the folder", &error))?;
        }
        let _alone = self.lock()?;
        told(Event::Begin)?;
        let mut record = DoneSteps::read(self.outdir);
        for (number, step) in steps.iter().enumerate() {
            let place = format!("[{}/{}]", number + 1, steps.len());
            if !self.force && record.has(step) {
                tracing::info!(
                    "{place} attentrack-{} {}: done already",
                    step.stage,
                    step.id.as_deref().unwrap_or("all")
                );
                told(Event::Done(step, None))?;
                continue;
            }
            tracing::info!("{place} {step}");
            let start = Instant::now();
            step.run().with_context(|| step.name())?;
            let time = start.elapsed();
            tracing::info!("{place} took {:.1} s", time.as_secs_f64());
            record.add(step)?;
            told(Event::Done(step, Some(time)))?;
        }
        Ok(())
    }

    /// Checks all steps, as must be done before one is done or printed: a value that no stage takes shows now, not
    /// after hours of binning and training.
    ///
    /// # Errors
    /// A value that a stage does not take; a step that would destroy what the chain reads.
    pub fn check(&self, steps: &[Step]) -> anyhow::Result<()> {
        let name = match self.config.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => self.config.display().to_string(),
        };
        for step in steps {
            step.check().with_context(|| format!("{name}: attentrack-{}", step.stage))?;
        }
        match self.files(steps).problem() {
            Some(problem) => bail!("{name}: {problem}"),
            None => Ok(()),
        }
    }

    /// What the whole chain reads that none of its earlier steps makes, and all that it writes.
    fn files(&self, steps: &[Step]) -> Files {
        let mut files = Files::new().input("CONFIG", [self.config]).input("samples", [self.sheet]);
        let mut made = HashSet::new();
        for step in steps {
            for input in step.inputs().filter(|input| !made.contains(input.path)) {
                files = files.input(input.flag, [input.path]);
            }
            files = files.output(step.stage, step.outputs());
            made.extend(step.outputs());
        }
        files
    }

    /// Keeps other runs out of the folder, which would mix their steps with these, for as long as the file is
    /// open. On a shared disk without locks nobody is kept out.
    fn lock(&self) -> anyhow::Result<Option<File>> {
        let Ok(folder) = File::open(self.outdir) else { return Ok(None) };
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(TryLockError::Error(_)) => Ok(None),
            Err(TryLockError::WouldBlock) => Err(FileError::new(self.outdir, "another run is working in this folder")
                .remedy("Wait until it is done, or give another --outdir")
                .into()),
        }
    }
}

/// Prints the commands, one a line.
///
/// # Errors
/// If standard output cannot be written.
pub fn print<'a>(steps: impl Iterator<Item = &'a Step>) -> anyhow::Result<()> {
    let mut output = Output::create(Path::new("-"))?;
    for step in steps {
        output.put(format!("{step}\n").as_bytes())?;
    }
    Ok(output.commit()?)
}
