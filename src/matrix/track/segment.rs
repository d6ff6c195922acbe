//! One value a base, for the formats that cannot hold overlapping intervals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cell;

/// What a base shows that lies in the windows of several genes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// The largest value of any gene.
    #[default]
    Max,
    /// The value that is farthest from zero, with its sign; of two as far, the positive one.
    Extreme,
    /// The mean over the genes whose window covers the base.
    Mean,
    /// The sum over the genes.
    Sum,
}

/// A run of bases that share one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Rank of the chromosome's name, as in [`Cell::chrom`].
    pub chrom: u32,
    /// First base, 0-based.
    pub start: u64,
    /// One past the last base.
    pub end: u64,
    /// The value of each base.
    pub value: f32,
}

/// Cuts sorted cells at every start and end, and gives each piece one value.
///
/// `cells` are those of one mark, sorted by chromosome and start. The result is sorted, never
/// overlaps, covers exactly the bases that some cell covers, and touching pieces of equal value are
/// one.
pub fn aggregate(cells: &[Cell], rule: Aggregate) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut active: Vec<&Cell> = Vec::new();
    let mut waiting = cells.iter().peekable();
    let mut at = 0;
    loop {
        if active.is_empty() {
            let Some(next) = waiting.peek() else { return segments };
            at = next.start;
        }
        let chrom = active.first().copied().or(waiting.peek().copied()).map_or(0, |cell| cell.chrom);
        while let Some(cell) = waiting.next_if(|cell| cell.chrom == chrom && cell.start == at) {
            active.push(cell);
        }
        let next_start = waiting.peek().filter(|cell| cell.chrom == chrom).map_or(u64::MAX, |cell| cell.start);
        let next_end = active.iter().map(|cell| cell.end).min().unwrap_or(u64::MAX);
        let end = next_start.min(next_end);
        let value = rule.of(&active);
        match segments.last_mut() {
            Some(last) if last.chrom == chrom && last.end == at && last.value == value => last.end = end,
            _ => segments.push(Segment { chrom, start: at, end, value }),
        }
        active.retain(|cell| cell.end > end);
        at = end;
    }
}

impl Aggregate {
    fn of(self, cells: &[&Cell]) -> f32 {
        let sum: f64 = cells.iter().map(|cell| f64::from(cell.value)).sum();
        match self {
            Aggregate::Max => cells.iter().map(|cell| cell.value).fold(f32::NEG_INFINITY, f32::max),
            Aggregate::Extreme => {
                let farther = |a: f32, b: f32| if (b.abs(), b) > (a.abs(), a) { b } else { a };
                cells.iter().map(|cell| cell.value).fold(0.0, farther)
            }
            Aggregate::Mean => (sum / cells.len() as f64) as f32,
            Aggregate::Sum => sum as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(chrom: u32, start: u64, end: u64, value: f32) -> Cell {
        Cell { chrom, start, end, gene: 0, channel: 0, position: 0, value }
    }

    fn segment(chrom: u32, start: u64, end: u64, value: f32) -> Segment {
        Segment { chrom, start, end, value }
    }

    #[test]
    fn bins_of_two_phases_are_cut_where_either_ends() {
        let cells = [cell(0, 0, 100, 1.0), cell(0, 30, 130, 3.0), cell(0, 100, 200, 2.0), cell(1, 5, 10, 9.0)];
        assert_eq!(
            aggregate(&cells, Aggregate::Max),
            [segment(0, 0, 30, 1.0), segment(0, 30, 130, 3.0), segment(0, 130, 200, 2.0), segment(1, 5, 10, 9.0)]
        );
        assert_eq!(
            aggregate(&cells, Aggregate::Mean)[1..4],
            [segment(0, 30, 100, 2.0), segment(0, 100, 130, 2.5), segment(0, 130, 200, 2.0)]
        );
        assert_eq!(aggregate(&cells, Aggregate::Sum)[1], segment(0, 30, 100, 4.0));
        let signed = [cell(0, 0, 100, 1.0), cell(0, 50, 150, -3.0), cell(0, 120, 200, 3.0)];
        let signs: Vec<f32> = aggregate(&signed, Aggregate::Extreme).iter().map(|segment| segment.value).collect();
        assert_eq!(signs, [1.0, -3.0, 3.0]);
        assert!(aggregate(&[], Aggregate::Max).is_empty());
    }

    proptest! {
        #[test]
        fn every_base_has_the_value_that_counting_base_by_base_gives(
            mut spans in prop::collection::vec((0u32..2, 0u64..60, 1u64..20, -3i8..4), 0..40),
        ) {
            spans.sort_unstable();
            let cells: Vec<Cell> =
                spans.iter().map(|&(chrom, start, width, value)| cell(chrom, start, start + width, f32::from(value))).collect();
            for rule in [Aggregate::Max, Aggregate::Extreme, Aggregate::Mean, Aggregate::Sum] {
                let segments = aggregate(&cells, rule);
                for pair in segments.windows(2) {
                    let [left, right] = pair else { unreachable!() };
                    prop_assert!(left.chrom < right.chrom || left.end <= right.start, "sorted, without overlap");
                    prop_assert!(left.chrom != right.chrom || left.end != right.start || left.value != right.value, "merged");
                }
                for chrom in 0..2 {
                    for base in 0..80 {
                        let over: Vec<f32> = cells
                            .iter()
                            .filter(|cell| cell.chrom == chrom && cell.start <= base && base < cell.end)
                            .map(|cell| cell.value)
                            .collect();
                        let expected = (!over.is_empty()).then(|| match rule {
                            Aggregate::Max => over.iter().copied().fold(f32::MIN, f32::max),
                            Aggregate::Extreme => {
                                let (low, high) = (over.iter().copied().fold(0.0, f32::min), over.iter().copied().fold(0.0, f32::max));
                                if -low > high { low } else { high }
                            }
                            Aggregate::Mean => over.iter().sum::<f32>() / over.len() as f32,
                            Aggregate::Sum => over.iter().sum(),
                        });
                        let found: Vec<f32> = segments
                            .iter()
                            .filter(|segment| segment.chrom == chrom && segment.start <= base && base < segment.end)
                            .map(|segment| segment.value)
                            .collect();
                        prop_assert_eq!(found, expected.into_iter().collect::<Vec<f32>>());
                    }
                }
            }
        }
    }
}
