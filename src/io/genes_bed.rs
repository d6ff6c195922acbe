//! `genes.bed`: plain BED6 without a header, one TSS base a row, gene id as name.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use super::{FileError, Output, Result, open_text};
use crate::genome::{Gene, Tss};

/// Reads genes; each interval must be one base wide (the TSS), ids must be unique. `track`,
/// `browser` and `#` lines are skipped; columns after the sixth are ignored.
pub fn read(path: &Path) -> Result<Vec<Gene>> {
    let mut reader = open_text(path)?;
    let (mut genes, mut seen) = (Vec::new(), HashMap::new());
    let (mut line, mut text) = (0, String::new());
    loop {
        text.clear();
        line += 1;
        if reader.read_line(&mut text).map_err(|error| FileError::os(path, "read", &error).line(line))? == 0 {
            break;
        }
        let row = text.trim_end_matches(['\n', '\r']);
        if row.is_empty() || row.starts_with('#') || row.starts_with("track") || row.starts_with("browser") {
            continue;
        }
        let gene = parse(row).map_err(|problem| {
            FileError::new(path, problem)
                .line(line)
                .remedy("Make the file with attentrack-tss, or bring BED6 with one TSS base a row")
        })?;
        if let Some(first) = seen.insert(gene.id.clone(), line) {
            return Err(FileError::new(path, format!("gene {} occurs twice, first on line {first}", gene.id))
                .line(line)
                .remedy("Keep one row a gene id"));
        }
        genes.push(gene);
    }
    if genes.is_empty() {
        return Err(FileError::new(path, "holds no gene").remedy("Check the step that makes it"));
    }
    Ok(genes)
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
    let strand = strand.parse().map_err(|error| format!("{error}"))?;
    Ok(Gene { id: id.to_owned(), tss: Tss { chrom: chrom.to_owned(), position: start, strand } })
}

/// Writes genes in the order given; `-` writes to standard output.
pub fn write(path: &Path, genes: &[Gene]) -> Result<()> {
    let mut output = Output::create(path)?;
    for Gene { id, tss } in genes {
        output.put(
            format!("{}\t{}\t{}\t{id}\t0\t{}\n", tss.chrom, tss.position, tss.position + 1, tss.strand).as_bytes(),
        )?;
    }
    output.commit()
}
