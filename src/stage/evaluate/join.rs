//! Brings predictions, labels and splits together by gene id.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::genome::{Gene, Tss};
use crate::io;
use crate::learn::metrics::{GeneCounts, Overlap, Rows};
use crate::matrix::{ByGene, Labels, Predictions, Split, Splits, expression_mean, one_model, overlapping_windows};

/// Name of the figures of all samples together.
pub const ALL: &str = "all";

/// Split by gene id.
pub type SplitOf<'a> = ByGene<'a, Split>;

/// One sample, its predictions, labels and splits brought together.
pub struct Joined<'a> {
    /// Name.
    pub sample: &'a str,
    /// The model that scored it, where that is known.
    pub model: Option<&'a str>,
    /// What became of its genes.
    pub genes: GeneCounts,
    /// What the figures are made from.
    pub rows: Rows<'a>,
}

/// The predictions and labels of one sample.
pub struct SampleInput {
    predictions_path: PathBuf,
    labels_path: PathBuf,
    predictions: Predictions,
    labels: Labels,
}

/// The splits of one fold, which must have genes.
pub fn splits_of_fold(splits: &Splits, fold: u32) -> anyhow::Result<SplitOf<'_>> {
    let split_of = splits.by_gene(fold);
    if split_of.is_empty() {
        let folds: Vec<String> = splits.folds().iter().map(u32::to_string).collect();
        if folds.is_empty() {
            bail!("holds no gene. Make it with attentrack-split");
        }
        bail!("no gene in fold {fold}; the folds are {}. Choose one with --fold", folds.join(", "));
    }
    Ok(split_of)
}

/// Reads each pair of files; sample names must differ.
pub fn read_samples(predictions: &[PathBuf], labels: &[PathBuf]) -> anyhow::Result<Vec<SampleInput>> {
    let mut samples = Vec::new();
    let mut first: HashMap<String, &Path> = HashMap::new();
    for (predictions_path, labels_path) in predictions.iter().zip(labels) {
        let predictions = io::predictions::read(predictions_path)?;
        let labels = io::labels::read(labels_path)?;
        if labels.by_gene().is_empty() {
            bail!("{}: holds no label (no rows, or all are NA). Check the step that makes it", labels_path.display());
        }
        if let Some(other) = first.insert(predictions.sample.clone(), predictions_path) {
            bail!(
                "{}: sample {:?} is also in {}. Give each sample once",
                predictions_path.display(),
                predictions.sample,
                other.display()
            );
        }
        let (predictions_path, labels_path) = (predictions_path.clone(), labels_path.clone());
        samples.push(SampleInput { predictions_path, labels_path, predictions, labels });
    }
    Ok(samples)
}

/// Whether the labels are classes (0 and 1) or numbers; all samples must agree.
pub fn are_binary(samples: &[SampleInput]) -> anyhow::Result<bool> {
    let binary = samples.iter().all(|sample| sample.labels.is_binary());
    if !binary && let Some(classes) = samples.iter().find(|sample| sample.labels.is_binary()) {
        bail!(
            "{}: labels are 0 and 1 here, but numbers in another sample. Make all labels by the same method",
            classes.labels_path.display()
        );
    }
    Ok(binary)
}

impl SampleInput {
    /// The rows that have score, label and split, and the counts of those that have not; `all` are this sample and
    /// those that are judged with it.
    pub fn join<'a>(&'a self, split_of: &SplitOf, all: &[SampleInput]) -> anyhow::Result<Joined<'a>> {
        let others = all.iter().filter(|other| other.predictions.sample != self.predictions.sample);
        let others: Vec<ByGene<f64>> = others.map(|other| other.labels.log_expression()).collect();
        let label_of = self.labels.by_gene();
        let predicted: ByGene<()> = self.predictions.rows.iter().map(|row| (row.gene_id.as_str(), ())).collect();
        let mut genes = GeneCounts {
            not_predicted: label_of.keys().filter(|id| !predicted.contains_key(id)).count() as u64,
            ..GeneCounts::default()
        };
        if genes.not_predicted == label_of.len() as u64 {
            let example = |id: Option<&str>| id.unwrap_or_default().to_owned();
            bail!(
                "{} and {} share no gene: the first is {:?} in one, {:?} in the other. Check that both use the same gene ids (version suffixes?)",
                self.predictions_path.display(),
                self.labels_path.display(),
                example(self.predictions.rows.first().map(|row| row.gene_id.as_str())),
                example(self.labels.rows.first().map(|row| row.gene_id.as_str())),
            );
        }
        let mut rows = Rows::default();
        let mut raw_scores = Vec::new();
        for row in &self.predictions.rows {
            let id = row.gene_id.as_str();
            *genes.status.entry(row.status.name().to_owned()).or_default() += 1;
            match (row.score, label_of.get(id), split_of.get(id)) {
                (None, _, _) => {
                    genes.unscored += 1;
                    *genes.unscored_status.entry(row.status.name().to_owned()).or_default() += 1;
                }
                (_, None, _) => genes.unlabelled += 1,
                (_, _, None) => genes.not_in_splits += 1,
                (Some(score), Some(&label), Some(&split)) => {
                    rows.push(id, split, label, score);
                    rows.set_expression(expression_mean(&others, id));
                    raw_scores.extend(row.raw_score);
                }
            }
        }
        rows.raw_scores = (!rows.is_empty() && raw_scores.len() == rows.len()).then_some(raw_scores);
        genes.used = rows.len() as u64;
        let Predictions { sample, model, .. } = &self.predictions;
        Ok(Joined { sample, model: model.as_deref(), genes, rows })
    }
}

