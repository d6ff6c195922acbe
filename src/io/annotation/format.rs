//! Which format a file is in, told by its content.

use std::fmt;
use std::path::Path;

use crate::io::{FileError, Result};

/// Format of an annotation file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GTF, also known as GFF2.5: `gene_id "…";`.
    Gtf,
    /// GFF3: `ID=…;Parent=…`.
    Gff3,
    /// BED6 and wider: a gene, or its TSS, a row.
    Bed,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Gtf => "GTF",
            Format::Gff3 => "GFF3",
            Format::Bed => "BED",
        })
    }
}

impl Format {
    /// Whether a line is one of the UCSC genome browser's settings.
    pub(super) fn is_browser_line(line: &str) -> bool {
        ["track ", "track\t", "browser "].iter().any(|start| line.starts_with(start))
    }
}

/// First bytes (after decompression) of files that are given by mistake.
const BINARY: [(&[u8], &str); 7] = [
    (b"BAM\x01", "a BAM file"),
    (b"CRAM", "a CRAM file"),
    (b"\x26\xfc\x8f\x88", "a bigWig file"),
    (b"\x88\x8f\xfc\x26", "a bigWig file"),
    (b"\xeb\xf2\x89\x87", "a bigBed file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"SQLite format 3", "an SQLite database"),
];

/// Refuses what is no text.
pub(super) fn refuse_binary(path: &Path, start: &[u8]) -> Result<()> {
    let named = BINARY.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
    let Some(name) = named.or_else(|| start.contains(&0).then_some("a binary file")) else { return Ok(()) };
    Err(FileError::new(path, format!("is {name}, not a gene annotation"))
        .remedy("Name a GTF, GFF3 or BED6 file of genes (plain or gzip)"))
}

/// The format of the first line that holds data.
pub(super) fn recognise(line: &str) -> std::result::Result<Format, String> {
    if line.starts_with('>') {
        return Err("is a FASTA file of sequences, not a gene annotation".to_owned());
    }
    let columns: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| columns.get(at).is_some_and(|text| text.parse::<u64>().is_ok());
    // BED first: its columns 2 and 3 are a source and a feature type in the other two
    if number(1) && number(2) {
        return Ok(Format::Bed);
    }
    if columns.len() >= 9 {
        let attributes = columns[8].trim_start();
        let key_end = attributes.find([' ', '=']).unwrap_or(attributes.len());
        return Ok(if attributes[key_end..].starts_with('=') { Format::Gff3 } else { Format::Gtf });
    }
    let shown: String = line.chars().take(60).collect();
    Err(format!(
        "is not a gene annotation: expected the 9 tab-separated columns of GTF or GFF3, or BED6, found {} in {shown:?}",
        columns.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_the_first_line() {
        let format = |line: &str| recognise(line).ok();
        assert_eq!(format("1\thavana\tgene\t1\t9\t.\t+\t.\tgene_id \"a\"; note \"x=y\";"), Some(Format::Gtf));
        assert_eq!(format("1\thavana\tgene\t1\t9\t.\t+\t.\tID=gene:a;Name=b c"), Some(Format::Gff3));
        assert_eq!(format("chr1\t1\t9\ta\t0\t+"), Some(Format::Bed));
        assert_eq!(format("gene_id\tE003"), None);
        assert_eq!(format(">chr1"), None);
    }
}
