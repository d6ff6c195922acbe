//! Where everything lies in the output folder, as each stage says of its outputs.

use std::path::{Path, PathBuf};

use crate::stage::job::Job;
use crate::stage::{bin, evaluate, explain, faithfulness, label, pair, predict, report, split, track, train, tss};

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

    fn shared(&self, job: &Job, name: &str) -> PathBuf {
        self.outdir.join(job.output(0, name))
    }

    fn own(&self, job: &Job, number: usize, name: &str) -> PathBuf {
        self.models.join(job.output(number, name))
    }

    pub fn genes(&self) -> PathBuf {
        self.shared(&tss::JOB, "")
    }
    pub fn splits(&self) -> PathBuf {
        self.shared(&split::JOB, "")
    }
    pub fn bins(&self, sample: &str) -> PathBuf {
        self.shared(&bin::JOB, sample)
    }
    pub fn pair(&self, name: &str) -> PathBuf {
        self.shared(&pair::JOB, name)
    }
    pub fn labels(&self, sample: &str) -> PathBuf {
        self.shared(&label::JOB, sample)
    }
    pub fn model(&self, run: &str) -> PathBuf {
        self.own(&train::JOB, 0, run)
    }
    pub fn history(&self, run: &str) -> PathBuf {
        self.own(&train::JOB, 1, run)
    }
    pub fn predictions(&self, sample: &str) -> PathBuf {
        self.own(&predict::JOB, 0, sample)
    }
    pub fn attention(&self, sample: &str) -> PathBuf {
        self.own(&predict::JOB, 1, sample)
    }
    pub fn explanation(&self, name: &str) -> PathBuf {
        self.own(&explain::JOB, 0, name)
    }
    pub fn faithfulness(&self, sample: &str) -> PathBuf {
        self.own(&faithfulness::JOB, 0, sample)
    }
    pub fn tracks(&self, sample: &str) -> PathBuf {
        self.own(&track::JOB, 0, sample)
    }
    pub fn report(&self) -> PathBuf {
        self.own(&report::JOB, 0, "")
    }
    pub fn metrics(&self) -> PathBuf {
        self.own(&evaluate::JOB, 0, "")
    }
}
