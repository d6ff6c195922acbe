//! A stretch of the genome that a user asks for.

use std::ops::Range;

/// An interval of one chromosome, 0-based half-open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Chromosome name.
    pub chrom: String,
    /// Bases, 0-based half-open; ends at [`u64::MAX`] where no end was given.
    pub range: Range<u64>,
}

/// The text is not a region.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a region: expected CHROM, CHROM:START or CHROM:START-END, 1-based with both ends included")]
pub struct ParseIntervalError(String);

impl std::str::FromStr for Interval {
    type Err = ParseIntervalError;

    /// Reads `CHROM`, `CHROM:START` or `CHROM:START-END` as samtools does: 1-based, both ends
    /// included, commas allowed in numbers.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseIntervalError(text.to_owned());
        let number = |digits: &str| digits.replace(',', "").parse::<u64>().ok().filter(|&n| n > 0);
        let (chrom, interval) = match text.rsplit_once(':') {
            None => (text, None),
            Some((chrom, interval)) => (chrom, Some(interval)),
        };
        let range = match interval {
            None => 0..u64::MAX,
            Some(interval) => {
                let (start, end) = interval.split_once('-').unwrap_or((interval, ""));
                let start = number(start).ok_or_else(wrong)?;
                let end = if end.is_empty() { u64::MAX } else { number(end).ok_or_else(wrong)? };
                start - 1..end
            }
        };
        if chrom.is_empty() || range.is_empty() {
            return Err(wrong());
        }
        Ok(Interval { chrom: chrom.to_owned(), range })
    }
}

impl Interval {
    /// Whether at least one base of `start..end` on `chrom` lies in the region.
    pub fn overlaps(&self, chrom: &str, start: u64, end: u64) -> bool {
        self.chrom == chrom && start < self.range.end && self.range.start < end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_included() {
        let region: Interval = "chr1:1,001-2,000".parse().unwrap();
        assert_eq!(region, Interval { chrom: "chr1".into(), range: 1000..2000 });
        assert!(region.overlaps("chr1", 1999, 2100));
        assert!(!region.overlaps("chr1", 2000, 2100));
        assert!(region.overlaps("chr1", 900, 1001));
        assert!(!region.overlaps("chr1", 900, 1000));
        assert!(!region.overlaps("chr2", 900, 2100));
        assert_eq!("chr1".parse::<Interval>().unwrap().range, 0..u64::MAX);
        assert_eq!("chr1:500".parse::<Interval>().unwrap().range, 499..u64::MAX);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "chr1:", "chr1:0-10", "chr1:20-10", "chr1:a-b", ":1-2", "chr1:-5"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }
}
