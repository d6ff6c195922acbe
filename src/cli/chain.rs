//! The whole chain as a list of stages with their arguments: what `attentrack run` executes, and what its
//! `--dry-run` prints as command lines for whoever wants to run one step alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::config::{Config, TrainMode};
use super::layout::Layout;
use super::step::Step;
use crate::explain::Method;
use crate::io::sample_sheet::Sample;
use crate::matrix::track::TrackValue;
use crate::stage::label::Threshold;
use crate::stage::{
    Common, Flags, Reach, bin, evaluate, explain, faithfulness, label, predict, report, split, track, train, tss,
};

/// What stands for the name of each sample in the name of a model.
const EACH_SAMPLE: &str = "{sample}";

/// Folders that the steps write into, to be made first.
pub fn folders(steps: &[Step]) -> BTreeSet<&Path> {
    steps.iter().flat_map(Step::folders).filter(|folder| !folder.as_os_str().is_empty()).collect()
}

/// The steps in an order in which every input is there before it is read. The samples' own models are
/// trained in one step, `side_by_side`, or in a step each, which gives the same bytes.
///
/// # Errors
/// Too few samples for the mode of training; several folds, and none that is chosen.
pub fn plan(config: &Config, samples: &[Sample], outdir: &Path, side_by_side: bool) -> Result<Vec<Step>> {
    check_fold(config)?;
    let layout = Layout::new(outdir);
    let mut steps = data(config, &layout, samples);
    steps.extend(trainings(config, &layout, samples, side_by_side)?);
    steps.extend(samples.iter().map(|sample| predict(config, &layout, sample, has_attention(config))));
    steps.push(evaluate(config, &layout, samples));
    if has_attention(config) {
        steps.extend(samples.iter().map(|sample| {
            let attention = layout.attention(&sample.name);
            let value = config.tracks.value;
            track(config, &layout, sample, &sample.name, attention, value)
        }));
    }
    for (sample, method) in samples.iter().flat_map(|sample| methods(config).into_iter().map(move |m| (sample, m))) {
        let name = format!("{}.{}", sample.name, method.name());
        steps.push(explain(config, &layout, sample, &name, method));
        steps.push(track(config, &layout, sample, &name, layout.explanation(&name), None));
    }
    if config.explained.faithfulness {
        steps.extend(samples.iter().map(|sample| faithfulness(config, &layout, sample)));
    }
    steps.push(report(config, &layout, samples));
    check_outputs(&steps)?;
    Ok(steps)
}

/// Refuses two steps of one output: a sample may be called as another one's explanation is.
fn check_outputs(steps: &[Step]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for path in steps.iter().flat_map(Step::outputs) {
        if !seen.insert(path.to_string_lossy().to_ascii_lowercase()) {
            bail!(
                "two steps would write {}: name each method of explain.methods once, and no sample SAMPLE.METHOD",
                path.display()
            );
        }
    }
    Ok(())
}

/// One chain trains one fold: refuses several of which none is chosen, and a fold that there is not.
fn check_fold(config: &Config) -> Result<()> {
    let Some(folds) = config.folds()? else { return Ok(()) };
    let listed = folds.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match config.train.fold {
        None if folds.len() > 1 => bail!(
            "the splits have {} folds, and a run trains and judges one of them. `attentrack compare` does all folds; for a run of one alone, choose it with train.fold ({listed})",
            folds.len()
        ),
        fold => match fold.unwrap_or(0) {
            fold if folds.contains(&fold) => Ok(()),
            fold => bail!("train.fold: there is no fold {fold}; the folds are {listed}"),
        },
    }
}

/// The steps that make what all models learn from: genes, labels, splits and bins.
pub fn data(config: &Config, layout: &Layout, samples: &[Sample]) -> Vec<Step> {
    let mut steps = vec![tss(config, layout)];
    // the cheap stages first, so that a wrong name or table shows before hours of binning
    if config.own_labels.path.is_none() {
        steps.extend(samples.iter().map(|sample| label(config, layout, sample)));
    }
    if config.own_split.path.is_none() {
        steps.push(split(config, layout, samples));
    }
    steps.extend(samples.iter().map(|sample| bin(config, layout, sample)));
    steps
}

