//! The whole chain as a list of stage command lines: what `attentrack run` executes, and what its
//! `--dry-run` prints for whoever wants to run one step alone.

use std::path::{Path, PathBuf};

use super::config::{Config, Threshold, TrainMode};
use super::layout::Layout;
use super::step::Step;
use crate::explain::Method;
use crate::genome::Orientation;
use crate::io::sample_sheet::Sample;
use crate::io::track::Format;
use crate::learn::{Recipe, Task, Transform, recipe};
use anyhow::{Result, bail};

/// What stands for the name of each sample in the name of a model.
const EACH_SAMPLE: &str = "{sample}";

/// Folders that the steps write into, to be made first.
pub fn folders(steps: &[Step], outdir: &Path) -> Vec<PathBuf> {
    let folder = |step: &Step, path: &Path| match step.stage {
        // their output is a folder itself
        "track" | "report" => path.to_owned(),
        _ => path.parent().unwrap_or(outdir).to_owned(),
    };
    let mut folders: Vec<PathBuf> =
        steps.iter().flat_map(|step| step.outputs().map(move |path| folder(step, path))).collect();
    folders.sort_unstable();
    folders.dedup();
    folders
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
            track(config, &layout, sample, &sample.name, &attention).option("--value", config.tracks.value.as_ref())
        }));
    }
    for (sample, method) in samples.iter().flat_map(|sample| methods(config).into_iter().map(move |m| (sample, m))) {
        let name = format!("{}.{method}", sample.name);
        steps.push(explain(config, &layout, sample, &name, &method));
        steps.push(track(config, &layout, sample, &name, &layout.explanation(&name)));
    }
    if config.explain.faithfulness {
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
    if config.labels.path.is_none() {
        steps.extend(samples.iter().map(|sample| label(config, layout, sample)));
    }
    if config.split.path.is_none() {
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
    Ok(match config.train.mode {
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
    recipe(config).is_none_or(Recipe::has_attention)
}

/// The model of the configuration, if it is one that there is.
fn recipe(config: &Config) -> Option<&'static Recipe> {
    recipe::find(&config.model.name())
}

/// The methods that the model is explained by besides its attention.
fn methods(config: &Config) -> Vec<String> {
    match &config.explain.methods {
        none if none.is_empty() && !has_attention(config) => {
            // every network is laid open; of what is none, one can only try what a bin does
            let is_network = recipe(config).is_none_or(|recipe| recipe.network().is_some());
            vec![if is_network { Method::DeepLift } else { Method::Occlusion }.name().to_owned()]
        }
        methods => methods.clone(),
    }
}

/// The model that a sample is predicted with.
fn model_of(config: &Config, sample: &Sample) -> String {
    match config.train.mode {
        TrainMode::Pooled => "pooled".to_owned(),
        TrainMode::PerSample => sample.name.clone(),
        TrainMode::LeaveOneSampleOut => format!("without-{}", sample.name),
    }
}

/// The labels of a sample, made or given.
pub fn labels_of(config: &Config, layout: &Layout, sample: &str) -> PathBuf {
    config.labels.of(sample).unwrap_or_else(|| layout.labels(sample))
}

/// The splits, made or given.
pub fn splits_of(config: &Config, layout: &Layout) -> PathBuf {
    config.split.path.clone().unwrap_or_else(|| layout.splits())
}

fn tss(config: &Config, layout: &Layout) -> Step {
    Step::new("tss", None)
        .input("--annotation", &config.annotation.path)
        .output("--out", layout.genes())
        .switch("--ends", with_bodies(config))
        .option("--policy", config.annotation.policy.as_ref())
        .switch("--keep-version", config.annotation.keep_version)
        .list("--biotype", &config.annotation.biotype)
}

/// Whether the genes' bodies are binned: as asked for, else for the model that looks at them.
fn with_bodies(config: &Config) -> bool {
    config.window.body.unwrap_or(recipe(config).is_some_and(|recipe| recipe.needs.bodies))
}

fn bin(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let window = &config.window;
    let mut step = Step::new("bin", Some(&sample.name)).input("--genes", layout.genes()).named("--sample");
    step.samples = vec![sample.name.clone()];
    for signal in &sample.signals {
        step = step.input_of_mark("--signal", &signal.mark, &signal.path);
    }
    for signal in &sample.signals {
        if let Some(control) = &signal.control {
            step = step.input_of_mark("--control", &signal.mark, control);
        }
    }
    for (flag, file) in [("--blacklist", &window.blacklist), ("--reference", &window.reference)] {
        if let Some(file) = file {
            step = step.input(flag, file);
        }
    }
    step = match &window.chrom_alias {
        Some(table) if !["none", "auto"].contains(&table.as_str()) => step.input("--chrom-alias", table),
        word => step.option("--chrom-alias", word.as_ref()),
    };
    step.output("--out", layout.bins(&sample.name))
        .option("--assembly", config.annotation.assembly.as_ref())
        .option("--flank", window.flank)
        .option("--bin-size", window.bin_size)
        .option("--orientation", window.orientation.map(Orientation::name))
        .option("--statistic", window.statistic)
        .switch("--body", with_bodies(config))
        .option("--max-lost-genes", window.max_lost_genes)
        .option("--min-mapq", window.min_mapq)
        .option("--exclude-flags", window.exclude_flags.as_ref())
        .option("--extend", window.extend)
        .switch("--fragments", window.fragments)
        .option("--control-method", window.control_method.as_ref())
}

fn label(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let threshold = match &config.labels.threshold {
        None => None,
        Some(Threshold::All(threshold)) => Some(*threshold),
        Some(Threshold::BySample(thresholds)) => thresholds.get(&sample.name).copied(),
    };
    let mut step = Step::new("label", Some(&sample.name))
        .input("--expression", config.expression.path_of(&sample.name))
        .named("--sample")
        .input("--genes", layout.genes())
        .output("--out", layout.labels(&sample.name));
    step.samples = vec![sample.name.clone()];
    step.option("--gene-column", config.expression.gene_column.as_ref())
        .option("--column", config.expression.column_of(&sample.name))
        .option("--duplicates", config.expression.duplicates.as_ref())
        .switch("--keep-version", config.annotation.keep_version)
        .option("--method", config.labels.method.as_ref())
        .option("--threshold", threshold)
        .option("--quantile", config.labels.quantile)
}

fn split(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let split = &config.split;
    let mut step = Step::new("split", None).input("--genes", layout.genes()).output("--out", layout.splits());
    for sample in samples {
        step = step.input("--labels", labels_of(config, layout, &sample.name));
        step.samples.push(sample.name.clone());
    }
    step.option("--flank", config.window.flank)
        .option("--method", split.method.as_ref())
        .list("--valid-chroms", &split.valid_chroms)
        .list("--test-chroms", &split.test_chroms)
        .option("--valid-fraction", split.valid_fraction)
        .option("--test-fraction", split.test_fraction)
        .option("--folds", split.folds)
        .option("--seed", split.seed)
}

fn train(config: &Config, layout: &Layout, run: &str, samples: &[&Sample]) -> Step {
    let (model, train) = (&config.model, &config.train);
    let mut step = Step::new("train", Some(run));
    for sample in samples {
        step =
            step.input("--bins", layout.bins(&sample.name)).input("--labels", labels_of(config, layout, &sample.name));
        step.samples.push(sample.name.clone());
    }
    step.needs_gpu = config.train.needs_gpu();
    step = step.input("--splits", splits_of(config, layout));
    if run == EACH_SAMPLE {
        step.beside = samples.iter().flat_map(|s| [layout.model(&s.name), layout.history(&s.name)]).collect();
        step = step.flag("--out", layout.model(run));
    } else {
        step.beside = vec![layout.history(run)];
        step = step.output("--out", layout.model(run));
    }
    // always said, so that a printed command means the same whatever the stage's own default
    step.flag("--model", model.name())
        .option("--bin-hidden", model.bin_hidden)
        .option("--mark-hidden", model.mark_hidden)
        .option("--kernel-width", model.kernel_width)
        .option("--filters", model.filters)
        .option("--pool", model.pool)
        .list("--hidden", &model.hidden.iter().map(u32::to_string).collect::<Vec<_>>())
        .option("--task", config.task().map(Task::name))
        .option("--epochs", train.epochs)
        .option("--batch-size", train.batch_size)
        .option("--ensemble", train.ensemble)
        .option("--optimizer", train.optimizer.as_ref())
        .option("--momentum", train.momentum)
        .option("--learning-rate", train.learning_rate)
        .option("--schedule", train.schedule.as_ref())
        .option("--dropout", train.dropout)
        .option("--weight-decay", train.weight_decay)
        .option("--transform", train.transform.map(Transform::name))
        .option("--seed", train.seed)
        .option("--fold", train.fold)
        .option("--device", train.device.as_ref())
        .option("--instruction-set", train.instruction_set.as_ref())
        .switch("--resume", true)
}

/// Scores a sample with its model; with `attention`, where that looked is kept.
pub fn predict(config: &Config, layout: &Layout, sample: &Sample, attention: bool) -> Step {
    let mut step = Step::new("predict", Some(&sample.name))
        .input("--bins", layout.bins(&sample.name))
        .input("--model", layout.model(&model_of(config, sample)))
        .output("--predictions", layout.predictions(&sample.name));
    if attention {
        step = step.output("--attention", layout.attention(&sample.name));
    }
    step.samples = vec![sample.name.clone()];
    step.needs_gpu = config.train.needs_gpu();
    step.switch("--score-empty", config.window.score_empty)
        .option("--device", config.train.device.as_ref())
        .option("--instruction-set", config.train.instruction_set.as_ref())
}

fn evaluate(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let mut step = Step::new("evaluate", None);
    for sample in samples {
        step = step
            .input("--predictions", layout.predictions(&sample.name))
            .input("--labels", labels_of(config, layout, &sample.name));
        step.samples.push(sample.name.clone());
    }
    step.input("--splits", splits_of(config, layout))
        .input("--genes", layout.genes())
        .option("--flank", config.window.flank)
        .output("--out", layout.metrics())
        .option("--split", config.evaluate.split)
        .option("--fold", config.train.fold)
        .option("--bootstrap", config.evaluate.bootstrap)
}

fn report(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let mut step = Step::new("report", None).input("--metrics", layout.metrics());
    for sample in samples {
        step = step
            .input("--predictions", layout.predictions(&sample.name))
            .input("--labels", labels_of(config, layout, &sample.name));
        step.samples.push(sample.name.clone());
    }
    step = step.input("--splits", splits_of(config, layout)).input("--genes", layout.genes());
    // what a model without a network writes of its choice is no curve
    let is_baseline = recipe(config).is_some_and(|recipe| recipe.network().is_none());
    let mut runs: Vec<String> =
        samples.iter().filter(|_| !is_baseline).map(|sample| model_of(config, sample)).collect();
    runs.dedup();
    for run in &runs {
        step = step.input("--history", layout.history(run));
    }
    for sample in samples.iter().filter(|_| config.report.attention.unwrap_or(true) && has_attention(config)) {
        step = step.input("--attention", layout.attention(&sample.name));
    }
    step.output("--out-dir", layout.report()).option("--title", config.report.title.as_ref())
}

fn explain(config: &Config, layout: &Layout, sample: &Sample, name: &str, method: &str) -> Step {
    let step = Step::new("explain", Some(name)).flag("--method", method);
    of_model(config, layout, sample, step).output("--out", layout.explanation(name))
}

fn faithfulness(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let step = Step::new("faithfulness", Some(&sample.name));
    of_model(config, layout, sample, step).output("--out", layout.faithfulness(&sample.name))
}

/// A step that asks the sample's model.
fn of_model(config: &Config, layout: &Layout, sample: &Sample, step: Step) -> Step {
    let mut step = step
        .input("--bins", layout.bins(&sample.name))
        .input("--model", layout.model(&model_of(config, sample)))
        .option("--device", config.train.device.as_ref())
        .option("--instruction-set", config.train.instruction_set.as_ref());
    step.samples = vec![sample.name.clone()];
    step.needs_gpu = config.train.needs_gpu();
    step
}

fn track(config: &Config, layout: &Layout, sample: &Sample, name: &str, input: &Path) -> Step {
    let tracks = &config.tracks;
    let mut step = Step::new("track", Some(name))
        .input("--input", input)
        .input("--predictions", layout.predictions(&sample.name))
        .output("--out-dir", layout.tracks(name));
    step.samples = vec![sample.name.clone()];
    step.list("--format", &tracks.formats.iter().map(Format::to_string).collect::<Vec<_>>())
        .option("--aggregate", tracks.aggregate.as_ref())
        .switch("--all", tracks.all)
        // a full-size sample's table has a gigabyte
        .switch("--bgzip", tracks.formats.iter().any(Format::is_text))
        .switch("--allow-empty", true)
}
