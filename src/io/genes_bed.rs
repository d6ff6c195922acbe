//! `genes.bed`: BED6 and two columns without a header, one TSS base a row, gene id as name. The seventh column is the
//! 0-based position of the last base that is transcribed, the eighth the symbol; each is `.` where it is not known.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use schemars::JsonSchema;

use super::{FileError, Output, Result, open_text, split};
use crate::genome::{Gene, Strand, Tss, check_text, symbol_of, symbol_or_dot};

/// One row of `genes.bed`, which has no header: BED6 and two columns: chrom, start, end, name, score,
/// strand, last and symbol in this order; one TSS base a gene. BED6 alone is read too.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "exists for its schema")]
pub struct GeneRow {
    /// Chromosome.
    chrom: String,
    /// The TSS, 0-based.
    start: u64,
    /// start + 1.
    end: u64,
    /// Gene id, unique.
    name: String,
    /// 0.
    score: u32,
    /// `+` or `-`.
    #[schemars(regex(pattern = r"^[+-]$"))]
    strand: String,
    /// The last base that is transcribed, 0-based; `.` where it is not known.
    last: Option<KnownOrDot>,
    /// What people call the gene, not unique; `.` where that is not known or no more than the id.
    symbol: Option<String>,
}

/// A position, or `.`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum KnownOrDot {
    /// 0-based.
    Known(u64),
    /// Not known.
    Dot(Dot),
}

/// `.`.
#[derive(JsonSchema)]
pub enum Dot {
    /// Not known.
    #[schemars(rename = ".")]
    NotKnown,
}

/// No gene is longer: what lies further from the TSS is no end.
const LONGEST_GENE_BP: u64 = 100_000_000;

/// Reads genes; each interval must be one base wide (the TSS), ids must be unique. Blank, `track`, `browser` and `#`
/// lines are skipped. A BED6 of the user is read too, with or without the last base as a seventh column; docs/files.md
/// says when columns 7 and 8 are read. A seventh column that does not lie 3′ of the TSS is not an end: it is counted in
/// the log, unless it is `.`.
pub fn read(path: &Path) -> Result<Vec<Gene>> {
    let mut bytes = Vec::new();
    open_text(path)?.read_to_end(&mut bytes).map_err(|error| FileError::os(path, "read", &error))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        FileError::new(path, "is not UTF-8 text").line(line as u64).remedy("Give plain or gzipped BED text")
    })?;
    let rows: Vec<(u64, &str)> = split(text)
        .filter(|(_, row)| !(row.trim().is_empty() || row.starts_with('#') || is_browser_line(row)))
        .collect();
    // a stage that bins one small file would wait for this
    let genes: Vec<_> = rows.par_iter().with_min_len(1024).map(|(_, row)| parse(row)).collect();
    let mut seen = HashMap::with_capacity(rows.len());
    for (gene, &(line, row)) in genes.iter().zip(&rows) {
        match gene {
            Err(problem) => {
                return Err(FileError::new(path, problem)
                    .line(line)
                    .remedy("Make the file with attentrack-tss, or bring BED6 with one TSS base a row"));
            }
            Ok(_) => {
                let id = row.split('\t').nth(3).unwrap_or_default();
                if let Some(first) = seen.insert(id, line) {
                    return Err(FileError::new(path, format!("gene {id} occurs twice, first on line {first}"))
                        .line(line)
                        .remedy("Keep one row a gene id"));
                }
            }
        }
    }
    if genes.is_empty() {
        return Err(FileError::new(path, "holds no gene").remedy("Check the step that makes it"));
    }
    let mut genes: Vec<Gene> = genes.into_iter().flatten().collect();
    let columns = rows.iter().map(|(_, row)| Columns::of_row(&row.split('\t').collect::<Vec<_>>()));
    match columns.reduce(Columns::with).unwrap_or(Columns::Bed6) {
        Columns::Bed6 => {}
        Columns::Ends | Columns::EndsAndSymbols => add_ends_and_symbols(path, &mut genes, &rows),
        Columns::Others => tracing::warn!(
            "{}: the columns after the 6th are not those of attentrack-tss (last base or ., symbol or .), so genes have no end and no symbol",
            path.display()
        ),
    }
    Ok(genes)
}

