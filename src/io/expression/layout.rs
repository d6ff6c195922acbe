//! Which cell of a row is the gene, and which the sample's value.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use super::Columns;
use super::columns::{known_gene_column, named, value_column};
use super::lines::{Header, Line};
use crate::io::cell::number;
use crate::io::separator::Separator;
use crate::io::{FileError, Result};

/// What Cufflinks writes of a gene whose FPKM it could not make.
const GIVEN_UP: [&str; 2] = ["FAIL", "HIDATA"];

/// How a row is read.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    separator: Separator,
    /// Cells that a row has; blank ones may follow.
    width: usize,
    /// Cells that a row must have: those without a name may be left out.
    needed: usize,
    gene: usize,
    value: usize,
    /// Cufflinks' column that says whether the value could be made.
    status: Option<usize>,
    /// Where the cells with a name begin: numbers before them count rows.
    first_named: usize,
    pub(super) gene_name: String,
    pub(super) value_name: String,
}

/// What is read of a row.
pub(super) struct Row<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
    /// Whether the value is one: of genes that Cufflinks gives up it is 0.
    pub(super) is_value: bool,
    /// A hash of all its numbers, positions and other samples too; the same in every run.
    pub(super) numbers: u64,
}

/// Where the cell stands that the rows have more than the header has names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    /// R's row names.
    First,
    /// Behind the last named one, as in Roadmap's tables.
    Last,
}

impl Layout {
    /// # Errors
    /// No such column, or two; a header that is one name short in a way that leaves open which.
    pub(super) fn find(path: &Path, header: &Header, rows: &VecDeque<Line>, columns: &Columns) -> Result<Self> {
        let Header { names, width, separator, .. } = header;
        let given = columns.gene.as_deref().map(|name| named(path, names, name)).transpose()?;
        let known = given.or_else(|| known_gene_column(names));
        let value = value_column(path, header, &columns.sample)?;
        let cells: Vec<Vec<Cow<'_, str>>> = rows.iter().map(|(_, row)| separator.cells(row)).collect();
        let filled = |cells: &Vec<Cow<'_, str>>| cells.iter().rposition(|cell| !cell.trim().is_empty());
        let longest = cells.iter().filter_map(filled).max().map_or(0, |last| last + 1);
        // one row that is longer has a cell too much; if all are, the header is a name short
        let are_longer = cells.iter().all(|row| row.len() > *width);
        let unnamed = if longest == width + 1 && are_longer && header.is_there {
            Some(unnamed_cell(&cells, known, value).ok_or_else(|| one_name_short(path, names.len()))?)
        } else {
            None
        };
        let shift = usize::from(unnamed == Some(Unnamed::First));
        let gene = known.map_or(0, |known| known + shift);
        let value_at = value + shift;
        if value_at == gene {
            return Err(FileError::new(path, format!("column {:?} is taken for the gene ids", names[value]))
                .line(1)
                .remedy("Name the column of the gene ids with --gene-column"));
        }
        let gene_name = match (known, shift) {
            (None, 1) => "the row names".to_owned(),
            (None, _) if names[0].is_empty() || !header.is_there => "the first column".to_owned(),
            _ => names[gene - shift].clone(),
        };
        if known.is_none() && (shift == 1 || names[0].is_empty()) && are_row_numbers(&cells, gene) {
            return Err(FileError::new(path, format!("the ids would be the row numbers 1, 2, 3 … of {gene_name}"))
                .line(1)
                .remedy("Name the column of the gene ids with --gene-column"));
        }
        let width = width + usize::from(unnamed.is_some());
        let needed = if unnamed == Some(Unnamed::Last) { width } else { names.len() + shift };
        let value_name = names[value].clone();
        let status = status_column(names, &value_name).map(|status| status + shift);
        let first_named = usize::from(shift == 1 || names[0].is_empty());
        Ok(Layout {
            separator: *separator,
            width,
            needed,
            gene,
            value: value_at,
            status,
            first_named,
            gene_name,
            value_name,
        })
    }

