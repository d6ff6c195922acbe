//! `genes.bed`: plain BED6 without a header, one TSS base a row, gene id as name; or BED6+1, whose seventh column is
//! the 0-based position of the last base that is transcribed, `.` where it is not known.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::{FileError, Output, Result, open_text, split};
use crate::genome::{Gene, Strand, Tss, check_text};

/// No gene is longer: what lies further from the TSS is no end.
const LONGEST_GENE_BP: u64 = 100_000_000;

/// Reads genes; each interval must be one base wide (the TSS), ids must be unique. Blank, `track`, `browser` and `#`
/// lines are skipped. A seventh column that is no position 3′ of the TSS is no end: it is counted in the log, unless
/// it is `.`. Columns after it are ignored.
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
    let is_odd = |(gene, (_, row)): &(&Gene, &(u64, &str))| {
        gene.end.is_none() && row.split('\t').nth(6).is_some_and(|column| !matches!(column, "." | ""))
    };
    let genes: Vec<Gene> = genes.into_iter().flatten().collect();
    let odd = genes.iter().zip(&rows).filter(is_odd).count();
    if odd > 0 {
        tracing::warn!(
            "{}: {odd} of {} genes have no end: their 7th column is not a position 3′ of the TSS",
            path.display(),
            genes.len()
        );
    }
    Ok(genes)
}

/// Whether a line is one of the UCSC genome browser's settings.
pub(super) fn is_browser_line(line: &str) -> bool {
    ["track ", "track\t", "browser ", "browser\t"].iter().any(|start| line.starts_with(start))
        || matches!(line, "track" | "browser")
}

/// The seventh column as [`write`] writes it: a position not too far from the TSS, or `Some(None)` for `.`. `None` for
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
    // other people's seventh column may be anything: thickStart, a score
    let end = columns.get(6).and_then(|column| parse_end(column, start)).flatten();
    Ok(Gene { id: id.to_owned(), tss, end: end.filter(|&end| is_beyond(end, start, strand)) })
}

/// Writes genes in the order given, with the seventh column or without; `-` writes to standard output.
pub fn write(path: &Path, genes: &[Gene], with_ends: bool) -> Result<()> {
    let mut output = Output::create(path)?;
    for Gene { id, tss, end } in genes {
        let end = match end {
            _ if !with_ends => String::new(),
            Some(end) => format!("\t{end}"),
            None => "\t.".to_owned(),
        };
        output.put(
            format!("{}\t{}\t{}\t{id}\t0\t{}{end}\n", tss.chrom, tss.position, tss.position + 1, tss.strand).as_bytes(),
        )?;
    }
    output.commit()
}
