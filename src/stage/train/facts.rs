//! Training of models of what is known of a gene without its signal.

use anyhow::{Result, bail};

use super::Args;
use super::provenance::{self, About};
use super::runs::ModelRun;
use super::samples::TrainingSample;
use crate::io::{self, FileError};
use crate::learn::ModelSpec;
use crate::learn::baseline::{BaselineMethod, Fit, Labelled, Table};
use crate::learn::facts::{Fact, FactConfig, FactModel, Known, fact};
use crate::matrix::{Split, gene_key};
use crate::stage::model_file;

/// Fits and writes a model a run.
pub fn train(args: &Args, tag: Fact, runs: &[ModelRun]) -> Result<()> {
    for run in runs {
        let samples: Vec<String> = run.samples.iter().map(|sample| sample.matrix.sample.clone()).collect();
        let known = if tag == Fact::ExpressionMean { known(args, run)? } else { Known::new() };
        let [train, valid] = [Split::Train, Split::Valid].map(|split| facts(tag, run, split, (&samples, &known)));
        let ((train, labels), (valid, valid_labels)) = (train?, valid?);
        let of_training: Vec<f64> = train.iter().flatten().copied().collect();
        if of_training.is_empty() {
            let what = match tag {
                Fact::GeneLength => "no training gene has a known end: bin again with genes.bed of attentrack-tss",
                Fact::ExpressionMean => "no training gene has an expression value in the labels",
            };
            bail!("--model {}: {what}", tag.name());
        }
        let middle = of_training.iter().sum::<f64>() / of_training.len() as f64;
        let [train, valid] = [train, valid].map(|facts| {
            let mut table = Table::new(1);
            facts.iter().for_each(|fact| table.push(&[fact.unwrap_or(middle)]));
            table
        });
        let chosen = BaselineMethod::LogisticRegression.choose(
            args.task(),
            Labelled { table: &train, labels: &labels },
            Labelled { table: &valid, labels: &valid_labels },
            args.options.seed,
        )?;
        let Fit::Linear(line) = chosen.fit else { bail!("--model {}: the fit is not a line", tag.name()) };
        tracing::info!("valid {} {:.4}", args.task().metric().0, chosen.valid_metric);
        let raw = valid.rows().map(|row| args.task().score(line.predict(row) as f32)).collect();
        let of_valid: Vec<f32> = valid_labels.iter().map(|&label| label as f32).collect();
        let matrix = &run.samples[0].matrix;
        let config = FactConfig { tag, n_marks: matrix.n_marks(), n_bins: matrix.n_bins(), samples };
        let about = About {
            spec: ModelSpec::Fact(config.clone()),
            members: Vec::new(),
            judged: provenance::judge(args, &of_valid, raw),
            genes: (labels.len(), valid_labels.len()),
            regime: None,
        };
        let model = FactModel { config, line, middle, known, met: Vec::new() };
        model_file::save(&run.out, &provenance::header(args, run, about), &model)?;
    }
    Ok(())
}

/// What the labels of a run's samples say of expression.
fn known(args: &Args, run: &ModelRun) -> Result<Known> {
    let mut known = Known::new();
    for (at, sample) in run.samples.iter().enumerate() {
        let path = args.bins.iter().zip(&args.labels).find(|(bins, _)| bins.as_path() == sample.path());
        let Some((_, path)) = path else { bail!("{}: has no labels", sample.path().display()) };
        let labels = io::labels::read(path)?;
        let by_gene = labels.log_expression();
        if by_gene.is_empty() {
            return Err(FileError::new(path, "says nothing of expression")
                .remedy("Make labels with attentrack-label, which writes a column expression")
                .into());
        }
        for (label, value) in labels.rows.iter().filter_map(|row| Some((row, by_gene.get(&row.gene_id)?))) {
            let row = known.entry(gene_key(&label.gene_id).into_owned());
            row.or_insert_with(|| vec![f32::NAN; run.samples.len()])[at] = *value as f32;
        }
    }
    Ok(known)
}

/// Facts and labels of a split's genes. Where a run has one sample alone, the line is fitted to its own expression:
/// there is no other, and scores of another sample are in the same order by any line that rises.
fn facts(tag: Fact, run: &ModelRun, split: Split, known: (&[String], &Known)) -> Result<(Vec<Option<f64>>, Vec<f64>)> {
    let (mut facts, mut labels) = (Vec::new(), Vec::new());
    let is_alone = run.samples.len() == 1;
    for TrainingSample { matrix, genes, rows, .. } in &run.samples {
        let regions = io::bins::read(rows.path())?.regions;
        let scored = if is_alone { "" } else { matrix.sample.as_str() };
        for &(gene, label) in genes.of(split) {
            facts.push(fact(tag, &regions[gene], scored, known));
            labels.push(f64::from(label));
        }
    }
    Ok((facts, labels))
}
