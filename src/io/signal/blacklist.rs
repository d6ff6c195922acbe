//! Blacklists as BED, plain or gzip.

use std::path::Path;

use super::chrom_map::LazyChroms;
use super::columns::{interval, interval_problem, is_comment};
use super::detect::is_header;
use super::{FileError, Result};
use crate::genome::{ChromAlias, Chroms};
use crate::io::Lines;
use crate::matrix::Blacklist;

/// Reads the intervals on the genes' chromosomes; the others are skipped, with a warning if that are all.
///
/// # Errors
/// A line without chromosome, start and end, or with an end before its start.
pub fn read_blacklist(path: &Path, gene_chroms: &Chroms, alias: &ChromAlias) -> Result<Blacklist> {
    let mut lines = Lines::open(path)?;
    let mut chroms = LazyChroms::new(gene_chroms, alias);
    let (mut intervals, mut elsewhere, mut first_elsewhere) = (Vec::new(), 0_u64, None);
    while let Some((number, line)) = lines.next_line()? {
        if is_comment(line) || (elsewhere == 0 && intervals.is_empty() && is_header(line)) {
            continue;
        }
        let parsed = interval(line)
            .ok_or_else(|| interval_problem(line))
            .and_then(|(name, start, end, _)| Ok((name, chroms.look_up(name)?.0, start..end)));
        let (name, chrom, interval) =
            parsed.map_err(|problem| FileError::new(path, problem).line(number).remedy("Give BED"))?;
        match chrom {
            Some(chrom) => intervals.push((chrom, interval)),
            None => {
                elsewhere += 1;
                first_elsewhere.get_or_insert_with(|| String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    if let (true, Some(name)) = (intervals.is_empty(), first_elsewhere) {
        let genes = gene_chroms.as_slice().first().map_or("none", |chrom| &chrom.name);
        tracing::warn!(
            "{}: none of its {elsewhere} intervals lies on a chromosome of the genes (it has {name}, the genes have {genes}), so nothing is left out. If only the names differ, use --chrom-alias",
            path.display()
        );
    }
    Ok(Blacklist::new(intervals))
}
