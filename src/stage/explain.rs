//! Attribute each gene's score to its marks and bins, by any of many methods.

use std::ops::Range;
use std::path::PathBuf;

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
use crate::matrix::{Attribution, Kind, Layer, LayerName, Matrix, Region, RowPart, RowShape, Status};
use crate::stage::{Against, Common, Compute, Files, Flags, Stage};

/// What stands for the method in --out.
const METHOD: &str = "{method}";

/// Attribute each gene's score to its marks and bins: one number a gene, mark and bin, by one or several methods.
///
/// The numbers explain the model's log-odds that the gene is expressed (in a regression, the predicted label),
/// before any calibration; for an ensemble, the mean of the members' log-odds. The default, contributions, explains
/// the whole score of any model: it shares out the difference to the score of a baseline, by default a region
/// without signal (--baseline). Genes without data (status empty or no_chrom) have no value. The files have the axes of the matrix and
/// name method and unit; attentrack-track draws them, and attentrack-faithfulness tests how far each method can be
/// believed.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-explain",
    version,
    after_help = "\
Units: attention is a share; temporal values are log-odds; the gradient's is log-odds per unit of
the transformed input; all others are differences of log-odds, and may be negative: such a bin
lowers the score. Contributions, integrated gradients and DeepLIFT add up, over the marks and places
of a gene, to its log-odds less those of the baseline (an empty window).

Baselines of contributions. empty: what does the signal that is there do? median: what sets the gene
apart from the median of the genes with data in --bins? Take it for marks of silent genes, whose
absence counts too, and give a matrix of all genes.

Models: contributions explain any model; so do occlusion, doubling and temporal values, which ask for
nothing but scores.
Gradients, integrated gradients, class optimisation and DeepLIFT need a network; attention methods
need a network with attention (docs/models.md). For auto, a stack, these methods explain its networks
alone, as the log, the unit and the setting of=networks say; the others explain its whole score.

Speed: contributions of auto take milliseconds a gene. DeepLIFT takes about one forward and one
backward pass a gene; integrated gradients take --steps of them; occlusion and doubling take a
forward pass a bin and mark. Class optimisation depends on the model only.

