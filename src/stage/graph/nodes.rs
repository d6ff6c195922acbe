//! Nodes of binned signal: each mark in parts of the region, and expression.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::node::GraphNode;
use super::part::{NodePart, Stretch};
use super::source::ContextSource;
use crate::graph::Place;
use crate::io::{self, FileError};
use crate::matrix::{Kind, Matrix, Region};

/// Observations of one block are drawn together: genes whose TSSs are in the same of these.
const BLOCK_BP: u64 = 1_000_000;

/// Reads binned signal, a sample a file.
pub fn of_bins(bins: &[PathBuf], labels: &[PathBuf], parts: &[NodePart]) -> Result<Vec<ContextSource>> {
    let mut places = Places::default();
    bins.iter()
        .enumerate()
        .map(|(at, path)| of_file(path, labels.get(at).map(PathBuf::as_path), parts, &mut places))
        .collect()
}

fn of_file(path: &Path, labels: Option<&Path>, parts: &[NodePart], places: &mut Places) -> Result<ContextSource> {
    let matrix = io::bins::read(path)?;
    if matrix.kind != Kind::Signal {
        let found = format!("holds {}, expected signal", matrix.kind.name());
        return Err(FileError::new(path, found).remedy("Give bins of attentrack-bin").into());
    }
    let usual = NodePart::usual(&matrix);
    let parts = if parts.is_empty() { &usual } else { parts };
    // a gene without data is not silent
    let has_data = |gene: &usize| matrix.status[*gene].has_data();
    let mut genes: Vec<usize> = (0..matrix.n_regions()).filter(has_data).collect();
    if genes.len() < matrix.n_regions() {
        tracing::info!("{}: {} of {} genes have data", path.display(), genes.len(), matrix.n_regions());
    }
    // neighbours on the genome stand side by side
    let order = |gene: &usize| matrix.regions[*gene].tss.as_ref().map(|tss| (tss.chrom.clone(), tss.position));
    genes.sort_by_cached_key(order);
    let (mut nodes, mut columns) = (Vec::new(), Vec::new());
    let mut stretches = Vec::new();
    for part in parts {
        stretches.extend(part.stretches(path, &matrix)?);
    }
    for (mark, name) in matrix.marks.iter().enumerate() {
        for stretch in &stretches {
            nodes.push(GraphNode {
                name: format!("{name}.{}", stretch.name),
                mark: Some(name.clone()),
                part: Some(stretch.name.clone()),
                group: Some(name.clone()),
            });
            columns.push(genes.iter().map(|&gene| mean_of(&matrix, stretch, mark, gene)).collect());
        }
    }
    if let Some(labels) = labels {
        let labels = io::labels::read(labels)?;
        let expression = labels.log_expression();
        let name = "expression".to_owned();
        nodes.push(GraphNode { name: name.clone(), mark: None, part: None, group: Some(name) });
        columns.push(
            genes.iter().map(|&gene| expression.get(&matrix.regions[gene].id).copied().unwrap_or(f64::NAN)).collect(),
        );
    }
    let places = genes.iter().map(|&gene| places.of(&matrix.regions[gene])).collect();
    let ids = genes.iter().map(|&gene| matrix.regions[gene].id.clone()).collect();
    Ok(ContextSource { path: path.to_owned(), name: matrix.sample, nodes, columns, places, ids })
}

/// The mean over positions that have a value; NaN where none has.
fn mean_of(matrix: &Matrix, stretch: &Stretch, mark: usize, gene: usize) -> f64 {
    let size = matrix.axis(stretch.layer).n_positions();
    let values = &matrix.row(stretch.layer, gene)[mark * size..][..size];
    let known = || stretch.positions.iter().map(|&at| f64::from(values[at])).filter(|value| value.is_finite());
    known().sum::<f64>() / known().count() as f64
}

/// Numbers of chromosomes and blocks, the same in all contexts.
#[derive(Default)]
struct Places {
    chroms: HashMap<String, usize>,
    blocks: HashMap<(String, u64), usize>,
    genes: HashMap<String, usize>,
}

impl Places {
    fn of(&mut self, region: &Region) -> Place {
        let Some(tss) = &region.tss else {
            // a gene of which nothing is known is a block, and all of them one chromosome
            let next = self.blocks.len() + self.genes.len();
            let block = *self.genes.entry(region.id.clone()).or_insert(next);
            return Place { chrom: usize::MAX, block };
        };
        let next = self.chroms.len();
        let chrom = *self.chroms.entry(tss.chrom.clone()).or_insert(next);
        let next = self.blocks.len() + self.genes.len();
        let block = *self.blocks.entry((tss.chrom.clone(), tss.position / BLOCK_BP)).or_insert(next);
        Place { chrom, block }
    }
}
