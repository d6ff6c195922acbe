//! What a training says of itself in the model's header.

use anyhow::{Result, anyhow};

use super::Args;
use super::runs::ModelRun;
use super::samples;
use crate::genome::Grid;
use crate::io;
use crate::learn::calibration::Calibration;
use crate::learn::metrics::{best_threshold, expected_calibration_error};
use crate::learn::{
    MODEL_FORMAT, MODEL_FORMAT_VERSION, Member, ModelHeader, ModelSpec, Regime, Task, Trained, Training, TrainingData,
    TrainingState,
};
use crate::matrix::LayerName;

/// What a header says of the model itself.
pub struct About {
    pub spec: ModelSpec,
    /// The trained networks.
    pub members: Vec<Member>,
    pub judged: Calibrated,
    /// For training and for validation.
    pub genes: (usize, usize),
    /// How the networks were trained, if there are any.
    pub regime: Option<Regime>,
}

/// What was learnt from genes that were not trained on.
#[derive(Default)]
pub struct Calibrated {
    pub calibration: Option<Calibration>,
    /// Threshold of the calibrated score.
    pub threshold: Option<f64>,
}

/// Each network's best epoch, which the log is told of too.
pub fn members(task: Task, seeds: &[u64], states: &[TrainingState]) -> Result<Vec<Member>> {
    let member = |(&seed, state): (&u64, &TrainingState)| {
        let best = state.best().ok_or_else(|| anyhow!("no epoch was run"))?;
        let metric = |of| (task == of).then_some(best.valid_metric);
        let (best_valid_auroc, best_valid_pearson) = (metric(Task::Classification), metric(Task::Regression));
        Ok(Member { seed, best_epoch: best.epoch, best_valid_auroc, best_valid_pearson })
    };
    seeds.iter().zip(states).map(member).collect()
}

/// Tells the log of each network's best epoch.
pub fn report(task: Task, run: &ModelRun, members: &[Member]) {
    let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
    for member in members {
        let seed = if members.len() > 1 { format!("seed {}: ", member.seed) } else { String::new() };
        let (metric, value) = (task.metric().0, member.best_valid_auroc.or(member.best_valid_pearson));
        tracing::info!("{name}{seed}kept epoch {}: valid {metric} {:.4}", member.best_epoch, value.unwrap_or(f64::NAN));
    }
}

/// The header of a model file.
pub fn header(args: &Args, run: &ModelRun, about: About) -> ModelHeader {
    let matrix = &run.samples[0].matrix;
    // what the model does not read is nothing to it
    let reads_signal = about.spec.reads_signal();
    let (marks, grid) = if reads_signal { (matrix.marks.clone(), matrix.grid) } else { (Vec::new(), Grid::none()) };
    let (train_genes, valid_genes) = (about.genes.0 as u64, about.genes.1 as u64);
    let regime = about.regime.map(|regime| Training { regime, fold: args.fold(), train_genes, valid_genes });
    ModelHeader {
        format: MODEL_FORMAT.to_owned(),
        format_version: MODEL_FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        task: args.task(),
        marks,
        flank_bp: grid.flank_bp(),
        bin_size_bp: grid.bin_size_bp(),
        orientation: grid.orientation(),
        sequence: about.spec.layers().contains(&LayerName::Sequence).then_some(matrix.bases),
        statistic: matrix.statistic,
        assembly: samples::assembly(&run.samples),
        samples: run.samples.iter().map(|sample| sample.matrix.sample.clone()).collect(),
        transform: run.transform.clone(),
        input_quantiles: run.input_quantiles.clone(),
        threshold: about.judged.threshold,
        calibration: about.judged.calibration,
        members: about.members,
        regime,
        model: about.spec,
    }
}

/// Calibrates scores of genes that were not trained on, if that is asked for, and finds the score that
/// parts their classes best.
pub fn judge(args: &Args, labels: &[f32], raw: Vec<f32>) -> Calibrated {
    if args.task() != Task::Classification {
        return Calibrated::default();
    }
    let classes: Vec<bool> = labels.iter().map(|&label| label == 1.0).collect();
    let (mut scores, labels): (Vec<f64>, Vec<f64>) =
        raw.iter().zip(labels).map(|(&score, &label)| (f64::from(score), f64::from(label))).unzip();
    let calibration = Calibration::fit(args.calibration(), &scores, &labels);
    let is_halfway = args.model.defaults.calibrates_halfway;
    let calibration = if is_halfway { calibration.map(Calibration::halfway) } else { calibration };
    if let Some(calibration) = &calibration {
        let error = |scores: &[f64]| expected_calibration_error(&classes, scores, |_| 1).unwrap_or(f64::NAN);
        let before = error(&scores);
        scores.iter_mut().for_each(|score| *score = calibration.apply(*score));
        tracing::info!(
            "calibrated on {} genes: expected calibration error {before:.4} before, {:.4} after",
            scores.len(),
            error(&scores)
        );
    }
    let read: Vec<f64> = scores.into_iter().map(io::predictions::as_read).collect();
    Calibrated { threshold: best_threshold(&classes, &read).map(|threshold| threshold.value), calibration }
}

/// The model's own scores of the validation genes of the `set`-th run.
pub fn valid_scores(task: Task, (data, set): (&TrainingData, usize), model: &dyn Trained) -> Result<Vec<f32>> {
    let mut scores = Vec::new();
    data.valid.for_each(set, |genes| {
        scores.extend(model.score(task, &genes.values, &|_| ())?.scores);
        Ok(())
    })?;
    Ok(scores)
}
