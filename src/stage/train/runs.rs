//! What one call trains: one run a model file, each with its samples, and the seeds of its ensemble.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use candle_core::Device;

use super::data::Fitted;
use super::samples::{self, Reader, TrainingSample};
use super::state_file::{self, Fingerprint};
use super::{Args, MODEL_SUFFIX, SAMPLE, data};
use crate::genome::check_name;
use crate::io::{self, FileError};
use crate::learn::{FittedTransform, GeneDigest, Learner, TrainingData, TrainingState};
use crate::matrix::LayerName;
use crate::model::ModelConfig;

/// Ending of the file that says how training went.
pub const HISTORY_SUFFIX: &str = ".history.tsv";
/// Ending of the file that holds what is needed to go on.
pub const STATE_SUFFIX: &str = ".state.safetensors";

/// A file beside a model: its suffix in place of the model's.
pub fn beside(model: &Path, suffix: &str) -> PathBuf {
    let name = model.file_name().unwrap_or_default().to_string_lossy();
    model.with_file_name(format!("{}{suffix}", name.strip_suffix(MODEL_SUFFIX).unwrap_or(&name)))
}

/// One model file: the samples that it is trained on.
pub struct ModelRun {
    /// The model to write.
    pub out: PathBuf,
    /// What messages call it: the sample where each has a model, else nothing.
    pub name: String,
    pub samples: Vec<TrainingSample>,
    pub transform: FittedTransform,
    /// What stands for numbers that a gene's row lacks, of networks that read more than the window.
    pub missing: Vec<f32>,
    /// By mark, of the inputs of the samples' genes.
    pub input_quantiles: Vec<Vec<f64>>,
    pub fingerprint: Fingerprint,
}

impl ModelRun {
    /// A file beside the model: its suffix in place of the model's.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.out, suffix)
    }

    /// Where its training states lie meanwhile.
    pub fn state_path(&self) -> PathBuf {
        self.beside(STATE_SUFFIX)
    }

    /// The models of the run, which is the `set`-th.
    pub fn learners(&self, args: &Args, set: usize) -> Vec<Learner> {
        let name = |seed| match (self.name.as_str(), args.n_networks()) {
            (name, 1) => name.to_owned(),
            ("", _) => format!("the model of seed {seed}"),
            (name, _) => format!("{name}, seed {seed}"),
        };
        args.seeds().into_iter().map(|seed| Learner { name: name(seed), seed, set }).collect()
    }

    /// The states to go on from; `None` where there is no file.
    pub fn resume(&self, args: &Args) -> Result<Option<Vec<TrainingState>>> {
        let path = self.state_path();
        if !path.exists() {
            tracing::info!("nothing to resume: {} is not there, starting afresh", path.display());
            return Ok(None);
        }
        let states = state_file::read(&path, &self.fingerprint, args.regime.optimizer)?;
        let epochs = states.first().map_or(0, TrainingState::epochs_done);
        tracing::info!("going on after epoch {epochs} from {}", path.display());
        Ok(Some(states))
    }
}

/// Reads everything and makes the runs: one for all samples, or one a sample where the name of the
/// model has a place for it. Also says where each run's genes are, the runs being the sets.
pub fn read(args: &Args, device: &Device) -> Result<(Vec<ModelRun>, TrainingData)> {
    let table = io::splits::read(&args.splits)?;
    let reader = Reader::new(args, &table)?;
    let parts = if args.is_per_sample() { apart(args, &reader)? } else { vec![pooled(args, &reader)?] };
    if let Some(problem) = parts.iter().find_map(|part| args.config(&part.samples)?.problem()) {
        bail!("--model {}: {problem}", args.model.tag);
    }
    let samples: Vec<&[TrainingSample]> = parts.iter().map(|part| part.samples.as_slice()).collect();
    let data = data::gather(args, &samples, device)?;
    let mut runs = Vec::new();
    for (part, fitted) in parts.into_iter().zip(data.fitted) {
        let fingerprint = fingerprint(
            args,
            args.config(&part.samples).as_ref(),
            &part.samples,
            &fitted.digests,
            &data.shuffle,
            device,
        )?;
        let TrainingPart { out, name, samples } = part;
        let Fitted { transform, missing, input_quantiles, .. } = fitted;
        runs.push(ModelRun { out, name, samples, transform, missing, input_quantiles, fingerprint });
    }
    Ok((runs, data.genes))
}

