//! Trees as plain arrays, and forests of them.

use rayon::prelude::*;
use serde::Deserialize;
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};

use super::{FitError, Table};

/// Trees fitted in one call of the library. The forest does not depend on how many threads share the
/// calls out.
const TREES_A_CALL: u32 = 10;

/// Some trees, whose values are added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trees {
    /// First node of each tree.
    pub start: Vec<i32>,
    /// One a node: the feature that it asks for, or −1 for a leaf.
    pub feature: Vec<i32>,
    /// One a node: genes with at most this value go left.
    pub threshold: Vec<f64>,
    /// One a node: the nodes on the left and on the right, within all trees.
    pub child: Vec<[i32; 2]>,
    /// One a node: the value of a leaf.
    pub value: Vec<f64>,
}

/// How a forest's trees are grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Deepest level, the root being 0; `None` for no limit.
    pub depth: Option<u16>,
    /// Fewest genes in a leaf.
    pub leaf: usize,
    /// Features that a node chooses from.
    pub features: usize,
}

impl Trees {
    /// A forest whose mean is what it predicts: of labels 0 and 1, the share of 1. Splits reduce the
    /// variance, which for two classes is Gini's impurity.
    ///
    /// # Errors
    /// If the library finds no fit.
    pub fn forest(table: &Table, labels: &[f64], growth: Growth, n_trees: u32, seed: u64) -> Result<Trees, FitError> {
        let calls: Vec<u32> = (0..n_trees.div_ceil(TREES_A_CALL)).collect();
        let grown = calls.into_par_iter().map(|call| {
            let trees = TREES_A_CALL.min(n_trees - call * TREES_A_CALL);
            // the library gives each tree of a call the seed after that of the tree before
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(u64::from(call * TREES_A_CALL));
            grow(table, labels, growth, trees as usize, seed)
        });
        let mut forest = Trees::default();
        for trees in grown.collect::<Result<Vec<_>, _>>()? {
            forest.append(&trees);
        }
        forest.value.iter_mut().for_each(|value| *value /= f64::from(n_trees));
        Ok(forest)
    }

    /// Adds further trees.
    pub fn append(&mut self, other: &Trees) {
        let shift = self.feature.len() as i32;
        self.start.extend(other.start.iter().map(|start| start + shift));
        self.feature.extend(&other.feature);
        self.threshold.extend(&other.threshold);
        self.child.extend(other.child.iter().map(|child| child.map(|child| child + shift)));
        self.value.extend(&other.value);
    }

    /// Keeps the first trees.
    pub fn truncate(&mut self, n_trees: usize) {
        let Some(&nodes) = self.start.get(n_trees) else { return };
        let nodes = nodes as usize;
        self.start.truncate(n_trees);
        self.feature.truncate(nodes);
        self.threshold.truncate(nodes);
        self.child.truncate(nodes);
        self.value.truncate(nodes);
    }

    /// Number of trees.
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// The leaf that a gene falls into in one tree.
    pub fn leaf(&self, tree: usize, features: &[f64]) -> usize {
        let mut node = self.start[tree] as usize;
        while self.feature[node] >= 0 {
            let goes_right = features[self.feature[node] as usize] > self.threshold[node];
            node = self.child[node][usize::from(goes_right)] as usize;
        }
        node
    }

    /// The sum over the trees for one gene.
    pub fn predict(&self, features: &[f64]) -> f64 {
        (0..self.len()).map(|tree| self.value[self.leaf(tree, features)]).sum()
    }

    /// Whether the arrays are trees over so many features: every walk ends.
    pub fn is_sound(&self, n_features: usize) -> bool {
        let nodes = self.feature.len();
        let lengths = [self.threshold.len(), self.child.len(), self.value.len()];
        let node_is_sound = |node: usize| {
            let below = self.child[node].iter().all(|&child| child > node as i32 && (child as usize) < nodes);
            self.feature[node] < 0 || ((self.feature[node] as usize) < n_features && below)
        };
        lengths == [nodes; 3]
            && self.start.iter().all(|&start| start >= 0 && (start as usize) < nodes)
            && (0..nodes).all(node_is_sound)
            && self.value.iter().chain(&self.threshold).all(|x| x.is_finite())
    }
}

