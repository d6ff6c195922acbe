//! GFF3 features in several lines of one `ID`: over the origin of a circle, trans-spliced, or in numbered parts.

use std::ops::Range;

use super::gff3_lines::{Gff3, Gff3Node};
use super::landmarks::Landmarks;
use super::tally::Tally;
use crate::genome::Strand;

/// Makes one line of each gene and transcript that is in pieces.
///
/// Two lines that meet at the origin of a circle are one that runs over it. Numbered parts (NCBI's `part=`) reach from
/// the first to the last of them, unless they are trans-spliced or on both strands: then the first part gives the
/// ends, because transcription starts there. Genes of one `ID` without numbers are copies, and left apart.
pub(super) fn join(read: &mut Gff3<'_>, landmarks: &Landmarks, tally: &mut Tally) {
    let nodes = &mut read.nodes;
    for slot in read.slots.values_mut().filter(|slot| slot.nodes.len() > 1) {
        slot.nodes.sort_by_key(|&at| {
            let node = &nodes[at];
            (node.piece, node.chrom.clone(), node.part.span.start, node.part.span.end, node.strand.map(Strand::symbol))
        });
        let head = slot.nodes[0];
        let is_gene = nodes[head].gene_name.is_some();
        if slot.nodes.iter().any(|&at| nodes[at].gene_name.is_some() != is_gene) {
            continue; // a gene and its transcript under one id
        }
        let is_whole = |at: &usize| nodes[*at].chrom == nodes[head].chrom && nodes[*at].strand == nodes[head].strand;
        let same_place = slot.nodes.iter().all(is_whole);
        let circle = landmarks.circle(&nodes[head].chrom).filter(|_| same_place);
        let pieces: Vec<&Gff3Node> = slot.nodes.iter().map(|&at| &nodes[at]).collect();
        let span = match circle.and_then(|length| over_origin(&pieces, length)) {
            Some(span) => span,
            None if pieces.iter().any(|node| node.piece.is_none()) => continue,
            None if same_place && pieces.iter().all(|node| node.piece.is_some_and(|piece| !piece.is_trans_spliced)) => {
                let start = pieces.iter().map(|node| node.part.span.start).min();
                let end = pieces.iter().map(|node| node.part.span.end).max();
                start.unwrap_or_default()..end.unwrap_or_default()
            }
            None => {
                tally.scattered_genes += u64::from(is_gene);
                nodes[head].part.span.clone()
            }
        };
        nodes[head].part.span = span;
        slot.nodes.truncate(1);
    }
}

/// The span of two pieces that meet at the origin, counted on beyond the end of the sequence.
fn over_origin(pieces: &[&Gff3Node], length: u64) -> Option<Range<u64>> {
    let [one, other] = pieces else { return None };
    let (one, other) = (&one.part.span, &other.part.span);
    let (left, right) = if one.start < other.start { (one, other) } else { (other, one) };
    (left.start == 0 && right.end == length).then(|| right.start..length + left.end)
}