/// Every setting and a digest of the data, by name.
fn fingerprint(
    args: &Args,
    config: Option<&ModelConfig>,
    samples: &[TrainingSample],
    [train, valid]: &[GeneDigest; 2],
    shuffle: &str,
    device: &Device,
) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::new();
    if let serde_json::Value::Object(settings) = serde_json::to_value(args.regime(samples))? {
        fingerprint.extend(settings.into_iter().map(|(name, value)| (name, value.to_string())));
    }
    fingerprint.insert("task".to_owned(), args.task().name().to_owned());
    let names: Vec<&str> = samples.iter().map(|sample| sample.matrix.sample.as_str()).collect();
    fingerprint.insert("seed".to_owned(), args.options.seed.to_string());
    fingerprint.insert("models in the ensemble".to_owned(), args.n_networks().to_string());
    fingerprint.insert("model".to_owned(), serde_json::to_string(&config)?);
    let rounding = args.compute.rounding(device);
    fingerprint.insert("rounding (--instruction-set, --device)".to_owned(), rounding.to_owned());
    fingerprint.insert("fold".to_owned(), args.fold().to_string());
    fingerprint.insert("samples".to_owned(), names.join(", "));
    fingerprint.insert("marks".to_owned(), samples[0].matrix.marks.join(", "));
    fingerprint.insert("transform".to_owned(), args.transform().name().to_owned());
    fingerprint.insert("training genes".to_owned(), train.to_string());
    fingerprint.insert("validation genes".to_owned(), valid.to_string());
    fingerprint.insert("shuffle".to_owned(), shuffle.to_owned());
    Ok(fingerprint)
}

/// The samples of one model file.
struct TrainingPart {
    out: PathBuf,
    name: String,
    samples: Vec<TrainingSample>,
}

/// All samples for one model.
fn pooled(args: &Args, reader: &Reader) -> Result<TrainingPart> {
    let mut samples: Vec<TrainingSample> = Vec::new();
    for (bins, labels) in args.bins.iter().zip(&args.labels) {
        let sample = reader.read(bins, labels)?;
        if let Some(first) = samples.first() {
            samples::check_same(first, &sample)?;
            if args.reads_bodies() && first.rows.has(LayerName::Body) != sample.rows.has(LayerName::Body) {
                let problem = "has gene bodies, or lacks them, unlike the matrix before it";
                return Err(FileError::new(bins, problem)
                    .remedy("Make all with attentrack-bin --body, or none")
                    .into());
            }
        }
        samples.push(sample);
    }
    reader.check_variety(&samples)?;
    Ok(TrainingPart { out: args.out.clone(), name: String::new(), samples })
}

/// A model for each sample.
fn apart(args: &Args, reader: &Reader) -> Result<Vec<TrainingPart>> {
    let mut parts: Vec<TrainingPart> = Vec::new();
    for (bins, labels) in args.bins.iter().zip(&args.labels) {
        let sample = reader.read(bins, labels)?;
        let name = sample.matrix.sample.clone();
        if let Some(first) = parts.first() {
            samples::check_shape(&first.samples[0], &sample)?;
        }
        if let Some(other) = parts.iter().find(|part| part.name.eq_ignore_ascii_case(&name)) {
            bail!(
                "{} and {} are both of sample {name}, so that {SAMPLE} in --out gives them one model file. Name the samples apart with attentrack-bin --sample, or pool them by a name without {SAMPLE}",
                other.samples[0].path().display(),
                bins.display()
            );
        }
        let out = place(&args.out, &name).with_context(|| bins.display().to_string())?;
        // a training of hours must not end at a folder that cannot be written to
        io::check_writable(&out)?;
        reader.check_variety(std::slice::from_ref(&sample))?;
        parts.push(TrainingPart { out, name, samples: vec![sample] });
    }
    Ok(parts)
}

/// The model's name with the sample in its place.
fn place(out: &Path, sample: &str) -> Result<PathBuf> {
    check_name("sample", sample)
        .with_context(|| format!("{SAMPLE} in --out: name the sample again with attentrack-bin --sample"))?;
    Ok(out.to_string_lossy().replace(SAMPLE, sample).into())
}
