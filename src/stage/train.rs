//! Train a model on binned signal and labels.

mod baselines;
mod bytes;
mod data;
mod facts;
mod history;
mod kmers;
mod networks;
mod provenance;
mod runs;
mod samples;
mod shards;
mod stacked;
mod state_file;
mod words;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

pub use self::bytes::Bytes;
use self::samples::TrainingSample;
pub use self::state_file::{Fingerprint, StateHeader, read as read_state};
use super::job::handed_on::{BINS, LABELS, SPLITS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::io;
use crate::io::bins::LayerRows;
use crate::learn::baseline::FeatureSet;
use crate::learn::calibration::CalibrationMethod;
use crate::learn::kmer::Strands;
use crate::learn::recipe::{self, How};
use crate::learn::{Recipe, Regime, Task, Transform};
use crate::matrix::LayerName;
use crate::model::{ModelConfig, Sizes};
use crate::stage::{Common, Compute, Files, Flags, Stage};

const MODEL_SUFFIX: &str = ".model.safetensors";

/// What stands for the sample's name in `--out`.
const SAMPLE: &str = "{sample}";

/// Train a model on binned signal: by default AttentiveChrome in the published way (Adam at 2e-4, batches of
/// 16, 30 epochs, the epoch with the best validation AUROC is kept).
///
/// Reads matrices of attentrack-bin, labels and splits; writes the model, and beside it
/// NAME.history.tsv with one line an epoch. After an epoch all that is needed to go on is written to
/// NAME.state.safetensors (after every one, unless that took more than a tenth of the time), which is
/// removed at the end.
///
/// Several samples are pooled into one model, or, with {sample} in --out, have a model each; with
/// --ensemble, a model file holds the models of several seeds, and attentrack-predict gives their mean
/// and spread. All are trained side by side, each to the same bytes as if it were trained alone.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-train",
    version,
    allow_negative_numbers = true,
    after_help = "Examples:
  attentrack-train --bins E003.bins.safetensors --labels E003.labels.tsv \\
    --splits splits.tsv --out E003.model.safetensors
  # two samples pooled into one model, going on after an interruption:
  attentrack-train --bins A.bins.safetensors --labels A.labels.tsv \\
    --bins B.bins.safetensors --labels B.labels.tsv \\
    --splits splits.tsv --out AB.model.safetensors --resume
  # an ensemble of five seeds in one model file:
  attentrack-train --bins E003.bins.safetensors --labels E003.labels.tsv \\
    --splits splits.tsv --ensemble 5 --out E003.model.safetensors
  # two samples, a model each, in one call:
  attentrack-train --bins A.bins.safetensors --labels A.labels.tsv \\
    --bins B.bins.safetensors --labels B.labels.tsv \\
    --splits splits.tsv --out 'models/{sample}.model.safetensors'"
)]
pub struct Args {
    /// Binned signal, .bins.safetensors; repeat for further samples, which are pooled unless --out has
    /// {sample}
    #[arg(long, required = true, value_name = "FILE")]
    pub bins: Vec<PathBuf>,
    /// Labels of the sample, 0 or 1, or with --task regression any number (columns gene_id, label); as often as --bins, in the same order
    #[arg(long, required = true, value_name = "TSV")]
    pub labels: Vec<PathBuf>,
    /// Splits (columns gene_id, split, fold), one file for all samples
    #[arg(long, value_name = "TSV")]
    pub splits: PathBuf,
    /// Model to write; NAME.history.tsv and, meanwhile, NAME.state.safetensors appear beside it.
    /// {sample} stands for the name of a sample and gives each sample a model of its own
    #[arg(long, value_name = "NAME.model.safetensors")]
    pub out: PathBuf,
    /// Model
    #[serde(serialize_with = "tag")]
    #[arg(long, value_parser = recipe_parser(), default_value = recipe::PUBLISHED)]
    pub model: &'static Recipe,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub sizes: Flags<Sizes>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub regime: Flags<Regime>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    /// Go on from NAME.state.safetensors if it is there; the result is the same as without a break
    /// [default: start afresh]
    #[arg(long)]
    pub resume: bool,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// What is learnt, by how many models, from which genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "TrainOptions")]
pub struct Options {
    /// What is predicted [default: classification]
    pub task: Option<Task>,
    /// Number of networks trained from consecutive seeds, beginning with --seed (not for auto or non-neural
    /// models)
    #[schemars(range(min = 1, max = 1000), extend("x-value" = "K"))]
    pub ensemble: u16,
    /// Transform of the signal; fitted on the training genes, stored in the model [default: raw; auto:
    /// unit-mean-log1p]
    pub transform: Option<Transform>,
    /// Features of a window that a baseline uses [default: all]
    pub features: Option<FeatureSet>,
    /// Layers that the model reads, where that is a choice: window, body or both; networks read the window in any
    /// case [default: window; auto: all there are]
    pub layers: Vec<LayerName>,
    /// The mark of --model body-mark [default: H3K36me3]
    #[schemars(extend("x-value" = "MARK"))]
    pub mark: Option<String>,
    /// Letters of a word, of models of DNA [default: 11 for gapped-kmer-svm, 6 for kmer-regression]
    #[schemars(range(min = 1, max = 12), extend("x-value" = "G", "x-heading" = "DNA"))]
    pub kmer_length: Option<u16>,
    /// Letters of a word that may differ, of gapped-kmer-svm [default: 4]
    #[schemars(range(min = 0, max = 11), extend("x-value" = "M", "x-heading" = "DNA"))]
    pub mismatches: Option<u16>,
    /// Strands of DNA that count, of models of its words [default: both]
    #[schemars(extend("x-heading" = "DNA"))]
    pub strands: Option<Strands>,
    /// Calibration of scores to probabilities on the validation genes; stored in the model, applied by
    /// attentrack-predict [default: none; auto: temperature, half way]
    pub calibrate: Option<CalibrationMethod>,
    /// Fold of the splits, counted from 0 [default: 0]
    #[schemars(extend("x-value" = "K"))]
    pub fold: Option<u32>,
    /// Seed of the initial weights, the order of the genes and dropout; the first of an ensemble
    #[schemars(extend("x-value" = "N"))]
    pub seed: u64,
    /// Memory for data, in bytes or with k, M, G, T: genes that take more than three quarters of it are
    /// streamed from the files in every epoch, shuffled in a window of 64 MiB of genes
    #[schemars(extend("x-value" = "SIZE"))]
    pub memory: Bytes,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            task: None,
            ensemble: 1,
            transform: None,
            features: None,
            layers: Vec::new(),
            mark: None,
            kmer_length: None,
            mismatches: None,
            strands: None,
            calibrate: None,
            fold: None,
            seed: 1,
            memory: Bytes(2 << 30),
        }
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "train",
    about: "Train a model of expression on binned histone marks",
    keywords: &["deep learning", "attention", "histone", "expression"],
    unit: Unit::Run,
    sections: &["model", "train", "split"],
    sample_flag: None,
    size: Size::High,
    uses_gpu: true,
    inputs: &[
        JobInput::new("--bins", "bins", Number::Many, BINS),
        JobInput::new("--labels", "labels", Number::Many, LABELS),
        JobInput::new("--splits", "splits", Number::One, SPLITS).shared(),
    ],
    outputs: &[
        JobOutput::file("--out", "model", MODEL_SUFFIX, || vec![Emit::file("model", "The model")]),
        JobOutput::file("", "model", runs::HISTORY_SUFFIX, || {
            vec![Emit::file("history", "Loss and metric of each epoch")]
        })
        .beside(),
    ],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let files =
            Files::new().input("--bins", &self.bins).input("--labels", &self.labels).input("--splits", [&self.splits]);
        let [history, state] = [runs::HISTORY_SUFFIX, runs::STATE_SUFFIX].map(|suffix| runs::beside(&self.out, suffix));
        if self.is_per_sample() {
            return files.template("--out", [&self.out, &history]);
        }
        files.output("--out", [&self.out]).beside("--out", [history]).meanwhile("--out", [state])
    }

    fn after_interruption(&self) -> String {
        "Run the same command again with --resume: it goes on from the last state that was written, if any".to_owned()
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.bins.len() != self.labels.len() {
            problems.push(format!(
                "{} --bins but {} --labels: give one labels file for each matrix, in the same order",
                self.bins.len(),
                self.labels.len()
            ));
        }
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(MODEL_SUFFIX) || name == MODEL_SUFFIX {
            problems.push(format!("--out {}: the name must end in {MODEL_SUFFIX}", self.out.display()));
        }
        if self.options.seed.checked_add(u64::from(self.n_networks()) - 1).is_none() {
            let seeds = self.n_networks();
            problems.push(format!("--seed {}: too large for {seeds} seeds. Take a smaller one", self.options.seed));
        }
        if self.options.ensemble > 1 && !self.model.has_ensembles() {
            let (ensemble, name) = (self.options.ensemble, self.model.tag);
            problems.push(match self.model.defaults.networks {
                Some(networks) => format!(
                    "--ensemble {ensemble}: --model {name} has {networks} networks already. Leave --ensemble out, or name one network, such as --model {}",
                    recipe::PUBLISHED
                ),
                None => format!("--ensemble {ensemble}: only networks make an ensemble. Leave it out with --model {name}"),
            });
        }
        type Has = fn(&Recipe) -> bool;
        let options = &self.options;
        let of_others = [
            ("--features", options.features.is_some(), Recipe::has_features as Has),
            ("--layers", !options.layers.is_empty(), Recipe::has_layers),
            ("--transform", options.transform.is_some_and(|chosen| chosen != Transform::Raw), Recipe::has_transform),
            ("--kmer-length", options.kmer_length.is_some(), Recipe::has_kmer_length),
            ("--mismatches", options.mismatches.is_some(), Recipe::has_mismatches),
            ("--strands", options.strands.is_some(), |recipe| recipe.of_sequences().unwrap_or(recipe).has_strands()),
        ];
        for (flag, _, has) in of_others.into_iter().filter(|(_, is_given, has)| *is_given && !has(self.model)) {
            let tags: Vec<&str> = recipe::all().iter().filter(|recipe| has(recipe)).map(|recipe| recipe.tag).collect();
            let (tags, name) = (tags.join(", "), self.model.tag);
            problems.push(format!("{flag} is an option of {tags}: leave it out with --model {name}"));
        }
        if self.model.network().is_some() && self.options.layers == [LayerName::Body] {
            let name = self.model.tag;
            problems.push(format!("--layers body: {name} reads the window, or both. Give --layers window,body"));
        }
        if self.options.mark.is_some() && self.model.needs.mark.is_none() {
            problems.push(format!("--mark is an option of body-mark: leave it out with --model {}", self.model.tag));
        }
        if self.options.calibrate.is_some_and(|method| method != CalibrationMethod::None)
            && self.task() == Task::Regression
        {
            problems.push("--calibrate is of classes: leave it out with --task regression".to_owned());
        }
        if self.model.needs.pair && self.task() == Task::Classification {
            let name = self.model.tag;
            problems.push(format!("--model {name}: learns the change of expression, a number. Give --task regression"));
        }
        if let How::Kmers(method) = self.model.how {
            problems.extend(self.words(method, 0).problem());
            if self.task() == Task::Regression && !method.predicts_numbers() {
                let name = self.model.tag;
                problems.push(format!("--task regression: {name} tells classes apart. Take --model kmer-regression"));
            }
        }
        problems.extend(self.regime.problem());
        problems.extend(self.compute.problem());
        problems.extend(self.model.problems_of(&self.sizes));
        problems.extend(self.regime.problems());
        problems.extend(self.options.problems());
        problems
    }

    fn run(&self) -> Result<()> {
        match self.of_sequences()? {
            Some(own) => own.train_all(),
            None => self.train_all(),
        }
    }
}

