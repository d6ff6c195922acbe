//! Train a model on binned signal and labels.

mod data;
mod provenance;
mod samples;
mod shards;
mod state_file;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, ValueEnum};

use self::data::Data;
use self::samples::Sample;
use self::state_file::Fingerprint;
use super::{model_file, progress_bar};
use crate::io;
use crate::learn::{EpochRecord, Schedule, Settings, Trainer, Transform};
use crate::model::AttentiveChromeConfig;
use crate::stage::{Common, Stage};

const MODEL_SUFFIX: &str = ".model.safetensors";

/// Train AttentiveChrome on binned signal: by default in the published way (Adam at 2e-4, batches of
/// 16, 30 epochs, the epoch with the best validation AUROC is kept).
///
/// Reads matrices of attentrack-bin, labels and splits; writes the model, and beside it
/// NAME.history.tsv with one line an epoch. After every epoch all that is needed to go on is written
/// to NAME.state.safetensors, which is removed at the end.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-train",
    version,
    allow_negative_numbers = true,
    after_help = "Examples:
  attentrack-train --bins E003.bins.safetensors --labels E003.labels.tsv \\
    --splits splits.tsv --out E003.model.safetensors
  # two samples pooled into one model, going on after an interruption:
  attentrack-train --bins A.bins.safetensors --labels A.labels.tsv \\
    --bins B.bins.safetensors --labels B.labels.tsv \\
    --splits splits.tsv --out AB.model.safetensors --resume"
)]
pub struct Args {
    /// Binned signal, .bins.safetensors; repeat for further samples, which are pooled
    #[arg(long, required = true, value_name = "FILE")]
    pub bins: Vec<PathBuf>,
    /// Labels of the sample, 0 or 1 (columns gene_id, label); as often as --bins, in the same order
    #[arg(long, required = true, value_name = "TSV")]
    pub labels: Vec<PathBuf>,
    /// Splits (columns gene_id, split, fold), one file for all samples
    #[arg(long, value_name = "TSV")]
    pub splits: PathBuf,
    /// Model to write; NAME.history.tsv and, meanwhile, NAME.state.safetensors appear beside it
    #[arg(long, value_name = "NAME.model.safetensors")]
    pub out: PathBuf,
    /// Architecture
    #[arg(long, value_enum, default_value_t = Architecture::AttentiveChrome)]
    pub model: Architecture,
    /// Hidden units a direction of the LSTM over bins
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub bin_hidden: u16,
    /// Hidden units a direction of the LSTM over marks
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub mark_hidden: u16,
    /// Passes over the training genes
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: u32,
    /// Genes a step
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch_size: u32,
    /// Learning rate of Adam, in the first epoch
    #[arg(long, value_name = "X", default_value_t = 2e-4)]
    pub learning_rate: f64,
    /// Learning rate over the epochs: constant; cosine (to 0); step (a tenth after half of the
    /// epochs, a hundredth after three quarters)
    #[arg(long, value_enum, default_value_t = Schedule::Constant)]
    pub schedule: Schedule,
    /// L2 weight decay, added to the gradient
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub weight_decay: f64,
    /// Share of the LSTMs' outputs that training sets to zero, from 0 to below 1
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    pub dropout: f64,
    /// Largest norm of the gradient; a longer one is shortened to it
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub clip_norm: f64,
    /// What is done to the signal first; fitted on the training genes, stored in the model
    #[arg(long, value_enum, default_value_t = Transform::Raw)]
    pub transform: Transform,
    /// Fold of the splits, counted from 0
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub fold: u32,
    /// Seed of the initial weights, the order of the genes and dropout
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Memory for data, in bytes or with k, M, G, T: genes that take more than three quarters of it are
    /// streamed from the files in every epoch, shuffled in a window of 64 MiB of genes
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = data::parse_size)]
    pub memory: u64,
    /// Where to compute; auto takes the best that this build has
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub device: Device,
    /// Go on from NAME.state.safetensors if it is there; the result is the same as without a break
    /// [default: start afresh]
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    common: Common,
}

