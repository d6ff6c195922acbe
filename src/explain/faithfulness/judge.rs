//! One row a method.

use candle_core::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::agreement::{WindowRanks, mean, planted};
use super::curves::{Ends, WindowCurves, curves};
use super::inputs::Inputs;
use super::order::{Order, magnitude, order, over_mean};
use crate::explain::{Method, Scorer, Subject};
use crate::learn::metrics::pearson;
use crate::matrix::{LayerName, Verdict};

/// The row of the order of the raw signal.
pub const SIGNAL: &str = "signal";

/// How one method, or one order that looks at no model, did. Areas and losses are parts of the mean
/// |score − score of the baseline|.
#[derive(Clone, Debug)]
pub struct Faithfulness {
    /// Name: of a method, or `signal` or `random`.
    pub name: &'static str,
    /// What its values say.
    pub unit: String,
    /// Area under the deletion curve; the less, the better.
    pub deletion: f64,
    /// Area under the insertion curve; the more, the better.
    pub insertion: f64,
    /// What is lost without the most important bins; the more, the better.
    pub comprehensiveness: f64,
    /// What is lost with the most important bins alone; the less, the better.
    pub sufficiency: f64,
    /// Insertion less deletion, less the same of raw signal; with the ends of its 95 % interval over
    /// windows.
    pub over_signal: [f64; 3],
    /// What follows of that.
    pub verdict: Verdict,
    /// Mean Spearman correlation of the members' or the other seeds' explanations.
    pub seeds: Option<f64>,
    /// Spearman correlation with the explanation of the model after its weights were shuffled; near 1,
    /// the method does not look at what was learnt.
    pub shuffled: Option<f64>,
    /// Spearman correlation with that of a model of permuted labels.
    pub permuted: Option<f64>,
    /// AUROC for the cells that decide, mean over windows: all, and those called expressed.
    pub planted: [Option<f64>; 2],
    /// Pearson correlation over bins of its mean on one mark, over the windows called expressed, with the
    /// held-out mark: of this model, and of the model of shuffled weights.
    pub held_out: [Option<f64>; 2],
    /// Spearman correlation with each row of the table.
    pub agreement: Vec<Option<f64>>,
}

