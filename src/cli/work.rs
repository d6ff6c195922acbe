//! Doing the steps of a plan, one after the other.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::chain;
use super::prepare::prepare;
use super::record::Record;
use super::step::Step;
use crate::io::{FileError, Output};

/// How steps are done.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The configuration that they come from, for messages.
    pub config: &'a Path,
    /// Folder that they write into.
    pub outdir: &'a Path,
    /// Whether steps are done again whose command, inputs and outputs have not changed.
    pub force: bool,
    /// Whether stages log warnings only.
    pub quiet: bool,
}

impl Work<'_> {
    /// Checks all steps, then does each one that is not done already; `done` is told of each, and how long
    /// it took.
    ///
    /// # Errors
    /// Of the first step that fails.
    pub fn carry_out(
        &self,
        steps: &[Step],
        mut done: impl FnMut(&Step, Option<Duration>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // a value that no stage takes shows now, not after hours of binning and training
        let ready = steps.iter().map(|step| {
            prepare(step, self.quiet).with_context(|| format!("{}: attentrack-{}", self.config.display(), step.stage))
        });
        let ready = ready.collect::<anyhow::Result<Vec<_>>>()?;
        for folder in chain::folders(steps, self.outdir) {
            std::fs::create_dir_all(&folder).map_err(|error| FileError::os(&folder, "make the folder", &error))?;
        }
        let mut record = Record::read(self.outdir);
        for (number, (step, run)) in steps.iter().zip(ready).enumerate() {
            let place = format!("[{}/{}]", number + 1, steps.len());
            if !self.force && record.has(step) {
                tracing::info!(
                    "{place} attentrack-{} {}: done already",
                    step.stage,
                    step.id.as_deref().unwrap_or("all")
                );
                done(step, None)?;
                continue;
            }
            tracing::info!("{place} {step}");
            let start = Instant::now();
            run().with_context(|| format!("attentrack-{}", step.stage))?;
            record.add(step)?;
            done(step, Some(start.elapsed()))?;
        }
        Ok(())
    }
}

/// Prints the commands, one a line.
///
/// # Errors
/// Of standard output.
pub fn print<'a>(steps: impl Iterator<Item = &'a Step>) -> anyhow::Result<()> {
    let mut output = Output::create(Path::new("-"))?;
    for step in steps {
        output.put(format!("{step}\n").as_bytes())?;
    }
    Ok(output.commit()?)
}