impl Args {
    /// The same for a model that is made otherwise of sequences, where the first matrix holds those; else `None`.
    fn of_sequences(&self) -> Result<Option<Args>> {
        let (Some(model), Some(first)) = (self.model.of_sequences(), self.bins.first()) else { return Ok(None) };
        let (_, rows) = io::bins::open(first)?;
        if !rows.has(LayerName::Sequence) {
            let is_given = self.options.strands.is_some();
            ensure!(!is_given, "--strands is of DNA, and {} holds signal: leave it out", first.display());
            return Ok(None);
        }
        let own = Args { model, ..self.clone() };
        let problems = own.problems();
        ensure!(problems.is_empty(), "{} holds sequences. {}", first.display(), problems.join("; "));
        Ok(Some(own))
    }

    fn train_all(&self) -> Result<()> {
        let device = self.compute.open()?;
        let (runs, data) = runs::read(self, &device)?;
        if let How::Table(method) = self.model.how {
            return baselines::train(self, method, &runs);
        }
        if let How::Fact(tag) = self.model.how {
            return facts::train(self, tag, &runs);
        }
        if let How::Kmers(method) = self.model.how {
            return kmers::train(self, method, &runs, &data);
        }
        if let How::Words = self.model.how {
            return words::train(self, &runs, &data);
        }
        let side_by_side = if self.model.defaults.side_by_side { runs.len() } else { 1 };
        for first in (0..runs.len()).step_by(side_by_side) {
            self.train_networks(&runs, first..first + side_by_side, &data, &device)?;
        }
        // last, so that a kill before leaves something to go on from
        runs.iter().for_each(|run| _ = std::fs::remove_file(run.state_path()));
        Ok(())
    }

