//! `splits.tsv`, whose rows are [`SplitRow`]s.

use std::collections::HashMap;
use std::path::Path;

use super::Result;
use super::table::{Table, write_rows};
use crate::matrix::{SplitRow, Splits, gene_key};

/// Reads splits; a gene occurs at most once a fold. Without a column `fold` all rows are fold 0.
pub fn read(path: &Path) -> Result<Splits> {
    let table = Table::read(path)?;
    let gene_id = table.column("gene_id")?;
    table.column("split")?;
    let (mut splits, mut seen) = (Splits::default(), HashMap::new());
    for row in &table.rows {
        let id = table.text(row, gene_id, "gene id")?;
        let typed: SplitRow = table.typed(row)?;
        let fold = typed.fold;
        if let Some(first) = seen.insert((gene_key(id), fold), row.line) {
            return Err(table
                .error(row, format!("gene {id} occurs twice in fold {fold}, first on line {first}"))
                .remedy("Keep one row a gene and fold"));
        }
        splits.rows.push(typed);
    }
    Ok(splits)
}

/// Writes splits in the order given.
pub fn write(path: &Path, splits: &Splits) -> Result<()> {
    write_rows(path, splits.rows.iter().cloned())
}
