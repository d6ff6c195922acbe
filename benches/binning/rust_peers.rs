//! Rust libraries at the same work, and the floor: `rust_peers PEER WINDOWS FILE…`.
//!
//! `bigtools` queries each window; `bigtools-cached` queries windows that overlap together, and keeps the last
//! few blocks that were inflated, so that none is inflated twice; `noodles` streams the whole BAM; `floor-bigwig` and `floor-bam` only
//! inflate, with libdeflate, the blocks that hold something inside a window. Prints the sum of all
//! bins (or of all inflated bytes), so that no work can be left out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bigtools::utils::reopen::ReopenableFile;
use bigtools::{BBIFileInfo, BBIFileRead, BigWigRead, Block};
use byteordered::Endianness;
use libdeflater::Decompressor;
use noodles::{bam, sam};
use smallvec::SmallVec;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BIN: i64 = 100;

struct Window {
    chrom: String,
    start: i64,
    end: i64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [peer, windows, files @ ..] = arguments.as_slice() else { return Ok(()) };
    let mut windows: Vec<Window> = fs::read_to_string(windows)?.lines().filter_map(parse).collect();
    windows.sort_by(|left, right| (&left.chrom, left.start).cmp(&(&right.chrom, right.start)));
    for file in files {
        let sum = match peer.as_str() {
            "bigtools" => bigtools(file, &windows)?,
            "bigtools-cached" => bigtools_cached(file, &windows)?,
            "noodles" => noodles(file, &windows)?,
            "floor-bigwig" => floor_bigwig(file, &windows)?,
            "floor-bam" => floor_bam(file, &windows)?,
            other => return Err(format!("no peer {other}").into()),
        };
        println!("{peer} {sum}");
    }
    Ok(())
}

fn parse(line: &str) -> Option<Window> {
    let mut columns = line.split('\t');
    let chrom = columns.next()?.to_owned();
    Some(Window { chrom, start: columns.next()?.parse().ok()?, end: columns.next()?.parse().ok()? })
}

fn n_bins(windows: &[Window]) -> usize {
    windows.first().map_or(0, |window| ((window.end - window.start) / BIN) as usize)
}

fn bigtools(path: &str, windows: &[Window]) -> Result<f64> {
    let mut file = BigWigRead::open_file(path)?;
    let n_bins = n_bins(windows);
    let mut matrix = vec![0.0_f32; windows.len() * n_bins];
    for (window, row) in windows.iter().zip(matrix.chunks_exact_mut(n_bins)) {
        let mut sums = vec![0.0_f64; n_bins];
        for value in file.get_interval(&window.chrom, window.start as u32, window.end as u32)? {
            add(&mut sums, window, &value?);
        }
        for (bin, sum) in row.iter_mut().zip(sums) {
            *bin = (sum / BIN as f64) as f32;
        }
    }
    Ok(matrix.iter().copied().map(f64::from).sum())
}

/// Blocks that are kept: those that the windows of neighbouring genes share.
const KEPT: usize = 4;

/// A file whose last few blocks are inflated once.
struct Cached {
    file: ReopenableFile,
    blocks: VecDeque<(Block, Vec<u8>)>,
}

impl BBIFileRead for Cached {
    type Reader = ReopenableFile;

    fn get_block_data(&mut self, info: &BBIFileInfo, block: &Block) -> io::Result<Vec<u8>> {
        if let Some((_, bytes)) = self.blocks.iter().find(|(known, _)| known == block) {
            return Ok(bytes.clone());
        }
        let bytes = self.file.get_block_data(info, block)?;
        if self.blocks.len() == KEPT {
            self.blocks.pop_front();
        }
        self.blocks.push_back((*block, bytes.clone()));
        Ok(bytes)
    }

    fn blocks_for_cir_tree_node(
        &mut self,
        endianness: Endianness,
        node_offset: u64,
        chrom: u32,
        start: u32,
        end: u32,
    ) -> io::Result<(SmallVec<[u64; 4]>, SmallVec<[Block; 4]>)> {
        self.file.blocks_for_cir_tree_node(endianness, node_offset, chrom, start, end)
    }

    fn raw_reader(&mut self) -> &mut ReopenableFile {
        &mut self.file
    }
}

