//! How many gapped k-mers any two sequences share: for each choice of k of g positions, the g-mers that are alike
//! there stand in one bucket, and each adds its bucket to its sequence's row.
//!
//! This is the largest level of GaKCo's cumulative profile, which is the kernel itself: smaller levels are not needed.

use std::ops::AddAssign;

use rayon::prelude::*;

use super::{Alphabet, Unknown};

/// Words up to this number are sorted by counting.
const COUNTED_WORDS: u64 = 1 << 20;
/// Rows that a thread takes at a time at least: short ones take no time.
const ROWS_A_TASK: usize = 16;
/// Sequences that buckets name in two bytes.
const MOST_SEQUENCES: usize = 1 << 16;

/// The g-mers of sequences.
#[derive(Clone, Debug)]
pub struct Gmers {
    g: usize,
    /// Numbers of the letters of all sequences, strand by strand.
    letters: Vec<u8>,
    n_letters: u64,
    /// First letter of each g-mer, sequence by sequence; of both strands the given one first.
    starts: Vec<u32>,
    /// First g-mer of each sequence, and the end.
    of_sequence: Vec<usize>,
    has_both_strands: bool,
}

/// Why sequences cannot be counted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CountsError {
    /// More than a matrix holds.
    #[error("{0} sequences are too many for a matrix of all pairs: at most {MOST_SEQUENCES}")]
    TooManySequences(usize),
    /// More than are numbered.
    #[error("the sequences have more than 4,294,967,295 letters on all strands together")]
    TooManyLetters,
}

/// The numbers of shared gapped k-mers, lower triangle row by row, the diagonal with them.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedKmers {
    rows: Counts,
    /// 1 / √ of what each sequence shares with itself.
    norms: Vec<f64>,
    /// Counts of the given strand alone stand for so many.
    times: u64,
}

/// In four bytes where no count can be larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Counts below 2³².
    Narrow(Vec<Vec<u32>>),
    /// Any.
    Wide(Vec<Vec<u64>>),
}

impl Gmers {
    /// All g-mers of sequences, as their letters are written; with `both_strands` also those of the opposite strand.
    ///
    /// # Errors
    /// Too many sequences or letters.
    pub fn new<'a>(
        sequences: impl IntoIterator<Item = &'a [u8]>,
        g: usize,
        alphabet: &Alphabet,
        unknown: Unknown,
        both_strands: bool,
    ) -> Result<Self, CountsError> {
        let other = alphabet.n_letters();
        let mut gmers = Gmers {
            g,
            letters: Vec::new(),
            n_letters: u64::from(other) + u64::from(unknown == Unknown::Letter),
            starts: Vec::new(),
            of_sequence: vec![0],
            has_both_strands: both_strands,
        };
        for sequence in sequences {
            let codes: Vec<u8> = sequence.iter().map(|&letter| alphabet.code(letter).unwrap_or(other)).collect();
            if both_strands {
                let opposite = codes.iter().rev().map(|&code| alphabet.complement(code)).collect();
                gmers.add(codes)?;
                gmers.add(opposite)?;
            } else {
                gmers.add(codes)?;
            }
            gmers.of_sequence.push(gmers.starts.len());
        }
        match gmers.n_sequences() {
            n if n > MOST_SEQUENCES => Err(CountsError::TooManySequences(n)),
            _ => Ok(gmers),
        }
    }

    /// Adds a strand.
    fn add(&mut self, codes: Vec<u8>) -> Result<(), CountsError> {
        let first = self.letters.len();
        u32::try_from(first + codes.len()).map_err(|_| CountsError::TooManyLetters)?;
        let is_known = |&code: &u8| u64::from(code) < self.n_letters;
        // where the g-mers without an unknown letter begin
        let mut known = 0;
        for (at, code) in codes.iter().enumerate() {
            known = if is_known(code) { known + 1 } else { 0 };
            if known >= self.g {
                self.starts.push((first + at + 1 - self.g) as u32);
            }
        }
        self.letters.extend(codes);
        Ok(())
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.of_sequence.len() - 1
    }

    /// Number of g-mers of a sequence, on all its strands.
    pub fn of(&self, sequence: usize) -> usize {
        self.of_sequence[sequence + 1] - self.of_sequence[sequence]
    }

    /// The numbers of gapped k-mers that any two sequences share, `k` of the g letters counting.
    pub fn shared(&self, k: usize) -> SharedKmers {
        let choices = choices(self.g, k);
        let longest = (0..self.n_sequences()).map(|sequence| self.of(sequence)).max().unwrap_or(0) as u128;
        // no pair of g-mers counts more often than there are choices
        let is_narrow = longest * longest * choices.len() as u128 <= u128::from(u32::MAX);
        let rows = if is_narrow { Counts::Narrow(self.rows(&choices)) } else { Counts::Wide(self.rows(&choices)) };
        // a g-mer is to one strand as its opposite is to the other
        let mut shared = SharedKmers { rows, norms: Vec::new(), times: if self.has_both_strands { 2 } else { 1 } };
        shared.norms = (0..self.n_sequences()).map(|own| (shared.count(own, own) as f64).sqrt().recip()).collect();
        shared
    }

    fn rows<T: Copy + AddAssign + From<u8> + Send>(&self, choices: &[Vec<usize>]) -> Vec<Vec<T>> {
        let mut rows: Vec<Vec<T>> = (0..self.n_sequences()).map(|row| vec![T::from(0); row + 1]).collect();
        let sequence = self.sequences();
        for kept in choices {
            let buckets = Buckets::new(self, &sequence, kept);
            rows.par_iter_mut().enumerate().with_min_len(ROWS_A_TASK).for_each(|(row, counts)| {
                let gmers = self.of_sequence[row]..self.of_sequence[row + 1];
                let strands = if self.has_both_strands { 2 } else { 1 };
                for gmer in gmers.start..gmers.start + gmers.len() / strands {
                    let (first, end) = buckets.upto[gmer];
                    for &other in &buckets.sequences[first as usize..end as usize] {
                        counts[usize::from(other)] += T::from(1);
                    }
                }
            });
        }
        rows
    }

    /// The sequence of each g-mer.
    fn sequences(&self) -> Vec<u16> {
        let of = |sequence| std::iter::repeat_n(sequence as u16, self.of(sequence));
        (0..self.n_sequences()).flat_map(of).collect()
    }
}

