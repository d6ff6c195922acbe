//! How the members are added up: each in units of its own spread over the validation genes, so that none speaks
//! louder than another because its outputs are larger, and kinds alike (`docs/auto.md` has what fitted weights
//! gave).

use super::{KINDS, LINEAR_KIND, MEMBERS, Share};
use crate::learn::Task;
use crate::learn::calibration::Platt;

/// The members' lines and weights. `outputs` is [member][validation gene].
///
/// The sum is on the scale of the linear members' mean log-odds: their penalised likelihood is one of
/// probabilities, which that of a network that is stopped early, or a forest's share, is not. Of numbers, it is
/// on the line of least squares through the labels.
///
/// `count` says how much each kind counts.
pub fn weigh(task: Task, labels: &[f64], outputs: &[Vec<f64>], count: [f64; KINDS.len()]) -> Vec<Share> {
    let total: f64 = count.iter().sum();
    let as_f32 = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let members: Vec<(f64, f64)> = outputs.iter().map(|of| mean_and_sd(of)).collect();
    let z = |member: usize, gene: usize| over(outputs[member][gene] - members[member].0, members[member].1);
    let of_kind = |kind: &std::ops::Range<usize>| -> Vec<f64> {
        let n = kind.len() as f64;
        (0..labels.len()).map(|gene| kind.clone().map(|member| z(member, gene)).sum::<f64>() / n).collect()
    };
    let kinds: Vec<Vec<f64>> = KINDS.iter().map(of_kind).collect();
    let spreads: Vec<f64> = kinds.iter().map(|kind| mean_and_sd(kind).1).collect();
    let counted = || kinds.iter().zip(&spreads).zip(count);
    let sum = |gene: usize| counted().map(|((kind, &sd), count)| count * over(kind[gene], sd)).sum::<f64>();
    let stacked: Vec<f64> = (0..labels.len()).map(|gene| sum(gene) / total).collect();
    let scale = match task {
        Task::Classification => {
            let linear = KINDS[LINEAR_KIND].clone();
            let n = linear.len() as f64;
            let mean = |gene: usize| linear.clone().map(|member| outputs[member][gene]).sum::<f64>() / n;
            let (mean, sd) = mean_and_sd(&(0..labels.len()).map(mean).collect::<Vec<_>>());
            Platt { slope: over(sd, mean_and_sd(&stacked).1), offset: mean }
        }
        Task::Regression => Platt::least_squares(&stacked, labels),
    };
    let mut shares = Vec::new();
    for ((kind, spread), count) in KINDS.into_iter().zip(spreads).zip(count) {
        let weight = count / (total * kind.len() as f64);
        for member in kind {
            let (mean, sd) = members[member];
            let slope = over(scale.slope, sd * spread);
            let line = Platt { slope, offset: scale.offset - slope * mean };
            let valid = task.metric_of(&as_f32(labels), &as_f32(&outputs[member])).unwrap_or(f64::NAN);
            shares.push(Share { name: MEMBERS[member].to_owned(), line, weight, valid });
        }
    }
    shares
}

/// 0 where there is no spread.
fn over(value: f64, spread: f64) -> f64 {
    if spread > 1e-12 { value / spread } else { 0.0 }
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_count_alike_whatever_their_scale_and_the_sum_is_on_that_of_the_linear_members() {
        let label = |gene: usize| f64::from(u8::from(gene * 7 % 13 < 6));
        let labels: Vec<f64> = (0..200).map(label).collect();
        let noise = |member: usize, gene: usize| ((gene * 31 + member * 17) % 23) as f64 / 11.0 - 1.0;
        let output = |member: usize, gene: usize| match member {
            0 => 1000.0 * (labels[gene] + noise(0, gene)),
            8 => 0.25,
            _ => 2.0 * labels[gene] - 1.0 + noise(member, gene),
        };
        let outputs: Vec<Vec<f64>> =
            (0..MEMBERS.len()).map(|member| (0..200).map(|gene| output(member, gene)).collect()).collect();
        let shares = weigh(Task::Classification, &labels, &outputs, [1.0; 3]);
        assert!((shares.iter().map(|share| share.weight).sum::<f64>() - 1.0).abs() < 1e-12);
        let of_kind = |kind: std::ops::Range<usize>| -> Vec<f64> {
            let weight: f64 = shares[kind.clone()].iter().map(|share| share.weight).sum();
            let sum = |gene: usize| {
                kind.clone().map(|at| shares[at].weight * shares[at].line.apply(outputs[at][gene])).sum::<f64>()
            };
            (0..200).map(|gene| sum(gene) / weight).collect()
        };
        let spreads = KINDS.map(|kind| mean_and_sd(&of_kind(kind)).1);
        assert!(spreads.iter().all(|spread| (spread / spreads[0] - 1.0).abs() < 1e-9), "{spreads:?}");
        let linear: Vec<f64> = (0..200).map(|gene| (1..7).map(|at| outputs[at][gene]).sum::<f64>() / 6.0).collect();
        let (all, linear) = (mean_and_sd(&of_kind(0..MEMBERS.len())), mean_and_sd(&linear));
        assert!((all.0 - linear.0).abs() < 1e-9 && (all.1 - linear.1).abs() < 1e-9, "{all:?} {linear:?}");

        let half = weigh(Task::Classification, &labels, &outputs, [0.5, 1.0, 1.0]);
        let of_kind = |kind: std::ops::Range<usize>| half[kind].iter().map(|share| share.weight).sum::<f64>();
        assert!(KINDS.map(of_kind).iter().zip([0.2, 0.4, 0.4]).all(|(found, asked)| (found - asked).abs() < 1e-12));

        let numbers: Vec<f64> = labels.iter().map(|label| 50.0 * label + 7.0).collect();
        let shares = weigh(Task::Regression, &numbers, &outputs, [1.0; 3]);
        let sum = |gene: usize| {
            shares.iter().zip(&outputs).map(|(share, of)| share.weight * share.line.apply(of[gene])).sum::<f64>()
        };
        let (mean, _) = mean_and_sd(&(0..200).map(sum).collect::<Vec<_>>());
        assert!((mean - mean_and_sd(&numbers).0).abs() < 1e-9);
    }
}
