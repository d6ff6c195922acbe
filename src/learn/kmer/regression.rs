//! Logistic or ridge regression of the shares of words in a sequence: what a gapped k-mer machine has to beat. Words of one
//! letter are the GC content, words of two the dinucleotides.

use rayon::prelude::*;

use super::{Alphabet, GappedKmers, SvmError};
use crate::learn::Task;

/// Inverse strengths of the penalty that are tried, as scikit-learn's `C`, of shares whose mean variance is 1.
const STRENGTHS: [f64; 10] = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0, 10.0];
/// Most rounds of Newton's method.
const ROUNDS: usize = 30;
/// Most steps of a round's conjugate gradients.
const STEPS: usize = 200;
/// Where a round and its gradients end, relative to what they began with.
const TOLERANCE: f64 = 1e-4;

/// Sequences with their labels.
#[derive(Clone, Debug, Default)]
pub struct LabelledSequences {
    /// Letters.
    pub sequences: Vec<Vec<u8>>,
    /// One a sequence: 0 or 1, or a number.
    pub labels: Vec<f64>,
}

/// A weight for each word.
#[derive(Clone, Debug, PartialEq)]
pub struct KmerRegression {
    words: GappedKmers,
    /// What the share of each word is multiplied by, the words in the order of their letters.
    weights: Vec<f64>,
    bias: f64,
}

/// Numbers of the features: one for each word, or for each word and its opposite where both strands count.
struct Features {
    of_word: Vec<usize>,
    n: usize,
}

impl Features {
    fn new(words: &GappedKmers) -> Self {
        let mut features = Features { of_word: vec![0; words.n_words()], n: 0 };
        for word in 0..words.n_words() {
            let opposite = if words.has_both_strands() { words.opposite(word as u32) as usize } else { word };
            features.of_word[word] = if opposite < word {
                features.of_word[opposite]
            } else {
                features.n += 1;
                features.n - 1
            };
        }
        features
    }

    /// The features of a sequence's words and their shares, each feature once; `None` where it has no word.
    fn of(&self, words: &GappedKmers, letters: &[u8], dna: &Alphabet) -> Option<Shares> {
        let mut found: Vec<u32> =
            words.words(letters, dna).map(|(_, word)| self.of_word[word as usize] as u32).collect();
        found.sort_unstable();
        let all = found.len() as f64;
        let shares = found.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64 / all));
        (!found.is_empty()).then(|| shares.collect())
    }
}

/// The features that a sequence has, with their shares.
type Shares = Vec<(u32, f64)>;

/// Sequences as a sparse table of shares, and their labels.
struct SparseTable {
    rows: Vec<Shares>,
    labels: Vec<f64>,
}

impl SparseTable {
    fn new(words: &GappedKmers, features: &Features, set: &LabelledSequences) -> Self {
        let dna = Alphabet::dna();
        let rows = set.sequences.par_iter().map(|letters| features.of(words, letters, &dna));
        let rows: Vec<Option<Shares>> = rows.collect();
        let known = rows.into_iter().zip(&set.labels).filter_map(|(row, &label)| Some((row?, label)));
        let (rows, labels) = known.unzip();
        SparseTable { rows, labels }
    }

    /// What every share is multiplied by: 1 / the root of the features' mean variance. One for all, since a rare word that
    /// is made as large as others is learnt by heart.
    fn scales(&self, n: usize) -> Vec<f64> {
        let (mut sums, mut squares) = (vec![0.0; n], 0.0);
        for &(feature, share) in self.rows.iter().flatten() {
            sums[feature as usize] += share;
            squares += share * share;
        }
        let rows = self.rows.len().max(1) as f64;
        let variance = squares / rows - sums.iter().map(|sum| (sum / rows).powi(2)).sum::<f64>();
        vec![(variance / n as f64).max(1e-18).sqrt().recip(); n]
    }

