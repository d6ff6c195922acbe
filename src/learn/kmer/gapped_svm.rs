//! A support vector machine on gapped k-mers (gkm-SVM, Ghandi et al. 2014), trained exactly without the matrix of all
//! pairs: squared hinge loss, Newton's method in the primal (Chapelle 2007), conjugate gradients with the kernel as an
//! operator ([`GappedKmers`]).

use rayon::prelude::*;

use super::hadamard::transform;
use super::{Alphabet, Bag, GappedKmers};
use crate::learn::calibration::Platt;
use crate::learn::metrics::Ranking;

/// What errors cost beside the margin: the values that are tried.
pub const COSTS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];
/// Most rounds of Newton's method; it takes 4 to 8.
const ROUNDS: usize = 50;
/// Most steps of a round's conjugate gradients.
const STEPS: usize = 2000;
/// What is left of a round's equations at its end, relative to their right-hand side.
const TOLERANCE: f64 = 1e-3;

/// Bags of sequences, each with its class.
#[derive(Clone, Debug, Default)]
pub struct Bags {
    /// One a sequence.
    pub bags: Vec<Bag>,
    /// Whether it is a positive.
    pub positive: Vec<bool>,
}

/// Why there is no machine.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SvmError {
    /// Nothing to tell apart.
    #[error("all {0} training sequences have the same label: both are needed")]
    OneClass(usize),
}

/// A trained machine: a table of all words instead of support vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct GappedSvm {
    kmers: GappedKmers,
    /// What each word weighs in the training sequences' sum, [word].
    weights: Vec<f32>,
    bias: f64,
    /// The kernel times the weights: what each word adds to a score before it is divided by the sequence's norm.
    table: Vec<f32>,
}

impl GappedSvm {
    /// From its parts; `None` where there is not one weight a word.
    pub fn new(kmers: GappedKmers, weights: Vec<f32>, bias: f64) -> Option<Self> {
        (weights.len() == kmers.n_words()).then(|| {
            let table = kmers.apply(weights.clone());
            GappedSvm { kmers, weights, bias, table }
        })
    }

    /// Trains machines with each of [`COSTS`], each from where the last one ended, and keeps the one with the best AUROC on
    /// the validation sequences; of equal ones that of the smallest cost. Says the cost and the AUROC.
    ///
    /// # Errors
    /// If all training labels are equal.
    pub fn choose(kmers: GappedKmers, train: &Bags, valid: &Bags) -> Result<(Self, f64, f64), SvmError> {
        let mut fitting = Fitting::new(kmers, train)?;
        let mut best: Option<(Self, f64, f64)> = None;
        for cost in COSTS {
            fitting.solve(cost);
            let svm = fitting.machine();
            let scores: Vec<f64> = valid.bags.par_iter().map(|bag| kmers.product(bag, &svm.table)).collect();
            let auroc = Ranking::new(&valid.positive, &scores).auroc(|_| 1).unwrap_or(0.5);
            if best.as_ref().is_none_or(|(.., best)| auroc > *best) {
                best = Some((svm, cost, auroc));
            }
        }
        best.ok_or(SvmError::OneClass(train.bags.len()))
    }

    /// Trains with one cost of errors.
    ///
    /// # Errors
    /// If all labels are equal.
    pub fn fit(kmers: GappedKmers, train: &Bags, cost: f64) -> Result<Self, SvmError> {
        let mut fitting = Fitting::new(kmers, train)?;
        fitting.solve(cost);
        Ok(fitting.machine())
    }

    /// From support vectors, each with its weight; `None` where one has no word.
    pub fn of_support(kmers: GappedKmers, support: &[(f64, Vec<u8>)], bias: f64) -> Option<Self> {
        let bags: Option<Vec<Bag>> = support.par_iter().map(|(_, letters)| kmers.bag(letters)).collect();
        let weights = kmers.sum(bags?.iter().zip(support).map(|(bag, (weight, _))| (bag, *weight)));
        Self::new(kmers, weights, bias)
    }

    /// Which gapped k-mers it counts.
    pub fn kmers(&self) -> GappedKmers {
        self.kmers
    }

    /// What each word weighs, the words in the order of their letters.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The score of a sequence without words, which tells nothing.
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// Distance from the boundary, positive on the side of the positives; `None` of a sequence without words.
    pub fn score(&self, letters: &[u8]) -> Option<f64> {
        self.kmers.bag(letters).map(|bag| self.score_of(&bag))
    }

