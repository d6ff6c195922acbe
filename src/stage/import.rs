//! `attentrack-import`: weights of the published PyTorch code in, and out again.

mod lsgkm;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Parser;

use super::model_file;
use crate::genome::{Grid, Orientation, check_case, check_name};
use crate::io;
use crate::io::FileError;
use crate::io::safetensors_file::RawTensor;
use crate::io::weights::{Weights, WeightsFormat};
use crate::learn::state_dict::{infer_config, prefix};
use crate::learn::{FittedTransform, MODEL_FORMAT, MODEL_FORMAT_VERSION, ModelHeader, ModelSpec, Task, Transform};
use crate::matrix::Statistic;
use crate::model::{AttentiveChromeConfig, ModelConfig, TensorSpec, member_prefix};
use crate::stage::flags::one_of;
use crate::stage::{Common, Files, Stage};

/// Read the weights of published AttentiveChrome models, or write them back; read models of lsgkm.
///
/// --weights takes a legacy torch pickle (.pt as published), a newer zip .pt, an npz or a plain
/// safetensors file of a state dict, told apart by content; reading a pickle executes nothing. Marks
/// and layer sizes are taken from the tensors; the window, which leaves no trace in them, is assumed
/// to be the published one unless told otherwise. --export writes the tensors of a model under their
/// PyTorch names.
///
/// --lsgkm takes a model of lsgkm (gkmtrain), plain or gzip, of the kernels -t 0, 1, 2 and 4: it becomes a
/// gapped-kmer-svm, whose log-odds are gkmpredict's scores and whose contributions are gkmexplain's. Nothing else but
/// --out is read then.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-import",
    version,
    group(clap::ArgGroup::new("direction").required(true).args(["weights", "lsgkm", "export"])),
    after_help = "Examples:
  attentrack-import --weights E003_attchrome_avgAUC_model.pt --out E003.model.safetensors
  attentrack-import --lsgkm CTCF.model.txt --out CTCF.model.safetensors
  attentrack-import --export E003.pt --model E003.model.safetensors"
)]
pub struct Args {
    /// Weights to read: .pt (legacy pickle or zip), .npz or .safetensors [no default: this, --lsgkm or --export]
    #[arg(long, value_name = "FILE", requires = "out", help_heading = "Import")]
    pub weights: Option<PathBuf>,
    /// Model of lsgkm to read, NAME.model.txt [no default]
    #[arg(long, value_name = "FILE", requires = "out", help_heading = "Import")]
    pub lsgkm: Option<PathBuf>,
    /// Model to write [no default]
    #[arg(long, value_name = "MODEL", conflicts_with = "export", help_heading = "Import")]
    pub out: Option<PathBuf>,
    /// Marks, in the order of the weights' encoders
    #[arg(long, value_name = "MARK,…", value_delimiter = ',', default_values = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"], help_heading = "Import")]
    pub marks: Vec<String>,
    /// Bases on either side of the TSS that the weights were trained on, in bp
    #[arg(long, value_name = "BP", default_value_t = 5000, help_heading = "Import")]
    pub flank: u32,
    /// Width of a bin that the weights were trained on, in bp
    #[arg(long, value_name = "BP", default_value_t = 100, help_heading = "Import")]
    pub bin_size: u32,
    /// What a number a bin meant in training
    #[arg(long, value_parser = one_of::<Statistic>(), default_value = "count", help_heading = "Import")]
    pub statistic: Statistic,
    /// Direction of the bins of minus-strand genes in training
    #[arg(long, value_parser = one_of::<Orientation>(), default_value = "genome", help_heading = "Import")]
    pub orientation: Orientation,
    /// Assembly of the training samples; an empty name for unknown
    #[arg(long, value_name = "NAME", default_value = "hg19", help_heading = "Import")]
    pub assembly: String,
    /// Weights to write: .pt (zip, for torch.load), .npz or .safetensors [no default]
    #[arg(long, value_name = "FILE", requires = "model", help_heading = "Export")]
    pub export: Option<PathBuf>,
    /// Model to export [no default]
    #[arg(long, value_name = "MODEL", requires = "export", help_heading = "Export")]
    pub model: Option<PathBuf>,
    /// Member of an ensemble to export, counted from 0 [default: the model, where there is one]
    #[arg(long, value_name = "N", requires = "export", help_heading = "Export")]
    pub member: Option<usize>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub common: Common,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--weights", &self.weights)
            .input("--lsgkm", &self.lsgkm)
            .input("--model", &self.model)
            .output("--out", &self.out)
            .output("--export", &self.export)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(Grid::new(self.flank, self.bin_size, self.orientation).err().map(|error| error.to_string()));
        for (at, mark) in self.marks.iter().enumerate() {
            let before = self.marks[..at].iter().map(String::as_str);
            if let Err(error) = check_name("mark", mark).and_then(|()| check_case("mark", mark, before)) {
                problems.push(format!("--marks: {error}"));
            } else if self.marks[..at].contains(mark) {
                problems.push(format!("--marks names {mark} twice. Name each mark once, in the order of the weights"));
            }
        }
        if let Some(path) = self.export.as_ref().filter(|path| WeightsFormat::of_name(path).is_none()) {
            problems.push(format!(
                "--export {}: no format of weights has such a name. Use .pt, .npz or .safetensors",
                path.display()
            ));
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        if let (Some(theirs), Some(out)) = (&self.lsgkm, &self.out) {
            return lsgkm::import(theirs, out);
        }
        match (&self.weights, &self.out, &self.export, &self.model) {
            (Some(weights), Some(out), ..) => self.import(weights, out),
            (_, _, Some(export), Some(model)) => write_back(model, self.member, export),
            _ => bail!("give --weights or --lsgkm with --out, or --export and --model"),
        }
    }
}

