//! `labels.tsv`: gene_id, label, and, where known, the expression that it was made from.

use std::collections::HashMap;
use std::path::Path;

use super::Result;
use super::table::{Table, write_table};
use crate::matrix::{Label, Labels, gene_key};

/// Reads labels; gene ids must be unique, a label is a number or NA.
pub fn read(path: &Path) -> Result<Labels> {
    let table = Table::read(path)?;
    let (gene_id, label) = (table.column("gene_id")?, table.column("label")?);
    let expression = table.find("expression");
    let (mut labels, mut seen) = (Labels::default(), HashMap::new());
    for row in &table.rows {
        let id = table.text(row, gene_id, "gene id")?.to_owned();
        if let Some(first) = seen.insert(gene_key(&row.cells[gene_id]), row.line) {
            return Err(table
                .error(row, format!("gene {id} is labelled twice, first on line {first}"))
                .remedy("Keep one row a gene"));
        }
        labels.rows.push(Label {
            gene_id: id,
            label: table.number(row, label)?,
            expression: expression.map(|column| table.number(row, column)).transpose()?.flatten(),
        });
    }
    Ok(labels)
}

/// Writes labels; a missing value is NA.
pub fn write(path: &Path, labels: &Labels) -> Result<()> {
    let text = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| value.to_string());
    write_table(
        path,
        &["gene_id", "label", "expression"],
        labels.rows.iter().map(|row| [row.gene_id.clone(), text(row.label), text(row.expression)]),
    )
}
