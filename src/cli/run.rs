//! `attentrack run CONFIG`: the whole chain in one process.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

use super::chain;
use super::config::{Config, Origin};
use super::work::{self, Work};
use crate::stage::{Common, Files, Stage};

/// Run the whole chain from one config.yaml: genes, bins, labels, splits, training, predictions,
/// evaluation, tracks
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack run",
    after_help = "\
Examples:
  attentrack run config.yaml --outdir results --threads 8
  attentrack run config.yaml --dry-run        # print the stage commands only

A run that is started again does only what is left: steps whose command, inputs and outputs are as
an earlier run of this very program into the same folder left them are not done again, and an
interrupted training goes on."
)]
pub struct Run {
    /// The configuration; schemas/config.schema.json describes its keys
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Folder for everything that is written [default: results beside the config]
    #[arg(long, short, value_name = "DIR")]
    outdir: Option<PathBuf>,
    /// Print the stage commands, one a line, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do every step again [default: only those whose command, program, inputs or outputs have changed]
    #[arg(long, short = 'F')]
    force: bool,
    #[command(flatten)]
    common: Common,
}

impl Stage for Run {
    fn default_threads() -> u16 {
        std::thread::available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX))
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().input("CONFIG", [&self.config]).folder("--outdir", &self.outdir)
    }

    fn after_interruption(&self) -> String {
        "Run the same command again: it does only what is left".to_owned()
    }

    fn run(&self) -> anyhow::Result<()> {
        let (config, cohort) = Config::read(&self.config, &Origin::default())?;
        let beside = || match self.config.to_str() {
            Some("-") => PathBuf::from("results"),
            _ => self.config.with_file_name("results"),
        };
        let outdir = self.outdir.clone().unwrap_or_else(beside);
        // printed, each step can be run on a machine of its own
        let steps =
            chain::plan(&config, &cohort, &outdir, !self.dry_run).with_context(|| self.config.display().to_string())?;
        let work = Work { config: &self.config, sheet: &config.sheets.samples, outdir: &outdir, force: self.force };
        if self.dry_run {
            work.check(&steps)?;
            return work::print(steps.iter());
        }
        work.carry_out(&steps, |_, _| Ok(()))?;
        tracing::info!(
            "done: the tracks are in {}, what they are worth is in {}",
            outdir.join("tracks").display(),
            outdir.join("report/report.html").display()
        );
        Ok(())
    }
}
