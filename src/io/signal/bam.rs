//! BAM: reads parsed for position, flags, quality and CIGAR only, straight from the inflated blocks.
//!
//! With an index (BAI or CSI) the blocks between windows are skipped; without one, or when the
//! whole file's depth is asked for, the file is streamed once, to its end: a header may claim an order that
//! the reads do not have.

use std::io::{self, BufRead};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::bam_index::{self, BamIndex};
use super::bam_record::{AfterRecord, Damage, Record, read_header, walk};
use super::chrom_map::ChromMap;
use super::format::{Format, Opened, Options, Sniff};
use super::read_rules::ReadRules;
use super::{FileError, Result, bgzf, whole};
use crate::genome::Chroms;
use crate::matrix::{Bins, Signal, Windows};

/// The format.
pub(super) const FORMAT: Format = Format { name: "bam", holds_reads: true, sniff: Sniff::Inflated(b"BAM\x01"), open };

fn open(path: &Path, gene_chroms: &Chroms, options: &Options) -> Result<Opened> {
    let bam = Bam::open(path, options)?;
    let chroms = bam.chroms.clone();
    let map = ChromMap::new(path, gene_chroms, &chroms, &options.alias)?;
    Ok(Opened::binary(chroms, map.clone(), Bam { map, ..bam }))
}

/// Windows a task.
const GROUP: usize = 128;

/// An open BAM file.
pub(super) struct Bam {
    path: PathBuf,
    chroms: Chroms,
    map: ChromMap,
    rules: ReadRules,
    /// Present if the blocks between windows may be skipped.
    index: Option<BamIndex>,
}

impl Bam {
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        bgzf::check_end(path)?;
        let mut reader = bgzf::open(path)?;
        let damaged = |error: io::Error| FileError::os(path, "read", &error).place("header");
        let chroms = read_header(&mut reader).map_err(damaged)?;
        let lengths: Vec<u64> = chroms.as_slice().iter().map(|chrom| chrom.length.unwrap_or(0)).collect();
        let mut index = if options.whole_file { None } else { BamIndex::find(path, &lengths)? };
        if let Some(found) = &index
            && !fits(found, path, &mut reader)?
        {
            found.is_not_used(&format!("was made of another version of {}", path.display()));
            index = None;
        }
        Ok(Bam { path: path.to_owned(), chroms, map: ChromMap::default(), rules: options.reads, index })
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
        let sought = reader.seek(offset.into());
        sought.map_err(|error| self.blame(index, Damage { error, offset: offset >> 16 }))?;
        let (mut at, mut last) = (0, None);
        let walked = walk(&mut reader, |record, here| {
            let read_id = i64::from(record.chrom);
            if read_id != id as i64 && last.is_some() {
                return Ok(AfterRecord::Stop);
            }
            if read_id != id as i64 || last.is_some_and(|last| record.start < last) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a read out of order"));
            }
            last = Some(record.start);
            let before = at;
            while windows.get(at).is_some_and(|window| window.start + width + reach <= record.start) {
                at += 1;
            }
            let Some(window) = windows.get(at) else { return Ok(AfterRecord::Stop) };
            if at != before && from(window.start) > record.start {
                match index.offset(id, from(window.start)) {
                    None => return Ok(AfterRecord::Stop),
                    // inflating one block costs more than any seek
                    Some(offset) if offset >> 16 > here => return Ok(AfterRecord::Seek(offset)),
                    Some(_) => {}
                }
            }
            if let Some((start, end)) = self.rules.interval(&record.alignment()?) {
                bins.add_read(chrom, start, end);
            }
            Ok(AfterRecord::Next)
        });
        walked.map_err(|damage| self.blame(index, damage))
    }

    /// Reads the whole file.
    fn add_streamed(&self, bins: &mut Bins<'_>) -> Result<()> {
        self.stream(|record| {
            let Ok(id) = usize::try_from(record.chrom) else { return Ok(()) };
            if id >= self.chroms.len() {
                let problem = format!("a read on chromosome number {} of {}", id + 1, self.chroms.len());
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            if let Some((start, end)) = self.rules.interval(&record.alignment()?) {
                match self.map.to_genes(id) {
                    Some(chrom) => bins.add_read(chrom, start, end),
                    None => bins.add_elsewhere(1.0),
                }
            }
            Ok(())
        })
    }

    fn stream(&self, mut visit: impl FnMut(&Record<'_>) -> io::Result<()>) -> Result<()> {
        let damaged = |Damage { error, offset }| {
            FileError::os(&self.path, "read", &error).place(format!("BGZF block at byte {offset}"))
        };
        let mut reader = bgzf::open(&self.path)?;
        read_header(&mut reader).map_err(|error| damaged(Damage { error, offset: 0 }))?;
        walk(&mut reader, |record, _| visit(&record).map(|()| AfterRecord::Next)).map_err(damaged)
    }

    /// Finds out whether the BAM file is damaged, by reading all of it, or the index led to a wrong place.
    fn blame(&self, index: &BamIndex, damage: Damage) -> FileError {
        if let Err(error) = self.stream(|record| record.alignment().map(|_| ())) {
            return error;
        }
        let Damage { error, offset } = damage;
        let problem = format!("does not fit {} (at byte {offset}: {error})", self.path.display());
        FileError::new(index.path(), problem).remedy(bam_index::REMEDY)
    }
}

/// Whether the index starts with the file's first read and ends where no placed read follows. One of another
/// version of the file hardly ever does. `reader` is behind the header.
fn fits(index: &BamIndex, path: &Path, reader: &mut bgzf::Reader) -> Result<bool> {
    let length = path.metadata().map_err(|error| FileError::os(path, "read", &error))?.len();
    // an empty block holds no read, and a position in front of one is as good as behind it
    let place = |reader: &mut bgzf::Reader| reader.fill_buf().is_ok().then(|| reader.virtual_position());
    let first = place(reader);
    let placed_follows = |reader: &mut bgzf::Reader| {
        let mut placed = false;
        let walked = walk(reader, |record, _| {
            placed = record.chrom >= 0;
            Ok(AfterRecord::Stop)
        });
        placed || walked.is_err()
    };
    let Some((start, end)) = index.extent() else { return Ok(!placed_follows(reader)) };
    if end >> 16 > length || reader.seek(start.into()).is_err() || place(reader) != first {
        return Ok(false);
    }
    Ok(reader.seek(end.into()).is_ok() && !placed_follows(reader))
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
