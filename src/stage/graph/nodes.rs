//! Nodes of binned signal: each mark in parts of the region, and expression.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::node::GraphNode;
use super::read::ContextFile;
use crate::graph::Place;
use crate::io::{self, FileError};
use crate::matrix::{Kind, LayerName, Matrix, Region};

/// Observations of one block are drawn together: genes whose TSSs are in the same of these.
const BLOCK_BP: u64 = 1_000_000;
/// A promoter reaches so far from the TSS.
const PROMOTER_BP: i64 = 1_000;

/// A part of the region that a mark's signal is averaged over
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodePart {
    /// Bins within 1 kb of the TSS
    Promoter,
    /// The gene from its TSS to its end, of bins made with --body
    Body,
    /// Bins of the window farther from the TSS
    Flank,
}

impl NodePart {
    fn name(self) -> &'static str {
        match self {
            NodePart::Promoter => "promoter",
            NodePart::Body => "body",
            NodePart::Flank => "flank",
        }
    }

    fn layer(self) -> LayerName {
        match self {
            NodePart::Promoter | NodePart::Flank => LayerName::Window,
            NodePart::Body => LayerName::Body,
        }
    }

    /// The positions of its layer.
    fn positions(self, matrix: &Matrix) -> Vec<usize> {
        let n = matrix.axis(self.layer()).n_positions();
        let half = i64::from(matrix.grid.bin_size_bp()) / 2;
        let is_near = |bin: &usize| (matrix.grid.offset_bp(*bin) + half).abs() <= PROMOTER_BP;
        match self {
            NodePart::Promoter => (0..n).filter(is_near).collect(),
            NodePart::Flank => (0..n).filter(|bin| !is_near(bin)).collect(),
            NodePart::Body => (0..n).collect(),
        }
    }
}

/// Reads binned signal; each file is a context.
pub fn of_bins(bins: &[PathBuf], labels: &[PathBuf], parts: &[NodePart]) -> Result<Vec<ContextFile>> {
    let mut places = Places::default();
    bins.iter()
        .enumerate()
        .map(|(at, path)| of_file(path, labels.get(at).map(PathBuf::as_path), parts, &mut places))
        .collect()
}

fn of_file(path: &Path, labels: Option<&Path>, parts: &[NodePart], places: &mut Places) -> Result<ContextFile> {
    let matrix = io::bins::read(path)?;
    if matrix.kind != Kind::Signal {
        let found = format!("holds {}, expected signal", matrix.kind.name());
        return Err(FileError::new(path, found).remedy("Give bins of attentrack-bin").into());
    }
    let has_body = matrix.layer(LayerName::Body).is_some();
    let usual: &[NodePart] =
        if has_body { &[NodePart::Promoter, NodePart::Body] } else { &[NodePart::Promoter, NodePart::Flank] };
    let parts = if parts.is_empty() { usual } else { parts };
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
    for (mark, name) in matrix.marks.iter().enumerate() {
        for part in parts {
            if matrix.layer(part.layer()).is_none() {
                return Err(FileError::new(
                    path,
                    format!("has no signal along the genes, which --nodes {} asks for", part.name()),
                )
                .remedy("Make the bins with attentrack-bin --body")
                .into());
            }
            let positions = part.positions(&matrix);
            if positions.is_empty() {
                return Err(FileError::new(path, format!("has no bins for --nodes {}", part.name()))
                    .remedy("Leave this part out, or make bins of a window that has it")
                    .into());
            }
            nodes.push(GraphNode {
                name: format!("{name}.{}", part.name()),
                mark: Some(name.clone()),
                part: Some(part.name().to_owned()),
                group: Some(name.clone()),
            });
            let size = matrix.axis(part.layer()).n_positions();
            let mean = |&gene: &usize| mean(&matrix.row(part.layer(), gene)[mark * size..][..size], &positions);
            columns.push(genes.iter().map(mean).collect());
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
    Ok(ContextFile { path: path.to_owned(), name: matrix.sample, nodes, columns, places })
}

/// The mean over positions that have a value; NaN where none has.
fn mean(values: &[f32], positions: &[usize]) -> f64 {
    let known = || positions.iter().map(|&at| f64::from(values[at])).filter(|value| value.is_finite());
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