    /// What is read of a row.
    pub(super) fn row<'a>(&self, row: &'a str) -> std::result::Result<Row<'a>, String> {
        let mut cells = self.separator.cells(row);
        let fits = cells.len() >= self.needed && cells.iter().skip(self.width).all(|cell| cell.trim().is_empty());
        if !fits {
            return Err(format!("expected {} columns as in the header, found {}", self.width, cells.len()));
        }
        let is_value =
            !self.status.and_then(|status| cells.get(status)).is_some_and(|cell| GIVEN_UP.contains(&&**cell));
        let mut numbers = DefaultHasher::new();
        cells.iter().skip(self.first_named).filter(|cell| is_figure(cell)).for_each(|cell| cell.hash(&mut numbers));
        let mut take = |at: usize| std::mem::take(&mut cells[at]);
        Ok(Row { id: take(self.gene), value: take(self.value), is_value, numbers: numbers.finish() })
    }

    /// Whether numbers may have a decimal comma.
    pub(super) fn has_decimal_comma(&self) -> bool {
        self.separator == Separator::Semicolon
    }
}

/// Whether the cell looks like a number; a table may have a thousand million cells.
fn is_figure(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit() || b".,+-eE".contains(&byte))
}

/// `FPKM_status` beside `FPKM`, `q1_status` beside `q1_FPKM` (Cufflinks).
fn status_column(names: &[String], value: &str) -> Option<usize> {
    let prefix = value.strip_suffix("FPKM")?;
    let status = if prefix.is_empty() { "FPKM_status".to_owned() } else { format!("{prefix}status") };
    names.iter().position(|name| *name == status)
}

/// Where the cell stands that has no name; `None` if both are thinkable, or neither. Without a column that
/// is known to hold gene ids the first cell holds them in either case, and R's reading comes first.
fn unnamed_cell(cells: &[Vec<Cow<'_, str>>], known: Option<usize>, value: usize) -> Option<Unnamed> {
    let is_thinkable = |shift: usize| {
        let (gene, value) = (known.map_or(0, |known| known + shift), value + shift);
        let values = cells.iter().all(|row| row.get(value).is_some_and(|cell| is_value(cell)));
        gene != value && values && are_ids(cells, gene)
    };
    match (is_thinkable(1), is_thinkable(0)) {
        (true, false) => Some(Unnamed::First),
        (false, true) => Some(Unnamed::Last),
        _ if known.is_none() => Some(Unnamed::First),
        _ => None,
    }
}

/// Whether the cell may be a value, of a decimal comma too.
fn is_value(cell: &str) -> bool {
    number(&cell.replace(',', ".")).is_ok()
}

/// Whether the cells may be gene ids: no row numbers, no measurements, no two alike.
fn are_ids(cells: &[Vec<Cow<'_, str>>], column: usize) -> bool {
    let mut seen = HashSet::new();
    let is_id = |cell: &str| match number(cell) {
        Ok(Some(_)) => cell.bytes().all(|byte| byte.is_ascii_digit()),
        Ok(None) => false,
        Err(_) => true,
    };
    !are_row_numbers(cells, column)
        && cells.iter().all(|row| row.get(column).is_some_and(|cell| is_id(cell.trim()) && seen.insert(cell.trim())))
}

/// Whether the cells are 1, 2, 3, …, as R and pandas number rows (from 0, pandas).
fn are_row_numbers(cells: &[Vec<Cow<'_, str>>], column: usize) -> bool {
    let count_from = |first: usize| {
        (first..).zip(cells).all(|(number, row)| row.get(column).is_some_and(|cell| *cell == number.to_string()))
    };
    count_from(1) || count_from(0)
}

fn one_name_short(path: &Path, names: usize) -> FileError {
    FileError::new(
        path,
        format!(
            "the header has {names} names and the rows have {} cells, and either end may be the nameless one",
            names + 1
        ),
    )
    .line(1)
    .remedy("Add the missing name to the header (from R: write.table(…, row.names = FALSE), or col.names = NA)")
}