/// Judges the methods, and with them two orders that ask no model: by signal (over the mark's mean), and
/// random ones. `done` is told of methods.
///
/// # Errors
/// If the device fails.
pub fn judge(inputs: &Inputs, done: impl Fn(Method)) -> Result<Vec<Faithfulness>> {
    let shape = inputs.model.shape();
    let size = shape.size();
    let ends = Ends::new(inputs.model, inputs.x, &inputs.settings.baseline)?;

    let mut rows: Vec<(Faithfulness, Vec<WindowCurves>, WindowRanks)> = Vec::new();
    for &method in inputs.methods {
        // each member by itself, of one or several models
        let orders = |models: &[&Subject]| {
            let members = models.iter().flat_map(|model| model.of(method));
            let each = members.map(|member| order(method, std::slice::from_ref(member), inputs, &ends));
            each.collect::<Result<Vec<_>>>()
        };
        let ranks = |order: &Order| WindowRanks::new(&magnitude(&order.importance), size);
        let members = inputs.model.of(method);
        let own = order(method, members, inputs, &ends)?;
        let shuffled: Option<Vec<_>> =
            members.iter().map(|member| member.shuffled(inputs.seed)).collect::<Result<_>>()?;
        let of_shuffled = shuffled.map(|shuffled| order(method, &shuffled, inputs, &ends)).transpose()?;
        let of_permuted = orders(&inputs.permuted.iter().collect::<Vec<_>>())?;
        let mut seeds: Vec<WindowRanks> =
            orders(&inputs.others.iter().collect::<Vec<_>>())?.iter().map(ranks).collect();
        match members {
            [_] => seeds.push(ranks(&own)),
            _ => seeds.extend(orders(&[inputs.model])?.iter().map(ranks)),
        }
        let own_ranks = ranks(&own);
        let pairs = (0..seeds.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let row = Faithfulness {
            seeds: mean(pairs.filter_map(|(a, b)| seeds[a].agreement(&seeds[b]))),
            shuffled: of_shuffled.as_ref().and_then(|order| own_ranks.agreement(&ranks(order))),
            permuted: mean(of_permuted.iter().filter_map(|order| own_ranks.agreement(&ranks(order)))),
            held_out: [Some(&own), of_shuffled.as_ref()].map(|order| held_out(inputs, &order?.values)),
            ..empty_row(method.name(), inputs.model.unit(method, inputs.settings.task))
        };
        rows.push(finish(row, &own, inputs, &ends)?);
        done(method);
    }
    let signal = over_mean(inputs.x, &shape);
    let signal = Order { values: inputs.x.to_vec(), importance: signal };
    let row = Faithfulness {
        held_out: [held_out(inputs, &signal.values), None],
        ..empty_row(SIGNAL, "input over the mark's mean".to_owned())
    };
    rows.push(finish(row, &signal, inputs, &ends)?);
    let mut rng = ChaCha8Rng::seed_from_u64(inputs.seed);
    let random: Vec<f32> = (0..inputs.x.len()).map(|_| rng.random_range(0.0..1.0)).collect();
    let random = Order { values: random.clone(), importance: random };
    rows.push(finish(empty_row("random", "none".to_owned()), &random, inputs, &ends)?);

    let of_signal = rows[rows.len() - 2].1.clone();
    let scale = mean(of_signal.iter().map(|window| window.whole.abs())).unwrap_or(1.0).max(f64::MIN_POSITIVE);
    let agreements: Vec<Vec<Option<f64>>> =
        rows.iter().map(|(_, _, a)| rows.iter().map(|(_, _, b)| a.agreement(b)).collect()).collect();
    let finished = rows.into_iter().zip(agreements).map(|((mut row, windows, _), agreement)| {
        let part = |of: fn(&WindowCurves) -> f64| mean(windows.iter().map(of)).unwrap_or(f64::NAN) / scale;
        (row.deletion, row.insertion) = (part(|window| window.deletion), part(|window| window.insertion));
        (row.comprehensiveness, row.sufficiency) =
            (part(|window| window.comprehensiveness), part(|window| window.sufficiency));
        let differences: Vec<f64> =
            windows.iter().zip(&of_signal).map(|(own, signal)| (own.gap() - signal.gap()) / scale).collect();
        row.over_signal = interval(&differences, inputs.seed);
        row.verdict = Verdict::new(row.over_signal, differences.len());
        row.agreement = agreement;
        row
    });
    Ok(finished.collect())
}

fn empty_row(name: &'static str, unit: String) -> Faithfulness {
    Faithfulness {
        name,
        unit,
        deletion: f64::NAN,
        insertion: f64::NAN,
        comprehensiveness: f64::NAN,
        sufficiency: f64::NAN,
        over_signal: [f64::NAN; 3],
        verdict: Verdict::NotJudged,
        seeds: None,
        shuffled: None,
        permuted: None,
        planted: [None; 2],
        held_out: [None; 2],
        agreement: Vec::new(),
    }
}

/// The curves of an order, and its score against the truth.
fn finish(
    mut row: Faithfulness,
    order: &Order,
    inputs: &Inputs,
    ends: &Ends,
) -> Result<(Faithfulness, Vec<WindowCurves>, WindowRanks)> {
    let size = inputs.model.shape().size();
    let magnitude = magnitude(&order.importance);
    if let Some(known) = inputs.known {
        let windows = planted(&magnitude, known, size);
        row.planted = [
            mean(windows.iter().flatten().copied()),
            mean(
                windows
                    .iter()
                    .zip(inputs.expressed)
                    .filter(|(_, expressed)| **expressed)
                    .filter_map(|(auroc, _)| *auroc),
            ),
        ];
    }
    let windows = curves(inputs.model, inputs.x, &order.importance, ends)?;
    Ok((row, windows, WindowRanks::new(&magnitude, size)))
}

/// Pearson's r over the bins of the mean values on one mark and the held-out signal, over the windows
/// called expressed.
fn held_out(inputs: &Inputs, values: &[f32]) -> Option<f64> {
    let held_out = inputs.held_out?;
    let shape = inputs.model.shape();
    let window = shape.part(LayerName::Window)?;
    let (mark, bins) = (window.channels().nth(held_out.mark)?, window.positions);
    let (mut seen, mut unseen) = (vec![0.0; bins], vec![0.0; bins]);
    let add = |sums: &mut [f64], window: usize, row: &[f32]| {
        let place = |bin: usize| if held_out.flipped[window] { bins - 1 - bin } else { bin };
        (0..bins).for_each(|bin| sums[place(bin)] += f64::from(row[bin]));
    };
    for window in (0..inputs.expressed.len()).filter(|&window| inputs.expressed[window]) {
        add(&mut seen, window, &values[window * shape.size()..][mark.clone()]);
        add(&mut unseen, window, &held_out.signal[window * bins..][..bins]);
    }
    pearson(&seen, &unseen, |_| 1)
}

/// Mean, and the ends of its 95 % bootstrap interval.
fn interval(values: &[f64], seed: u64) -> [f64; 3] {
    const REPLICATES: usize = 1000;
    if values.is_empty() {
        return [f64::NAN; 3];
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..REPLICATES)
        .map(|_| {
            (0..values.len()).map(|_| values[rng.random_range(0..values.len())]).sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    [values.iter().sum::<f64>() / values.len() as f64, means[REPLICATES / 40], means[REPLICATES - 1 - REPLICATES / 40]]
}
