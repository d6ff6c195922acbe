//! bigWig: chromosome list, R-tree, and the blocks that windows touch, each inflated once.
//!
//! Why not the bigtools reader: a damaged file makes it panic, or is read as garbage without an error
//! (docs/dependencies.md). Layout: Kent et al. 2010, Bioinformatics 26:2204, supplementary tables 5-17.

use std::fs::File;
use std::io::{self, Read};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use libdeflater::{DecompressionError, Decompressor};

use super::bigwig_section::{Words, add_sections, for_each_item};
use super::bigwig_tree::{self, BbiFile, Leaf, R_TREE_MAGIC, invalid, read_chroms};
use super::chrom_map::ChromMap;
use super::format::{Format, Opened, Options, Sniff};
use super::{FileError, Result};
use crate::genome::Chroms;
use crate::matrix::{Bins, Signal, Windows};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bigwig",
    holds_reads: false,
    sniff: Sniff::Start(&[&MAGIC.to_le_bytes(), &MAGIC.to_be_bytes()]),
    open,
};

const MAGIC: u32 = 0x888F_FC26;
/// Windows a task.
const GROUP: usize = 256;
/// Bytes that adjoining blocks are read in.
const RUN: u64 = 1 << 18;
/// The newest version that is known; files of later ones may be laid out differently.
const NEWEST: u16 = 4;
/// Inflated blocks are some 10 KB to 100 KB; a size beyond this is damage.
const LARGEST_BLOCK: u64 = 1 << 26;

fn open(path: &Path, gene_chroms: &Chroms, options: &Options) -> Result<Opened> {
    let bigwig = BigWig::open(path)?;
    let chroms = bigwig.chroms.clone();
    let map = ChromMap::new(path, gene_chroms, &chroms, &options.alias)?;
    let mut total = bigwig.total;
    if options.whole_file && total.is_none() {
        tracing::info!("{}: its summary states no sum; all of it is read for its depth", path.display());
        total = Some(bigwig.sum()?);
    }
    Ok(Opened { declared_total: total, ..Opened::binary(chroms, map.clone(), BigWig { map, ..bigwig }) })
}

/// An open bigWig file.
pub(super) struct BigWig {
    path: PathBuf,
    big_endian: bool,
    /// Size of the largest inflated block, as stated; 0 if blocks are not compressed.
    inflated_size: usize,
    /// Offset of the R-tree's root node; `None` in a file without data.
    tree: Option<u64>,
    chroms: Chroms,
    /// The file's id of each chromosome of `chroms`.
    ids: Vec<u32>,
    /// Sum of value × bases over the whole file, from its summary, if that states one.
    total: Option<f64>,
    map: ChromMap,
}

