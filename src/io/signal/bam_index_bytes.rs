//! The bytes of BAI (SAM specification, section 5.2) and CSI (CSIv1 specification).
//!
//! noodles reads both too, and allocates whatever their counts say: 77 GB for a file of 12 bytes. Here
//! nothing grows but by bytes that were read, so memory is bounded by the index's length.

use std::io::{Error, ErrorKind, Result};

/// Bases of a smallest bin and of an entry of the linear index, as a power of two; levels below the root.
const BAI: (u32, u32) = (14, 5);

/// An index as read.
pub(super) struct Parsed {
    pub chroms: Vec<ChromIndex>,
    /// Bases of a chromosome that its bins can cover.
    pub reach: u64,
    /// Whether the offsets that serve to skip take reads over two bins into account, as samtools' do.
    pub covers_long_reads: bool,
}

/// What an index says of one chromosome. A read lies in the smallest bin that holds all of it.
#[derive(Debug, Default)]
pub(super) struct ChromIndex {
    /// (end, offset), ascending by end: no read in a bin that reaches to this end or further lies before
    /// the offset.
    begins: Vec<(u64, u64)>,
    /// (position, offset), ascending: no read that overlaps the position or lies behind it is found before the
    /// offset.
    bounds: Vec<(u64, u64)>,
    /// Start of the first chunk, end of the last.
    extent: Option<(u64, u64)>,
}

impl ChromIndex {
    pub(super) fn offset(&self, position: u64) -> Option<u64> {
        // a bin that ends at the position or before holds nothing behind it
        let (_, begin) = *self.begins.get(self.begins.partition_point(|&(end, _)| end <= position))?;
        let passed = self.bounds.partition_point(|&(start, _)| start <= position);
        let bound = self.bounds[..passed].last().map_or(0, |&(_, offset)| offset);
        Some(begin.max(bound))
    }

    pub(super) fn extent(&self) -> Option<(u64, u64)> {
        self.extent
    }

    /// Reads may be found later than their bin's first chunk starts, never earlier.
    fn finish(mut self) -> Self {
        self.begins.sort_unstable();
        let mut least = u64::MAX;
        for (_, offset) in self.begins.iter_mut().rev() {
            least = least.min(*offset);
            *offset = least;
        }
        self.begins.dedup_by_key(|&mut (end, _)| end);
        self.bounds.sort_unstable();
        // offsets only grow along a sorted file; writers leave holes (0) or repeat the offset before
        let mut most = 0;
        for (_, offset) in &mut self.bounds {
            most = most.max(*offset);
            *offset = most;
        }
        self.bounds.dedup_by_key(|&mut (_, offset)| offset);
        self
    }
}

/// Reads an index of either kind, told apart by its first bytes. Where its bins cannot cover `longest` bases, the
/// rest is not read: programs that write such an index give bins numbers that mean others.
pub(super) fn parse(bytes: &[u8], longest: u64) -> Result<Parsed> {
    let mut bytes = Bytes(bytes);
    match bytes.take(4)? {
        b"BAI\x01" => parse_body(bytes, BAI, true, longest),
        b"CSI\x01" => {
            let scheme = (bytes.u32()?, bytes.u32()?);
            let auxiliary = bytes.u32()? as usize;
            bytes.take(auxiliary)?;
            // ids are 32 bits wide, and positions in BAM 31
            if scheme.1 > 10 || scheme.0 > 48 - 3 * scheme.1 {
                return Err(damaged("it has bins of an impossible size"));
            }
            parse_body(bytes, scheme, false, longest)
        }
        _ => Err(damaged("it is neither BAI nor CSI")),
    }
}

fn parse_body(mut bytes: Bytes<'_>, (min_shift, depth): (u32, u32), is_bai: bool, longest: u64) -> Result<Parsed> {
    let reach = 1 << (min_shift + 3 * depth);
    if longest > reach {
        return Ok(Parsed { chroms: Vec::new(), reach, covers_long_reads: false });
    }
    // ids of the bins: the root's is 0; those of a level follow one another
    let bins: u64 = ((1 << (3 * (depth + 1))) - 1) / 7;
    let leaves = ((1 << (3 * depth)) - 1) / 7;
    let (mut chroms, mut proven, mut at_risk) = (Vec::new(), false, false);
    for _ in 0..bytes.u32()? {
        let mut chrom = ChromIndex::default();
        let mut above = u64::MAX;
        let mut highest = 0;
        for _ in 0..bytes.u32()? {
            let id = u64::from(bytes.u32()?);
            let bound = if is_bai { 0 } else { bytes.u64()? };
            let chunks = bytes.u32()?;
            let mut begin = u64::MAX;
            for _ in 0..chunks {
                let (from, to) = (bytes.u64()?, bytes.u64()?);
                if id >= bins {
                    continue;
                }
                if from > to {
                    return Err(damaged("a chunk ends before it starts"));
                }
                begin = begin.min(from);
                let (first, last) = chrom.extent.unwrap_or((from, to));
                chrom.extent = Some((first.min(from), last.max(to)));
            }
            // the bin of this number is none: it holds counts of reads
            let is_summary = id == bins + 1;
            if id >= bins && !is_summary {
                return Err(damaged("it has a bin of an impossible number"));
            }
            if is_summary || chunks == 0 {
                continue;
            }
            let (start, end) = region(id, min_shift, depth);
            chrom.begins.push((end, begin));
            if bound > 0 {
                chrom.bounds.push((start, bound));
            }
            if id >= leaves {
                highest = highest.max(bound);
                proven |= (1..begin).contains(&bound);
            } else {
                above = above.min(begin);
            }
        }
        at_risk |= above < highest;
        if is_bai {
            for tile in 0..u64::from(bytes.u32()?) {
                let offset = bytes.u64()?;
                if offset > 0 {
                    chrom.bounds.push((tile << min_shift, offset));
                }
            }
        }
        // behind the last chunk is no read of the chromosome
        let end = chrom.extent.map_or(u64::MAX, |(_, end)| end);
        if chrom.bounds.iter().any(|&(_, offset)| offset > end) {
            return Err(damaged("it has an offset behind its last chunk"));
        }
        chroms.push(chrom.finish());
    }
    Ok(Parsed { chroms, reach, covers_long_reads: is_bai || proven || !at_risk })
}

/// First base of a bin, and the base behind its last.
fn region(id: u64, min_shift: u32, depth: u32) -> (u64, u64) {
    let (mut level, mut first) = (0, 0);
    while id >= first + (1 << (3 * level)) && level < depth {
        first += 1 << (3 * level);
        level += 1;
    }
    let shift = min_shift + 3 * (depth - level);
    ((id - first) << shift, (id - first + 1) << shift)
}

fn damaged(problem: &str) -> Error {
    Error::new(ErrorKind::InvalidData, problem)
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let cut = || Error::new(ErrorKind::UnexpectedEof, "it ends in the middle");
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(self.take(4)?.first_chunk().copied().map_or(0, u32::from_le_bytes))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(self.take(8)?.first_chunk().copied().map_or(0, u64::from_le_bytes))
    }
}
