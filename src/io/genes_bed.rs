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

/// Reads genes; each interval must be one base wide (the TSS), ids must be unique. `track`,
/// `browser` and `#` lines are skipped. A seventh column that is no position 3′ of
/// the TSS, and columns after it, are ignored.
pub fn read(path: &Path) -> Result<Vec<Gene>> {
    let mut bytes = Vec::new();
    open_text(path)?.read_to_end(&mut bytes).map_err(|error| FileError::os(path, "read", &error))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        FileError::new(path, "is not UTF-8 text").line(line as u64).remedy("Give plain or gzipped BED text")
    })?;
    let rows: Vec<(u64, &str)> =
        split(text).filter(|(_, row)| !(row.is_empty() || row.starts_with('#') || is_browser_line(row))).collect();
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
    Ok(genes.into_iter().flatten().collect())
}

/// `track` and `browser` lines; a chromosome may be called track1.
fn is_browser_line(row: &str) -> bool {
    ["track ", "track\t", "browser "].iter().any(|start| row.starts_with(start)) && row.split('\t').count() < 6
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
    let end = columns.get(6).and_then(|column| column.parse::<u64>().ok());
    // other people's seventh column may be anything: thickStart, a score
    let is_beyond = |end: &u64| if strand == Strand::Forward { *end > start } else { *end < start };
    let is_end = |end: &u64| is_beyond(end) && end.abs_diff(start) < LONGEST_GENE_BP;
    Ok(Gene { id: id.to_owned(), tss, end: end.filter(is_end) })
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
