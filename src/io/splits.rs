//! `splits.tsv`: gene_id, split (train, valid, test), fold.

use std::collections::HashMap;
use std::path::Path;

use super::Result;
use super::table::{Table, write_table};
use crate::matrix::{SplitRow, Splits, gene_key};

/// Reads splits; a gene occurs at most once a fold. Without a column `fold` all rows are fold 0.
pub fn read(path: &Path) -> Result<Splits> {
    let table = Table::read(path)?;
    let (gene_id, split, fold) = (table.column("gene_id")?, table.column("split")?, table.find("fold"));
    let (mut splits, mut seen) = (Splits::default(), HashMap::new());
    for row in &table.rows {
        let id = table.text(row, gene_id, "gene id")?.to_owned();
        let fold = match fold {
            None => 0,
            Some(column) => row.cells[column].parse().map_err(|_| {
                table
                    .error(row, format!("fold must be a whole number counted from 0, found {:?}", row.cells[column]))
                    .remedy("Correct the cell")
            })?,
        };
        let split = row.cells[split]
            .parse()
            .map_err(|problem: String| table.error(row, problem).remedy("Use train, valid or test"))?;
        if let Some(first) = seen.insert((gene_key(&row.cells[gene_id]), fold), row.line) {
            return Err(table
                .error(row, format!("gene {id} occurs twice in fold {fold}, first on line {first}"))
                .remedy("Keep one row a gene and fold"));
        }
        splits.rows.push(SplitRow { gene_id: id, split, fold });
    }
    Ok(splits)
}

/// Writes splits in the order given.
pub fn write(path: &Path, splits: &Splits) -> Result<()> {
    let rows = splits.rows.iter().map(|row| [row.gene_id.clone(), row.split.to_string(), row.fold.to_string()]);
    write_table(path, &["gene_id", "split", "fold"], rows)
}
