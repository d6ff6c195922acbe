//! Where a matrix of bases matches sequences.

/// Parts of a bit in which scores are counted.
const STEPS: f64 = 100.0;

/// A matrix to look for: scores in hundredths of a bit against a background of equal shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    scores: Vec<[i64; 4]>,
    /// Chance of each score or a higher one in a sequence of the background, from the lowest score on.
    tail: Vec<f64>,
    lowest: i64,
}

/// A place where it matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// First base, as the sequence is written.
    pub start: usize,
    /// Whether it is on the opposite strand.
    pub reverse: bool,
    /// Log-likelihood ratio to the background, in bits.
    pub score: f64,
    /// Chance of this score or a higher one at a place of the background, on one strand.
    pub p: f64,
}

impl Scan {
    /// Of shares of A, C, G and T at each position, all above zero. The chances are exact (Staden 1989).
    pub fn new(matrix: &[[f64; 4]]) -> Self {
        let score = |share: f64| ((share.max(1e-4) / 0.25).log2() * STEPS).round() as i64;
        let scores: Vec<[i64; 4]> = matrix.iter().map(|shares| shares.map(score)).collect();
        let ends = |end: fn([i64; 4]) -> i64| scores.iter().map(|own| end(*own)).sum::<i64>();
        let lowest = ends(|own| own.into_iter().min().unwrap_or(0));
        let highest = ends(|own| own.into_iter().max().unwrap_or(0));
        let mut chances = vec![1.0];
        for own in &scores {
            let low = own.iter().min().copied().unwrap_or(0);
            let room = (own.iter().max().copied().unwrap_or(0) - low) as usize;
            let mut next = vec![0.0; chances.len() + room];
            for (at, chance) in chances.iter().enumerate() {
                own.iter().for_each(|score| next[at + (score - low) as usize] += chance / 4.0);
            }
            chances = next;
        }
        debug_assert_eq!(chances.len() as i64, highest - lowest + 1);
        let mut sum = 0.0;
        let mut tail: Vec<f64> = chances
            .iter()
            .rev()
            .map(|chance| {
                sum += chance;
                sum
            })
            .collect();
        tail.reverse();
        Scan { scores, tail, lowest }
    }

    /// The places where the chance is `p` or less, on both strands, the first base first. Codes are 0 to 3 for A, C, G and T;
    /// others match nowhere.
    pub fn matches(&self, codes: &[u8], p: f64) -> Vec<Match> {
        let width = self.scores.len();
        let mut found = Vec::new();
        if width == 0 || codes.len() < width {
            return found;
        }
        for start in 0..=codes.len() - width {
            let own = &codes[start..start + width];
            if own.iter().any(|code| *code > 3) {
                continue;
            }
            for reverse in [false, true] {
                let of = |(at, scores): (usize, &[i64; 4])| {
                    scores[usize::from(if reverse { 3 - own[width - 1 - at] } else { own[at] })]
                };
                let score: i64 = self.scores.iter().enumerate().map(of).sum();
                let chance = self.tail[(score - self.lowest) as usize];
                if chance <= p {
                    found.push(Match { start, reverse, score: score as f64 / STEPS, p: chance });
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_those_of_counting_and_both_strands_are_looked_at() {
        // GATTA, almost alone
        let of = |code: usize| std::array::from_fn(|base| if base == code { 0.97 } else { 0.01 });
        let scan = Scan::new(&[2, 0, 3, 3, 0].map(of));
        // CCGATTACCTAATCG: TAATC is GATTA on the other strand
        let codes = [1, 1, 2, 0, 3, 3, 0, 1, 1, 3, 0, 0, 3, 1, 2];
        let found = scan.matches(&codes, 0.001);
        let places: Vec<(usize, bool)> = found.iter().map(|hit| (hit.start, hit.reverse)).collect();
        assert_eq!(places, [(2, false), (9, true)]);
        assert!((found[0].p - 0.25f64.powi(5)).abs() < 1e-12 && (found[0].score - 5.0 * 3.88f64.log2()).abs() < 0.05);
        // one letter of five wrong: 15 more words of 1,024
        assert_eq!(scan.matches(&[2, 0, 3, 3, 1], 0.0157).len(), 1);
        assert_eq!(scan.matches(&[2, 0, 3, 3, 1], 0.0155), []);
        assert_eq!(scan.matches(&[2, 0, 4, 3, 0], 1.0), []);
        assert_eq!(scan.matches(&[2, 0], 1.0), []);
        assert!((Scan::new(&[[0.25; 4]; 3]).matches(&[0; 3], 1.0)[0].p - 1.0).abs() < 1e-12);
    }
}
