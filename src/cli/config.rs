//! `config.yaml`: one file that drives `attentrack run`, Snakemake and Nextflow alike.

mod expression;
pub mod key;
mod own;
mod read;
mod section;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

pub use self::expression::Expression;
pub use self::own::{
    Annotation, ExplainedBy, LabelTable, Model, Models, ReportParts, Sheets, SplitTable, Tag, TrainMode,
};
use self::read::Problem;
use self::section::sections;
use super::cohort::Cohort;
use super::config_text;
use crate::genome::check_name;
use crate::io::track::Format;
use crate::io::{self, FileError};
use crate::io::{pair_table, sample_sheet};
use crate::learn::{Regime, Task};
use crate::model::Sizes;
use crate::stage::label::Threshold;
use crate::stage::{
    Against, Compute, DeviceChoice, Judgement, bin, explain, faithfulness, graph, label, predict, report, split, track,
    train, tss,
};

sections! {
    annotation, "Gene annotation and how it becomes one TSS a gene." { annotation: Annotation, tss: tss::Options }
    expression, "Expression table, or a table a sample." { expression: Expression, table: label::TableOptions }
    window, "The bins around each TSS and how reads are counted." { window: bin::Options, scored: predict::Options }
    labels, "How expression becomes labels." { own_labels: LabelTable, labels: label::Options }
    split, "Which genes are for training, validation and test." { own_split: SplitTable, split: split::Options }
    model, "The model; sizes that are left out are as published." { model: Model, sizes: Sizes }
    train, "The training regime; for auto that of its networks, and the transform also of what its other members see." {
        models: Models, train: train::Options, regime: Regime, compute: Compute
    }
    explain, "Explanations besides the model's attention." {
        explained: ExplainedBy, explain: explain::Options, against: Against
    }
    faithfulness, "How explanations are judged." { faithfulness: faithfulness::Options }
    tracks, "Tracks to write." { tracks: track::Options }
    evaluate, "How the model is judged." { evaluate: Judgement }
    graph, "Which marks depend on which, given all others; estimated where contexts is given." { graph: graph::Options }
    report, "The page about the run, and its figures for MultiQC." { report_parts: ReportParts, report: report::Options }
}

impl Config {
    /// The folds of the splits; `None` where they are in a file that is not there yet, or cannot be seen.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no gene.
    pub fn folds(&self) -> anyhow::Result<Option<Vec<u32>>> {
        let Some(path) = &self.own_split.path else {
            return Ok(Some((0..self.split.folds.unwrap_or(1) as u32).collect()));
        };
        if !path.is_file() {
            return Ok(None);
        }
        let folds = io::splits::read(path)?.folds();
        if folds.is_empty() {
            bail!("{}: holds no gene", path.display());
        }
        Ok(Some(folds))
    }

    /// Whether training and prediction ask for a GPU.
    pub fn needs_gpu(&self) -> bool {
        matches!(self.compute.device, DeviceChoice::Cuda(_))
    }

    /// What is learnt, where that is said.
    pub fn task(&self) -> Option<Task> {
        let of_labels = || (self.labels.method == label::LabelRule::Log2).then_some(Task::Regression);
        self.train.task.or_else(of_labels)
    }
}

/// Where configuration and sample sheet are read, and where the paths in them lead from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Folder that the configuration comes from, where it is read from a copy.
    pub base: Option<PathBuf>,
    /// The sample sheet to read, where it is a copy.
    pub samples: Option<PathBuf>,
    /// The table of pairs to read, where it is a copy.
    pub pairs: Option<PathBuf>,
    /// The file that the user wrote, where the configuration is read from a copy of it.
    pub source: Option<PathBuf>,
    /// Whether files may be named that are not there yet.
    pub allow_missing: bool,
}

impl Origin {
    /// Whether files that are named can be looked for: not where a copy is read on another machine, or
    /// where they are made later.
    fn is_visible(&self) -> bool {
        !self.allow_missing && self.base.as_ref().is_none_or(|base| base.is_dir())
    }
}

impl Config {
    /// Reads the file, and the sample sheet and the pairs that it names, `-` being standard input, and makes every path
    /// absolute or relative to the working folder.
    ///
    /// # Errors
    /// Names file, line and column of a value that does not fit, lists the keys that are known, and
    /// names files that are not there.
    pub fn read(path: &Path, origin: &Origin) -> anyhow::Result<(Config, Cohort)> {
        let text = config_text::read(path)?;
        let is_copy = origin.source.is_some();
        let shown = origin.source.as_deref().unwrap_or(path);
        let shown = if shown == Path::new("-") { Path::new("standard input") } else { shown };
        let mut config = Config::parse(&text).map_err(|Problem { place, text }| {
            let error = FileError::new(shown, text)
                .remedy("schemas/config.schema.json and `attentrack schema config` describe every key");
            // lines of a copy are not those of the file
            if is_copy { error } else { error.place(place.unwrap_or_else(|| "whole file".to_owned())) }
        })?;
        let folder = origin.base.as_deref().or(path.parent()).unwrap_or(Path::new(""));
        // no path starts with `./`, which engines would take for another file's name
        config.resolve(folder.strip_prefix(".").unwrap_or(folder));
        let is_visible = origin.is_visible();
        if is_visible {
            config.check(origin).with_context(|| shown.display().to_string())?;
        }
        let sheet = origin.samples.as_ref().unwrap_or(&config.sheets.samples);
        let folder = config.sheets.samples.parent().unwrap_or(Path::new(""));
        crate::io::protect("samples", sheet);
        let samples = sample_sheet::read(sheet, folder, is_visible)?;
        if let Some(column) = &config.graph.contexts {
            graph::read_contexts(sheet, column).context("graph.contexts")?;
        }
        let pairs = origin.pairs.as_ref().or(config.sheets.pairs.as_ref());
        let pairs = pairs.map(|path| pair_table::read(path, &samples)).transpose()?;
        let cohort = Cohort::new(samples, pairs);
        let problems = config.problems_of_samples(&cohort, is_visible);
        if !problems.is_empty() {
            bail!("{}: {}", shown.display(), problems.join("; "));
        }
        Ok((config, cohort))
    }