fn bigtools_cached(path: &str, windows: &[Window]) -> Result<f64> {
    let file = ReopenableFile { path: path.into(), file: File::open(path)? };
    let mut file = BigWigRead::open(Cached { file, blocks: VecDeque::new() })?;
    let (n_bins, mut total) = (n_bins(windows), 0.0);
    let mut rest = windows;
    while let Some(first) = rest.first() {
        let mut end = first.end;
        let n = 1 + rest[1..]
            .iter()
            .take_while(|window| {
                let goes_on = window.chrom == first.chrom && window.start <= end;
                end = if goes_on { window.end } else { end };
                goes_on
            })
            .count();
        let (together, others) = rest.split_at(n);
        rest = others;
        let mut sums = vec![0.0_f64; n * n_bins];
        let mut at = 0;
        for value in file.get_interval(&first.chrom, first.start as u32, end as u32)? {
            let value = value?;
            while together.get(at).is_some_and(|window| window.end <= i64::from(value.start)) {
                at += 1;
            }
            for (window, row) in together.iter().zip(sums.chunks_exact_mut(n_bins)).skip(at) {
                if window.start >= i64::from(value.end) {
                    break;
                }
                add(row, window, &value);
            }
        }
        total += sums.iter().map(|sum| f64::from((sum / BIN as f64) as f32)).sum::<f64>();
    }
    Ok(total)
}

/// Adds a value to the sums of a window's bins.
fn add(sums: &mut [f64], window: &Window, value: &bigtools::Value) {
    let mut from = i64::from(value.start).max(window.start) - window.start;
    let to = i64::from(value.end).min(window.end) - window.start;
    while from < to {
        let part = to.min((from / BIN + 1) * BIN);
        sums[(from / BIN) as usize] += f64::from(value.value) * (part - from) as f64;
        from = part;
    }
}

/// Calls `visit(read id's chromosome, start, end, virtual offset of the block)` for each read that counts.
fn walk_bam(path: &str, mut visit: impl FnMut(&str, i64, i64, u64)) -> Result<()> {
    let mut reader = bam::io::reader::Builder.build_from_path(path)?;
    let header = reader.read_header()?;
    let names: Vec<String> = header.reference_sequences().keys().map(ToString::to_string).collect();
    let mut record = bam::Record::default();
    loop {
        let block = reader.get_ref().virtual_position().compressed();
        if reader.read_record(&mut record)? == 0 {
            return Ok(());
        }
        let (Some(chrom), Some(start)) = (record.reference_sequence_id(), record.alignment_start()) else { continue };
        if record.flags().bits() & 0x600 != 0 {
            continue;
        }
        let start = usize::from(start?) as i64 - 1;
        let mut span = 0;
        if !record.flags().is_unmapped() {
            for operation in record.cigar().iter() {
                let operation: sam::alignment::record::cigar::Op = operation?;
                if operation.kind().consumes_reference() {
                    span += operation.len() as i64;
                }
            }
        }
        visit(&names[chrom?], start, start + span.max(1), block);
    }
}

fn noodles(path: &str, windows: &[Window]) -> Result<f64> {
    let n_bins = n_bins(windows);
    let mut counts = vec![0_u32; windows.len() * n_bins];
    let of_chrom = by_chrom(windows);
    let mut list: &[usize] = &[];
    let (mut current, mut at) = (String::new(), 0);
    walk_bam(path, |chrom, start, end, _| {
        if chrom != current {
            (current, at) = (chrom.to_owned(), 0);
            list = of_chrom.get(chrom).map_or(&[], Vec::as_slice);
        }
        while list.get(at).is_some_and(|&index| windows[index].end <= start) {
            at += 1;
        }
        for &index in &list[at..] {
            let window = &windows[index];
            if window.start >= end {
                break;
            }
            let first = ((start - window.start).max(0) / BIN) as usize;
            let last = ((end.min(window.end) - 1 - window.start) / BIN) as usize;
            for count in &mut counts[index * n_bins + first..=index * n_bins + last] {
                *count += 1;
            }
        }
    })?;
    Ok(counts.iter().copied().map(f64::from).sum())
}

