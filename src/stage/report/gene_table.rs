//! What is known of every gene: its scores, and where the model looks.

use std::collections::HashMap;

use serde::Serialize;

use super::figure::grouped;
use crate::genome::Gene;
use crate::matrix::track::TrackValues;
use crate::matrix::{Predictions, Split, Status};

/// The rows of the table, column by column, as the page's script reads them.
#[derive(Default, Serialize)]
pub struct GeneTable {
    /// Every gene of the predictions, once.
    pub genes: Vec<TableGene>,
    /// In the order of the predictions.
    pub samples: Vec<TableSample>,
    #[serde(skip)]
    places: HashMap<String, usize>,
}

/// A gene of the table.
#[derive(Serialize)]
pub struct TableGene {
    id: String,
    /// Symbol; the id where there is none.
    name: String,
    /// `chr1:1,001 +`, counted from 1; empty where it is not known.
    tss: String,
    split: Option<Split>,
}

/// One sample's columns, in the order of the genes; `null` of a gene that it lacks.
#[derive(Serialize)]
pub struct TableSample {
    /// Name.
    pub name: String,
    status: Vec<Option<Status>>,
    score: Vec<Option<f64>>,
    label: Vec<Option<f64>>,
    uncertain: Vec<bool>,
    looks_at: Vec<Option<LooksAt>>,
}

/// The mark of the highest mark attention, and of it the place of the highest corrected bin attention.
#[derive(Clone, Serialize)]
struct LooksAt {
    mark: String,
    /// `chr1:1,001-1,100`, counted from 1, or what is known of it.
    place: String,
    /// Its attention in even shares of the mark's places.
    share: f64,
}

impl GeneTable {
    /// Adds a sample's predictions, with what is known of its genes: label and split.
    pub fn add(
        &mut self,
        predictions: &Predictions,
        label: impl Fn(&str) -> Option<f64>,
        split: impl Fn(&str) -> Option<Split>,
    ) {
        for row in &predictions.rows {
            let at = self.genes.len();
            if *self.places.entry(row.gene_id.clone()).or_insert(at) == at {
                self.genes.push(TableGene {
                    id: row.gene_id.clone(),
                    name: row.gene_name.clone().unwrap_or_else(|| row.gene_id.clone()),
                    tss: String::new(),
                    split: split(&row.gene_id),
                });
            }
        }
        let mut sample = TableSample {
            name: predictions.sample.clone(),
            status: Vec::new(),
            score: Vec::new(),
            label: Vec::new(),
            uncertain: Vec::new(),
            looks_at: Vec::new(),
        };
        sample.resize(self.genes.len());
        for row in &predictions.rows {
            let at = self.places[&row.gene_id];
            sample.status[at] = Some(row.status);
            sample.score[at] = row.score.map(rounded);
            sample.label[at] = label(&row.gene_id);
            sample.uncertain[at] = row.uncertain == Some(true);
        }
        self.samples.push(sample);
        let genes = self.genes.len();
        self.samples.iter_mut().for_each(|sample| sample.resize(genes));
    }

    /// Says where the genes are.
    pub fn place(&mut self, genes: &[Gene]) {
        for gene in genes {
            if let Some(&at) = self.places.get(&gene.id) {
                let tss = &gene.tss;
                self.genes[at].tss = format!("{}:{} {}", tss.chrom, grouped(tss.position + 1), tss.strand);
            }
        }
    }

    /// Adds where the model looks, from a sample's corrected attention.
    pub fn look(&mut self, values: &TrackValues) {
        let matrix = values.matrix();
        let Some(sample) = self.samples.iter_mut().find(|sample| sample.name == matrix.sample) else { return };
        for (gene, region) in matrix.regions.iter().enumerate() {
            let Some(&at) = self.places.get(&region.id) else { continue };
            sample.looks_at[at] = looks_at(values, gene);
        }
    }

    /// Scores of all samples.
    pub fn counts(&self) -> ScoreCounts {
        let mut counts = ScoreCounts::default();
        for sample in &self.samples {
            counts.scores += sample.score.iter().flatten().count();
            counts.uncertain += sample.uncertain.iter().filter(|&&is_uncertain| is_uncertain).count();
            let rows = sample.status.iter().zip(&sample.score);
            counts.without += rows.filter(|(status, score)| status.is_some() && score.is_none()).count();
        }
        counts
    }

    /// Genes that at least one sample has a score of.
    pub fn scored(&self) -> usize {
        let has_score = |at: usize| self.samples.iter().any(|sample| sample.score[at].is_some());
        (0..self.genes.len()).filter(|&at| has_score(at)).count()
    }
}

/// How many rows of all samples have what.
#[derive(Default)]
pub struct ScoreCounts {
    /// A score.
    pub scores: usize,
    /// One that may as well lie on the other side of the threshold.
    pub uncertain: usize,
    /// None.
    pub without: usize,
}

impl TableSample {
    fn resize(&mut self, genes: usize) {
        self.status.resize(genes, None);
        self.score.resize(genes, None);
        self.label.resize(genes, None);
        self.uncertain.resize(genes, false);
        self.looks_at.resize(genes, None);
    }
}

/// `None` of a gene without attention, and of a model without mark attention where it has several marks.
fn looks_at(values: &TrackValues, gene: usize) -> Option<LooksAt> {
    let channels = values.channels();
    let weight = |channel: usize| if channels.len() == 1 { 1.0 } else { values.mark_attention(gene, channel) };
    let marks = (0..channels.len()).filter(|&channel| weight(channel).is_finite());
    let channel = marks.max_by(|&a, &b| weight(a).total_cmp(&weight(b)).then(b.cmp(&a)))?;
    let axis = channels[channel].axis;
    let shares = (0..axis.n_positions()).map(|position| (position, values.corrected(gene, channel, position)));
    let (position, share) =
        shares.filter(|(_, share)| share.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let region = &values.matrix().regions[gene];
    let place = match (axis.interval(region, position), &region.tss) {
        (Some(bases), Some(tss)) => {
            format!("{}:{}-{}", tss.chrom, grouped((bases.start + 1).max(1) as u64), grouped(bases.end.max(1) as u64))
        }
        _ => axis.span_bp(region, position).map(|span| format!("{:+} bp", span.start)).unwrap_or_default(),
    };
    let share = rounded(f64::from(share) * axis.n_positions() as f64);
    Some(LooksAt { mark: channels[channel].name.clone(), place, share })
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
