//! Expression tables: gene ids and one column a sample, in the shapes that people have.
//!
//! Tabs, commas or blanks; quoted or not; Roadmap's RPKM tables (rows one cell longer than the
//! header), R's (header one cell shorter than the rows), featureCounts (a comment before the header,
//! columns named by BAM path), Salmon and tximport, GTEx's GCT.

mod layout;
mod lines;

use std::collections::HashMap;
use std::path::Path;

use super::{FileError, Result};
use crate::genome::{HiddenCharacter, check_text, strip_version};
use layout::Layout;
use lines::Lines;

/// What to read of a table.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Column of the expression: its name, or the sample's where the column is a path to the sample's BAM.
    pub sample: String,
    /// Column of the gene ids; by default the first of the usual names, else the first column.
    pub gene: Option<String>,
    /// Keep the version suffix of Ensembl and RefSeq ids.
    pub keep_version: bool,
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
    /// Rows that repeat an earlier gene with the same value.
    pub repeated: usize,
    /// Ids whose later rows say otherwise: the first row with a value is kept.
    pub conflicting: Vec<String>,
    /// Rows without a gene id.
    pub without_id: usize,
    /// Ids whose version suffix was stripped.
    pub versions_stripped: usize,
}

/// Reads one sample's column; plain or gzip, `-` is standard input. NA, NaN and empty cells are `None`.
///
/// # Errors
/// No such column (the message lists those there are), a row of another length than the header, a
/// value that is negative or no number, no row.
pub fn read(path: &Path, columns: &Columns) -> Result<Expression> {
    let mut lines = Lines::open(path)?;
    let header = lines.header(&columns.sample)?;
    let layout = Layout::find(path, &header, lines.peek()?, columns)?;
    let mut expression = Expression {
        gene_column: layout.gene_name.clone(),
        value_column: layout.value_name.clone(),
        ..Expression::default()
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    while let Some((line, text)) = lines.next()? {
        let (id, value) = layout
            .cells(&text)
            .map_err(|problem| FileError::new(path, problem).line(line).remedy("Check the separators of this line"))?;
        if matches!(id, "" | "NA") {
            expression.without_id += 1;
            continue;
        }
        check_text("gene id", id)
            .map_err(|error| FileError::new(path, error.to_string()).line(line).remedy(HiddenCharacter::REMEDY))?;
        let value = number(value).map_err(|problem| {
            FileError::new(path, format!("column {:?}, gene {id}: {problem}", layout.value_name))
                .line(line)
                .remedy("Correct the cell, or check that the columns are not swapped")
        })?;
        let stripped = strip_version(id).filter(|_| !columns.keep_version);
        expression.versions_stripped += usize::from(stripped.is_some());
        expression.add(stripped.unwrap_or_else(|| id.to_owned()), value, &mut seen);
    }
    if expression.genes.is_empty() {
        return Err(FileError::new(path, "holds no gene below its header").remedy("Check the step that makes it"));
    }
    Ok(expression)
}

impl Expression {
    fn add(&mut self, id: String, value: Option<f64>, seen: &mut HashMap<String, usize>) {
        let Some(&at) = seen.get(&id) else {
            seen.insert(id.clone(), self.genes.len());
            self.genes.push((id, value));
            return;
        };
        let kept = &mut self.genes[at].1;
        match (*kept, value) {
            (None, Some(_)) => {
                *kept = value;
                self.repeated += 1;
            }
            (Some(first), Some(other)) if first != other => {
                if !self.conflicting.contains(&id) {
                    self.conflicting.push(id);
                }
            }
            _ => self.repeated += 1,
        }
    }
}

/// A value: a number of 0 or more; `None` for NA, NaN or nothing.
fn number(cell: &str) -> std::result::Result<Option<f64>, String> {
    if cell.is_empty() || ["na", "nan", "n/a", "null", "."].contains(&cell.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
        Ok(value) if value < 0.0 => {
            Err(format!("expression must not be negative, found {cell} (is the table log-transformed?)"))
        }
        _ => Err(format!("expected a number or NA, found {cell:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(content: &str, sample: &str) -> Result<Expression> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        read(file.path(), &Columns { sample: sample.to_owned(), gene: None, keep_version: false })
    }

    fn genes(content: &str, sample: &str) -> Vec<(String, Option<f64>)> {
        read_text(content, sample).unwrap().genes
    }

    #[test]
    fn the_shapes_that_people_have() {
        let expected = [("a".to_owned(), Some(1.5)), ("b".to_owned(), None)];
        for (shape, content) in [
            ("plain", "gene_id\tE001\tE003\na\t9\t1.5\nb\t9\tNA\n"),
            ("other columns", "symbol\tgene_id\tE003\nX\ta\t1.5\n\tb\tNaN\r\n"),
            ("Roadmap, a trailing tab", "gene_id\tE001\tE003\na\t9\t1.5\t\nb\t9\t\t\n"),
            ("Roadmap, a surplus column", "gene_id\tE003\na\t1.5\t7\nb\tNA\t7\n"),
            ("R, row names without a header", "E001\tE003\na\t9\t1.5\nb\t9\tNA\n"),
            ("R, quoted", "\"E003\"\n\"a\" 1.5\n\"b\" NA\n"),
            ("csv", "\"\",\"note\",\"E003\"\n\"a\",\"x, y\",1.5\n\"b\",,NA\n"),
            (
                "featureCounts",
                "# Program:featureCounts v2; Command:x\nGeneid\tLength\t/out/E003.sorted.bam\na\t1\t1.5\nb\t1\tNA\n",
            ),
            ("GCT", "#1.2\n2\t1\nName\tDescription\tE003\na\tA\t1.5\nb\tB\tNA\n"),
            ("header behind a hash", "#gene_id\tE003\na\t1.5\nb\tNA\n"),
        ] {
            assert_eq!(genes(content, "E003"), expected, "{shape}");
        }
    }

    #[test]
    fn of_repeated_genes_the_first_value_is_kept_and_conflicts_are_counted() {
        let expression =
            read_text("gene_id\tx\nENSG00000000001.1\tNA\na\t1\na\t1\na\t2\nENSG00000000001.2\t3\na\t4\n\t5\n", "x")
                .unwrap();
        assert_eq!(expression.genes, [("ENSG00000000001".to_owned(), Some(3.0)), ("a".to_owned(), Some(1.0))]);
        assert_eq!((expression.repeated, expression.conflicting, expression.without_id), (2, vec!["a".to_owned()], 1));
    }

    #[test]
    fn errors_name_line_column_and_choices() {
        for (content, needles) in [
            ("gene_id\tx\na\t-1\n", &["line 2", "\"x\"", "negative"][..]),
            ("gene_id\tx\na\tinf\n", &["line 2", "inf"]),
            ("gene_id\tx\na\tlow\n", &["line 2", "gene a", "low"]),
            ("gene_id\tx\na\t1\nb\n", &["line 3", "expected 2", "found 1"]),
            ("gene_id\ty\tz\na\t1\t2\n", &["no column", "y, z"]),
            ("gene_id\tx\n", &["no gene"]),
            ("", &["empty"]),
            ("gene_id\td/x.a.bam\td/x.b.bam\na\t1\t1\n", &["2 columns", "x.a.bam"]),
        ] {
            let message = read_text(content, "x").unwrap_err().to_string();
            assert!(needles.iter().all(|needle| message.contains(needle)), "{message}");
        }
    }
}
