//! Several models judged on the same genes: each one's figures, and how far it is from another.

use super::bootstrap::quantile;
use super::regression::{Ranks, spearman_of};
use super::{BEYOND, Beyond, Bootstrap, Estimate, Ranking, brier_score, mean_squared_error, pearson};

/// Figures that models are compared by.
pub const N_METRICS: usize = 5;

/// The genes that a training is judged on: those of a fold; of pooled samples a row a gene and sample, of samples
/// with a model each those of a fold and sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldGenes {
    /// Which locus (or gene, where its place is not known) a row is of, from 0: all rows of a unit are drawn
    /// together, in all folds.
    pub units: Vec<usize>,
    /// Gene of each row.
    pub genes: Vec<String>,
    /// Label of each row: 0 or 1, or a number.
    pub labels: Vec<f64>,
    /// Mean log2(expression + 1) of each row's gene in other samples, where it is known.
    pub expression: Vec<Option<f64>>,
}

/// One model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// What it is called.
    pub name: String,
    /// Its trainings: of every fold the same number of seeds.
    pub runs: Vec<CandidateRun>,
}

/// What one training says of the genes of its fold.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateRun {
    /// Place of its genes in the list of folds, or of folds and samples.
    pub fold: usize,
    /// Seed of the training.
    pub seed: u64,
    /// Scores in the order of the fold's rows.
    pub scores: Vec<f64>,
}

/// What one model's figure is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Mean over folds and seeds (and samples, where each has a model of its own) of the figure of each training,
    /// with its bootstrap interval.
    pub estimate: Estimate,
    /// Sample standard deviation over the seeds of the mean over folds; `None` of one seed.
    pub seed_sd: Option<f64>,
    /// This model's figure less the reference's; `None` of the reference itself.
    pub difference: Option<Difference>,
}

/// How far two models are apart on the same genes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The difference.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided, of the hypothesis that there is no difference.
    pub p: f64,
    /// The same, adjusted for the number of models that are compared with the reference (Holm 1979).
    pub p_holm: f64,
}

/// Names of the figures, the headline first.
pub fn metric_names(binary: bool) -> [&'static str; N_METRICS] {
    let [a, b, c] = if binary { ["auroc", "auprc", "brier"] } else { ["pearson", "spearman", "mse"] };
    let [_, gain, order] = BEYOND;
    [a, b, c, gain, order]
}

/// Whether a smaller figure is the better one.
pub fn less_is_better(metric: &str) -> bool {
    ["brier", "mse"].contains(&metric)
}

/// The figures of every model, and each one's difference from the model of number `reference`.
///
/// A figure is the mean over folds and seeds. Intervals and tests are of a paired bootstrap: each
/// replicate draws loci with replacement, the same ones for every model, fold and seed, so that a
/// difference holds no chance that the models share. What is left is the chance of the loci; that of the
/// seeds is in `seed_sd`. The P value is twice the share of the replicates on the rarer side of 0 (Efron &
/// Tibshirani 1993, chapter 16), with one added to numerator and denominator, so that it is never 0.
pub fn compare(
    folds: &[FoldGenes],
    models: &[Candidate],
    reference: usize,
    binary: bool,
    bootstrap: &Bootstrap,
) -> Vec<[Figure; N_METRICS]> {
    let units = folds.iter().flat_map(|fold| &fold.units).max().map_or(0, |last| last + 1);
    let runs: Vec<Vec<JudgedRun>> = models
        .iter()
        .map(|model| model.runs.iter().map(|run| JudgedRun::new(&folds[run.fold], run, binary)).collect())
        .collect();
    let all = |counts: &[u32]| -> Vec<[Option<f64>; N_METRICS]> {
        let mean_of = |runs: &Vec<JudgedRun>| mean(runs.iter().map(|run| run.figures(counts)));
        runs.iter().map(mean_of).collect()
    };
    let values = all(&vec![1; units]);
    let replicates = bootstrap.replicates(units, all);
    let mut figures: Vec<[Figure; N_METRICS]> = Vec::new();
    for (at, model) in models.iter().enumerate() {
        let of_seeds = seeds(&runs[at], model, units);
        figures.push(std::array::from_fn(|metric| {
            let drawn = |model: usize| replicates.iter().map(move |all| all[model][metric]);
            let own: Vec<f64> = drawn(at).flatten().collect();
            let estimate = estimate(values[at][metric], own, bootstrap, binary);
            let difference = (at != reference).then(|| {
                let value = values[at][metric]? - values[reference][metric]?;
                let pairs = drawn(at).zip(drawn(reference));
                Difference::new(value, pairs.filter_map(|(own, other)| Some(own? - other?)).collect(), bootstrap)
            });
            Figure { estimate, seed_sd: of_seeds[metric], difference: difference.flatten() }
        }));
    }
    for metric in 0..N_METRICS {
        holm(figures.iter_mut().filter_map(|figures| figures[metric].difference.as_mut()).collect());
    }
    figures
}

/// The figures of a model without intervals: means over folds and seeds.
pub fn figures(folds: &[FoldGenes], model: &Candidate, binary: bool) -> [Option<f64>; N_METRICS] {
    let units = folds.iter().flat_map(|fold| &fold.units).max().map_or(0, |last| last + 1);
    let counts = vec![1; units];
    mean(model.runs.iter().map(|run| JudgedRun::new(&folds[run.fold], run, binary).figures(&counts)))
}

