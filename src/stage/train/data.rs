//! The genes that a training is fed with: all in memory, or streamed from the matrices.

use std::sync::Arc;

use anyhow::{Result, bail};
use candle_core::Device;

use super::Args;
use super::samples::TrainingSample;
use super::shards::{MatrixShards, StreamedSample, bad_value};
use crate::io;
use crate::learn::{
    DeviceGenes, FittedTransform, GeneDigest, GeneMeans, GeneSet, GeneSource, MarkMeans, Measure, RowMeans,
    SHARD_BYTES, Stream, StreamedGenes, TrainingData, Transform, WINDOW_BYTES, fill,
};
use crate::matrix::{LayerName, Split};

/// The genes of all runs, and what was learnt of them.
pub struct Data {
    pub genes: TrainingData,
    /// One a run.
    pub fitted: Vec<Fitted>,
    /// How genes are shuffled, in words: a training can only be resumed with the same shuffle.
    pub shuffle: String,
}

/// What was learnt of the genes of one run.
pub struct Fitted {
    pub transform: FittedTransform,
    /// What stands for numbers that a gene's row lacks: their means over the training genes, transformed. Empty where
    /// windows alone are read.
    pub missing: Vec<f32>,
    /// By mark, of the inputs of the samples' genes.
    pub input_quantiles: Vec<Vec<f64>>,
    /// Digests of the raw values and labels of the training and validation genes.
    pub digests: [GeneDigest; 2],
}

