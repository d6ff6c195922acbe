//! The graphical lasso of one context (Friedman, Hastie and Tibshirani, Biostatistics 2008): max log det Θ − tr(SΘ) −
//! λ·Σ|θ_ij| over i ≠ j, by block coordinate descent.

use rayon::prelude::*;

use super::inverse::soft;
use super::square::{Square, dot};

/// Where the sweeps end: the largest change of an entry in one of them, beside the largest entry.
const ENOUGH: f64 = 1e-10;
const MOST_SWEEPS: usize = 1000;

/// Θ at λ. Nodes that no path of entries above λ joins are independent in Θ (Witten, Friedman and Simon, JCGS 2011), so
/// that each component is solved alone. `None` where a component does not settle: λ is too small for a covariance without
/// an inverse.
pub fn glasso(covariance: &Square, lambda: f64) -> Option<Square> {
    let parts = components(covariance.n(), |row, column| covariance.at(row, column).abs() > lambda);
    let solved: Vec<Option<Square>> = parts
        .par_iter()
        .map(|part| {
            component(&Square::from_fn(part.len(), |row, column| covariance.at(part[row], part[column])), lambda)
        })
        .collect();
    let mut precision = Square::zeros(covariance.n());
    for (part, solved) in parts.iter().zip(solved) {
        let solved = solved?;
        for (row, &at) in part.iter().enumerate() {
            for (column, &other) in part.iter().enumerate() {
                precision.set(at, other, solved.at(row, column));
            }
        }
    }
    Some(precision)
}

/// Nodes by connected component, each ascending.
fn components(n: usize, is_joined: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut seen = vec![false; n];
    let mut parts = Vec::new();
    for start in 0..n {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut part = vec![start];
        let mut next = 0;
        while let Some(&node) = part.get(next) {
            next += 1;
            for (other, seen) in seen.iter_mut().enumerate() {
                if !*seen && is_joined(node, other) {
                    *seen = true;
                    part.push(other);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

fn component(covariance: &Square, lambda: f64) -> Option<Square> {
    let p = covariance.n();
    if p == 1 {
        return Some(Square::from_fn(1, |_, _| 1.0 / covariance.at(0, 0)));
    }
    // W, the inverse of Θ; its diagonal is known
    let mut w = covariance.clone();
    let mut coefficients = Square::zeros(p);
    let mut products = vec![0.0; p];
    for _ in 0..MOST_SWEEPS {
        let mut change: f64 = 0.0;
        for node in 0..p {
            let mut own = coefficients.row(node).to_vec();
            // W·β without the node, kept up to date as β changes
            for (at, product) in products.iter_mut().enumerate() {
                *product = dot(w.row(at), &own);
            }
            for _ in 0..MOST_SWEEPS {
                let mut largest: f64 = 0.0;
                for at in (0..p).filter(|&at| at != node) {
                    let rest = covariance.at(at, node) - products[at] + w.at(at, at) * own[at];
                    let better = soft(rest, lambda) / w.at(at, at);
                    let step = better - own[at];
                    if step != 0.0 {
                        own[at] = better;
                        products.iter_mut().zip(w.row(at)).for_each(|(product, w)| *product += step * w);
                        largest = largest.max(step.abs());
                    }
                }
                if largest <= 0.1 * ENOUGH {
                    break;
                }
            }
            for at in (0..p).filter(|&at| at != node) {
                change = change.max((w.at(at, node) - products[at]).abs());
                w.set(at, node, products[at]);
                w.set(node, at, products[at]);
                coefficients.set(node, at, own[at]);
            }
        }
        if change.is_nan() {
            return None;
        }
        if change <= ENOUGH {
            return precision(&w, &coefficients);
        }
    }
    None
}

fn precision(w: &Square, coefficients: &Square) -> Option<Square> {
    let p = w.n();
    let diagonal: Vec<f64> =
        (0..p).map(|node| 1.0 / (w.at(node, node) - dot(w.row(node), coefficients.row(node)))).collect();
    if diagonal.iter().any(|value| !value.is_finite() || *value <= 0.0) {
        return None;
    }
    // both columns of a pair say the same but for rounding
    Some(Square::symmetric(p, |row, column| {
        if row == column {
            return diagonal[row];
        }
        -0.5 * (coefficients.at(row, column) * diagonal[row] + coefficients.at(column, row) * diagonal[column])
    }))
}
