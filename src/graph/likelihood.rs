//! How well a graph explains its observations, for the choice of λ.

use rayon::prelude::*;

use super::square::Square;

/// The extended BIC of a graph (Chen and Chen, Biometrika 2008; γ = ½), summed over the regression of each node on its
/// neighbours: Σ n·log(residual variance) + neighbours·(log n + 2γ·log p). Each regression is fitted anew, so that a
/// method is not judged by how much it shrinks. `None` where a node has too many neighbours for that.
pub fn ebic(covariance: &Square, n: usize, is_edge: impl Fn(usize, usize) -> bool + Sync) -> Option<f64> {
    const GAMMA: f64 = 0.5;
    let p = covariance.n();
    let each = (n as f64).ln() + 2.0 * GAMMA * (p as f64).ln();
    let of_node = |node: usize| {
        let mut nodes: Vec<usize> = (0..p).filter(|&other| other != node && is_edge(node, other)).collect();
        let neighbours = nodes.len();
        if neighbours + 2 > n {
            return None;
        }
        // the last pivot of the Cholesky factor is what is left of the node's variance
        nodes.push(node);
        let among = Square::from_fn(nodes.len(), |row, column| covariance.at(nodes[row], nodes[column]));
        let left = among.cholesky(1e-10)?.last_pivot();
        Some(n as f64 * left.ln() + neighbours as f64 * each)
    };
    (0..p).into_par_iter().map(of_node).collect::<Option<Vec<f64>>>().map(|nodes| nodes.iter().sum())
}
