//! The genes that a training is fed with: all in memory, or streamed from the matrices.

use std::sync::Arc;

use anyhow::Result;

use super::samples::Sample;
use super::shards::{MatrixShards, StreamedSample};
use crate::io::{self, FileError};
use crate::learn::{
    BadValue, FittedTransform, GeneDigest, GeneSet, GeneSource, MarkMeans, SHARD_BYTES, Stream, Transform, WINDOW_BYTES,
};
use crate::matrix::Split;

/// Training and validation genes with the transform fitted on the former.
pub struct Data {
    pub transform: FittedTransform,
    pub train: GeneSource,
    pub valid: GeneSource,
    /// Digests of the raw values and labels of the training and validation genes.
    pub digests: [GeneDigest; 2],
}

/// Reads all matrices once, from the first gene to the last, to fit the transform, to check every value
/// and to compute the digests; keeps the genes if they take at most three quarters of `memory` bytes,
/// else prepares to stream them.
pub fn gather(samples: &[Sample], transform: Transform, memory: u64) -> Result<Data> {
    let row_bytes = samples.first().map_or(0, |sample| 4 * sample.gene_size());
    let genes: usize = samples.iter().map(|sample| sample.genes.train.len() + sample.genes.valid.len()).sum();
    let bytes = genes as u64 * row_bytes as u64;
    let in_memory = bytes <= memory / 4 * 3;
    let mut survey = Survey::new(samples.first().map_or(0, |sample| sample.matrix.n_marks()));
    let mut kept = [GeneSet::default(), GeneSet::default()];
    let mut depths = Vec::new();
    for sample in samples {
        depths.push(survey.add(sample, transform, in_memory.then_some(&mut kept))?);
    }
    let fitted = FittedTransform::new(transform, &survey.training);
    let scales: Vec<Vec<f64>> = depths.iter().map(|depth| fitted.scales(depth)).collect();
    let [train, valid] = if in_memory {
        tracing::info!("{} are kept in memory", size_in_words(bytes));
        transform_kept(&fitted, samples, &scales, &mut kept)?;
        kept.map(GeneSource::InMemory)
    } else {
        let window = (WINDOW_BYTES / row_bytes.max(1)).max(1);
        tracing::info!(
            "{} of genes are more than three quarters of --memory: they are streamed, shuffled in a window of {window} genes",
            size_in_words(bytes)
        );
        streamed(&fitted, samples, scales, (SHARD_BYTES / row_bytes.max(1)).max(1))
            .map(|shards| GeneSource::Streamed(Stream::new(Arc::new(shards), window)))
    };
    Ok(Data { transform: fitted, train, valid, digests: survey.digests })
}

/// What is learnt from reading all matrices once.
struct Survey {
    training: MarkMeans,
    /// Of training and validation genes.
    digests: [GeneDigest; 2],
}

impl Survey {
    fn new(n_marks: usize) -> Self {
        Survey { training: MarkMeans::new(n_marks), digests: Default::default() }
    }

    /// Adds a sample, keeps its raw genes if there is where to, and returns its depth: the means over all
    /// its scorable genes.
    fn add(&mut self, sample: &Sample, transform: Transform, mut kept: Option<&mut [GeneSet; 2]>) -> Result<MarkMeans> {
        let (size, n_genes) = (sample.gene_size(), sample.matrix.status.len());
        let mut depth = MarkMeans::new(sample.matrix.n_marks());
        let mut left = [sample.genes.train.as_slice(), &sample.genes.valid];
        let step = (SHARD_BYTES / (4 * size)).max(1);
        for first in (0..n_genes).step_by(step) {
            let values = sample.rows.read(first..(first + step).min(n_genes))?;
            for (row, gene) in (first..).zip(values.chunks_exact(size)) {
                if sample.matrix.status[row].is_scorable() {
                    depth.add(gene);
                }
                for (set, genes) in left.iter_mut().enumerate() {
                    let Some(((_, label), after)) = genes.split_first().filter(|((next, _), _)| *next == row) else {
                        continue;
                    };
                    *genes = after;
                    transform
                        .check_gene(sample.matrix.n_bins(), gene)
                        .map_err(|bad| bad_value(sample.rows.path(), row, &bad))?;
                    if set == 0 {
                        self.training.add(gene);
                    }
                    self.digests[set].add(gene, *label);
                    if let Some(kept) = &mut kept {
                        kept[set].push(gene, *label);
                    }
                }
            }
        }
        Ok(depth)
    }
}

fn transform_kept(
    fitted: &FittedTransform,
    samples: &[Sample],
    scales: &[Vec<f64>],
    kept: &mut [GeneSet; 2],
) -> Result<()> {
    for (set, split) in kept.iter_mut().zip([Split::Train, Split::Valid]) {
        let mut rest = set.values.as_mut_slice();
        for (sample, scales) in samples.iter().zip(scales) {
            for &(row, _) in sample.genes.of(split) {
                let (gene, after) = rest.split_at_mut(sample.gene_size());
                rest = after;
                fitted.apply_to_gene(scales, gene).map_err(|bad| bad_value(sample.rows.path(), row, &bad))?;
            }
        }
    }
    Ok(())
}

fn streamed(
    fitted: &FittedTransform,
    samples: &[Sample],
    scales: Vec<Vec<f64>>,
    shard_rows: usize,
) -> [MatrixShards; 2] {
    let sample = |(sample, scales): (&Sample, Vec<f64>)| StreamedSample {
        rows: sample.rows.clone(),
        genes: sample.genes.clone(),
        scales,
        size: sample.gene_size(),
    };
    let samples: Arc<[StreamedSample]> = samples.iter().zip(scales).map(sample).collect();
    [Split::Train, Split::Valid].map(|split| MatrixShards::new(samples.clone(), split, fitted.clone(), shard_rows))
}

/// The error at a value, with the gene's name, which is looked up in the file.
pub fn bad_value(path: &std::path::Path, row: usize, bad: &BadValue) -> FileError {
    match io::bins::open(path) {
        Ok((matrix, _)) => FileError::new(path, bad.at(row, &matrix).to_string()),
        Err(error) => error,
    }
}

fn size_in_words(bytes: u64) -> String {
    let (unit, name) = [(1u64 << 30, "GiB"), (1 << 20, "MiB")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit)
        .unwrap_or((1 << 10, "KiB"));
    format!("{:.1} {name}", bytes as f64 / unit as f64)
}

/// Bytes from text such as 2G, 500M, 64k or 4096, in powers of 1,024.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        Some((at, 'T' | 't')) => (&text[..at], 40),
        _ => (text, 0),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    size.ok_or_else(|| "expected a whole number of bytes, or one followed by k, M, G or T".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(
            ["0", "4096", "64k", "500M", "2G", "1t"].map(|text| parse_size(text).unwrap()),
            [0, 4096, 65_536, 524_288_000, 2_147_483_648, 1_099_511_627_776]
        );
        assert!(["", "G", "1.5G", "2GB", "-1", "99999999999G", "µ"].iter().all(|text| parse_size(text).is_err()));
        assert_eq!(size_in_words(3 << 29), "1.5 GiB");
        assert_eq!(size_in_words(512), "0.5 KiB");
    }
}
