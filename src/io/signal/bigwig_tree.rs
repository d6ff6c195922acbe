//! The trees of a bigWig or bigBed file: its chromosome list and its index of blocks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;

use super::bigwig_section::Words;
use crate::genome::{Chrom, Chroms};

/// Begins the index of blocks.
pub(in crate::io) const R_TREE_MAGIC: u32 = 0x2468_ACE0;
const CHROM_TREE_MAGIC: u32 = 0x78CA_8C91;
/// Trees of more levels than this are damaged.
const DEEPEST: u32 = 16;

/// A block of data: the bases between its first and last item on one chromosome, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Leaf {
    pub start: i64,
    pub end: i64,
    pub offset: u64,
    pub size: u64,
}

/// The file and what its numbers are made of.
pub(in crate::io) struct BbiFile {
    pub file: File,
    pub length: u64,
    pub big_endian: bool,
}

impl BbiFile {
    pub(in crate::io) fn bytes(&mut self, offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(&mut bytes, offset, size)?;
        Ok(bytes)
    }

    /// Replaces what `bytes` holds; a buffer that is used again need not be cleared by the system.
    pub(super) fn read_into(&mut self, bytes: &mut Vec<u8>, offset: u64, size: u64) -> io::Result<()> {
        if offset.checked_add(size).is_none_or(|end| end > self.length) {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("bytes {offset}+{size} lie beyond its end at {}", self.length),
            ));
        }
        bytes.resize(size as usize, 0);
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(bytes)
    }

    /// Head of a tree node: whether it is a leaf, and the bytes of its items. A tree that is deeper, or
    /// larger in all (`budget` bytes), than can be is a circle.
    fn node(
        &mut self,
        offset: u64,
        leaf_item: u64,
        inner_item: u64,
        (depth, budget): (u32, &mut u64),
    ) -> io::Result<(bool, Vec<u8>)> {
        let head = self.bytes(offset, 4)?;
        let (leaf, count) = (head[0] == 1, Words::new(&head, self.big_endian).half(2));
        if head[0] > 1 {
            return Err(invalid(format!("no tree node at byte {offset}")));
        }
        let size = u64::from(count) * if leaf { leaf_item } else { inner_item };
        *budget = match budget.checked_sub(4 + size) {
            Some(left) if depth <= DEEPEST => left,
            _ => return Err(invalid("a tree in it is damaged: it is a circle")),
        };
        Ok((leaf, self.bytes(offset + 4, size)?))
    }
}

/// Blocks of chromosomes `ids` that overlap `start..end`, ascending on each; an error if one lies beyond the file.
pub(in crate::io) fn leaves(
    source: &mut BbiFile,
    root: u64,
    ids: RangeInclusive<u32>,
    start: i64,
    end: i64,
) -> io::Result<Vec<Leaf>> {
    let mut leaves = Vec::new();
    let mut pending = vec![(root, 0)];
    let mut budget = source.length;
    while let Some((offset, depth)) = pending.pop() {
        let (is_leaf, items) = source.node(offset, 32, 24, (depth, &mut budget))?;
        let found = pending.len();
        for item in items.chunks_exact(if is_leaf { 32 } else { 24 }) {
            let item = Words::new(item, source.big_endian);
            let (first, last) = (item.word(0), item.word(8));
            if *ids.end() < first || *ids.start() > last {
                continue;
            }
            let from = if first < *ids.start() { 0 } else { i64::from(item.word(4)) };
            let to = if last > *ids.end() { i64::MAX } else { i64::from(item.word(12)) };
            if from >= end || to <= start {
                continue;
            }
            if is_leaf {
                let leaf = Leaf { start: from, end: to, offset: item.long(16), size: item.long(24) };
                if leaf.offset.checked_add(leaf.size).is_none_or(|end| end > source.length) {
                    return Err(invalid(format!("the block at byte {} lies beyond its end", leaf.offset)));
                }
                leaves.push(leaf);
            } else {
                pending.push((item.long(16), depth + 1));
            }
        }
        pending[found..].reverse();
    }
    leaves.sort_by_key(|leaf| (leaf.start, leaf.end));
    Ok(leaves)
}

/// The chromosome list, a B+ tree from name to id and length.
pub(in crate::io) fn read_chroms(source: &mut BbiFile, offset: u64) -> io::Result<(Chroms, Vec<u32>)> {
    let head = source.bytes(offset, 32)?;
    let head = Words::new(&head, source.big_endian);
    let (key, count) = (u64::from(head.word(8)), head.long(16));
    if head.word(0) != CHROM_TREE_MAGIC || key > 1 << 16 {
        return Err(invalid("the chromosome list is damaged"));
    }
    let (mut chroms, mut ids) = (Chroms::default(), Vec::new());
    let mut pending = vec![(offset + 32, 0)];
    let (mut budget, mut listed) = (source.length, 0);
    while let Some((offset, depth)) = pending.pop() {
        let (is_leaf, items) = source.node(offset, key + 8, key + 8, (depth, &mut budget))?;
        let found = pending.len();
        for item in items.chunks_exact(key as usize + 8) {
            let (name, values) = item.split_at(key as usize);
            let values = Words::new(values, source.big_endian);
            if is_leaf {
                listed += 1;
                let name = name.split(|&byte| byte == 0).next().unwrap_or(&[]);
                let name = String::from_utf8_lossy(name).into_owned();
                if chroms.push(Chrom { name, length: Some(u64::from(values.word(4))) }) == ids.len() {
                    ids.push(values.word(0));
                }
            } else {
                pending.push((values.long(0), depth + 1));
            }
        }
        pending[found..].reverse();
    }
    if listed != count {
        return Err(invalid(format!("the chromosome list has {listed} entries, but says {count}")));
    }
    Ok((chroms, ids))
}

pub(super) fn invalid(problem: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.into())
}