    /// [`Self::score`] of the bag of a sequence.
    pub(super) fn score_of(&self, bag: &Bag) -> f64 {
        self.kmers.product(bag, &self.table) + self.bias
    }

    /// With log-odds for a score, by a line from its distances.
    pub(super) fn scaled(mut self, line: Platt) -> Self {
        for numbers in [&mut self.weights, &mut self.table] {
            numbers.iter_mut().for_each(|number| *number = (f64::from(*number) * line.slope) as f32);
        }
        self.bias = line.slope * self.bias + line.offset;
        self
    }

    /// What each base of each sequence adds to its score: every shared gapped k-mer's weight goes to its letters in equal
    /// parts (GkmExplain, Shrikumar et al. 2019, mode 0). They add up to the score less [`Self::bias`]; `None` as
    /// [`Self::score`]. Takes one table a position of a word, whatever the number of sequences.
    pub fn contributions(&self, sequences: &[&[u8]]) -> Vec<Option<Vec<f64>>> {
        let (kmers, dna) = (self.kmers, Alphabet::dna());
        let bags: Vec<Option<Bag>> = sequences.par_iter().map(|letters| kmers.bag(letters)).collect();
        let mut parts: Vec<Vec<f64>> = sequences.iter().map(|letters| vec![0.0; letters.len()]).collect();
        let mut transformed = self.weights.clone();
        transform(&mut transformed);
        for position in 0..kmers.length() {
            let table = kmers.apply_at(&transformed, position);
            parts.par_iter_mut().zip(sequences).zip(&bags).for_each(|((parts, letters), bag)| {
                let Some(bag) = bag else { return };
                let scale = kmers.n_strands() * bag.scale();
                for (at, (place, word)) in kmers.words(letters, &dna).enumerate() {
                    parts[place + position] += scale * bag.times(at) * f64::from(table[word as usize]);
                }
            });
        }
        bags.into_iter().zip(parts).map(|(bag, parts)| bag.map(|_| parts)).collect()
    }
}

/// A machine in training.
struct Fitting<'a> {
    kmers: GappedKmers,
    bags: &'a [Bag],
    /// 1 of positives, −1 of the others.
    classes: Vec<f64>,
    /// Weight of each sequence.
    beta: Vec<f64>,
    /// The kernel times these.
    output: Vec<f64>,
    bias: f64,
}

impl<'a> Fitting<'a> {
    fn new(kmers: GappedKmers, train: &'a Bags) -> Result<Self, SvmError> {
        let n = train.bags.len();
        let positives = train.positive.iter().filter(|&&positive| positive).count();
        if positives == 0 || positives == n {
            return Err(SvmError::OneClass(n));
        }
        let classes = train.positive.iter().map(|&positive| if positive { 1.0 } else { -1.0 }).collect();
        Ok(Fitting { kmers, bags: &train.bags, classes, beta: vec![0.0; n], output: vec![0.0; n], bias: 0.0 })
    }

    /// The machine as it stands.
    fn machine(&self) -> GappedSvm {
        let weights = self.kmers.sum(self.bags.iter().zip(self.beta.iter().copied()));
        GappedSvm { kmers: self.kmers, table: self.kmers.apply(weights.clone()), weights, bias: self.bias }
    }

    /// The kernel between the sequences `rows` and `columns`, times a number for each column.
    fn multiply(&self, rows: &[usize], columns: &[usize], numbers: &[f64]) -> Vec<f64> {
        let sum = self.kmers.sum(columns.iter().map(|&at| &self.bags[at]).zip(numbers.iter().copied()));
        let table = self.kmers.apply(sum);
        rows.par_iter().with_min_len(64).map(|&at| self.kmers.product(&self.bags[at], &table)).collect()
    }

    /// Newton's method from where it stands: the sequences within the margin or on its wrong side are those that count;
    /// with them the loss is quadratic, and its minimum says which they are next.
    fn solve(&mut self, cost: f64) {
        let all: Vec<usize> = (0..self.bags.len()).collect();
        let mut active = self.active();
        for _ in 0..ROUNDS {
            let (own, bias) = self.minimum(&active, cost);
            let mut beta = vec![0.0; all.len()];
            active.iter().zip(&own).for_each(|(&at, &own)| beta[at] = own);
            let output = self.multiply(&all, &active, &own);
            let step = self.step_towards(&beta, &output, bias, cost);
            let before = std::mem::replace(&mut active, self.active());
            // the loss cannot fall any more where no step lowers it
            if step == 0.0 || (step == 1.0 && active == before) {
                break;
            }
        }
    }

