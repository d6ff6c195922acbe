//! What scores say beyond what is known of a gene without its signal: its expression in other samples. A gene that is
//! expressed everywhere is easy to call; what differs between samples is what the signal is needed for.

use std::collections::HashMap;

use super::{Ranking, pearson};

/// Rows that are judged together, with what does not depend on how often one counts.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// Rows whose expression in other samples is known.
    known: Vec<usize>,
    /// Their order by score, and by that expression.
    orders: [Order; 2],
    /// Rows of one gene in two samples, the one with the larger label first.
    pairs: Vec<(usize, usize)>,
}

/// Names of the figures of [`Beyond`].
pub const BEYOND: [&str; 3] = ["expression_mean", "gain", "order"];

impl Beyond {
    /// Prepares rows: the gene of each, its label, its score, and its mean expression in other samples. `binary` says
    /// whether labels are 0 and 1.
    pub fn new(genes: &[&str], labels: &[f64], scores: &[f64], expression: &[Option<f64>], binary: bool) -> Self {
        let known: Vec<usize> = (0..genes.len()).filter(|&row| expression[row].is_some()).collect();
        let of_labels: Vec<f64> = known.iter().map(|&row| labels[row]).collect();
        let order =
            |of: &dyn Fn(usize) -> f64| Order::new(&of_labels, known.iter().map(|&row| of(row)).collect(), binary);
        let orders = [order(&|row| scores[row]), order(&|row| expression[row].unwrap_or_default())];
        let mut rows_of: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut pairs = Vec::new();
        for (row, &gene) in genes.iter().enumerate() {
            let earlier = rows_of.entry(gene).or_default();
            pairs.extend(earlier.iter().filter_map(|&other| match labels[row].total_cmp(&labels[other]) {
                std::cmp::Ordering::Greater => Some((row, other)),
                std::cmp::Ordering::Less => Some((other, row)),
                std::cmp::Ordering::Equal => None,
            }));
            earlier.push(row);
        }
        Beyond { known, orders, pairs }
    }

    /// The headline (AUROC, or for numbers Pearson's correlation) of the expression in other samples; how far that of
    /// the scores is ahead on the same rows; and the share of pairs of rows of one gene with different labels that
    /// the scores put in the right order, ties counted half. Row `i` counts `count(i)` times.
    pub fn figures(&self, scores: &[f64], count: impl Fn(usize) -> u32) -> [Option<f64>; 3] {
        let [own, expression] = self.orders.each_ref().map(|order| order.headline(|at| count(self.known[at])));
        let (mut right, mut all) = (0.0, 0.0);
        for &(high, low) in &self.pairs {
            let times = f64::from(count(high));
            all += times;
            right += times
                * f64::midpoint(
                    1.0,
                    (scores[high] - scores[low]).partial_cmp(&0.0).map_or(0.0, |order| f64::from(order as i8)),
                );
        }
        [expression, own.zip(expression).map(|(own, other)| own - other), (all > 0.0).then(|| right / all)]
    }
}

/// What a headline is made of.
#[derive(Clone, Debug)]
enum Order {
    Classes(Ranking),
    Numbers { labels: Vec<f64>, values: Vec<f64> },
}

impl Order {
    fn new(labels: &[f64], values: Vec<f64>, binary: bool) -> Self {
        if binary {
            return Order::Classes(Ranking::new(
                &labels.iter().map(|&label| label == 1.0).collect::<Vec<_>>(),
                &values,
            ));
        }
        Order::Numbers { labels: labels.to_vec(), values }
    }

    fn headline(&self, count: impl Fn(usize) -> u32) -> Option<f64> {
        match self {
            Order::Classes(ranking) => ranking.auroc(count),
            Order::Numbers { labels, values } => pearson(labels, values, count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gain_is_over_rows_of_known_expression_and_pairs_are_of_one_gene() {
        let genes = ["a", "b", "c", "a", "b", "c"];
        let labels = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let scores = [0.9, 0.2, 0.6, 0.7, 0.1, 0.8];
        let expression = [Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(0.0), None];
        let beyond = Beyond::new(&genes, &labels, &scores, &expression, true);
        // of rows 0 to 4, positives 0 and 2: by expression above 1 and 2 of the three negatives, by score 3 and 2
        let [expression, gain, order] = beyond.figures(&scores, |_| 1).map(Option::unwrap);
        assert!((expression - 3.0 / 6.0).abs() < 1e-12 && (gain - 2.0 / 6.0).abs() < 1e-12, "{expression} {gain}");
        // only gene a differs, and it is in the right order
        assert_eq!(order, 1.0);
        let tied = [0.7, 0.2, 0.6, 0.7, 0.1, 0.8];
        assert_eq!(beyond.figures(&tied, |_| 1)[2], Some(0.5));
        assert_eq!(beyond.figures(&scores, |row| u32::from(row % 3 != 0))[2], None);
        let none = Beyond::new(&genes[..3], &labels[..3], &scores[..3], &[None; 3], true);
        assert_eq!(none.figures(&scores[..3], |_| 1), [None; 3]);
    }

    #[test]
    fn numbers_have_a_gain_of_correlation() {
        let labels = [1.0, 2.0, 3.0, 4.0];
        let expression = [Some(2.0), Some(1.0), Some(4.0), Some(3.0)];
        let beyond = Beyond::new(&["a", "b", "c", "d"], &labels, &labels, &expression, false);
        let [expression, gain, order] = beyond.figures(&labels, |_| 1);
        assert!((expression.unwrap() - 0.6).abs() < 1e-12 && (gain.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(order, None);
    }
}
