//! Training of baselines: a fit of each run, with the setting that is best on its validation genes.

use anyhow::Result;

use super::Args;
use super::provenance::{self, About};
use super::runs::{HISTORY_SUFFIX, ModelRun};
use super::samples::{self, TrainingSample};
use crate::io::table::write_table;
use crate::io::{self, FileError};
use crate::learn::ModelSpec;
use crate::learn::baseline::{BODY_MARK, Baseline, BaselineConfig, BaselineMethod, Fit, Labelled, Seen, Table};
use crate::matrix::{LayerName, Split};
use crate::stage::model_file;

/// Fits and writes a baseline a run, and beside it NAME.history.tsv with the setting that was chosen.
pub fn train(args: &Args, method: BaselineMethod, runs: &[ModelRun]) -> Result<()> {
    for run in runs {
        let config = config(args, method, &run.samples[0])?;
        let (train, labels) = rows(run, &config, Split::Train)?;
        let (valid, valid_labels) = rows(run, &config, Split::Valid)?;
        let size = config.shape().size();
        let seen = Seen::new((config.list(), config.is_log), train.chunks_exact(size));
        let [train, valid] = [&train, &valid].map(|rows| seen.table(rows.chunks_exact(size)));
        let chosen = method.choose(
            args.task(),
            Labelled { table: &train, labels: &labels },
            Labelled { table: &valid, labels: &valid_labels },
            args.options.seed,
        )?;
        let (setting, value) = chosen.setting;
        let (metric, short) = args.task().metric();
        let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
        tracing::info!("{name}kept {setting} {value}: valid {metric} {:.4}", chosen.valid_metric);
        let columns = ["setting", "value", &format!("valid_{short}")];
        let row = [setting.to_owned(), value.to_string(), format!("{:.6}", chosen.valid_metric)];
        write_table(&run.beside(HISTORY_SUFFIX), &columns, std::iter::once(row))?;
        let raw = scores(args, &chosen.fit, &valid);
        let of_valid: Vec<f32> = valid_labels.iter().map(|&label| label as f32).collect();
        let about = About {
            spec: ModelSpec::Table(config.clone()),
            members: Vec::new(),
            judged: provenance::judge(args, &of_valid, raw),
            genes: (labels.len(), valid_labels.len()),
            regime: None,
        };
        let model = Baseline { config, seen, fit: chosen.fit };
        model_file::save(&run.out, &provenance::header(args, run, about), &model)?;
    }
    Ok(())
}

/// What the model sees, of matrices like this one.
fn config(args: &Args, method: BaselineMethod, sample: &TrainingSample) -> Result<BaselineConfig> {
    let matrix = &sample.matrix;
    let has_body = sample.rows.has(LayerName::Body);
    let mut layers = match method {
        BaselineMethod::BodyMark => vec![LayerName::Body],
        BaselineMethod::MarkMeans if has_body => LayerName::SIGNAL.to_vec(),
        _ if args.options.layers.is_empty() => vec![LayerName::Window],
        _ => args.options.layers.clone(),
    };
    layers.sort_unstable();
    layers.dedup();
    layers.iter().try_for_each(|&layer| samples::check_has(&sample.rows, layer))?;
    let window = (matrix.n_marks(), matrix.n_bins());
    let features = args.options.features.unwrap_or_default();
    let mut config = BaselineConfig::new(method, window, features, args.transform().takes_logarithm(), layers);
    if method == BaselineMethod::BodyMark {
        let name = args.options.mark.as_deref().unwrap_or(BODY_MARK);
        let Some(mark) = matrix.marks.iter().position(|mark| mark == name) else {
            let problem = format!("has no mark {name}; it has {}", matrix.marks.join(", "));
            return Err(FileError::new(sample.path(), problem).remedy("Name one of its marks with --mark").into());
        };
        config.mark = Some(mark);
    }
    Ok(config)
}

/// Rows, transformed, and labels of a split, a sample at a time.
fn rows(run: &ModelRun, config: &BaselineConfig, split: Split) -> Result<(Vec<f32>, Vec<f64>)> {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for sample in &run.samples {
        let matrix = io::bins::read(sample.path())?;
        let (genes, of_sample): (Vec<usize>, Vec<f64>) =
            sample.genes.of(split).iter().map(|&(gene, label)| (gene, f64::from(label))).unzip();
        let own = run.transform.apply(&matrix, &config.layers, &genes);
        rows.extend(own.map_err(|error| FileError::new(sample.path(), error.to_string()))?);
        labels.extend(of_sample);
    }
    Ok((rows, labels))
}

/// The model's scores of a table's genes.
fn scores(args: &Args, fit: &Fit, table: &Table) -> Vec<f32> {
    table.rows().map(|row| args.task().score(fit.output(row) as f32)).collect()
}