impl BigWig {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
        let read = |error: io::Error| FileError::os(path, "read", &error);
        let length = file.metadata().map_err(read)?.len();
        let mut magic = [0; 4];
        file.read_exact(&mut magic).map_err(read)?;
        let big_endian = u32::from_be_bytes(magic) == MAGIC;
        let mut source = BbiFile { file, length, big_endian };
        let truncated = |what: &str| {
            FileError::new(path, format!("is truncated or was never finished: {what}"))
                .remedy("Copy or make the file again")
        };
        let header = source.bytes(0, 64).map_err(|_| truncated("it ends inside its header"))?;
        let header = Words::new(&header, big_endian);
        let (version, levels) = (header.half(4), header.half(6));
        let damaged = |problem: &str| FileError::new(path, problem).remedy("Copy or make the file again");
        if version > NEWEST {
            return Err(FileError::new(
                path,
                format!("is a bigWig file of version {version}; known are 1 to {NEWEST}"),
            )
            .remedy("Make it again with wigToBigWig or bedGraphToBigWig"));
        }
        // the summary came with version 2, compression with version 3
        let (chrom_tree, index) = (header.long(8), header.long(24));
        let summary = if version >= 2 { header.long(44) } else { 0 };
        let inflated_size = if version >= 3 { u64::from(header.word(52)) } else { 0 };
        if [index.saturating_add(48 * u64::from(index > 0)), chrom_tree.saturating_add(32)]
            .iter()
            .any(|&end| end > length)
        {
            return Err(truncated("its index lies beyond its end"));
        }
        if inflated_size > LARGEST_BLOCK {
            return Err(damaged("its header is damaged: blocks of impossible size"));
        }
        let end = source.bytes(length - 4, 4).map_err(read)?;
        let is_marked = Words::new(&end, big_endian).word(0) == MAGIC;
        let summary = match summary {
            0 => None,
            at => Some(source.bytes(at, 40).map_err(|_| truncated("its summary lies beyond its end"))?),
        };
        let (covered, sum) = summary.map_or((0, 0.0), |summary| {
            let summary = Words::new(&summary, big_endian);
            (summary.long(0), summary.double(24))
        });
        let (chroms, ids) = read_chroms(&mut source, chrom_tree).map_err(read)?;
        let mut bigwig = BigWig {
            path: path.to_owned(),
            big_endian,
            inflated_size: inflated_size as usize,
            tree: None,
            chroms,
            ids,
            // what writers that do not compute a summary leave there is no sum
            total: Some(sum).filter(|sum| covered > 0 && sum.is_finite() && *sum != 0.0),
            map: ChromMap::default(),
        };
        if index == 0 {
            if !is_marked {
                return Err(truncated("it has no index"));
            }
            if covered > 0 || levels > 0 {
                return Err(FileError::new(path, "holds summaries (zoom levels) only, and no data")
                    .remedy("Give the file that it was made from"));
            }
            return Ok(bigwig);
        }
        let tree_head = source.bytes(index, 48).map_err(read)?;
        if Words::new(&tree_head, big_endian).word(0) != R_TREE_MAGIC {
            return Err(damaged("has no index where its header says"));
        }
        bigwig.tree = Some(index + 48);
        if !is_marked {
            bigwig
                .check_leaves(&mut source)
                .map_err(|error| truncated(&format!("the mark at its end is missing, and {error}")))?;
            tracing::warn!(
                "{}: something follows, or is missing, at its end; its index and data are whole",
                path.display()
            );
        }
        Ok(bigwig)
    }

    /// An error unless every block lies within the file.
    fn check_leaves(&self, source: &mut BbiFile) -> io::Result<()> {
        self.leaves(source, 0..=u32::MAX, i64::MIN, i64::MAX).map(drop)
    }

    /// Sum of value × bases over the whole file, by reading all of it; values that are not finite are none.
    pub(super) fn sum(&self) -> Result<f64> {
        let sum = || {
            let mut source = self.source()?;
            let mut leaves = self.leaves(&mut source, 0..=u32::MAX, i64::MIN, i64::MAX)?;
            // in the order of the file
            leaves.sort_by_key(|leaf| leaf.offset);
            let mut sum = 0.0;
            self.read_blocks(&mut source, &leaves, |block| {
                for_each_item(block, self.big_endian, |start, end, value| {
                    if value.is_finite() {
                        sum += f64::from(value) * (end - start) as f64;
                    }
                })
            })?;
            Ok(sum)
        };
        sum().map_err(|error: io::Error| FileError::os(&self.path, "read", &error))
    }

    fn source(&self) -> io::Result<BbiFile> {
        let file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        Ok(BbiFile { file, length, big_endian: self.big_endian })
    }

    /// [`bigwig_tree::leaves`], if there are any.
    fn leaves(&self, source: &mut BbiFile, ids: RangeInclusive<u32>, start: i64, end: i64) -> io::Result<Vec<Leaf>> {
        self.tree.map_or(Ok(Vec::new()), |root| bigwig_tree::leaves(source, root, ids, start, end))
    }

    fn add(&self, bins: &mut Bins<'_>) -> io::Result<()> {
        let (windows, width) = (bins.windows(), bins.width());
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return Ok(()) };
        let Some(id) = self.map.to_file(first.chrom).and_then(|at| self.ids.get(at).copied()) else { return Ok(()) };
        let mut source = self.source()?;
        let mut leaves = self.leaves(&mut source, id..=id, first.start, last.start + width)?;
        // windows and blocks walked together: keep the blocks that some window touches
        let mut at = 0;
        leaves.retain(|leaf| {
            while windows.get(at).is_some_and(|window| window.start + width <= leaf.start) {
                at += 1;
            }
            windows.get(at).is_some_and(|window| window.start < leaf.end)
        });
        let mut at = 0;
        self.read_blocks(&mut source, &leaves, |data| add_sections(data, self.big_endian, id, bins, &mut at))
    }

    /// Reads and inflates blocks, those that adjoin at once; `add` gives `None` for one that is cut.
    fn read_blocks(
        &self,
        source: &mut BbiFile,
        leaves: &[Leaf],
        mut add: impl FnMut(&[u8]) -> Option<()>,
    ) -> io::Result<()> {
        let mut inflater = Decompressor::new();
        let mut inflated = vec![0; self.inflated_size];
        let mut bytes = Vec::new();
        for run in adjoining(leaves) {
            let start = run[0].offset;
            source.read_into(&mut bytes, start, run.iter().map(|leaf| leaf.size).sum())?;
            for leaf in run {
                let from = (leaf.offset - start) as usize;
                let block = bytes.get(from..from + leaf.size as usize).unwrap_or(&[]);
                let data = if self.inflated_size == 0 {
                    block
                } else {
                    let size = inflate(&mut inflater, block, &mut inflated)
                        .map_err(|error| invalid(format!("the block at byte {} is damaged: {error}", leaf.offset)))?;
                    &inflated[..size]
                };
                add(data).ok_or_else(|| invalid(format!("the block at byte {} is cut", leaf.offset)))?;
            }
        }
        Ok(())
    }
}

/// Inflates a block; some writers state a size that their largest block exceeds.
fn inflate(
    inflater: &mut Decompressor,
    block: &[u8],
    into: &mut Vec<u8>,
) -> std::result::Result<usize, DecompressionError> {
    loop {
        match inflater.zlib_decompress(block, into) {
            Err(DecompressionError::InsufficientSpace) if (into.len() as u64) < LARGEST_BLOCK => {
                into.resize(2 * into.len(), 0);
            }
            result => return result,
        }
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
