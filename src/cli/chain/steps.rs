//! The steps of a chain, one function a stage: what each reads and writes, and the options that config.yaml gives it.

use std::path::{Path, PathBuf};

use super::{has_attention, judged_methods, labels_of, matrix_of, model_of, splits_of, with_bodies};
use crate::cli::cohort::{Cohort, Subject};
use crate::cli::config::{Config, TrainMode};
use crate::cli::layout::Layout;
use crate::cli::step::Step;
use crate::explain::Method;
use crate::io::sample_sheet::{Sample, SampleSignal};
use crate::matrix::track::TrackValue;
use crate::stage::label::Threshold;
use crate::stage::{
    Common, Flags, Reach, bin, evaluate, explain, faithfulness, graph, label, pair, predict, report, split, track,
    train, tss,
};

/// The splits of windows reach as far as the bins.
fn reach(config: &Config) -> Flags<Reach> {
    Flags(Reach { flank: config.window.flank })
}

fn names<'a>(subjects: &[&'a Subject]) -> Vec<&'a str> {
    subjects.iter().map(|subject| subject.name.as_str()).collect()
}

pub(super) fn tss(config: &Config, layout: &Layout) -> Step {
    let arguments = tss::Args {
        annotation: config.annotation.path.clone(),
        out: layout.data(&tss::JOB, ""),
        ends: false,
        options: Flags(config.tss.clone()),
        common: Common::default(),
    };
    Step::new("tss", None, &[], arguments)
}

pub(super) fn bin(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let of_mark = |mark: &str, path: &Path| format!("{mark}={}", path.display());
    let files = |of: fn(&SampleSignal) -> &Vec<PathBuf>| {
        let of_signal = |signal| of(signal).iter().map(move |path| of_mark(&signal.mark, path));
        sample.signals.iter().flat_map(of_signal).collect()
    };
    let arguments = bin::Args {
        genes: Some(layout.data(&tss::JOB, "")),
        signals: files(|signal| &signal.paths),
        controls: files(|signal| &signal.controls),
        out: layout.data(&bin::JOB, &sample.name),
        sample: Some(sample.name.clone()),
        assembly: config.annotation.assembly.clone(),
        options: Flags(bin::Options { body: with_bodies(config).then_some(true), ..config.window.clone() }),
        deepchrome_csv: Vec::new(),
        fasta: Vec::new(),
        genome: None,
        regions: None,
        marks: Vec::new(),
        labels_out: None,
        common: Common::default(),
    };
    Step::new("bin", Some(&sample.name), &[&sample.name], arguments)
}

/// Joins the two samples of a pair; `None` of a sample.
pub(super) fn pair(layout: &Layout, subject: &Subject) -> Option<Step> {
    let versus = subject.versus.as_ref()?;
    let arguments = pair::Args {
        bins: layout.data(&bin::JOB, &subject.sample),
        versus: layout.data(&bin::JOB, versus),
        out: layout.data(&pair::JOB, &subject.name),
        common: Common::default(),
    };
    Some(Step::new("pair", Some(&subject.name), &[&subject.name], arguments))
}

pub(super) fn label(config: &Config, layout: &Layout, subject: &Subject) -> Step {
    let threshold = config.labels.threshold(&subject.name).map(Threshold::All);
    let column_of = |sample: &String| config.expression.column_of(sample).unwrap_or_else(|| sample.clone());
    // the column of a pair is not called as the pair is
    let column = match &subject.versus {
        Some(_) => Some(column_of(&subject.sample)),
        None => config.expression.column_of(&subject.sample),
    };
    let versus = subject.versus.as_ref().map(column_of).or_else(|| config.labels.versus.clone());
    let arguments = label::Args {
        expression: Some(config.expression.path_of(&subject.sample)),
        sample: Some(subject.name.clone()),
        fasta: Vec::new(),
        peaks: None,
        regions: None,
        column,
        genes: Some(layout.data(&tss::JOB, "")),
        out: layout.data(&label::JOB, &subject.name),
        keep_version: config.tss.keep_version,
        table: Flags(config.table.clone()),
        options: Flags(label::Options { threshold, versus, ..config.labels.clone() }),
        common: Common::default(),
    };
    Step::new("label", Some(&subject.name), &[&subject.name], arguments)
}

