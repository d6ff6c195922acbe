//! `config.yaml`: one file that drives `attentrack run`, Snakemake and Nextflow alike.

mod expression;
pub mod key;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::expression::Expression;
use self::expression::for_sample;
use super::config_text;
use crate::genome::{NAME_PATTERN, Orientation, check_name};
use crate::io::sample_sheet::{self, Sample};
use crate::io::track::Format;
use crate::io::{self, FileError};
use crate::learn::{Recipe, Task, Transform, recipe};
use crate::matrix::{Split, Statistic};

/// The whole chain's configuration. Paths are relative to the folder of the file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Sample sheet: a TSV with the columns sample, mark, path, control.
    pub samples: PathBuf,
    /// Gene annotation and how it becomes one TSS a gene.
    pub annotation: Annotation,
    /// Expression table, or a table a sample.
    pub expression: Expression,
    /// The bins around each TSS and how reads are counted.
    #[serde(default)]
    pub window: Window,
    /// How expression becomes labels.
    #[serde(default)]
    pub labels: Labels,
    /// Which genes are for training, validation and test.
    #[serde(default)]
    pub split: SplitConfig,
    /// The model.
    #[serde(default)]
    pub model: Model,
    /// The training regime.
    #[serde(default)]
    pub train: Train,
    /// Explanations besides the model's attention.
    #[serde(default)]
    pub explain: Explain,
    /// Tracks to write.
    #[serde(default)]
    pub tracks: Tracks,
    /// How the model is judged.
    #[serde(default)]
    pub evaluate: Evaluate,
    /// The page about the run, and its figures for MultiQC.
    #[serde(default)]
    pub report: Report,
}

/// Gene annotation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// GTF, GFF3 or BED, plain or gzip.
    pub path: PathBuf,
    /// Name of the assembly, for the records (hg19, GRCh38 …).
    pub assembly: Option<String>,
    /// TSS policy: gene, canonical or transcript.
    pub policy: Option<String>,
    /// Biotypes to keep; `[all]` keeps every gene.
    #[serde(default)]
    pub biotype: Vec<String>,
    /// Whether ids keep their version (ENSG00000141510.16), here and in the expression table; both lose it if left
    /// out.
    #[serde(default)]
    pub keep_version: bool,
}

/// The bins around each TSS and how reads are counted; what is left out has the default of
/// `attentrack-bin`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Bases on either side of the TSS.
    pub flank: Option<u32>,
    /// Width of a bin in bp.
    pub bin_size: Option<u32>,
    /// Direction of the bins.
    pub orientation: Option<Orientation>,
    /// What a number means; needed where bigWig and BAM are mixed.
    pub statistic: Option<Statistic>,
    /// Whether the signal along the genes' bodies is taken too; by default where the model is auto, which looks at it.
    pub body: Option<bool>,
    /// none, auto, or a two-column table of chromosome names.
    pub chrom_alias: Option<String>,
    /// Largest share of genes that may be lost to chromosomes that a signal lacks.
    pub max_lost_genes: Option<f64>,
    /// Smallest mapping quality of a read.
    pub min_mapq: Option<u8>,
    /// SAM flags that exclude a read.
    pub exclude_flags: Option<String>,
    /// BED of regions to leave out.
    pub blacklist: Option<PathBuf>,
    /// Genome sequence, plain FASTA, for CRAM files that were written against one.
    pub reference: Option<PathBuf>,
    /// Length in bp that reads are extended to.
    pub extend: Option<u32>,
    /// Count paired-end fragments instead of reads.
    #[serde(default)]
    pub fragments: bool,
    /// What is done with the control: subtract or log-ratio.
    pub control_method: Option<String>,
    /// Score genes without any data in their window (status empty) as genes without signal, for signal that lists
    /// what there is and leaves out zeros, such as peak calls; they have no score if left out.
    #[serde(default)]
    pub score_empty: bool,
}

/// How expression becomes labels; what is left out has the default of `attentrack-label`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// median, threshold, quantile, valley or log2.
    pub method: Option<String>,
    /// The threshold, one for all or one a sample.
    pub threshold: Option<Threshold>,
    /// The quantile, between 0 and 1.
    pub quantile: Option<f64>,
    /// Labels of your own instead: a `labels.tsv`, `{sample}` in its name stands for the sample.
    pub path: Option<PathBuf>,
}

