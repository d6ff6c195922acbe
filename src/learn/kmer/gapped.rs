//! DNA as a bag of g-mers, and the kernel of two bags without a matrix of all pairs: the kernel of all 4ᵍ words is
//! diagonal in a basis of signs, so that its product with any vector costs two fast Hadamard transforms.

use rayon::prelude::*;

use super::Alphabet;

/// Longest g-mers: a table of all words holds 4ᵍ numbers.
pub const LONGEST: usize = 12;
/// Transforms of more numbers than these are shared between threads.
const ALONE: usize = 1 << 16;

/// Which gapped k-mers are counted: all choices of `length − mismatches` letters of `length` in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GappedKmers {
    /// g, letters of a word; 1 to [`LONGEST`].
    length: usize,
    /// g − k, letters that do not count; fewer than all.
    mismatches: usize,
    /// Whether a sequence also holds the words of its opposite strand.
    both_strands: bool,
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
    /// 1 / √ of its kernel with itself.
    scale: f64,
}

impl Bag {
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
            () => Ok(GappedKmers { length, mismatches, both_strands }),
        }
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

    /// How many gapped k-mers two words share that differ in so many letters.
    fn shared(&self, differ: usize) -> f64 {
        let k = self.length - self.mismatches;
        choose((self.length - differ) as i64, k as i64)
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

    /// The bag of a sequence; `None` where it has no word, because it is shorter than one or of unknown letters.
    pub fn bag(&self, letters: &[u8]) -> Option<Bag> {
        let words: Vec<u32> = self.words(letters, &Alphabet::dna()).map(|(_, word)| word).collect();
        let scale = self.self_kernel(&words).sqrt().recip();
        (!words.is_empty()).then_some(Bag { words, scale })
    }

    /// The kernel of a sequence with itself, from its words on the given strand.
    fn self_kernel(&self, words: &[u32]) -> f64 {
        let shared: Vec<f64> = (0..=self.length).map(|differ| self.shared(differ)).collect();
        let opposite: Vec<u32> = words.iter().map(|&word| self.opposite(word)).collect();
        let mut pairs = vec![0u64; self.length + 1];
        // a pair and its mirror image count the same, and so do the strands of a word
        let mut count = |others: &[u32]| {
            for (at, &word) in words.iter().enumerate() {
                pairs[differ(word, others[at])] += 1;
                others[at + 1..].iter().for_each(|&other| pairs[differ(word, other)] += 2);
            }
        };
        count(words);
        if self.both_strands {
            count(&opposite);
        }
        let sum: f64 = pairs.iter().zip(&shared).map(|(&pairs, shared)| pairs as f64 * shared).sum();
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
            for &word in &bag.words {
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
        let sum: f64 = bag.words.iter().map(|&word| f64::from(table[word as usize])).sum();
        sum * self.times() * bag.scale
    }

    /// The normalised kernel of a bag with each of others, from one pass over the table of all words.
    pub fn kernel_with(&self, bag: &Bag, others: &[Bag]) -> Vec<f64> {
        let table = self.apply(self.sum([(bag, 1.0)]));
        others.par_iter().map(|other| self.product(other, &table)).collect()
    }

    /// How many words stand for one of the given strand.
    pub(super) fn times(&self) -> f64 {
        if self.both_strands { 2.0 } else { 1.0 }
    }

    /// The kernel of all words times a table of them.
    pub(super) fn apply(&self, mut table: Vec<f32>) -> Vec<f32> {
        transform(&mut table);
        self.scale_and_back(table, u32::MAX, self.eigenvalues(0))
    }

    /// From the transform of a table: the kernel of words whose letter at `position` is the same, in which each shared
    /// gapped k-mer that holds it counts 1/k. Over all positions these add up to the kernel.
    pub(super) fn apply_at(&self, transformed: &[f32], position: usize) -> Vec<f32> {
        let other_letters = !(1 << (2 * (self.length - 1 - position)));
        self.scale_and_back(transformed.to_vec(), other_letters, self.eigenvalues(1))
    }

    /// Eigenvalues of basis vectors by how many letters they tell apart, `fixed` letters being out of the game, with
    /// what two transforms are too large by. A gapped k-mer adds to those that tell none but its own letters apart:
    /// of the kernel C(g − j, k − j) · 4ᵍ⁻ᵏ.
    fn eigenvalues(&self, fixed: usize) -> Vec<f32> {
        let (g, k) = (self.length, self.length - self.mismatches);
        let parts = if fixed == 0 { 1.0 } else { k as f64 };
        let factor = 0.25f64.powi(k as i32) / parts;
        let value = |j: usize| choose((g - fixed) as i64 - j as i64, (k - fixed) as i64 - j as i64) * factor;
        (0..=g).map(|j| value(j) as f32).collect()
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

/// n over k; 0 where there is no such choice.
fn choose(n: i64, k: i64) -> f64 {
    if k < 0 || k > n { 0.0 } else { (0..k).fold(1.0, |all, at| all * (n - at) as f64 / (at + 1) as f64) }
}

/// The Hadamard transform of 4ᵍ numbers in place, letter by letter; twice it multiplies by 4ᵍ.
pub(super) fn transform(x: &mut [f32]) {
    const BLOCK: usize = 64;
    if let Ok(block) = <&mut [f32; BLOCK]>::try_from(&mut *x) {
        [16, 4, 1].iter().for_each(|&step| block.chunks_exact_mut(4 * step).for_each(|part| letter(part, step)));
        return;
    }
    let step = x.len() / 4;
    if step == 0 {
        return;
    }
    letter(x, step);
    if step >= ALONE {
        x.par_chunks_exact_mut(step).for_each(transform);
    } else {
        x.chunks_exact_mut(step).for_each(transform);
    }
}

/// The transform along one letter, whose four values lie `step` apart.
#[inline(always)]
fn letter(x: &mut [f32], step: usize) {
    let (ac, gt) = x.split_at_mut(2 * step);
    let ((a, c), (g, t)) = (ac.split_at_mut(step), gt.split_at_mut(step));
    for (((a, c), g), t) in a.iter_mut().zip(c).zip(g).zip(t) {
        let [ac, a_c, gt, g_t] = [*a + *c, *a - *c, *g + *t, *g - *t];
        (*a, *c, *g, *t) = (ac + gt, a_c + g_t, ac - gt, a_c - g_t);
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
    fn a_transform_of_a_transform_is_the_table_times_its_length() {
        for length in [1, 2, 3, 5, 9] {
            let n = 1usize << (2 * length);
            let before: Vec<f32> = (0..n).map(|at| ((at * 37 % 101) as f32) - 50.0).collect();
            let mut x = before.clone();
            transform(&mut x);
            transform(&mut x);
            assert!(x.iter().zip(&before).all(|(x, before)| (x / n as f32 - before).abs() < 1e-4), "{length}");
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