fn by_chrom(windows: &[Window]) -> HashMap<&str, Vec<usize>> {
    let mut of_chrom: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, window) in windows.iter().enumerate() {
        of_chrom.entry(&window.chrom).or_default().push(index);
    }
    of_chrom
}

/// Inflates the blocks whose offsets and sizes the listing beside the file names (made once, untimed).
fn floor(path: &str, list: impl FnOnce() -> Result<Vec<(u64, u64)>>, zlib: bool) -> Result<f64> {
    let listing = format!("{path}.blocks");
    if !fs::exists(&listing)? {
        let lines: Vec<String> = list()?.iter().map(|(offset, size)| format!("{offset} {size}\n")).collect();
        fs::write(&listing, lines.concat())?;
    }
    let mut file = File::open(path)?;
    let (mut block, mut inflated) = (Vec::new(), vec![0; 1 << 20]);
    let (mut inflater, mut total) = (Decompressor::new(), 0);
    for line in fs::read_to_string(listing)?.lines() {
        let (offset, size) = line.split_once(' ').ok_or("damaged listing")?;
        block.resize(size.parse()?, 0);
        file.seek(SeekFrom::Start(offset.parse()?))?;
        file.read_exact(&mut block)?;
        total += match zlib {
            true => inflater.zlib_decompress(&block, &mut inflated)?,
            false => inflater.gzip_decompress(&block, &mut inflated)?,
        };
    }
    Ok(total as f64)
}

fn floor_bigwig(path: &str, windows: &[Window]) -> Result<f64> {
    floor(path, || bigwig_blocks(path, windows), true)
}

/// Blocks of a little-endian bigWig that overlap a window, by a walk through its R-tree.
fn bigwig_blocks(path: &str, windows: &[Window]) -> Result<Vec<(u64, u64)>> {
    let bytes = fs::read(path)?;
    let number =
        |at: usize, size: usize| bytes[at..at + size].iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte));
    let of_chrom = by_chrom(windows);
    let mut lists: Vec<&[usize]> = Vec::new();
    for chrom in BigWigRead::open_file(path)?.chroms() {
        lists.push(of_chrom.get(chrom.name.as_str()).map_or(&[], Vec::as_slice));
    }
    let touched = |chrom: u64, start: u64, end: u64| {
        let list = lists.get(chrom as usize).copied().unwrap_or(&[]);
        let at = list.partition_point(|&index| windows[index].end <= start as i64);
        list.get(at).is_some_and(|&index| windows[index].start < end as i64)
    };
    let (mut pending, mut blocks) = (vec![number(24, 8) as usize + 48], Vec::new());
    while let Some(node) = pending.pop() {
        let leaf = bytes[node] == 1;
        for item in 0..number(node + 2, 2) as usize {
            let at = node + 4 + item * if leaf { 32 } else { 24 };
            let offset = number(at + 16, 8);
            if !leaf {
                pending.push(offset as usize);
            } else if touched(number(at, 4), number(at + 4, 4), number(at + 12, 4)) {
                blocks.push((offset, number(at + 24, 8)));
            }
        }
    }
    blocks.sort_unstable();
    Ok(blocks)
}

fn floor_bam(path: &str, windows: &[Window]) -> Result<f64> {
    floor(path, || bam_blocks(path, windows), false)
}

/// Blocks in which a read starts that overlaps a window.
fn bam_blocks(path: &str, windows: &[Window]) -> Result<Vec<(u64, u64)>> {
    let of_chrom = by_chrom(windows);
    let mut offsets = BTreeSet::new();
    walk_bam(path, |chrom, start, end, block| {
        let list = of_chrom.get(chrom).map_or(&[][..], Vec::as_slice);
        let at = list.partition_point(|&index| windows[index].end <= start);
        if list.get(at).is_some_and(|&index| windows[index].start < end) {
            offsets.insert(block);
        }
    })?;
    let mut file = BufReader::new(File::open(path)?);
    let size = |offset: u64| -> Result<(u64, u64)> {
        let mut head = [0; 18];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut head)?;
        Ok((offset, u64::from(u16::from_le_bytes([head[16], head[17]])) + 1))
    };
    offsets.into_iter().map(size).collect()
}
