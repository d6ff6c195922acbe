//! Blacklists as BED, plain or gzip, or bigBed.

use std::ops::Range;
use std::path::Path;

use super::chrom_map::LazyChroms;
use super::columns::{interval, interval_problem, is_comment, is_header};
use super::{FileError, Result};
use crate::genome::{ChromAlias, Chroms};
use crate::io::Lines;
use crate::io::bigbed::{self, BigBedRow};
use crate::matrix::Blacklist;

/// Reads the intervals on the genes' chromosomes; the others are skipped, with a warning if that are all.
///
/// # Errors
/// A line without chromosome, start and end, or with an end before its start; a damaged bigBed.
pub fn read_blacklist(path: &Path, gene_chroms: &Chroms, alias: &ChromAlias) -> Result<Blacklist> {
    let mut found = Found { chroms: LazyChroms::new(gene_chroms, alias), intervals: Vec::new(), elsewhere: None };
    if bigbed::is_bigbed(path) {
        for BigBedRow { chrom, start, end, .. } in bigbed::read(path)?.rows {
            let interval = i64::from(start)..i64::from(end);
            found.add(chrom.as_bytes(), interval).map_err(|problem| FileError::new(path, problem))?;
        }
    } else {
        let mut lines = Lines::open(path)?;
        while let Some((number, line)) = lines.next_line()? {
            if is_comment(line) || (found.is_empty() && is_header(line)) {
                continue;
            }
            interval(line)
                .ok_or_else(|| interval_problem(line))
                .and_then(|(name, start, end, _)| found.add(name, start..end))
                .map_err(|problem| FileError::new(path, problem).line(number).remedy("Give BED or bigBed"))?;
        }
    }
    if let (true, Some((name, elsewhere))) = (found.intervals.is_empty(), &found.elsewhere) {
        let genes = gene_chroms.as_slice().first().map_or("none", |chrom| &chrom.name);
        tracing::warn!(
            "{}: none of its {elsewhere} intervals lies on a chromosome of the genes (it has {name}, the genes have {genes}), so nothing is left out. If only the names differ, use --chrom-alias",
            path.display()
        );
    }
    Ok(Blacklist::new(found.intervals))
}

/// The intervals read so far.
struct Found {
    chroms: LazyChroms,
    intervals: Vec<(usize, Range<i64>)>,
    /// The first other chromosome, and how many intervals lie on those.
    elsewhere: Option<(String, u64)>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.intervals.is_empty() && self.elsewhere.is_none()
    }

    fn add(&mut self, name: &[u8], interval: Range<i64>) -> std::result::Result<(), String> {
        match self.chroms.look_up(name)?.0 {
            Some(chrom) => self.intervals.push((chrom, interval)),
            None => {
                let first = || (String::from_utf8_lossy(name).into_owned(), 0);
                self.elsewhere.get_or_insert_with(first).1 += 1;
            }
        }
        Ok(())
    }
}
