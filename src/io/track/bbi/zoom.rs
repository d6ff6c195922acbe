//! Zoom levels: summaries of ever larger stretches, so that a browser need not read every base.

use std::io::Write;

use super::{Block, ChromTable, pack};
use crate::matrix::track::Segment;

/// No more levels than readers expect.
const MAX_LEVELS: usize = 10;

/// The summary of the covered bases of one tile, [k × size, (k + 1) × size) for some k.
#[derive(Clone, Copy)]
pub(super) struct Record {
    chrom: u32,
    /// First covered base and one past the last, so that gaps at a tile's ends stay gaps.
    start: u32,
    end: u32,
    covered: u32,
    min: f32,
    max: f32,
    sum: f64,
    sum_squares: f64,
}

/// All summaries of one tile size.
pub(super) struct Level {
    pub(super) size_bp: u32,
    pub(super) records: Vec<Record>,
}

/// Levels of `first_bp`, 4 × `first_bp`, … up to `longest_bp`.
pub(super) fn levels(segments: &[Segment], chroms: &ChromTable, first_bp: u32, longest_bp: u32) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let sizes = std::iter::successors(Some(first_bp.max(1)), |size| size.checked_mul(4));
    for size_bp in sizes.take_while(|&size| size <= longest_bp).take(MAX_LEVELS) {
        let records = match levels.last() {
            None => tile(segments.iter().flat_map(|segment| cut(segment, chroms.id(segment.chrom), size_bp)), size_bp),
            Some(finer) => tile(finer.records.iter().copied(), size_bp),
        };
        levels.push(Level { size_bp, records });
    }
    levels
}

/// A segment cut at the edges of tiles.
fn cut(segment: &Segment, chrom: u32, size_bp: u32) -> impl Iterator<Item = Record> {
    let (end, value) = (segment.end as u32, segment.value);
    let mut start = segment.start as u32;
    std::iter::from_fn(move || {
        if start >= end {
            return None;
        }
        let piece_end = end.min((start / size_bp + 1).saturating_mul(size_bp));
        let covered = piece_end - start;
        let sum = f64::from(value) * f64::from(covered);
        let sum_squares = sum * f64::from(value);
        let record = Record { chrom, start, end: piece_end, covered, min: value, max: value, sum, sum_squares };
        start = piece_end;
        Some(record)
    })
}

/// Joins neighbours that lie in the same tile.
fn tile(pieces: impl Iterator<Item = Record>, size_bp: u32) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for piece in pieces {
        match records.last_mut() {
            Some(last) if last.chrom == piece.chrom && last.start / size_bp == piece.start / size_bp => {
                last.end = piece.end;
                last.covered += piece.covered;
                last.min = last.min.min(piece.min);
                last.max = last.max.max(piece.max);
                last.sum += piece.sum;
                last.sum_squares += piece.sum_squares;
            }
            _ => records.push(piece),
        }
    }
    records
}

/// Packs the summaries of one level.
pub(super) fn blocks(records: &[Record]) -> Vec<Block> {
    let encode = |records: &[Record], bytes: &mut Vec<u8>| {
        for record in records {
            for field in [record.chrom, record.start, record.end, record.covered] {
                bytes.extend(field.to_le_bytes());
            }
            for field in [record.min, record.max, record.sum as f32, record.sum_squares as f32] {
                bytes.extend(field.to_le_bytes());
            }
        }
    };
    pack(records, |record| (record.chrom, record.start..record.end), encode)
}

/// Writes the summary of the whole file: covered bases, least and largest value, sum, sum of squares.
pub(super) fn write_summary<W: Write>(file: &mut W, segments: &[Segment]) -> std::io::Result<()> {
    let (mut covered, mut sum, mut sum_squares) = (0u64, 0.0, 0.0);
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for segment in segments {
        let (bases, value) = (segment.end - segment.start, f64::from(segment.value));
        covered += bases;
        sum += value * bases as f64;
        sum_squares += value * value * bases as f64;
        (min, max) = (min.min(value), max.max(value));
    }
    file.write_all(&covered.to_le_bytes())?;
    for field in [min, max, sum, sum_squares] {
        file.write_all(&field.to_le_bytes())?;
    }
    Ok(())
}
