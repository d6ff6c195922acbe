//! Models of the words of a sequence, as model files hold them.

use candle_core::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fit::{KmerFit, letters};
use super::regression::{KmerRegression, LabelledSequences};
use super::{Bags, CentreWeights, GappedKmers, GappedKmersError, GappedSvm, SvmError, WordFilter};
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::calibration::Platt;
use crate::learn::{Scores, Source, Summand, Task, Trained};
use crate::matrix::{LayerName, RowShape};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KmerMethod {
    /// Support vector machine on gapped k-mers.
    GappedKmerSvm,
    /// Logistic, or for numbers ridge, regression of the shares of words.
    KmerRegression,
    /// The same of words of two letters.
    Dinucleotides,
    /// The same of words of one letter.
    GcContent,
}

/// Strands of DNA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strands {
    /// As the sequences are written
    One,
    /// Those and their reverse complements, as a protein that binds DNA sees them
    #[default]
    Both,
}

impl KmerMethod {
    /// All of them.
    pub const ALL: [KmerMethod; 4] =
        [KmerMethod::GappedKmerSvm, KmerMethod::KmerRegression, KmerMethod::Dinucleotides, KmerMethod::GcContent];

    /// The tag.
    pub fn name(self) -> &'static str {
        match self {
            KmerMethod::GappedKmerSvm => "gapped-kmer-svm",
            KmerMethod::KmerRegression => "kmer-regression",
            KmerMethod::Dinucleotides => "dinucleotides",
            KmerMethod::GcContent => "gc-content",
        }
    }

    /// What it is, in one line.
    pub fn title(self) -> &'static str {
        match self {
            KmerMethod::GappedKmerSvm => {
                "Support vector machine on the gapped k-mers of DNA, exact (--kmer-length, --mismatches)"
            }
            KmerMethod::KmerRegression => "Logistic (ridge) regression of the shares of words in DNA (--kmer-length)",
            KmerMethod::Dinucleotides => "The same of words of two letters: what composition alone tells",
            KmerMethod::GcContent => "The same of single letters: what the GC content alone tells",
        }
    }

    /// Where it was published.
    pub fn citation(self) -> &'static str {
        match self {
            KmerMethod::GappedKmerSvm => "Ghandi et al., PLoS Comput. Biol. 2014",
            KmerMethod::KmerRegression => "Lee, Karchin & Beer, Genome Res. 2011",
            KmerMethod::Dinucleotides | KmerMethod::GcContent => "our own",
        }
    }

    /// Letters of a word, and those of them that may differ, where nothing else is asked for.
    fn words(self) -> (u16, u16) {
        match self {
            KmerMethod::GappedKmerSvm => (11, 4),
            KmerMethod::KmerRegression => (6, 0),
            KmerMethod::Dinucleotides => (2, 0),
            KmerMethod::GcContent => (1, 0),
        }
    }

    /// Whether the length of its words can be chosen.
    pub fn has_length(self) -> bool {
        matches!(self, KmerMethod::GappedKmerSvm | KmerMethod::KmerRegression)
    }

    /// Whether the letters that may differ can be chosen.
    pub fn has_mismatches(self) -> bool {
        self == KmerMethod::GappedKmerSvm
    }

    /// Whether it predicts numbers.
    pub fn predicts_numbers(self) -> bool {
        self != KmerMethod::GappedKmerSvm
    }
}

/// What the header says of such a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KmerModelConfig {
    /// Which one.
    pub tag: KmerMethod,
    /// Bases of the sequences that it was trained on; it takes those of any length.
    pub n_bases: usize,
    /// Letters of a word.
    pub kmer_length: u16,
    /// Those of them that may differ.
    pub mismatches: u16,
    /// Strands that count.
    pub strands: Strands,
    /// What words share, of an imported model.
    #[serde(default, skip_serializing_if = "is_gapped")]
    pub filter: WordFilter,
    /// Words that differ in more letters share nothing, of an imported model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub furthest: Option<u16>,
    /// How often words count by their place, of an imported model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<CentreWeights>,
}

