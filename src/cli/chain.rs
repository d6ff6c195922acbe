//! The whole chain as a list of stages with their arguments: what `attentrack run` executes, and what its
//! `--dry-run` prints as command lines for whoever wants to run one step alone.

mod steps;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

pub use self::steps::predict;
use super::cohort::{Cohort, Subject};
use super::config::{Config, TrainMode};
use super::layout::Layout;
use super::step::Step;
use crate::explain::Method;
use crate::learn::recipe;
use crate::matrix::track::TrackValue;
use crate::matrix::{Kind, LayerName};
use crate::stage::{bin, explain, graph, label, pair, predict, split};

/// What stands for the name of each sample in the name of a model.
const EACH_SAMPLE: &str = "{sample}";
/// The model that is trained on all.
const POOLED: &str = "pooled";

/// Folders that the steps write into, to be made first.
pub fn folders(steps: &[Step]) -> BTreeSet<&Path> {
    steps.iter().flat_map(Step::folders).filter(|folder| !folder.as_os_str().is_empty()).collect()
}

/// The steps in an order in which every input is there before it is read. The samples' own models are
/// trained in one step, `side_by_side`, or in a step each, which gives the same bytes.
///
/// # Errors
/// Too few samples for the mode of training; several folds, and none that is chosen; pairs and a model that do not go
/// together.
pub fn plan(config: &Config, cohort: &Cohort, outdir: &Path, side_by_side: bool) -> Result<Vec<Step>> {
    check_fold(config)?;
    let layout = Layout::new(outdir);
    let subjects = &cohort.subjects;
    let mut steps = data(config, &layout, cohort);
    steps.extend(trainings(config, &layout, cohort, side_by_side)?);
    steps.extend(subjects.iter().map(|subject| steps::predict(config, &layout, subject, has_attention(config))));
    steps.push(steps::evaluate(config, &layout, &cohort.learnt()));
    if let Some(methods) = judged_methods(config) {
        steps.extend(subjects.iter().map(|subject| steps::faithfulness(config, &layout, subject, &methods)));
    }
    if has_attention(config) {
        steps.extend(subjects.iter().map(|subject| {
            let attention = layout.model(&predict::JOB, 1, &subject.name);
            let value = config.tracks.value;
            steps::track(config, &layout, subject, &subject.name, attention, value)
        }));
    }
    for (subject, method) in subjects.iter().flat_map(|subject| methods(config).into_iter().map(move |m| (subject, m)))
    {
        let name = format!("{}.{}", subject.name, method.name());
        steps.push(steps::explain(config, &layout, subject, &name, method));
        steps.push(steps::track(config, &layout, subject, &name, layout.model(&explain::JOB, 0, &name), None));
    }
    check_graph(config, cohort)?;
    steps.extend(steps::graph(config, &layout, cohort));
    steps.push(steps::report(config, &layout, cohort));
    check_outputs(&steps)?;
    let only_scored = cohort.only_scored();
    if !only_scored.is_empty() {
        tracing::info!("without expression, so scored and neither learnt from nor judged: {}", only_scored.join(", "));
    }
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

/// The steps that make what all models learn from: genes, labels, splits, bins and pairs.
pub fn data(config: &Config, layout: &Layout, cohort: &Cohort) -> Vec<Step> {
    let learnt = cohort.learnt();
    let mut steps = vec![steps::tss(config, layout)];
    // the cheap stages first, so that a wrong name or table shows before hours of binning
    if config.own_labels.path.is_none() {
        steps.extend(learnt.iter().map(|subject| steps::label(config, layout, subject)));
    }
    if config.own_split.path.is_none() {
        steps.push(steps::split(config, layout, &learnt));
    }
    steps.extend(cohort.samples.iter().map(|sample| steps::bin(config, layout, sample)));
    steps.extend(cohort.subjects.iter().filter_map(|subject| steps::pair(layout, subject)));
    steps
}

/// The trainings that the mode asks for; see [`plan`].
///
/// # Errors
/// Too few samples for the mode of training; pairs and a model that do not go together.
pub fn trainings(config: &Config, layout: &Layout, cohort: &Cohort, side_by_side: bool) -> Result<Vec<Step>> {
    check_model(config, cohort)?;
    let train = |run: &str, subjects: &[&Subject]| steps::train(config, layout, run, subjects);
    let (learnt, only_scored) = (cohort.learnt(), cohort.only_scored());
    if learnt.is_empty() {
        bail!(
            "samples: none has expression, so there is nothing to learn from. Say yes in the column expression of some"
        );
    }
    Ok(match config.models.mode {
        TrainMode::Pooled => vec![train(POOLED, &learnt)],
        TrainMode::PerSample if !only_scored.is_empty() => bail!(
            "train.mode per-sample trains each sample's own model, and {} has no expression to train on (samples: column expression). Take pooled or leave-one-sample-out, or leave it out of the sheet",
            only_scored.join(", ")
        ),
        TrainMode::PerSample if side_by_side => vec![train(EACH_SAMPLE, &learnt)],
        TrainMode::PerSample => learnt.iter().map(|subject| train(&subject.name, &[subject])).collect(),
        TrainMode::LeaveOneSampleOut => {
            let mut steps = Vec::new();
            for left_out in &learnt {
                let shares = |other: &&&Subject| other.shares_a_sample(left_out);
                let others: Vec<&Subject> = learnt.iter().filter(|other| !shares(other)).copied().collect();
                if others.is_empty() {
                    bail!(
                        "train.mode leave-one-sample-out needs two samples or more with expression, and for each pair another that shares no sample with it: nothing is left to train on for {}",
                        left_out.name
                    );
                }
                steps.push(train(&model_of(config, left_out), &others));
            }
            // nothing need be left out for those that no model is trained on
            steps.extend((!only_scored.is_empty()).then(|| train(POOLED, &learnt)));
            steps
        }
    })
}

/// Refuses a model of pairs for single samples, and the other way round.
fn check_model(config: &Config, cohort: &Cohort) -> Result<()> {
    let model = config.model.name.0;
    match (model.needs.pair, cohort.has_pairs()) {
        (true, false) => bail!(
            "model.name {} compares two samples: name a table of pairs (columns sample and versus) with the key pairs, or take another model",
            model.tag
        ),
        (false, true) => {
            let of_pairs = recipe::all().iter().filter(|recipe| recipe.needs.pair).map(|recipe| recipe.tag);
            bail!(
                "pairs: model.name {} scores single samples. Name a model of pairs ({}), or leave pairs out",
                model.tag,
                of_pairs.collect::<Vec<_>>().join(", ")
            )
        }
        _ => Ok(()),
    }
}

/// Refuses the node expression where samples have none.
fn check_graph(config: &Config, cohort: &Cohort) -> Result<()> {
    if config.graph.contexts.is_none() || !config.graph.nodes.contains(&graph::NodePart::Expression) {
        return Ok(());
    }
    let has_labels = |name: &str| cohort.learnt().iter().any(|subject| subject.name == name);
    match cohort.samples.iter().find(|sample| !has_labels(&sample.name)) {
        Some(sample) => bail!(
            "graph.nodes: sample {} has no labels of its own, which the node expression is read from. Leave expression out, or the sample",
            sample.name
        ),
        None => Ok(()),
    }
}

/// Whether the model says which bins it looks at.
fn has_attention(config: &Config) -> bool {
    config.model.name.0.has_attention()
}

/// The methods that the model is explained by besides its attention.
fn methods(config: &Config) -> Vec<Method> {
    match &config.explain.methods {
        // what decides, whatever the model is
        none if none.is_empty() => {
            config.model.name.0.sees_signal().then_some(Method::Contributions).into_iter().collect()
        }
        methods => methods.clone(),
    }
}

/// The methods that are judged on a sample's validation genes: those that are drawn and whatever else the table is to
/// hold; none stands for all. `None` where nothing is judged.
fn judged_methods(config: &Config) -> Option<Vec<Method>> {
    let value = config.tracks.value.unwrap_or(TrackValue::default_for(Kind::Attention));
    let attention = has_attention(config).then(|| Method::named(value.of_attention())).flatten();
    let drawn = attention.into_iter().chain(methods(config));
    let asked = &config.faithfulness.methods;
    let judged: Vec<Method> =
        Method::ALL.into_iter().filter(|&m| drawn.clone().any(|d| d == m) || asked.contains(&m)).collect();
    match config.explained.faithfulness {
        Some(true) if asked.is_empty() => Some(Vec::new()),
        Some(false) => None,
        _ if judged.is_empty() => None,
        _ => Some(judged),
    }
}

/// The model that a sample or pair is predicted with; one without expression has none of its own.
fn model_of(config: &Config, subject: &Subject) -> String {
    match config.models.mode {
        TrainMode::PerSample if subject.has_expression => subject.name.clone(),
        TrainMode::LeaveOneSampleOut if subject.has_expression => format!("without-{}", subject.name),
        _ => POOLED.to_owned(),
    }
}

/// The matrix of a sample or a pair.
fn matrix_of(layout: &Layout, subject: &Subject) -> PathBuf {
    if subject.versus.is_some() {
        layout.data(&pair::JOB, &subject.name)
    } else {
        layout.data(&bin::JOB, &subject.name)
    }
}

/// The labels of a sample, made or given.
pub fn labels_of(config: &Config, layout: &Layout, sample: &str) -> PathBuf {
    config.own_labels.of(sample).unwrap_or_else(|| layout.data(&label::JOB, sample))
}

/// The splits, made or given.
pub fn splits_of(config: &Config, layout: &Layout) -> PathBuf {
    config.own_split.path.clone().unwrap_or_else(|| layout.data(&split::JOB, ""))
}

/// Whether the genes' bodies are binned: as asked for, else for the model that looks at them.
fn with_bodies(config: &Config) -> bool {
    let reads = config.model.name.0.needs.bodies || config.train.layers.contains(&LayerName::Body);
    config.window.body.unwrap_or(reads)
}