impl Args {
    fn import(&self, path: &Path, out: &Path) -> anyhow::Result<()> {
        let weights = io::weights::read(path)?;
        let tensors = without_prefix(weights.tensors.clone());
        let config = self.config(&tensors).with_context(|| path.display().to_string())?;
        let header = self.header(&config);
        check_finite(path, &tensors)?;
        model_file::write(out, &header, &tensors)?;
        report(&config, &header, &weights);
        Ok(())
    }

    fn config(&self, tensors: &[(String, RawTensor)]) -> anyhow::Result<AttentiveChromeConfig> {
        let grid = Grid::new(self.flank, self.bin_size, self.orientation)?;
        let shapes: Vec<_> = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect();
        let config = infer_config(&shapes, grid.n_bins()).map_err(|error| {
            anyhow!("not the weights of an AttentiveChrome model: {error}. Give the state dict of QData/AttentiveChrome's v2 code")
        })?;
        if config.n_marks != self.marks.len() {
            bail!(
                "the weights are of {} marks, but --marks has {} ({}). Name the marks in the order of the weights with --marks",
                config.n_marks,
                self.marks.len(),
                self.marks.join(", ")
            );
        }
        if let Some(problem) = ModelConfig::AttentiveChrome(config.clone()).problem() {
            bail!("the weights make no model: {problem}");
        }
        Ok(config)
    }

    fn header(&self, config: &AttentiveChromeConfig) -> ModelHeader {
        let model = ModelSpec::Network(ModelConfig::AttentiveChrome(config.clone()));
        ModelHeader {
            marks: self.marks.clone(),
            flank_bp: self.flank,
            bin_size_bp: self.bin_size,
            orientation: self.orientation,
            statistic: self.statistic,
            assembly: (!self.assembly.is_empty()).then(|| self.assembly.clone()),
            ..header_of(model, Task::Classification)
        }
    }
}