    /// What weights, the bias last, make of each row.
    fn outputs(&self, weights: &[f64]) -> Vec<f64> {
        let (bias, of_features) = weights.split_last().unwrap_or((&0.0, &[]));
        let sum = |row: &Shares| row.iter().map(|&(feature, share)| share * of_features[feature as usize]).sum::<f64>();
        self.rows.par_iter().with_min_len(256).map(|row| sum(row) + bias).collect()
    }

    /// The sum over the rows of a number for each times its shares, and of the numbers.
    fn back(&self, numbers: &[f64], n: usize) -> Vec<f64> {
        let mut sums = vec![0.0; n + 1];
        for (row, number) in self.rows.iter().zip(numbers) {
            row.iter().for_each(|&(feature, share)| sums[feature as usize] += share * number);
            sums[n] += number;
        }
        sums
    }
}

/// Weights of scaled features, the bias last, that have the smallest loss on a table, with the penalty ‖w‖² / (2 c)
/// on all but the bias; from where they stand. Newton's method, each round by conjugate gradients.
fn minimise(task: Task, table: &SparseTable, scales: &[f64], c: f64, weights: &mut [f64]) {
    let n = scales.len();
    let unscaled = |weights: &[f64]| -> Vec<f64> {
        weights.iter().zip(scales.iter().chain([&1.0])).map(|(weight, scale)| weight * scale).collect()
    };
    let penalty = |at: usize| if at < n { 1.0 / c } else { 0.0 };
    let loss = |weights: &[f64]| {
        let outputs = table.outputs(&unscaled(weights));
        let losses = outputs.iter().zip(&table.labels).map(|(&output, &label)| own_loss(task, output, label));
        losses.sum::<f64>() + 0.5 * weights[..n].iter().map(|weight| weight * weight / c).sum::<f64>()
    };
    let (mut before, mut first) = (loss(weights), None);
    for _ in 0..ROUNDS {
        let outputs = table.outputs(&unscaled(weights));
        let slopes = outputs.iter().zip(&table.labels).map(|(&output, &label)| slope(task, output, label));
        let (slopes, curvatures): (Vec<f64>, Vec<f64>) = slopes.unzip();
        let gradient: Vec<f64> = unscaled(&table.back(&slopes, n))
            .iter()
            .zip(&*weights)
            .enumerate()
            .map(|(at, (slope, weight))| slope + penalty(at) * weight)
            .collect();
        let size = dot(&gradient, &gradient);
        if size <= TOLERANCE.powi(2) * *first.get_or_insert(size) {
            return;
        }
        let multiply = |direction: &[f64]| -> Vec<f64> {
            let along = table.outputs(&unscaled(direction));
            let weighted: Vec<f64> =
                along.iter().zip(&curvatures).map(|(along, curvature)| along * curvature).collect();
            let back = unscaled(&table.back(&weighted, n));
            back.iter().zip(direction).enumerate().map(|(at, (back, own))| back + (penalty(at) + 1e-12) * own).collect()
        };
        let step = solve(multiply, &gradient);
        let (mut share, mut after) = (1.0, f64::INFINITY);
        let mut new = weights.to_vec();
        while share > 1e-6 {
            new = weights.iter().zip(&step).map(|(weight, step)| weight - share * step).collect();
            after = loss(&new);
            if after < before {
                break;
            }
            share /= 2.0;
        }
        if after >= before {
            return;
        }
        weights.copy_from_slice(&new);
        before = after;
    }
}

