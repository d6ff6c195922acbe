//! `labels.tsv`, whose rows are [`Label`]s.

use std::collections::HashMap;
use std::path::Path;

use super::Result;
use super::table::{Table, write_rows};
use crate::matrix::{Label, Labels, gene_key};

/// Reads labels; gene ids must be unique, a label is a number or NA.
pub fn read(path: &Path) -> Result<Labels> {
    let table = Table::read(path)?;
    let gene_id = table.column("gene_id")?;
    table.column("label")?;
    let (mut labels, mut seen) = (Labels::default(), HashMap::new());
    for row in &table.rows {
        let id = table.text(row, gene_id, "gene id")?;
        if let Some(first) = seen.insert(gene_key(id), row.line) {
            return Err(table
                .error(row, format!("gene {id} is labelled twice, first on line {first}"))
                .remedy("Keep one row a gene"));
        }
        labels.rows.push(table.typed::<Label>(row)?);
    }
    Ok(labels)
}

/// Writes labels; a missing value is NA.
pub fn write(path: &Path, labels: &Labels) -> Result<()> {
    write_rows(path, labels.rows.iter().cloned())
}