impl Labels {
    /// The user's own labels of a sample, if there are any.
    pub fn of(&self, sample: &str) -> Option<PathBuf> {
        self.path.as_ref().map(|path| for_sample(path, sample))
    }
}

/// One threshold for all samples, or one for each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Threshold {
    /// The same for all.
    All(f64),
    /// By sample.
    #[schemars(extend("propertyNames" = {"pattern": NAME_PATTERN}))]
    BySample(BTreeMap<String, f64>),
}

/// Which genes are for training, validation and test; what is left out has the default of
/// `attentrack-split`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// chromosome, random or file-order.
    pub method: Option<String>,
    /// Chromosomes for validation.
    #[serde(default)]
    pub valid_chroms: Vec<String>,
    /// Chromosomes for test.
    #[serde(default)]
    pub test_chroms: Vec<String>,
    /// Share of the genes for validation (random, file-order).
    pub valid_fraction: Option<f64>,
    /// Share of the genes for test (random, file-order).
    pub test_fraction: Option<f64>,
    /// Number of folds.
    pub folds: Option<u32>,
    /// Seed of the random method.
    pub seed: Option<u64>,
    /// A `splits.tsv` of your own instead.
    pub path: Option<PathBuf>,
}

/// The model; sizes that are left out have the default of `attentrack-train`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// auto (if left out: networks, linear models and trees together), attentive-chrome, lstm-attention,
    /// lstm-alpha, cnn-attention, cnn-alpha-beta; or a model without attention: lstm, deep-chrome,
    /// deep-chrome-linear, deep-chrome-mlp, logistic-regression, linear-svm, random-forest, gradient-boosting.
    pub name: Option<String>,
    /// Hidden units a direction of the LSTM over bins.
    pub bin_hidden: Option<u32>,
    /// Hidden units a direction of the LSTM over marks.
    pub mark_hidden: Option<u32>,
    /// Bins that a filter of a convolution sees.
    pub kernel_width: Option<u32>,
    /// Filters of a convolution.
    pub filters: Option<u32>,
    /// Neighbouring positions of which a convolution keeps the highest.
    pub pool: Option<u32>,
    /// Units of each hidden layer.
    #[serde(default)]
    pub hidden: Vec<u32>,
}

impl Model {
    /// The model's name for `attentrack-train`.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| recipe::BEST.to_owned())
    }

    /// Another model with those of the sizes that it has; the hidden layers are those of the model that is named
    /// here.
    pub fn of(&self, recipe: &Recipe) -> Model {
        let name = recipe.tag.to_owned();
        let keep = |size_name, size: Option<u32>| size.filter(|_| recipe.has_size(size_name));
        Model {
            bin_hidden: keep("bin_hidden", self.bin_hidden),
            mark_hidden: keep("mark_hidden", self.mark_hidden),
            kernel_width: keep("kernel_width", self.kernel_width),
            filters: keep("filters", self.filters),
            pool: keep("pool", self.pool),
            hidden: if self.name() == name { self.hidden.clone() } else { Vec::new() },
            name: Some(name),
        }
    }
}

/// The training regime; what is left out has the default of `attentrack-train`. Of auto it is that of its
/// networks, and the transform also of what its other members see.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// One model on all samples, one a sample, or one for each sample on all others.
    #[serde(default)]
    pub mode: TrainMode,
    /// classification or regression; by default what the labels are for: regression with labels.method
    /// log2.
    pub task: Option<Task>,
    /// Passes over the training genes; if left out 30, of auto at least as many as make 1000 steps.
    pub epochs: Option<u32>,
    /// Genes a step.
    pub batch_size: Option<u32>,
    /// Networks of different seeds in a model file, whose mean and spread are predicted; not of auto, which
    /// has several, nor of a model that is no network.
    pub ensemble: Option<u32>,
    /// adam, adamw or sgd.
    pub optimizer: Option<String>,
    /// Momentum of sgd.
    pub momentum: Option<f64>,
    /// Learning rate.
    pub learning_rate: Option<f64>,
    /// constant, cosine or step.
    pub schedule: Option<String>,
    /// Dropout probability.
    pub dropout: Option<f64>,
    /// Weight decay.
    pub weight_decay: Option<f64>,
    /// What is done to the signal first; if left out raw, of auto unit-mean.
    pub transform: Option<Transform>,
    /// Seed of initialisation and order; the first of an ensemble, or of auto's networks.
    pub seed: Option<u64>,
    /// Fold of the splits.
    pub fold: Option<u32>,
    /// auto, cpu, cuda or cuda:N, to train and to predict.
    pub device: Option<String>,
    /// auto, avx512, avx2 or portable: what the processor computes with, to train and to predict.
    pub instruction_set: Option<String>,
}

