//! Contributions: what each number of a row adds to the model's output, against a baseline row. They add up to the
//! difference of the two outputs, whatever the model is: a network by DeepLIFT, a linear model exactly, trees by their
//! Shapley values, a stack as the sum of its members.

use candle_core::Result;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deep_lift::{DeepLift, Rule};
use super::mean;
use super::trees::TreeShapley;
use crate::learn::baseline::{Feature, Fit, Seen, Statistic, Trees, log_odds, log_odds_slope};
use crate::learn::{Source, Trained, network_row};
use crate::matrix::{LayerName, RowShape};

/// What a gene is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ContributionsBaseline")]
pub enum Baseline {
    /// A region without any signal: what does the signal that is there do?
    #[default]
    Empty,
    /// The median of the sample's genes at each place: what sets this gene apart? For marks of silent genes, whose
    /// absence counts too
    Median,
}

impl Baseline {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Baseline::Empty => "empty",
            Baseline::Median => "median",
        }
    }

    /// The baseline row, from rows of the sample's genes as the model takes them, `size` numbers each.
    pub fn row(self, rows: &[f32], size: usize) -> Vec<f32> {
        let median = |at: usize| {
            let column = rows.chunks_exact(size).map(|row| row[at]);
            let mut column: Vec<f32> = column.filter(|value| !value.is_nan()).collect();
            if column.is_empty() {
                return 0.0;
            }
            let middle = column.len() / 2;
            *column.select_nth_unstable_by(middle, f32::total_cmp).1
        };
        match self {
            Baseline::Empty => vec![0.0; size],
            Baseline::Median => (0..size).into_par_iter().map(median).collect(),
        }
    }
}

/// What each number of rows `x` of this shape adds to the model's output; NaN where the row has none. `None` of a model
/// that cannot be laid open. `done` is told of rows.
///
/// A place that is not known in the row is not in the baseline either.
///
/// # Errors
/// If the device fails.
pub(super) fn of_model(
    model: &dyn Trained,
    shape: &RowShape,
    x: &[f32],
    baseline: &[f32],
    done: &(dyn Fn(usize) + Sync),
) -> Result<Option<Vec<f32>>> {
    let summands = model.summands();
    if summands.is_empty() {
        return Ok(None);
    }
    let mut values: Vec<f64> = x.iter().map(|value| if value.is_nan() { f64::NAN } else { 0.0 }).collect();
    let size = shape.size();
    let last = summands.len() - 1;
    for (at, summand) in summands.into_iter().enumerate() {
        match summand.source {
            Source::Networks(network) => {
                let own = network_row(&network.config());
                let flat = network.to_flat()?;
                let mut of_members = Vec::new();
                for member in 0..network.n_models() {
                    let weights = flat.narrow(0, member, 1)?.flatten_all()?.to_vec1::<f32>()?;
                    let open = DeepLift::new(&network.config(), &weights).with_missing(network.missing());
                    let (reference, rows) = (shape.narrow(baseline, &own), shape.narrow(x, &own));
                    of_members.push(open.against(&reference, &rows, Rule::Rescale, |_| ()));
                }
                let found = mean(&of_members);
                for (row, found) in values.chunks_exact_mut(size).zip(found.chunks_exact(own.size())) {
                    let mut taken = 0;
                    for part in own.parts() {
                        let Some(to) = shape.part(part.layer) else { continue };
                        for (value, found) in row[to.range.clone()].iter_mut().zip(&found[taken..]) {
                            *value += summand.weight * f64::from(*found);
                        }
                        taken += part.range.len();
                    }
                }
            }
            Source::Kmers(fit) => {
                let Some(part) = shape.part(LayerName::Sequence) else { continue };
                let sequences: Vec<f32> =
                    x.chunks_exact(size).flat_map(|row| &row[part.range.clone()]).copied().collect();
                let found = fit.contributions(&sequences, part.positions);
                for ((values, row), found) in values.chunks_exact_mut(size).zip(x.chunks_exact(size)).zip(found) {
                    let Some(found) = found else { continue };
                    for channel in part.channels() {
                        let bases = channel.zip(&found).filter(|(at, _)| row[*at] > 0.5);
                        bases.for_each(|(at, found)| values[at] += summand.weight * found);
                    }
                }
            }
            Source::Features(seen, fit) => {
                let features = OfFeatures::new(&seen, &fit);
                values.par_chunks_exact_mut(size).zip(x.par_chunks_exact(size)).for_each(|(values, row)| {
                    features.add(row, baseline, summand.weight, values);
                    done(usize::from(at == last));
                });
            }
        }
    }
    Ok(Some(values.into_iter().map(|value| value as f32).collect()))
}