/// The g-mers for one choice of positions: those that are alike there stand together.
struct Buckets {
    /// Sequence of each g-mer, bucket by bucket, ascending in each.
    sequences: Vec<u16>,
    /// For each g-mer in its own order: where its bucket begins, and where its own sequence ends in it.
    upto: Vec<(u32, u32)>,
}

impl Buckets {
    fn new(gmers: &Gmers, sequence: &[u16], kept: &[usize]) -> Self {
        let word = |&start: &u32| {
            let letter = |at: &usize| u64::from(gmers.letters[start as usize + at]);
            kept.iter().fold(0, |word: u64, at| word.wrapping_mul(gmers.n_letters).wrapping_add(letter(at)))
        };
        let n_words = gmers.n_letters.checked_pow(kept.len() as u32);
        let order = match n_words {
            Some(n) => by_word(&gmers.starts.iter().map(word).collect::<Vec<_>>(), n),
            // words that no number tells apart, by their letters
            None => {
                let letters =
                    |gmer: u32| kept.iter().map(move |at| gmers.letters[gmers.starts[gmer as usize] as usize + at]);
                let mut order: Vec<u32> = (0..gmers.starts.len() as u32).collect();
                order.sort_by(|&a, &b| letters(a).cmp(letters(b)));
                order
            }
        };
        let is_alike = |a: &u32, b: &u32| {
            let [a, b] = [a, b].map(|&gmer| gmers.starts[gmer as usize] as usize);
            kept.iter().all(|at| gmers.letters[a + at] == gmers.letters[b + at])
        };
        let (mut upto, mut first) = (vec![(0, 0); sequence.len()], 0);
        for bucket in order.chunk_by(is_alike) {
            let mut end = first;
            for own in bucket.chunk_by(|&a, &b| sequence[a as usize] == sequence[b as usize]) {
                end += own.len() as u32;
                own.iter().for_each(|&gmer| upto[gmer as usize] = (first, end));
            }
            first = end;
        }
        Buckets { sequences: order.iter().map(|&gmer| sequence[gmer as usize]).collect(), upto }
    }
}

/// The order of words below `n_words`; equal ones stay in order.
fn by_word(words: &[u64], n_words: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..words.len() as u32).collect();
    if n_words > COUNTED_WORDS {
        order.sort_by_key(|&at| words[at as usize]);
        return order;
    }
    let mut ends = vec![0u32; n_words as usize + 1];
    words.iter().for_each(|&word| ends[word as usize + 1] += 1);
    (1..ends.len()).for_each(|at| ends[at] += ends[at - 1]);
    for (at, &word) in words.iter().enumerate() {
        order[ends[word as usize] as usize] = at as u32;
        ends[word as usize] += 1;
    }
    order
}

impl SharedKmers {
    /// Shared gapped k-mers of two sequences, over ordered pairs of g-mers.
    pub fn count(&self, a: usize, b: usize) -> u64 {
        let (row, column) = (a.max(b), a.min(b));
        self.times
            * match &self.rows {
                Counts::Narrow(rows) => u64::from(rows[row][column]),
                Counts::Wide(rows) => rows[row][column],
            }
    }

