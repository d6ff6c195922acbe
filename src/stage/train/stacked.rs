//! The stacked model, `--model auto`, once its networks are trained.

use anyhow::{Result, anyhow};

use super::Args;
use super::runs::ModelRun;
use crate::io::{self, FileError};
use crate::learn::auto::{self, Auto, Fitted, Genes, Locus};
use crate::matrix::{LayerName, Matrix};
use crate::model::Network;

/// Validation genes below which the scores are warned of.
const FEW_GENES: usize = 20;

/// Fits the other members of a run and stacks all of them; also returns the labels and the scores of the
/// validation genes.
pub fn fit(args: &Args, run: &ModelRun, networks: Box<dyn Network>) -> Result<(Auto, Vec<f32>, Vec<f32>)> {
    let genes = gather(run)?;
    if genes.shape.part(LayerName::Body).is_none() {
        tracing::info!("the matrices have no gene bodies: with attentrack-bin --body, auto is more accurate");
    }
    let labelled: usize = run.samples.iter().map(|sample| sample.genes.train.len() + sample.genes.valid.len()).sum();
    if genes.len() < labelled {
        tracing::info!("the linear model and the trees learn from {} of {labelled} genes", genes.len());
    }
    let valid = genes.is_valid.iter().filter(|&&is_valid| is_valid).count();
    if valid < FEW_GENES {
        tracing::warn!(
            "{valid} validation genes are few for --model auto, which scales its members and calibrates by them: do not take its scores for probabilities"
        );
    }
    let flank_bp = run.samples[0].matrix.grid.flank_bp();
    let Fitted { auto, valid_labels, valid_scores } = auto::fit(
        &genes,
        networks,
        args.task(),
        (args.options.seed, flank_bp),
        run.transform.transform.takes_logarithm(),
    )?;
    let metric = args.task().metric().0;
    for share in &auto.config.members {
        tracing::info!("{}: valid {metric} {:.4}", share.name, share.valid);
    }
    let stacked = args.task().metric_of(&valid_labels, &valid_scores).unwrap_or(f64::NAN);
    tracing::info!("all together: valid {metric} {stacked:.4}");
    Ok((auto, valid_labels, valid_scores))
}

/// The genes of a run, read a sample at a time.
fn gather(run: &ModelRun) -> Result<Genes> {
    let mut genes: Option<Genes> = None;
    for (at, sample) in run.samples.iter().enumerate() {
        let matrix = io::bins::read(sample.path())?;
        let layers: Vec<LayerName> =
            LayerName::SIGNAL.into_iter().filter(|&layer| matrix.layer(layer).is_some()).collect();
        let genes = genes.get_or_insert_with(|| Genes::new(matrix.row_shape(&layers)));
        let scorable: Vec<usize> = matrix.scorable().collect();
        let rows = run.transform.apply(&matrix, &layers, &scorable);
        let rows = rows.map_err(|error| FileError::new(sample.path(), error.to_string()))?;
        let train = sample.genes.train.iter().map(|gene| (gene, false));
        let valid = sample.genes.valid.iter().map(|gene| (gene, true));
        let mut labelled: Vec<(usize, f32, Locus, bool)> = Vec::new();
        for (&(row, label), is_valid) in train.chain(valid) {
            let of_scorable = scorable.binary_search(&row).map_err(|_| anyhow!("gene in row {row} has no signal"))?;
            labelled.push((of_scorable, label, place(&matrix, row), is_valid));
        }
        labelled.sort_by_key(|(gene, ..)| *gene);
        genes.add_sample(&rows, &labelled, (at, run.samples.len()));
    }
    genes.ok_or_else(|| anyhow!("no samples"))
}

/// Where a gene is, if the matrix knows it.
fn place(matrix: &Matrix, row: usize) -> Locus {
    let region = &matrix.regions[row];
    match &region.tss {
        Some(tss) => Locus::At(tss.chrom.clone(), tss.position as i64),
        None => Locus::Somewhere(region.id.clone()),
    }
}