/// Which samples a model is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrainMode {
    /// One model, trained on the genes of all samples.
    #[default]
    Pooled,
    /// A model for each sample.
    PerSample,
    /// For each sample a model that is trained on all others and predicts it: how well a sample can be
    /// predicted that has no expression data. Its test genes are in no model's training either.
    LeaveOneSampleOut,
}

impl Config {
    /// The folds of the splits; `None` where they are in a file that is not there yet, or cannot be seen.
    ///
    /// # Errors
    /// Of the file, or where it holds no gene.
    pub fn folds(&self) -> anyhow::Result<Option<Vec<u32>>> {
        let Some(path) = &self.split.path else { return Ok(Some((0..self.split.folds.unwrap_or(1)).collect())) };
        if !path.is_file() {
            return Ok(None);
        }
        let folds = io::splits::read(path)?.folds();
        if folds.is_empty() {
            bail!("{}: holds no gene", path.display());
        }
        Ok(Some(folds))
    }

    /// What is learnt, where that is said.
    pub fn task(&self) -> Option<Task> {
        let of_labels = || (self.labels.method.as_deref() == Some("log2")).then_some(Task::Regression);
        self.train.task.or_else(of_labels)
    }
}

impl Train {
    /// Whether training and prediction ask for a GPU.
    pub fn needs_gpu(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.starts_with("cuda"))
    }
}

/// Explanations besides the model's attention.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// Methods of attentrack-explain, each drawn into tracks of its own; of a model without attention
    /// deep-lift (of one that is no network occlusion) if left out.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Judge every method that the model has what it needs for, in a table a sample.
    #[serde(default)]
    pub faithfulness: bool,
}

/// Tracks to write.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracks {
    /// Formats of the tracks.
    #[serde(default = "Tracks::default_formats")]
    pub formats: Vec<Format>,
    /// Which number a bin gets; the default of `attentrack-track` if left out.
    pub value: Option<String>,
    /// How overlapping windows are merged in bigWig and bedGraph: max, extreme, mean or sum.
    pub aggregate: Option<String>,
    /// BED and bigBed hold every bin instead of those above the threshold.
    #[serde(default)]
    pub all: bool,
}

impl Tracks {
    fn default_formats() -> Vec<Format> {
        ["bed", "bigwig", "bigbed", "tsv"].into_iter().filter_map(Format::named).collect()
    }
}

impl Default for Tracks {
    fn default() -> Self {
        Tracks { formats: Tracks::default_formats(), value: None, aggregate: None, all: false }
    }
}

/// How the model is judged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// The split that the headline is of; test if left out.
    pub split: Option<Split>,
    /// Bootstrap replicates of each interval.
    pub bootstrap: Option<u32>,
}

/// The page about the run, and its figures for MultiQC.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Heading of the page.
    pub title: Option<String>,
    /// Whether the mean attention by position is shown, for which every sample's attention is read; true
    /// if left out.
    pub attention: Option<bool>,
}

/// Where configuration and sample sheet are read, and where the paths in them lead from.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Folder that the configuration comes from, where it is read from a copy.
    pub base: Option<PathBuf>,
    /// The sample sheet to read, where it is a copy.
    pub samples: Option<PathBuf>,
    /// Whether files may be named that are not there yet.
    pub allow_missing: bool,
}

impl Place {
    /// Whether files that are named can be looked for: not where a copy is read on another machine, or
    /// where they are made later.
    fn is_visible(&self) -> bool {
        !self.allow_missing && self.base.as_ref().is_none_or(|base| base.is_dir())
    }
}

