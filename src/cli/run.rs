//! `attentrack run CONFIG`: the whole chain in one process.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use clap::builder::PossibleValuesParser;

use super::chain;
use super::config::{Config, Origin};
use super::info;
use super::step::Step;
use super::times::Times;
use super::work::{self, Event, Work};
use crate::stage::{CHAIN, Common, Files, Stage};

/// Run the whole chain from one config.yaml: genes, bins, labels, splits, training, predictions,
/// evaluation, tracks
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack run",
    after_help = "\
Examples:
  attentrack run config.yaml --outdir results --threads 8
  attentrack run config.yaml --dry-run        # print the stage commands only
  attentrack run config.yaml --until bin      # stop after binning
  attentrack run config.yaml --from train     # train and all that follows once more

A run that is started again does only what is left: steps whose command, inputs and outputs are as
an earlier run of this very program into the same folder left them are not done again, and an
interrupted training goes on. A file that was touched, or written again with the same bytes, is the
same (above 256 MiB a file is known by its size and time alone).

Beside the results, pipeline_info/ has the configuration, the commands, how long each step took, and
the log."
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
    /// Do the steps of this stage and all later ones, once more; those before must be done [default: the first]
    #[arg(long, value_name = "STAGE", value_parser = PossibleValuesParser::new(CHAIN.iter().map(|job| job.stage)))]
    from: Option<String>,
    /// Stop when the steps of this stage are done [default: the last]
    #[arg(long, value_name = "STAGE", value_parser = PossibleValuesParser::new(CHAIN.iter().map(|job| job.stage)))]
    until: Option<String>,
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
        let force = self.force || self.from.is_some();
        let work = Work { config: &self.config, sheet: &config.sheets.samples, outdir: &outdir, force };
        work.check(&steps)?;
        let (before, steps) = self.part(&steps)?;
        if self.dry_run {
            return work::print(steps.iter());
        }
        if let Some((step, path)) =
            before.iter().find_map(|step| Some((step, step.outputs().find(|path| !path.exists())?)))
        {
            bail!(
                "{}: is not there, and --from {} leaves out attentrack-{}, which makes it. Start from an earlier stage, or without --from",
                path.display(),
                self.from.as_deref().unwrap_or_default(),
                step.stage
            );
        }
        let mut times = None;
        work.carry_out(steps, |event| {
            match (event, &mut times) {
                (Event::Done(step, time), Some(times)) => Times::add(times, &[], step, time)?,
                _ => times = Some(info::begin(&outdir, &self.config, steps)?),
            }
            Ok(())
        })?;
        match &self.until {
            Some(stage) => tracing::info!("done up to attentrack-{stage}: the results are in {}", outdir.display()),
            None => tracing::info!(
                "done: the tracks are in {}, what they are worth is in {}",
                outdir.join("tracks").display(),
                outdir.join("report/report.html").display()
            ),
        }
        Ok(())
    }
}

impl Run {
    /// The steps before `--from`, and those from there to `--until`.
    fn part<'a>(&self, steps: &'a [Step]) -> anyhow::Result<(&'a [Step], &'a [Step])> {
        let known = |flag: &str, stage: &String, place: Option<usize>| {
            let stages: Vec<&str> = steps.iter().map(|step| step.stage).fold(Vec::new(), |mut all, stage| {
                if !all.contains(&stage) {
                    all.push(stage);
                }
                all
            });
            let all = stages.join(", ");
            place.with_context(|| format!("{flag} {stage}: this configuration has no such step. It has {all}"))
        };
        let first = |stage: &String| known("--from", stage, steps.iter().position(|step| step.stage == stage));
        let last = |stage: &String| known("--until", stage, steps.iter().rposition(|step| step.stage == stage));
        let start = self.from.as_ref().map(first).transpose()?.unwrap_or(0);
        let end = self.until.as_ref().map(last).transpose()?.map_or(steps.len(), |last| last + 1);
        if start >= end {
            bail!(
                "--from {} is after --until {}",
                self.from.as_deref().unwrap_or(""),
                self.until.as_deref().unwrap_or("")
            );
        }
        Ok((&steps[..start], &steps[start..end]))
    }
}
