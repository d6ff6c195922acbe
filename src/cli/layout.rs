//! Where everything lies in the output folder, as each stage says of its outputs.

use std::path::{Path, PathBuf};

use crate::stage::job::Job;

/// Where everything lies in the output folder.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The output folder.
    outdir: &'a Path,
    /// Folder of what models are and say.
    models: &'a Path,
}

impl<'a> Layout<'a> {
    /// The layout of one chain.
    pub fn new(outdir: &'a Path) -> Self {
        Layout { outdir, models: outdir }
    }

    /// The layout of one model of many: it has a folder of its own, and shares the data.
    pub fn of_model(outdir: &'a Path, models: &'a Path) -> Self {
        Layout { outdir, models }
    }

    /// What all models share: the first output of a job, of a sample or of the whole chain.
    pub fn data(&self, job: &Job, name: &str) -> PathBuf {
        self.outdir.join(job.output(0, name))
    }

    /// An output of a job of one model, of a sample, a run or the whole chain.
    pub fn model(&self, job: &Job, number: usize, name: &str) -> PathBuf {
        self.models.join(job.output(number, name))
    }
}