/// The trainings that the mode asks for; see [`plan`].
///
/// # Errors
/// Too few samples for the mode of training.
pub fn trainings(config: &Config, layout: &Layout, samples: &[Sample], side_by_side: bool) -> Result<Vec<Step>> {
    let train = |run: &str, samples: &[&Sample]| train(config, layout, run, samples);
    let everyone: Vec<&Sample> = samples.iter().collect();
    Ok(match config.models.mode {
        TrainMode::Pooled => vec![train("pooled", &everyone)],
        TrainMode::PerSample if side_by_side => vec![train(EACH_SAMPLE, &everyone)],
        TrainMode::PerSample => samples.iter().map(|sample| train(&sample.name, &[sample])).collect(),
        TrainMode::LeaveOneSampleOut => {
            if samples.len() < 2 {
                bail!("train.mode leave-one-sample-out needs two samples or more, the sheet has one");
            }
            let left_out = samples.iter().map(|left_out| {
                let others: Vec<&Sample> = samples.iter().filter(|other| other.name != left_out.name).collect();
                train(&model_of(config, left_out), &others)
            });
            left_out.collect()
        }
    })
}

/// Whether the model says which bins it looks at.
fn has_attention(config: &Config) -> bool {
    config.model.name.0.has_attention()
}

/// The methods that the model is explained by besides its attention.
fn methods(config: &Config) -> Vec<Method> {
    match &config.explain.methods {
        none if none.is_empty() && !has_attention(config) => {
            // every network is laid open; of what is none, one can only try what a bin does
            let is_network = config.model.name.0.network().is_some();
            vec![if is_network { Method::DeepLift } else { Method::Occlusion }]
        }
        methods => methods.clone(),
    }
}

/// The model that a sample is predicted with.
fn model_of(config: &Config, sample: &Sample) -> String {
    match config.models.mode {
        TrainMode::Pooled => "pooled".to_owned(),
        TrainMode::PerSample => sample.name.clone(),
        TrainMode::LeaveOneSampleOut => format!("without-{}", sample.name),
    }
}

/// The labels of a sample, made or given.
pub fn labels_of(config: &Config, layout: &Layout, sample: &str) -> PathBuf {
    config.own_labels.of(sample).unwrap_or_else(|| layout.labels(sample))
}

/// The splits, made or given.
pub fn splits_of(config: &Config, layout: &Layout) -> PathBuf {
    config.own_split.path.clone().unwrap_or_else(|| layout.splits())
}

/// Whether the genes' bodies are binned: as asked for, else for the model that looks at them.
fn with_bodies(config: &Config) -> bool {
    config.window.body.unwrap_or(config.model.name.0.needs.bodies)
}

/// The splits of windows reach as far as the bins.
fn reach(config: &Config) -> Flags<Reach> {
    Flags(Reach { flank: config.window.flank })
}

fn names<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<&'a str> {
    samples.into_iter().map(|sample| sample.name.as_str()).collect()
}

fn tss(config: &Config, layout: &Layout) -> Step {
    let arguments = tss::Args {
        annotation: config.annotation.path.clone(),
        out: layout.genes(),
        ends: false,
        options: Flags(config.tss.clone()),
        common: Common::default(),
    };
    Step::new("tss", None, &[], arguments)
}

fn bin(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let of_mark = |mark: &str, path: &Path| format!("{mark}={}", path.display());
    let controls = sample.signals.iter().filter_map(|signal| Some(of_mark(&signal.mark, signal.control.as_ref()?)));
    let arguments = bin::Args {
        genes: Some(layout.genes()),
        signals: sample.signals.iter().map(|signal| of_mark(&signal.mark, &signal.path)).collect(),
        controls: controls.collect(),
        out: layout.bins(&sample.name),
        sample: Some(sample.name.clone()),
        assembly: config.annotation.assembly.clone(),
        options: Flags(bin::Options { body: with_bodies(config).then_some(true), ..config.window.clone() }),
        deepchrome_csv: Vec::new(),
        marks: Vec::new(),
        labels_out: None,
        common: Common::default(),
    };
    Step::new("bin", Some(&sample.name), &[&sample.name], arguments)
}

fn label(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let threshold = config.labels.threshold(&sample.name).map(Threshold::All);
    let arguments = label::Args {
        expression: config.expression.path_of(&sample.name),
        sample: sample.name.clone(),
        column: config.expression.column_of(&sample.name),
        genes: Some(layout.genes()),
        out: layout.labels(&sample.name),
        keep_version: config.tss.keep_version,
        table: Flags(config.table.clone()),
        options: Flags(label::Options { threshold, ..config.labels.clone() }),
        common: Common::default(),
    };
    Step::new("label", Some(&sample.name), &[&sample.name], arguments)
}

