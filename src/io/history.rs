//! `history.tsv`: one row an epoch (of an ensemble, one a member and epoch, after a column `seed`).

use std::path::Path;

use super::table::Table;
use super::{FileError, Result};
use crate::matrix::{Curve, History};

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
