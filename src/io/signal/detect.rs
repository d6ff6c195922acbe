//! What a file is, by its first bytes; names are not looked at.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{FileError, Result};
use crate::io::input::BYTE_ORDER_MARK;

/// Kinds of signal files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// bigWig.
    BigWig,
    /// Alignments in BAM.
    Bam,
    /// Alignments in CRAM.
    Cram,
    /// bedGraph text, plain or gzip.
    BedGraph,
    /// Reads as BED or tagAlign text, plain or gzip.
    Reads,
}

impl Format {
    /// Name used in matrix files.
    pub fn name(self) -> &'static str {
        match self {
            Format::BigWig => "bigwig",
            Format::Bam => "bam",
            Format::Cram => "cram",
            Format::BedGraph => "bedgraph",
            Format::Reads => "reads",
        }
    }

    /// Whether it holds reads, which can be counted, rather than values.
    pub fn holds_reads(self) -> bool {
        matches!(self, Format::Bam | Format::Cram | Format::Reads)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const CHOICE: &str = "Give bigWig, BAM, CRAM, bedGraph, or reads as BED or tagAlign";

pub(super) fn detect(path: &Path) -> Result<Format> {
    // opening a pipe would take its first bytes away, or wait for a writer
    if std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_fifo()) {
        return Err(FileError::new(path, "is a pipe, and signal files are read more than once")
            .remedy("Write it to a file and name that"));
    }
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    if file.metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(FileError::new(path, "is a folder").remedy("Name a file"));
    }
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let start = reader.fill_buf().map_err(|error| FileError::os(path, "read", &error))?;
    match start {
        [] => Err(FileError::new(path, "is empty").remedy("Copy or make it again")),
        [0x26, 0xfc, 0x8f, 0x88, ..] | [0x88, 0x8f, 0xfc, 0x26, ..] => Ok(Format::BigWig),
        [0xeb, 0xf2, 0x89, 0x87, ..] | [0x87, 0x89, 0xf2, 0xeb, ..] => {
            Err(FileError::new(path, "is a bigBed file, which holds no signal").remedy(CHOICE))
        }
        [b'C', b'R', b'A', b'M', ..] => Ok(Format::Cram),
        [0x1f, 0x8b, ..] => {
            let mut text = Vec::new();
            let read = MultiGzDecoder::new(reader).take(1 << 16).read_to_end(&mut text);
            match read {
                Err(error) if text.is_empty() => Err(FileError::os(path, "read", &error)),
                _ if text.starts_with(b"BAM\x01") => Ok(Format::Bam),
                _ => detect_text(path, &text),
            }
        }
        text => detect_text(path, text),
    }
}

fn detect_text(path: &Path, text: &[u8]) -> Result<Format> {
    let unknown = |what: &str| Err(FileError::new(path, what).remedy(CHOICE));
    if text.contains(&0) {
        return unknown("is a binary file of no known signal format");
    }
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    for line in text.split(|&byte| byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        if line.starts_with("track") && line.contains("bedGraph") {
            return Ok(Format::BedGraph);
        }
        if line.starts_with("fixedStep") || line.starts_with("variableStep") {
            return Err(FileError::new(path, "is a wiggle text file")
                .remedy("Convert it to bigWig (wigToBigWig) and give that"));
        }
        if line.starts_with("@HD") || line.starts_with("@SQ") {
            return Err(FileError::new(path, "is a SAM text file").remedy("Convert it with samtools view -b"));
        }
        if is_comment(line.as_bytes()) {
            continue;
        }
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, start, end, rest @ ..] = &columns[..] else {
            return unknown("is neither of a known binary format nor BED or bedGraph text");
        };
        if start.parse::<u64>().is_err() || end.parse::<u64>().is_err() {
            return unknown("is neither of a known binary format nor BED or bedGraph text");
        }
        return match rest {
            [value] if value.parse::<f64>().is_ok() => Ok(Format::BedGraph),
            _ => Ok(Format::Reads),
        };
    }
    unknown("holds no data line")
}

/// Lines of BED-like text that hold no data.
pub(super) fn is_comment(line: &[u8]) -> bool {
    line.is_empty() || line.starts_with(b"#") || line.starts_with(b"track") || line.starts_with(b"browser")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_apart_by_its_columns() {
        let detect = |text: &str| detect_text(Path::new("f"), text.as_bytes());
        assert_eq!(detect("chr1\t0\t10\t2.5\n").unwrap(), Format::BedGraph);
        assert_eq!(detect("#c\nchr1 0 10 2\n").unwrap(), Format::BedGraph);
        assert_eq!(detect("chr1\t0\t10\tN\t1000\t+\n").unwrap(), Format::Reads);
        assert_eq!(detect("chr1\t0\t10\n").unwrap(), Format::Reads);
        assert!(detect("gene_id\tlabel\nG1\t1\n").is_err());
        assert!(detect("variableStep chrom=chr1\n1 2\n").is_err());
        assert!(detect("\n#\n").is_err());
    }
}
