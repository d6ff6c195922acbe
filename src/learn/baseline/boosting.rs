//! Gradient boosting (Friedman, Annals of Statistics 2001; stochastic, 2002): shallow trees, each on a
//! bootstrap sample and on what the trees before it leave over; of classes the leaves take a Newton step
//! on the log-odds.

use super::trees::{Growth, grow};
use super::{FitError, Table, Trees};

/// Share of each tree's step that is taken.
pub const SHRINKAGE: f64 = 0.05;
/// Depth of a tree.
const DEPTH: u16 = 3;
/// Largest step of a leaf in log-odds, for leaves whose genes are all of one class.
const LARGEST_STEP: f64 = 4.0;

/// Boosted trees and what the sum starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Boosted {
    /// Log-odds of the labels, or their mean.
    pub bias: f64,
    /// Their sum is added: shrinkage is in their values.
    pub trees: Trees,
}

/// Boosts for `rounds`, and tells `after` of the sums over the trees of the genes in `watched` after each;
/// stops when it says so.
///
/// # Errors
/// If all labels are equal, or the library finds no tree.
pub fn boost(
    (table, labels): (&Table, &[f64]),
    watched: &Table,
    is_class: bool,
    rounds: u32,
    seed: u64,
    mut after: impl FnMut(u32, &[f64]) -> bool,
) -> Result<Boosted, FitError> {
    if labels.iter().all(|label| *label == labels[0]) {
        return Err(FitError::OneLabel);
    }
    let mean = labels.iter().sum::<f64>() / labels.len() as f64;
    let bias = if is_class { (mean / (1.0 - mean)).ln() } else { mean };
    let (mut sums, mut watched_sums) = (vec![bias; table.len()], vec![bias; watched.len()]);
    let mut trees = Trees::default();
    let growth = Growth {
        depth: Some(DEPTH),
        leaf: (labels.len() / 50).clamp(3, 20),
        features: (table.n_features() / 3).max(1),
    };
    for round in 0..rounds {
        let expected = |sum: f64| if is_class { 1.0 / (1.0 + (-sum).exp()) } else { sum };
        let rest: Vec<f64> = labels.iter().zip(&sums).map(|(label, &sum)| label - expected(sum)).collect();
        let mut tree = grow(table, &rest, growth, 1, seed.wrapping_mul(1_000_003).wrapping_add(u64::from(round)))?;
        // the leaves' steps, from all genes
        let leaves: Vec<usize> = table.rows().map(|row| tree.leaf(0, row)).collect();
        let mut steps = vec![(0.0, 1e-6); tree.value.len()];
        for ((&leaf, rest), &sum) in leaves.iter().zip(&rest).zip(&sums) {
            let p = expected(sum);
            steps[leaf].0 += rest;
            steps[leaf].1 += if is_class { p * (1.0 - p) } else { 1.0 };
        }
        let limit = if is_class { LARGEST_STEP } else { f64::INFINITY };
        for (value, (gradient, curvature)) in tree.value.iter_mut().zip(steps) {
            *value = SHRINKAGE * (gradient / curvature).clamp(-limit, limit);
        }
        sums.iter_mut().zip(&leaves).for_each(|(sum, &leaf)| *sum += tree.value[leaf]);
        watched_sums.iter_mut().zip(watched.rows()).for_each(|(sum, row)| *sum += tree.predict(row));
        trees.append(&tree);
        if after(round, &watched_sums) {
            break;
        }
    }
    Ok(Boosted { bias, trees })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_it_tells_are_those_of_its_trees_and_the_loss_falls() {
        let mut table = Table::new(2);
        let labels: Vec<f64> = (0..300)
            .map(|gene| {
                let (a, b) = (f64::from(gene * 7 % 31), f64::from(gene * 11 % 23));
                table.push(&[a, b]);
                (a - 15.0) * (b - 11.0)
            })
            .collect();
        let classes: Vec<f64> = labels.iter().map(|&y| f64::from(y > 0.0)).collect();
        for (labels, is_class) in [(&labels, false), (&classes, true)] {
            let mut told = Vec::new();
            let boosted = boost((&table, labels), &table, is_class, 150, 1, |_, sums| {
                told = sums.to_vec();
                false
            });
            let boosted = boosted.unwrap();
            assert_eq!(boosted.trees.len(), 150);
            let sums: Vec<f64> = table.rows().map(|row| boosted.bias + boosted.trees.predict(row)).collect();
            assert!(sums.iter().zip(&told).all(|(a, b)| (a - b).abs() < 1e-9));
            if is_class {
                let hits = sums.iter().zip(&classes).filter(|(sum, class)| (**sum > 0.0) == (**class == 1.0));
                assert!(hits.count() > 285);
            } else {
                let squares = |of: &dyn Fn(usize) -> f64| (0..300).map(|gene| of(gene).powi(2)).sum::<f64>();
                assert!(squares(&|gene| labels[gene] - sums[gene]) < 0.5 * squares(&|gene| labels[gene]));
            }
        }
    }
}
