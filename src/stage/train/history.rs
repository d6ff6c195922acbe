//! How training went, for the log and for the history file.

use std::path::Path;

use crate::io::{self, history::HistoryRow};
use crate::learn::{EpochRecord, Task, TrainingState};

/// One line an epoch: the numbers of the model, or the means and the range of several.
pub fn report(task: Task, records: &[EpochRecord]) {
    let Some(first) = records.first() else { return };
    let mean = |number: fn(&EpochRecord) -> f64| records.iter().map(number).sum::<f64>() / records.len() as f64;
    let (train_loss, valid_loss) = (mean(|record| record.train_loss), mean(|record| record.valid_loss));
    let (name, metrics) = (task.metric().0, || records.iter().map(|record| record.valid_metric));
    let metric = match records.len() {
        1 => format!("valid {name} {:.4}", first.valid_metric),
        models => format!(
            "valid {name} {:.4} ({:.4} to {:.4}), {models} models",
            mean(|record| record.valid_metric),
            metrics().fold(f64::INFINITY, f64::min),
            metrics().fold(f64::NEG_INFINITY, f64::max)
        ),
    };
    tracing::info!("epoch {:>3}: train loss {train_loss:.4}, valid loss {valid_loss:.4}, {metric}", first.epoch);
}

/// One row an epoch; of an ensemble, one a member and epoch, after a column with the seed.
pub fn write(path: &Path, task: Task, seeds: &[u64], states: &[TrainingState]) -> io::Result<()> {
    let is_ensemble = states.len() > 1;
    let records = seeds.iter().zip(states).flat_map(|(seed, state)| state.history.iter().map(move |r| (seed, r)));
    let rows = records.map(|(&seed, record)| {
        let row = HistoryRow {
            seed: is_ensemble.then_some(seed),
            epoch: record.epoch,
            train_loss: record.train_loss,
            valid_loss: record.valid_loss,
            learning_rate: record.learning_rate,
        };
        (row, record.valid_metric)
    });
    io::history::write(path, &format!("valid_{}", task.metric().1), &rows.collect::<Vec<_>>())
}
