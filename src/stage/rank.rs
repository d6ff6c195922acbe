//! `attentrack-rank`: several models side by side on the same genes.

mod figure;
mod inputs;
mod summary;

pub use summary::ComparisonRow;

use std::path::PathBuf;

use anyhow::bail;
use clap::Parser;
use serde::Serialize;

use self::inputs::Trainings;
use crate::io::{self, Output};
use crate::learn::metrics::{Bootstrap, Figure, Loci, N_METRICS, compare, figures, metric_names};
use crate::matrix::Split;
use crate::stage::{Common, Files, Flags, Judgement, Stage};

/// Rank models by what they predict of the same genes: figures with intervals, and paired tests against
/// one of them.
///
/// Reads a table of trainings, one row a model, fold, seed and sample; writes a table with one row a
/// sample, model and metric, for each sample and for all of them together, and a picture of it. A figure is
/// the mean over folds and seeds of AUROC, AUPRC and Brier score, or, for numeric labels, of Pearson's and
/// Spearman's correlation and the mean squared error. All samples together are pooled where every training has
/// scored all of them; where samples have models of their own (column model of the predictions), whose scores
/// cannot be ranked together, it is the mean over the samples too. Intervals and P values are those of a paired
/// bootstrap over loci: each replicate draws the same loci for every model, with --genes blocks of 1 Mb with all their
/// genes; without, or of fewer than 10 blocks, single genes; all rows of a gene are drawn together. P values are two-sided; the null hypothesis is that the model and --reference are equally good; p_holm is adjusted for
/// the number of models (Holm 1979). Choose a model by its validation figure (column valid): the best of many test
/// figures is too optimistic.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-rank",
    version,
    after_help = "Examples:
  attentrack-rank --runs runs.tsv --splits splits.tsv --out comparison.tsv --plot comparison.svg
  # runs.tsv, paths being relative to its folder; fold and seed may be left out:
  #   model                predictions               labels            fold  seed
  #   attentive-chrome     ac1/E003.predictions.tsv  E003.labels.tsv   0     1
  #   attentive-chrome     ac2/E003.predictions.tsv  E003.labels.tsv   0     2
  #   logistic-regression  lr/E003.predictions.tsv   E003.labels.tsv   0     1
  # attentrack compare trains all models of a config.yaml and calls this"
)]
pub struct Args {
    /// Trainings: a table with the columns model, predictions, labels, and, if you like, fold (else 0) and seed (else 1)
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub runs: PathBuf,
    /// Splits of all samples and folds
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub splits: PathBuf,
    /// Genes that the splits were made from, to draw loci [default: genes are drawn one by one]
    #[arg(long, value_name = "BED", help_heading = "Input")]
    pub genes: Option<PathBuf>,
    /// Table to write; - for standard output
    #[arg(long, value_name = "TSV", help_heading = "Output")]
    pub out: PathBuf,
    /// Picture to write, SVG [default: not written]
    #[arg(long, value_name = "SVG", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    /// Model that the others are compared with [default: the first of --runs]
    #[arg(long, value_name = "MODEL", help_heading = "Judgement")]
    pub reference: Option<String>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Judgement>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// What one model is worth on the genes of one sample, or of all.
pub struct RankedModel {
    /// Model.
    model: String,
    /// By metric.
    figures: [Figure; N_METRICS],
    /// The same figures of the validation genes.
    valid: [Option<f64>; N_METRICS],
    /// Seeds a fold.
    seeds: usize,
}

/// The models on the genes of one sample, or of all.
pub struct Ladder {
    /// Sample, or `all`.
    sample: String,
    /// Genes (of all samples rows of genes) that the models are judged on, in all folds.
    genes: usize,
    /// Number of folds.
    folds: usize,
    /// Samples that the figures are the mean of; `None` where the rows of genes are judged together.
    mean_of: Option<usize>,
    /// In the order of the table of trainings.
    models: Vec<RankedModel>,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--runs", [&self.runs])
            .input("--splits", [&self.splits])
            .input("--genes", &self.genes)
            .output("--out", [&self.out])
            .output("--plot", &self.plot)
    }

    fn problems(&self) -> Vec<String> {
        self.options.problems()
    }

    fn run(&self) -> anyhow::Result<()> {
        let inputs = inputs::read(&self.runs, &self.splits)?;
        let reference = self.reference(&inputs)?;
        let genes = self.genes.as_ref().map(|path| io::genes_bed::read(path)).transpose()?.unwrap_or_default();
        let loci = Loci::of(&genes);
        let bootstrap = self.options.bootstrap(2000);
        let judge = |sample| self.judge(&inputs, sample, reference, (&bootstrap, &loci));
        let ladders = inputs.samples().into_iter().map(judge);
        let ladders = ladders.collect::<anyhow::Result<Vec<_>>>()?;
        let metrics = metric_names(inputs.binary);
        summary::write_table(&self.out, &ladders, &metrics)?;
        if let Some(path) = &self.plot {
            let mut output = Output::create(path)?;
            output.put(figure::draw(&ladders, &metrics, reference, (self.options.split, &bootstrap)).as_bytes())?;
            output.commit()?;
        }
        summary::log(&ladders, &metrics, reference, self.options.split);
        Ok(())
    }
}

impl Args {
    /// Place of the model that the others are compared with.
    fn reference(&self, inputs: &Trainings) -> anyhow::Result<usize> {
        let Some(name) = &self.reference else { return Ok(0) };
        let found = inputs.models.iter().position(|model| model == name);
        match found {
            Some(place) => Ok(place),
            None => bail!(
                "--reference {name}: {} has no such model; there are {}",
                self.runs.display(),
                inputs.models.join(", ")
            ),
        }
    }

    fn judge<'a>(
        &self,
        inputs: &'a Trainings,
        sample: Option<&str>,
        reference: usize,
        (bootstrap, loci): (&Bootstrap, &Loci<'a>),
    ) -> anyhow::Result<Ladder> {
        let (folds, models) = inputs.gather(sample, self.options.split, loci)?;
        if folds.iter().any(|fold| fold.labels.is_empty()) {
            bail!(
                "{}: a fold has no {} gene with score and label. Check that splits, labels and predictions belong together, or choose another --split",
                self.splits.display(),
                self.options.split
            );
        }
        let judged = compare(&folds, &models, reference, inputs.binary, bootstrap);
        let (valid_folds, valid) = inputs.gather(sample, Split::Valid, loci)?;
        let models = models.into_iter().zip(judged).zip(&valid).map(|((model, figures_of), valid)| RankedModel {
            seeds: model.runs.len() / folds.len(),
            model: model.name,
            figures: figures_of,
            valid: figures(&valid_folds, valid, inputs.binary),
        });
        Ok(Ladder {
            sample: sample.unwrap_or("all").to_owned(),
            genes: folds.iter().map(|fold| fold.labels.len()).sum(),
            folds: inputs.folds().len(),
            mean_of: sample.is_none().then(|| inputs.mean_of()).flatten(),
            models: models.collect(),
        })
    }
}