    /// What is learnt.
    fn task(&self) -> Task {
        self.options.task.unwrap_or_default()
    }

    /// Whether bodies are read, where the matrices have them.
    fn reads_bodies(&self) -> bool {
        self.model.needs.bodies || self.options.layers.contains(&LayerName::Body)
    }

    /// The layers that are read of each region for training, of a matrix with these. Tables read their own later.
    fn layers(&self, rows: &LayerRows) -> Result<Vec<LayerName>> {
        let has_body = match self.model.how {
            _ if self.model.needs.sequence => {
                samples::check_has(rows, LayerName::Sequence)?;
                return Ok(vec![LayerName::Sequence]);
            }
            How::Network(_) if self.reads_bodies() => {
                samples::check_has(rows, LayerName::Body)?;
                true
            }
            How::Stack(_) => rows.has(LayerName::Body),
            How::Network(_) | How::Table(_) | How::Fact(_) | How::Kmers(_) | How::Words => false,
        };
        samples::check_has(rows, LayerName::Window)?;
        Ok(LayerName::SIGNAL[..if has_body { 2 } else { 1 }].to_vec())
    }

    /// The fold of the splits.
    fn fold(&self) -> u32 {
        self.options.fold.unwrap_or(0)
    }

    /// Whether each sample gets a model of its own.
    fn is_per_sample(&self) -> bool {
        self.out.to_string_lossy().contains(SAMPLE)
    }

