//! Say what of each window a model's score is owed to, by any of many methods.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::handed_on::{BINS, MODEL};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use super::{fit, model_file, progress_bar};
use crate::explain::{self, Method, Settings, Subject};
use crate::io::{self, FileError};
use crate::learn::{ModelHeader, Task};
use crate::matrix::{Attribution, Kind, Layer, LayerName, Matrix, Region, Status};
use crate::stage::{Common, Compute, Files, Flags, Stage};

/// What stands for the method in --out.
const METHOD: &str = "{method}";

/// Say what of each gene's window a model's score is owed to: one number a gene, mark and bin, by one or
/// several methods.
///
/// What is explained is the model's log-odds of the gene being expressed (of a regression: the predicted
/// label), before any calibration; of an ensemble, the mean of its members' log-odds, by the mean of their
/// explanations. Baseline is a window without any signal. Genes without any data (status empty or no_chrom) have
/// no value. The files have the axes of the matrix and hold method and unit, and
/// attentrack-track draws them. attentrack-faithfulness says how far each can be believed.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-explain",
    version,
    after_help = "\
Units: attention is a share; temporal values are log-odds; the gradient's is log-odds per unit of the
transformed input; all others are differences of log-odds, and may be negative: such a bin lowers the
score. Integrated gradients and DeepLIFT add up, over the marks and bins of a gene, to its log-odds less
those of an empty window.

Models: occlusion, doubling and temporal values ask for nothing but scores, and explain any model. Gradients,
integrated gradients, class optimisation and DeepLIFT need a network, of any kind; attention one that has it
(docs/models.md). Of auto, a stack, those explain its networks alone, as the log, the unit and the setting
of=networks say; the others its whole score.

Speed: DeepLIFT takes about one forward and one backward pass a gene; integrated gradients --steps of
them; occlusion and doubling a forward pass a bin and mark; class optimisation is of the model, not of a
gene.

Examples:
  attentrack-explain --bins E003.bins.safetensors --model E003.model.safetensors \\
    --out E003.deep-lift.bins.safetensors
  attentrack-explain --bins E003.bins.safetensors --model E003.model.safetensors \\
    --method deep-lift,occlusion --out 'E003.{method}.bins.safetensors' --threads 8
  attentrack-track --input E003.deep-lift.bins.safetensors --format bigwig --out-dir tracks"
)]
pub struct Args {
    /// Binned signal, .bins.safetensors
    #[arg(long, value_name = "FILE")]
    pub bins: PathBuf,
    /// Model, .model.safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// Attribution to write, .bins.safetensors; {method} in its name stands for each method
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    #[serde(skip)]
    #[command(flatten)]
    common: Common,
}

/// By which methods scores are explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ExplainOptions")]
pub struct Options {
    /// Methods, separated by commas [default: deep-lift; of a model that is not networks alone, occlusion; why is
    /// said in docs/explanations.md]
    #[schemars(extend("x-flag" = "method", "x-aliases" = ["method"]))]
    #[serde(alias = "method")]
    pub methods: Vec<Method>,
    /// Points of integrated gradients
    #[schemars(range(min = 1, max = 1000), extend("x-value" = "N"))]
    pub steps: u16,
    /// Seed of class optimisation
    #[schemars(extend("x-value" = "N"))]
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { methods: Vec::new(), steps: 50, seed: 1 }
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "explain",
    about: "Attribute each gene's score to its marks and bins",
    keywords: &["attribution", "deeplift", "explanation"],
    unit: Unit::Sample,
    sample_flag: None,
    size: Size::Medium,
    uses_gpu: true,
    inputs: &[
        JobInput::new("--bins", "bins", Number::One, BINS),
        JobInput::new("--model", "model", Number::One, MODEL),
    ],
    outputs: &[JobOutput::file(
        "--out",
        "explain",
        ".bins.safetensors",
        &[Emit::file(
            "attribution",
            "Attribution by gene, mark and bin; {method} in ext.prefix stands for each method",
        )],
    )],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let files = Files::new().input("--bins", [&self.bins]).input("--model", [&self.model]);
        if self.options.methods.is_empty() && self.out.to_string_lossy().contains(METHOD) {
            return files.template("--out", [&self.out]);
        }
        let methods = if self.options.methods.is_empty() { &[Method::DeepLift][..] } else { &self.options.methods };
        files.output("--out", methods.iter().map(|&method| self.path(method)))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.compute.problem().into_iter().collect();
        if self.options.methods.len() > 1 && !self.out.to_string_lossy().contains(METHOD) {
            problems.push(format!("--out: {} methods need a name with {METHOD} in it", self.options.methods.len()));
        }
        problems
    }

    fn run(&self) -> Result<()> {
        let (header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let matrix = io::bins::read(&self.bins)?;
        fit::check(&self.bins, &header, &matrix)?;
        let genes: Vec<usize> = matrix.scorable().collect();
        let x = header.transform.apply(&matrix, &genes);
        let x = x.map_err(|error| FileError::new(&self.bins, error.to_string()))?;
        fit::warn_if_unlike(&header, &matrix, &genes, &x);
        model.meet_sample(&x, matrix.rows(LayerName::Body, &genes).as_deref());
        let model = Subject::new(model, [matrix.n_marks(), matrix.n_bins()])?;
        let methods = self.methods(&model)?;
        let settings = self.settings(&header, &matrix, &x);
        for method in methods {
            let bar = progress_bar((genes.len() * model.of(method).len()) as u64, method.name(), self.common.quiet);
            let values = model.explain(method, &x, &settings, |done| bar.inc(done as u64))?;
            bar.finish_and_clear();
            let path = self.path(method);
            let attribution = self.attribution(&model, method, header.task);
            let unit = attribution.unit.clone();
            io::bins::write(&path, &with_values(&matrix, attribution, method, &genes, &values))?;
            report(method, &unit, &path, &values, &matrix, genes.len());
        }
        Ok(())
    }
}

