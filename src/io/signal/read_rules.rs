//! Which reads count, and over which bases.

/// Alignment flags (SAM specification, section 1.4).
pub(super) mod flag {
    pub const PROPER_PAIR: u16 = 0x2;
    pub const UNMAPPED: u16 = 0x4;
    pub const REVERSE: u16 = 0x10;
    pub const SECONDARY: u16 = 0x100;
    pub const QC_FAIL: u16 = 0x200;
    pub const DUPLICATE: u16 = 0x400;
    pub const SUPPLEMENTARY: u16 = 0x800;
}

/// What is kept of the reads of a BAM, CRAM or text file. The default equals bedtools multicov's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRules {
    /// Reads with any of these flags are dropped.
    pub exclude_flags: u16,
    /// Reads of lower mapping quality are dropped; an unknown quality (255) passes.
    pub min_mapq: u8,
    /// Reads shorter than this are extended to it from their 5′ end.
    pub extend_bp: Option<u32>,
    /// One fragment a proper pair (leftmost base + template length) instead of reads.
    pub fragments: bool,
}

impl Default for ReadRules {
    fn default() -> Self {
        ReadRules { exclude_flags: flag::QC_FAIL | flag::DUPLICATE, min_mapq: 0, extend_bp: None, fragments: false }
    }
}

/// What the rules need to know of one aligned read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alignment {
    pub flags: u16,
    pub mapq: u8,
    /// 0-based leftmost base.
    pub start: i64,
    /// Reference bases from first to last, deletions and skips included.
    pub span: i64,
    /// Signed template length (TLEN).
    pub template: i64,
}

impl ReadRules {
    /// The bases that the read stands for, 0-based half-open, or `None` if it does not count (as one
    /// without a position).
    ///
    /// A placed but unmapped read, and one without reference bases, stands for the one base at its
    /// position, as in bedtools multicov.
    #[inline]
    pub(super) fn interval(&self, read: &Alignment) -> Option<(i64, i64)> {
        if read.flags & self.exclude_flags != 0 || read.mapq < self.min_mapq || read.start < 0 {
            return None;
        }
        if self.fragments {
            let pair = read.flags & flag::PROPER_PAIR != 0
                && read.flags & (flag::SECONDARY | flag::SUPPLEMENTARY | flag::UNMAPPED) == 0;
            // the right mate of the pair has a negative template length
            return (pair && read.template > 0).then_some((read.start, read.start + read.template));
        }
        if read.flags & flag::UNMAPPED != 0 {
            return Some((read.start, read.start + 1));
        }
        let (start, end) = (read.start, read.start + read.span.max(1));
        Some(self.extend(start, end, read.flags & flag::REVERSE != 0))
    }

    /// Extends from the 5′ end; clipped at the start of the chromosome.
    #[inline]
    pub(super) fn extend(&self, start: i64, end: i64, reverse: bool) -> (i64, i64) {
        match self.extend_bp.map(i64::from) {
            Some(length) if reverse => ((end - length).min(start).max(0), end),
            Some(length) => (start, (start + length).max(end)),
            None => (start, end),
        }
    }

    /// How far from a window a read may start and still reach into it by extension.
    pub(super) fn reach(&self) -> i64 {
        self.extend_bp.map_or(0, i64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Alignment = Alignment { flags: 0, mapq: 30, start: 100, span: 36, template: 0 };

    #[test]
    fn multicov_is_the_default() {
        let rules = ReadRules::default();
        assert_eq!(rules.interval(&READ), Some((100, 136)));
        assert_eq!(rules.interval(&Alignment { flags: flag::DUPLICATE, ..READ }), None);
        assert_eq!(rules.interval(&Alignment { flags: flag::QC_FAIL, ..READ }), None);
        assert_eq!(rules.interval(&Alignment { flags: flag::SECONDARY, ..READ }), Some((100, 136)));
        assert_eq!(rules.interval(&Alignment { flags: flag::UNMAPPED, ..READ }), Some((100, 101)));
        assert_eq!(rules.interval(&Alignment { span: 0, ..READ }), Some((100, 101)));
        assert_eq!(rules.interval(&Alignment { start: -1, ..READ }), None);
    }

    #[test]
    fn extension_is_strand_aware_and_never_shortens() {
        let rules = ReadRules { extend_bp: Some(150), ..ReadRules::default() };
        assert_eq!(rules.interval(&READ), Some((100, 250)));
        assert_eq!(rules.interval(&Alignment { flags: flag::REVERSE, ..READ }), Some((0, 136)));
        assert_eq!(rules.interval(&Alignment { span: 200, ..READ }), Some((100, 300)));
    }

    #[test]
    fn a_pair_is_one_fragment() {
        let rules = ReadRules { fragments: true, min_mapq: 10, ..ReadRules::default() };
        let left = Alignment { flags: 0x63, template: 180, ..READ };
        assert_eq!(rules.interval(&left), Some((100, 280)));
        assert_eq!(rules.interval(&Alignment { flags: 0x93, template: -180, start: 244, ..READ }), None);
        assert_eq!(rules.interval(&Alignment { flags: 0x61, template: 180, ..READ }), None);
        assert_eq!(rules.interval(&Alignment { mapq: 9, ..left }), None);
    }
}
