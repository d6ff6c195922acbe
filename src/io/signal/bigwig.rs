//! bigWig: chromosome list, R-tree, and the blocks that windows touch, each inflated once.
//!
//! Why not the bigtools reader: its list of blocks is private, so that windows cannot be walked
//! together with blocks; it allocates three times a block; and a damaged file makes it panic. Layout:
//! Kent et al. 2010, Bioinformatics 26:2204, supplementary tables 5-17.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use libdeflater::Decompressor;

use super::bigwig_section::{Words, add_sections};
use super::{ChromMap, FileError, Result};
use crate::genome::{Chrom, Chroms};
use crate::matrix::{Bins, Signal, Windows};

const MAGIC: u32 = 0x888F_FC26;
const CHROM_TREE_MAGIC: u32 = 0x78CA_8C91;
const R_TREE_MAGIC: u32 = 0x2468_ACE0;
/// Windows a task.
const GROUP: usize = 256;
/// Bytes that adjoining blocks are read in.
const RUN: u64 = 1 << 18;
/// Inflated blocks are some 10 KB to 100 KB; a size beyond this is damage.
const LARGEST_BLOCK: u64 = 1 << 26;
/// Trees of more levels than this are damaged.
const DEEPEST: u32 = 16;

/// An open bigWig file.
pub(super) struct BigWig {
    path: PathBuf,
    big_endian: bool,
    /// Size of the largest inflated block; 0 if blocks are not compressed.
    inflated_size: usize,
    /// Offset of the R-tree's root node.
    tree: u64,
    chroms: Chroms,
    /// The file's id of each chromosome of `chroms`.
    ids: Vec<u32>,
    total: Option<f64>,
    map: ChromMap,
}

/// A block of data: the bases between its first and last item on one chromosome, and its bytes.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    start: i64,
    end: i64,
    offset: u64,
    size: u64,
}

/// The file and what its numbers are made of.
struct Source {
    file: File,
    length: u64,
    big_endian: bool,
}

impl Source {
    fn bytes(&mut self, offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(&mut bytes, offset, size)?;
        Ok(bytes)
    }

    /// Replaces what `bytes` holds; a buffer that is used again need not be cleared by the system.
    fn read_into(&mut self, bytes: &mut Vec<u8>, offset: u64, size: u64) -> io::Result<()> {
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

    /// Head of a tree node: whether it is a leaf, and the bytes of its items.
    fn node(&mut self, offset: u64, leaf_item: u64, inner_item: u64) -> io::Result<(bool, Vec<u8>)> {
        let head = self.bytes(offset, 4)?;
        let (leaf, count) = (head[0] == 1, Words::new(&head, self.big_endian).half(2));
        if head[0] > 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("no tree node at byte {offset}")));
        }
        let item = if leaf { leaf_item } else { inner_item };
        Ok((leaf, self.bytes(offset + 4, u64::from(count) * item)?))
    }
}

