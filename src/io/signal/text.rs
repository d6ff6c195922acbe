//! bedGraph, and reads as BED or tagAlign: one streaming pass over plain or gzip text.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::chrom_map::LazyChroms;
use super::detect::is_comment;
use super::{FileError, Options, ReadRules, Result, bgzf, whole};
use crate::genome::{ChromAlias, Chroms};
use crate::io::input::BYTE_ORDER_MARK;
use crate::matrix::{Bins, Signal, Windows};

/// The data lines of a text file; bgzip is inflated with libdeflate, and must be whole.
pub(super) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let reader: Box<dyn BufRead> = if bgzf::is_bgzf(path)? {
            bgzf::check_end(path)?;
            Box::new(bgzf::open(path)?)
        } else {
            let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
            let mut reader = BufReader::with_capacity(1 << 16, file);
            let start = reader.fill_buf().map_err(|error| FileError::os(path, "read", &error))?;
            if start.starts_with(&[0x1f, 0x8b]) {
                Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader)))
            } else {
                Box::new(reader)
            }
        };
        Ok(Lines { path: path.to_owned(), reader, line: Vec::new(), number: 0 })
    }

    /// The next line that holds data, without its end, and its 1-based number.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &[u8])>> {
        loop {
            self.line.clear();
            self.number += 1;
            let read = self
                .reader
                .read_until(b'\n', &mut self.line)
                .map_err(|error| FileError::os(&self.path, "read", &error).line(self.number))?;
            if read == 0 {
                return Ok(None);
            }
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            while matches!(self.line.last(), Some(b'\n' | b'\r')) {
                self.line.pop();
            }
            if !is_comment(&self.line) {
                return Ok(Some((self.number, &self.line)));
            }
        }
    }
}

/// Chromosome, start, end, and what follows them.
pub(super) type Interval<'a> = (&'a [u8], i64, i64, &'a [u8]);

/// The first three columns of BED-like text.
pub(super) fn interval(line: &[u8]) -> std::result::Result<Interval<'_>, String> {
    let (chrom, rest) = field(line);
    let (start, rest) = field(rest);
    let (end, rest) = field(rest);
    let number = |name: &str, text: &[u8]| {
        whole_number(text)
            .ok_or_else(|| format!("{name} must be a whole number of bases, found {:?}", String::from_utf8_lossy(text)))
    };
    let (start, end) = (number("start", start)?, number("end", end)?);
    if end < start {
        return Err(format!("end ({end}) lies before start ({start})"));
    }
    Ok((chrom, start, end, rest))
}

/// The first column (separated by a tab or spaces) and the rest.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| matches!(byte, b'\t' | b' ')) {
        Some(at) => {
            let (column, rest) = line.split_at(at);
            (column, rest.get(1..).unwrap_or(&[]))
        }
        None => (line, &[]),
    }
}

fn whole_number(text: &[u8]) -> Option<i64> {
    let digits = (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    digits.then(|| text.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// bedGraph: disjoint intervals with a value each.
pub(super) struct BedGraph {
    path: PathBuf,
    chroms: Chroms,
    alias: ChromAlias,
}

impl BedGraph {
    pub(super) fn open(path: &Path, chroms: &Chroms, alias: &ChromAlias) -> Self {
        BedGraph { path: path.to_owned(), chroms: chroms.clone(), alias: alias.clone() }
    }
}

impl Signal for BedGraph {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        whole(windows)
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        let mut lines = Lines::open(&self.path)?;
        let mut chroms = LazyChroms::new(&self.chroms, &self.alias);
        let mut names_seen: Vec<Vec<u8>> = Vec::new();
        let mut last_end = 0;
        while let Some((number, line)) = lines.next_line()? {
            let parsed = interval(line).and_then(|(name, start, end, rest)| {
                let (text, _) = field(rest);
                let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f32>().ok());
                let value = value
                    .ok_or_else(|| format!("the value must be a number, found {:?}", String::from_utf8_lossy(text)))?;
                let (chrom, is_new) = chroms.look_up(name);
                if is_new {
                    last_end = 0;
                    if names_seen.iter().any(|seen| seen == name) {
                        return Err(format!("{} occurs again after others", String::from_utf8_lossy(name)));
                    }
                    names_seen.push(name.to_owned());
                }
                if start < last_end {
                    return Err(format!("starts at {start}, inside or before the previous interval"));
                }
                last_end = end;
                Ok((chrom, start, end, value))
            });
            let (chrom, start, end, value) = parsed.map_err(|problem| {
                FileError::new(&self.path, problem)
                    .line(number)
                    .remedy("Give bedGraph with one value a base, sorted: sort -k1,1 -k2,2n")
            })?;
            match chrom {
                Some(chrom) if start < end => bins.add_value(chrom, start, end, value),
                _ if value.is_finite() => bins.add_elsewhere(f64::from(value) * (end - start) as f64),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Reads as BED (three columns, or six with a strand) or tagAlign, in any order.
pub(super) struct TextReads {
    path: PathBuf,
    chroms: Chroms,
    alias: ChromAlias,
    rules: ReadRules,
}

impl TextReads {
    pub(super) fn open(path: &Path, chroms: &Chroms, options: &Options) -> Result<Self> {
        let rules = options.reads;
        let cannot = |what: &str, flag: &str| {
            Err(FileError::new(path, format!("holds reads as text, which have no {what}"))
                .remedy(format!("Leave {flag} out, or give the BAM file")))
        };
        if rules.fragments {
            return cannot("pairs", "--fragments");
        }
        if rules.min_mapq > 0 {
            return cannot("mapping quality", "--min-mapq");
        }
        Ok(TextReads { path: path.to_owned(), chroms: chroms.clone(), alias: options.alias.clone(), rules })
    }
}

impl Signal for TextReads {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        whole(windows)
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        let mut lines = Lines::open(&self.path)?;
        let mut chroms = LazyChroms::new(&self.chroms, &self.alias);
        while let Some((number, line)) = lines.next_line()? {
            let parsed = interval(line).and_then(|(name, start, end, rest)| {
                let (_name, rest) = field(rest);
                let (_score, rest) = field(rest);
                let reverse = match (field(rest).0, self.rules.extend_bp) {
                    (b"-", _) => true,
                    (b"+", _) | (_, None) => false,
                    (other, Some(_)) => {
                        let other = String::from_utf8_lossy(other);
                        return Err(format!("--extend needs a strand, + or -, in column 6, found {other:?}"));
                    }
                };
                Ok((chroms.look_up(name).0, start, end, reverse))
            });
            let (chrom, start, end, reverse) = parsed.map_err(|problem| {
                FileError::new(&self.path, problem)
                    .line(number)
                    .remedy("Give reads as BED6 or tagAlign, one read a line")
            })?;
            match chrom {
                _ if start == end => {}
                Some(chrom) => {
                    let (start, end) = self.rules.extend(start, end, reverse);
                    bins.add_read(chrom, start, end);
                }
                None => bins.add_elsewhere(1.0),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_parsed_strictly() {
        assert_eq!(interval(b"chr1\t5\t9\trest\tx"), Ok((&b"chr1"[..], 5, 9, &b"rest\tx"[..])));
        assert!(interval(b"chr1\t9\t5").is_err());
        assert!(interval(b"chr1\t-1\t5").is_err());
        assert!(interval(b"chr1\t1e3\t5000").is_err());
        assert!(interval(b"chr1\t1").is_err());
    }
}
