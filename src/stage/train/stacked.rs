//! The stacked model, `--model auto`, once its networks are trained.

use anyhow::{Result, anyhow};

use super::Args;
use super::provenance::{self, About};
use super::runs::Run;
use crate::io::{self, FileError};
use crate::learn::auto::{self, Fitted, Genes, Place};
use crate::learn::{ModelKind, Predictor, TrainingData, TrainingState};
use crate::matrix::Matrix;
use crate::model::Network;
use crate::stage::model_file;

/// Fits the other members of a run, which is the `set`-th of `data`, stacks all of them and writes the model.
pub fn train(
    args: &Args,
    run: &Run,
    (data, set): (&TrainingData, usize),
    networks: Box<dyn Network>,
    states: &[TrainingState],
) -> Result<()> {
    let counts = (data.train.len(set), data.valid.len(set));
    let members = provenance::members(args.task, &args.seeds(), states)?;
    provenance::report(args.task, run, &members);
    let genes = gather(run)?;
    if genes.len() < counts.0 + counts.1 {
        tracing::info!("members that are no network learn from {} of {} genes", genes.len(), counts.0 + counts.1);
    }
    let flank_bp = run.samples[0].matrix.grid.flank_bp();
    let fitted = auto::fit(&genes, networks, args.task, (args.seed, flank_bp))?;
    let Fitted { auto, valid_labels, valid_scores } = fitted;
    for share in &auto.config.members {
        tracing::info!("{}: valid {} {:.4}", share.name, args.task.metric().0, share.valid);
    }
    let stacked = args.task.metric_of(&valid_labels, &valid_scores).unwrap_or(f64::NAN);
    tracing::info!("all together: valid {} {stacked:.4}", args.task.metric().0);
    let about = About {
        kind: ModelKind::Auto(auto.config.clone()),
        members,
        judged: provenance::judge(args, &valid_labels, valid_scores),
        genes: counts,
        epochs: Some(args.epochs),
    };
    Ok(model_file::save(&run.out, &provenance::header(args, run, about), &Predictor::Auto(Box::new(auto)))?)
}

/// The genes of a run, read a sample at a time.
fn gather(run: &Run) -> Result<Genes> {
    let first = &run.samples[0].matrix;
    let mut genes = Genes::new((first.n_marks(), first.n_bins()));
    for sample in &run.samples {
        let matrix = io::bins::read(sample.path())?;
        let scorable: Vec<usize> = (0..matrix.n_genes()).filter(|&gene| matrix.status[gene].is_scorable()).collect();
        let values = run.transform.apply(&matrix, &scorable);
        let values = values.map_err(|error| FileError::new(sample.path(), error.to_string()))?;
        let train = sample.genes.train.iter().map(|gene| (gene, false));
        let valid = sample.genes.valid.iter().map(|gene| (gene, true));
        let mut labelled: Vec<(usize, f32, Place, bool)> = Vec::new();
        for (&(row, label), is_valid) in train.chain(valid) {
            let at = scorable.binary_search(&row).map_err(|_| anyhow!("gene in row {row} has no signal"))?;
            labelled.push((at, label, place(&matrix, row), is_valid));
        }
        labelled.sort_by_key(|(at, ..)| *at);
        genes.add_sample(&values, &labelled, run.samples.len());
    }
    Ok(genes)
}

/// Where a gene is, if the matrix knows it.
fn place(matrix: &Matrix, row: usize) -> Place {
    match &matrix.tss {
        Some(tss) => Place::At(tss[row].chrom.clone(), tss[row].position as i64),
        None => Place::Somewhere(matrix.gene_ids[row].clone()),
    }
}
