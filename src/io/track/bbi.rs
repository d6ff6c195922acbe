//! The container that bigWig and bigBed share (Kent et al. 2010, doi:10.1093/bioinformatics/btq351,
//! supplement): header, chromosome tree, compressed blocks, an R-tree over them, and zoom levels.
//!
//! Written here rather than with bigtools (0.5.8), which fills the gaps between segments with the next
//! segment's value in bigWig zoom levels, so that a zoomed-out browser would draw attention where
//! there is no gene, and which counts all columns of a bigBed as BED's own.

mod rtree;
mod zoom;

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;

use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;

use crate::genome::Chroms;
use crate::io::{FileError, PendingFile, Result};
use crate::matrix::track::Segment;

const CHROM_TREE_MAGIC: u32 = 0x78CA_8C91;
const VERSION: u16 = 4;
const HEADER_BYTES: u64 = 64;
const ZOOM_HEADER_BYTES: u64 = 24;
/// Items (segments, rows, zoom records) in a block.
const ITEMS_PER_BLOCK: usize = 1024;

/// A compressed block of items of one chromosome.
pub(super) struct Block {
    /// Id in the chromosome tree, and the bases from the first item's start to the largest end.
    chrom: u32,
    bases: Range<u32>,
    bytes: Vec<u8>,
    uncompressed_size: u32,
}

/// The chromosomes of a file: those that hold data, ids in the order of their names.
pub(super) struct ChromTable<'a> {
    rows: Vec<(&'a str, u32)>,
    ids: Vec<Option<u32>>,
}

impl<'a> ChromTable<'a> {
    /// The chromosomes of sorted `segments`, which point into `names`; `chroms` has the lengths.
    pub(super) fn new(
        pending: &PendingFile,
        chroms: &Chroms,
        names: &'a [String],
        segments: &[Segment],
    ) -> Result<Self> {
        let error = |problem| FileError::new(pending.target(), problem);
        let mut table = ChromTable { rows: Vec::new(), ids: vec![None; names.len()] };
        for run in segments.chunk_by(|left, right| left.chrom == right.chrom) {
            let rank = run[0].chrom as usize;
            let name = &names[rank];
            let length = chroms.length(name).ok_or_else(|| {
                error(format!("the length of {name} is unknown, and the format holds it"))
                    .remedy("Give --chrom-sizes FILE (name and length, tab-separated)")
            })?;
            let length = u32::try_from(length).map_err(|_| {
                error(format!("{name} is {length} bp long, the format ends at {}", u32::MAX))
                    .remedy("Write BED or bedGraph instead")
            })?;
            table.ids[rank] = Some(table.rows.len() as u32);
            table.rows.push((name, length));
        }
        if table.rows.is_empty() || table.rows.len() > usize::from(u16::MAX) {
            return Err(error(format!("{} chromosomes with data, expected 1 to 65535", table.rows.len())));
        }
        Ok(table)
    }

    /// Id of the chromosome of rank `chrom`.
    pub(super) fn id(&self, chrom: u32) -> u32 {
        self.ids[chrom as usize].unwrap_or_default()
    }
}

/// Packs sorted items, never two chromosomes to a block. `place` gives an item's chromosome id and
/// bases, `encode` appends the bytes of a block's items. Any number of threads gives the same bytes.
pub(super) fn pack<T: Sync>(
    items: &[T],
    place: impl Fn(&T) -> (u32, Range<u32>) + Sync,
    encode: impl Fn(&[T], &mut Vec<u8>) + Sync,
) -> Vec<Block> {
    let runs: Vec<&[T]> = items
        .chunk_by(|left, right| place(left).0 == place(right).0)
        .flat_map(|run| run.chunks(ITEMS_PER_BLOCK))
        .collect();
    let pack = |run: &&[T]| {
        let (chrom, first) = place(&run[0]);
        let end = run.iter().map(|item| place(item).1.end).max().unwrap_or(first.end);
        let mut plain = Vec::new();
        encode(run, &mut plain);
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut bytes = vec![0; compressor.zlib_compress_bound(plain.len())];
        // it fails only where the room is less than the bound
        let size = compressor.zlib_compress(&plain, &mut bytes).unwrap_or_default();
        bytes.truncate(size);
        Block { chrom, bases: first.start..end, bytes, uncompressed_size: plain.len() as u32 }
    };
    runs.par_iter().map(pack).collect()
}

/// The content of a file, apart from its zoom levels.
pub(super) struct Content<'a> {
    /// First and last bytes of the format.
    pub(super) magic: u32,
    /// Chromosomes with data.
    pub(super) chroms: ChromTable<'a>,
    /// Description of the columns and, of them, how many and how many of BED's own; bigBed only.
    pub(super) columns: Option<(String, u16, u16)>,
    /// What the format counts before its data: blocks in bigWig, rows in bigBed.
    pub(super) count: u64,
    /// The data.
    pub(super) blocks: Vec<Block>,
    /// What zoom levels and the summary are of: the values in bigWig, the depth of rows in bigBed.
    pub(super) segments: &'a [Segment],
    /// Size of the finest zoom level; each further one is four times coarser.
    pub(super) first_zoom_bp: u32,
}