impl Config {
    /// Reads the file and the sample sheet that it names, `-` being standard input, and makes every path
    /// absolute or relative to the working folder.
    ///
    /// # Errors
    /// Names file, line and column of a value that does not fit, lists the keys that are known, and
    /// names files that are not there.
    pub fn read(path: &Path, place: &Place) -> anyhow::Result<(Config, Vec<Sample>)> {
        let text = config_text::read(path)?;
        let shown = if path == Path::new("-") { Path::new("standard input") } else { path };
        let mut config: Config = serde_yaml::from_str(&text).map_err(|error| {
            let place = error.location().map(|at| format!("line {}, column {}", at.line(), at.column()));
            // the location is said once, in front
            let problem = error.to_string();
            let problem = problem.split(" at line ").next().unwrap_or(&problem);
            FileError::new(shown, problem)
                .place(place.unwrap_or_else(|| "whole file".to_owned()))
                .remedy("schemas/config.schema.json and `attentrack schema config` describe every key")
        })?;
        let folder = place.base.as_deref().or(path.parent()).unwrap_or(Path::new(""));
        // no path starts with `./`, which engines would take for another file's name
        config.resolve(folder.strip_prefix(".").unwrap_or(folder));
        let is_visible = place.is_visible();
        if is_visible {
            config.check(place).with_context(|| shown.display().to_string())?;
        }
        let sheet = place.samples.as_ref().unwrap_or(&config.samples);
        let folder = config.samples.parent().unwrap_or(Path::new(""));
        crate::io::protect("samples", sheet);
        let samples = sample_sheet::read(sheet, folder, is_visible)?;
        let names: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
        let problems = config.problems_of_samples(&names, is_visible);
        if !problems.is_empty() {
            bail!("{}: {}", shown.display(), problems.join("; "));
        }
        Ok((config, samples))
    }

    /// Lets every path lead from a folder.
    fn resolve(&mut self, folder: &Path) {
        let Config { samples, annotation, expression, window, labels, split, .. } = self;
        for path in [Some(samples), Some(&mut annotation.path), Some(&mut expression.path)]
            .into_iter()
            .chain([window.blacklist.as_mut(), window.reference.as_mut(), labels.path.as_mut(), split.path.as_mut()])
            .flatten()
        {
            *path = folder.join(&*path);
        }
        if let Some(alias) = window.chrom_alias.as_mut().filter(|alias| !["none", "auto"].contains(&alias.as_str())) {
            *alias = folder.join(&*alias).to_string_lossy().into_owned();
        }
    }

    /// Everything that shows before a stage is started.
    fn check(&self, place: &Place) -> anyhow::Result<()> {
        let mut problems = Vec::new();
        let files = [
            ("samples", Some(place.samples.as_ref().unwrap_or(&self.samples))),
            ("annotation.path", Some(&self.annotation.path)),
            ("window.blacklist", self.window.blacklist.as_ref()),
            ("window.reference", self.window.reference.as_ref()),
            ("split.path", self.split.path.as_ref()),
        ];
        for (key, path) in files {
            if let Some(path) = path.filter(|path| !path.is_file()) {
                problems.push(format!("{key}: no such file {}", path.display()));
            }
        }
        if self.tracks.formats.is_empty() {
            problems.push(format!("tracks.formats: name at least one of {}", Format::names()));
        }
        if let Some(Threshold::BySample(thresholds)) = &self.labels.threshold {
            let wrong = thresholds.keys().filter_map(|sample| check_name("sample", sample).err());
            problems.extend(wrong.map(|error| format!("labels.threshold: {error}")));
        }
        if problems.is_empty() { Ok(()) } else { bail!("{}", problems.join("; ")) }
    }

    /// What is wrong with what is said of each sample.
    fn problems_of_samples(&self, samples: &[&str], visible: bool) -> Vec<String> {
        if self.labels.path.is_some() {
            let labels = samples.iter().filter(|_| visible).filter_map(|sample| self.labels.of(sample));
            let missing = labels.filter(|labels| !labels.is_file());
            return missing.map(|labels| format!("labels.path: no such file {}", labels.display())).collect();
        }
        let mut problems = self.expression.problems(samples, visible);
        if let Some(Threshold::BySample(thresholds)) = &self.labels.threshold {
            let list = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
            let without = list(&mut samples.iter().copied().filter(|sample| !thresholds.contains_key(*sample)));
            let named = list(&mut thresholds.keys().map(String::as_str));
            let others = list(&mut thresholds.keys().map(String::as_str).filter(|name| !samples.contains(name)));
            if !without.is_empty() {
                problems.push(format!("labels.threshold: names {named}, and has no threshold for sample {without}"));
            } else if !others.is_empty() {
                tracing::warn!("labels.threshold: {others} are no samples of the sheet: left out");
            }
        }
        problems
    }
}
