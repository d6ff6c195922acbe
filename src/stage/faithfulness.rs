//! Say how far the explanations of a model can be believed.

mod evidence;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::handed_on::{BINS, MODEL, SPLITS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use super::{fit, model_file, progress_bar};
use crate::explain::faithfulness::{self, Faithfulness, Inputs};
use crate::explain::{self, Method, Scorer, Settings, Subject};
use crate::io::faithfulness::FaithfulnessRow;
use crate::io::{self, FileError};
use crate::learn::{ModelHeader, Task, Transform};
use crate::matrix::{Judged, LayerName, Matrix, Split};
use crate::model::sigmoid;
use crate::stage::{Against, Common, Compute, Files, Flags, Stage};

/// Test how faithful each explanation of a model is: one table, a row a method. Does the score fall without the
/// bins that it names, and stand with them alone? Does it order bins better than the raw signal, agree with other
/// methods and seeds, depend on what was learnt, and find what is known?
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-faithfulness",
    version,
    after_help = "\
Columns:
  deletion, insertion
    Area under the score as the most important bins (of all marks) are taken
    out of a gene, and put into the baseline. Scores are log-odds less those of
    the baseline, turned so that the gene's own lies above, and divided by
    their mean: 1 is all of it. Deletion should be low, insertion high.
  comprehensiveness, sufficiency
    What the score loses without the most important 1, 5, 10, 20, 50 % of the
    bins, and with them alone, means; in the same unit. High and low are good.
  over_signal, over_signal_low, over_signal_high, verdict
    Insertion less deletion, less the same of the order of the raw signal, with
    its 95 % interval over genes. verdict: better, no_better or worse than the
    raw signal; not_judged with fewer than 10 genes. attentrack-track and
    attentrack-report take the table and say so.
  sample, split, genes, baseline
    By how many genes of what they are judged, and against what.
  seeds
    Spearman correlation over marks and bins between the members of an ensemble
    or with --other-model.
  shuffled_weights, permuted_labels
    The same with the explanation of the model after its weights were shuffled,
    and of --permuted-model. Near 1, the method shows the input, not the model.
  planted, planted_expressed
    AUROC of the absolute values for the marks and bins of --truth, mean over
    genes: all, and those called expressed.
  held_out, held_out_shuffled
    Pearson correlation over bins of the mean on --held-out-mark and the sum of
    --held-out, over the genes called expressed; and the same after the model's
    weights were shuffled. Row signal is the mark's own signal.
  agrees_NAME
    Spearman correlation with that row, mean over genes.
Rows: the methods; signal, the order of the input over its mark's mean; random.
Of auto, a stack, every row is judged by its whole score, though attention,
gradients and DeepLIFT explain its networks alone, as the unit says.

Examples:
  attentrack-faithfulness --bins E003.bins.safetensors --model E003.model.safetensors \\
    --splits splits.tsv --out E003.faithfulness.tsv --threads 8
  attentrack-faithfulness --bins E003.bins.safetensors --model E003.model.safetensors \\
    --held-out E003.H3K27ac.bins.safetensors --held-out-mark H3K4me3 --out E003.faithfulness.tsv"
)]
pub struct Args {
    /// Binned signal, .bins.safetensors
    #[arg(long, value_name = "FILE")]
    pub bins: PathBuf,
    /// Model, .model.safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Splits of attentrack-split, of which the genes of --split are taken [default: all genes]
    #[arg(long, value_name = "TSV")]
    pub splits: Option<PathBuf>,
    /// Fold of the splits, counted from 0 [default: 0]
    #[arg(long, value_name = "K", requires = "splits")]
    pub fold: Option<u32>,
    /// Table to write
    #[arg(long, short, value_name = "TSV")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub against: Flags<Against>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// Of more methods than this, the log says the verdict on those alone that are drawn by default.
const MANY: usize = 4;

/// By what explanations are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "FaithfulnessOptions")]
pub struct Options {
    /// Methods, separated by commas [default: all that the model supports]
    #[schemars(extend("x-flag" = "method", "x-aliases" = ["method"]))]
    #[serde(alias = "method")]
    pub methods: Vec<Method>,
    /// Genes to judge by, evenly spaced over those that have signal; 0 for all
    #[schemars(extend("x-value" = "N"))]
    pub genes: usize,
    /// Split that the genes are taken from, with --splits
    pub split: Split,
    /// Model of the same inputs from another seed; may be repeated [default: the members of an ensemble]
    #[schemars(extend("x-value" = "FILE", "x-repeat" = true))]
    pub other_model: Vec<PathBuf>,
    /// Model of the same inputs that was trained on permuted labels (attentrack-label --permute); may be repeated [default: none]
    #[schemars(extend("x-value" = "FILE", "x-repeat" = true))]
    pub permuted_model: Vec<PathBuf>,
    /// What is known to decide, as attentrack-simulate's truth.tsv: mark, role, and start_bp, end_bp or start_share, end_share [default: nothing]
    #[schemars(extend("x-value" = "TSV"))]
    pub truth: Option<PathBuf>,
    /// Signal of a mark that the model has not seen, .bins.safetensors of that mark alone [default: none]
    #[schemars(extend("x-value" = "FILE", "x-requires" = "held_out_mark"))]
    pub held_out: Option<PathBuf>,
    /// Mark of the model whose profile over bins is compared with it
    #[schemars(extend("x-value" = "MARK", "x-requires" = "held_out"))]
    pub held_out_mark: Option<String>,
    /// Points of integrated gradients
    #[schemars(range(min = 1, max = 1000), extend("x-value" = "N"))]
    pub steps: u16,
    /// Seed of random orders, shuffled weights, class optimisation and intervals
    #[schemars(extend("x-value" = "N"))]
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            methods: Vec::new(),
            genes: 200,
            split: Split::Valid,
            other_model: Vec::new(),
            permuted_model: Vec::new(),
            truth: None,
            held_out: None,
            held_out_mark: None,
            steps: 50,
            seed: 1,
        }
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "faithfulness",
    about: "Test how faithful each explanation of a model is",
    keywords: &["attribution", "evaluation", "explanation"],
    unit: Unit::Sample,
    sections: &["faithfulness", "explain", "train"],
    sample_flag: None,
    size: Size::Medium,
    uses_gpu: true,
    inputs: &[
        JobInput::new("--bins", "bins", Number::One, BINS),
        JobInput::new("--model", "model", Number::One, MODEL),
        JobInput::new(
            "--other-model",
            "other_models",
            Number::Any,
            ("Models of the same inputs from other seeds; may be []", "*.model.safetensors"),
        )
        .shared(),
        JobInput::new("--splits", "splits", Number::Optional, SPLITS).shared(),
        JobInput::new(
            "--permuted-model",
            "permuted_models",
            Number::Any,
            ("Models trained on permuted labels; may be []", "*.model.safetensors"),
        )
        .shared(),
        JobInput::new(
            "--truth",
            "truth",
            Number::Optional,
            ("Planted truth, columns mark, role, start_bp, end_bp (or start_share, end_share); may be []", "*.tsv"),
        )
        .shared(),
        JobInput::new(
            "--held-out",
            "held_out",
            Number::Optional,
            ("Signal of a mark that the model has not seen; may be []", "*.bins.safetensors"),
        )
        .shared(),
    ],
    outputs: &[JobOutput::file("--out", "explain", ".faithfulness.tsv", || {
        vec![Emit::file("table", "A row a method")]
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--bins", [&self.bins])
            .input("--model", [&self.model])
            .input("--splits", &self.splits)
            .input("--other-model", &self.options.other_model)
            .input("--permuted-model", &self.options.permuted_model)
            .input("--truth", &self.options.truth)
            .input("--held-out", &self.options.held_out)
            .output("--out", [&self.out])
    }

    fn problems(&self) -> Vec<String> {
        self.compute.problem().into_iter().collect()
    }

    fn run(&self) -> Result<()> {
        let matrix = io::bins::read(&self.bins)?;
        let (header, model) = self.open(&self.model, &matrix)?;
        if !header.model.reads_signal() {
            return Err(FileError::new(&self.model, "reads DNA, and explanations are held against signal here")
                .remedy("Give a model of marks")
                .into());
        }
        let (genes, split) = self.choose_genes(&matrix)?;
        let shape = matrix.row_shape(&header.model.layers());
        let x = header.transform.apply(&matrix, &header.model.layers(), &genes);
        let x = x.map_err(|error| FileError::new(&self.bins, error.to_string()))?;
        let settings = Settings {
            steps: usize::from(self.options.steps),
            seed: self.options.seed,
            task: header.task,
            // what deletion and insertion take away, too
            baseline: self.against.row(&self.bins, &header, &matrix)?,
            empty: Against::default().row(&self.bins, &header, &matrix)?,
            transform: header.transform.transform,
            scales: explain::scales(&x, &shape),
        };
        let of_files = |paths: &[PathBuf]| {
            paths.iter().map(|path| Ok(self.open(path, &matrix)?.1)).collect::<Result<Vec<Subject>>>()
        };
        let (others, permuted) = (of_files(&self.options.other_model)?, of_files(&self.options.permuted_model)?);
        let methods = self.methods(&model, header.transform.transform)?;
        let known =
            self.options.truth.as_ref().map(|path| evidence::known(path, &matrix, &shape, &genes)).transpose()?;
        let held_out = evidence::held_out(self, &matrix, &genes)?;
        let inputs = Inputs {
            methods: &methods,
            model: &model,
            x: &x,
            settings: &settings,
            others: &others,
            permuted: &permuted,
            known: known.as_deref(),
            held_out: held_out.as_ref(),
            expressed: &expressed(&header, &model, &x)?,
            seed: self.options.seed,
        };
        let bar = progress_bar(methods.len() as u64, "judging", self.common.quiet);
        let rows = faithfulness::judge(&inputs, |_| bar.inc(1))?;
        bar.finish_and_clear();
        let rows: Vec<_> = rows.into_iter().map(|row| self.row(row, &matrix.sample, split, genes.len())).collect();
        io::faithfulness::write(&self.out, &rows)?;
        report(&rows);
        Ok(())
    }
}

impl Args {
    /// A model that fits the matrix, and has met all its genes.
    fn open(&self, path: &Path, matrix: &Matrix) -> Result<(ModelHeader, Subject)> {
        let (header, mut model) = model_file::load(path, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        fit::check(&self.bins, &header, matrix).with_context(|| format!("model {}", path.display()))?;
        let model = Subject::new(model, matrix.row_shape(&header.model.layers()))?;
        Ok((header, model))
    }

    /// Rows of the matrix, and the split that they are of.
    fn choose_genes(&self, matrix: &Matrix) -> Result<(Vec<usize>, Option<Split>)> {
        // an empty window holds nothing to be explained
        let has_signal = |&gene: &usize| {
            matrix.status[gene].has_data() && matrix.row(LayerName::Window, gene).iter().any(|&value| value != 0.0)
        };
        let all: Vec<usize> = (0..matrix.n_regions()).filter(has_signal).collect();
        let (mut of_split, mut split) = (all.clone(), None);
        if let Some(path) = &self.splits {
            let (splits, wanted) = (io::splits::read(path)?, self.options.split);
            let split_of = splits.by_gene(self.fold.unwrap_or(0));
            of_split.retain(|&gene| split_of.get(matrix.regions[gene].id.as_str()) == Some(&wanted));
            split = Some(wanted);
            if of_split.len() < 2 {
                tracing::warn!(
                    "{}: {} {wanted} genes of {} have signal here; the methods are judged by genes of all splits",
                    path.display(),
                    of_split.len(),
                    matrix.sample
                );
                (of_split, split) = (all, None);
            }
        }
        let wanted = if self.options.genes == 0 { of_split.len() } else { self.options.genes.min(of_split.len()) };
        if wanted < 2 {
            bail!("{}: {wanted} genes have signal, two or more are needed", self.bins.display());
        }
        Ok(((0..wanted).map(|at| of_split[at * of_split.len() / wanted]).collect(), split))
    }

    /// A row of the table, and its agreement with every row.
    fn row(
        &self,
        row: Faithfulness,
        sample: &str,
        split: Option<Split>,
        genes: usize,
    ) -> (FaithfulnessRow, Vec<Option<f64>>) {
        // what the log says is what readers of the table will say
        let rounded = |value: f64| Some((value * 1e4).round() / 1e4);
        let [over_signal, over_signal_low, over_signal_high] = row.over_signal.map(rounded);
        let cells = FaithfulnessRow {
            verdict: (row.name != faithfulness::SIGNAL).then_some(row.verdict),
            method: row.name.to_owned(),
            unit: row.unit,
            deletion: Some(row.deletion),
            insertion: Some(row.insertion),
            comprehensiveness: Some(row.comprehensiveness),
            sufficiency: Some(row.sufficiency),
            over_signal,
            over_signal_low,
            over_signal_high,
            sample: sample.to_owned(),
            split,
            genes,
            baseline: self.against.baseline.name().to_owned(),
            seeds: row.seeds,
            shuffled_weights: row.shuffled,
            permuted_labels: row.permuted,
            planted: row.planted[0],
            planted_expressed: row.planted[1],
            held_out: row.held_out[0],
            held_out_shuffled: row.held_out[1],
        };
        (cells, row.agreement)
    }

    /// Those that are asked for, or all, of which the model and its inputs have what they need.
    fn methods(&self, model: &Subject, transform: Transform) -> Result<Vec<Method>> {
        let asked = if self.options.methods.is_empty() { &Method::ALL[..] } else { &self.options.methods };
        let mut methods = Vec::new();
        for &method in asked {
            let lacks =
                model.lacks(method)?.map(|need| format!("--method {} needs {need}. Name another", method.name()));
            match lacks.or(explain::unsaid(method, transform)) {
                None => methods.push(method),
                Some(_) if self.options.methods.is_empty() => {}
                Some(problem) => bail!("{}: {problem}", self.model.display()),
            }
        }
        Ok(methods)
    }
}

/// Which windows are called expressed: those whose score, as predictions give it, reaches the model's own threshold;
/// where it has none, those above the median.
fn expressed(header: &ModelHeader, model: &Subject, x: &[f32]) -> Result<Vec<bool>> {
    let scores = model.scores(x)?;
    if let (Task::Classification, Some(threshold)) = (header.task, header.threshold) {
        let score = |&log_odds: &f32| header.judge(f64::from(sigmoid(log_odds)), None).score;
        return Ok(scores.iter().map(|log_odds| score(log_odds) >= threshold).collect());
    }
    let mut sorted = scores.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    Ok(scores.iter().map(|&score| score >= sorted[sorted.len() / 2]).collect())
}

/// Says plainly what the table holds: the verdict on attention and contributions, which are drawn by default, and on
/// whatever else was asked for alone.
fn report(rows: &[(FaithfulnessRow, Vec<Option<f64>>)]) {
    let judged =
        rows.iter().filter(|(row, _)| Method::named(&row.method).is_some()).filter_map(|(row, _)| row.judged());
    let judged: Vec<Judged> = judged.collect();
    let best = judged.iter().max_by(|a, b| a.over_signal[0].total_cmp(&b.over_signal[0]));
    if let Some(best) = best.filter(|_| judged.len() > MANY) {
        tracing::info!("{} methods; farthest above the raw signal: {}", judged.len(), best.method);
    }
    let is_drawn = |judged: &&Judged| judged.method.ends_with("attention") || judged.method == "contributions";
    for judged in judged.iter().filter(|one| judged.len() <= MANY || is_drawn(one)) {
        tracing::info!("{}: {judged}", judged.sample);
    }
}
