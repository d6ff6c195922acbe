//! DeepChrome's CSV layout, as published with DeepChrome, AttentiveChrome and DeepDiff: one row a
//! gene and bin with gene, bin (counted from 1), one count a mark, label; no header; bins in
//! genome order; positions unknown.

use std::collections::HashMap;
use std::path::Path;

use super::{FileError, Lines, Result};
use crate::genome::check_text;
use crate::matrix::{Label, Labels};

/// The marks of the published files, in their order.
pub const PUBLISHED_MARKS: [&str; 5] = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"];

/// The content of one or several CSV files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeepchromeCsv {
    /// Gene ids in file order.
    pub gene_ids: Vec<String>,
    /// Row-major [gene, mark, bin].
    pub values: Vec<f32>,
    /// The label column, one a gene.
    pub labels: Labels,
}

/// Reads files, plain or gzip, and appends them to one another. Every gene must have its `n_bins`
/// rows together, bins ascending from 1.
///
/// # Errors
/// A row with another number of columns, a bin missing or repeated, a cell that is not a number, a label
/// that changes within a gene, or a gene that occurs twice.
pub fn read(paths: &[impl AsRef<Path>], n_marks: usize, n_bins: usize) -> Result<DeepchromeCsv> {
    let (mut csv, mut seen) = (DeepchromeCsv::default(), HashMap::new());
    for path in paths {
        read_one(path.as_ref(), n_marks, n_bins, &mut csv, &mut seen)?;
    }
    Ok(csv)
}

/// One row.
struct CsvRow<'a> {
    gene: &'a str,
    bin: usize,
    counts: Vec<f32>,
    label: f64,
}

fn read_one(
    path: &Path,
    n_marks: usize,
    n_bins: usize,
    csv: &mut DeepchromeCsv,
    seen: &mut HashMap<String, String>,
) -> Result<()> {
    let (mut lines, mut number) = (Lines::open(path)?, 0);
    let (genes_before, mut bins_of_gene) = (csv.gene_ids.len(), n_bins);
    loop {
        let line = lines.next_text()?;
        number = line.as_ref().map_or(number + 1, |(number, _)| *number);
        let problem_here = |problem: String| {
            FileError::new(path, problem)
                .line(number)
                .remedy("Expected are gene, bin, one count a mark, label, without a header; see --marks, --flank and --bin-size")
        };
        let line = line.as_ref().map(|(_, text)| text.trim());
        if line == Some("") {
            continue;
        }
        let row = line.map(|line| parse(line, n_marks)).transpose().map_err(problem_here)?;
        let same_gene = row.as_ref().is_some_and(|row| {
            csv.gene_ids.len() > genes_before && csv.gene_ids.last().is_some_and(|gene| gene == row.gene)
        });
        if !same_gene && bins_of_gene != n_bins {
            let gene = csv.gene_ids.last().map_or("", String::as_str);
            return Err(problem_here(format!("gene {gene} has {bins_of_gene} bins, expected {n_bins}")));
        }
        let Some(row) = row else { break };
        if !same_gene {
            if let Some(first) = seen.insert(row.gene.to_owned(), format!("{}, line {number}", path.display())) {
                return Err(FileError::new(path, format!("gene {} occurs twice, first in {first}", row.gene))
                    .line(number)
                    .remedy("Keep each gene once, its rows together"));
            }
            csv.gene_ids.push(row.gene.to_owned());
            csv.values.resize(csv.gene_ids.len() * n_marks * n_bins, 0.0);
            let label =
                Label { gene_id: row.gene.to_owned(), gene_name: None, label: Some(row.label), expression: None };
            csv.labels.rows.push(label);
            bins_of_gene = 0;
        }
        if row.bin != bins_of_gene + 1 || row.bin > n_bins {
            let expected =
                if bins_of_gene == n_bins { "a new gene".to_owned() } else { format!("bin {}", bins_of_gene + 1) };
            return Err(problem_here(format!("expected {expected}, found bin {} of gene {}", row.bin, row.gene)));
        }
        if csv.labels.rows.last().and_then(|label| label.label) != Some(row.label) {
            return Err(problem_here(format!("the label changes within gene {}", row.gene)));
        }
        let gene = (csv.gene_ids.len() - 1) * n_marks * n_bins;
        for (mark, count) in row.counts.iter().enumerate() {
            csv.values[gene + mark * n_bins + bins_of_gene] = *count;
        }
        bins_of_gene += 1;
    }
    if csv.gene_ids.len() == genes_before {
        return Err(FileError::new(path, "holds no row").remedy("Check the step that makes it"));
    }
    Ok(())
}

fn parse(line: &str, n_marks: usize) -> std::result::Result<CsvRow<'_>, String> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [gene, bin, counts @ .., label] = &cells[..] else {
        return Err(format!("expected {} comma-separated columns, found {}", n_marks + 3, cells.len()));
    };
    if counts.len() != n_marks {
        return Err(format!("expected {} comma-separated columns, found {}", n_marks + 3, cells.len()));
    }
    check_text("gene id", gene).map_err(|error| error.to_string())?;
    let number = |what: &str, cell: &str| match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("{what} must be a number, found {cell:?}")),
    };
    let bin = bin.parse().map_err(|_| format!("bin must be a whole number, found {bin:?}"))?;
    let counts = counts
        .iter()
        .enumerate()
        .map(|(at, cell)| number(&format!("column {}", at + 3), cell).map(|value| value as f32))
        .collect::<std::result::Result<_, _>>()?;
    Ok(CsvRow { gene, bin, counts, label: number("label", label)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<DeepchromeCsv> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        read(&[path], 2, 2)
    }

    #[test]
    fn columns_become_marks() {
        let csv = read_text("A,1,1,2,0\nA,2,3,4,0\nB,1,5,6,1\nB,2,7,8,1\n").unwrap();
        assert_eq!(csv.gene_ids, ["A", "B"]);
        assert_eq!(csv.values, [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]);
        assert_eq!(csv.labels.rows[1].label, Some(1.0));
    }

    #[test]
    fn irregular_files_are_refused_at_their_line() {
        for (text, line) in [
            ("A,1,1,2,0\nB,1,1,2,0\n", "line 2"),
            ("A,1,1,2,0\n", "line 2"),
            ("A,1,1,2,0\nA,3,1,2,0\n", "line 2"),
            ("A,1,1,2,0\nA,2,1,2,0\nA,3,1,2,0\n", "line 3"),
            ("A,1,1,2,0\nA,2,1,2,1\n", "line 2"),
            ("A,1,1,2,0\nA,2,1,2,0\nB,1,1,2,0\nB,2,1,2,0\nA,1,1,2,0\n", "line 5"),
            ("A,1,x,2,0\n", "line 1"),
            ("A,1,2,0\n", "line 1"),
        ] {
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}
