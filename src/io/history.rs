//! `history.tsv`: one row an epoch (of an ensemble, one a member and epoch, after a column `seed`).

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::{Table, columns_of, write_table};
use super::{FileError, Result};
use crate::matrix::{Curve, History};

/// One row of `RUN.history.tsv`: one epoch, of an ensemble one member and epoch.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("patternProperties" = {
    "^valid_": {"description": "Another figure of the validation genes, by which the kept epoch is chosen.", "type": "number"},
}))]
pub struct HistoryRow {
    /// Seed of the member, of an ensemble only.
    pub seed: Option<u64>,
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// Mean loss of the training genes during the epoch.
    pub train_loss: f64,
    /// Loss of the validation genes after the epoch.
    pub valid_loss: f64,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
}

/// Columns that are no curve.
const KEYS: [&str; 3] = ["seed", "epoch", "learning_rate"];

/// Reads how a training went: every column but seed, epoch and learning_rate is a curve.
pub fn read(path: &Path) -> Result<Vec<History>> {
    let table = Table::read(path)?;
    let (seed, epoch) = (table.find("seed"), table.column("epoch")?);
    table.column("train_loss")?;
    let curves: Vec<usize> = (0..table.columns.len()).filter(|&at| !KEYS.contains(&&*table.columns[at])).collect();
    let mut members: Vec<History> = Vec::new();
    for row in &table.rows {
        let seed = seed.map(|column| row.cells[column].clone());
        if members.last().is_none_or(|member| member.seed != seed) {
            let curve = |&column: &usize| Curve { name: table.columns[column].clone(), points: Vec::new() };
            members.push(History { seed: seed.clone(), curves: curves.iter().map(curve).collect() });
        }
        let epoch = row.cells[epoch].parse::<u32>().map_err(|_| {
            table
                .error(row, format!("epoch must be a whole number, found {:?}", row.cells[epoch]))
                .remedy("Correct the cell")
        })?;
        let Some(member) = members.last_mut() else { continue };
        for (curve, &column) in member.curves.iter_mut().zip(&curves) {
            if let Some(value) = table.number(row, column)? {
                curve.points.push((epoch, value));
            }
        }
    }
    if members.is_empty() {
        return Err(FileError::new(path, "holds no epoch").remedy("Check the step that makes it"));
    }
    Ok(members)
}

/// Writes one row an epoch, each with the figure of the validation genes that the column `metric` holds; seeds where
/// the rows have them.
pub fn write(path: &Path, metric: &str, rows: &[(HistoryRow, f64)]) -> Result<()> {
    let has_seeds = rows.iter().any(|(row, _)| row.seed.is_some());
    let known = columns_of::<HistoryRow>().iter().filter(|&&name| name != "seed" || has_seeds);
    let columns: Vec<&str> =
        known.flat_map(|&name| if name == "learning_rate" { vec![metric, name] } else { vec![name] }).collect();
    let cells = rows.iter().map(|(row, figure)| {
        let [train_loss, valid_loss, figure] = [row.train_loss, row.valid_loss, *figure].map(|x| format!("{x:.6}"));
        let rest = [row.epoch.to_string(), train_loss, valid_loss, figure, row.learning_rate.to_string()];
        row.seed.map(|seed| seed.to_string()).into_iter().chain(rest)
    });
    write_table(path, &columns, cells)
}
