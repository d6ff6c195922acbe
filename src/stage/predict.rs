//! Score genes with a model, and write down where it looked.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::handed_on::{BINS, MODEL};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use super::{fit, model_file, progress_bar};
use crate::io::{self, FileError};
use crate::learn::{ModelHeader, Scores, Trained};
use crate::matrix::{
    Attention, AttentionSpread, Kind, Layer, LayerName, Matrix, Prediction, PredictionSpread, Predictions, Region,
    RowPart, RowShape, Status, track,
};
use crate::stage::{Common, Compute, Files, Flags, Stage};

/// Score every gene of a matrix with a model, and write the attention that the model paid to each bin
/// and mark.
///
/// Every gene keeps its row: one that the signal does not cover has score NA and attention NaN. These are the
/// genes of status empty (no mark has any data in the window: a model would call them silent, and know nothing
/// of them; --score-empty scores them) and no_chrom (a signal lacks the chromosome). The
/// matrix must have the marks (in the same order), bins, statistic and orientation that the model was
/// trained on; the model's input transform is applied.
///
/// A warning names marks whose signal differs strongly from that of the training samples, and says what to do: a
/// model that was trained on reads cannot score P values.
///
/// The score is the probability of label 1 or, in a regression, the predicted label. A model without attention
/// writes scores only.
///
/// For an ensemble, score and attention are the means over its members (the mean of the probabilities, not of the
/// logits, as in deep ensembles, Lakshminarayanan et al. 2017), and the sample standard deviations over the members
/// (divisor: members less one) are written beside them.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-predict",
    version,
    after_help = "Example:
  attentrack-predict --bins E003.bins.safetensors --model E003.model.safetensors \\
    --predictions E003.predictions.tsv --attention E003.attention.bins.safetensors"
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
    /// Table to write: gene_id, gene_name, sample, status, score, and, if the model has mark attention, one column
    /// mark_attention_MARK a mark; of an ensemble also score_sd and mark_attention_sd_MARK; of a calibrated
    /// model raw_score; of either uncertain, which is 1 where the score is nearer to the model's threshold
    /// than its standard deviation or 0.1; last model, a fingerprint of the model file, by which
    /// attentrack-evaluate knows which scores can be ranked together [default: not written]
    #[arg(long, value_name = "TSV", required_unless_present = "attention")]
    pub predictions: Option<PathBuf>,
    /// Attention to write, .bins.safetensors: bin attention, mark attention (if the model has it), and the
    /// bin attention for an empty window; of an ensemble also the standard deviations [default: not
    /// written]
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// Which genes are scored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "PredictOptions")]
pub struct Options {
    /// Score genes of status empty too: for signal that lists what there is and leaves out zeros, such as peak
    /// calls, where no data means no signal [default: they have score NA]
    pub score_empty: bool,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "predict",
    about: "Score of each gene, and attention over marks and bins",
    keywords: &["attention", "prediction"],
    unit: Unit::Sample,
    sections: &["window", "train"],
    sample_flag: None,
    size: Size::Medium,
    uses_gpu: true,
    inputs: &[
        JobInput::new("--bins", "bins", Number::One, BINS),
        JobInput::new("--model", "model", Number::One, MODEL),
    ],
    outputs: &[
        JobOutput::file("--predictions", "predictions", ".predictions.tsv", || {
            vec![Emit::file("predictions", "A score, and one attention a mark, for each gene")]
        }),
        JobOutput::file("--attention", "attention", ".attention.bins.safetensors", || {
            vec![Emit::file("attention", "Attention by gene, mark and bin")]
        })
        .only_if("with_attention"),
    ],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--bins", [&self.bins])
            .input("--model", [&self.model])
            .input("--reference", &self.reference)
            .output("--predictions", &self.predictions)
            .output("--attention", &self.attention)
    }

    fn problems(&self) -> Vec<String> {
        self.compute.problem().into_iter().collect()
    }

    fn run(&self) -> Result<()> {
        let (mut header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        self.check_attention(&header, model.as_ref())?;
        let matrix = io::bins::read(&self.bins)?;
        fit::check(&self.bins, &header, &matrix)?;
        self.reference.as_ref().map(|whole| fit::measure_by(whole, &mut header, &matrix)).transpose()?;
        let genes: Vec<usize> = matrix.scorable().collect();
        model.set_shape(&matrix.row_shape(&header.model.layers()));
        let rows = header.transform.apply(&matrix, &header.model.layers(), &genes);
        let rows = rows.map_err(|error| FileError::new(&self.bins, error.to_string()))?;
        if self.reference.is_none() {
            fit::say_measure(&header, &matrix);
        }
        fit::warn_if_unlike(&header, &matrix, &genes, &rows);
        let regions: Vec<&Region> = genes.iter().map(|&gene| &matrix.regions[gene]).collect();
        model.meet(&matrix.sample, &regions).map_err(|problem| FileError::new(&self.bins, problem))?;
        let bar = progress_bar(genes.len() as u64, "scoring", self.common.quiet);
        let scores = model.score(header.task, &rows, &|done| bar.inc(done as u64))?;
        bar.finish_and_clear();
        let told = Told {
            matrix: &matrix,
            genes: &genes,
            scores: &scores,
            with_empty: self.options.score_empty,
            network_row: model.network_row(),
        };
        if let Some(path) = &self.predictions {
            io::predictions::write(
                path,
                &told.predictions(&header, model_file::fingerprint(&self.model, header.model.name())?),
            )?;
        }
        if let Some(path) = &self.attention {
            io::bins::write(path, &told.attention(model.as_ref(), &header)?)?;
        }
        if header.calibration.is_some() && !header.samples.contains(&matrix.sample) {
            tracing::info!(
                "{}: the model was trained on {} other samples, so its scores are not calibrated here: use their order",
                matrix.sample,
                header.samples.len()
            );
        }
        told.log(model.n_models());
        Ok(())
    }
}