    /// Lets every path lead from a folder.
    fn resolve(&mut self, folder: &Path) {
        let Config {
            sheets, annotation, expression, window, own_labels, own_split, faithfulness, tracks, graph, ..
        } = self;
        let judged_by = faithfulness.other_model.iter_mut().chain(&mut faithfulness.permuted_model);
        let paths = [&mut sheets.samples, &mut annotation.path, &mut expression.path].into_iter().chain(judged_by);
        let others = [
            sheets.pairs.as_mut(),
            window.blacklist.as_mut(),
            window.reference.as_mut(),
            own_labels.path.as_mut(),
            own_split.path.as_mut(),
            faithfulness.truth.as_mut(),
            faithfulness.held_out.as_mut(),
            tracks.chrom_sizes.as_mut(),
            graph.weights.as_mut(),
            graph.groups.as_mut(),
        ];
        for path in paths.chain(others.into_iter().flatten()) {
            *path = folder.join(&*path);
        }
        if let bin::ChromAlias::Table(table) = &mut window.chrom_alias {
            *table = folder.join(&*table);
        }
        for gene in &mut tracks.gene {
            if let Some(file) = gene.strip_prefix('@') {
                *gene = format!("@{}", folder.join(file).display());
            }
        }
    }

    /// Everything that shows before a stage is started.
    fn check(&self, origin: &Origin) -> anyhow::Result<()> {
        let mut problems = Vec::new();
        let files = [
            ("samples", Some(origin.samples.as_ref().unwrap_or(&self.sheets.samples))),
            ("pairs", origin.pairs.as_ref().or(self.sheets.pairs.as_ref())),
            ("annotation.path", Some(&self.annotation.path)),
            ("window.blacklist", self.window.blacklist.as_ref()),
            ("window.reference", self.window.reference.as_ref()),
            ("split.path", self.own_split.path.as_ref()),
            ("graph.weights", self.graph.weights.as_ref()),
            ("graph.groups", self.graph.groups.as_ref()),
        ];
        for (key, path) in files {
            if let Some(path) = path.filter(|path| !path.is_file()) {
                problems.push(format!("{key}: no such file {}", path.display()));
            }
        }
        if self.tracks.formats.is_empty() {
            problems.push(format!("tracks.formats: name at least one of {}", Format::names()));
        }
        if self.graph.contexts.is_none() && self.graph != graph::Options::default() {
            problems.push("graph.contexts: name the column of the sample sheet that says which context a sample is of: sample, or for example group".to_owned());
        }
        if let Some(Threshold::BySample(thresholds)) = &self.labels.threshold {
            let wrong = thresholds.keys().filter_map(|sample| check_name("sample", sample).err());
            problems.extend(wrong.map(|error| format!("labels.threshold: {error}")));
        }
        if problems.is_empty() { Ok(()) } else { bail!("{}", problems.join("; ")) }
    }

    /// What does not go with pairs.
    fn problems_of_pairs(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.labels.method != label::LabelRule::Log2 {
            problems.push("labels.method: the label of a pair is the change of expression. Set it to log2".to_owned());
        }
        if self.labels.versus.is_some() {
            problems.push("labels.versus: each pair names its two samples. Leave it out".to_owned());
        }
        if self.expression.is_by_sample() {
            problems.push(
                "expression.path: the change of a pair is read from one table. Name one with a column a sample"
                    .to_owned(),
            );
        }
        problems
    }

    /// What is wrong with what is said of each sample.
    fn problems_of_samples(&self, cohort: &Cohort, visible: bool) -> Vec<String> {
        let learnt: Vec<&str> = cohort.learnt().iter().map(|subject| subject.name.as_str()).collect();
        if self.own_labels.path.is_some() {
            let labels = learnt.iter().filter(|_| visible).filter_map(|sample| self.own_labels.of(sample));
            let missing = labels.filter(|labels| !labels.is_file());
            return missing.map(|labels| format!("labels.path: no such file {}", labels.display())).collect();
        }
        let with_expression = cohort.samples.iter().filter(|sample| sample.has_expression);
        let samples: Vec<&str> = with_expression.map(|sample| sample.name.as_str()).collect();
        let mut problems = self.expression.problems(&samples, visible);
        if cohort.has_pairs() {
            problems.extend(self.problems_of_pairs());
        }
        if let Some(Threshold::BySample(thresholds)) = &self.labels.threshold {
            let list = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
            let without = list(&mut learnt.iter().copied().filter(|sample| !thresholds.contains_key(*sample)));
            let named = list(&mut thresholds.keys().map(String::as_str));
            let others = list(&mut thresholds.keys().map(String::as_str).filter(|name| !learnt.contains(name)));
            if !without.is_empty() {
                problems.push(format!("labels.threshold: names {named}, and has no threshold for sample {without}"));
            } else if !others.is_empty() {
                tracing::warn!("labels.threshold: {others} are no samples of the sheet: left out");
            }
        }
        problems
    }
}