impl Args {
    /// The methods that are asked for, each of which the model has what it needs for.
    fn methods(&self, model: &Subject) -> Result<Vec<Method>> {
        let methods =
            if self.options.methods.is_empty() { vec![model.default_method()] } else { self.options.methods.clone() };
        for &method in &methods {
            if let Some(need) = model.lacks(method)? {
                bail!("{}: --method {} needs {need}. Name another", self.model.display(), method.name());
            }
        }
        let of_networks = methods.iter().filter(|&&method| model.is_of_networks(method));
        let of_networks: Vec<&str> = of_networks.map(|method| method.name()).collect();
        if !of_networks.is_empty() {
            tracing::info!(
                "{}: of the stack's networks alone, which are but a part of its score; occlusion, doubling and temporal values explain all of it",
                of_networks.join(", ")
            );
        }
        Ok(methods)
    }

    fn settings(&self, header: &ModelHeader, matrix: &Matrix, x: &[f32]) -> Settings {
        let (marks, bins) = (matrix.n_marks(), matrix.n_bins());
        Settings {
            steps: usize::from(self.options.steps),
            seed: self.options.seed,
            task: header.task,
            transform: header.transform.transform,
            scales: explain::scales(x, marks, bins),
        }
    }

    fn path(&self, method: Method) -> PathBuf {
        self.out.to_string_lossy().replace(METHOD, method.name()).into()
    }

    fn attribution(&self, model: &Subject, method: Method, task: Task) -> Attribution {
        let mut settings = match method {
            Method::IntegratedGradients => vec![format!("steps={}", self.options.steps)],
            Method::ClassOptimisation => vec![format!("seed={}", self.options.seed)],
            _ => Vec::new(),
        };
        if model.of(method).len() > 1 {
            settings.push(format!("members={}", model.of(method).len()));
        }
        if model.is_of_networks(method) {
            settings.push("of=networks".to_owned());
        }
        Attribution { method: method.name().to_owned(), unit: model.unit(method, task), settings }
    }
}

/// The matrix with attributions for values; NaN for genes without data, of which there is nothing to explain.
fn with_values(
    matrix: &Matrix,
    attribution: Attribution,
    method: Method,
    genes: &[usize],
    of_scored: &[f32],
) -> Matrix {
    let explained = |values: Vec<f32>| {
        matrix.with_layers(Kind::Attribution, Some(attribution), vec![Layer::new(LayerName::Window, values)])
    };
    if !method.is_of_genes() {
        let regions = ["expressed", "silent"].map(|class| Region::unplaced(class.to_owned())).to_vec();
        return Matrix { regions, status: vec![Status::Ok; 2], ..explained(of_scored.to_vec()) };
    }
    let size = matrix.n_marks() * matrix.n_bins();
    let mut values = vec![f32::NAN; matrix.n_regions() * size];
    for (&gene, scored) in genes.iter().zip(of_scored.chunks_exact(size)) {
        if matrix.status[gene].has_data() {
            values[gene * size..][..size].copy_from_slice(scored);
        }
    }
    explained(values)
}

fn report(method: Method, unit: &str, path: &Path, values: &[f32], matrix: &Matrix, genes: usize) {
    let (marks, bins) = (matrix.n_marks(), matrix.n_bins());
    let of_mark = |mark: usize| {
        let rows = values.chunks_exact(bins).skip(mark).step_by(marks);
        rows.flatten().map(|value| f64::from(value.abs())).sum::<f64>()
    };
    let sums: Vec<f64> = (0..marks).map(of_mark).collect();
    let total: f64 = sums.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let share = |(mark, sum): (&String, &f64)| format!("{mark} {:.0} %", 100.0 * sum / total);
    let shares: Vec<String> = matrix.marks.iter().zip(&sums).map(share).collect();
    tracing::info!("{}: {} of {genes} genes ({})", path.display(), method.name(), unit);
    tracing::info!("of the absolute values: {}", shares.join(", "));
}