impl Args {
    /// Refuses to write the attention of a model that has none.
    fn check_attention(&self, header: &ModelHeader, model: &dyn Trained) -> Result<()> {
        if self.attention.is_none() || model.has_bin_attention() {
            return Ok(());
        }
        let problem = format!("{} has no attention to write", header.model.name());
        Err(FileError::new(&self.model, problem)
            .remedy("Leave --attention out, or train a model that has it, such as attentive-chrome")
            .into())
    }
}

/// What the model says of a sample, and of which genes that is told.
struct Told<'a> {
    matrix: &'a Matrix,
    /// Rows of the matrix that have values.
    genes: &'a [usize],
    /// Scores of these genes.
    scores: &'a Scores,
    /// Whether the genes without any data are told of.
    with_empty: bool,
    /// What the attention is paid to; `None` of a model without networks.
    network_row: Option<RowShape>,
}

/// Whether a layer has values of a gene: a body whose end is not known has none.
fn is_known(matrix: &Matrix, layer: LayerName, gene: usize) -> bool {
    layer == LayerName::Window || matrix.row(layer, gene).iter().any(|value| !value.is_nan())
}

impl Told<'_> {
    /// Place among the scores, and row, of every gene that is told of. The others are scored like these, so that a
    /// model that looks at the whole sample sees the same one, whatever is told.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let is_told = |&(_, gene): &(usize, usize)| self.with_empty || self.matrix.status[gene].has_data();
        self.genes.iter().copied().enumerate().filter(is_told)
    }

    /// One row a gene of the matrix; `model` is the fingerprint of its file.
    fn predictions(&self, header: &ModelHeader, model: String) -> Predictions {
        let Told { matrix, scores, .. } = self;
        let unscored = |(region, &status): (&Region, _)| Prediction {
            gene_id: region.id.clone(),
            gene_name: region.symbol.clone(),
            status,
            score: None,
            mark_attention: Vec::new(),
            spread: None,
            raw_score: None,
            uncertain: None,
        };
        let mut rows: Vec<Prediction> = matrix.regions.iter().zip(&matrix.status).map(unscored).collect();
        // none of a model without mark attention
        let shape = self.network_row.as_ref().filter(|_| !scores.mark_attention.is_empty());
        let of_layer =
            |part: &RowPart| track::channels_of(matrix, part.layer).map(|(name, _)| name).collect::<Vec<_>>();
        let marks: Vec<String> = shape.iter().flat_map(|shape| shape.parts()).flat_map(of_layer).collect();
        let attention = |of_genes: &[f32], at: usize| {
            of_genes[at * marks.len()..][..marks.len()].iter().map(|&x| f64::from(x)).collect()
        };
        for (at, gene) in self.rows() {
            rows[gene].mark_attention = attention(&scores.mark_attention, at);
            rows[gene].spread = scores.spread.as_ref().map(|spread| PredictionSpread {
                score: f64::from(spread.scores[at]),
                mark_attention: attention(&spread.mark_attention, at),
            });
            let sd = scores.spread.as_ref().map(|spread| f64::from(spread.scores[at]));
            let judged = header.judge(f64::from(scores.scores[at]), sd);
            // of a row that the model says nothing of: a sequence without a word
            if judged.score.is_nan() {
                continue;
            }
            rows[gene].score = Some(judged.score);
            rows[gene].raw_score = header.calibration.is_some().then(|| f64::from(scores.scores[at]));
            rows[gene].uncertain = judged.uncertain;
            if let (Some(spread), Some(sd)) = (rows[gene].spread.as_mut(), judged.sd) {
                spread.score = sd;
            }
        }
        let sample = matrix.sample.clone();
        Predictions { sample, model: Some(model), marks, is_ensemble: scores.spread.is_some(), rows }
    }

    /// The matrix with bin attention for values; NaN for genes that are not told of, and for bodies that are not known,
    /// of which the model saw the training genes' mean.
    fn attention(&self, model: &dyn Trained, header: &ModelHeader) -> Result<Matrix> {
        let Told { matrix, scores, .. } = self;
        let empty = header.transform.without_signal(matrix, &header.model.layers())?;
        let null = model.score(header.task, &empty, &|_| ())?.bin_attention;
        let shape = self.network_row.as_ref().ok_or_else(|| anyhow!("the model has no network"))?;
        let n_channels = shape.channels().count();
        let (mut layers, mut channel) = (Vec::new(), 0);
        for part in shape.parts() {
            let channels = channel..channel + part.channels().count();
            channel = channels.end;
            let all = |of_scored: &[f32], of: Range<usize>, row_size: usize| {
                let mut values = vec![f32::NAN; matrix.n_regions() * of.len()];
                for (at, gene) in self.rows().filter(|&(_, gene)| is_known(matrix, part.layer, gene)) {
                    values[gene * of.len()..][..of.len()].copy_from_slice(&of_scored[at * row_size..][of.clone()]);
                }
                values
            };
            let of_places = |of_scored: &[f32]| all(of_scored, part.range.clone(), shape.size());
            let of_marks =
                |of_scored: &[f32]| (!of_scored.is_empty()).then(|| all(of_scored, channels.clone(), n_channels));
            let spread = scores.spread.as_ref().map(|spread| AttentionSpread {
                values: of_places(&spread.bin_attention),
                mark_values: of_marks(&spread.mark_attention),
            });
            let (mark_values, null_values) = (of_marks(&scores.mark_attention), null[part.range.clone()].to_vec());
            let attention = Some(Attention { mark_values, null_values, spread });
            layers.push(Layer { name: part.layer, values: of_places(&scores.bin_attention), attention });
        }
        Ok(matrix.with_layers(Kind::Attention, None, layers))
    }

    /// How many genes have a score, and why the others have none.
    fn log(&self, models: usize) {
        let (sample, status) = (&self.matrix.sample, &self.matrix.status);
        let by = if models > 1 { format!(" by {models} models") } else { String::new() };
        let (told, unsaid): (Vec<_>, Vec<_>) = self.rows().partition(|(at, _)| !self.scores.scores[*at].is_nan());
        tracing::info!("{sample}: {} of {} genes scored{by}", told.len(), status.len());
        if let Some((_, first)) = unsaid.first() {
            tracing::warn!(
                "{sample}: {} sequences have no word of the model's length of known letters, such as {}: score NA",
                unsaid.len(),
                self.matrix.regions[*first].id
            );
        }
        let empty = status.iter().filter(|&&status| status == Status::Empty).count();
        if empty > 0 && !self.with_empty {
            tracing::warn!(
                "{sample}: {empty} genes have no data in any mark (status empty): score NA. Where no data means no signal, as in peak calls, give --score-empty (config: window.score_empty)"
            );
        }
        let no_chrom = status.iter().filter(|&&status| status == Status::NoChrom).count();
        if no_chrom > 0 {
            tracing::warn!(
                "{sample}: {no_chrom} genes are on chromosomes that a signal lacks (status no_chrom): score NA"
            );
        }
    }
}
