//! What a training says of itself: to a later `--resume`, and in the model's header.

use anyhow::{Result, anyhow};

use super::Args;
use super::data::Data;
use super::samples::{self, Sample};
use super::state_file::Fingerprint;
use crate::learn::metrics::best_threshold;
use crate::learn::{GeneSource, MODEL_FORMAT, MODEL_FORMAT_VERSION, ModelHeader, Regime, TrainError, Trainer, score};
use crate::model::ModelConfig;

/// Every setting and a digest of the data, by name.
pub fn fingerprint(args: &Args, samples: &[Sample], data: &Data) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::new();
    if let serde_json::Value::Object(settings) = serde_json::to_value(args.settings())? {
        fingerprint.extend(settings.into_iter().map(|(name, value)| (name, value.to_string())));
    }
    let names: Vec<&str> = samples.iter().map(|sample| sample.matrix.sample.as_str()).collect();
    fingerprint.insert("hidden units".to_owned(), format!("{} and {}", args.bin_hidden, args.mark_hidden));
    fingerprint.insert("fold".to_owned(), args.fold.to_string());
    fingerprint.insert("samples".to_owned(), names.join(", "));
    fingerprint.insert("marks".to_owned(), samples[0].matrix.marks.join(", "));
    fingerprint.insert("transform".to_owned(), args.transform.name().to_owned());
    fingerprint.insert("training genes".to_owned(), data.digests[0].to_string());
    fingerprint.insert("validation genes".to_owned(), data.digests[1].to_string());
    let order = match &data.train {
        GeneSource::InMemory(_) => "of all genes in memory".to_owned(),
        GeneSource::Streamed(stream) => format!("streamed through a window of {} genes (--memory)", stream.window()),
    };
    fingerprint.insert("shuffle".to_owned(), order);
    Ok(fingerprint)
}

/// The header of the model of the best epoch, with the threshold chosen on the validation genes.
pub fn header(args: &Args, samples: &[Sample], data: &Data, trainer: &Trainer) -> Result<ModelHeader> {
    let best = trainer.state().best().ok_or_else(|| anyhow!("no epoch was run"))?;
    let (model, mut classes, mut probabilities) = (trainer.best_model()?, Vec::new(), Vec::new());
    data.valid.in_order(|genes| {
        let scores = score(&model, &genes.values, |_| ())?;
        classes.extend(genes.labels.iter().map(|&label| label == 1.0));
        probabilities.extend(scores.probabilities().into_iter().map(f64::from));
        Ok::<(), TrainError>(())
    })?;
    let matrix = &samples[0].matrix;
    tracing::info!("kept epoch {}: valid AUROC {:.4}", best.epoch, best.valid_auroc);
    Ok(ModelHeader {
        format: MODEL_FORMAT.to_owned(),
        format_version: MODEL_FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        model: ModelConfig::AttentiveChrome(args.config(samples)),
        marks: matrix.marks.clone(),
        flank_bp: matrix.grid.flank_bp(),
        bin_size_bp: matrix.grid.bin_size_bp(),
        orientation: matrix.grid.orientation(),
        statistic: matrix.statistic,
        assembly: samples::assembly(samples),
        samples: samples.iter().map(|sample| sample.matrix.sample.clone()).collect(),
        transform: data.transform.clone(),
        threshold: best_threshold(&classes, &probabilities).map(|threshold| threshold.value),
        regime: Some(Regime {
            epochs: args.epochs,
            best_epoch: best.epoch,
            best_valid_auroc: best.valid_auroc,
            batch_size: args.batch_size,
            learning_rate: args.learning_rate,
            schedule: args.schedule.name().to_owned(),
            weight_decay: args.weight_decay,
            dropout: args.dropout,
            clip_norm: args.clip_norm,
            seed: args.seed,
            fold: args.fold,
            train_genes: data.train.len() as u64,
            valid_genes: data.valid.len() as u64,
        }),
    })
}