/// A fit of features, laid open.
struct OfFeatures<'a> {
    seen: &'a Seen,
    fit: &'a Fit,
    shapley: Option<TreeShapley>,
}

impl<'a> OfFeatures<'a> {
    fn new(seen: &'a Seen, fit: &'a Fit) -> Self {
        let shapley = match fit {
            Fit::Linear(_) => None,
            Fit::Trees { trees, .. } => Some(TreeShapley::new(trees)),
        };
        OfFeatures { seen, fit, shapley }
    }

    /// Adds `weight` times what each number of a row contributes.
    fn add(&self, row: &[f32], baseline: &[f32], weight: f64, values: &mut [f64]) {
        // what is not known of the gene is not known of the baseline
        let known = row.iter().zip(baseline).map(|(value, baseline)| if value.is_nan() { f32::NAN } else { *baseline });
        let baseline: Vec<f32> = known.collect();
        let (here, there) = (self.seen.of(row), self.seen.of(&baseline));
        let (parts, is_linear) = match (self.fit, &self.shapley) {
            (Fit::Trees { bias, trees, is_share }, Some(shapley)) => {
                (of_trees(trees, shapley, (*bias, *is_share), &here, &there), false)
            }
            (Fit::Linear(linear), _) => {
                let differences = here.iter().zip(&there).map(|(here, there)| here - there);
                (linear.weight.iter().zip(differences).map(|(weight, difference)| weight * difference).collect(), true)
            }
            (Fit::Trees { .. }, None) => return,
        };
        for ((feature, part), (here, there)) in self.seen.list.iter().zip(parts).zip(here.iter().zip(&there)) {
            if part != 0.0 && here != there {
                share(feature, weight * part, (row, &baseline), is_linear, values);
            }
        }
    }
}

/// What each feature adds to a forest's output.
fn of_trees(
    trees: &Trees,
    shapley: &TreeShapley,
    (bias, is_share): (f64, bool),
    here: &[f64],
    there: &[f64],
) -> Vec<f64> {
    let mut parts = shapley.values(here, there);
    if is_share {
        // the log-odds by the chord, as DeepLIFT passes a function
        let [from, to] = [there, here].map(|features| bias + trees.predict(features));
        let slope =
            if (to - from).abs() > 1e-9 { (log_odds(to) - log_odds(from)) / (to - from) } else { log_odds_slope(to) };
        parts.iter_mut().for_each(|part| *part *= slope);
    }
    parts
}

