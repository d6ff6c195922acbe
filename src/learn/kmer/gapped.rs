//! DNA as a bag of g-mers, and the kernel of two bags without a matrix of all pairs: the kernel of all 4ᵍ words is
//! diagonal in a basis of signs, so that its product with any vector costs two fast Hadamard transforms.

use rayon::prelude::*;

use super::Alphabet;
use super::filter::{CentreWeights, WordFilter, differences};
use super::hadamard::{ALONE, transform};

/// Longest g-mers: a table of all words holds 4ᵍ numbers.
pub const LONGEST: usize = 12;

/// Which gapped k-mers are counted: all choices of `length − mismatches` letters of `length` in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GappedKmers {
    /// g, letters of a word; 1 to [`LONGEST`].
    length: usize,
    /// g − k, letters that do not count; fewer than all.
    mismatches: usize,
    /// Whether a sequence also holds the words of its opposite strand.
    both_strands: bool,
    /// What two words share that differ in so many letters.
    shared: [f64; LONGEST + 1],
    /// How often the words count, by their place; `None`: once.
    centre: Option<CentreWeights>,
}

/// Why a kernel cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GappedKmersError {
    /// No such words.
    #[error("words of {0} letters: expected 1 to {LONGEST}")]
    Length(usize),
    /// No letter is left.
    #[error("{mismatches} mismatches leave nothing of words of {length} letters: expected fewer than {length}")]
    Mismatches {
        /// Letters of a word.
        length: usize,
        /// Those that do not count.
        mismatches: usize,
    },
}

/// The words of one sequence. Its length as a vector is 1 once it is divided by its norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Bag {
    /// Those of the given strand, base 4, the first letter first.
    words: Vec<u32>,
    /// How often each counts; empty where all count once.
    times: Vec<u8>,
    /// 1 / √ of its kernel with itself.
    scale: f64,
}

impl Bag {
    /// How often a word counts.
    #[inline]
    pub(super) fn times(&self, at: usize) -> f64 {
        self.times.get(at).map_or(1.0, |&times| f64::from(times))
    }

    /// What its words are multiplied by for a vector of length 1.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }
}

impl GappedKmers {
    /// Words of `length` letters that may differ in `mismatches` of them.
    ///
    /// # Errors
    /// Words that are too long, or of which nothing counts.
    pub fn new(length: usize, mismatches: usize, both_strands: bool) -> Result<Self, GappedKmersError> {
        match () {
            () if !(1..=LONGEST).contains(&length) => Err(GappedKmersError::Length(length)),
            () if mismatches >= length => Err(GappedKmersError::Mismatches { length, mismatches }),
            () => Ok(GappedKmers { length, mismatches, both_strands, shared: [0.0; LONGEST + 1], centre: None }.with(
                WordFilter::Gapped,
                length,
                None,
            )),
        }
    }

    /// With another measure of what words share: those that differ in more than `furthest` letters share nothing, and
    /// words count by their place.
    #[must_use]
    pub fn with(mut self, filter: WordFilter, furthest: usize, centre: Option<CentreWeights>) -> Self {
        let shared = filter.shared(self.length, self.length - self.mismatches);
        self.shared = [0.0; LONGEST + 1];
        for (own, shared) in self.shared.iter_mut().zip(shared).take(furthest.saturating_add(1)) {
            *own = shared;
        }
        self.centre = centre;
        self
    }

    /// Letters of a word.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Letters of a word that need not be alike.
    pub fn mismatches(&self) -> usize {
        self.mismatches
    }

    /// Whether the opposite strand counts too.
    pub fn has_both_strands(&self) -> bool {
        self.both_strands
    }

    /// Number of words.
    pub fn n_words(&self) -> usize {
        1 << (2 * self.length)
    }

    /// The words of the sequence without an unknown letter, as they stand, and the place of each.
    pub(super) fn words<'a>(&self, letters: &'a [u8], dna: &'a Alphabet) -> impl Iterator<Item = (usize, u32)> + 'a {
        let (length, mask) = (self.length, self.n_words() as u32 - 1);
        let (mut word, mut known) = (0u32, 0);
        letters.iter().enumerate().filter_map(move |(at, &letter)| {
            known = dna.code(letter).map_or(0, |_| known + 1);
            word = (word << 2 | u32::from(dna.code(letter).unwrap_or(0))) & mask;
            (known >= length).then(|| (at + 1 - length, word))
        })
    }

    /// Whether a sequence has a word.
    pub fn has_word(&self, letters: &[u8]) -> bool {
        self.words(letters, &Alphabet::dna()).next().is_some()
    }

