//! Shards of a streamed training set: runs of rows of the samples' matrix files.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::io::bins::LayerRows;
use crate::io::{self, FileError};
use crate::learn::{BadValue, FittedTransform, GeneSet, Measure, Selection, ShardError, Shards, fill};
use crate::matrix::{RowShape, Split};

/// A sample whose values stay in its file.
pub struct StreamedSample {
    pub rows: LayerRows,
    pub genes: Arc<Selection>,
    /// What its values are measured by.
    pub measure: Measure,
    /// What is read of a gene.
    pub shape: RowShape,
}

/// The genes of one split of all samples.
pub struct MatrixShards {
    samples: Arc<[StreamedSample]>,
    split: Split,
    transform: FittedTransform,
    /// What stands for numbers that a gene lacks; empty where they stay missing.
    missing: Vec<f32>,
    /// Sample, and which of its genes.
    shards: Vec<(usize, Range<usize>)>,
    n_genes: Vec<usize>,
}

impl MatrixShards {
    /// Cuts each sample's genes so that a shard needs at most `shard_rows` rows in a row.
    pub fn new(samples: Arc<[StreamedSample]>, split: Split, transform: FittedTransform, shard_rows: usize) -> Self {
        let mut shards = Vec::new();
        for (at, sample) in samples.iter().enumerate() {
            let genes = sample.genes.of(split);
            let mut start = 0;
            while let Some(&(first, _)) = genes.get(start) {
                let end = genes.partition_point(|&(row, _)| row < first + shard_rows);
                shards.push((at, start..end));
                start = end;
            }
        }
        let n_genes = shards.iter().map(|(_, genes)| genes.len()).collect();
        MatrixShards { samples, split, transform, missing: Vec::new(), shards, n_genes }
    }

    /// The same with what stands for numbers that a gene lacks.
    pub fn with_missing(self, missing: &[f32]) -> Self {
        MatrixShards { missing: missing.to_vec(), ..self }
    }
}

impl fmt::Debug for MatrixShards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} shards of {} samples", self.shards.len(), self.samples.len())
    }
}

impl Shards for MatrixShards {
    fn n_genes(&self) -> &[usize] {
        &self.n_genes
    }

    fn read(&self, shard: usize) -> Result<GeneSet, ShardError> {
        let failed = |error| ShardError(Box::new(error));
        let (sample, genes) = &self.shards[shard];
        let sample = &self.samples[*sample];
        let genes = &sample.genes.of(self.split)[genes.clone()];
        let mut set = GeneSet::default();
        let (Some(&(first, _)), Some(&(last, _))) = (genes.first(), genes.last()) else { return Ok(set) };
        let (mut values, size) =
            (sample.rows.read_rows(&sample.shape, first..last + 1).map_err(failed)?, sample.shape.size());
        for &(row, label) in genes {
            let gene = &mut values[(row - first) * size..][..size];
            let checked = self.transform.apply_to_row(&sample.measure, &sample.shape, gene);
            checked.map_err(|bad| failed(bad_value(sample.rows.path(), row, &bad)))?;
            fill(gene, &self.missing);
            set.push_with(gene, label, sample.genes.expression.get(&row).copied());
        }
        Ok(set)
    }
}

/// The error at a value, with the gene's name, which is looked up in the file.
pub fn bad_value(path: &std::path::Path, row: usize, bad: &BadValue) -> FileError {
    match io::bins::open(path) {
        Ok((matrix, _)) => FileError::new(path, bad.at(row, &matrix).to_string()),
        Err(error) => error,
    }
}