    /// Networks in a model file.
    fn n_networks(&self) -> u16 {
        self.model.defaults.networks.unwrap_or(self.options.ensemble)
    }

    /// What is done to the signal: as asked for, else what the model takes by default.
    fn transform(&self) -> Transform {
        self.options.transform.unwrap_or(self.model.defaults.transform)
    }

    /// The seeds of an ensemble's members.
    fn seeds(&self) -> Vec<u64> {
        (0..u64::from(self.n_networks())).map(|member| self.options.seed + member).collect()
    }

    /// How scores are calibrated: as asked for, else as the model is by default.
    fn calibration(&self) -> CalibrationMethod {
        self.options.calibrate.unwrap_or(self.model.defaults.calibration)
    }

    /// The regime of a run, with nothing left to defaults.
    fn regime(&self, samples: &[TrainingSample]) -> Regime {
        let defaults = &self.model.defaults;
        let regime = self.regime.or(defaults.regime);
        let genes: usize = samples.iter().map(|sample| sample.genes.train.len()).sum();
        let steps = (genes as u64).div_ceil(u64::from(regime.batch_size())).max(1);
        let fewest = defaults.fewest_steps.div_ceil(steps) as u32;
        let (epochs, patience) = match self.regime.epochs {
            Some(epochs) => (epochs, None),
            None => (regime.epochs().max(fewest), defaults.patience),
        };
        Regime { epochs: Some(epochs), patience, ..regime }
    }

    /// Sizes of a run's networks, which are those of every run; `None` of a baseline.
    fn config(&self, samples: &[TrainingSample]) -> Option<ModelConfig> {
        let shape = &samples[0].shape;
        let body_parts = shape.part(LayerName::Body).map_or(0, |part| part.positions);
        let first = shape.parts().first()?;
        self.model.config(&self.sizes, self.task(), (first.channels().count(), first.positions), body_parts)
    }
}

/// For a command line.
fn tag<S: Serializer>(recipe: &&Recipe, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(recipe.tag)
}

/// Reads the tag of a recipe.
pub fn recipe_parser() -> impl TypedValueParser<Value = &'static Recipe> {
    let values = recipe::all().iter().map(|recipe| PossibleValue::new(recipe.tag).help(recipe.title));
    PossibleValuesParser::new(values).try_map(|tag| recipe::find(&tag).ok_or("there is no such model"))
}
