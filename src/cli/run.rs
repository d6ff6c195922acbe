//! `attentrack run CONFIG`: the whole chain in one process.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;

use super::chain::{self, Step};
use super::config::Config;
use crate::io::{FileError, Output, sample_sheet};
use crate::stage::{self, Common, Stage};

/// Run the whole chain from one config.yaml: genes, bins, labels, splits, training, predictions,
/// evaluation, tracks
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack run",
    after_help = "Examples:\n  attentrack run config.yaml --outdir results --threads 8\n  \
                  attentrack run config.yaml --dry-run        # print the stage commands only\n\n\
                  An interrupted run that is started again goes on in the middle of its training."
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

    fn run(&self) -> anyhow::Result<()> {
        let config = Config::read(&self.config)?;
        let samples = sample_sheet::read(&config.samples)?;
        for sample in &samples {
            if let Some(path) = config.labels.of(&sample.name).filter(|path| !path.is_file()) {
                bail!("{}: labels.path: no such file {}", self.config.display(), path.display());
            }
        }
        let outdir = self.outdir.clone().unwrap_or_else(|| self.config.with_file_name("results"));
        // printed, each step can be run on a machine of its own
        let steps = chain::plan(&config, &samples, &outdir, !self.dry_run);
        if self.dry_run {
            let mut output = Output::create(Path::new("-"))?;
            for step in &steps {
                output.put(format!("{step}\n").as_bytes())?;
            }
            return Ok(output.commit()?);
        }
        // a value that no stage takes shows now, not after hours of binning and training
        let ready = steps.iter().map(|step| self.prepare(step).with_context(|| self.place(step)));
        let ready = ready.collect::<anyhow::Result<Vec<_>>>()?;
        for folder in chain::folders(&samples, &outdir) {
            std::fs::create_dir_all(&folder).map_err(|error| FileError::os(&folder, "make the folder", &error))?;
        }
        for (number, (step, run)) in steps.iter().zip(ready).enumerate() {
            tracing::info!("[{}/{}] {step}", number + 1, steps.len());
            run().with_context(|| format!("attentrack-{}", step.stage))?;
        }
        tracing::info!(
            "done: the tracks are in {}, the accuracy is in {}",
            outdir.join("tracks").display(),
            outdir.join("metrics.json").display()
        );
        Ok(())
    }
}

/// A stage whose flags are parsed, ready to work.
type Ready = Box<dyn FnOnce() -> anyhow::Result<()>>;

impl Run {
    fn prepare(&self, step: &Step) -> anyhow::Result<Ready> {
        match step.stage {
            "tss" => self.stage::<stage::tss::Args>(step),
            "bin" => self.stage::<stage::bin::Args>(step),
            "label" => self.stage::<stage::label::Args>(step),
            "split" => self.stage::<stage::split::Args>(step),
            "train" => self.stage::<stage::train::Args>(step),
            "predict" => self.stage::<stage::predict::Args>(step),
            "evaluate" => self.stage::<stage::evaluate::Args>(step),
            "track" => self.stage::<stage::track::Args>(step),
            other => bail!("no stage {other}"),
        }
    }

    /// Parses and checks the step's flags exactly as its binary would.
    fn stage<S: Stage + 'static>(&self, step: &Step) -> anyhow::Result<Ready> {
        let mut arguments = vec![format!("attentrack-{}", step.stage).into()];
        arguments.extend(step.arguments.iter().cloned());
        if self.common.quiet {
            arguments.push("--quiet".into());
        }
        let stage = S::try_parse_from(arguments).map_err(|error| {
            // clap's usage lines speak of flags that are not in the config
            let text = error.to_string();
            let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
            anyhow::anyhow!("{}", lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned())
        })?;
        let problems = stage.problems();
        if !problems.is_empty() {
            bail!("{}", problems.join("; "));
        }
        Ok(Box::new(move || stage.run()))
    }

    /// Where a value comes from that a stage does not take.
    fn place(&self, step: &Step) -> String {
        format!("{}: attentrack-{}", self.config.display(), step.stage)
    }
}