    fn active(&self) -> Vec<usize> {
        let outputs = self.output.iter().zip(&self.classes).enumerate();
        outputs.filter(|(_, (output, class))| *class * (*output + self.bias) < 1.0).map(|(at, _)| at).collect()
    }

    /// ½ βᵀKβ + C Σ max(0, 1 − y f)².
    fn loss(&self, beta: &[f64], output: &[f64], bias: f64, cost: f64) -> f64 {
        let miss = |(output, class): (&f64, &f64)| (1.0 - class * (output + bias)).max(0.0).powi(2);
        0.5 * dot(beta, output) + cost * output.iter().zip(&self.classes).map(miss).sum::<f64>()
    }

    /// Goes to another place, or so far towards it that the loss falls; says how far.
    fn step_towards(&mut self, beta: &[f64], output: &[f64], bias: f64, cost: f64) -> f64 {
        let now = self.loss(&self.beta, &self.output, self.bias, cost);
        let mut step = 1.0;
        while step > 1e-6 {
            let between = |from: &[f64], to: &[f64]| -> Vec<f64> {
                from.iter().zip(to).map(|(from, to)| from + step * (to - from)).collect()
            };
            let (beta, output) = (between(&self.beta, beta), between(&self.output, output));
            let bias = self.bias + step * (bias - self.bias);
            if self.loss(&beta, &output, bias, cost) < now {
                (self.beta, self.output, self.bias) = (beta, output, bias);
                return step;
            }
            step /= 2.0;
        }
        0.0
    }

    /// The minimum of the loss where these sequences and no others count: (K + I / 2C) β + b = y with Σ β = 0, by
    /// conjugate gradients among the β of sum 0.
    fn minimum(&self, active: &[usize], cost: f64) -> (Vec<f64>, f64) {
        let ridge = 0.5 / cost;
        let multiply = |beta: &[f64]| -> Vec<f64> {
            let product = self.multiply(active, active, beta);
            product.iter().zip(beta).map(|(product, beta)| product + ridge * beta).collect()
        };
        let classes: Vec<f64> = active.iter().map(|&at| self.classes[at]).collect();
        let mut beta = centred(active.iter().map(|&at| self.beta[at]).collect());
        let mut product = multiply(&beta);
        let mut rest = centred(classes.iter().zip(&product).map(|(class, product)| class - product).collect());
        let mut direction = rest.clone();
        let mut left = dot(&rest, &rest);
        let enough = TOLERANCE.powi(2) * dot(&classes, &classes);
        for _ in 0..STEPS {
            if left <= enough {
                break;
            }
            let of_direction = multiply(&direction);
            let step = left / dot(&direction, &of_direction);
            add(&mut beta, step, &direction);
            add(&mut product, step, &of_direction);
            add(&mut rest, -step, &centred(of_direction));
            let before = std::mem::replace(&mut left, dot(&rest, &rest));
            direction = rest.iter().zip(&direction).map(|(rest, old)| rest + left / before * old).collect();
        }
        let bias = classes.iter().zip(&product).map(|(class, product)| class - product).sum::<f64>();
        (beta, bias / active.len().max(1) as f64)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, numbers: &[f64]) {
    to.iter_mut().zip(numbers).for_each(|(to, number)| *to += times * number);
}

/// Numbers less their mean.
fn centred(mut numbers: Vec<f64>) -> Vec<f64> {
    let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
    numbers.iter_mut().for_each(|number| *number -= mean);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sequences by a formula; positives hold a word in their middle.
    fn bags(kmers: GappedKmers, n: usize) -> (Vec<Vec<u8>>, Bags) {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            b"ACGT"[(state >> 62) as usize]
        };
        let mut sequences: Vec<Vec<u8>> = (0..n).map(|_| (0..40).map(|_| next()).collect()).collect();
        sequences.iter_mut().step_by(2).for_each(|sequence| sequence[15..22].copy_from_slice(b"CCACGTG"));
        let bags = sequences.iter().map(|sequence| kmers.bag(sequence).unwrap()).collect();
        (sequences, Bags { bags, positive: (0..n).map(|at| at % 2 == 0).collect() })
    }

    fn kmers(length: usize, both: bool) -> GappedKmers {
        GappedKmers::new(length, 2, both).unwrap()
    }

