//! BAM: reads parsed for position, flags, quality and CIGAR only, straight from the inflated blocks.
//!
//! With an index (BAI or CSI) the blocks between windows are skipped; without one, or when the
//! whole file's depth is asked for, the file is streamed once.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::bam_index::BamIndex;
use super::read_rules::Alignment;
use super::{ChromMap, FileError, Options, ReadRules, Result, bgzf, whole};
use crate::genome::{Chrom, Chroms};
use crate::matrix::{Bins, Signal, Windows};

/// Windows a task.
const GROUP: usize = 128;
/// Bytes of a record before the read name.
const FIXED: usize = 32;

/// An open BAM file.
pub(super) struct Bam {
    path: PathBuf,
    chroms: Chroms,
    map: ChromMap,
    rules: ReadRules,
    /// Present if the blocks between windows may be skipped.
    index: Option<BamIndex>,
    sorted: bool,
}

/// What to do after a record.
enum Step {
    Next,
    Seek(u64),
    Stop,
}

impl Bam {
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        bgzf::check_end(path)?;
        let mut reader = bgzf::open(path)?;
        let damaged = |error: io::Error| FileError::os(path, "read", &error).place("header");
        let (text, chroms) = read_header(&mut reader).map_err(damaged)?;
        let lengths: Vec<u64> = chroms.as_slice().iter().map(|chrom| chrom.length.unwrap_or(0)).collect();
        let index = if options.whole_file { None } else { BamIndex::find(path, &lengths)? };
        let sorted = text.lines().next().is_some_and(|line| line.starts_with("@HD") && line.contains("SO:coordinate"));
        let (path, map) = (path.to_owned(), ChromMap::default());
        Ok(Bam { path, chroms, map, rules: options.reads, index, sorted })
    }

    pub(super) fn chroms(&self) -> &Chroms {
        &self.chroms
    }

    pub(super) fn with_map(self, map: ChromMap) -> Self {
        Bam { map, ..self }
    }

    /// Reads the stretches of one chromosome that the windows ask for, ascending.
    fn add_indexed(&self, index: &BamIndex, bins: &mut Bins<'_>) -> Result<()> {
        let (windows, width) = (bins.windows(), bins.width());
        let Some(first) = windows.first() else { return Ok(()) };
        let (chrom, reach) = (first.chrom, self.rules.reach());
        let Some(id) = self.map.to_file(chrom) else { return Ok(()) };
        // a fragment may start anywhere before the window
        let from = |start: i64| if self.rules.fragments { 0 } else { start - reach };
        let Some(offset) = index.offset(id, from(first.start)) else { return Ok(()) };
        let mut reader = bgzf::open(&self.path)?;
        reader.seek(offset.into()).map_err(|error| self.damaged(&error, offset >> 16))?;
        let mut at = 0;
        self.walk(&mut reader, |record, here| {
            let read_id = i64::from(record.chrom);
            if read_id != id as i64 {
                return Ok(if (0..id as i64).contains(&read_id) { Step::Next } else { Step::Stop });
            }
            let before = at;
            while windows.get(at).is_some_and(|window| window.start + width + reach <= record.start) {
                at += 1;
            }
            let Some(window) = windows.get(at) else { return Ok(Step::Stop) };
            if at != before && from(window.start) > record.start {
                match index.offset(id, from(window.start)) {
                    None => return Ok(Step::Stop),
                    // inflating one block costs more than any seek
                    Some(offset) if offset >> 16 > here => return Ok(Step::Seek(offset)),
                    Some(_) => {}
                }
            }
            if let Some((start, end)) = self.rules.interval(&record.alignment()?) {
                bins.add_read(chrom, start, end);
            }
            Ok(Step::Next)
        })
    }

    /// Reads the whole file.
    fn add_streamed(&self, bins: &mut Bins<'_>) -> Result<()> {
        let mut reader = bgzf::open(&self.path)?;
        read_header(&mut reader).map_err(|error| self.damaged(&error, 0))?;
        self.walk(&mut reader, |record, _| {
            let Ok(id) = usize::try_from(record.chrom) else {
                return Ok(if self.sorted { Step::Stop } else { Step::Next });
            };
            if let Some((start, end)) = self.rules.interval(&record.alignment()?) {
                match self.map.to_genes(id) {
                    Some(chrom) => bins.add_read(chrom, start, end),
                    None => bins.add_elsewhere(1.0),
                }
            }
            Ok(Step::Next)
        })
    }

    /// Calls `visit` with each record and the compressed offset of its block. Records are parsed in
    /// place; only those that span two blocks are copied.
    fn walk(
        &self,
        reader: &mut bgzf::Reader,
        mut visit: impl FnMut(Record<'_>, u64) -> io::Result<Step>,
    ) -> Result<()> {
        let mut carried: Vec<u8> = Vec::new();
        loop {
            let mut here = reader.virtual_position().compressed();
            let block = match reader.fill_buf() {
                Ok(block) => block,
                Err(error) => return Err(self.damaged(&error, here)),
            };
            if block.is_empty() {
                let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "the last record is cut off");
                return if carried.is_empty() { Ok(()) } else { Err(self.damaged(&cut, here)) };
            }
            let (mut rest, length, mut step) = (block, block.len(), Step::Next);
            if !carried.is_empty() {
                complete(&mut carried, &mut rest);
                if let Some((record, _)) = split(&carried).map_err(|error| self.damaged(&error, here))? {
                    step = visit(record, here).map_err(|error| self.damaged(&error, here))?;
                    carried.clear();
                }
            }
            while matches!(step, Step::Next) && carried.is_empty() {
                match split(rest).map_err(|error| self.damaged(&error, here))? {
                    Some((record, after)) => {
                        rest = after;
                        step = visit(record, here).map_err(|error| self.damaged(&error, here))?;
                    }
                    None if rest.is_empty() => break,
                    None => carried.extend_from_slice(rest),
                }
            }
            match step {
                Step::Next => reader.consume(length),
                Step::Stop => return Ok(()),
                Step::Seek(offset) => {
                    carried.clear();
                    here = offset >> 16;
                    reader.seek(offset.into()).map_err(|error| self.damaged(&error, here))?;
                }
            }
        }
    }

    fn damaged(&self, error: &io::Error, offset: u64) -> FileError {
        FileError::os(&self.path, "read", error).place(format!("BGZF block at byte {offset}"))
    }
}