pub(super) fn split(config: &Config, layout: &Layout, subjects: &[&Subject]) -> Step {
    let arguments = split::Args {
        genes: Some(layout.data(&tss::JOB, "")),
        fasta: Vec::new(),
        regions: None,
        length: None,
        labels: subjects.iter().map(|subject| labels_of(config, layout, &subject.name)).collect(),
        out: layout.data(&split::JOB, ""),
        windows: reach(config),
        options: Flags(config.split.clone()),
        common: Common::default(),
    };
    Step::new("split", None, &names(subjects), arguments)
}

pub(super) fn train(config: &Config, layout: &Layout, run: &str, subjects: &[&Subject]) -> Step {
    let arguments = train::Args {
        bins: subjects.iter().map(|subject| matrix_of(layout, subject)).collect(),
        labels: subjects.iter().map(|subject| labels_of(config, layout, &subject.name)).collect(),
        splits: splits_of(config, layout),
        out: layout.model(&train::JOB, 0, run),
        // always said, so that a printed command means the same whatever the stage's own default
        model: config.model.name.0,
        sizes: Flags(config.sizes.clone()),
        options: Flags(train::Options { task: config.task(), ..config.train.clone() }),
        regime: Flags(config.regime),
        compute: Flags(config.compute),
        resume: true,
        common: Common::default(),
    };
    let mut step = Step::new("train", Some(run), &names(subjects), arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

/// Scores a sample with its model; with `attention`, where that looked is kept.
pub fn predict(config: &Config, layout: &Layout, subject: &Subject, attention: bool) -> Step {
    let arguments = predict::Args {
        bins: matrix_of(layout, subject),
        model: layout.model(&train::JOB, 0, &model_of(config, subject)),
        reference: None,
        predictions: Some(layout.model(&predict::JOB, 0, &subject.name)),
        attention: attention.then(|| layout.model(&predict::JOB, 1, &subject.name)),
        options: Flags(config.scored.clone()),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("predict", Some(&subject.name), &[&subject.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

pub(super) fn evaluate(config: &Config, layout: &Layout, subjects: &[&Subject]) -> Step {
    let arguments = evaluate::Args {
        predictions: subjects.iter().map(|subject| layout.model(&predict::JOB, 0, &subject.name)).collect(),
        labels: subjects.iter().map(|subject| labels_of(config, layout, &subject.name)).collect(),
        splits: splits_of(config, layout),
        genes: Some(layout.data(&tss::JOB, "")),
        out: layout.model(&evaluate::JOB, 0, ""),
        tsv: None,
        fold: config.train.fold,
        options: Flags(config.evaluate.clone()),
        windows: reach(config),
        common: Common::default(),
    };
    Step::new("evaluate", None, &names(subjects), arguments)
}

/// The graphs of the samples, or of groups of them; `None` where nothing says which.
pub(super) fn graph(config: &Config, layout: &Layout, cohort: &Cohort) -> Option<Step> {
    config.graph.contexts.as_ref()?;
    let samples: Vec<&str> = cohort.samples.iter().map(|sample| sample.name.as_str()).collect();
    let has_expression = config.graph.nodes.contains(&graph::NodePart::Expression);
    let arguments = graph::Args {
        bins: samples.iter().map(|sample| layout.data(&bin::JOB, sample)).collect(),
        table: Vec::new(),
        labels: samples.iter().filter(|_| has_expression).map(|sample| labels_of(config, layout, sample)).collect(),
        samples: Some(config.sheets.samples.clone()),
        options: Flags(config.graph.clone()),
        out_dir: layout.model(&graph::JOB, 0, ""),
        summary: Some(layout.model(&graph::JOB, 1, "")),
        common: Common::default(),
    };
    Some(Step::new("graph", None, &samples, arguments))
}

pub(super) fn report(config: &Config, layout: &Layout, cohort: &Cohort) -> Step {
    let subjects = cohort.learnt();
    // a model without a network chooses nothing by a curve
    let has_curves = config.model.name.0.network().is_some();
    let mut runs: Vec<String> =
        subjects.iter().filter(|_| has_curves).map(|subject| model_of(config, subject)).collect();
    runs.dedup();
    let shows_attention = config.report_parts.attention.unwrap_or(true) && has_attention(config);
    let attention =
        subjects.iter().filter(|_| shows_attention).map(|subject| layout.model(&predict::JOB, 1, &subject.name));
    let is_judged = judged_methods(config).is_some();
    let faithfulness =
        cohort.subjects.iter().filter(|_| is_judged).map(|subject| layout.model(&faithfulness::JOB, 0, &subject.name));
    let arguments = report::Args {
        metrics: layout.model(&evaluate::JOB, 0, ""),
        predictions: subjects.iter().map(|subject| layout.model(&predict::JOB, 0, &subject.name)).collect(),
        labels: subjects.iter().map(|subject| labels_of(config, layout, &subject.name)).collect(),
        splits: splits_of(config, layout),
        genes: Some(layout.data(&tss::JOB, "")),
        history: runs.iter().map(|run| layout.model(&train::JOB, 1, run)).collect(),
        attention: attention.collect(),
        faithfulness: faithfulness.collect(),
        graph: config.graph.contexts.as_ref().map(|_| layout.model(&graph::JOB, 1, "")),
        only_scored: cohort.only_scored(),
        new_sample: match config.models.mode {
            TrainMode::LeaveOneSampleOut => subjects.iter().map(|subject| subject.name.clone()).collect(),
            TrainMode::Pooled | TrainMode::PerSample => Vec::new(),
        },
        out_dir: layout.model(&report::JOB, 0, ""),
        options: Flags(config.report.clone()),
        common: Common::default(),
    };
    Step::new("report", None, &names(&subjects), arguments)
}

pub(super) fn explain(config: &Config, layout: &Layout, subject: &Subject, name: &str, method: Method) -> Step {
    let arguments = explain::Args {
        bins: matrix_of(layout, subject),
        model: layout.model(&train::JOB, 0, &model_of(config, subject)),
        reference: None,
        out: layout.model(&explain::JOB, 0, name),
        options: Flags(explain::Options { methods: vec![method], ..config.explain.clone() }),
        against: Flags(config.against.clone()),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("explain", Some(name), &[&subject.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

/// Judges methods of a sample by its validation genes; none stands for all.
pub(super) fn faithfulness(config: &Config, layout: &Layout, subject: &Subject, methods: &[Method]) -> Step {
    let arguments = faithfulness::Args {
        bins: matrix_of(layout, subject),
        model: layout.model(&train::JOB, 0, &model_of(config, subject)),
        splits: Some(splits_of(config, layout)),
        fold: config.train.fold,
        out: layout.model(&faithfulness::JOB, 0, &subject.name),
        options: Flags(faithfulness::Options { methods: methods.to_vec(), ..config.faithfulness.clone() }),
        against: Flags(config.against.clone()),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("faithfulness", Some(&subject.name), &[&subject.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

/// Draws a matrix of a sample; `value` where it is attention, of which there are several.
pub(super) fn track(
    config: &Config,
    layout: &Layout,
    subject: &Subject,
    name: &str,
    input: PathBuf,
    value: Option<TrackValue>,
) -> Step {
    let mut options = track::Options { value, ..config.tracks.clone() };
    // a full-size sample's table has a gigabyte
    let has_text = options.formats.iter().any(|format| format.is_text());
    options.bgzip = options.bgzip.or(has_text.then_some(true));
    options.allow_empty.get_or_insert(true);
    let arguments = track::Args {
        input,
        predictions: Some(layout.model(&predict::JOB, 0, &subject.name)),
        faithfulness: judged_methods(config).map(|_| layout.model(&faithfulness::JOB, 0, &subject.name)),
        out: None,
        out_dir: Some(layout.model(&track::JOB, 0, name)),
        options: Flags(options),
        common: Common::default(),
    };
    Step::new("track", Some(name), &[&subject.name], arguments)
}
