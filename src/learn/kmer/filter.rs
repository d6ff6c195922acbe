//! What two words share, by the number of letters in which they differ, and how often a word counts, by its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What two words of g letters share that differ in d of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WordFilter {
    /// Gapped k-mers, C(g − d, k).
    #[default]
    Gapped,
    /// The words themselves, as far as their gapped k-mers tell of them (the full filter of Ghandi et al. 2014).
    Estimated,
    /// The same, where a word tells of others only as long as what it tells is above zero (their truncated filter).
    EstimatedTruncated,
}

impl WordFilter {
    /// For d = 0 … g.
    ///
    /// Estimating words by their gapped k-mers, with the smallest squares, is the projection on the basis vectors that tell at
    /// most k letters apart: a matrix whose eigenvalues are 1 and 0. Two words share its square, which is itself; the truncated
    /// one, cut off where it falls to zero, is squared in that basis.
    pub(super) fn shared(self, g: usize, k: usize) -> Vec<f64> {
        if self == WordFilter::Gapped {
            return (0..=g).map(|differ| choose(g - differ, k)).collect();
        }
        let n_words = 4f64.powi(g as i32);
        // entries from eigenvalues, and the other way: the same sum, but for the number of words
        let turn = |numbers: &[f64]| -> Vec<f64> {
            (0..=g).map(|a| numbers.iter().enumerate().map(|(b, number)| number * differences(g, a, b)).sum()).collect()
        };
        let told: Vec<f64> = (0..=g).map(|j| f64::from(u8::from(j <= k))).collect();
        let mut shared: Vec<f64> = turn(&told).iter().map(|sum| sum / n_words).collect();
        if self == WordFilter::EstimatedTruncated {
            // sums of whole numbers, so that zero is zero
            let end = shared.iter().position(|share| *share <= 0.0).unwrap_or(shared.len());
            shared[end..].fill(0.0);
            let squares: Vec<f64> = turn(&shared).iter().map(|eigenvalue| eigenvalue.powi(2)).collect();
            shared = turn(&squares).iter().map(|sum| sum / n_words).collect();
        }
        shared
    }
}

/// Words count the more the nearer they are to the middle of their sequence (wgkm of lsgkm).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CentreWeights {
    /// How often the word in the middle counts.
    pub most: u8,
    /// Letters from there to where it is half as often.
    pub half: f64,
}

impl CentreWeights {
    /// How often a word counts that begins so many letters from the middle one, a whole number.
    pub(super) fn at(self, distance: usize) -> u8 {
        let most = f64::from(self.most);
        let falling = (most * (-std::f64::consts::LN_2 * distance as f64 / self.half).exp() + 1.0).floor();
        falling.min(most) as u8
    }
}

/// Of words that differ from a given one in `b` of g letters, the sum over a basis vector that tells `a` letters apart, as
/// it stands to the given word: Σ (−1)ⁱ 3ᵇ⁻ⁱ C(a, i) C(g − a, b − i), a Krawtchouk polynomial.
pub(super) fn differences(g: usize, a: usize, b: usize) -> f64 {
    let term = |i: usize| (-1f64).powi(i as i32) * 3f64.powi((b - i) as i32) * choose(a, i) * choose(g - a, b - i);
    (0..=b).map(term).sum()
}

/// n over k; 0 where there is no such choice.
fn choose(n: usize, k: usize) -> f64 {
    if k > n { 0.0 } else { (0..k).fold(1.0, |all, at| all * (n - at) as f64 / (at + 1) as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_those_of_lsgkm() {
        let close = |filter: WordFilter, expected: &[f64]| {
            let found = filter.shared(10, 6);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6e-7), "{filter:?}: {found:?}");
        };
        close(WordFilter::Gapped, &[210.0, 84.0, 28.0, 7.0, 1.0, 0.0]);
        close(WordFilter::Estimated, &FULL);
        close(WordFilter::EstimatedTruncated, &[0.169598, 0.055735, 0.014950, 0.002779, 0.000253, 0.0]);
    }
    const FULL: [f64; 4] = [0.224125, 0.058399, 0.006489, -0.002163];

    #[test]
    fn words_count_more_in_the_middle() {
        let centre = CentreWeights { most: 50, half: 50.0 };
        assert_eq!([0, 1, 50, 100, 1000].map(|distance| centre.at(distance)), [50, 50, 26, 13, 1]);
    }
}