impl Signal for Bam {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        if self.index.is_none() {
            return whole(windows);
        }
        let group = if self.rules.fragments { usize::MAX } else { GROUP };
        (0..windows.chroms().len()).flat_map(|chrom| windows.groups(chrom, group)).collect()
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        match &self.index {
            Some(index) => self.add_indexed(index, bins),
            None => self.add_streamed(bins),
        }
    }
}

/// Header text and chromosomes. The text is not interpreted further: files with a malformed one are
/// common and harmless.
fn read_header(reader: &mut bgzf::Reader) -> io::Result<(String, Chroms)> {
    let mut word = [0; 4];
    let mut number = |reader: &mut bgzf::Reader| -> io::Result<u64> {
        reader.read_exact(&mut word)?;
        Ok(u64::from(u32::from_le_bytes(word)))
    };
    let _magic = number(reader)?;
    let bytes = |reader: &mut bgzf::Reader, length: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        reader.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    };
    let length = number(reader)?;
    let text = String::from_utf8_lossy(&bytes(reader, length)?).into_owned();
    let mut chroms = Chroms::default();
    for at in 0..number(reader)? {
        let length = number(reader)?;
        let mut name = bytes(reader, length)?;
        name.pop();
        let name = String::from_utf8_lossy(&name).into_owned();
        let length = Some(number(reader)?);
        if chroms.push(Chrom { name, length }) as u64 != at {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "two chromosomes have the same name"));
        }
    }
    Ok((text, chroms))
}

/// One record, bytes as the SAM specification (section 4.2) lays them out, without the leading size.
struct Record<'a> {
    bytes: &'a [u8],
    chrom: i32,
    start: i64,
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
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a record of {size} bytes")));
    }
    let Some((bytes, rest)) = rest.split_at_checked(size) else { return Ok(None) };
    let record = Record { bytes, chrom: word(bytes, 0) as i32, start: i64::from(word(bytes, 4) as i32) };
    Ok(Some((record, rest)))
}

/// Moves bytes from `rest` to `carried` until that holds one whole record, or `rest` is empty.
fn complete(carried: &mut Vec<u8>, rest: &mut &[u8]) {
    let mut take = |carried: &mut Vec<u8>, until: usize| {
        let (taken, left) = rest.split_at(until.saturating_sub(carried.len()).min(rest.len()));
        carried.extend_from_slice(taken);
        *rest = left;
    };
    take(carried, 4);
    if carried.len() >= 4 {
        let size = word(carried, 0) as usize;
        take(carried, 4 + size);
    }
}

impl Record<'_> {
    fn alignment(&self) -> io::Result<Alignment> {
        let operations = usize::from(half(self.bytes, 12));
        let name_length = usize::from(self.bytes.get(8).copied().unwrap_or(0));
        let cigar = self.bytes.get(FIXED + name_length..FIXED + name_length + 4 * operations);
        let cigar = cigar.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a record with a cut CIGAR"))?;
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