/// What became of the genes of all samples, and their rows: in one where one model has scored them all, else a
/// sample apart, for scores of different models cannot be ranked together.
pub fn all<'a>(samples: &[Joined<'a>]) -> (GeneCounts, Vec<Rows<'a>>) {
    let mut genes = GeneCounts::default();
    samples.iter().for_each(|joined| genes.add(&joined.genes));
    if !one_model(samples.iter().map(|joined| joined.model)) {
        return (genes, samples.iter().map(|joined| joined.rows.clone()).collect());
    }
    let mut pooled = Rows::default();
    for rows in samples.iter().map(|joined| &joined.rows) {
        for at in 0..rows.len() {
            pooled.push(rows.gene_ids[at], rows.splits[at], rows.labels[at], rows.scores[at]);
            pooled.set_expression(rows.expression[at]);
        }
    }
    let raw = samples.iter().map(|joined| joined.rows.raw_scores.clone()).collect::<Option<Vec<_>>>();
    pooled.raw_scores = raw.map(|raw| raw.concat());
    (genes, vec![pooled])
}

/// Says why the figures of all samples are means, if they are.
pub fn say_how_taken_together(inputs: &[SampleInput]) {
    if one_model(inputs.iter().map(|input| input.predictions.model.as_deref())) {
        return;
    }
    match inputs.iter().find(|input| input.predictions.model.is_none()) {
        None => tracing::info!(
            "the samples are scored by different models, whose scores cannot be ranked together: the figures of all are means over the samples"
        ),
        Some(unknown) => tracing::warn!(
            "{}: does not say which model has scored it (no column model): the figures of all are means over the samples, not of pooled scores",
            unknown.predictions_path.display()
        ),
    }
}

/// Counts the windows of a fold's genes that share bases with a training window; `genes` were read from `genes_bed`.
pub fn overlap(genes_bed: &Path, genes: &[Gene], split_of: &SplitOf, flank_bp: u32) -> anyhow::Result<Overlap> {
    let known: ByGene<()> = genes.iter().map(|gene| (gene.id.as_str(), ())).collect();
    let missing = split_of.keys().filter(|id| !known.contains_key(id)).min();
    if let Some(example) = missing {
        let count = split_of.keys().filter(|id| !known.contains_key(id)).count();
        bail!(
            "{}: lacks {count} of the {} genes of the splits, such as {example}. Give the genes that the splits were made from, or leave --genes out",
            genes_bed.display(),
            split_of.len()
        );
    }
    let of = |split: Split| -> Vec<&Tss> {
        genes.iter().filter(|gene| split_of.get(gene.id.as_str()) == Some(&split)).map(|gene| &gene.tss).collect()
    };
    let (train, valid, test) = (of(Split::Train), of(Split::Valid), of(Split::Test));
    let overlapping =
        |windows: &[&Tss]| overlapping_windows(windows, &train, flank_bp).into_iter().filter(|&yes| yes).count() as u64;
    Ok(Overlap {
        flank_bp,
        train_genes: train.len() as u64,
        valid_genes: valid.len() as u64,
        valid_overlapping_train: overlapping(&valid),
        test_genes: test.len() as u64,
        test_overlapping_train: overlapping(&test),
    })
}
