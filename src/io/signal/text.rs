//! bedGraph, and reads as BED or tagAlign: one streaming pass over plain or gzip text.
//!
//! What a file is, its first data line says by its columns ([`text_kind`]); every other line must
//! have the same ones, or the file is refused at that line.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::chrom_map::LazyChroms;
use super::columns::{cell, cells, interval, interval_problem, is_comment, is_header, is_setting};
use super::format::{Format, Opened, Options, Sniff};
use super::read_rules::ReadRules;
use super::{FileError, Result, text_kind, whole};
use crate::genome::{ChromAlias, Chroms};
use crate::io::{Lines, is_missing};
use crate::matrix::{Bins, Signal, Windows};

/// bedGraph.
pub(super) const BEDGRAPH: Format = Format {
    name: "bedgraph",
    holds_reads: false,
    sniff: Sniff::Line(|cells| cells.len() == 4 && text_kind::is_interval(cells)),
    open: |path, chroms, options| Ok(Opened::text(BedGraph::open(path, chroms, &options.alias))),
};

/// Reads as BED or tagAlign.
pub(super) const READS: Format = Format {
    name: "reads",
    holds_reads: true,
    sniff: Sniff::Line(text_kind::is_read),
    open: |path, chroms, options| Ok(Opened::text(TextReads::open(path, chroms, options)?)),
};

/// Why a line is not one of `columns` columns that begins with an interval.
fn line_problem(line: &[u8], columns: &str) -> String {
    if let Some((what, _)) = text_kind::announced(line) {
        return format!("here begins {what}");
    }
    if interval(line).is_none() {
        return interval_problem(line);
    }
    format!("expected {columns} columns, as on the lines before, found {}", cells(line).len())
}

/// bedGraph: disjoint intervals with a value each.
pub(super) struct BedGraph {
    path: PathBuf,
    chroms: Chroms,
    alias: ChromAlias,
    /// The file may be read twice; what is missing is told once.
    told: Once,
}

/// Lines without a value: how many, the first, and what it has instead.
#[derive(Default)]
struct WithoutValue {
    lines: u64,
    first: Option<(u64, String)>,
}

impl BedGraph {
    pub(super) fn open(path: &Path, chroms: &Chroms, alias: &ChromAlias) -> Self {
        BedGraph { path: path.to_owned(), chroms: chroms.clone(), alias: alias.clone(), told: Once::new() }
    }

    /// Says how many lines have no value.
    ///
    /// # Errors
    /// None of all `data_lines` has one.
    fn tell(&self, missing: &WithoutValue, data_lines: u64) -> Result<()> {
        let Some((first, text)) = &missing.first else { return Ok(()) };
        if missing.lines == data_lines {
            return Err(FileError::new(&self.path, format!("holds no value: column 4 is {text:?} on every line"))
                .line(*first)
                .remedy("Give bedGraph with numbers in column 4; if the lines are reads, give columns 1 to 3 alone"));
        }
        self.told.call_once(|| {
            tracing::warn!(
                "{}: {} of {data_lines} lines have no value (the first on line {first}: {text:?}): their bases are taken as without data",
                self.path.display(),
                missing.lines
            );
        });
        Ok(())
    }
}

/// The value in column 4: a number, or `None` for what stands for no data.
#[inline]
fn value(text: &[u8]) -> std::result::Result<Option<f32>, String> {
    let text = str::from_utf8(text).map_err(|_| "the value is not UTF-8 text".to_owned())?;
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) if text.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!("the value {text} is too large for a 32-bit number"))
        }
        Ok(_) => Ok(None),
        Err(_) if is_missing(text) => Ok(None),
        Err(_) if text.contains(',') => {
            Err(format!("the value must be a number, found {text:?}: write it with a decimal point, not a comma"))
        }
        Err(_) => Err(format!("the value must be a number, found {text:?} in column 4")),
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
        let mut names_seen: HashSet<Vec<u8>> = HashSet::new();
        let (mut last_end, mut data_lines, mut missing) = (0, 0_u64, WithoutValue::default());
        while let Some((number, line)) = lines.next_line()? {
            if is_comment(line) && (data_lines == 0 || !is_setting(line, b"track"))
                || data_lines == 0 && is_header(line)
            {
                continue;
            }
            let mut parse = || {
                let (name, start, end, rest) = interval(line).ok_or_else(|| line_problem(line, "4"))?;
                let (text, rest) = cell(rest);
                if !rest.trim_ascii().is_empty() || text.is_empty() && !line.ends_with(b"\t") {
                    return Err(line_problem(line, "4"));
                }
                let value = value(text)?;
                let (chrom, is_new) = chroms.look_up(name)?;
                if is_new {
                    last_end = 0;
                    if !names_seen.insert(name.to_owned()) {
                        return Err(format!("{} occurs again after others", String::from_utf8_lossy(name)));
                    }
                }
                if start < last_end {
                    return Err(format!("starts at {start}, inside or before the previous interval"));
                }
                last_end = end;
                if value.is_none() {
                    missing.lines += 1;
                    missing.first.get_or_insert_with(|| (number, String::from_utf8_lossy(text).into_owned()));
                }
                Ok((chrom, start, end, value.unwrap_or(f32::NAN)))
            };
            let (chrom, start, end, value) = parse().map_err(|problem| {
                let problem =
                    if is_setting(line, b"track") { "here begins a second track".to_owned() } else { problem };
                FileError::new(&self.path, problem)
                    .line(number)
                    .remedy("Give bedGraph with one value a base, sorted: sort -k1,1 -k2,2n")
            })?;
            data_lines += 1;
            match chrom {
                Some(chrom) if start < end => bins.add_value(chrom, start, end, value),
                _ if value.is_finite() => bins.add_elsewhere(f64::from(value) * (end - start) as f64),
                _ => {}
            }
        }
        self.tell(&missing, data_lines)
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
        // those of the first data line
        let mut columns = 0;
        while let Some((number, line)) = lines.next_line()? {
            if is_comment(line) || columns == 0 && is_header(line) {
                continue;
            }
            if columns == 0 {
                columns = cells(line).len();
            }
            let mut parse = || {
                let problem = || line_problem(line, &columns.to_string());
                let (name, start, end, rest) = interval(line).ok_or_else(problem)?;
                let reverse = if columns == 3 {
                    if !rest.trim_ascii().is_empty() {
                        return Err(problem());
                    }
                    if self.rules.extend_bp.is_some() {
                        return Err("--extend needs a strand, + or -, in column 6, found 3 columns".to_owned());
                    }
                    false
                } else {
                    let (_name, rest) = cell(rest);
                    let (_score, rest) = cell(rest);
                    let (strand, rest) = cell(rest);
                    // a seventh column is a CIGAR, of no interest here
                    let rest = if columns == 7 { cell(rest).1 } else { rest };
                    if !rest.trim_ascii().is_empty() {
                        return Err(problem());
                    }
                    match strand {
                        b"+" => false,
                        b"-" => true,
                        other => {
                            let other = String::from_utf8_lossy(other);
                            return Err(format!("the strand in column 6 must be + or -, found {other:?}"));
                        }
                    }
                };
                Ok((chroms.look_up(name)?.0, start, end, reverse))
            };
            let (chrom, start, end, reverse) = parse().map_err(|problem| {
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