fn split(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let arguments = split::Args {
        genes: layout.genes(),
        labels: samples.iter().map(|sample| labels_of(config, layout, &sample.name)).collect(),
        out: layout.splits(),
        windows: reach(config),
        options: Flags(config.split.clone()),
        common: Common::default(),
    };
    Step::new("split", None, &names(samples), arguments)
}

fn train(config: &Config, layout: &Layout, run: &str, samples: &[&Sample]) -> Step {
    let arguments = train::Args {
        bins: samples.iter().map(|sample| layout.bins(&sample.name)).collect(),
        labels: samples.iter().map(|sample| labels_of(config, layout, &sample.name)).collect(),
        splits: splits_of(config, layout),
        out: layout.model(run),
        // always said, so that a printed command means the same whatever the stage's own default
        model: config.model.name.0,
        sizes: Flags(config.sizes.clone()),
        options: Flags(train::Options { task: config.task(), ..config.train.clone() }),
        regime: Flags(config.regime),
        compute: Flags(config.compute),
        resume: true,
        common: Common::default(),
    };
    let mut step = Step::new("train", Some(run), &names(samples.iter().copied()), arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

/// Scores a sample with its model; with `attention`, where that looked is kept.
pub fn predict(config: &Config, layout: &Layout, sample: &Sample, attention: bool) -> Step {
    let arguments = predict::Args {
        bins: layout.bins(&sample.name),
        model: layout.model(&model_of(config, sample)),
        predictions: Some(layout.predictions(&sample.name)),
        attention: attention.then(|| layout.attention(&sample.name)),
        options: Flags(config.scored.clone()),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("predict", Some(&sample.name), &[&sample.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

fn evaluate(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let arguments = evaluate::Args {
        predictions: samples.iter().map(|sample| layout.predictions(&sample.name)).collect(),
        labels: samples.iter().map(|sample| labels_of(config, layout, &sample.name)).collect(),
        splits: splits_of(config, layout),
        genes: Some(layout.genes()),
        out: layout.metrics(),
        tsv: None,
        fold: config.train.fold,
        options: Flags(config.evaluate.clone()),
        windows: reach(config),
        common: Common::default(),
    };
    Step::new("evaluate", None, &names(samples), arguments)
}

fn report(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    // a model without a network chooses nothing by a curve
    let has_curves = config.model.name.0.network().is_some();
    let mut runs: Vec<String> = samples.iter().filter(|_| has_curves).map(|sample| model_of(config, sample)).collect();
    runs.dedup();
    let shows_attention = config.report_parts.attention.unwrap_or(true) && has_attention(config);
    let attention = samples.iter().filter(|_| shows_attention).map(|sample| layout.attention(&sample.name));
    let arguments = report::Args {
        metrics: layout.metrics(),
        predictions: samples.iter().map(|sample| layout.predictions(&sample.name)).collect(),
        labels: samples.iter().map(|sample| labels_of(config, layout, &sample.name)).collect(),
        splits: splits_of(config, layout),
        genes: Some(layout.genes()),
        history: runs.iter().map(|run| layout.history(run)).collect(),
        attention: attention.collect(),
        out_dir: layout.report(),
        options: Flags(config.report.clone()),
        common: Common::default(),
    };
    Step::new("report", None, &names(samples), arguments)
}

fn explain(config: &Config, layout: &Layout, sample: &Sample, name: &str, method: Method) -> Step {
    let arguments = explain::Args {
        bins: layout.bins(&sample.name),
        model: layout.model(&model_of(config, sample)),
        out: layout.explanation(name),
        options: Flags(explain::Options { methods: vec![method], ..config.explain.clone() }),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("explain", Some(name), &[&sample.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

fn faithfulness(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let arguments = faithfulness::Args {
        bins: layout.bins(&sample.name),
        model: layout.model(&model_of(config, sample)),
        out: layout.faithfulness(&sample.name),
        options: Flags(config.faithfulness.clone()),
        compute: Flags(config.compute),
        common: Common::default(),
    };
    let mut step = Step::new("faithfulness", Some(&sample.name), &[&sample.name], arguments);
    step.needs_gpu = config.needs_gpu();
    step
}

/// Draws a matrix of a sample; `value` where it is attention, of which there are several.
fn track(
    config: &Config,
    layout: &Layout,
    sample: &Sample,
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
        predictions: Some(layout.predictions(&sample.name)),
        out: None,
        out_dir: Some(layout.tracks(name)),
        options: Flags(options),
        common: Common::default(),
    };
    Step::new("track", Some(name), &[&sample.name], arguments)
}