    /// How often each of these words counts, given their places and the sequence that they are of; empty where all count once.
    fn times(&self, letters: &[u8], words: &[(usize, u32)]) -> Vec<u8> {
        let (Some(centre), dna) = (self.centre, Alphabet::dna()) else { return Vec::new() };
        // unknown letters at the ends are no part of the sequence: rows of a matrix are filled up with them
        let is_known = |letter: &u8| dna.code(*letter).is_some();
        let first = letters.iter().position(is_known).unwrap_or(0);
        let end = letters.iter().rposition(is_known).map_or(0, |last| last + 1);
        let middle = (end - first).saturating_sub(self.length - 1) / 2 + first;
        words.iter().map(|&(place, _)| centre.at(place.abs_diff(middle))).collect()
    }

    /// The bag of a sequence; `None` where it has no word, because it is shorter than one or of unknown letters.
    pub fn bag(&self, letters: &[u8]) -> Option<Bag> {
        let words: Vec<(usize, u32)> = self.words(letters, &Alphabet::dna()).collect();
        let times = self.times(letters, &words);
        let words: Vec<u32> = words.into_iter().map(|(_, word)| word).collect();
        let scale = self.self_kernel(&words, &times).sqrt().recip();
        (!words.is_empty()).then_some(Bag { words, times, scale })
    }

    /// The kernel of a sequence with itself, from its words on the given strand.
    fn self_kernel(&self, words: &[u32], times: &[u8]) -> f64 {
        let opposite: Vec<u32> = words.iter().map(|&word| self.opposite(word)).collect();
        let mut sums = [0u64; LONGEST + 1];
        // loops of their own, so that words that count once cost nothing more
        let mut count = |others: &[u32]| match times {
            [] => count(words, others, &mut sums, |_, _| 1),
            times => count(words, others, &mut sums, |a, b| u64::from(times[a]) * u64::from(times[b])),
        };
        count(words);
        if self.both_strands {
            count(&opposite);
        }
        let sum: f64 = sums.iter().zip(&self.shared).map(|(&pairs, shared)| pairs as f64 * shared).sum();
        if self.both_strands { 2.0 * sum } else { sum }
    }

    /// The word on the other strand.
    pub(super) fn opposite(&self, word: u32) -> u32 {
        let swapped = (!word).swap_bytes();
        let swapped = swapped >> 4 & 0x0f0f_0f0f | (swapped & 0x0f0f_0f0f) << 4;
        let swapped = swapped >> 2 & 0x3333_3333 | (swapped & 0x3333_3333) << 2;
        swapped >> (32 - 2 * self.length)
    }

    /// The sum of bags, each so many times, as a table of all words; of both strands all words of both.
    pub(super) fn sum<'a>(&self, bags: impl IntoIterator<Item = (&'a Bag, f64)>) -> Vec<f32> {
        let mut table = vec![0f32; self.n_words()];
        for (bag, times) in bags {
            let times = (times * bag.scale) as f32;
            for (at, &word) in bag.words.iter().enumerate() {
                let times = times * bag.times(at) as f32;
                table[word as usize] += times;
                if self.both_strands {
                    table[self.opposite(word) as usize] += times;
                }
            }
        }
        table
    }

    /// The product of a bag with a table of all words, of both strands one that is the same for a word and its opposite.
    pub(super) fn product(&self, bag: &Bag, table: &[f32]) -> f64 {
        let of_word = |(at, &word): (usize, &u32)| bag.times(at) * f64::from(table[word as usize]);
        let sum: f64 = bag.words.iter().enumerate().map(of_word).sum();
        sum * self.n_strands() * bag.scale
    }

    /// The normalised kernel of a bag with each of others, from one pass over the table of all words.
    pub fn kernel_with(&self, bag: &Bag, others: &[Bag]) -> Vec<f64> {
        let table = self.apply(self.sum([(bag, 1.0)]));
        others.par_iter().map(|other| self.product(other, &table)).collect()
    }

    /// How many words stand for one of the given strand.
    pub(super) fn n_strands(&self) -> f64 {
        if self.both_strands { 2.0 } else { 1.0 }
    }

    /// The kernel of all words times a table of them.
    pub(super) fn apply(&self, mut table: Vec<f32>) -> Vec<f32> {
        transform(&mut table);
        self.scale_and_back(table, u32::MAX, self.eigenvalues(0))
    }

    /// From the transform of a table: the kernel of words whose letter at `position` is the same, of which that letter has
    /// an equal part with the others that are alike. Over all positions these add up to the kernel.
    pub(super) fn apply_at(&self, transformed: &[f32], position: usize) -> Vec<f32> {
        let other_letters = !(1 << (2 * (self.length - 1 - position)));
        self.scale_and_back(transformed.to_vec(), other_letters, self.eigenvalues(1))
    }

    /// Eigenvalues of basis vectors by how many letters they tell apart, `fixed` letters being out of the game, with
    /// what two transforms are too large by.
    fn eigenvalues(&self, fixed: usize) -> Vec<f32> {
        let (free, n_words) = (self.length - fixed, self.n_words() as f64);
        let part = |differ: usize| if fixed == 0 { 1.0 } else { (self.length - differ) as f64 };
        let shared: Vec<f64> = (0..=free).map(|differ| self.shared[differ] / part(differ)).collect();
        let value = |j: usize| (0..=free).map(|d| shared[d] * differences(free, j, d)).sum::<f64>() / n_words;
        (0..=self.length).map(|j| if j > free { 0.0 } else { value(j) as f32 }).collect()
    }

    fn scale_and_back(&self, mut table: Vec<f32>, letters: u32, eigenvalues: Vec<f32>) -> Vec<f32> {
        table.par_iter_mut().with_min_len(ALONE).enumerate().for_each(|(at, value)| {
            let told_apart = told_apart(at as u32) & letters;
            *value *= eigenvalues[told_apart.count_ones() as usize];
        });
        transform(&mut table);
        table
    }
}

