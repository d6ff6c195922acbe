//! Where a value stands among others: what makes the views of [`super`] the same for read counts, fold
//! change, −log10 p, depth and calls of 0 and 1, and for samples of any depth.

/// Most points that are kept of a distribution.
const MOST_POINTS: usize = 1024;

/// A distribution, as some of its values in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ecdf {
    /// Ascending.
    pub points: Vec<f32>,
}

impl Ecdf {
    /// Made from values in any order; keeps those that stand at even steps.
    pub fn of(mut values: Vec<f32>) -> Self {
        values.sort_unstable_by(f32::total_cmp);
        if values.len() > MOST_POINTS {
            let last = values.len() - 1;
            values = (0..MOST_POINTS).map(|at| values[at * last / (MOST_POINTS - 1)]).collect();
        }
        Ecdf { points: values }
    }

    /// The share of the values that are smaller, and half of those that are equal; 0.5 of none.
    pub fn rank(&self, value: f32) -> f64 {
        if self.points.is_empty() {
            return 0.5;
        }
        let below = self.points.partition_point(|&point| point < value);
        let up_to = self.points.partition_point(|&point| point <= value);
        (below + up_to) as f64 / (2 * self.points.len()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_ties_half_and_do_not_depend_on_the_scale() {
        let ecdf = Ecdf::of(vec![3.0, 0.0, 0.0, 1.0]);
        assert_eq!([-1.0, 0.0, 1.0, 2.0, 9.0].map(|value| ecdf.rank(value)), [0.0, 0.25, 0.625, 0.75, 1.0]);
        let values: Vec<f32> = (0..5000).map(|at| (at * 37 % 5000) as f32).collect();
        let (plain, squared) = (Ecdf::of(values.clone()), Ecdf::of(values.iter().map(|x| x * x).collect()));
        for value in [0.0f32, 100.0, 2500.0, 4990.0] {
            let rank = plain.rank(value);
            assert!((rank - f64::from(value) / 5000.0).abs() < 2e-3 && rank == squared.rank(value * value));
        }
        assert_eq!(Ecdf::default().rank(1.0), 0.5);
    }
}
