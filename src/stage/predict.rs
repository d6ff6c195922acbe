//! Score genes with a model, and write down where it looked.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use super::{model_file, progress_bar};
use crate::io::{self, FileError};
use crate::learn::{ModelHeader, Scores, score};
use crate::matrix::{Attention, Kind, Matrix, Prediction, Predictions};
use crate::model::AttentiveChrome;
use crate::stage::{Common, DeviceChoice, Stage};

/// Score every gene of a matrix with a model, and write the attention that the model paid to each bin
/// and mark.
///
/// Every gene keeps its row: one that the signal does not cover has score NA and attention NaN. The
/// matrix must have the marks (in the same order), bins, statistic and orientation that the model was
/// trained on; the model's input transform is applied.
#[derive(Parser, Clone, Debug)]
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
    /// Table to write: gene_id, sample, status, score, and one column mark_attention_MARK a mark
    /// [default: not written]
    #[arg(long, value_name = "TSV", required_unless_present = "attention")]
    pub predictions: Option<PathBuf>,
    /// Attention to write, .bins.safetensors: bin attention, mark attention, and the bin attention
    /// for an empty window [default: not written]
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    /// Where to compute: auto (a GPU where this build and the machine have one), cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    #[command(flatten)]
    common: Common,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn problems(&self) -> Vec<String> {
        let same = self.predictions.is_some() && self.predictions == self.attention;
        let same = same.then(|| "--predictions and --attention name the same file".to_owned());
        same.into_iter().chain(self.device.problem()).collect()
    }

    fn run(&self) -> Result<()> {
        let (header, model) = model_file::load(&self.model, &self.device.open()?)?;
        let matrix = io::bins::read(&self.bins)?;
        self.check_fit(&header, &matrix)?;
        let genes: Vec<usize> = (0..matrix.n_genes()).filter(|&gene| matrix.status[gene].is_scorable()).collect();
        let values = header.transform.apply(&matrix, &genes);
        let values = values.map_err(|error| FileError::new(&self.bins, error.to_string()))?;
        let bar = progress_bar(genes.len() as u64, "scoring", self.common.quiet);
        let scores = score(&model, &values, |done| bar.inc(done as u64))?;
        bar.finish_and_clear();
        if let Some(path) = &self.predictions {
            io::predictions::write(path, &predictions(&matrix, &genes, &scores))?;
        }
        if let Some(path) = &self.attention {
            io::bins::write(path, &attention(&matrix, &genes, &scores, &model)?)?;
        }
        tracing::info!("{}: {} of {} genes scored", matrix.sample, genes.len(), matrix.n_genes());
        Ok(())
    }
}

impl Args {
    /// Refuses a matrix that is not like those that the model was trained on.
    fn check_fit(&self, header: &ModelHeader, matrix: &Matrix) -> Result<()> {
        let refuse = |problem: String, remedy: &str| Err(FileError::new(&self.bins, problem).remedy(remedy).into());
        if matrix.kind != Kind::Signal {
            let problem = format!("holds {:?}, expected signal", matrix.kind).to_lowercase();
            return refuse(problem, "Give the file that attentrack-bin wrote");
        }
        let (ours, theirs) = (matrix.marks.join(", "), header.marks.join(", "));
        if ours != theirs {
            let (mut sorted, mut expected) = (matrix.marks.clone(), header.marks.clone());
            sorted.sort_unstable();
            expected.sort_unstable();
            let what = if sorted == expected { "the marks are in another order" } else { "the marks differ" };
            return refuse(
                format!("{what}: the model has {theirs}; the matrix {ours}"),
                "Bin the signal again with the model's marks in the model's order",
            );
        }
        let window = |flank: u32, size: u32| format!("±{flank} bp in bins of {size} bp");
        let orientation = |orientation| format!("{orientation:?}").to_lowercase();
        let grid = &matrix.grid;
        let pairs = [
            (
                "window",
                window(header.flank_bp, header.bin_size_bp),
                window(grid.flank_bp(), grid.bin_size_bp()),
                "--flank and --bin-size",
            ),
            ("orientation", orientation(header.orientation), orientation(grid.orientation()), "--orientation"),
            ("statistic", header.statistic.to_string(), matrix.statistic.to_string(), "--statistic"),
        ];
        for (what, theirs, ours, flags) in pairs {
            if ours != theirs {
                return refuse(
                    format!("{what}: the model was trained on {theirs}, the matrix has {ours}"),
                    &format!("Bin the signal again with the model's {flags}"),
                );
            }
        }
        if let (Some(ours), Some(theirs)) = (&matrix.assembly, &header.assembly)
            && ours != theirs
        {
            tracing::warn!("the model was trained on {theirs}, the matrix is of {ours}");
        }
        Ok(())
    }
}

/// One row a gene of the matrix; `genes` are the rows that were scored.
fn predictions(matrix: &Matrix, genes: &[usize], scores: &Scores) -> Predictions {
    let unscored = |(id, &status): (&String, _)| Prediction {
        gene_id: id.clone(),
        status,
        score: None,
        mark_attention: Vec::new(),
    };
    let mut rows: Vec<Prediction> = matrix.gene_ids.iter().zip(&matrix.status).map(unscored).collect();
    let attentions = scores.mark_attention.chunks_exact(matrix.n_marks());
    for ((&gene, &probability), attention) in genes.iter().zip(&scores.probabilities).zip(attentions) {
        rows[gene].score = Some(f64::from(probability));
        rows[gene].mark_attention = attention.iter().map(|&weight| f64::from(weight)).collect();
    }
    Predictions { sample: matrix.sample.clone(), marks: matrix.marks.clone(), rows }
}

/// The matrix with bin attention for values; NaN for genes that were not scored.
fn attention(matrix: &Matrix, genes: &[usize], scores: &Scores, model: &AttentiveChrome) -> Result<Matrix> {
    let (marks, size) = (matrix.n_marks(), matrix.n_marks() * matrix.n_bins());
    let mut values = vec![f32::NAN; matrix.n_genes() * size];
    let mut mark_values = vec![f32::NAN; matrix.n_genes() * marks];
    let rows = scores.bin_attention.chunks_exact(size).zip(scores.mark_attention.chunks_exact(marks));
    for (&gene, (bins, of_marks)) in genes.iter().zip(rows) {
        values[gene * size..][..size].copy_from_slice(bins);
        mark_values[gene * marks..][..marks].copy_from_slice(of_marks);
    }
    // a window without any signal: every transform leaves 0 at 0
    let null_values = score(model, &vec![0.0; size], |_| ())?.bin_attention;
    let attention = Some(Attention { mark_values, null_values });
    Ok(Matrix { kind: Kind::Attention, values, attention, ..matrix.clone() })
}