impl BigWig {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
        let read = |error: io::Error| FileError::os(path, "read", &error);
        let length = file.metadata().map_err(read)?.len();
        let mut magic = [0; 4];
        file.read_exact(&mut magic).map_err(read)?;
        let big_endian = u32::from_be_bytes(magic) == MAGIC;
        let mut source = Source { file, length, big_endian };
        let truncated = |what: &str| {
            FileError::new(path, format!("is truncated or was never finished: {what}"))
                .remedy("Copy or make the file again")
        };
        let header = source.bytes(0, 64).map_err(|_| truncated("it ends inside its header"))?;
        let header = Words::new(&header, big_endian);
        let (chrom_tree, index, summary) = (header.long(8), header.long(24), header.long(44));
        if index == 0 || index + 48 > length || chrom_tree + 32 > length {
            return Err(truncated("its index lies beyond its end"));
        }
        let end = source.bytes(length - 4, 4).map_err(read)?;
        if Words::new(&end, big_endian).word(0) != MAGIC {
            return Err(truncated("the mark at its end is missing"));
        }
        let damaged = |problem: &str| FileError::new(path, problem).remedy("Copy or make the file again");
        let inflated_size = u64::from(header.word(52));
        if inflated_size > LARGEST_BLOCK {
            return Err(damaged("its header is damaged: blocks of impossible size"));
        }
        let tree_head = source.bytes(index, 48).map_err(read)?;
        if Words::new(&tree_head, big_endian).word(0) != R_TREE_MAGIC {
            return Err(damaged("has no index where its header says"));
        }
        let (chroms, ids) = read_chroms(&mut source, chrom_tree).map_err(read)?;
        let total = if summary == 0 {
            None
        } else {
            let summary = source.bytes(summary, 40).map_err(read)?;
            Some(Words::new(&summary, big_endian).double(24))
        };
        Ok(BigWig {
            path: path.to_owned(),
            big_endian,
            inflated_size: inflated_size as usize,
            tree: index + 48,
            chroms,
            ids,
            total,
            map: ChromMap::default(),
        })
    }

    pub(super) fn chroms(&self) -> &Chroms {
        &self.chroms
    }

    /// Sum of value × bases over the whole file, from its summary.
    pub(super) fn total(&self) -> Option<f64> {
        self.total
    }

    pub(super) fn with_map(self, map: ChromMap) -> Self {
        BigWig { map, ..self }
    }

    fn source(&self) -> io::Result<Source> {
        let file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        Ok(Source { file, length, big_endian: self.big_endian })
    }

    /// Blocks of chromosome `id` that overlap `start..end`, ascending.
    fn leaves(&self, source: &mut Source, id: u32, start: i64, end: i64) -> io::Result<Vec<Leaf>> {
        let mut leaves = Vec::new();
        let mut pending = vec![(self.tree, 0)];
        while let Some((offset, depth)) = pending.pop() {
            if depth > DEEPEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the index is damaged: it is a circle"));
            }
            let (is_leaf, items) = source.node(offset, 32, 24)?;
            let found = pending.len();
            for item in items.chunks_exact(if is_leaf { 32 } else { 24 }) {
                let item = Words::new(item, self.big_endian);
                let (first, last) = (item.word(0), item.word(8));
                if id < first || id > last {
                    continue;
                }
                let from = if first < id { 0 } else { i64::from(item.word(4)) };
                let to = if last > id { i64::MAX } else { i64::from(item.word(12)) };
                if from >= end || to <= start {
                    continue;
                }
                if is_leaf {
                    leaves.push(Leaf { start: from, end: to, offset: item.long(16), size: item.long(24) });
                } else {
                    pending.push((item.long(16), depth + 1));
                }
            }
            pending[found..].reverse();
        }
        leaves.sort_by_key(|leaf| (leaf.start, leaf.end));
        Ok(leaves)
    }

    fn add(&self, bins: &mut Bins<'_>) -> io::Result<()> {
        let (windows, width) = (bins.windows(), bins.width());
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return Ok(()) };
        let Some(id) = self.map.to_file(first.chrom).and_then(|at| self.ids.get(at).copied()) else { return Ok(()) };
        let mut source = self.source()?;
        let mut leaves = self.leaves(&mut source, id, first.start, last.start + width)?;
        // windows and blocks walked together: keep the blocks that some window touches
        let mut at = 0;
        leaves.retain(|leaf| {
            while windows.get(at).is_some_and(|window| window.start + width <= leaf.start) {
                at += 1;
            }
            windows.get(at).is_some_and(|window| window.start < leaf.end)
        });
        let mut inflater = Decompressor::new();
        let mut inflated = vec![0; self.inflated_size];
        let (mut at, mut bytes) = (0, Vec::new());
        for run in adjoining(&leaves) {
            let start = run[0].offset;
            source.read_into(&mut bytes, start, run.iter().map(|leaf| leaf.size).sum())?;
            for leaf in run {
                let from = (leaf.offset - start) as usize;
                let block = bytes.get(from..from + leaf.size as usize).unwrap_or(&[]);
                let data = if self.inflated_size == 0 {
                    block
                } else {
                    let size = inflater.zlib_decompress(block, &mut inflated).map_err(|error| {
                        let problem = format!("the block at byte {} is damaged: {error}", leaf.offset);
                        io::Error::new(io::ErrorKind::InvalidData, problem)
                    })?;
                    &inflated[..size]
                };
                add_sections(data, self.big_endian, id, bins, &mut at).ok_or_else(|| {
                    let problem = format!("the block at byte {} is cut", leaf.offset);
                    io::Error::new(io::ErrorKind::InvalidData, problem)
                })?;
            }
        }
        Ok(())
    }
}

impl Signal for BigWig {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        (0..windows.chroms().len()).flat_map(|chrom| windows.groups(chrom, GROUP)).collect()
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        self.add(bins).map_err(|error| FileError::os(&self.path, "read", &error))
    }
}

/// Cuts blocks into runs that lie side by side in the file, of about [`RUN`] bytes at most.
fn adjoining(leaves: &[Leaf]) -> impl Iterator<Item = &[Leaf]> {
    let mut size = 0;
    leaves.chunk_by(move |left, right| {
        size += left.size;
        let together = left.offset + left.size == right.offset && size + right.size <= RUN;
        if !together {
            size = 0;
        }
        together
    })
}

/// The chromosome list, a B+ tree from name to id and length.
fn read_chroms(source: &mut Source, offset: u64) -> io::Result<(Chroms, Vec<u32>)> {
    let head = source.bytes(offset, 32)?;
    let head = Words::new(&head, source.big_endian);
    let key = u64::from(head.word(8));
    if head.word(0) != CHROM_TREE_MAGIC || key > 1 << 16 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the chromosome list is damaged"));
    }
    let (mut chroms, mut ids) = (Chroms::default(), Vec::new());
    let mut pending = vec![(offset + 32, 0)];
    while let Some((offset, depth)) = pending.pop() {
        if depth > DEEPEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the chromosome list is damaged"));
        }
        let (is_leaf, items) = source.node(offset, key + 8, key + 8)?;
        let found = pending.len();
        for item in items.chunks_exact(key as usize + 8) {
            let (name, values) = item.split_at(key as usize);
            let values = Words::new(values, source.big_endian);
            if is_leaf {
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
    Ok((chroms, ids))
}