Examples:
  attentrack-explain --bins E003.bins.safetensors --model E003.model.safetensors \\
    --out E003.contributions.bins.safetensors
  attentrack-explain --bins E003.bins.safetensors --model E003.model.safetensors \\
    --method deep-lift,occlusion --out 'E003.{method}.bins.safetensors' --threads 8
  attentrack-track --input E003.contributions.bins.safetensors --format bigwig --out-dir tracks"
)]
pub struct Args {
    /// Binned signal, .bins.safetensors
    #[arg(long, value_name = "FILE")]
    pub bins: PathBuf,
    /// Model, .model.safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Matrix of all genes of the sample, by which those of --bins are measured where these are some of them; a training
    /// sample is known to the model [default: none]
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub against: Flags<Against>,
    /// Attribution to write, .bins.safetensors; {method} in its name stands for each method
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// By which methods scores are explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ExplainOptions")]
pub struct Options {
    /// Methods, separated by commas [default: contributions; docs/explanations.md says why]
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
    sections: &["explain", "train"],
    sample_flag: None,
    size: Size::Medium,
    uses_gpu: true,
    inputs: &[
        JobInput::new("--bins", "bins", Number::One, BINS),
        JobInput::new("--model", "model", Number::One, MODEL),
    ],
    outputs: &[JobOutput::file("--out", "explain", ".bins.safetensors", || {
        vec![Emit::file(
            "attribution",
            "Attribution by gene, mark and bin; {method} in ext.prefix stands for each method",
        )]
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let files = Files::new()
            .input("--bins", [&self.bins])
            .input("--model", [&self.model])
            .input("--reference", &self.reference);
        if self.options.methods.is_empty() && self.out.to_string_lossy().contains(METHOD) {
            return files.template("--out", [&self.out]);
        }
        let methods =
            if self.options.methods.is_empty() { &[Method::Contributions][..] } else { &self.options.methods };
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
        let (mut header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let matrix = io::bins::read(&self.bins)?;
        fit::check(&self.bins, &header, &matrix)?;
        self.reference.as_ref().map(|whole| fit::measure_by(whole, &mut header, &matrix)).transpose()?;
        let genes: Vec<usize> = matrix.scorable().collect();
        let layers = header.model.layers();
        let shape = matrix.row_shape(&layers);
        model.set_shape(&shape);
        let x = header.transform.apply(&matrix, &layers, &genes);
        let x = x.map_err(|error| FileError::new(&self.bins, error.to_string()))?;
        fit::warn_if_unlike(&header, &matrix, &genes, &x);
        let model = Subject::new(model, shape.clone())?;
        let methods = self.methods(&model)?;
        if let Some(problem) = methods.iter().find_map(|&method| explain::unsaid(method, header.transform.transform)) {
            bail!("{}: {problem}", self.model.display());
        }
        let baseline = self.against.row(&self.bins, &header, &matrix)?;
        let empty = Against::default().row(&self.bins, &header, &matrix)?;
        let settings = self.settings(&header, &shape, &x, [baseline, empty]);
        for method in methods {
            let bar = progress_bar((genes.len() * model.of(method).len()) as u64, method.name(), self.common.quiet);
            let values = model.explain(method, &x, &settings, |done| bar.inc(done as u64))?;
            bar.finish_and_clear();
            let path = self.path(method);
            let attribution = self.attribution(&model, method, header.task);
            let unit = attribution.unit.clone();
            let explained = Explained { matrix: &matrix, shape: model.explained(method), values: &values };
            io::bins::write(&path, &explained.with_values(attribution, method, &genes))?;
            tracing::info!("{}: {} of {} genes ({unit})", path.display(), method.name(), genes.len());
            explained.report();
        }
        Ok(())
    }
}

impl Args {
    /// The methods that are asked for, each of which the model has what it needs for.
    fn methods(&self, model: &Subject) -> Result<Vec<Method>> {
        let methods =
            if self.options.methods.is_empty() { vec![model.default_method()?] } else { self.options.methods.clone() };
        for &method in &methods {
            if let Some(need) = model.lacks(method)? {
                bail!("{}: --method {} needs {need}. Name another", self.model.display(), method.name());
            }
        }
        let of_networks = methods.iter().filter(|&&method| model.is_of_networks(method));
        let of_networks: Vec<&str> = of_networks.map(|method| method.name()).collect();
        if !of_networks.is_empty() {
            tracing::info!(
                "{}: of the stack's networks alone, which are but a part of its score; contributions, occlusion, doubling and temporal values explain all of it",
                of_networks.join(", ")
            );
        }
        Ok(methods)
    }

    fn settings(
        &self,
        header: &ModelHeader,
        shape: &RowShape,
        x: &[f32],
        [baseline, empty]: [Vec<f32>; 2],
    ) -> Settings {
        Settings {
            steps: usize::from(self.options.steps),
            seed: self.options.seed,
            task: header.task,
            baseline,
            empty,
            transform: header.transform.transform,
            scales: explain::scales(x, shape),
        }
    }

    fn path(&self, method: Method) -> PathBuf {
        self.out.to_string_lossy().replace(METHOD, method.name()).into()
    }

    fn attribution(&self, model: &Subject, method: Method, task: Task) -> Attribution {
        let mut settings = match method {
            Method::Contributions => vec![Attribution::against(self.against.baseline.name())],
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

/// What a method says of the rows of a matrix.
struct Explained<'a> {
    matrix: &'a Matrix,
    /// The layers that it explains.
    shape: RowShape,
    /// Rows of the genes that were scored, or of the two classes.
    values: &'a [f32],
}

/// The sum over the channels of each position of rows; of temporal values, which are the same in each, one of them.
fn fold(values: &[f32], part: &RowPart, method: Method) -> Vec<f32> {
    let is_same = matches!(method, Method::TemporalForward | Method::TemporalBackward);
    let of_row = |row: &[f32]| {
        let sum = |at: usize| row[at..].iter().step_by(part.positions).sum::<f32>();
        (0..part.positions).map(|at| if is_same { row[at] } else { sum(at) }).collect::<Vec<f32>>()
    };
    values.chunks_exact(part.range.len().max(1)).flat_map(of_row).collect()
}

impl Explained<'_> {
    /// The matrix with attributions for values; NaN for genes without data, of which there is nothing to explain.
    fn with_values(&self, attribution: Attribution, method: Method, genes: &[usize]) -> Matrix {
        let is_of_genes = method.is_of_genes();
        let n_rows = if is_of_genes { self.matrix.n_regions() } else { 2 };
        let layer = |part: &RowPart| {
            let size = part.range.len();
            let mut values = vec![f32::NAN; n_rows * size];
            for (at, row) in self.values.chunks_exact(self.shape.size()).enumerate() {
                let to = if is_of_genes { genes[at] } else { at };
                if !is_of_genes || self.matrix.status[to].has_data() {
                    values[to * size..][..size].copy_from_slice(&row[part.range.clone()]);
                }
            }
            // what is said of a sequence is said of the base that is there
            let is_folded = part.layer == LayerName::Sequence;
            Layer::new(part.layer, if is_folded { fold(&values, part, method) } else { values })
        };
        let mut layers: Vec<Layer> = self.shape.parts().iter().map(layer).collect();
        if self.shape.part(LayerName::Window).is_none() && self.matrix.n_bins() > 0 {
            layers.insert(0, self.window_without_effect());
        }
        let explained = self.matrix.with_layers(Kind::Attribution, Some(attribution), layers);
        if is_of_genes {
            return explained;
        }
        let regions = ["expressed", "silent"].map(|class| Region::unplaced(class.to_owned())).to_vec();
        Matrix { regions, status: vec![Status::Ok; 2], ..explained }
    }

    /// A window that the model does not look at: every matrix file holds one, and its bins add nothing to the score.
    fn window_without_effect(&self) -> Layer {
        let size = self.matrix.n_marks() * self.matrix.n_bins();
        let row = |status: &Status| vec![if status.has_data() { 0.0 } else { f32::NAN }; size];
        Layer::new(LayerName::Window, self.matrix.status.iter().flat_map(row).collect())
    }

    /// Says how the absolute values are shared out.
    fn report(&self) {
        let sum = |channel: Range<usize>| {
            let rows = self.values.chunks_exact(self.shape.size()).flat_map(|row| &row[channel.clone()]);
            rows.filter(|value| !value.is_nan()).map(|value| f64::from(value.abs())).sum::<f64>()
        };
        if self.shape.parts().iter().all(|part| !part.layer.holds_signal()) {
            return;
        }
        let names = self.shape.parts().iter().flat_map(|part| {
            let of_layer = if part.layer == LayerName::Window { "" } else { part.layer.name() };
            let name = move |mark: &String| [mark, of_layer].join(" ").trim_end().to_owned();
            self.matrix.channels(part.layer).iter().map(name)
        });
        let sums: Vec<f64> = self.shape.channels().map(sum).collect();
        let total: f64 = sums.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let shares: Vec<String> =
            names.zip(&sums).map(|(name, sum)| format!("{name} {:.0} %", 100.0 * sum / total)).collect();
        tracing::info!("of the absolute values: {}", shares.join(", "));
    }
}