/// One training, with what does not depend on how often a gene counts.
struct JudgedRun<'a> {
    fold: &'a FoldGenes,
    scores: &'a [f64],
    of_task: OfTask,
    beyond: Beyond,
}

/// What the figures of the task are made of.
enum OfTask {
    Classes { labels: Vec<bool>, ranking: Ranking, is_probability: bool },
    Numbers { label_ranks: Ranks, score_ranks: Ranks },
}

impl<'a> JudgedRun<'a> {
    fn new(fold: &'a FoldGenes, run: &'a CandidateRun, binary: bool) -> Self {
        let scores = run.scores.as_slice();
        let of_task = if binary {
            let labels: Vec<bool> = fold.labels.iter().map(|&label| label == 1.0).collect();
            let ranking = Ranking::new(&labels, scores);
            let is_probability = scores.iter().all(|score| (0.0..=1.0).contains(score));
            OfTask::Classes { labels, ranking, is_probability }
        } else {
            OfTask::Numbers { label_ranks: Ranks::new(&fold.labels), score_ranks: Ranks::new(scores) }
        };
        let genes: Vec<&str> = fold.genes.iter().map(String::as_str).collect();
        let beyond = Beyond::new(&genes, &fold.labels, scores, &fold.expression, binary);
        JudgedRun { fold, scores, of_task, beyond }
    }

    fn figures(&self, counts: &[u32]) -> [Option<f64>; N_METRICS] {
        let JudgedRun { fold, scores, .. } = self;
        let count = |row: usize| counts[fold.units[row]];
        let [a, b, c] = match &self.of_task {
            OfTask::Classes { labels, ranking, is_probability } => {
                let brier = if *is_probability { brier_score(labels, scores, count) } else { None };
                [ranking.auroc(count), ranking.average_precision(count), brier]
            }
            OfTask::Numbers { label_ranks, score_ranks } => [
                pearson(&fold.labels, scores, count),
                spearman_of(label_ranks, score_ranks, count),
                mean_squared_error(&fold.labels, scores, count),
            ],
        };
        let [_, gain, order] = self.beyond.figures(scores, count);
        [a, b, c, gain, order]
    }
}

/// Means of figures; `None` where one of them is not defined.
pub(super) fn mean<const N: usize>(runs: impl Iterator<Item = [Option<f64>; N]>) -> [Option<f64>; N] {
    let (mut sums, mut count) = ([Some(0.0); N], 0.0);
    for figures in runs {
        count += 1.0;
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum = sum.zip(figure).map(|(sum, figure)| sum + figure));
    }
    sums.map(|sum| sum.filter(|_| count > 0.0).map(|sum| sum / count))
}

/// Sample standard deviations over the seeds.
fn seeds(runs: &[JudgedRun], model: &Candidate, units: usize) -> [Option<f64>; N_METRICS] {
    let counts = vec![1; units];
    let mut seeds: Vec<u64> = model.runs.iter().map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let of_seed = |seed: &u64| {
        let own = runs.iter().zip(&model.runs).filter(|(_, run)| run.seed == *seed);
        mean(own.map(|(run, _)| run.figures(&counts)))
    };
    let of_seeds: Vec<_> = seeds.iter().map(of_seed).collect();
    std::array::from_fn(|metric| {
        let values: Option<Vec<f64>> = of_seeds.iter().map(|figures| figures[metric]).collect();
        let values = values.filter(|values| values.len() > 1)?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some((squares / (values.len() - 1) as f64).sqrt())
    })
}

fn estimate(value: Option<f64>, mut drawn: Vec<f64>, bootstrap: &Bootstrap, binary: bool) -> Estimate {
    drawn.sort_by(f64::total_cmp);
    let end = |share: f64| value.and_then(|_| quantile(&drawn, share));
    let tail = (1.0 - bootstrap.confidence) / 2.0;
    let reason = match binary {
        true => "the genes of a fold have one label only, scores are not probabilities, or other samples are not known",
        false => "all labels or all scores of a fold are equal, or other samples are not known",
    };
    Estimate { value, low: end(tail), high: end(1.0 - tail), reason: value.is_none().then(|| reason.to_owned()) }
}

impl Difference {
    /// `None` without replicates.
    fn new(value: f64, mut drawn: Vec<f64>, bootstrap: &Bootstrap) -> Option<Self> {
        drawn.sort_by(f64::total_cmp);
        let tail = (1.0 - bootstrap.confidence) / 2.0;
        let (low, high) = (quantile(&drawn, tail)?, quantile(&drawn, 1.0 - tail)?);
        let below = drawn.iter().filter(|&&difference| difference <= 0.0).count();
        let above = drawn.iter().filter(|&&difference| difference >= 0.0).count();
        let p = (2.0 * (below.min(above) + 1) as f64 / (drawn.len() + 1) as f64).min(1.0);
        Some(Difference { value, low, high, p, p_holm: p })
    }
}

/// Holm's adjustment: the smallest P value times the number of tests, the next times one less, and so on,
/// none smaller than the one before.
fn holm(mut tests: Vec<&mut Difference>) {
    tests.sort_by(|a, b| a.p.total_cmp(&b.p));
    let (count, mut largest) = (tests.len(), 0.0f64);
    for (rank, test) in tests.into_iter().enumerate() {
        largest = largest.max(((count - rank) as f64 * test.p).min(1.0));
        test.p_holm = largest;
    }
}

#[cfg(test)]
mod tests;
