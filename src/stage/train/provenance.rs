//! What a training says of itself: to a later `--resume`, and in the model's header.

use anyhow::{Result, anyhow};
use candle_core::Device;

use super::Args;
use super::runs::Run;
use super::samples::{self, Sample};
use super::state_file::Fingerprint;
use crate::io;
use crate::learn::metrics::best_threshold;
use crate::learn::{
    GeneDigest, MODEL_FORMAT, MODEL_FORMAT_VERSION, Member, Method, ModelHeader, Predictor, Regime, Task, TrainingData,
    TrainingState,
};
use crate::model::ModelConfig;

/// Every setting and a digest of the data, by name.
pub fn fingerprint(
    args: &Args,
    config: &ModelConfig,
    samples: &[Sample],
    [train, valid]: &[GeneDigest; 2],
    shuffle: &str,
    device: &Device,
) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::new();
    if let serde_json::Value::Object(settings) = serde_json::to_value(args.settings())? {
        fingerprint.extend(settings.into_iter().map(|(name, value)| (name, value.to_string())));
    }
    let names: Vec<&str> = samples.iter().map(|sample| sample.matrix.sample.as_str()).collect();
    fingerprint.insert("seed".to_owned(), args.seed.to_string());
    fingerprint.insert("models in the ensemble".to_owned(), args.ensemble.to_string());
    fingerprint.insert("model".to_owned(), serde_json::to_string(config)?);
    let rounding = args.compute.rounding(device);
    fingerprint.insert("rounding (--instruction-set, --device)".to_owned(), rounding.to_owned());
    fingerprint.insert("fold".to_owned(), args.fold.to_string());
    fingerprint.insert("samples".to_owned(), names.join(", "));
    fingerprint.insert("marks".to_owned(), samples[0].matrix.marks.join(", "));
    fingerprint.insert("transform".to_owned(), args.transform.name().to_owned());
    fingerprint.insert("training genes".to_owned(), train.to_string());
    fingerprint.insert("validation genes".to_owned(), valid.to_string());
    fingerprint.insert("shuffle".to_owned(), shuffle.to_owned());
    Ok(fingerprint)
}

/// The header of a model file: each member's best epoch, and the threshold chosen for their mean on
/// the validation genes.
///
/// The run is the `set`-th of `data`.
pub fn header(
    args: &Args,
    run: &Run,
    (data, set): (&TrainingData, usize),
    states: &[TrainingState],
    (config, predictor): (&ModelConfig, &Predictor),
) -> Result<ModelHeader> {
    let member = |(seed, state): (u64, &TrainingState)| {
        let best = state.best().ok_or_else(|| anyhow!("no epoch was run"))?;
        let metric = |task| (args.task == task).then_some(best.valid_metric);
        let (best_valid_auroc, best_valid_pearson) = (metric(Task::Classification), metric(Task::Regression));
        Ok(Member { seed, best_epoch: best.epoch, best_valid_auroc, best_valid_pearson })
    };
    let members = args.seeds().zip(states).map(member).collect::<Result<Vec<_>>>()?;
    let matrix = &run.samples[0].matrix;
    let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
    for member in &members {
        let seed = if members.len() > 1 { format!("seed {}: ", member.seed) } else { String::new() };
        let (metric, value) = (args.task.metric().0, member.best_valid_auroc.or(member.best_valid_pearson));
        tracing::info!("{name}{seed}kept epoch {}: valid {metric} {:.4}", member.best_epoch, value.unwrap_or(f64::NAN));
    }
    Ok(ModelHeader {
        format: MODEL_FORMAT.to_owned(),
        format_version: MODEL_FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        model: config.clone(),
        task: args.task,
        marks: matrix.marks.clone(),
        flank_bp: matrix.grid.flank_bp(),
        bin_size_bp: matrix.grid.bin_size_bp(),
        orientation: matrix.grid.orientation(),
        statistic: matrix.statistic,
        assembly: samples::assembly(&run.samples),
        samples: run.samples.iter().map(|sample| sample.matrix.sample.clone()).collect(),
        transform: run.transform.clone(),
        input_quantiles: run.input_quantiles.clone(),
        threshold: threshold(args.task, (data, set), predictor)?,
        members,
        regime: Some(Regime {
            epochs: args.epochs,
            batch_size: args.batch_size,
            optimizer: args.optimizer.name().to_owned(),
            momentum: (args.optimizer == Method::Sgd).then(|| args.momentum()),
            learning_rate: args.learning_rate,
            schedule: args.schedule.name().to_owned(),
            weight_decay: args.weight_decay,
            dropout: args.dropout(),
            clip_norm: args.clip_norm,
            fold: args.fold,
            train_genes: data.train.len(set) as u64,
            valid_genes: data.valid.len(set) as u64,
        }),
    })
}

/// The score that parts the validation genes of a classification best.
fn threshold(task: Task, (data, set): (&TrainingData, usize), predictor: &Predictor) -> Result<Option<f64>> {
    if task != Task::Classification {
        return Ok(None);
    }
    let classes: Vec<bool> = data.valid.labels(set).iter().map(|&label| label == 1.0).collect();
    let read = |score| io::predictions::as_read(f64::from(score));
    let mut scores = Vec::new();
    data.valid.for_each(set, |genes| {
        scores.extend(predictor.score(task, &genes.values, |_| ())?.scores.into_iter().map(read));
        Ok(())
    })?;
    Ok(best_threshold(&classes, &scores).map(|threshold| threshold.value))
}