/// Trees from the library, each with leaves of mean labels.
pub(super) fn grow(
    table: &Table,
    labels: &[f64],
    growth: Growth,
    n_trees: usize,
    seed: u64,
) -> Result<Trees, FitError> {
    const METHOD: &str = "a forest";
    let failed = |message: String| FitError::Library { method: METHOD, message };
    let (x, y) = (table.to_dense(METHOD)?, labels.to_vec());
    let features = growth.features.clamp(1, table.n_features());
    // what the library fits can be read as JSON only; it keeps every bit of a number
    let parameters = RandomForestRegressorParameters {
        max_depth: growth.depth,
        min_samples_leaf: growth.leaf,
        n_trees,
        m: Some(features),
        seed,
        ..Default::default()
    };
    let forest = RandomForestRegressor::fit(&x, &y, parameters).map_err(|error| failed(error.to_string()))?;
    let json = serde_json::to_vec(&forest).map_err(|error| failed(error.to_string()))?;
    let forest: LibraryForest = serde_json::from_slice(&json).map_err(|error| failed(error.to_string()))?;
    let mut trees = Trees::default();
    for tree in &forest.forest_regressor.trees {
        trees.append(&tree.to_arrays());
    }
    if trees.len() != n_trees || !trees.is_sound(table.n_features()) {
        return Err(failed("the library's trees are not as expected".to_owned()));
    }
    Ok(trees)
}

#[derive(Deserialize)]
struct LibraryForest {
    forest_regressor: LibraryTrees,
}

#[derive(Deserialize)]
struct LibraryTrees {
    trees: Vec<LibraryTree>,
}

#[derive(Deserialize)]
struct LibraryTree {
    nodes: Vec<LibraryNode>,
}

#[derive(Deserialize)]
struct LibraryNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

impl LibraryTree {
    fn to_arrays(&self) -> Trees {
        let mut trees = Trees { start: vec![0], ..Trees::default() };
        for node in &self.nodes {
            let split = node.split_value.zip(node.true_child.zip(node.false_child));
            trees.feature.push(split.map_or(-1, |_| node.split_feature as i32));
            trees.threshold.push(split.map_or(0.0, |(threshold, _)| threshold));
            trees.child.push(split.map_or([0; 2], |(_, (left, right))| [left as i32, right as i32]));
            trees.value.push(node.output);
        }
        trees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xor() -> (Table, Vec<f64>) {
        let mut table = Table::new(3);
        let labels = (0..200)
            .map(|gene| {
                let (a, b) = (f64::from(gene * 7 % 20), f64::from(gene * 11 % 23));
                table.push(&[a, b, 1.0]);
                f64::from((a < 10.0) != (b < 11.5))
            })
            .collect();
        (table, labels)
    }

    const GROWTH: Growth = Growth { depth: None, leaf: 2, features: 2 };

    #[test]
    fn a_forest_learns_what_no_line_can_and_is_the_librarys() {
        let (table, labels) = xor();
        for growth in [GROWTH, Growth { features: 3, ..GROWTH }] {
            let forest = Trees::forest(&table, &labels, growth, 40, 1).unwrap();
            assert_eq!(forest.len(), 40);
            let hits = table.rows().zip(&labels).filter(|(row, y)| (forest.predict(row) > 0.5) == (**y == 1.0));
            assert!(hits.count() > 190);
        }
        let forest = grow(&table, &labels, GROWTH, 5, 9).unwrap();
        let parameters = RandomForestRegressorParameters::default().with_n_trees(5).with_m(2).with_seed(9);
        let parameters = parameters.with_min_samples_leaf(2);
        let x = table.to_dense("").unwrap();
        let library = RandomForestRegressor::fit(&x, &labels, parameters).unwrap().predict(&x).unwrap();
        for (row, expected) in table.rows().zip(library) {
            assert!((forest.predict(row) / 5.0 - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn arrays_that_are_no_trees_are_seen() {
        let (table, labels) = xor();
        let forest = Trees::forest(&table, &labels, GROWTH, 3, 1).unwrap();
        assert!(forest.is_sound(3) && !forest.is_sound(1));
        let mut endless = forest.clone();
        endless.child[0] = [0, 0];
        let mut outside = forest.clone();
        outside.child[0][1] = 1 << 20;
        let mut short = forest;
        short.value.pop();
        assert!(![endless, outside, short].iter().any(|trees| trees.is_sound(3)));
    }
}
