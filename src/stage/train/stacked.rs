//! Training of the stacked model, `--model auto`, of each run.

use anyhow::{Result, anyhow};
use candle_core::Device;

use super::provenance::{self, About};
use super::runs::Run;
use super::{Args, history};
use crate::io::{self, FileError};
use crate::learn::auto::{self, Fitted, Genes, Place};
use crate::learn::{EpochRecord, Member, ModelKind, Predictor, Task};
use crate::matrix::Matrix;
use crate::stage::model_file;

/// Fits and writes a model a run, and beside it NAME.history.tsv with the epochs of its networks.
pub fn train(args: &Args, runs: &[Run], device: &Device) -> Result<()> {
    for run in runs {
        let config = args.config(&run.samples).ok_or_else(|| anyhow!("auto has no network"))?;
        let (genes, counts) = gather(run)?;
        if genes.len() < counts.0 + counts.1 {
            tracing::info!("learning from {} of {} genes", genes.len(), counts.0 + counts.1);
        }
        let flank_bp = run.samples[0].matrix.grid.flank_bp();
        let settings = args.settings();
        let report = |records: &[EpochRecord]| history::report(args.task, records);
        let compute = (device, args.compute.instruction_set);
        let fitted = auto::fit(&genes, &config, (&settings, args.seed, flank_bp), compute, report)?;
        let Fitted { auto, out_of_fold, states } = fitted;
        for share in &auto.config.members {
            let (metric, name) = (args.task.metric().0, &share.name);
            tracing::info!("{name}: {metric} out of fold {:.4}, weight {:.3}", share.out_of_fold, share.weight);
        }
        let seeds: Vec<u64> = (0..states.len() as u64).map(|at| args.seed.wrapping_add(at)).collect();
        history::write(&run.beside(".history.tsv"), args.task, &seeds, &states)?;
        // taken after their last epoch
        let members = seeds.iter().zip(&states).map(|(&seed, state)| {
            let metric = |task| state.history.last().filter(|_| args.task == task).map(|record| record.valid_metric);
            let (best_valid_auroc, best_valid_pearson) = (metric(Task::Classification), metric(Task::Regression));
            Member { seed, best_epoch: state.epochs_done(), best_valid_auroc, best_valid_pearson }
        });
        let members = members.collect();
        let about = About {
            kind: ModelKind::Auto(auto.config.clone()),
            members,
            judged: provenance::judge(args, &genes.set.labels, out_of_fold),
            genes: counts,
            epochs: states.first().map(|state| state.epochs_done()),
        };
        model_file::save(&run.out, &provenance::header(args, run, about), &Predictor::Auto(Box::new(auto)))?;
    }
    Ok(())
}

/// The genes of a run, read a sample at a time; and how many are for training and for validation.
fn gather(run: &Run) -> Result<(Genes, (usize, usize))> {
    let first = &run.samples[0].matrix;
    let mut genes = Genes::new((first.n_marks(), first.n_bins()));
    let mut counts = (0, 0);
    for sample in &run.samples {
        let matrix = io::bins::read(sample.path())?;
        let scorable: Vec<usize> = (0..matrix.n_genes()).filter(|&gene| matrix.status[gene].is_scorable()).collect();
        let values = run.transform.apply(&matrix, &scorable);
        let values = values.map_err(|error| FileError::new(sample.path(), error.to_string()))?;
        let mut labelled: Vec<(usize, f32, Place)> = Vec::new();
        for &(row, label) in sample.genes.train.iter().chain(&sample.genes.valid) {
            let at = scorable.binary_search(&row).map_err(|_| anyhow!("gene in row {row} has no signal"))?;
            labelled.push((at, label, place(&matrix, row)));
        }
        labelled.sort_by_key(|(at, ..)| *at);
        genes.add_sample(&values, &labelled, run.samples.len());
        counts = (counts.0 + sample.genes.train.len(), counts.1 + sample.genes.valid.len());
    }
    Ok((genes, counts))
}

/// Where a gene is, if the matrix knows it.
fn place(matrix: &Matrix, row: usize) -> Place {
    match &matrix.tss {
        Some(tss) => Place::At(tss[row].chrom.clone(), tss[row].position as i64),
        None => Place::Somewhere(matrix.gene_ids[row].clone()),
    }
}
