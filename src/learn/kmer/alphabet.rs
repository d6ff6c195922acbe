//! The letters that sequences are written in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Letters of sequences, each with a number from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet {
    codes: Box<[Option<u8>; 256]>,
    n_letters: u8,
    /// Number of the letter on the other strand; empty of letters that have none.
    complement: Vec<u8>,
}

/// What becomes of a letter that the alphabet does not know, such as N.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// No g-mer holds it, as in gkm-SVM
    #[default]
    Skip,
    /// One more letter, alike with itself, as in GaKCo and FastSK: two runs of N are then alike
    Letter,
}

/// Why letters make no alphabet.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AlphabetError {
    /// Fewer than two.
    #[error("an alphabet needs 2 letters or more, found {0}")]
    TooFew(usize),
    /// More than a byte tells apart.
    #[error("an alphabet has at most 255 letters, found {0}")]
    TooMany(usize),
    /// Two of them are one.
    #[error("the letter {0:?} is there twice (lower case counts as upper case)")]
    Twice(char),
}

impl Alphabet {
    /// A, C, G, T, with U for T.
    pub fn dna() -> Self {
        let mut dna = Alphabet::of(b"ACGT", &[3, 2, 1, 0]);
        (dna.codes[usize::from(b'U')], dna.codes[usize::from(b'u')]) = (Some(3), Some(3));
        dna
    }

    /// The 20 amino acids.
    pub fn protein() -> Self {
        Alphabet::of(b"ACDEFGHIKLMNPQRSTVWY", &[])
    }

    /// These letters, in this order; lower case is upper case.
    ///
    /// # Errors
    /// Too few or too many letters, or one twice.
    pub fn new(letters: &[u8]) -> Result<Self, AlphabetError> {
        match letters.len() {
            n @ 0..2 => return Err(AlphabetError::TooFew(n)),
            n @ 256.. => return Err(AlphabetError::TooMany(n)),
            _ => {}
        }
        let upper = letters.to_ascii_uppercase();
        match (1..upper.len()).find(|&at| upper[..at].contains(&upper[at])) {
            Some(at) => Err(AlphabetError::Twice(char::from(letters[at]))),
            None => Ok(Alphabet::of(letters, &[])),
        }
    }

    fn of(letters: &[u8], complement: &[u8]) -> Self {
        let mut codes = Box::new([None; 256]);
        for (code, letter) in (0..).zip(letters) {
            codes[usize::from(letter.to_ascii_lowercase())] = Some(code);
            codes[usize::from(letter.to_ascii_uppercase())] = Some(code);
        }
        Alphabet { codes, n_letters: letters.len() as u8, complement: complement.to_vec() }
    }

    /// Number of letters.
    pub fn n_letters(&self) -> u8 {
        self.n_letters
    }

    /// The number of a letter; `None` if it is unknown.
    pub fn code(&self, letter: u8) -> Option<u8> {
        self.codes[usize::from(letter)]
    }

    /// Whether letters have others on the opposite strand.
    pub fn has_strands(&self) -> bool {
        !self.complement.is_empty()
    }

    /// The number of the letter opposite to one; unknown letters are opposite to themselves.
    pub(super) fn complement(&self, code: u8) -> u8 {
        self.complement.get(usize::from(code)).copied().unwrap_or(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_numbers_and_opposites() {
        let dna = Alphabet::dna();
        let codes: Vec<_> = b"ACGTUacgtuNn-".iter().map(|&letter| dna.code(letter)).collect();
        let known = [0, 1, 2, 3, 3].map(Some);
        assert_eq!(codes, [&known[..], &known, &[None; 3]].concat());
        assert_eq!([0, 1, 2, 3, 4].map(|code| dna.complement(code)), [3, 2, 1, 0, 4]);
        assert!(dna.has_strands() && !Alphabet::protein().has_strands());
        assert_eq!((Alphabet::protein().n_letters(), Alphabet::protein().code(b'B')), (20, None));
        assert_eq!(Alphabet::new(b"01").unwrap().code(b'1'), Some(1));
        assert_eq!(Alphabet::new(b"A").unwrap_err(), AlphabetError::TooFew(1));
        assert_eq!(Alphabet::new(b"AbaB").unwrap_err(), AlphabetError::Twice('a'));
        assert_eq!(Alphabet::new(&[b'A'; 300]).unwrap_err(), AlphabetError::TooMany(300));
    }
}
