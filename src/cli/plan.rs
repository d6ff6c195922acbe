//! `attentrack plan CONFIG`: the chain as JSON, for workflow engines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain;
use super::config::{Config, Origin};
use super::step::Step;
use super::work::Work;
use crate::genome::NAME_PATTERN;
use crate::io::Output;
use crate::stage::{Common, Files, Stage};

/// Print the chain of a config.yaml as JSON, for workflow engines: every step with its command, its
/// files and its settings
///
/// The steps are those of `attentrack run --dry-run`, one a job: models of samples that are trained
/// apart are a step each. A step's paths in `outputs` are what later steps name in their `inputs`.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack plan",
    after_help = "Examples:\n  attentrack plan config.yaml\n  attentrack plan config.yaml | jq -r '.steps[].command'\n  \
                  attentrack plan - --base project < config.json"
)]
pub struct Plan {
    /// The configuration, YAML or JSON; `-` is standard input
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Folder that the paths in CONFIG lead from, where CONFIG is a copy [default: CONFIG's own]. Files
    /// that it names are not looked for where this folder cannot be seen
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Read this sample sheet, a copy of the one that CONFIG names
    #[arg(long, value_name = "TSV")]
    samples: Option<PathBuf>,
    /// Read this table of pairs, a copy of the one that CONFIG names
    #[arg(long, value_name = "TSV")]
    pairs: Option<PathBuf>,
    /// The file that the user wrote, where CONFIG is a copy of it: messages name it, and keys instead of lines
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Let CONFIG and the sample sheet name files that are not there: a larger workflow makes them first
    #[arg(long)]
    allow_missing: bool,
    /// Folder that the steps write into
    #[arg(long, value_name = "DIR", default_value = "results")]
    outdir: PathBuf,
    /// File to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// The chain, as `attentrack plan` prints it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlanFile {
    /// Always `attentrack.plan`.
    format: String,
    /// Version of the format.
    format_version: u32,
    /// Version of attentrack that wrote the plan.
    tool_version: String,
    /// Names of the samples, in the order of the sheet.
    #[schemars(inner(regex(pattern = NAME_PATTERN)))]
    samples: Vec<String>,
    /// In an order in which every input is there before it is read.
    steps: Vec<PlannedStep>,
}

/// One job.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlannedStep {
    /// Stage: the program is attentrack-STAGE.
    stage: String,
    /// The sample or the model that the step is for; null of a step that the chain has once.
    id: Option<String>,
    /// The samples that take part, in order.
    samples: Vec<String>,
    /// Files that are read, in order.
    inputs: Vec<PlannedInput>,
    /// Files and folders that are written.
    outputs: Vec<PathBuf>,
    /// Every flag that names neither a file of `inputs` or `outputs` nor `id`, as a shell takes it.
    settings: String,
    /// The whole command, as a shell takes it.
    command: String,
    /// Whether the configuration asks for a GPU.
    needs_gpu: bool,
}

/// A file that a step reads.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlannedInput {
    /// The flag that names it.
    flag: String,
    /// The mark, where the flag's value is MARK=FILE.
    mark: Option<String>,
    /// The file.
    path: PathBuf,
    /// Stage of the step that makes it; null of a file that is there from the start.
    stage: Option<String>,
    /// `id` of the step that makes it.
    id: Option<String>,
}

impl PlanFile {
    fn new(samples: Vec<String>, steps: &[Step]) -> Self {
        let makers: BTreeMap<&Path, &Step> =
            steps.iter().flat_map(|step| step.outputs().map(move |path| (path, step))).collect();
        let planned = |step: &Step| PlannedStep {
            stage: step.stage.to_owned(),
            id: step.id.clone(),
            samples: step.samples.clone(),
            inputs: step
                .inputs()
                .map(|input| {
                    let maker = makers.get(input.path);
                    PlannedInput {
                        flag: input.flag.to_owned(),
                        mark: input.mark.map(str::to_owned),
                        path: input.path.to_owned(),
                        stage: maker.map(|step| step.stage.to_owned()),
                        id: maker.and_then(|step| step.id.clone()),
                    }
                })
                .collect(),
            outputs: step.outputs().map(Path::to_owned).collect(),
            settings: step.settings(),
            command: step.to_string(),
            needs_gpu: step.needs_gpu,
        };
        PlanFile {
            format: "attentrack.plan".to_owned(),
            format_version: 1,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            samples,
            steps: steps.iter().map(planned).collect(),
        }
    }
}

impl Stage for Plan {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("CONFIG", [&self.config])
            .input("--samples", &self.samples)
            .input("--pairs", &self.pairs)
            .output("--out", [&self.out])
    }

    fn run(&self) -> anyhow::Result<()> {
        let Plan { base, samples, pairs, source, allow_missing, .. } = self.clone();
        let shown = source.clone().unwrap_or_else(|| self.config.clone());
        let origin = Origin { base, samples, pairs, source, allow_missing };
        let (config, cohort) = Config::read(&self.config, &origin)?;
        let name = || match shown.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => shown.display().to_string(),
        };
        let steps = chain::plan(&config, &cohort, &self.outdir, false).with_context(name)?;
        let (config, sheet, outdir) = (&shown, &config.sheets.samples, &self.outdir);
        Work { config, sheet, outdir, force: false }.check(&steps)?;
        let plan = PlanFile::new(cohort.samples.into_iter().map(|sample| sample.name).collect(), &steps);
        let mut output = Output::create(&self.out)?;
        output.put(format!("{}\n", serde_json::to_string_pretty(&plan)?).as_bytes())?;
        Ok(output.commit()?)
    }
}
