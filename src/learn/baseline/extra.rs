//! Extremely randomised trees (Geurts, Ernst & Wehenkel, Machine Learning 2006): at a node, some features are each cut
//! at a random place between their smallest and largest value, and the best of these cuts is taken. The forest is
//! smoother than one of best cuts, and what it learns travels better to other samples.

use rand::seq::index::sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Growth, Table, Trees};

impl Trees {
    /// A forest whose mean is what it predicts, as [`Trees::forest`]; every tree sees all genes. Tree `i` draws from
    /// stream `i` of ChaCha8, whatever the number of threads.
    pub fn extra(table: &Table, labels: &[f64], growth: Growth, n_trees: u32, seed: u64) -> Trees {
        let columns: Vec<Vec<f64>> =
            (0..table.n_features()).map(|feature| table.rows().map(|row| row[feature]).collect()).collect();
        let grown: Vec<Trees> = (0..n_trees)
            .into_par_iter()
            .map(|tree| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(u64::from(tree));
                let mut grower = Grower { columns: &columns, labels, growth, rng, tree: Trees::default() };
                grower.tree.start.push(0);
                let mut genes: Vec<usize> = (0..labels.len()).collect();
                grower.node(&mut genes, 0);
                grower.tree
            })
            .collect();
        let mut forest = Trees::default();
        grown.iter().for_each(|tree| forest.append(tree));
        forest.value.iter_mut().for_each(|value| *value /= f64::from(n_trees));
        forest
    }
}

/// One tree while it grows.
struct Grower<'a> {
    /// [feature][gene].
    columns: &'a [Vec<f64>],
    labels: &'a [f64],
    growth: Growth,
    rng: ChaCha8Rng,
    tree: Trees,
}

impl Grower<'_> {
    /// Adds a node of these genes, and those below it; returns its place.
    fn node(&mut self, genes: &mut [usize], depth: u16) -> i32 {
        let place = self.tree.feature.len();
        let sum: f64 = genes.iter().map(|&gene| self.labels[gene]).sum();
        self.tree.feature.push(-1);
        self.tree.threshold.push(0.0);
        self.tree.child.push([0; 2]);
        self.tree.value.push(sum / genes.len().max(1) as f64);
        let is_deepest = self.growth.depth.is_some_and(|deepest| depth >= deepest);
        let is_pure = genes.iter().all(|&gene| self.labels[gene] == self.labels[genes[0]]);
        if is_deepest || is_pure || genes.len() < 2 * self.growth.leaf {
            return place as i32;
        }
        if let Some((feature, cut)) = self.best_cut(genes, sum) {
            let column = &self.columns[feature];
            let middle = partition(genes, |gene| column[gene] <= cut);
            let (left, right) = genes.split_at_mut(middle);
            self.tree.feature[place] = feature as i32;
            self.tree.threshold[place] = cut;
            self.tree.child[place] = [self.node(left, depth + 1), self.node(right, depth + 1)];
        }
        place as i32
    }

    /// The cut that reduces the variance of the labels most, of one in each of some features that vary; `None` where
    /// every side would have too few genes.
    fn best_cut(&mut self, genes: &[usize], sum: f64) -> Option<(usize, f64)> {
        let mut left_to_try = self.growth.features.max(1);
        let mut best: Option<(f64, usize, f64)> = None;
        let order = sample(&mut self.rng, self.columns.len(), self.columns.len());
        for feature in order {
            if left_to_try == 0 {
                break;
            }
            let column = &self.columns[feature];
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for &gene in genes {
                low = low.min(column[gene]);
                high = high.max(column[gene]);
            }
            if high <= low {
                continue;
            }
            left_to_try -= 1;
            let cut = self.rng.random_range(low..high);
            let (mut n_left, mut sum_left) = (0usize, 0.0);
            for &gene in genes {
                if column[gene] <= cut {
                    n_left += 1;
                    sum_left += self.labels[gene];
                }
            }
            let n_right = genes.len() - n_left;
            if n_left.min(n_right) < self.growth.leaf.max(1) {
                continue;
            }
            // least squares left over, but for what all cuts share
            let gain = sum_left * sum_left / n_left as f64 + (sum - sum_left).powi(2) / n_right as f64;
            if best.is_none_or(|(largest, ..)| gain > largest) {
                best = Some((gain, feature, cut));
            }
        }
        best.map(|(_, feature, cut)| (feature, cut))
    }
}

/// Brings those to the front that are on the left; returns their number.
fn partition(genes: &mut [usize], is_left: impl Fn(usize) -> bool) -> usize {
    let mut end = 0;
    for at in 0..genes.len() {
        if is_left(genes[at]) {
            genes.swap(at, end);
            end += 1;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_no_line_can_and_every_leaf_has_its_genes() {
        let mut table = Table::new(4);
        let labels: Vec<f64> = (0..400)
            .map(|gene| {
                let (a, b) = (f64::from(gene * 7 % 20), f64::from(gene * 11 % 23));
                table.push(&[a, b, 1.0, f64::from(gene % 3)]);
                f64::from((a < 10.0) != (b < 11.5))
            })
            .collect();
        let growth = Growth { depth: None, leaf: 3, features: 2 };
        let forest = Trees::extra(&table, &labels, growth, 60, 1);
        assert!(forest.len() == 60 && forest.is_sound(4));
        let hits = table.rows().zip(&labels).filter(|(row, y)| (forest.predict(row) > 0.5) == (**y == 1.0));
        assert!(hits.count() > 380);
        let mut genes = vec![0; forest.feature.len()];
        (0..60).for_each(|tree| table.rows().for_each(|row| genes[forest.leaf(tree, row)] += 1));
        let leaves = genes.iter().zip(&forest.feature).filter(|(_, feature)| **feature < 0);
        assert!(leaves.map(|(genes, _)| genes).all(|&genes| genes >= 3));
        // a constant feature is never asked for
        assert!(!forest.feature.contains(&2));
        assert_eq!(forest, Trees::extra(&table, &labels, growth, 60, 1));
        assert_ne!(forest, Trees::extra(&table, &labels, growth, 60, 2));
        let stump = Trees::extra(&table, &labels, Growth { depth: Some(1), ..growth }, 5, 1);
        assert!(stump.feature.len() <= 15);
    }
}