fn is_gapped(filter: &WordFilter) -> bool {
    *filter == WordFilter::Gapped
}

/// Longest words of a regression, which has a weight for each.
const LONGEST_COUNTED: u16 = 7;
/// Longest sequences, as the longest windows.
const MOST_BASES: usize = 100_000;

impl KmerModelConfig {
    /// With what is chosen; else what is usual for the method.
    pub fn new(tag: KmerMethod, n_bases: usize, chosen: (Option<u16>, Option<u16>), strands: Strands) -> Self {
        let (length, mismatches) = tag.words();
        KmerModelConfig {
            tag,
            n_bases,
            kmer_length: chosen.0.unwrap_or(length),
            mismatches: chosen.1.unwrap_or(mismatches),
            strands,
            filter: WordFilter::Gapped,
            furthest: None,
            centre: None,
        }
    }

    /// What it reads of a region.
    pub fn shape(&self) -> RowShape {
        RowShape::of([(LayerName::Sequence, 4, self.n_bases)])
    }

    /// Which words count.
    ///
    /// # Errors
    /// Words that are too long, or of which nothing counts.
    pub fn kmers(&self) -> std::result::Result<GappedKmers, GappedKmersError> {
        let both = self.strands == Strands::Both;
        let kmers = GappedKmers::new(usize::from(self.kmer_length), usize::from(self.mismatches), both)?;
        Ok(kmers.with(self.filter, self.furthest.map_or(usize::MAX, usize::from), self.centre))
    }

