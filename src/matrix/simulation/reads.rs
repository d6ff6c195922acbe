//! Reads: the ends of fragments that a sequencer reads and an aligner places.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Fragment;
use crate::genome::Strand;

/// An aligned single-end read, 0-based half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// First base.
    pub start: u64,
    /// Base after the last.
    pub end: u64,
    /// Strand that it aligns to.
    pub strand: Strand,
    /// Marked as a PCR duplicate of another read.
    pub is_duplicate: bool,
    /// Failed the sequencer's quality control.
    pub failed_qc: bool,
    /// Mapping quality.
    pub mapping_quality: u8,
}

/// One read of `length_bp` from a random end of each fragment; 4 % have a duplicate, 1 % fail
/// quality control, one in ten is placed with doubt. Sorted by start.
pub fn sequence_reads(fragments: &[Fragment], length_bp: u64, chrom_length: u64, rng: &mut ChaCha8Rng) -> Vec<Read> {
    let mut reads = Vec::with_capacity(fragments.len() + fragments.len() / 20);
    for fragment in fragments {
        let strand = if rng.random_bool(0.5) { Strand::Forward } else { Strand::Reverse };
        let start = match strand {
            Strand::Forward => fragment.start,
            Strand::Reverse => fragment.end.saturating_sub(length_bp),
        };
        let end = (start + length_bp).min(chrom_length);
        let mapping_quality = match rng.random::<f64>() {
            u if u < 0.04 => 0,
            u if u < 0.1 => rng.random_range(3..30),
            _ => 37,
        };
        let read = Read { start, end, strand, is_duplicate: false, failed_qc: rng.random_bool(0.01), mapping_quality };
        reads.push(read);
        if rng.random_bool(0.04) {
            reads.push(Read { is_duplicate: true, failed_qc: false, ..read });
        }
    }
    reads.sort_unstable();
    reads
}
