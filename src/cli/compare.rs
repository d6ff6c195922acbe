//! `attentrack compare CONFIG`: every model on the user's own data.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;

use super::chain;
use super::cohort::Cohort;
use super::config::{Config, Origin, Tag, TrainMode};
use super::layout::Layout;
use super::step::Step;
use super::times::Times;
use super::work::{self, Event, Work};
use crate::io;
use crate::learn::{Recipe, recipe};
use crate::matrix::LayerName;
use crate::stage::train::recipe_parser;
use crate::stage::{Common, Files, Flags, Stage, predict, rank, tss};

/// Train every model on the data of a config.yaml, and compare them on the genes that none has seen:
/// figures with intervals, paired tests, time
///
/// Genes, bins, labels and splits are those of `attentrack run`, and shared with it in the same folder.
/// Every model is trained with the config's regime, for each fold and for several seeds, and predicts every
/// sample; train.mode says on which samples. OUTDIR/compare then holds comparison.tsv and comparison.svg of
/// attentrack-rank (see its --help for the tests), runs.tsv with the name of every training's predictions,
/// and times.tsv with the seconds that each step took. Of the config model.name and train.ensemble are left
/// aside; sizes go to those models that have them.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack compare",
    after_help = "Examples:\n  attentrack compare config.yaml --threads 8\n  \
                  attentrack compare config.yaml --models attentive-chrome,deep-chrome-linear --seeds 5\n\n\
                  A comparison that is started again does only what is left, as attentrack run does."
)]
pub struct Compare {
    /// The configuration; schemas/config.schema.json describes its keys
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Folder for everything that is written [default: results beside the config]
    #[arg(long, short, value_name = "DIR")]
    outdir: Option<PathBuf>,
    /// Models, by their names for attentrack-train [default: all]
    #[arg(long, value_parser = recipe_parser(), value_name = "MODEL,…", value_delimiter = ',', hide_possible_values = true)]
    models: Vec<&'static Recipe>,
    /// Trainings of each model and fold, of the seeds train.seed (or 1), the next one and so on
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// Model that the others are tested against [default: the first]
    #[arg(long, value_parser = recipe_parser(), value_name = "MODEL", hide_possible_values = true)]
    reference: Option<&'static Recipe>,
    /// Print the stage commands, one a line, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do every step again [default: only those whose command, program, inputs or outputs have changed]
    #[arg(long, short = 'F')]
    force: bool,
    #[command(flatten)]
    common: Common,
}

/// One training.
struct Rung {
    model: String,
    fold: u32,
    seed: u64,
    steps: Vec<Step>,
    /// Predictions and labels of each sample.
    judged: Vec<[PathBuf; 2]>,
}

impl Stage for Compare {
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

    fn problems(&self) -> Vec<String> {
        let models = &self.models;
        // which models are compared where none is named, depends on the configuration
        let unknown = if models.is_empty() { None } else { self.unknown_reference(models) };
        let twice = (1..models.len()).find(|&at| models[..at].contains(&models[at]));
        let twice = twice.map(|at| format!("--models names {} twice", models[at].tag));
        unknown.into_iter().chain(twice).collect()
    }

    fn run(&self) -> anyhow::Result<()> {
        let (mut config, cohort) = Config::read(&self.config, &Origin::default())?;
        // what has no label is compared by nothing
        let cohort = cohort.with_expression();
        let models = self.models(&config, &cohort);
        if let Some(problem) = self.unknown_reference(&models) {
            bail!("{problem}");
        }
        // all models share the bins
        config.window.body.get_or_insert(models.iter().any(|model| model.needs.bodies));
        let outdir = self.outdir.clone().unwrap_or_else(|| self.config.with_file_name("results"));
        let folder = outdir.join("compare");
        let data = chain::data(&config, &Layout::new(&outdir), &cohort);
        let rungs =
            self.rungs(&config, &cohort, &outdir, &folder).with_context(|| self.config.display().to_string())?;
        let rank = self.rank(&config, &Layout::new(&outdir), &folder);
        let steps: Vec<Step> = data.into_iter().chain(rungs.iter().flat_map(|rung| rung.steps.clone())).collect();
        rank.check()?;
        let work = Work { config: &self.config, sheet: &config.sheets.samples, outdir: &outdir, force: self.force };
        if self.dry_run {
            work.check(&steps)?;
            return work::print(steps.iter().chain([&rank]));
        }
        let mut times = Times::read(&folder.join("times.tsv"), &["model", "fold", "seed"]);
        work.carry_out(&steps, |event| {
            let Event::Done(step, seconds) = event else { return Ok(()) };
            let Some(rung) = rungs.iter().find(|rung| rung.has(step)) else { return Ok(()) };
            times.add(&[&rung.model, &rung.fold.to_string(), &rung.seed.to_string()], step, seconds)
        })?;
        write_runs(&folder, &rungs)?;
        rank.run()?;
        tracing::info!(
            "done: {} and {}; how long each training took is in {}",
            folder.join("comparison.tsv").display(),
            folder.join("comparison.svg").display(),
            folder.join("times.tsv").display()
        );
        Ok(())
    }
}

