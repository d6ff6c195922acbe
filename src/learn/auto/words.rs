//! `auto` of DNA: models of its words, stacked on the validation sequences.

use candle_core::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AutoTag;
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::calibration::Platt;
use crate::learn::kmer::{
    KmerChoice, KmerMethod, KmerModel, KmerModelConfig, KmerModelError, LabelledSequences, Strands, letters,
};
use crate::learn::{Scores, Summand, Task, Trained};
use crate::matrix::RowShape;

/// The members: long words with many gaps, shorter ones with fewer, and plain words.
const MEMBERS: [(KmerMethod, Option<u16>, Option<u16>); 3] = [
    (KmerMethod::GappedKmerSvm, None, None),
    (KmerMethod::GappedKmerSvm, Some(8), Some(2)),
    (KmerMethod::KmerRegression, None, None),
];
/// Steps in which shares are tried, to one.
const STEPS: usize = 20;
/// What the squared distance of the shares from the best member alone costs, in mean losses of a sequence. Where one member
/// is clearly better, as with few short motifs, equal shares lose what it has won.
const PRIOR: f64 = 0.01;

/// What the header says of models of words that are added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WordsConfig {
    /// Always `auto`.
    pub tag: AutoTag,
    /// The members.
    pub words: Vec<WordShare>,
    /// Added to the sum of the members' outputs, each times its weight: log-odds, or a label.
    pub offset: f64,
}

/// How one member counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WordShare {
    /// Which one.
    pub model: KmerModelConfig,
    /// What its output is multiplied by.
    pub weight: f64,
    /// AUROC, or of a regression Pearson's r, of its outputs for the validation sequences.
    pub valid: f64,
}

impl WordsConfig {
    /// What the members read of a region.
    pub fn shape(&self) -> RowShape {
        self.words.first().map_or_else(|| RowShape::of([]), |first| first.model.shape())
    }

    /// Why it makes no model.
    pub fn problem(&self) -> Option<String> {
        let n_bases = self.words.first().map(|first| first.model.n_bases);
        if self.words.iter().any(|share| Some(share.model.n_bases) != n_bases) || n_bases.is_none() {
            return Some("its members do not read the same sequences".to_owned());
        }
        if !self.words.iter().map(|share| share.weight).chain([self.offset]).all(f64::is_finite) {
            return Some("a weight is not a number".to_owned());
        }
        self.words.iter().find_map(|share| share.model.problem())
    }
}

/// Models of words, added up.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// What the header says.
    pub config: WordsConfig,
    members: Vec<KmerModel>,
}

/// The models that are stacked, of sequences of so many bases.
pub fn members(task: Task, n_bases: usize, strands: Strands) -> Vec<KmerModelConfig> {
    let fits = |method: KmerMethod| task == Task::Classification || method.predicts_numbers();
    let members = MEMBERS.into_iter().filter(|(method, ..)| fits(*method));
    members.map(|(method, length, gaps)| KmerModelConfig::new(method, n_bases, (length, gaps), strands)).collect()
}

impl Words {
    /// Trains the members and stacks them; each with the setting that is best on the validation sequences, which is also
    /// returned. The shares of their outputs, in units of their spread, and a line from the sum to log-odds (to labels) have the
    /// smallest loss on the validation sequences, with a penalty on what is far from the best member alone.
    ///
    /// # Errors
    /// If all labels of either set are equal.
    pub fn fit(
        members: Vec<KmerModelConfig>,
        task: Task,
        train: &LabelledSequences,
        valid: &LabelledSequences,
    ) -> std::result::Result<(Self, Vec<KmerChoice>), KmerModelError> {
        let fits = members.into_iter().map(|config| KmerModel::choose(config, task, train, valid));
        let (members, choices): (Vec<KmerModel>, Vec<KmerChoice>) =
            fits.collect::<std::result::Result<Vec<_>, _>>()?.into_iter().unzip();
        let share = |(member, choice): (&KmerModel, &KmerChoice)| WordShare {
            model: member.config.clone(),
            weight: 0.0,
            valid: choice.valid_metric,
        };
        let words = members.iter().zip(&choices).map(share).collect();
        let mut stack = Words { config: WordsConfig { tag: AutoTag::Auto, words, offset: 0.0 }, members };
        let known = valid.sequences.par_iter().zip(&valid.labels);
        let known: Vec<(Vec<f64>, f64)> =
            known.filter_map(|(letters, &label)| Some((stack.outputs(letters)?, label))).collect();
        let (weights, offset) = weigh(task, &known, &choices);
        stack.config.offset = offset;
        stack.config.words.iter_mut().zip(weights).for_each(|(share, weight)| share.weight = weight);
        Ok((stack, choices))
    }