/// Writes the whole file.
pub(super) fn write(pending: &PendingFile, content: &Content) -> Result<()> {
    let mut file = BufWriter::new(pending.open()?);
    write_to(&mut file, content)
        .and_then(|()| file.flush())
        .map_err(|error| FileError::os(pending.target(), "write", &error))
}

fn write_to<W: Write + Seek>(file: &mut W, content: &Content) -> std::io::Result<()> {
    let longest = content.chroms.rows.iter().map(|&(_, length)| length).max().unwrap_or(0);
    let levels = zoom::levels(content.segments, &content.chroms, content.first_zoom_bp, longest);
    let zooms: Vec<(u32, Vec<Block>)> =
        levels.iter().map(|level| (level.size_bp, zoom::blocks(&level.records))).collect();

    file.seek(SeekFrom::Start(HEADER_BYTES + ZOOM_HEADER_BYTES * zooms.len() as u64))?;
    let mut columns = (0u64, 0, 0);
    if let Some((autosql, all, of_bed)) = &content.columns {
        columns = (file.stream_position()?, *all, *of_bed);
        file.write_all(autosql.as_bytes())?;
        file.write_all(&[0])?;
    }
    let summary_at = file.stream_position()?;
    zoom::write_summary(file, content.segments)?;
    let chroms_at = file.stream_position()?;
    write_chroms(file, &content.chroms)?;
    let data_at = file.stream_position()?;
    file.write_all(&content.count.to_le_bytes())?;
    let index_at = write_blocks(file, &content.blocks)?;
    let mut zoom_headers = Vec::new();
    for ((size_bp, blocks), level) in zooms.iter().zip(&levels) {
        let zoom_at = file.stream_position()?;
        file.write_all(&(level.records.len() as u32).to_le_bytes())?;
        zoom_headers.push((*size_bp, zoom_at, write_blocks(file, blocks)?));
    }
    file.write_all(&content.magic.to_le_bytes())?;

    let all_blocks = content.blocks.iter().chain(zooms.iter().flat_map(|(_, blocks)| blocks));
    let buffer_size = all_blocks.map(|block| block.uncompressed_size).max().unwrap_or(0);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&content.magic.to_le_bytes())?;
    file.write_all(&VERSION.to_le_bytes())?;
    file.write_all(&(zooms.len() as u16).to_le_bytes())?;
    for offset in [chroms_at, data_at, index_at] {
        file.write_all(&offset.to_le_bytes())?;
    }
    file.write_all(&columns.1.to_le_bytes())?;
    file.write_all(&columns.2.to_le_bytes())?;
    file.write_all(&columns.0.to_le_bytes())?;
    file.write_all(&summary_at.to_le_bytes())?;
    file.write_all(&buffer_size.to_le_bytes())?;
    file.write_all(&0u64.to_le_bytes())?;
    for (size_bp, data_at, index_at) in zoom_headers {
        file.write_all(&size_bp.to_le_bytes())?;
        file.write_all(&0u32.to_le_bytes())?;
        file.write_all(&data_at.to_le_bytes())?;
        file.write_all(&index_at.to_le_bytes())?;
    }
    Ok(())
}

/// Names, ids and lengths as a tree of one leaf.
fn write_chroms<W: Write>(file: &mut W, chroms: &ChromTable) -> std::io::Result<()> {
    let key_size = chroms.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let count = chroms.rows.len();
    for field in [CHROM_TREE_MAGIC, count as u32, key_size as u32, 8] {
        file.write_all(&field.to_le_bytes())?;
    }
    file.write_all(&(count as u64).to_le_bytes())?;
    file.write_all(&0u64.to_le_bytes())?;
    file.write_all(&[1, 0])?;
    file.write_all(&(count as u16).to_le_bytes())?;
    for (id, (name, length)) in chroms.rows.iter().enumerate() {
        let mut key = name.as_bytes().to_vec();
        key.resize(key_size, 0);
        file.write_all(&key)?;
        file.write_all(&(id as u32).to_le_bytes())?;
        file.write_all(&length.to_le_bytes())?;
    }
    Ok(())
}

/// Writes blocks and their index; returns where the index begins.
fn write_blocks<W: Write + Seek>(file: &mut W, blocks: &[Block]) -> std::io::Result<u64> {
    let mut offset = file.stream_position()?;
    let mut offsets = Vec::with_capacity(blocks.len());
    for block in blocks {
        file.write_all(&block.bytes)?;
        offsets.push(offset);
        offset += block.bytes.len() as u64;
    }
    rtree::write(file, blocks, &offsets, offset)?;
    Ok(offset)
}
