//! What models of words have learnt, whichever they are.

use rayon::prelude::*;

use super::GappedSvm;
use super::regression::KmerRegression;
use crate::matrix::codes;

/// What was learnt.
#[derive(Clone, Debug, PartialEq)]
pub enum KmerFit {
    /// The output is a distance from the boundary, turned into log-odds by a line.
    Svm(GappedSvm),
    /// The output is log-odds, or a number.
    Regression(KmerRegression),
}

impl KmerFit {
    /// Log-odds of label 1, or the predicted label; `None` of a sequence without a word.
    pub fn output(&self, letters: &[u8]) -> Option<f64> {
        match self {
            KmerFit::Svm(svm) => svm.score(letters),
            KmerFit::Regression(regression) => regression.output(letters),
        }
    }

    /// The output of a sequence without words.
    pub fn bias(&self) -> f64 {
        match self {
            KmerFit::Svm(svm) => svm.bias(),
            KmerFit::Regression(regression) => regression.bias(),
        }
    }

    /// What each base of rows [channel, position] adds to the output, in the channel of the base that is there: together
    /// the output less that of a sequence without words. `None` of a row without a word.
    pub fn contributions(&self, rows: &[f32], length: usize) -> Vec<Option<Vec<f64>>> {
        let sequences = letters(rows, length);
        match self {
            KmerFit::Svm(svm) => svm.contributions(&sequences.iter().map(Vec::as_slice).collect::<Vec<_>>()),
            KmerFit::Regression(regression) => {
                sequences.par_iter().map(|letters| regression.contributions(letters)).collect()
            }
        }
    }
}

/// The letters of rows [channel, position]; N where no channel has the base.
pub fn letters(rows: &[f32], length: usize) -> Vec<Vec<u8>> {
    let letter = |&code: &u8| b"ACGTN"[usize::from(code)];
    codes(rows, length).chunks_exact(length.max(1)).map(|row| row.iter().map(letter).collect()).collect()
}
