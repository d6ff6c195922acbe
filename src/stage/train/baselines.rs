//! Training of baselines: a fit of each run, with the setting that is best on its validation genes.

use anyhow::Result;

use super::Args;
use super::provenance::{self, About};
use super::runs::{HISTORY_SUFFIX, ModelRun};
use crate::io::table::write_table;
use crate::learn::baseline::{Baseline, BaselineConfig, BaselineMethod, Labelled, Table};
use crate::learn::{GeneSource, ModelSpec, TrainError, TrainingData};
use crate::stage::model_file;

/// Fits and writes a baseline a run, and beside it NAME.history.tsv with the setting that was chosen.
pub fn train(args: &Args, method: BaselineMethod, runs: &[ModelRun], data: &TrainingData) -> Result<()> {
    for (set, run) in runs.iter().enumerate() {
        let matrix = &run.samples[0].matrix;
        let window = (matrix.n_marks(), matrix.n_bins());
        let config = BaselineConfig::new(
            method,
            window,
            args.options.features.unwrap_or_default(),
            args.transform().takes_logarithm(),
        );
        let (train, valid) = (table(&config, &data.train, set)?, table(&config, &data.valid, set)?);
        let chosen = method.choose(
            args.task(),
            Labelled { table: &train.0, labels: &train.1 },
            Labelled { table: &valid.0, labels: &valid.1 },
            args.options.seed,
        )?;
        let (setting, value) = chosen.setting;
        let (metric, short) = args.task().metric();
        let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
        tracing::info!("{name}kept {setting} {value}: valid {metric} {:.4}", chosen.valid_metric);
        let columns = ["setting", "value", &format!("valid_{short}")];
        let row = [setting.to_owned(), value.to_string(), format!("{:.6}", chosen.valid_metric)];
        write_table(&run.beside(HISTORY_SUFFIX), &columns, std::iter::once(row))?;
        let model = Baseline { config, fit: chosen.fit };
        let raw = provenance::valid_scores(args.task(), (data, set), &model)?;
        let about = About {
            spec: ModelSpec::Table(model.config.clone()),
            members: Vec::new(),
            judged: provenance::judge(args, data.valid.labels(set), raw),
            genes: (data.train.len(set), data.valid.len(set)),
            regime: None,
        };
        model_file::save(&run.out, &provenance::header(args, run, about), &model)?;
    }
    Ok(())
}

/// Features and labels of a set.
fn table(config: &BaselineConfig, source: &GeneSource, set: usize) -> Result<(Table, Vec<f64>), TrainError> {
    let mut table = config.table(&[]);
    source.for_each(set, |genes| {
        table.append(&config.table(&genes.values));
        Ok(())
    })?;
    Ok((table, source.labels(set).iter().map(|&label| f64::from(label)).collect()))
}
