//! Which cell of a row is the gene, and which the sample's value.

use std::path::Path;

use super::Columns;
use crate::io::{FileError, Result};

/// Names under which tables keep their gene ids, the likeliest first; case does not matter.
const GENE_COLUMNS: [&str; 9] =
    ["gene_id", "geneid", "ensembl_gene_id", "ensembl_id", "gene", "name", "target_id", "feature_id", "transcript_id"];

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Tab,
    Comma,
    Blank,
}

impl Separator {
    pub(super) fn of(header: &str) -> Self {
        if header.contains('\t') {
            Separator::Tab
        } else if header.contains(',') {
            Separator::Comma
        } else {
            Separator::Blank
        }
    }

    /// The cells of a line, without the quotes that R and spreadsheets put around them.
    pub(super) fn cells(self, line: &str) -> Vec<&str> {
        let unquoted = |cell| str::strip_prefix(cell, '"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell);
        let mut quoted = false;
        match self {
            Separator::Tab => line.split('\t').map(unquoted).collect(),
            Separator::Blank => line.split_whitespace().map(unquoted).collect(),
            // a comma inside quotes belongs to the cell
            Separator::Comma => line
                .split(|c| {
                    quoted ^= c == '"';
                    c == ',' && !quoted
                })
                .map(unquoted)
                .collect(),
        }
    }
}

/// The first line of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) separator: Separator,
}

/// How a row is read.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    separator: Separator,
    /// Cells that a row has.
    width: usize,
    /// Whether rows have one more cell that the header doesn't name.
    surplus: bool,
    gene: usize,
    value: usize,
    pub(super) gene_name: String,
    pub(super) value_name: String,
}

impl Layout {
    pub(super) fn find(path: &Path, header: &Header, first_row: Option<&str>, columns: &Columns) -> Result<Self> {
        let Header { names, separator } = header;
        let cells = first_row.map_or_else(Vec::new, |row| separator.cells(row));
        let one_more = cells.len() == names.len() + 1;
        let known =
            GENE_COLUMNS.iter().find_map(|known| names.iter().position(|name| name.to_ascii_lowercase() == *known));
        // R writes row names without a header: then names and cells are one apart
        let row_names =
            one_more && columns.gene.is_none() && known.is_none() && cells.last().is_some_and(|cell| !cell.is_empty());
        let shift = usize::from(row_names);
        let gene = match &columns.gene {
            Some(name) => names.iter().position(|other| other == name).ok_or_else(|| no_column(path, name, names))?,
            None => known.unwrap_or(0),
        };
        let value = value_column(path, names, &columns.sample)?;
        if value == gene && !row_names {
            return Err(FileError::new(path, format!("column {:?} is taken for the gene ids", names[value]))
                .line(1)
                .remedy("Name the column of the gene ids with --gene-column"));
        }
        Ok(Layout {
            separator: *separator,
            width: names.len() + shift,
            surplus: one_more && !row_names,
            gene: if row_names { 0 } else { gene },
            value: value + shift,
            gene_name: if row_names { "the row names".to_owned() } else { names[gene].clone() },
            value_name: names[value].clone(),
        })
    }

    /// Gene id and value of a row.
    pub(super) fn cells<'a>(&self, row: &'a str) -> std::result::Result<(&'a str, &'a str), String> {
        let cells = self.separator.cells(row);
        let one_more =
            cells.len() == self.width + 1 && (self.surplus || cells.last().is_some_and(|cell| cell.is_empty()));
        match (cells.get(self.gene), cells.get(self.value)) {
            (Some(gene), Some(value)) if cells.len() == self.width || one_more => Ok((gene.trim(), value.trim())),
            _ => Err(format!("expected {} columns as in the header, found {}", self.width, cells.len())),
        }
    }
}

fn no_column(path: &Path, name: &str, names: &[String]) -> FileError {
    const SHOWN: usize = 60;
    let mut listed = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        listed += &format!(" and {} more", names.len() - SHOWN);
    }
    FileError::new(path, format!("no column {name:?}; the columns are {listed}"))
        .line(1)
        .remedy("Name one of them with --column (the values) or --gene-column (the gene ids)")
}

/// The column named like the sample, or else the only one that is a path to the sample's BAM.
fn value_column(path: &Path, names: &[String], sample: &str) -> Result<usize> {
    let mut named = (0..names.len()).filter(|&at| names[at] == sample);
    if let Some(at) = named.next() {
        return match named.next() {
            None => Ok(at),
            Some(_) => Err(FileError::new(path, format!("column {sample:?} is there more than once"))
                .line(1)
                .remedy("Keep one of them, or give them different names")),
        };
    }
    let is_path_of = |name: &str| {
        let file = name.rsplit('/').next().unwrap_or(name);
        file.strip_prefix(sample).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) && file.ends_with("am")
    };
    let paths: Vec<usize> = (0..names.len()).filter(|&at| is_path_of(&names[at])).collect();
    match paths[..] {
        [at] => Ok(at),
        [] => Err(no_column(path, sample, names)),
        _ => {
            let listed: Vec<&str> = paths.iter().map(|&at| names[at].as_str()).collect();
            Err(FileError::new(path, format!("{} columns could be {sample:?}: {}", paths.len(), listed.join(", ")))
                .line(1)
                .remedy("Name one with --column"))
        }
    }
}
