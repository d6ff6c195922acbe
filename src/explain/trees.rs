//! Exact interventional Shapley values of trees against one reference (Lundberg et al., Nature Machine Intelligence
//! 2020): what each feature adds to the sum of the trees, averaged over all orders in which the features could change
//! from the reference's value to the gene's.

use crate::learn::baseline::Trees;

/// Trees, laid open: what each feature adds to their sum; adds up to the difference exactly.
pub(super) struct TreeShapley {
    /// First node of each tree.
    start: Vec<u32>,
    nodes: Vec<TreeNode>,
    /// p! q! / (p + q + 1)! at p × width + q, for as many features as a path can hold.
    weights: Vec<f64>,
    width: usize,
}

/// A node, with all that a walk asks of it in one place.
#[derive(Clone, Copy)]
struct TreeNode {
    /// Threshold, or the value of a leaf.
    number: f64,
    /// Feature; negative of a leaf.
    feature: i32,
    /// The nodes of values up to the threshold, and above it.
    child: [u32; 2],
}

/// A feature on the way down: whose value has been followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Followed {
    Neither,
    Here,
    There,
}

/// A walk down one tree, along the values of either.
struct Walk<'a> {
    of: &'a TreeShapley,
    here: &'a [f64],
    there: &'a [f64],
    followed: &'a mut [Followed],
    values: &'a mut [f64],
}

impl TreeShapley {
    /// For these trees.
    pub fn new(trees: &Trees) -> Self {
        let deepest = depth(trees);
        let mut factorials = vec![1.0f64];
        (1..=2 * deepest + 1).for_each(|n| factorials.push(factorials[n - 1] * n as f64));
        let weight = |p: usize, q: usize| factorials[p] * factorials[q] / factorials[p + q + 1];
        let width = deepest + 1;
        let node = |at: usize| TreeNode {
            number: if trees.feature[at] < 0 { trees.value[at] } else { trees.threshold[at] },
            feature: trees.feature[at],
            child: trees.child[at].map(|child| child as u32),
        };
        TreeShapley {
            start: trees.start.iter().map(|&start| start as u32).collect(),
            nodes: (0..trees.feature.len()).map(node).collect(),
            weights: (0..width * width).map(|at| weight(at / width, at % width)).collect(),
            width,
        }
    }

    /// Values, one a feature, for `here` against `there`.
    pub fn values(&self, here: &[f64], there: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; here.len()];
        let mut followed = vec![Followed::Neither; here.len()];
        let mut walk = Walk { of: self, here, there, followed: &mut followed, values: &mut values };
        for &start in &self.start {
            walk.node(start, 0, 0);
        }
        values
    }
}

impl Walk<'_> {
    /// What the leaves below give to each feature that followed `here` on the way to them, and take from each that
    /// followed `there`; so many features did.
    fn node(&mut self, mut node: u32, n_here: usize, n_there: usize) -> (f64, f64) {
        loop {
            let TreeNode { number, feature, child } = self.of.nodes[node as usize];
            if feature < 0 {
                let weight = |p: usize, q: usize| number * self.of.weights[p * self.of.width + q];
                let give = if n_here > 0 { weight(n_here - 1, n_there) } else { 0.0 };
                let take = if n_there > 0 { weight(n_here, n_there - 1) } else { 0.0 };
                return (give, take);
            }
            let feature = feature as usize;
            let [to_here, to_there] =
                [self.here, self.there].map(|values| child[usize::from(values[feature] > number)]);
            node = match self.followed[feature] {
                _ if to_here == to_there => to_here,
                Followed::Here => to_here,
                Followed::There => to_there,
                Followed::Neither => {
                    self.followed[feature] = Followed::Here;
                    let of_here = self.node(to_here, n_here + 1, n_there);
                    self.followed[feature] = Followed::There;
                    let of_there = self.node(to_there, n_here, n_there + 1);
                    self.followed[feature] = Followed::Neither;
                    self.values[feature] += of_here.0 - of_there.1;
                    return (of_here.0 + of_there.0, of_here.1 + of_there.1);
                }
            };
        }
    }
}

/// Questions on the longest way to a leaf.
fn depth(trees: &Trees) -> usize {
    let mut depths = vec![0usize; trees.feature.len()];
    // children stand behind their parents
    for node in 0..depths.len() {
        if trees.feature[node] >= 0 {
            trees.child[node].iter().for_each(|&child| depths[child as usize] = depths[node] + 1);
        }
    }
    depths.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// By the definition: the mean over all orders.
    fn brute_force(trees: &Trees, here: &[f64], there: &[f64]) -> Vec<f64> {
        let n = here.len();
        let value = |set: usize| {
            let mixed: Vec<f64> = (0..n).map(|at| if set >> at & 1 == 1 { here[at] } else { there[at] }).collect();
            trees.predict(&mixed)
        };
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        let of = |feature: usize| -> f64 {
            let others = (0..1usize << n).filter(|set| set >> feature & 1 == 0);
            let gain = |set: usize| {
                let size = set.count_ones() as usize;
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                weight * (value(set | 1 << feature) - value(set))
            };
            others.map(gain).sum()
        };
        (0..n).map(of).collect()
    }

    #[test]
    fn values_are_those_of_the_definition() {
        let mut table = crate::learn::baseline::Table::new(6);
        let number = |gene: usize, at: usize| ((gene * 37 + at * 101 + gene * gene * (at + 3)) % 97) as f64 / 10.0;
        let rows: Vec<Vec<f64>> = (0..300).map(|gene| (0..6).map(|at| number(gene, at)).collect()).collect();
        rows.iter().for_each(|row| table.push(row));
        let label = |row: &Vec<f64>| f64::from(row[0] * row[1] - row[2] * row[3] + row[4] > 4.0);
        let labels: Vec<f64> = rows.iter().map(label).collect();
        let growth = crate::learn::baseline::Growth { depth: None, leaf: 2, features: 3 };
        let trees = Trees::extra(&table, &labels, growth, 7, 1);
        let shapley = TreeShapley::new(&trees);
        for (here, there) in rows.iter().zip(rows.iter().skip(1)).take(40).chain([(&rows[0], &vec![0.0; 6])]) {
            let values = shapley.values(here, there);
            for (found, expected) in values.iter().zip(brute_force(&trees, here, there)) {
                assert!((found - expected).abs() < 1e-12, "{values:?}");
            }
            let sum: f64 = values.iter().sum();
            assert!((sum - trees.predict(here) + trees.predict(there)).abs() < 1e-12);
        }
    }

    #[derive(Deserialize)]
    struct Golden {
        start: Vec<i32>,
        feature: Vec<i32>,
        threshold: Vec<f64>,
        child: Vec<[i32; 2]>,
        value: Vec<f64>,
        reference: Vec<f64>,
        rows: Vec<Vec<f64>>,
        values: Vec<Vec<f64>>,
    }

    /// tests/golden/tree_shap.json, made by tests/golden/tree_shap.py.
    #[test]
    fn values_are_those_of_the_shap_package() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/tree_shap.json")).unwrap();
        let Golden { start, feature, threshold, child, value, reference, rows, values } = golden;
        let trees = Trees { start, feature, threshold, child, value };
        assert!(trees.is_sound(reference.len()) && trees.len() >= 10 && rows.len() >= 20);
        let shapley = TreeShapley::new(&trees);
        for (row, expected) in rows.iter().zip(&values) {
            for (found, expected) in shapley.values(row, &reference).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6);
            }
        }
    }
}