/// A bit for each letter that is not the first one.
fn told_apart(word: u32) -> u32 {
    (word | word >> 1) & 0x5555_5555
}

/// In how many letters two words differ.
fn differ(a: u32, b: u32) -> usize {
    told_apart(a ^ b).count_ones() as usize
}

/// Adds to `sums`, by their difference, what pairs of words and others count.
#[inline]
fn count(words: &[u32], others: &[u32], sums: &mut [u64], times: impl Fn(usize, usize) -> u64) {
    // a pair and its mirror image count the same, and so do the strands of a word
    for (at, &word) in words.iter().enumerate() {
        sums[differ(word, others[at])] += times(at, at);
        for (other, &second) in others.iter().enumerate().skip(at + 1) {
            sums[differ(word, second)] += 2 * times(at, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::learn::kmer::{Gmers, Unknown};

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(5), ..ProptestConfig::with_cases(60) })]

        #[test]
        fn the_kernel_is_what_counting_finds(
            sequences in prop::collection::vec("[ACGTacgtN]{0,30}", 2..6),
            length in 1usize..7,
            mismatches in 0usize..6,
            both: bool,
        ) {
            let kmers = GappedKmers::new(length, mismatches.min(length - 1), both).unwrap();
            let letters: Vec<&[u8]> = sequences.iter().map(|sequence| sequence.as_bytes()).collect();
            let gmers =
                Gmers::new(letters.iter().copied(), length, &Alphabet::dna(), Unknown::Skip, both).unwrap();
            let shared = gmers.shared(length - kmers.mismatches());
            for (i, a) in letters.iter().enumerate() {
                let Some(a) = kmers.bag(a) else {
                    prop_assert_eq!(shared.count(i, i), 0);
                    continue;
                };
                prop_assert!((a.scale.powi(-2) / shared.count(i, i) as f64 - 1.0).abs() < 1e-12);
                for (j, b) in letters.iter().enumerate() {
                    let found = kmers.bag(b).map(|b| kmers.kernel_with(&a, &[b])[0]);
                    let expected = found.map_or(0.0, |_| shared.normalised(i, j));
                    prop_assert!((found.unwrap_or(0.0) - expected).abs() < 3e-6, "{found:?} {expected}");
                }
            }
        }
    }

    #[test]
    fn words_have_opposites_and_unknown_letters_break_them() {
        let kmers = GappedKmers::new(3, 1, true).unwrap();
        let words = |letters: &[u8]| kmers.words(letters, &Alphabet::dna()).collect::<Vec<_>>();
        // AAC is 0 0 1; its opposite GTT is 2 3 3
        assert_eq!(words(b"nAACn"), [(1, 1)]);
        assert_eq!(kmers.opposite(1), 2 * 16 + 3 * 4 + 3);
        assert_eq!(words(b"AANCC"), []);
        assert_eq!(kmers.bag(b"ACNGT"), None);
        let bag = |letters| kmers.bag(letters).unwrap();
        assert!((kmers.kernel_with(&bag(b"ACCGTAA"), &[bag(b"TTACGGT")])[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn words_without_letters_that_count_are_refused() {
        assert_eq!(GappedKmers::new(13, 1, true), Err(GappedKmersError::Length(13)));
        assert_eq!(GappedKmers::new(0, 0, true), Err(GappedKmersError::Length(0)));
        let error = GappedKmers::new(6, 6, true).unwrap_err();
        assert_eq!(error, GappedKmersError::Mismatches { length: 6, mismatches: 6 });
    }
}
