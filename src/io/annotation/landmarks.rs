//! How long the sequences are, and which are circles.

use std::collections::HashMap;

use super::tally::Tally;
use crate::genome::GeneRecord;

/// Lengths in bp by sequence.
#[derive(Debug, Default)]
pub(super) struct Landmarks {
    /// From `##sequence-region`.
    lengths: HashMap<String, u64>,
    /// From whole-sequence features with `Is_circular=true`.
    circles: HashMap<String, u64>,
}

impl Landmarks {
    /// Takes note of a line that begins with `##`.
    pub(super) fn add_directive(&mut self, line: &str) {
        let Some(region) = line.strip_prefix("##sequence-region") else { return };
        let mut words = region.split_whitespace();
        if let (Some(chrom), Some(_), Some(end)) = (words.next(), words.next(), words.next()) {
            note(&mut self.lengths, chrom, end);
        }
    }

    /// Takes note of a line of a kind that is not read.
    pub(super) fn add_line(&mut self, line: &str) {
        let Some(at) = line.find("Is_circular=") else { return };
        if !line[at..].trim_start_matches("Is_circular=").to_ascii_lowercase().starts_with("true") {
            return;
        }
        let columns: Vec<&str> = line.splitn(6, '\t').collect();
        if let [chrom, _, _, "1", end, _] = columns[..] {
            note(&mut self.circles, chrom, end);
        }
    }

    /// Length of a sequence that is a circle.
    pub(super) fn circle(&self, chrom: &str) -> Option<u64> {
        self.circles.get(chrom).copied()
    }

    /// Tells genes which circle they lie on, and counts those that reach beyond their sequence.
    pub(super) fn apply(&self, records: &mut [GeneRecord], tally: &mut Tally) {
        if self.lengths.is_empty() && self.circles.is_empty() {
            return;
        }
        for record in records {
            record.circle = self.circle(&record.chrom);
            match (record.circle, self.lengths.get(&record.chrom)) {
                (Some(length), _) => tally.over_origin += u64::from(record.span.end > length),
                (None, Some(&length)) => tally.beyond_sequence += u64::from(record.span.end > length),
                (None, None) => {}
            }
        }
    }
}

fn note(lengths: &mut HashMap<String, u64>, chrom: &str, end: &str) {
    if let Some(end) = end.parse::<u64>().ok().filter(|&end| end > 0) {
        let length = lengths.entry(chrom.to_owned()).or_insert(end);
        *length = (*length).max(end);
    }
}
