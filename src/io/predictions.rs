//! `predictions.tsv`: gene_id, sample, status, score, and one column `mark_attention_MARK` a mark.

use std::collections::HashMap;
use std::path::Path;

use super::table::{Table, write_table};
use super::{FileError, Result};
use crate::matrix::{Prediction, Predictions, Status};

const MARK_PREFIX: &str = "mark_attention_";

/// Reads predictions of one sample; gene ids must be unique.
pub fn read(path: &Path) -> Result<Predictions> {
    let table = Table::read(path)?;
    let [gene_id, sample, status, score] =
        [table.column("gene_id")?, table.column("sample")?, table.column("status")?, table.column("score")?];
    let mark_columns: Vec<(usize, &str)> =
        table.columns.iter().enumerate().filter_map(|(at, name)| Some((at, name.strip_prefix(MARK_PREFIX)?))).collect();
    let mut predictions = Predictions {
        sample: table.rows.first().map(|row| row.cells[sample].clone()).unwrap_or_default(),
        marks: mark_columns.iter().map(|(_, mark)| (*mark).to_owned()).collect(),
        rows: Vec::with_capacity(table.rows.len()),
    };
    let mut seen = HashMap::new();
    for row in &table.rows {
        if let Some(first) = seen.insert(row.cells[gene_id].as_str(), row.line) {
            return Err(table
                .error(row, format!("gene {} is predicted twice, first on line {first}", row.cells[gene_id]))
                .remedy("Keep one row a gene"));
        }
        if row.cells[sample] != predictions.sample {
            return Err(table
                .error(row, format!("sample {:?} after {:?}", row.cells[sample], predictions.sample))
                .remedy("Give one predictions file a sample"));
        }
        let score = table.number(row, score)?;
        let mut mark_attention = Vec::new();
        for &(column, _) in &mark_columns {
            mark_attention.extend(table.number(row, column)?);
        }
        if score.is_some() && mark_attention.len() != mark_columns.len() {
            return Err(table
                .error(row, "a scored gene must have all its mark attentions")
                .remedy("Make the file again"));
        }
        predictions.rows.push(Prediction {
            gene_id: row.cells[gene_id].clone(),
            status: Status::from_name(&row.cells[status])
                .ok_or_else(|| table.error(row, format!("unknown status {:?}", row.cells[status])))?,
            score,
            mark_attention,
        });
    }
    if predictions.rows.is_empty() {
        return Err(FileError::new(path, "holds no prediction").remedy("Check the predict step"));
    }
    Ok(predictions)
}

/// Writes predictions. Numbers are written so that reading gives the same `f32` back.
pub fn write(path: &Path, predictions: &Predictions) -> Result<()> {
    let mark_columns: Vec<String> = predictions.marks.iter().map(|mark| format!("{MARK_PREFIX}{mark}")).collect();
    let mut columns = vec!["gene_id", "sample", "status", "score"];
    columns.extend(mark_columns.iter().map(String::as_str));
    let number = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| (value as f32).to_string());
    let rows = predictions.rows.iter().map(|row| {
        let mut cells =
            vec![row.gene_id.clone(), predictions.sample.clone(), row.status.name().to_owned(), number(row.score)];
        cells.extend((0..predictions.marks.len()).map(|mark| number(row.mark_attention.get(mark).copied())));
        cells
    });
    write_table(path, &columns, rows)
}
