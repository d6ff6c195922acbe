//! Regions of a genome: BED, narrowPeak or bigBed, plain or gzip.

use std::collections::HashMap;
use std::path::Path;

use super::bigbed::{self, BigBedRow};
use super::{FileError, Lines, Result};
use crate::genome::{Strand, Tss, check_text};
use crate::matrix::Region;

/// Columns of narrowPeak.
const NARROW_PEAK: usize = 10;
/// Largest position that is read; arithmetic with any window stays far from the ends of a number.
const LAST_POSITION: u64 = 1 << 40;

/// Regions in the order of a file, and what was made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Each around its own base: its summit, or its middle. Called by its name, or by chrom:start-end.
    pub regions: Vec<Region>,
    /// First base and end of each, 0-based half-open.
    pub spans: Vec<(u64, u64)>,
    /// Those whose own base is a summit, as column 10 of narrowPeak says.
    pub summits: usize,
    /// Left out, because an earlier one has the same own base and strand.
    pub repeated: usize,
}

/// Reads regions. A strand that is not given is the plus strand.
///
/// # Errors
/// A line that is no region; two of one name; no region. Names the line.
pub fn read(path: &Path) -> Result<Regions> {
    let mut found = RegionRows::default();
    if bigbed::is_bigbed(path) {
        for (at, BigBedRow { chrom, start, end, rest }) in bigbed::read(path)?.rows.into_iter().enumerate() {
            let (start, end) = (start.to_string(), end.to_string());
            let cells: Vec<&str> = [chrom.as_str(), &start, &end].into_iter().chain(rest.split('\t')).collect();
            found.add(&cells).map_err(|problem| FileError::new(path, problem).place(format!("row {}", at + 1)))?;
        }
    } else {
        let mut lines = Lines::open(path)?;
        while let Some((number, line)) = lines.next_text()? {
            let line = line.trim_end();
            let is_header = ["#", "track", "browser"].iter().any(|begin| line.starts_with(begin));
            if line.is_empty() || is_header {
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            found.add(&cells).map_err(|problem| {
                FileError::new(path, problem).line(number).remedy("Give BED, narrowPeak or bigBed, with tabs")
            })?;
        }
    }
    if found.all.regions.is_empty() {
        return Err(FileError::new(path, "holds no region").remedy("Give BED, narrowPeak or bigBed"));
    }
    Ok(found.all)
}

/// What regions cover with so many bases on either side, by chromosome: spans, 0-based half-open, ascending and disjoint.
pub fn cover(regions: &Regions, around: u64) -> HashMap<String, Vec<(u64, u64)>> {
    let mut cover: HashMap<String, Vec<(u64, u64)>> = HashMap::new();
    for (region, &(start, end)) in regions.regions.iter().zip(&regions.spans) {
        if let Some(tss) = &region.tss {
            cover.entry(tss.chrom.clone()).or_default().push((start.saturating_sub(around), end + around));
        }
    }
    for spans in cover.values_mut() {
        spans.sort_unstable();
        spans.dedup_by(|next, last| {
            let touches = next.0 <= last.1;
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
    }
    cover
}

#[derive(Default)]
struct RegionRows {
    all: Regions,
    names: std::collections::HashSet<String>,
    places: std::collections::HashSet<(String, u64, char)>,
}

impl RegionRows {
    fn add(&mut self, cells: &[&str]) -> std::result::Result<(), String> {
        let [chrom, start, end, rest @ ..] = cells else {
            return Err(format!("has {} columns, expected chromosome, start and end", cells.len()));
        };
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|&at| at <= LAST_POSITION);
        let (Some(start), Some(end)) = (number(start), number(end)) else {
            return Err(format!("{start:?} and {end:?} are no start and end"));
        };
        if start >= end {
            return Err(format!("its end {end} is not after its start {start}"));
        }
        check_text("chromosome", chrom).map_err(|error| error.to_string())?;
        let strand = match rest.get(2).copied().unwrap_or(".") {
            "-" => Strand::Reverse,
            "+" | "." => Strand::Forward,
            other => return Err(format!("its strand is {other:?}, expected +, - or .")),
        };
        let summit = if cells.len() == NARROW_PEAK { rest[6].trim().parse::<i64>().ok() } else { None };
        let summit = summit.and_then(|offset| u64::try_from(offset).ok()).map(|offset| start + offset);
        if let Some(summit) = summit.filter(|&summit| summit >= end) {
            return Err(format!("its summit {summit} lies behind its end {end}"));
        }
        let position = summit.unwrap_or(start + (end - start) / 2);
        if !self.places.insert(((*chrom).to_owned(), position, strand.symbol())) {
            self.all.repeated += 1;
            return Ok(());
        }
        let place = format!("{chrom}:{start}-{end}");
        let name = rest.first().map(|name| name.trim()).filter(|name| !name.is_empty() && *name != ".");
        let id = name.map_or(place, str::to_owned);
        check_text("name", &id).map_err(|error| error.to_string())?;
        if !self.names.insert(id.clone()) {
            return Err(format!("the name {id} stands on an earlier line too: names tell regions apart"));
        }
        self.all.summits += usize::from(summit.is_some());
        self.all.spans.push((start, end));
        let tss = Some(Tss { chrom: (*chrom).to_owned(), position, strand });
        self.all.regions.push(Region { tss, ..Region::unplaced(id) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> std::result::Result<Regions, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peaks.bed");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn the_own_base_is_the_summit_or_the_middle() {
        let text = "track name=x\n# comment\nchr1\t100\t200\np\r\nchr2\t10\t15\tq\t0\t-\n".replace("\np\r", "\tp\r");
        let found = read_text(&text).unwrap();
        let own = |found: &Regions| {
            found
                .regions
                .iter()
                .map(|region| region.tss.as_ref().map(|tss| (tss.position, tss.strand)).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(own(&found), [(150, Strand::Forward), (12, Strand::Reverse)]);
        assert_eq!((found.regions[0].id.as_str(), found.spans[1], found.summits), ("p", (10, 15), 0));
        let narrow =
            "chr1\t100\t200\t.\t9\t.\t5\t4\t3\t7\nchr1\t300\t400\t.\t9\t.\t5\t4\t3\t-1\nchr1\t107\t108\t.\t0\t+\n";
        let found = read_text(narrow).unwrap();
        assert_eq!(
            (own(&found), found.summits, found.repeated),
            (vec![(107, Strand::Forward), (350, Strand::Forward)], 1, 1)
        );
        assert_eq!(found.regions[0].id, "chr1:100-200");
    }

    #[test]
    fn what_is_no_region_is_named() {
        for (text, message) in [
            ("chr1\t5\n", "line 1: has 2 columns"),
            ("chr1\t5\tx\n", "line 1: \"5\" and \"x\" are no start and end"),
            ("chr1\t9\t9\n", "its end 9 is not after its start 9"),
            ("chr1\t9\t12\ta\nchr1\t20\t30\ta\n", "line 2: the name a stands on an earlier line"),
            ("chr1\t9\t12\ta\t0\tx\n", "its strand is \"x\""),
            ("chr1\t9\t12\ta\t0\t+\t1\t1\t1\t5\n", "its summit 14 lies behind its end 12"),
            ("", "holds no region"),
        ] {
            let found = read_text(text).unwrap_err();
            assert!(found.contains(message), "{found}");
        }
    }
}
