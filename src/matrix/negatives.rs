//! Regions to tell a protein's sites from: as many as are wanted, alike in what says nothing of the protein.

mod shuffle;

use std::collections::HashMap;

pub use shuffle::{below, shuffled};

/// Width of the bins of GC content.
const GC_BIN: f64 = 0.02;
/// Width of the bins of the share of repeats.
const REPEAT_BIN: f64 = 0.1;

/// What of a sequence is matched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Composition {
    /// Share of G and C among its known bases.
    pub gc: f64,
    /// Share of lower-case letters, which stand for repeats.
    pub repeats: f64,
}

impl Composition {
    /// Of letters; `None` where no base is known.
    pub fn of(letters: &[u8]) -> Option<Self> {
        let known = |letter: &&u8| matches!(letter.to_ascii_uppercase(), b'A' | b'C' | b'G' | b'T' | b'U');
        let n = letters.iter().filter(known).count() as f64;
        let gc = letters.iter().filter(|letter| matches!(letter.to_ascii_uppercase(), b'C' | b'G')).count() as f64;
        let lower = letters.iter().filter(known).filter(|letter| letter.is_ascii_lowercase()).count() as f64;
        (n > 0.0).then(|| Composition { gc: gc / n, repeats: lower / n })
    }

    fn bin(self) -> (i32, i32) {
        ((self.gc / GC_BIN).round() as i32, (self.repeats / REPEAT_BIN).round() as i32)
    }
}

/// For each target, in order, the number of the candidate that is given to it: one of the same bin of GC and repeats, or of
/// the nearest bin that has one left, each candidate once; and whether it is of the same bin or one beside it. `None`
/// where no candidate is left. Candidates of a bin are taken in their order.
pub fn matched(targets: &[Composition], candidates: &[Composition]) -> Vec<Option<(usize, bool)>> {
    let mut bins: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate().rev() {
        bins.entry(candidate.bin()).or_default().push(at);
    }
    // those whose own bin has one go first, so that nobody else takes it
    let mut chosen = vec![None; targets.len()];
    for (target, chosen) in targets.iter().zip(&mut chosen) {
        *chosen = bins.get_mut(&target.bin()).and_then(Vec::pop).map(|at| (at, true));
    }
    bins.retain(|_, own| !own.is_empty());
    for (target, chosen) in targets.iter().zip(&mut chosen).filter(|(_, chosen)| chosen.is_none()) {
        let (gc, repeats) = target.bin();
        let far = |&(a, b): &(i32, i32)| ((a - gc).abs() + (b - repeats).abs(), a, b);
        let Some(nearest) = bins.keys().copied().min_by_key(far) else { break };
        let Some(own) = bins.get_mut(&nearest) else { break };
        let is_beside = (nearest.0 - gc).abs() <= 1 && (nearest.1 - repeats).abs() <= 1;
        *chosen = own.pop().map(|at| (at, is_beside));
        if own.is_empty() {
            bins.remove(&nearest);
        }
    }
    chosen
}

/// Whether a stretch touches one of the spans, ascending and disjoint.
pub fn touches(spans: &[(u64, u64)], first: u64, end: u64) -> bool {
    let at = spans.partition_point(|&(_, span_end)| span_end <= first);
    spans.get(at).is_some_and(|&(start, _)| start < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composition_counts_known_bases_and_lower_case() {
        let found = Composition::of(b"ACgtNNnn").unwrap();
        assert_eq!(found, Composition { gc: 0.5, repeats: 0.5 });
        assert_eq!(Composition::of(b"NNN"), None);
    }

    #[test]
    fn the_nearest_candidates_are_taken_each_once() {
        let of = |gc: f64, repeats: f64| Composition { gc, repeats };
        let candidates = [of(0.5, 0.0), of(0.3, 0.0), of(0.5, 0.0), of(0.52, 0.1), of(0.9, 1.0)];
        let targets = [of(0.5, 0.02), of(0.505, 0.0), of(0.5, 0.0), of(0.31, 0.0), of(0.4, 0.0), of(0.4, 0.0)];
        let found = matched(&targets, &candidates);
        assert_eq!(found[..3], [Some((0, true)), Some((2, true)), Some((3, true))]);
        // the bin beside, and far away; then none is left
        assert_eq!(found[3..], [Some((1, true)), Some((4, false)), None]);
    }

    #[test]
    fn spans_are_half_open() {
        let spans = [(10, 20), (30, 40)];
        let found = [(0, 10), (0, 11), (19, 21), (20, 30), (39, 50), (40, 50)].map(|(a, b)| touches(&spans, a, b));
        assert_eq!(found, [false, true, true, false, true, false]);
    }
}