    /// The same, divided by the geometric mean of what each shares with itself: 1 for a sequence and itself, but for
    /// rounding. NaN for a sequence without a g-mer.
    pub fn normalised(&self, a: usize, b: usize) -> f64 {
        self.count(a, b) as f64 * (self.norms[a] * self.norms[b])
    }
}

/// All choices of `k` of `g` positions.
fn choices(g: usize, k: usize) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut chosen: Vec<usize> = (0..k).collect();
    loop {
        all.push(chosen.clone());
        let Some(at) = (0..k).rev().find(|&at| chosen[at] < g - k + at) else { return all };
        chosen[at] += 1;
        (at + 1..k).for_each(|next| chosen[next] = chosen[next - 1] + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// C(n, k).
    fn binomial(n: usize, k: usize) -> u64 {
        (0..k as u64).fold(1, |product, at| product * (n as u64 - at) / (at + 1))
    }

    /// By the definition: all pairs of g-mers.
    fn brute_force(a: &[u8], b: &[u8], (g, k): (usize, usize), is_known: impl Fn(u8) -> bool) -> u64 {
        let gmers = |s: &[u8]| -> Vec<Vec<u8>> {
            s.windows(g).filter(|gmer| gmer.iter().all(|&letter| is_known(letter))).map(<[u8]>::to_vec).collect()
        };
        let (left, right) = (gmers(a), gmers(b));
        let pairs = left.iter().flat_map(|u| right.iter().map(move |v| (u, v)));
        let alike = pairs.map(|(u, v)| u.iter().zip(v).filter(|(x, y)| x == y).count());
        alike.filter(|&alike| alike >= k).map(|alike| binomial(alike, k)).sum()
    }

    fn reverse_complement(sequence: &[u8]) -> Vec<u8> {
        let opposite = |letter: &u8| match letter {
            b'A' => b'T',
            b'C' => b'G',
            b'G' => b'C',
            b'T' => b'A',
            other => *other,
        };
        sequence.iter().rev().map(opposite).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(3), ..ProptestConfig::with_cases(60) })]

        #[test]
        fn counts_are_those_of_the_definition(
            dna in prop::collection::vec("[ACGTN]{0,25}", 1..6),
            protein in prop::collection::vec("[ACDEFGHIKLMNPQRSTVWYX]{0,25}", 1..6),
            text in prop::collection::vec("[a-f ]{0,25}", 1..6),
            g in 2usize..8,
            gaps in 0usize..3,
            as_letter: bool,
            both: bool,
        ) {
            let k = g - gaps.min(g - 1);
            let unknown = if as_letter { Unknown::Letter } else { Unknown::Skip };
            let letters = Alphabet::new(b"abcdef ").unwrap();
            for (sequences, alphabet) in [(dna, Alphabet::dna()), (protein, Alphabet::protein()), (text, letters)] {
                let both = both && alphabet.has_strands();
                let sequences: Vec<&[u8]> = sequences.iter().map(|s| s.as_bytes()).collect();
                let shared = Gmers::new(sequences.iter().copied(), g, &alphabet, unknown, both).unwrap().shared(k);
                let is_known = |letter| as_letter || alphabet.code(letter).is_some();
                for (i, a) in sequences.iter().enumerate() {
                    for (j, b) in sequences.iter().enumerate() {
                        let count = |a: &[u8], b: &[u8]| brute_force(a, b, (g, k), is_known);
                        let expected = if both {
                            let (c, d) = (reverse_complement(a), reverse_complement(b));
                            count(a, b) + count(a, &d) + count(&c, b) + count(&c, &d)
                        } else {
                            count(a, b)
                        };
                        prop_assert_eq!(shared.count(i, j), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn counts_that_four_bytes_do_not_hold_are_wide() {
        let sequence = vec![b'A'; 3000];
        let gmers = Gmers::new([&sequence[..], &sequence], 12, &Alphabet::dna(), Unknown::Skip, false).unwrap();
        let shared = gmers.shared(6);
        assert!(matches!(shared.rows, Counts::Wide(_)));
        assert_eq!(shared.count(0, 1), 2989 * 2989 * binomial(12, 6));
        assert!((shared.normalised(1, 0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn words_that_no_number_tells_apart_are_told_by_their_letters() {
        let letters: Vec<u8> = (b' '..=b'~').filter(|letter| !letter.is_ascii_lowercase()).collect();
        let text = b"THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG. THE QUICK BROWN FOX!";
        let alphabet = Alphabet::new(&letters).unwrap();
        let gmers = Gmers::new([&text[..]], 16, &alphabet, Unknown::Skip, false).unwrap();
        assert_eq!(gmers.shared(15).count(0, 0), brute_force(text, text, (16, 15), |_| true));
    }

    #[test]
    fn every_choice_is_there_once() {
        assert_eq!(choices(4, 2), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(choices(3, 3), [[0, 1, 2]]);
        assert_eq!(choices(10, 6).len(), 210);
    }
}