fn add_ends_and_symbols(path: &Path, genes: &mut [Gene], rows: &[(u64, &str)]) {
    let mut odd = 0;
    for (gene, (_, row)) in genes.iter_mut().zip(rows) {
        let mut more = row.split('\t').skip(6);
        let column = more.next().unwrap_or_default();
        let Tss { position, strand, .. } = gene.tss;
        gene.end = parse_end(column, position).flatten().filter(|&end| is_beyond(end, position, strand));
        odd += usize::from(gene.end.is_none() && !matches!(column, "." | ""));
        gene.symbol = more.next().and_then(symbol_of).map(Cow::into_owned);
    }
    if odd > 0 {
        tracing::warn!(
            "{}: {odd} of {} genes have no end: their 7th column is not a position 3′ of the TSS",
            path.display(),
            genes.len()
        );
    }
}

/// What the columns after the sixth are.
///
/// Other people's BED has thickStart, thickEnd and more there. So a file whose every row has exactly eight columns,
/// of which the seventh is `.` or can be a gene's last base and the eighth is `.` or a symbol as [`symbol_of`] has it,
/// which no number is, has ends and symbols. One with rows of at most seven columns has ends; any other has neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// There are none.
    Bed6,
    /// The last base.
    Ends,
    /// The last base and the symbol.
    EndsAndSymbols,
    /// Something else.
    Others,
}

impl Columns {
    /// What one row holds, cut into its columns.
    pub(super) fn of_row(columns: &[&str]) -> Self {
        let tss = columns.get(1).and_then(|start| start.parse().ok()).unwrap_or_default();
        match columns.get(6..).unwrap_or_default() {
            [] => Columns::Bed6,
            [_] => Columns::Ends,
            [end, symbol] if parse_end(end, tss).is_some() && is_symbol(symbol) => Columns::EndsAndSymbols,
            _ => Columns::Others,
        }
    }

    /// What these rows and others hold.
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Columns::Bed6, Columns::Ends) | (Columns::Ends, Columns::Bed6) => Columns::Ends,
            _ => Columns::Others,
        }
    }
}

fn is_symbol(column: &str) -> bool {
    column == "." || symbol_of(column).is_some_and(|symbol| symbol == column)
}

/// Whether a line is one of the UCSC genome browser's settings.
pub(super) fn is_browser_line(line: &str) -> bool {
    ["track ", "track\t", "browser ", "browser\t"].iter().any(|start| line.starts_with(start))
        || matches!(line, "track" | "browser")
}

/// A seventh column as [`write`] writes it: a position not too far from the TSS, or `Some(None)` for `.`. `None` for
/// what it does not write.
pub(super) fn parse_end(column: &str, tss: u64) -> Option<Option<u64>> {
    if column == "." {
        return Some(None);
    }
    let end = column.parse::<u64>().ok()?;
    (end != tss && end.abs_diff(tss) < LONGEST_GENE_BP).then_some(Some(end))
}

/// Whether an end lies 3′ of the TSS.
pub(super) fn is_beyond(end: u64, tss: u64, strand: Strand) -> bool {
    if strand == Strand::Forward { end > tss } else { end < tss }
}

fn parse(row: &str) -> std::result::Result<Gene, String> {
    let columns: Vec<&str> = row.split('\t').collect();
    let [chrom, start, end, id, _score, strand, ..] = columns[..] else {
        return Err(format!("expected 6 tab-separated columns (BED6), found {}", columns.len()));
    };
    let number = |name: &str, text: &str| {
        text.parse::<u64>().map_err(|_| format!("{name} must be a whole number of bases, found {text:?}"))
    };
    let (start, end) = (number("start", start)?, number("end", end)?);
    if end != start + 1 {
        return Err(format!("expected one base, the TSS (end = start + 1), found {start}-{end}"));
    }
    if chrom.is_empty() || id.is_empty() {
        return Err("chromosome and gene id must not be empty".to_owned());
    }
    check_text("chromosome", chrom).and_then(|()| check_text("gene id", id)).map_err(|error| error.to_string())?;
    let strand: Strand = strand.parse().map_err(|error| format!("{error}"))?;
    let tss = Tss { chrom: chrom.to_owned(), position: start, strand };
    Ok(Gene { id: id.to_owned(), symbol: None, tss, end: None })
}

/// Writes genes in the order given; `-` writes to standard output.
pub fn write(path: &Path, genes: &[Gene]) -> Result<()> {
    let mut output = Output::create(path)?;
    for Gene { id, symbol, tss, end } in genes {
        let Tss { chrom, position, strand } = tss;
        let end = end.map_or_else(|| ".".to_owned(), |end| end.to_string());
        let symbol = symbol_or_dot(symbol.as_deref());
        let row = format!("{chrom}\t{position}\t{}\t{id}\t0\t{strand}\t{end}\t{symbol}\n", position + 1);
        output.put(row.as_bytes())?;
    }
    output.commit()
}
