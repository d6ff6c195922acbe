//! BED6 rows: the interval of a gene, or the one base of its TSS.

use super::assembly::Assembly;
use crate::genome::GeneRecord;

/// Adds a row; columns after the sixth are ignored.
pub(super) fn add_line(assembly: &mut Assembly, line: &str) -> Result<(), String> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [chrom, start, end, name, _score, strand, ..] = columns[..] else {
        return Err(format!(
            "expected 6 tab-separated columns (chromosome, start, end, gene id, score, strand), found {}",
            columns.len()
        ));
    };
    let number = |what: &str, text: &str| {
        text.parse::<u64>().map_err(|_| format!("{what} must be a whole number of bases, found {text:?}"))
    };
    let (start, end) = (number("start", start)?, number("end", end)?);
    if start >= end {
        return Err(format!("end must be greater than start, found {start}-{end}"));
    }
    if chrom.is_empty() || name.is_empty() {
        return Err("chromosome and gene id must not be empty".to_owned());
    }
    assembly.genes.push(GeneRecord {
        id: name.to_owned(),
        chrom: chrom.to_owned(),
        span: start..end,
        strand: strand.parse().ok(),
        biotype: None,
        derived: false,
        transcripts: Vec::new(),
    });
    Ok(())
}
