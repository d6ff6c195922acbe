//! The bytes of a BAM file (SAM specification, section 4.2), inflated: header, records, and the walk over them.

use std::io::{self, BufRead, Read};

use super::bgzf;
use super::read_rules::Alignment;
use crate::genome::{Chrom, Chroms};

/// Bytes of a record before the read name.
const FIXED: usize = 32;
/// Bytes of a chromosome's name. Some assemblers' are long; none is longer than this.
const LONGEST_NAME: u64 = 1 << 16;

/// What to do after a record.
pub(super) enum AfterRecord {
    Next,
    Seek(u64),
    Stop,
}

/// Damage, and the compressed offset of the block that it was found in.
pub(super) struct Damage {
    pub error: io::Error,
    pub offset: u64,
}

/// Reads up to the first record. The text is not looked at: it is often malformed, and its sort order is
/// often wrong.
pub(super) fn read_header(reader: &mut bgzf::Reader) -> io::Result<Chroms> {
    let mut word = [0; 4];
    let mut number = |reader: &mut bgzf::Reader| -> io::Result<u64> {
        reader.read_exact(&mut word)?;
        Ok(u64::from(u32::from_le_bytes(word)))
    };
    let _magic = number(reader)?;
    let length = number(reader)?;
    if io::copy(&mut reader.take(length), &mut io::sink())? != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut chroms = Chroms::default();
    for at in 0..number(reader)? {
        let length = number(reader)?;
        if length > LONGEST_NAME {
            return Err(invalid(format!("a chromosome's name of {length} bytes")));
        }
        let mut name = vec![0; length as usize];
        reader.read_exact(&mut name)?;
        name.pop();
        let name = String::from_utf8_lossy(&name).into_owned();
        let length = Some(number(reader)?);
        if chroms.push(Chrom { name, length }) as u64 != at {
            return Err(invalid("two chromosomes have the same name"));
        }
    }
    Ok(chroms)
}

/// Calls `visit` with each record and the compressed offset of its block. Records are parsed in place;
/// of those that span two blocks the front, up to the CIGAR, is copied.
pub(super) fn walk(
    reader: &mut bgzf::Reader,
    mut visit: impl FnMut(Record<'_>, u64) -> io::Result<AfterRecord>,
) -> Result<(), Damage> {
    // the front of a record that spans blocks; bytes of one that was visited and goes on in the next block
    let (mut carried, mut left): (Vec<u8>, usize) = (Vec::new(), 0);
    loop {
        let mut offset = reader.virtual_position().compressed();
        reader.fill_buf().map_err(|error| Damage { error, offset })?;
        // empty blocks are passed only now
        offset = reader.virtual_position().compressed();
        let at = |error| Damage { error, offset };
        let block = reader.fill_buf().map_err(at)?;
        if block.is_empty() {
            let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "the last record is cut off");
            return if carried.is_empty() && left == 0 { Ok(()) } else { Err(at(cut)) };
        }
        let (mut rest, length, mut step) = (block, block.len(), AfterRecord::Next);
        if !carried.is_empty() && complete(&mut carried, &mut rest) {
            let size = word(&carried, 0) as usize;
            let record = Record::new(&carried[4..]).map_err(at)?;
            step = visit(record, offset).map_err(at)?;
            left = (4 + size).saturating_sub(carried.len());
            carried.clear();
        }
        let passed = left.min(rest.len());
        (rest, left) = (&rest[passed..], left - passed);
        while matches!(step, AfterRecord::Next) && carried.is_empty() {
            match split(rest).map_err(at)? {
                Some((record, after)) => {
                    rest = after;
                    step = visit(record, offset).map_err(at)?;
                }
                None if rest.is_empty() => break,
                None => carried.extend_from_slice(rest),
            }
        }
        match step {
            AfterRecord::Next => reader.consume(length),
            AfterRecord::Stop => return Ok(()),
            AfterRecord::Seek(to) => {
                (carried, left) = (Vec::new(), 0);
                offset = to >> 16;
                reader.seek(to.into()).map_err(|error| Damage { error, offset })?;
            }
        }
    }
}

/// One record without the leading size; of a long one perhaps only the front, up to the CIGAR.
pub(super) struct Record<'a> {
    bytes: &'a [u8],
    /// Index of the chromosome, -1 without one.
    pub chrom: i32,
    /// 0-based, -1 without one.
    pub start: i64,
}

fn invalid(problem: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.into())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|half| half.try_into().ok()).map_or(0, u16::from_le_bytes)
}

/// Takes one record off the front; `None` if it is not complete.
#[inline]
fn split(bytes: &[u8]) -> io::Result<Option<(Record<'_>, &[u8])>> {
    let Some((size, rest)) = bytes.split_first_chunk() else { return Ok(None) };
    let size = u32::from_le_bytes(*size) as usize;
    if size < FIXED {
        return Err(invalid(format!("a record of {size} bytes")));
    }
    let Some((bytes, rest)) = rest.split_at_checked(size) else { return Ok(None) };
    Ok(Some((Record::new(bytes)?, rest)))
}

/// Moves bytes from `rest` to `carried` until that holds the front of a record, size and all up to the
/// CIGAR's end; whether it does. A record's size may say anything, so no more is kept of it.
fn complete(carried: &mut Vec<u8>, rest: &mut &[u8]) -> bool {
    let mut take = |carried: &mut Vec<u8>, until: usize| {
        let (taken, left) = rest.split_at(until.saturating_sub(carried.len()).min(rest.len()));
        carried.extend_from_slice(taken);
        *rest = left;
        carried.len() >= until
    };
    if !take(carried, 4) {
        return false;
    }
    let size = word(carried, 0) as usize;
    if !take(carried, 4 + size.min(FIXED)) {
        return false;
    }
    let front = FIXED + name_length(&carried[4..]) + 4 * operations(&carried[4..]);
    take(carried, 4 + size.min(front))
}

fn name_length(record: &[u8]) -> usize {
    usize::from(record.get(8).copied().unwrap_or(0))
}

fn operations(record: &[u8]) -> usize {
    usize::from(half(record, 12))
}

impl<'a> Record<'a> {
    #[inline]
    fn new(bytes: &'a [u8]) -> io::Result<Self> {
        if bytes.len() < FIXED {
            return Err(invalid(format!("a record of {} bytes", bytes.len())));
        }
        Ok(Record { bytes, chrom: word(bytes, 0) as i32, start: i64::from(word(bytes, 4) as i32) })
    }

    /// What the rules need. A CIGAR of more than 65,535 operations is in a tag (CG), and its stand-in
    /// here, clip and skip, spans as many bases.
    pub(super) fn alignment(&self) -> io::Result<Alignment> {
        let from = FIXED + name_length(self.bytes);
        let cigar = self.bytes.get(from..from + 4 * operations(self.bytes));
        let cigar = cigar.ok_or_else(|| invalid("a record with a cut CIGAR"))?;
        let span = cigar
            .as_chunks::<4>()
            .0
            .iter()
            .map(|operation| u32::from_le_bytes(*operation))
            // M, D, N, = and X consume the reference
            .filter(|operation| matches!(operation & 15, 0 | 2 | 3 | 7 | 8))
            .map(|operation| i64::from(operation >> 4))
            .sum();
        Ok(Alignment {
            flags: half(self.bytes, 14),
            mapq: self.bytes.get(9).copied().unwrap_or(0),
            start: self.start,
            span,
            template: i64::from(word(self.bytes, 28) as i32),
        })
    }
}