/// Reads all matrices once, from the first gene to the last, to fit each run's transform, to check every
/// value and to compute the digests; keeps the genes if they take at most three quarters of --memory,
/// else prepares to stream them.
pub fn gather(args: &Args, runs: &[&[TrainingSample]], device: &Device) -> Result<Data> {
    let first = &runs[0][0];
    let row_bytes = 4 * first.gene_size();
    let n_genes =
        |samples: &[TrainingSample], split| samples.iter().map(|sample| sample.genes.of(split).len()).sum::<usize>();
    let both = |samples: &&[TrainingSample]| n_genes(samples, Split::Train) + n_genes(samples, Split::Valid);
    let bytes = (runs.iter().map(both).sum::<usize>() * row_bytes) as u64;
    let in_memory = bytes <= args.options.memory.0 / 4 * 3;
    let window_genes = (WINDOW_BYTES / row_bytes).max(1);
    let shuffle = if in_memory {
        tracing::info!("{} of genes are kept in memory", size_in_words(bytes));
        "of all genes in memory".to_owned()
    } else {
        tracing::info!(
            "{} of genes are more than three quarters of --memory: they are streamed, shuffled in a window of {window_genes} genes",
            size_in_words(bytes)
        );
        let windows = |samples: &&[TrainingSample]| n_genes(samples, Split::Train).min(window_genes) * row_bytes;
        let windows = runs.iter().map(windows);
        let side_by_side = args.model.defaults.side_by_side;
        let at_once = if side_by_side { windows.sum() } else { windows.max().unwrap_or(0) };
        check_windows(args, at_once as u64 * u64::from(args.n_networks()))?;
        format!("streamed through a window of {window_genes} genes (--memory)")
    };
    let (mut fitted, mut kept, mut streams) = (Vec::new(), [Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for samples in runs {
        let mut genes =
            in_memory.then(|| SPLITS.map(|split| GeneSet::with_capacity(n_genes(samples, split), row_bytes / 4)));
        let mut survey = Survey::new(first.matrix.n_marks());
        let depths: Result<Vec<_>> =
            samples.iter().map(|sample| survey.add(sample, args.transform(), genes.as_mut())).collect();
        let (mut transform, depths) = (FittedTransform::new(args.transform(), &survey.training), depths?);
        let measure = |(sample, depth): (&TrainingSample, &MarkMeans)| {
            transform.measure_training(&sample.matrix, depth, || io::bins::read(sample.path()))
        };
        let measures = samples.iter().zip(&depths).map(measure).collect::<io::Result<Vec<Measure>>>()?;
        let input_quantiles = input_quantiles(&transform, samples, &measures)?;
        let reads_bodies = first.shape.parts().len() > 1;
        let mut means = reads_bodies.then(|| RowMeans::new(first.gene_size()));
        let missing;
        if let Some(mut genes) = genes {
            transform_kept(&transform, samples, &measures, &mut genes)?;
            let training = genes[0].values.chunks_exact(first.gene_size());
            means.iter_mut().for_each(|means| training.clone().for_each(|row| means.add(row)));
            missing = means.map_or_else(Vec::new, |means| means.means());
            genes.iter_mut().for_each(|genes| fill(&mut genes.values, &missing));
            kept.iter_mut().zip(genes).for_each(|(kept, genes)| kept.push(genes));
        } else {
            let streamed = |missing: &[f32]| {
                streamed((&transform, missing), samples, &measures, (SHARD_BYTES / row_bytes).max(1), window_genes)
            };
            if let Some(means) = &mut means {
                for shard in streamed(&[])[0].in_order() {
                    shard?.values.chunks_exact(first.gene_size()).for_each(|row| means.add(row));
                }
            }
            missing = means.map_or_else(Vec::new, |means| means.means());
            let new = streamed(&missing);
            streams.iter_mut().zip(new).for_each(|(streams, stream)| streams.push(stream));
        }
        fitted.push(Fitted { transform, missing, input_quantiles, digests: survey.digests });
    }
    let row = args.config(runs[0]).map_or_else(|| vec![first.gene_size()], |config| config.row());
    let [train, valid] = if in_memory {
        let [train, valid] = kept.map(|sets| DeviceGenes::new(sets, &row, device));
        [train?, valid?].map(GeneSource::OnDevice)
    } else {
        streams.map(|sets| GeneSource::Streamed(StreamedGenes::new(sets, &row, device)))
    };
    Ok(Data { genes: TrainingData { train, valid }, fitted, shuffle })
}

const SPLITS: [Split; 2] = [Split::Train, Split::Valid];

/// Each model has a shuffle window of its own, so that it does not depend on the others.
fn check_windows(args: &Args, bytes: u64) -> Result<()> {
    if bytes > args.options.memory.0.max(2 << 30) / 2 {
        bail!(
            "the shuffle windows of the models take {}, more than half of --memory. Train fewer models in a call, or give --memory {}G",
            size_in_words(bytes),
            (2 * bytes).div_ceil(1 << 30)
        );
    }
    Ok(())
}

/// What is learnt from reading all matrices once.
struct Survey {
    training: MarkMeans,
    /// Digests of training and validation genes.
    digests: [GeneDigest; 2],
}

impl Survey {
    fn new(n_marks: usize) -> Self {
        Survey { training: MarkMeans::new(n_marks), digests: Default::default() }
    }

    /// Adds a sample, keeps its raw genes if there is where to, and returns its depth: the means over all
    /// its scorable genes.
    fn add(
        &mut self,
        sample: &TrainingSample,
        transform: Transform,
        mut kept: Option<&mut [GeneSet; 2]>,
    ) -> Result<MarkMeans> {
        let (size, n_genes) = (sample.gene_size(), sample.matrix.status.len());
        let window = sample.shape.part(LayerName::Window).map_or(0..0, |part| part.range.clone());
        let mut depth = MarkMeans::new(sample.matrix.n_marks());
        let mut left = [sample.genes.train.as_slice(), &sample.genes.valid];
        let step = (SHARD_BYTES / (4 * size)).max(1);
        for first in (0..n_genes).step_by(step) {
            let values = sample.rows.read_rows(&sample.shape, first..(first + step).min(n_genes))?;
            for (row, gene) in (first..).zip(values.chunks_exact(size)) {
                if sample.matrix.status[row].is_scorable() {
                    depth.add(&gene[window.clone()]);
                }
                for (set, genes) in left.iter_mut().enumerate() {
                    let Some(((_, label), after)) = genes.split_first().filter(|((next, _), _)| *next == row) else {
                        continue;
                    };
                    *genes = after;
                    for part in sample.shape.parts().iter().filter(|part| part.layer.holds_signal()) {
                        transform
                            .check_gene(part.positions, &gene[part.range.clone()])
                            .map_err(|bad| bad_value(sample.path(), row, &bad))?;
                    }
                    if set == 0 {
                        self.training.add(&gene[window.clone()]);
                    }
                    self.digests[set].add(gene, *label);
                    let expression = sample.genes.expression.get(&row).copied();
                    if let Some(expression) = expression {
                        self.digests[set].add_expression(expression);
                    }
                    if let Some(kept) = &mut kept {
                        kept[set].push_with(gene, *label, expression);
                    }
                }
            }
        }
        Ok(depth)
    }
}

/// What the inputs of the samples' genes are, of at most 4,096 of them, evenly spaced: all genes with signal,
/// labelled or not, as all are scored of a new sample.
fn input_quantiles(
    fitted: &FittedTransform,
    samples: &[TrainingSample],
    measures: &[Measure],
) -> Result<Vec<Vec<f64>>> {
    const GENES: usize = 4096;
    if samples.iter().any(|sample| !sample.rows.has(LayerName::Window)) {
        return Ok(Vec::new());
    }
    let step = samples.iter().map(|sample| sample.matrix.status.len()).sum::<usize>().div_ceil(GENES).max(1);
    let mut means = GeneMeans::new(samples[0].matrix.n_marks());
    let window = samples[0].matrix.row_shape(&[LayerName::Window]);
    let genes = samples.iter().zip(measures);
    let genes =
        genes.flat_map(|(sample, measure)| (0..sample.matrix.status.len()).map(move |row| (sample, measure, row)));
    for (sample, measure, row) in genes.step_by(step) {
        let status = sample.matrix.status[row];
        let mut gene = sample.rows.read(LayerName::Window, row..row + 1)?;
        // a value that cannot be transformed is an error of the genes that are trained on, and of no others
        if status.has_data() && fitted.apply_to_row(measure, &window, &mut gene).is_ok() {
            means.add(&gene);
        }
    }
    Ok(means.quantiles())
}

fn transform_kept(
    fitted: &FittedTransform,
    samples: &[TrainingSample],
    measures: &[Measure],
    kept: &mut [GeneSet; 2],
) -> Result<()> {
    for (set, split) in kept.iter_mut().zip(SPLITS) {
        let mut rest = set.values.as_mut_slice();
        for (sample, measure) in samples.iter().zip(measures) {
            for &(row, _) in sample.genes.of(split) {
                let (gene, after) = rest.split_at_mut(sample.gene_size());
                rest = after;
                let applied = fitted.apply_to_row(measure, &sample.shape, gene);
                applied.map_err(|bad| bad_value(sample.path(), row, &bad))?;
            }
        }
    }
    Ok(())
}

/// The training and validation genes of one run.
fn streamed(
    (fitted, missing): (&FittedTransform, &[f32]),
    samples: &[TrainingSample],
    measures: &[Measure],
    shard_rows: usize,
    window_genes: usize,
) -> [Stream; 2] {
    let sample = |(sample, measure): (&TrainingSample, &Measure)| StreamedSample {
        rows: sample.rows.clone(),
        genes: sample.genes.clone(),
        measure: measure.clone(),
        shape: sample.shape.clone(),
    };
    let streamed: Arc<[StreamedSample]> = samples.iter().zip(measures).map(sample).collect();
    SPLITS.map(|split| {
        let labels = samples.iter().flat_map(|sample| sample.genes.of(split)).map(|&(_, label)| label).collect();
        let shards = MatrixShards::new(streamed.clone(), split, fitted.clone(), shard_rows).with_missing(missing);
        Stream::new(Arc::new(shards), labels, window_genes)
    })
}

fn size_in_words(bytes: u64) -> String {
    let (unit, name) = [(1u64 << 30, "GiB"), (1 << 20, "MiB")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit)
        .unwrap_or((1 << 10, "KiB"));
    format!("{:.1} {name}", bytes as f64 / unit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_units() {
        assert_eq!(size_in_words(3 << 29), "1.5 GiB");
        assert_eq!(size_in_words(512), "0.5 KiB");
    }
}
