//! Training of models of the words of sequences: a fit of each run, with the setting that is best on its validation
//! sequences.

use anyhow::{Result, anyhow};

use super::Args;
use super::provenance::{self, About};
use super::runs::{HISTORY_SUFFIX, ModelRun};
use crate::io::table::write_table;
use crate::learn::kmer::{KmerMethod, KmerModel, KmerModelConfig, LabelledSequences, letters};
use crate::learn::{GeneSource, ModelSpec, TrainingData};
use crate::matrix::LayerName;
use crate::stage::model_file;

impl Args {
    /// What the words of a run's sequences are.
    pub(super) fn words(&self, method: KmerMethod, n_bases: usize) -> KmerModelConfig {
        let chosen = (self.options.kmer_length, self.options.mismatches);
        KmerModelConfig::new(method, n_bases, chosen, self.options.strands.unwrap_or_default())
    }
}

/// Fits and writes a model a run, and beside it NAME.history.tsv with the setting that was chosen.
pub fn train(args: &Args, method: KmerMethod, runs: &[ModelRun], data: &TrainingData) -> Result<()> {
    let (metric, short) = args.task().metric();
    for (set, run) in runs.iter().enumerate() {
        let config = args.words(method, n_bases(run)?);
        let [train, valid] = read(run, (data, set))?;
        warn_of_short(&config, [&train, &valid])?;
        let (model, choice) = KmerModel::choose(config.clone(), args.task(), &train, &valid)?;
        let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
        tracing::info!(
            "{name}kept C {} of words of {} letters, {} of which may differ: valid {metric} {:.4}",
            choice.value,
            config.kmer_length,
            config.mismatches,
            choice.valid_metric
        );
        let columns = ["setting", "value", &format!("valid_{short}")];
        let row = ["C".to_owned(), choice.value.to_string(), format!("{:.6}", choice.valid_metric)];
        write_table(&run.beside(HISTORY_SUFFIX), &columns, std::iter::once(row))?;
        let raw = provenance::valid_scores(args.task(), (data, set), &model)?;
        let labels = data.valid.labels(set).iter().copied();
        let (labels, raw): (Vec<f32>, Vec<f32>) = labels.zip(raw).filter(|(_, raw)| !raw.is_nan()).unzip();
        let about = About {
            spec: ModelSpec::Kmers(config),
            members: Vec::new(),
            judged: provenance::judge(args, &labels, raw),
            genes: (train.labels.len(), valid.labels.len()),
            regime: None,
        };
        model_file::save(&run.out, &provenance::header(args, run, about), &model)?;
    }
    Ok(())
}

/// Bases of a row of a run.
pub(super) fn n_bases(run: &ModelRun) -> Result<usize> {
    let part = run.samples[0].shape.part(LayerName::Sequence);
    Ok(part.ok_or_else(|| anyhow!("no sequence"))?.positions)
}

/// The training and the validation sequences of the `set`-th run.
pub(super) fn read(run: &ModelRun, (data, set): (&TrainingData, usize)) -> Result<[LabelledSequences; 2]> {
    let n_bases = n_bases(run)?;
    Ok([sequences(&data.train, set, n_bases)?, sequences(&data.valid, set, n_bases)?])
}

/// Says how many sequences have no word of a model's length.
pub(super) fn warn_of_short(config: &KmerModelConfig, [train, valid]: [&LabelledSequences; 2]) -> Result<()> {
    let kmers = config.kmers()?;
    for (name, of) in [("training", train), ("validation", valid)] {
        let without = of.sequences.iter().filter(|letters| !kmers.has_word(letters)).count();
        if without > 0 {
            tracing::warn!(
                "{without} of {} {name} sequences have no {} known letters in a row: they are left out",
                of.sequences.len(),
                config.kmer_length
            );
        }
    }
    Ok(())
}

/// The sequences of a run, in the order of its files.
fn sequences(source: &GeneSource, set: usize, n_bases: usize) -> Result<LabelledSequences> {
    let mut all = LabelledSequences::default();
    source.for_each(set, |genes| {
        all.sequences.extend(letters(&genes.values, n_bases));
        Ok(())
    })?;
    all.labels = source.labels(set).iter().map(|&label| f64::from(label)).collect();
    Ok(all)
}