    /// What each member says of a sequence: of one without a word of its length what it says of none. `None` where no
    /// member has a word.
    fn outputs(&self, letters: &[u8]) -> Option<Vec<f64>> {
        let outputs: Vec<Option<f64>> = self.members.iter().map(|member| member.output(letters)).collect();
        let is_known = outputs.iter().any(Option::is_some);
        let of = |(output, member): (Option<f64>, &KmerModel)| output.unwrap_or(member.bias());
        is_known.then(|| outputs.into_iter().zip(&self.members).map(of).collect())
    }

    fn sum(&self, outputs: &[f64]) -> f64 {
        let parts = outputs.iter().zip(&self.config.words).map(|(output, share)| share.weight * output);
        parts.sum::<f64>() + self.config.offset
    }

    /// The other way of [`Trained::to_arrays`].
    ///
    /// # Errors
    /// If an array is missing or does not fit.
    pub fn from_arrays(config: &WordsConfig, arrays: &Arrays) -> std::result::Result<Self, ArrayError> {
        let member = |(at, share): (usize, &WordShare)| {
            let error = |error: ArrayError| ArrayError { name: format!("{}{}", prefix(at), error.name) };
            KmerModel::from_arrays(&share.model, &arrays.part(&prefix(at))).map_err(error)
        };
        let members = config.words.iter().enumerate().map(member).collect::<std::result::Result<_, _>>()?;
        Ok(Words { config: config.clone(), members })
    }
}

/// What the names of a member's arrays begin with.
fn prefix(member: usize) -> String {
    format!("words.{member}.")
}

/// Weights of the members' outputs, and what is added, from outputs and labels of the validation sequences.
fn weigh(task: Task, known: &[(Vec<f64>, f64)], choices: &[KmerChoice]) -> (Vec<f64>, f64) {
    let n = choices.len();
    // the first of the best; a metric that is not known is none
    let better = |best: usize, at: usize| if choices[at].valid_metric > choices[best].valid_metric { at } else { best };
    let best = (0..n).fold(0, better);
    let units: Vec<f64> = (0..n).map(|at| one_over_spread(known.iter().map(|(outputs, _)| outputs[at]))).collect();
    let labels: Vec<f64> = known.iter().map(|(_, label)| *label).collect();
    let of_shares = |shares: Vec<usize>| {
        let shares: Vec<f64> = shares.into_iter().map(|share| share as f64 / STEPS as f64).collect();
        let weights: Vec<f64> = shares.iter().zip(&units).map(|(share, unit)| share * unit).collect();
        let sum = |outputs: &Vec<f64>| outputs.iter().zip(&weights).map(|(output, weight)| output * weight).sum();
        let sums: Vec<f64> = known.iter().map(|(outputs, _)| sum(outputs)).collect();
        let (line, loss) = line(task, &sums, &labels);
        let far = |(at, share): (usize, &f64)| (share - f64::from(u8::from(at == best))).powi(2);
        let loss = loss + PRIOR * shares.iter().enumerate().map(far).sum::<f64>();
        (loss, weights.iter().map(|weight| weight * line.slope).collect::<Vec<f64>>(), line.offset)
    };
    let tried: Vec<_> = all_shares(n, STEPS).into_par_iter().map(of_shares).collect();
    let least = tried.into_iter().reduce(|least, other| if other.0 < least.0 { other } else { least });
    least.map_or_else(|| (vec![0.0; n], 0.0), |(_, weights, offset)| (weights, offset))
}

/// The best line through sums, and its mean loss: cross-entropy, or the share of the labels' variance that is left.
fn line(task: Task, sums: &[f64], labels: &[f64]) -> (Platt, f64) {
    let n = labels.len().max(1) as f64;
    match task {
        Task::Classification => {
            let line = Platt::fit(sums, labels);
            let loss = |(&sum, &label): (&f64, &f64)| {
                let z = line.apply(sum);
                z.max(0.0) + (-z.abs()).exp().ln_1p() - label * z
            };
            (line, sums.iter().zip(labels).map(loss).sum::<f64>() / n)
        }
        Task::Regression => {
            let line = Platt::least_squares(sums, labels);
            let mean = labels.iter().sum::<f64>() / n;
            let all: f64 = labels.iter().map(|label| (label - mean).powi(2)).sum();
            let left: f64 = sums.iter().zip(labels).map(|(&sum, label)| (line.apply(sum) - label).powi(2)).sum();
            (line, left / all.max(1e-12))
        }
    }
}

