//! Blacklists as BED, plain or gzip.

use std::path::Path;

use super::chrom_map::LazyChroms;
use super::text::Lines;
use super::{FileError, Result};
use crate::genome::{ChromAlias, Chroms};
use crate::matrix::Blacklist;

/// Reads the intervals on the genes' chromosomes; the others are skipped.
///
/// # Errors
/// A line without chromosome, start and end, or with an end before its start.
pub fn read_blacklist(path: &Path, gene_chroms: &Chroms, alias: &ChromAlias) -> Result<Blacklist> {
    let mut lines = Lines::open(path)?;
    let mut chroms = LazyChroms::new(gene_chroms, alias);
    let mut intervals = Vec::new();
    while let Some((number, line)) = lines.next_line()? {
        let (name, start, end, _) = super::text::interval(line)
            .map_err(|problem| FileError::new(path, problem).line(number).remedy("Give BED"))?;
        if let (Some(chrom), _) = chroms.look_up(name) {
            intervals.push((chrom, start..end));
        }
    }
    Ok(Blacklist::new(intervals))
}
