//! How the members are added up: each in units of its own spread over the validation genes, so that none speaks
//! louder than another because its outputs are larger. No weight is fitted: of a few hundred genes, fitted weights are
//! no better than given ones.

use super::{COUNTS, LINEAR, MEMBERS, Share};
use crate::learn::Task;
use crate::learn::calibration::Platt;

/// The members' lines and weights. `outputs` is [member][validation gene].
///
/// The sum is on the scale of the linear member's log-odds: its penalised likelihood is one of probabilities, which
/// that of a network that is stopped early, or a forest's share, is not. For numbers, it is on the line of least
/// squares through the labels.
pub fn weigh(task: Task, labels: &[f64], outputs: &[Vec<f64>]) -> Vec<Share> {
    let total: f64 = COUNTS.iter().sum();
    let as_f32 = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let members: Vec<(f64, f64)> = outputs.iter().map(|of| mean_and_sd(of)).collect();
    let stacked = |gene: usize| -> f64 {
        let counted = outputs.iter().zip(&members).zip(COUNTS);
        counted.map(|((of, (mean, sd)), count)| count / total * over(of[gene] - mean, *sd)).sum()
    };
    let stacked: Vec<f64> = (0..labels.len()).map(stacked).collect();
    let scale = match task {
        Task::Classification => {
            let (mean, sd) = members[LINEAR];
            Platt { slope: over(sd, mean_and_sd(&stacked).1), offset: mean }
        }
        Task::Regression => Platt::least_squares(&stacked, labels),
    };
    let share = |at: usize| {
        let (mean, sd) = members[at];
        let slope = over(scale.slope, sd);
        let line = Platt { slope, offset: scale.offset - slope * mean };
        let valid = task.metric_of(&as_f32(labels), &as_f32(&outputs[at])).unwrap_or(f64::NAN);
        Share { name: MEMBERS[at].to_owned(), line, weight: COUNTS[at] / total, valid }
    };
    (0..MEMBERS.len()).map(share).collect()
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
    fn members_count_as_given_whatever_their_scale_and_the_sum_is_on_that_of_the_linear_one() {
        let label = |gene: usize| f64::from(u8::from(gene * 7 % 13 < 6));
        let labels: Vec<f64> = (0..200).map(label).collect();
        let noise = |member: usize, gene: usize| ((gene * 31 + member * 17) % 23) as f64 / 11.0 - 1.0;
        let scales = [1000.0, 2.0, 0.01];
        let output = |member: usize, gene: usize| scales[member] * (labels[gene] + noise(member, gene)) - 1.0;
        let outputs: Vec<Vec<f64>> =
            (0..MEMBERS.len()).map(|member| (0..200).map(|gene| output(member, gene)).collect()).collect();
        let shares = weigh(Task::Classification, &labels, &outputs);
        assert!((shares.iter().map(|share| share.weight).sum::<f64>() - 1.0).abs() < 1e-12);
        let of = |member: usize| -> Vec<f64> {
            outputs[member].iter().map(|&output| shares[member].line.apply(output)).collect()
        };
        let spreads: Vec<f64> = (0..MEMBERS.len()).map(|member| mean_and_sd(&of(member)).1).collect();
        assert!(spreads.iter().all(|spread| (spread / spreads[0] - 1.0).abs() < 1e-9), "{spreads:?}");
        let sum = |gene: usize| (0..MEMBERS.len()).map(|member| shares[member].weight * of(member)[gene]).sum::<f64>();
        let (all, linear) = (mean_and_sd(&(0..200).map(sum).collect::<Vec<_>>()), mean_and_sd(&outputs[LINEAR]));
        assert!((all.0 - linear.0).abs() < 1e-9 && (all.1 - linear.1).abs() < 1e-9, "{all:?} {linear:?}");

        let numbers: Vec<f64> = labels.iter().map(|label| 50.0 * label + 7.0).collect();
        let shares = weigh(Task::Regression, &numbers, &outputs);
        let sum = |gene: usize| {
            shares.iter().zip(&outputs).map(|(share, of)| share.weight * share.line.apply(of[gene])).sum::<f64>()
        };
        assert!((mean_and_sd(&(0..200).map(sum).collect::<Vec<_>>()).0 - mean_and_sd(&numbers).0).abs() < 1e-6);
        // a member that says the same of every gene says nothing
        let mut constant = outputs.clone();
        constant[2].fill(0.25);
        let shares = weigh(Task::Classification, &labels, &constant);
        assert!(shares.iter().all(|share| share.line.slope.is_finite() && share.line.offset.is_finite()));
        assert_eq!(shares[2].line.slope, 0.0);
    }
}