/// Conjugate gradients for `multiply`(x) = right.
fn solve(multiply: impl Fn(&[f64]) -> Vec<f64>, right: &[f64]) -> Vec<f64> {
    let (mut x, mut rest) = (vec![0.0; right.len()], right.to_vec());
    let mut direction = rest.clone();
    let (mut left, enough) = (dot(&rest, &rest), TOLERANCE.powi(2) * dot(right, right));
    for _ in 0..STEPS {
        if left <= enough {
            break;
        }
        let along = multiply(&direction);
        let step = left / dot(&direction, &along);
        for (((x, rest), direction), along) in x.iter_mut().zip(&mut rest).zip(&direction).zip(&along) {
            *x += step * direction;
            *rest -= step * along;
        }
        let new = dot(&rest, &rest);
        direction.iter_mut().zip(&rest).for_each(|(direction, rest)| *direction = rest + new / left * *direction);
        left = new;
    }
    x
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The loss of one output: cross-entropy of log-odds, or half the squared error.
fn own_loss(task: Task, output: f64, label: f64) -> f64 {
    match task {
        Task::Classification => output.max(0.0) + (-output.abs()).exp().ln_1p() - label * output,
        Task::Regression => 0.5 * (output - label).powi(2),
    }
}

/// Its first and second derivative.
fn slope(task: Task, output: f64, label: f64) -> (f64, f64) {
    match task {
        Task::Classification => {
            let share = 1.0 / (1.0 + (-output).exp());
            (share - label, share * (1.0 - share))
        }
        Task::Regression => (output - label, 1.0),
    }
}

impl KmerRegression {
    /// From its parts; `None` where there is not one weight a word.
    pub fn new(words: GappedKmers, weights: Vec<f64>, bias: f64) -> Option<Self> {
        (weights.len() == words.n_words()).then_some(KmerRegression { words, weights, bias })
    }

    /// Fits with the penalty that has the smallest loss on the validation sequences; sequences
    /// without a word are left out. Also gives the inverse strength of the penalty, as scikit-learn's `C`, and the validation metric.
    ///
    /// # Errors
    /// If all labels of either set are equal.
    pub fn choose(
        words: GappedKmers,
        task: Task,
        train: &LabelledSequences,
        valid: &LabelledSequences,
    ) -> Result<(Self, f64, f64), SvmError> {
        let features = Features::new(&words);
        let [train, valid] = [train, valid].map(|set| SparseTable::new(&words, &features, set));
        for set in [&train, &valid] {
            if set.labels.iter().all(|label| *label == set.labels[0]) {
                return Err(SvmError::OneClass(set.labels.len()));
            }
        }
        let scales = train.scales(features.n);
        let mut weights = vec![0.0; features.n + 1];
        let mut best: Option<(f64, f64, Vec<f64>)> = None;
        // the strongest penalty first: each fit begins where the last one ended
        for c in STRENGTHS {
            minimise(task, &train, &scales, c, &mut weights);
            let own: Vec<f64> =
                weights.iter().zip(scales.iter().chain([&1.0])).map(|(weight, scale)| weight * scale).collect();
            let outputs = valid.outputs(&own);
            let loss = outputs.iter().zip(&valid.labels).map(|(&output, &label)| own_loss(task, output, label)).sum();
            if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                best = Some((loss, c, own));
            }
        }
        let Some((_, c, own)) = best else { return Err(SvmError::OneClass(train.labels.len())) };
        let [labels, outputs] = [&valid.labels, &valid.outputs(&own)]
            .map(|numbers| numbers.iter().map(|&number| number as f32).collect::<Vec<f32>>());
        let metric = task.metric_of(&labels, &outputs).unwrap_or(f64::NAN);
        let weights = features.of_word.iter().map(|&feature| own[feature]).collect();
        Ok((KmerRegression { words, weights, bias: own[features.n] }, c, metric))
    }

    /// Log-odds of label 1, or the predicted label; `None` of a sequence without a word.
    pub fn output(&self, letters: &[u8]) -> Option<f64> {
        let dna = Alphabet::dna();
        let weights = self.words.words(letters, &dna).map(|(_, word)| self.weights[word as usize]);
        let (sum, count) = weights.fold((0.0, 0u32), |(sum, count), weight| (sum + weight, count + 1));
        (count > 0).then(|| sum / f64::from(count) + self.bias)
    }

    /// What each base adds to the output: a word's weight goes to its letters in equal parts. They add up to the output less
    /// [`Self::bias`]; `None` as [`Self::output`].
    pub fn contributions(&self, letters: &[u8]) -> Option<Vec<f64>> {
        let words: Vec<(usize, u32)> = self.words.words(letters, &Alphabet::dna()).collect();
        let length = self.words.length();
        let mut parts = vec![0.0; letters.len()];
        for &(place, word) in &words {
            let part = self.weights[word as usize] / (words.len() * length) as f64;
            parts[place..place + length].iter_mut().for_each(|of_base| *of_base += part);
        }
        (!words.is_empty()).then_some(parts)
    }

    /// One weight a word.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Added to the sum.
    pub fn bias(&self) -> f64 {
        self.bias
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_opposites_are_one_feature() {
        let features = |length, both| Features::new(&GappedKmers::new(length, 0, both).unwrap()).n;
        assert_eq!([features(1, true), features(2, true), features(6, true)], [2, 10, 2080]);
        assert_eq!([features(1, false), features(2, false)], [4, 16]);
    }

    #[test]
    fn fits_are_those_of_the_library() {
        use crate::learn::baseline::{Linear, Scaling, Table};
        let words = GappedKmers::new(3, 0, true).unwrap();
        let features = Features::new(&words);
        let letters = |at: usize| (0..60).map(|base| b"ACGT"[(at * 31 + base * base * (at + 7)) % 101 % 4]).collect();
        let set = LabelledSequences {
            sequences: (0..80).map(letters).collect(),
            labels: (0..80).map(|at| f64::from(u8::from(at % 7 < 3))).collect(),
        };
        let sparse = SparseTable::new(&words, &features, &set);
        let mut table = Table::new(features.n);
        for row in &sparse.rows {
            let mut dense = vec![0.0; features.n];
            row.iter().for_each(|&(feature, share)| dense[feature as usize] = share);
            table.push(&dense);
        }
        let scales = sparse.scales(features.n);
        let scaling = Scaling { scale: scales.clone(), ..Scaling::of(&table) };
        for (task, c) in [(Task::Classification, 0.01), (Task::Classification, 1.0), (Task::Regression, 0.1)] {
            let mut own = vec![0.0; features.n + 1];
            minimise(task, &sparse, &scales, c, &mut own);
            let own: Vec<f64> =
                own.iter().zip(scales.iter().chain([&1.0])).map(|(weight, scale)| weight * scale).collect();
            let library = match task {
                Task::Classification => Linear::logistic(&table, &scaling, &set.labels, c).unwrap(),
                Task::Regression => Linear::ridge(&table, &scaling, &set.labels, c).unwrap(),
            };
            for (own, row) in sparse.outputs(&own).iter().zip(table.rows()) {
                assert!((own - library.predict(row)).abs() < 2e-3, "{task:?} {c}: {own} {}", library.predict(row));
            }
        }
    }

    #[test]
    fn gc_content_is_learnt_and_shared_out() {
        let words = GappedKmers::new(1, 0, true).unwrap();
        let sequence = |at: usize, gc: usize| {
            (0..40).map(|base| b"GCAT"[usize::from((base * 7 + at) % 40 >= gc) * 2 + base % 2]).collect()
        };
        let set = |first: usize| LabelledSequences {
            sequences: (first..first + 30).map(|at| sequence(at, 10 + at % 20)).collect(),
            labels: (first..first + 30).map(|at| f64::from(u8::from(at % 20 + at % 3 > 11))).collect(),
        };
        let (train, valid) = (set(0), set(7));
        let (fit, _, auroc) = KmerRegression::choose(words, Task::Classification, &train, &valid).unwrap();
        assert!(auroc > 0.9, "{auroc}");
        let [low, high] = [&b"AATTNACA"[..], b"GGCATGCN"].map(|letters| fit.output(letters).unwrap());
        assert!(high > low);
        let parts = fit.contributions(b"GGCATGCN").unwrap();
        assert!((parts.iter().sum::<f64>() + fit.bias() - high).abs() < 1e-12 && parts[7] == 0.0, "{parts:?}");
        assert_eq!((fit.output(b"NN"), fit.contributions(b"")), (None, None));
        assert_eq!(KmerRegression::new(words, fit.weights().to_vec(), fit.bias()), Some(fit));
    }
}