    #[test]
    fn nothing_is_better_than_the_solution() {
        let kmers = kmers(6, true);
        let (_, bags) = bags(kmers, 60);
        for cost in [0.1, 1.0, 10.0] {
            let mut fitting = Fitting::new(kmers, &bags).unwrap();
            fitting.solve(cost);
            // where the loss is flat, a sequence weighs what its miss costs
            let misses = fitting
                .output
                .iter()
                .zip(&fitting.classes)
                .map(|(output, class)| 2.0 * cost * class * (1.0 - class * (output + fitting.bias)).max(0.0));
            let largest = fitting.beta.iter().fold(0f64, |largest, beta| largest.max(beta.abs()));
            for (beta, miss) in fitting.beta.iter().zip(misses) {
                assert!((beta - miss).abs() < 0.02 * largest, "{cost}: {beta} {miss}");
            }
            assert!(fitting.beta.iter().sum::<f64>().abs() < 1e-9 * largest);
        }
    }

    #[test]
    fn planted_words_are_told_apart_and_found_at_their_bases() {
        let kmers = kmers(7, true);
        let (_, train) = bags(kmers, 200);
        let svm = GappedSvm::fit(kmers, &train, 1.0).unwrap();
        let mut sequence = b"TACATTTGCTTCTGGATTTCCACGTGATTTGACGCAGATTAT".to_vec();
        let parts = svm.contributions(&[&sequence]).remove(0).unwrap();
        let mean = |range: std::ops::Range<usize>| parts[range.clone()].iter().sum::<f64>() / range.len() as f64;
        assert!(mean(19..26) > 5.0 * mean(0..19).max(mean(26..42)).max(0.0), "{parts:?}");
        let with = svm.score(&sequence).unwrap();
        sequence[19..26].copy_from_slice(b"ATGATTC");
        assert!(with > svm.score(&sequence).unwrap() + 0.5);
        assert_eq!(svm.score(b"ACGTNACG"), None);
        assert_eq!(svm.contributions(&[b"ACGTNACG"]), [None]);
    }

    #[test]
    fn contributions_are_those_of_every_pair_of_words() {
        for both in [false, true] {
            let kmers = kmers(4, both);
            let (sequences, train) = bags(kmers, 20);
            let svm = GappedSvm::fit(kmers, &train, 1.0).unwrap();
            let letter = |word: usize, at: usize| word >> (2 * (3 - at)) & 3;
            // h(d) / (g − d) of a pair to each letter that is alike, h(d) = C(4 − d, 2)
            let share = |differ: usize| [6.0 / 4.0, 3.0 / 3.0, 1.0 / 2.0, 0.0, 0.0][differ];
            for (sequence, bag) in sequences.iter().zip(&train.bags) {
                let codes: Vec<usize> =
                    sequence.iter().map(|&base| b"ACGT".iter().position(|&b| b == base).unwrap()).collect();
                let mut expected = vec![0.0; codes.len()];
                let strands = if both { 2 } else { 1 };
                for strand in 0..strands {
                    for place in 0..=codes.len() - 4 {
                        // which base each letter of the word lies on
                        let base = |at: usize| if strand == 0 { place + at } else { place + 3 - at };
                        let own = |at: usize| if strand == 0 { codes[base(at)] } else { 3 - codes[base(at)] };
                        for (word, &weight) in svm.weights().iter().enumerate() {
                            let alike: Vec<usize> = (0..4).filter(|&at| own(at) == letter(word, at)).collect();
                            let part = f64::from(weight) * share(4 - alike.len()) * bag.scale();
                            alike.iter().for_each(|&at| expected[base(at)] += part);
                        }
                    }
                }
                let found = svm.contributions(&[sequence]).remove(0).unwrap();
                let score = svm.score(sequence).unwrap();
                assert!((found.iter().sum::<f64>() + svm.bias() - score).abs() < 1e-6);
                assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn threads_change_no_bit_and_a_table_makes_the_same_machine() {
        let kmers = kmers(9, true);
        let (_, train) = bags(kmers, 60);
        let in_pool = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| GappedSvm::fit(kmers, &train, 1.0).unwrap())
        };
        let svm = in_pool(1);
        assert_eq!(svm, in_pool(3));
        assert_eq!(GappedSvm::new(kmers, svm.weights().to_vec(), svm.bias()), Some(svm));
        assert_eq!(GappedSvm::new(kmers, vec![0.0; 5], 0.0), None);
    }

    #[test]
    fn one_class_is_refused() {
        let kmers = kmers(6, false);
        let (_, mut train) = bags(kmers, 10);
        train.positive.fill(true);
        assert_eq!(GappedSvm::fit(kmers, &train, 1.0).unwrap_err(), SvmError::OneClass(10));
    }
}