/// What is known of a model that was trained elsewhere, on signal that is taken as it is, but for what it reads.
fn header_of(model: ModelSpec, task: Task) -> ModelHeader {
    ModelHeader {
        format: MODEL_FORMAT.to_owned(),
        format_version: MODEL_FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        model,
        task,
        marks: Vec::new(),
        flank_bp: Grid::none().flank_bp(),
        bin_size_bp: Grid::none().bin_size_bp(),
        orientation: Grid::none().orientation(),
        sequence: None,
        statistic: Statistic::Count,
        assembly: None,
        samples: Vec::new(),
        transform: FittedTransform { transform: Transform::Raw, train_means: Vec::new(), units: Vec::new() },
        input_quantiles: Vec::new(),
        threshold: None,
        calibration: None,
        members: Vec::new(),
        regime: None,
    }
}

fn without_prefix(tensors: Vec<(String, RawTensor)>) -> Vec<(String, RawTensor)> {
    let length = prefix(tensors.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()).len();
    tensors.into_iter().map(|(name, tensor)| (name[length..].to_owned(), tensor)).collect()
}

fn check_finite(path: &Path, tensors: &[(String, RawTensor)]) -> io::Result<()> {
    for (name, tensor) in tensors {
        if tensor.to_f32().is_none_or(|values| values.iter().any(|value| !value.is_finite())) {
            return Err(FileError::new(path, "holds a weight that is not a finite number")
                .place(format!("tensor {name}"))
                .remedy("The training that made the file has failed: use an earlier checkpoint"));
        }
    }
    Ok(())
}

fn report(config: &AttentiveChromeConfig, header: &ModelHeader, weights: &Weights) {
    tracing::info!(
        "{}: AttentiveChrome, {} marks ({}), {} bins of {} bp, hidden units {} and {}, {} tensors",
        weights.format.name(),
        config.n_marks,
        header.marks.join(", "),
        config.n_bins,
        header.bin_size_bp,
        config.bin_hidden,
        config.mark_hidden,
        weights.tensors.len()
    );
    if weights.rounded {
        tracing::warn!("64-bit weights were rounded to 32 bits");
    }
}

/// What the names of the tensors to export begin with in the model file.
fn member_names(model: &Path, header: &ModelHeader, member: Option<usize>) -> io::Result<String> {
    let (last, members) = (header.n_members() - 1, header.n_members());
    let refuse = |problem| FileError::new(model, problem).remedy(format!("Name one of 0 to {last} with --member"));
    match member {
        Some(member) if member > last => Err(refuse(format!("has no member {member}, it holds {members}"))),
        None if members > 1 => {
            Err(refuse(format!("is an ensemble of {members} models, and one is exported at a time")))
        }
        Some(member) if members > 1 => Ok(member_prefix(member)),
        _ => Ok(String::new()),
    }
}

/// Writes a model's tensors under their PyTorch names, in the order of their state dict.
fn write_back(model: &Path, member: Option<usize>, export: &Path) -> anyhow::Result<()> {
    let (header, tensors) = model_file::read(model)?;
    let Some(config) = header.model.network() else {
        let problem = format!("holds a model {}, which is not a network", header.model.name());
        return Err(FileError::new(model, problem).remedy("Give a file of one, such as attentive-chrome").into());
    };
    let prefix = member_names(model, &header, member)?;
    let mut tensors: HashMap<String, RawTensor> = tensors.into_iter().collect();
    let mut ordered = Vec::new();
    for TensorSpec { name, shape, .. } in config.tensors() {
        match tensors.remove(&format!("{prefix}{name}")) {
            Some(tensor) if tensor.shape == shape && tensor.to_f32().is_some() => ordered.push((name, tensor)),
            _ => {
                let error = FileError::new(model, format!("no f32 tensor {prefix}{name} of shape {shape:?}"));
                return Err(error.remedy("Give a model file written by attentrack").into());
            }
        }
    }
    io::weights::write(export, &ordered)?;
    tracing::info!("{} tensors written", ordered.len());
    if header.transform.transform != Transform::Raw {
        tracing::warn!("the model expects transformed signal; {} holds the weights alone", export.display());
    }
    Ok(())
}