/// All ways to share `steps` out among `n`.
fn all_shares(n: usize, steps: usize) -> Vec<Vec<usize>> {
    match n {
        0 => Vec::new(),
        1 => vec![vec![steps]],
        _ => {
            let rest = |first: usize| {
                let others = all_shares(n - 1, steps - first).into_iter();
                others.map(move |others| [vec![first], others].concat())
            };
            (0..=steps).flat_map(rest).collect()
        }
    }
}

/// 0 where there is no spread.
fn one_over_spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    let spread = (values.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    if spread > 1e-12 { spread.recip() } else { 0.0 }
}

impl Trained for Words {
    /// A sequence without a word has NaN: nothing is known of it.
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let size = self.config.shape().size();
        if size == 0 || !rows.len().is_multiple_of(size) {
            return Err(Error::Msg(format!("rows of {size} numbers are expected, found {}", rows.len())));
        }
        let sum = |letters: &Vec<u8>| self.outputs(letters).map(|outputs| self.sum(&outputs));
        let score = |letters: &Vec<u8>| sum(letters).map_or(f32::NAN, |output| task.score(output as f32));
        let n_bases = self.config.words[0].model.n_bases;
        let scores: Vec<f32> = letters(rows, n_bases).par_iter().map(score).collect();
        done(scores.len());
        Ok(Scores { scores, ..Scores::default() })
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = Arrays::default();
        for (at, member) in self.members.iter().enumerate() {
            arrays.add_all(&prefix(at), member.to_arrays()?);
        }
        Ok(arrays)
    }

    fn set_shape(&mut self, shape: &RowShape) {
        for (member, share) in self.members.iter_mut().zip(&mut self.config.words) {
            member.set_shape(shape);
            share.model = member.config.clone();
        }
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        let mut all = Vec::new();
        for (member, share) in self.members.iter().zip(&self.config.words).filter(|(_, share)| share.weight != 0.0) {
            for own in member.summands() {
                all.push(Summand { weight: share.weight * own.weight, ..own });
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(valid_metric: f64) -> KmerChoice {
        KmerChoice { value: 1.0, valid_metric }
    }

    #[test]
    fn a_member_that_knows_nothing_gets_nothing_and_two_that_know_different_things_share() {
        let label = |at: usize| f64::from(u8::from(at * 7 % 13 < 6));
        let noise =
            |member: usize, at: usize| ((at * 31 + member * 17 + at * at * (member + 3)) % 101) as f64 / 50.0 - 1.0;
        let outputs =
            |at: usize| vec![3.0 * (label(at) + noise(0, at)), 0.1 * (label(at) + noise(1, at)), noise(2, at)];
        let known: Vec<(Vec<f64>, f64)> = (0..400).map(|at| (outputs(at), label(at))).collect();
        let (weights, _) = weigh(Task::Classification, &known, &[0.8, 0.79, 0.5].map(choice));
        // 3 and 0.1 are the members' own scales
        let share = 0.1 * weights[1] / (3.0 * weights[0] + 0.1 * weights[1]);
        assert!((0.25..0.6).contains(&share) && weights[2].abs() < 0.2 * 3.0 * weights[0], "{weights:?}");
        let numbers: Vec<(Vec<f64>, f64)> = (0..400).map(|at| (vec![label(at)], 5.0 * label(at) - 2.0)).collect();
        let (weights, offset) = weigh(Task::Regression, &numbers, &[choice(1.0)]);
        assert!((weights[0] - 5.0).abs() < 1e-9 && (offset + 2.0).abs() < 1e-9, "{weights:?} {offset}");
    }

    #[test]
    fn shares_are_all_of_them_and_members_without_spread_count_nothing() {
        let all = all_shares(3, 20);
        assert_eq!(all.len(), 231);
        assert!(all.iter().all(|shares| shares.iter().sum::<usize>() == 20));
        let known: Vec<(Vec<f64>, f64)> = (0..40).map(|at| (vec![0.5, f64::from(at)], f64::from(at % 2))).collect();
        let (weights, offset) = weigh(Task::Classification, &known, &[f64::NAN, 0.5].map(choice));
        assert!(weights[0] == 0.0 && weights[1].is_finite() && offset.is_finite());
    }
}