/// Shares what a feature adds among its positions.
///
/// The mean: of a linear model by each position's own difference, which is exact; of trees, which ask whether the mean
/// is above a threshold, among the positions that differ in the direction of the mean, so that no two large parts of
/// opposite sign stand for a small difference. The largest: to the position where it is, as DeepLIFT passes a maximum.
fn share(feature: &Feature, part: f64, (row, baseline): (&[f32], &[f32]), is_linear: bool, values: &mut [f64]) {
    let range = feature.range.clone();
    let difference = |at: usize| f64::from(row[at]) - f64::from(baseline[at]);
    match feature.statistic {
        Statistic::Mean => {
            let total: f64 = range.clone().map(difference).sum();
            let is_counted = |at: usize| is_linear || difference(at) * total > 0.0;
            let counted: f64 = range.clone().filter(|&at| is_counted(at)).map(difference).sum();
            if counted != 0.0 {
                for at in range.filter(|&at| is_counted(at)) {
                    values[at] += part * difference(at) / counted;
                }
            }
        }
        Statistic::Largest => {
            let largest = |of: &[f32]| range.clone().max_by(|&a, &b| of[a].total_cmp(&of[b])).unwrap_or(range.start);
            let (here, there) = (largest(row), largest(baseline));
            values[if row[here] >= baseline[there] { here } else { there }] += part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::baseline::{FeatureSet, Growth, Linear, Table};

    const SIZE: usize = 24;

    fn shape() -> RowShape {
        RowShape::of([(LayerName::Window, 2, 8), (LayerName::Body, 2, 4)])
    }

    fn rows(n: usize) -> Vec<f32> {
        (0..n * SIZE).map(|at| ((at * 7919 + at / SIZE * 31) % 1009 % 40) as f32 / 4.0 - 1.0).collect()
    }

    fn check(fit: &Fit, set: FeatureSet, is_log: bool, baseline: &[f32]) {
        let mut rows = rows(60);
        // a gene without a known end
        rows[5 * SIZE + 16..6 * SIZE].fill(f32::NAN);
        let list = set.list(&shape(), 4);
        let seen = Seen { middle: vec![0.25; list.len()], list, is_log };
        let open = OfFeatures::new(&seen, fit);
        for row in rows.chunks_exact(SIZE) {
            let mut values = vec![0.0; SIZE];
            open.add(row, baseline, 2.0, &mut values);
            let known: Vec<f32> = row.iter().zip(baseline).map(|(x, b)| if x.is_nan() { *x } else { *b }).collect();
            let expected = 2.0 * (fit.output(&seen.of(row)) - fit.output(&seen.of(&known)));
            let sum: f64 = values.iter().sum();
            assert!((sum - expected).abs() < 1e-9, "{sum} {expected}");
            // what is as in the baseline adds nothing
            assert!(row.iter().zip(&known).zip(&values).all(|((x, b), value)| x != b || *value == 0.0));
        }
    }

    #[test]
    fn contributions_of_linear_models_and_trees_add_up() {
        let rows = rows(200);
        for set in [FeatureSet::Bins, FeatureSet::Sums, FeatureSet::Max, FeatureSet::All] {
            let list = set.list(&shape(), 4);
            let mut table = Table::new(list.len());
            for row in rows.chunks_exact(SIZE) {
                table.push(&list.iter().map(|feature| feature.of(row, true)).collect::<Vec<_>>());
            }
            let labels: Vec<f64> = rows.chunks_exact(SIZE).map(|row| f64::from(row[3] + row[9] > row[17])).collect();
            let growth = Growth { depth: None, leaf: 3, features: 3 };
            let trees = Trees::extra(&table, &labels, growth, 20, 1);
            let weight = (0..list.len()).map(|at| (at * 5 % 7) as f64 - 3.0).collect();
            let fits = [
                Fit::Linear(Linear { weight, bias: 0.7 }),
                Fit::Trees { bias: 0.0, trees: trees.clone(), is_share: true },
                Fit::Trees { bias: 0.1, trees, is_share: false },
            ];
            for fit in &fits {
                for is_log in [true, false] {
                    check(fit, set, is_log, &[0.0; SIZE]);
                    check(fit, set, is_log, &Baseline::Median.row(&rows, SIZE));
                }
            }
        }
    }

    #[test]
    fn a_linear_model_of_bins_is_explained_by_its_weights() {
        let list = FeatureSet::Bins.list(&shape(), 8);
        let weight: Vec<f64> = (0..SIZE).map(|at| at as f64 - 7.0).collect();
        let fit = Fit::Linear(Linear { weight: weight.clone(), bias: 3.0 });
        let seen = Seen { middle: vec![0.0; list.len()], list, is_log: true };
        let (rows, mut values) = (rows(1), vec![0.0; SIZE]);
        OfFeatures::new(&seen, &fit).add(&rows, &[0.5; SIZE], 1.0, &mut values);
        for at in 0..SIZE {
            assert!((values[at] - weight[at] * (f64::from(rows[at]) - 0.5)).abs() < 1e-12);
        }
    }

    #[test]
    fn baselines_are_empty_or_the_median_of_what_is_known() {
        let rows = [1.0, f32::NAN, 3.0, 5.0, 9.0, f32::NAN];
        assert_eq!(Baseline::Median.row(&rows, 2), [3.0, 5.0]);
        assert_eq!(Baseline::Empty.row(&rows, 2), [0.0, 0.0]);
        assert_eq!(Baseline::Median.row(&[f32::NAN], 1), [0.0]);
    }
}