impl Compare {
    fn unknown_reference(&self, models: &[&'static Recipe]) -> Option<String> {
        let unknown = self.reference.filter(|reference| !models.contains(reference))?;
        Some(format!("--reference {} is not among --models", unknown.tag))
    }

    /// The models that are named; else all whose needs this data set meets.
    fn models(&self, config: &Config, cohort: &Cohort) -> Vec<&'static Recipe> {
        let is_met = |model: &&Recipe| {
            let needs = &model.needs;
            let has_others = cohort.subjects.len() > 1 && config.models.mode != TrainMode::PerSample;
            let has_mark = |name| {
                config.window.body != Some(false)
                    && cohort
                        .samples
                        .first()
                        .is_some_and(|sample| sample.signals.iter().any(|signal| signal.mark == name))
            };
            needs.pair == cohort.has_pairs()
                && !needs.sequence
                && (!needs.other_samples || has_others)
                && (!needs.ends || !needs.pair)
                && needs.mark.is_none_or(has_mark)
        };
        if self.models.is_empty() { recipe::all().iter().filter(is_met).collect() } else { self.models.clone() }
    }

    /// What each training of a model is called, and which layers it reads: where there are bodies, models whose layers
    /// can be chosen are trained on the window and on both, so that learners are compared on equal input.
    fn inputs(model: &Recipe, config: &Config) -> Vec<(String, Vec<LayerName>)> {
        let tag = model.tag.to_owned();
        match (model.has_layers(), config.window.body, &config.train.layers[..]) {
            (false, ..) => vec![(tag, Vec::new())],
            (true, Some(true), []) => {
                vec![(tag, Vec::new()), (format!("{}+body", model.tag), LayerName::SIGNAL.to_vec())]
            }
            (true, _, layers) => vec![(tag, layers.to_vec())],
        }
    }

    /// Every training, model by model.
    fn rungs(&self, config: &Config, cohort: &Cohort, outdir: &Path, folder: &Path) -> anyhow::Result<Vec<Rung>> {
        let folds = match config.train.fold {
            Some(fold) => vec![fold],
            None => config.folds()?.context("split.path: no such file")?,
        };
        let first = config.train.seed;
        let mut rungs = Vec::new();
        let inputs = |model| Self::inputs(model, config).into_iter().map(move |(name, layers)| (model, name, layers));
        for (model, name, layers) in self.models(config, cohort).into_iter().flat_map(inputs) {
            for &fold in &folds {
                for seed in (0..u64::from(self.seeds)).map(|at| first + at) {
                    let mut own = config.clone();
                    own.model.name = Tag(model);
                    own.sizes = own.model.sizes(&config.sizes, &config.model);
                    own.train.ensemble = 1;
                    own.train.layers.clone_from(&layers);
                    own.train.mark = own.train.mark.filter(|_| model.needs.mark.is_some());
                    (own.train.fold, own.train.seed) = (Some(fold), seed);
                    let place = folder.join(format!("{name}/fold-{fold}.seed-{seed}"));
                    let layout = Layout::of_model(outdir, &place);
                    let mut steps = chain::trainings(&own, &layout, cohort, true)?;
                    steps.extend(cohort.subjects.iter().map(|subject| chain::predict(&own, &layout, subject, false)));
                    let judged = cohort.subjects.iter().map(|subject| {
                        [layout.model(&predict::JOB, 0, &subject.name), chain::labels_of(&own, &layout, &subject.name)]
                    });
                    rungs.push(Rung { model: name.clone(), fold, seed, steps, judged: judged.collect() });
                }
            }
        }
        Ok(rungs)
    }

    /// The judgement of all.
    fn rank(&self, config: &Config, layout: &Layout, folder: &Path) -> Step {
        let arguments = rank::Args {
            runs: folder.join("runs.tsv"),
            splits: chain::splits_of(config, layout),
            genes: Some(layout.data(&tss::JOB, "")),
            out: folder.join("comparison.tsv"),
            plot: Some(folder.join("comparison.svg")),
            reference: self.reference.map(|reference| reference.tag.to_owned()),
            options: Flags(config.evaluate.clone()),
            common: Common::default(),
        };
        Step::new("rank", None, &[], arguments)
    }
}

impl Rung {
    fn has(&self, step: &Step) -> bool {
        self.steps.iter().any(|own| own.outputs().eq(step.outputs()))
    }
}

/// Names the predictions of every training, by paths from the table's own folder.
fn write_runs(folder: &Path, rungs: &[Rung]) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for rung in rungs {
        for paths in &rung.judged {
            let [predictions, labels] = paths.each_ref().map(|path| from_folder(folder, path));
            rows.push([rung.model.clone(), rung.fold.to_string(), rung.seed.to_string(), predictions?, labels?]);
        }
    }
    let columns = ["model", "fold", "seed", "predictions", "labels"];
    Ok(io::table::write_table(&folder.join("runs.tsv"), &columns, rows)?)
}

/// The way from a folder to a file; both are there.
fn from_folder(folder: &Path, file: &Path) -> anyhow::Result<String> {
    let real = |path: &Path| path.canonicalize().map_err(|error| io::FileError::os(path, "find", &error));
    let (folder, file) = (real(folder)?, real(file)?);
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(file.components().skip(shared)).collect();
    Ok(way.to_string_lossy().into_owned())
}