    /// Why the sizes make no model, by the names of flags.
    pub fn problem(&self) -> Option<String> {
        if self.n_bases > MOST_BASES {
            return Some(format!("sequences of {} bases: expected at most {MOST_BASES}", self.n_bases));
        }
        if self.tag == KmerMethod::KmerRegression && self.kmer_length > LONGEST_COUNTED {
            return Some(format!("--kmer-length {}: expected at most {LONGEST_COUNTED}", self.kmer_length));
        }
        if self.centre.is_some_and(|centre| !(centre.half > 0.0 && centre.half.is_finite() && centre.most > 0)) {
            return Some("weights of the centre that are not above zero".to_owned());
        }
        self.kmers().err().map(|error| format!("--kmer-length, --mismatches: {error}"))
    }
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum KmerModelError {
    /// The words.
    #[error(transparent)]
    Words(#[from] GappedKmersError),
    /// The labels.
    #[error(transparent)]
    Labels(#[from] SvmError),
}

/// A trained model of words.
#[derive(Clone, Debug, PartialEq)]
pub struct KmerModel {
    /// What the header says.
    pub config: KmerModelConfig,
    fit: KmerFit,
}

/// How the setting C, what errors cost or the inverse strength of the penalty, was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KmerChoice {
    /// Its value.
    pub value: f64,
    /// The validation metric.
    pub valid_metric: f64,
}

impl KmerModel {
    /// Trains, with the setting that is best on the validation sequences. Those without a word are left out.
    ///
    /// # Errors
    /// If all labels are equal.
    pub fn choose(
        config: KmerModelConfig,
        task: Task,
        train: &LabelledSequences,
        valid: &LabelledSequences,
    ) -> std::result::Result<(Self, KmerChoice), KmerModelError> {
        let kmers = config.kmers()?;
        if config.tag != KmerMethod::GappedKmerSvm {
            let (regression, value, valid_metric) = KmerRegression::choose(kmers, task, train, valid)?;
            let choice = KmerChoice { value, valid_metric };
            return Ok((KmerModel { config, fit: KmerFit::Regression(regression) }, choice));
        }
        let [train, valid] = [train, valid].map(|set| {
            let bags: Vec<_> = set.sequences.par_iter().map(|letters| kmers.bag(letters)).collect();
            let known = bags.into_iter().zip(&set.labels).filter_map(|(bag, &label)| Some((bag?, label > 0.5)));
            let (bags, positive) = known.unzip();
            Bags { bags, positive }
        });
        let (svm, cost, valid_metric) = GappedSvm::choose(kmers, &train, &valid)?;
        // a distance is not a log-odds: Platt's scaling turns it into one, on the validation sequences
        let distances: Vec<f64> = valid.bags.par_iter().map(|bag| svm.score_of(bag)).collect();
        let labels: Vec<f64> = valid.positive.iter().map(|&positive| f64::from(u8::from(positive))).collect();
        let fit = KmerFit::Svm(svm.scaled(Platt::fit(&distances, &labels)));
        Ok((KmerModel { config, fit }, KmerChoice { value: cost, valid_metric }))
    }

    /// A machine of support vectors, each with its weight, that were found elsewhere; its output is the distance from the
    /// boundary. `None` where one of them has no word, or the config makes no words.
    pub fn of_support(config: KmerModelConfig, support: &[(f64, Vec<u8>)], bias: f64) -> Option<Self> {
        let svm = GappedSvm::of_support(config.kmers().ok()?, support, bias)?;
        Some(KmerModel { config, fit: KmerFit::Svm(svm) })
    }

    /// Log-odds of label 1, or the predicted label; `None` of a sequence without a word.
    pub fn output(&self, letters: &[u8]) -> Option<f64> {
        self.fit.output(letters)
    }

    /// What it says of a sequence without words.
    pub fn bias(&self) -> f64 {
        self.fit.bias()
    }

    /// The other way of [`Trained::to_arrays`].
    ///
    /// # Errors
    /// If an array is missing or does not fit.
    pub fn from_arrays(config: &KmerModelConfig, arrays: &Arrays) -> std::result::Result<Self, ArrayError> {
        let wrong = |name: &str| ArrayError { name: name.to_owned() };
        let kmers = config.kmers().map_err(|_| wrong("weights"))?;
        let bias = arrays.f64("bias")?.first().copied().ok_or_else(|| wrong("bias"))?;
        let fit = match config.tag {
            KmerMethod::GappedKmerSvm => GappedSvm::new(kmers, arrays.f32("weights")?, bias).map(KmerFit::Svm),
            _ => KmerRegression::new(kmers, arrays.f64("weights")?, bias).map(KmerFit::Regression),
        };
        Ok(KmerModel { config: config.clone(), fit: fit.ok_or_else(|| wrong("weights"))? })
    }
}

impl Trained for KmerModel {
    /// A sequence without a word has NaN: nothing is known of it.
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let size = self.config.shape().size();
        if size == 0 || !rows.len().is_multiple_of(size) {
            return Err(Error::Msg(format!("rows of {size} numbers are expected, found {}", rows.len())));
        }
        let score = |letters: &Vec<u8>| self.fit.output(letters).map_or(f32::NAN, |output| task.score(output as f32));
        let scores: Vec<f32> = letters(rows, self.config.n_bases).par_iter().map(score).collect();
        done(scores.len());
        Ok(Scores { scores, ..Scores::default() })
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = Arrays::default();
        match &self.fit {
            KmerFit::Svm(svm) => {
                arrays.add_f32("weights", svm.weights());
                arrays.add_f64("bias", &[svm.bias()]);
            }
            KmerFit::Regression(regression) => {
                arrays.add_f64("weights", regression.weights());
                arrays.add_f64("bias", &[regression.bias()]);
            }
        }
        Ok(arrays)
    }

    fn set_shape(&mut self, shape: &RowShape) {
        if let Some(part) = shape.part(LayerName::Sequence) {
            self.config.n_bases = part.positions;
        }
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        vec![Summand { weight: 1.0, source: Source::Kmers(&self.fit) }]
    }
}
