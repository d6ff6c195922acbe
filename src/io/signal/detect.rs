//! What a file is, by its content; names are not looked at.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::columns::{cells, interval, interval_problem, is_comment, is_header};
use super::format::{Format, Sniff};
use super::text_kind::{self, CHOICE};
use super::{FORMATS, FileError, Result};
use crate::io::Lines;

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
    let mut reader = BufReader::new(file);
    let start = reader.fill_buf().map_err(|error| FileError::os(path, "read", &error))?;
    match start {
        [] => return Err(FileError::new(path, "is empty").remedy("Copy or make it again")),
        [0xeb, 0xf2, 0x89, 0x87, ..] | [0x87, 0x89, 0xf2, 0xeb, ..] => {
            return Err(FileError::new(path, "is a bigBed file, which holds no signal").remedy(CHOICE));
        }
        _ => {}
    }
    let starts = |start: &[u8], magics: &[&[u8]]| magics.iter().any(|magic| start.starts_with(magic));
    let by_start = |format: &&Format| matches!(format.sniff, Sniff::Start(magics) if starts(start, magics));
    if let Some(format) = FORMATS.iter().find(by_start) {
        return Ok(*format);
    }
    if start.starts_with(b"\x1f\x8b") {
        let mut inflated = Vec::new();
        // what is damaged is told by the reader of the format
        let _ = MultiGzDecoder::new(reader).take(8).read_to_end(&mut inflated);
        let by_start = |format: &&Format| matches!(format.sniff, Sniff::Inflated(magic) if inflated.starts_with(magic));
        if let Some(format) = FORMATS.iter().find(by_start) {
            return Ok(*format);
        }
    }
    detect_text(Lines::open(path)?)
}

/// The kind of the first data line, which all others must have (see the readers).
fn detect_text(mut lines: Lines) -> Result<Format> {
    let path = lines.path().to_owned();
    while let Some((number, line)) = lines.next_line()? {
        let foreign = |(what, remedy)| FileError::new(&path, format!("is {what}")).line(number).remedy(remedy);
        if let Some(announced) = text_kind::announced(line) {
            return Err(foreign(announced));
        }
        if is_comment(line) || is_header(line) {
            continue;
        }
        let cells = cells(line);
        let by_line = |format: &&Format| matches!(format.sniff, Sniff::Line(is_so) if is_so(&cells));
        return match FORMATS.iter().find(by_line) {
            Some(format) if interval(line).is_some() => Ok(*format),
            found => Err(match text_kind::foreign(&cells).filter(|_| found.is_none()) {
                Some(known) => foreign(known),
                None => {
                    let problem = interval_problem(line);
                    let problem = format!("is neither of a known binary format nor BED or bedGraph text: {problem}");
                    FileError::new(&path, problem).line(number).remedy(CHOICE)
                }
            }),
        };
    }
    Err(FileError::new(path, "holds no data line").remedy(CHOICE))
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    fn detect(text: &str) -> Result<Format> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        super::detect(file.path())
    }

    #[test]
    fn text_is_told_apart_by_its_columns() {
        for bedgraph in
            ["chr1\t0\t10\t2.5", "#c\nchr1 0 10 2", "chr1\t0\t10\tNA", "\n \nchrom\tstart\tend\tx\nc\t1\t2\t."]
        {
            assert_eq!(detect(bedgraph).unwrap(), text::BEDGRAPH, "{bedgraph}");
        }
        for reads in ["chr1\t0\t10\tN\t1000\t+", "chr1\t0\t10", "chr1\t0\t10\tN\t1000\t-\t10M", "chr1\t0\t10\r"] {
            assert_eq!(detect(reads).unwrap(), text::READS, "{reads}");
        }
    }

    #[test]
    fn other_text_is_named() {
        #[rustfmt::skip]
        let table = [
            ("gene_id\tlabel\nG1\t1\n", "line 1: is neither"), ("variableStep chrom=chr1\n1 2\n", "wigToBigWig"),
            ("\n#\n", "holds no data line"), ("chr1\t0\t1e+02\t1\n", "\"1e+02\" in column 3"),
            ("chr1\t-1\t5\t1\n", "\"-1\" in column 2"), ("chr1\t0\t10\t2.5\tfoo\n", "five columns"),
            ("chr1\t980\t1016\tchr1\t1100\t1136\tr1\t60\t+\t-\n", "BEDPE"),
            (".\t-1\t-1\tchr1\t1100\t1136\tr1\t60\t.\t-\n", "BEDPE"),
            ("chr1\t980\t1116\tpk1\t100\t.\t5.0\t6.0\t3.0\t50\n", "narrowPeak"),
            ("chr1\t980\t1116\tpk1\t100\t.\t5.0\t6.0\t3.0\n", "broadPeak"),
            ("chr1\t980\t1116\tpk1\t100\t.\n", "without a strand"), ("track type=narrowPeak\n", "peaks"),
            ("chr1\t9\t99\tg\t0\t+\t9\t99\t0\t1\t90,\t0,\n", "BED12"),
            ("chr1\tHAVANA\tgene\t11\t20\t.\t+\t.\tgene_id \"G\";\n", "GFF or GTF"),
            ("##fileformat=VCFv4.2\n", "VCF"), ("chr1\t10\trs1\tA\tG\t50\tPASS\tDP=1\n", "VCF"),
            ("@SQ\tSN:chr1\tLN:5\n", "samtools view"), ("r\t0\tchr1\t5\t60\t4M\t*\t0\t0\tACGT\tIIII\n", "samtools view"),
            ("# This file is generated by MACS version 2\nchr\tstart\tend\n", "MACS"),
            ("chr\tstart\tend\tlength\nchr1\t1\t2\t2\n", "\"start\" in column 2"),
            ("59\t9\t0\t0\t1\t823\t1\t96\t+-\tq\t1\t2\t3\tchr1\t4\t5\t6\t1\t1,\t2,\t3,\n", "PSL"),
            ("\"chr1\"\t1\t2\t5\n", "quotes"), ("{\"message\": \"not found\"}", "line 1: is neither"),
        ];
        for (text, needle) in table {
            let problem = detect(text).expect_err(text).to_string();
            assert!(problem.contains(needle), "{text}: {problem}");
        }
    }
}
