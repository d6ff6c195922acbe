//! Expression tables: gene ids and one column a sample, in the shapes that people have.
//!
//! Tabs, commas, semicolons or blanks; quoted or not; Roadmap's RPKM tables (rows one cell longer than
//! the header), R's (header one cell shorter than the rows), spreadsheets' (blank columns), featureCounts
//! (a comment before the header, columns named by BAM path), HTSeq and STAR (no header, rows of reads
//! without a gene), Salmon, RSEM, StringTie, tximport, GTEx's GCT, series of GEO.

mod columns;
mod genes;
mod ids;
mod layout;
mod lines;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::cell::{self, is_no_id};
use super::{FileError, Result};
use crate::genome::{HiddenCharacter, check_text, strip_version};
use genes::FoundGenes;
pub use genes::{Duplicates, Repeated};
use ids::{is_of_spreadsheet, is_read_count};
use layout::{Layout, Row};
use lines::Lines;

/// What to read of a table.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Column of the expression: its name, or the sample's where the column is a path to the sample's
    /// BAM; of a table without a header its number, counted from 1.
    pub sample: String,
    /// Column of the gene ids; by default the first of the usual names, else the first column.
    pub gene: Option<String>,
    /// Keep the version suffix of Ensembl and RefSeq ids.
    pub keep_version: bool,
    /// What is made of genes that have several rows.
    pub duplicates: Duplicates,
}

/// One sample's expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expression {
    /// Genes in the order of their first row; ids are unique.
    pub genes: Vec<(String, Option<f64>)>,
    /// Name of the column that the ids were taken from.
    pub gene_column: String,
    /// Name of the column that the values were taken from.
    pub value_column: String,
    /// Whether the table has a header line.
    pub has_header: bool,
    /// Genes that have several rows.
    pub repeated: Repeated,
    /// Rows without a gene id.
    pub without_id: usize,
    /// Rows that count reads of no gene (`__no_feature`, `N_unmapped`).
    pub read_counts: usize,
    /// Rows whose value the tool could not make (Cufflinks: `FAIL`, `HIDATA`): taken for missing.
    pub given_up: usize,
    /// Ids that a spreadsheet has made dates or numbers of.
    pub of_spreadsheet: Vec<String>,
    /// Ids whose version suffix was stripped.
    pub versions_stripped: usize,
}

/// Names of the columns of a table; their numbers where it has no header.
///
/// # Errors
/// If the file cannot be read, or holds nothing.
pub fn columns(path: &Path) -> Result<Vec<String>> {
    Ok(Lines::open(path)?.header("")?.names)
}

/// Reads one sample's column; plain or gzip, `-` is standard input. NA, NaN, `#N/A`, None, `-`, `.` and
/// empty cells are `None`.
///
/// # Errors
/// No such column (the message lists those there are), a row of another length than the header, a
/// value that is negative or no number, no row.
pub fn read(path: &Path, columns: &Columns) -> Result<Expression> {
    let mut lines = Lines::open(path)?;
    let header = lines.header(&columns.sample)?;
    let layout = Layout::find(path, &header, lines.first_rows()?, columns)?;
    let mut expression = Expression {
        gene_column: layout.gene_name.clone(),
        value_column: layout.value_name.clone(),
        has_header: header.is_there,
        ..Expression::default()
    };
    let (mut genes, mut number) = (FoundGenes::default(), ValueReader::new(layout.has_decimal_comma()));
    while let Some((line, text)) = lines.next()? {
        let Row { id, value, is_value, numbers } = layout
            .row(&text)
            .map_err(|problem| FileError::new(path, problem).line(line).remedy("Check the separators of this line"))?;
        let (id, value) = (id.trim(), value.trim());
        if is_no_id(id) {
            expression.without_id += 1;
            continue;
        }
        check_text("gene id", id)
            .map_err(|error| FileError::new(path, error.to_string()).line(line).remedy(HiddenCharacter::REMEDY))?;
        if is_read_count(id) {
            expression.read_counts += 1;
            continue;
        }
        let value = number.read(value).map_err(|problem| {
            FileError::new(path, format!("column {:?}, gene {id}: {problem}", layout.value_name))
                .line(line)
                .remedy("Correct the cell, or check that the columns are not swapped")
        })?;
        expression.given_up += usize::from(!is_value);
        let value = value.filter(|_| is_value);
        if is_of_spreadsheet(id) {
            expression.of_spreadsheet.push(id.to_owned());
        }
        let stripped = strip_version(id).filter(|_| !columns.keep_version);
        expression.versions_stripped += usize::from(stripped.is_some());
        let id = stripped.unwrap_or_else(|| id.to_owned());
        genes.add(id, value, (line, numbers), columns.duplicates).map_err(|problem| {
            FileError::new(path, problem)
                .line(line)
                .remedy("Keep one row a gene, or say with --duplicates what to make of several")
        })?;
    }
    (expression.genes, expression.repeated) = genes.finish(columns.duplicates);
    if expression.genes.is_empty() {
        return Err(FileError::new(path, "holds no gene below its header").remedy("Check the step that makes it"));
    }
    Ok(expression)
}

/// Reads values: numbers of 0 or more.
struct ValueReader {
    /// A comma may be the decimal point.
    decimal_comma: bool,
    /// A number with a comma, and one with a point: of a column only one of the two can be.
    seen: [Option<String>; 2],
}

impl ValueReader {
    fn new(decimal_comma: bool) -> Self {
        ValueReader { decimal_comma, seen: [None, None] }
    }

    fn read(&mut self, cell: &str) -> std::result::Result<Option<f64>, String> {
        let has_comma = self.decimal_comma && cell.matches(',').count() == 1 && !cell.contains('.');
        let value = if has_comma { cell::number(&cell.replace(',', "."))? } else { cell::number(cell)? };
        if self.decimal_comma && value.is_some() && cell.contains([',', '.']) {
            self.seen[usize::from(has_comma)].get_or_insert_with(|| cell.to_owned());
            if let [Some(point), Some(comma)] = &self.seen {
                return Err(format!("found {point:?} and {comma:?} in one column: which is the decimal point?"));
            }
        }
        match value {
            Some(value) if value < 0.0 => Err(format!(
                "expression must not be negative, found {cell} (is the table log-transformed? Give it before the logarithm)"
            )),
            value => Ok(value),
        }
    }
}
