//! The index: which blocks overlap a region.

use std::io::Write;
use std::ops::Range;

use super::{Block, ITEMS_PER_BLOCK};

const MAGIC: u32 = 0x2468_ACE0;
const CHILDREN: usize = 256;
const HEADER_BYTES: u64 = 48;
const NODE_BYTES: u64 = 4;
const LEAF_ITEM_BYTES: u64 = 32;
const INNER_ITEM_BYTES: u64 = 24;

/// Everything between a first and a last base: (chromosome id, base).
#[derive(Clone, Copy)]
struct Span {
    first: (u32, u32),
    last: (u32, u32),
}

/// Children of one node, as a range of the level below (of the blocks, in a leaf).
struct Node {
    span: Span,
    children: Range<usize>,
}

/// Writes the tree of `blocks` at file offset `at`; `offsets` are those of the blocks.
pub(super) fn write<W: Write>(file: &mut W, blocks: &[Block], offsets: &[u64], at: u64) -> std::io::Result<()> {
    let spans: Vec<Span> = blocks
        .iter()
        .map(|block| Span { first: (block.chrom, block.bases.start), last: (block.chrom, block.bases.end) })
        .collect();
    let mut levels = vec![group(&spans)];
    while let Some(below) = levels.last().filter(|level| level.len() > 1) {
        let spans: Vec<Span> = below.iter().map(|node| node.span).collect();
        levels.push(group(&spans));
    }

    // the root comes first, then level by level downwards
    let mut node_offsets: Vec<Vec<u64>> = vec![Vec::new(); levels.len()];
    let mut next = at + HEADER_BYTES;
    for (height, level) in levels.iter().enumerate().rev() {
        let item_bytes = if height == 0 { LEAF_ITEM_BYTES } else { INNER_ITEM_BYTES };
        for node in level {
            node_offsets[height].push(next);
            next += NODE_BYTES + item_bytes * node.children.len() as u64;
        }
    }

    let whole = spans.iter().copied().reduce(join).unwrap_or(Span { first: (0, 0), last: (0, 0) });
    file.write_all(&MAGIC.to_le_bytes())?;
    file.write_all(&(CHILDREN as u32).to_le_bytes())?;
    file.write_all(&(blocks.len() as u64).to_le_bytes())?;
    write_span(file, whole)?;
    file.write_all(&at.to_le_bytes())?;
    file.write_all(&(ITEMS_PER_BLOCK as u32).to_le_bytes())?;
    file.write_all(&0u32.to_le_bytes())?;
    for (height, level) in levels.iter().enumerate().rev() {
        for node in level {
            file.write_all(&[u8::from(height == 0), 0])?;
            file.write_all(&(node.children.len() as u16).to_le_bytes())?;
            for child in node.children.clone() {
                if height == 0 {
                    write_span(file, spans[child])?;
                    file.write_all(&offsets[child].to_le_bytes())?;
                    file.write_all(&(blocks[child].bytes.len() as u64).to_le_bytes())?;
                } else {
                    write_span(file, levels[height - 1][child].span)?;
                    file.write_all(&node_offsets[height - 1][child].to_le_bytes())?;
                }
            }
        }
    }
    Ok(())
}

fn group(spans: &[Span]) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (at, chunk) in spans.chunks(CHILDREN).enumerate() {
        let span = chunk.iter().copied().reduce(join).unwrap_or(chunk[0]);
        nodes.push(Node { span, children: at * CHILDREN..at * CHILDREN + chunk.len() });
    }
    nodes
}

fn join(left: Span, right: Span) -> Span {
    Span { first: left.first.min(right.first), last: left.last.max(right.last) }
}

fn write_span<W: Write>(file: &mut W, span: Span) -> std::io::Result<()> {
    for field in [span.first.0, span.first.1, span.last.0, span.last.1] {
        file.write_all(&field.to_le_bytes())?;
    }
    Ok(())
}
