//! Logistic or ridge regression of the shares of words in a sequence: what a gapped k-mer machine has to beat. Words of one
//! letter are the GC content, words of two the dinucleotides.

use super::{Alphabet, GappedKmers};
use crate::learn::Task;
use crate::learn::baseline::{BaselineMethod, Fit, FitError, Labelled, Table};

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

    /// The shares of the features among a sequence's words; `None` where it has none.
    fn of(&self, words: &GappedKmers, letters: &[u8], dna: &Alphabet) -> Option<Vec<f64>> {
        let (mut shares, mut count) = (vec![0.0; self.n], 0u32);
        for (_, word) in words.words(letters, dna) {
            shares[self.of_word[word as usize]] += 1.0;
            count += 1;
        }
        shares.iter_mut().for_each(|share| *share /= f64::from(count));
        (count > 0).then_some(shares)
    }
}

impl KmerRegression {
    /// From its parts; `None` where there is not one weight a word.
    pub fn new(words: GappedKmers, weights: Vec<f64>, bias: f64) -> Option<Self> {
        (weights.len() == words.n_words()).then_some(KmerRegression { words, weights, bias })
    }

    /// Fits with the penalty that has the smallest loss on the validation sequences; sequences without a word are left
    /// out. Also gives the name of the setting, its value, and the validation metric.
    ///
    /// # Errors
    /// As [`BaselineMethod::choose`].
    pub fn choose(
        words: GappedKmers,
        task: Task,
        train: &LabelledSequences,
        valid: &LabelledSequences,
    ) -> Result<(Self, (&'static str, f64), f64), FitError> {
        let (features, dna) = (Features::new(&words), Alphabet::dna());
        let [train, valid] = [train, valid].map(|set| {
            let (mut table, mut labels) = (Table::new(features.n), Vec::new());
            for (letters, &label) in set.sequences.iter().zip(&set.labels) {
                if let Some(shares) = features.of(&words, letters, &dna) {
                    table.push(&shares);
                    labels.push(label);
                }
            }
            (table, labels)
        });
        let [train, valid] = [&train, &valid].map(|(table, labels)| Labelled { table, labels });
        let chosen = BaselineMethod::LogisticRegression.choose(task, train, valid, 0)?;
        let Fit::Linear(line) = chosen.fit else { return Err(FitError::OneLabel) };
        let weights = features.of_word.iter().map(|&feature| line.weight[feature]).collect();
        Ok((KmerRegression { words, weights, bias: line.bias }, chosen.setting, chosen.valid_metric))
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
