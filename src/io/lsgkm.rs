//! Models of lsgkm (`gkmtrain`), in its text format: `NAME VALUE` lines, then `SV`, then a weight and a sequence a line.

use std::path::Path;

use super::lines::Lines;
use super::{FileError, Result};

/// What such a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LsgkmModel {
    /// `svm_type`, such as c_svc.
    pub svm_type: String,
    /// `kernel_type`, such as gkm_esttrunc.
    pub kernel: String,
    /// Letters of a word (L), those of them that count (k), and those in which words may differ (d).
    pub words: [u16; 3],
    /// Whether only the given strand counts (`norc`).
    pub one_strand: bool,
    /// How often the word in the middle counts (M), of kernels that weigh the middle.
    pub most: u8,
    /// Letters to where it is half as often (H).
    pub half: f64,
    /// Taken from every score.
    pub rho: f64,
    /// Weights and sequences of the support vectors; letters that are not known as lsgkm takes them, for A.
    pub support: Vec<(f64, Vec<u8>)>,
    /// How many letters were taken for A.
    pub taken_for_a: u64,
}

/// Reads a model, plain or gzip.
///
/// # Errors
/// If the file is none, is cut, has other than two classes, or has a support vector without a word.
pub fn read(path: &Path) -> Result<LsgkmModel> {
    let mut lines = Lines::open(path)?;
    let (mut model, mut total) = (LsgkmModel::default(), None);
    let none = |line: u64, problem: String| {
        let remedy = "Give a file NAME.model.txt that gkmtrain of lsgkm has written";
        FileError::new(path, problem).line(line).remedy(remedy)
    };
    let (mut has_rho, mut last) = (false, 1);
    loop {
        let Some((number, text)) = lines.next_text()? else {
            return Err(none(last, "ends before its support vectors: expected a line SV".to_owned()));
        };
        last = number;
        let mut words = text.split_whitespace();
        let Some(name) = words.next() else { continue };
        let values: Vec<&str> = words.collect();
        let first = values.first().copied().unwrap_or_default();
        let wrong = |expected: &str| none(number, format!("{name} is {first:?}: expected {expected}"));
        let whole = || first.parse::<u16>().map_err(|_| wrong("a whole number"));
        let real = || first.parse::<f64>().ok().filter(|real| real.is_finite()).ok_or_else(|| wrong("a number"));
        match name {
            "svm_type" => model.svm_type = first.to_owned(),
            "kernel_type" => model.kernel = first.to_owned(),
            "L" => model.words[0] = whole()?,
            "k" => model.words[1] = whole()?,
            "d" => model.words[2] = whole()?,
            "M" => model.most = u8::try_from(whole()?).map_err(|_| wrong("a whole number up to 255"))?,
            "H" => model.half = real()?,
            "norc" => model.one_strand = whole()? != 0,
            "nr_class" if first != "2" => return Err(wrong("2 classes")),
            "label" if first != "1" => return Err(wrong("1 first, the positives, as gkmtrain writes them")),
            "rho" => {
                model.rho = real()?;
                has_rho = true;
            }
            "total_sv" => total = Some(first.parse::<u64>().map_err(|_| wrong("a whole number"))?),
            // what is learnt of them is in rho and the weights, or concerns other programs
            "nr_class" | "label" | "nr_sv" | "probA" | "probB" | "gamma" => {}
            "SV" => break,
            _ => return Err(none(number, format!("no line of a model of lsgkm begins with {name:?}"))),
        }
    }
    let (Some(total), true) = (total, has_rho && !model.kernel.is_empty() && !model.svm_type.is_empty()) else {
        let expected = "svm_type, kernel_type, rho or total_sv is missing before the line SV".to_owned();
        return Err(none(last, expected));
    };
    while let Some((number, text)) = lines.next_text()? {
        last = number;
        let mut words = text.split_whitespace();
        let Some(weight) = words.next() else { continue };
        let real = weight.parse::<f64>().ok().filter(|weight| weight.is_finite());
        let (Some(weight), Some(letters), None) = (real, words.next(), words.next()) else {
            return Err(none(number, "is no support vector: expected a weight and a sequence".to_owned()));
        };
        let letters: Vec<u8> = letters.bytes().map(|letter| as_lsgkm(letter, &mut model.taken_for_a)).collect();
        if letters.len() < usize::from(model.words[0]) {
            let problem = format!("a support vector of {} letters has no word of {}", letters.len(), model.words[0]);
            return Err(none(number, problem).remedy("lsgkm's scores of such a model are not numbers: train it again without sequences that are shorter than its words"));
        }
        model.support.push((weight, letters));
    }
    if model.support.len() as u64 != total {
        return Err(none(last, format!("has {} support vectors: expected {total} (total_sv)", model.support.len())));
    }
    Ok(model)
}

/// The letter that lsgkm reads.
fn as_lsgkm(letter: u8, taken_for_a: &mut u64) -> u8 {
    let upper = letter.to_ascii_uppercase();
    if b"ACGT".contains(&upper) {
        return upper;
    }
    *taken_for_a += 1;
    b'A'
}