/// The architectures that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// LSTM-α,β of Singh et al., NIPS 2017.
    AttentiveChrome,
}

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The best that there is.
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.bins.len() != self.labels.len() {
            problems.push(format!(
                "{} --bins but {} --labels: give one labels file for each matrix, in the same order",
                self.bins.len(),
                self.labels.len()
            ));
        }
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(MODEL_SUFFIX) || name == MODEL_SUFFIX {
            problems.push(format!("--out {}: the name must end in {MODEL_SUFFIX}", self.out.display()));
        }
        if self.device == Device::Cuda {
            problems.push(
                "--device cuda: this build of attentrack computes on the CPU only; use --device auto or cpu, or a build with GPU support (cargo build --release --features cuda, in versions that offer it)"
                    .to_owned(),
            );
        }
        let mut check = |flag: &str, value: f64, good: bool, expected: &str| {
            if !good {
                problems.push(format!("--{flag} {value}: must be {expected}"));
            }
        };
        let positive = |x: f64| x > 0.0 && x.is_finite();
        check("learning-rate", self.learning_rate, positive(self.learning_rate), "greater than 0");
        check("clip-norm", self.clip_norm, positive(self.clip_norm), "greater than 0");
        check(
            "weight-decay",
            self.weight_decay,
            self.weight_decay >= 0.0 && self.weight_decay.is_finite(),
            "0 or greater",
        );
        check("dropout", self.dropout, (0.0..1.0).contains(&self.dropout), "at least 0 and below 1");
        problems
    }

    fn run(&self) -> Result<()> {
        // a training of hours must not end at a folder that cannot be written to
        drop(io::PendingFile::create(&self.out)?);
        let samples = samples::read(&self.bins, &self.labels, &self.splits, self.fold)?;
        let data = data::gather(&samples, self.transform, self.memory)?;
        let config = self.config(&samples);
        let fingerprint = provenance::fingerprint(self, &samples, &data)?;
        let mut trainer = self.start(&config, &fingerprint)?;
        self.train(&mut trainer, &data, &fingerprint)?;
        let header = provenance::header(self, &samples, &data, &trainer)?;
        let model = trainer.best_model()?;
        write_history(&self.beside(".history.tsv"), &trainer.state().history)?;
        model_file::save(&self.out, &header, &model)?;
        // last, so that a kill before leaves something to go on from
        let _ = std::fs::remove_file(self.state_path());
        Ok(())
    }
}

impl Args {
    /// A file beside the model: its suffix in place of the model's.
    fn beside(&self, suffix: &str) -> PathBuf {
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        self.out.with_file_name(format!("{}{suffix}", name.strip_suffix(MODEL_SUFFIX).unwrap_or(&name)))
    }

    fn state_path(&self) -> PathBuf {
        self.beside(".state.safetensors")
    }

    fn settings(&self) -> Settings {
        Settings {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            schedule: self.schedule,
            weight_decay: self.weight_decay,
            dropout: self.dropout,
            clip_norm: self.clip_norm,
            seed: self.seed,
        }
    }

    fn config(&self, samples: &[Sample]) -> AttentiveChromeConfig {
        let matrix = &samples[0].matrix;
        AttentiveChromeConfig {
            n_marks: matrix.n_marks(),
            n_bins: matrix.n_bins(),
            bin_hidden: usize::from(self.bin_hidden),
            mark_hidden: usize::from(self.mark_hidden),
        }
    }

    fn start(&self, config: &AttentiveChromeConfig, fingerprint: &Fingerprint) -> Result<Trainer> {
        let path = self.state_path();
        if self.resume && path.exists() {
            let trainer = Trainer::resume(config, self.settings(), state_file::read(&path, fingerprint)?)?;
            tracing::info!("going on after epoch {} from {}", trainer.epochs_done(), path.display());
            return Ok(trainer);
        }
        if self.resume {
            tracing::info!("nothing to resume: {} is not there, starting afresh", path.display());
        }
        Ok(Trainer::new(config, self.settings())?)
    }

    fn train(&self, trainer: &mut Trainer, data: &Data, fingerprint: &Fingerprint) -> Result<()> {
        let total = u64::from(self.epochs) * data.train.len() as u64;
        let bar = progress_bar(total, "training", self.common.quiet);
        bar.set_position(u64::from(trainer.epochs_done()) * data.train.len() as u64);
        while !trainer.is_done() {
            let record = trainer.run_epoch(&data.train, &data.valid, |genes| bar.inc(genes as u64))?;
            state_file::write(&self.state_path(), fingerprint, trainer.state())?;
            bar.suspend(|| {
                tracing::info!(
                    "epoch {:>3}: train loss {:.4}, valid loss {:.4}, valid AUROC {:.4}",
                    record.epoch,
                    record.train_loss,
                    record.valid_loss,
                    record.valid_auroc
                );
            });
        }
        bar.finish_and_clear();
        Ok(())
    }
}

fn write_history(path: &Path, history: &[EpochRecord]) -> io::Result<()> {
    let columns = ["epoch", "train_loss", "valid_loss", "valid_auroc", "learning_rate"];
    let rows = history.iter().map(|record| {
        [
            record.epoch.to_string(),
            format!("{:.6}", record.train_loss),
            format!("{:.6}", record.valid_loss),
            format!("{:.6}", record.valid_auroc),
            record.learning_rate.to_string(),
        ]
    });
    io::table::write_table(path, &columns, rows)
}
