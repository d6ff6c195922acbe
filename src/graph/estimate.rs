//! From the associations of contexts to their graphs.

use rayon::prelude::*;

use super::closed::{fasjem_2, fasjem_infinity, jeek, kdiffnet};
use super::glasso::glasso;
use super::inverse::{BackwardMap, inverse, soft};
use super::method::Method;
use super::path::{Joint, Programme};
use super::square::Square;

/// A method and what it knows beside the observations.
#[derive(Clone, Debug)]
pub struct Estimator {
    /// How graphs are estimated.
    pub method: Method,
    /// The weight of the part that is not sparse alone, of methods that have one.
    pub epsilon: f64,
    /// A weight above 0 for each edge, symmetric; `None` weighs all alike.
    pub weights: Option<Square>,
    /// The group of each node, for kDiffNet; a node may be in none.
    pub groups: Vec<Option<usize>>,
    /// Whether the backward map is that of the original package.
    pub published: bool,
}

/// How nodes go together in one context.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Correlations or covariances of the nodes.
    pub association: Square,
    /// Observations.
    pub n: usize,
    /// How far these are shrunk before they are inverted, 0 to 1.
    pub shrinkage: f64,
}

/// What a method starts from, a matrix a graph: covariances, inverses of them, or differences of inverses.
#[derive(Clone, Debug)]
pub struct Start(pub Vec<Square>);

/// The graphs at one λ, as entries of precision matrices or of differences of two.
#[derive(Clone, Debug)]
pub struct Graphs {
    /// The part that contexts share, of methods that have one.
    pub shared: Option<Square>,
    /// The whole of each context, or of each difference.
    pub totals: Vec<Square>,
}

/// Why there are no graphs.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// A covariance has no inverse.
    #[error("the nodes of context {} are too much alike: no threshold makes their covariance one with an inverse", .0 + 1)]
    NoInverse(usize),
    /// A λ below the smallest.
    #[error("no matrix comes as near to an inverse as λ = {asked} asks; the smallest λ is {smallest}")]
    TooSmall {
        /// What was asked for.
        asked: f64,
        /// The last breakpoint.
        smallest: f64,
    },
    /// The graphical lasso does not settle.
    #[error("the graphical lasso does not settle at λ = {0}")]
    Unsettled(f64),
}

/// The pairs of contexts that are compared, the later with the earlier.
pub fn pairs(contexts: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..contexts).flat_map(move |earlier| (earlier + 1..contexts).map(move |later| (earlier, later)))
}

impl Measured {
    /// The inverse of the shrunk association; `None` where even that has none.
    pub fn shrunk_inverse(&self) -> Option<Square> {
        let shrunk = self.association.map(
            |row, column, value| {
                if row == column { value } else { (1.0 - self.shrinkage) * value }
            },
        );
        Some(shrunk.cholesky(1e-12)?.inverse())
    }
}

/// Partial correlations of a precision matrix; 1 on the diagonal.
pub fn partial_correlations(precision: &Square) -> Square {
    let scale: Vec<f64> = (0..precision.n()).map(|at| precision.at(at, at).sqrt()).collect();
    precision.map(|row, column, value| if row == column { 1.0 } else { -value / (scale[row] * scale[column]) })
}

impl Estimator {
    /// What the method starts from.
    ///
    /// # Errors
    /// A covariance without an inverse.
    pub fn start(&self, contexts: &[Measured]) -> Result<Start, EstimateError> {
        let inverses = |of: &(dyn Fn(&Measured) -> Option<Square> + Sync)| -> Result<Vec<Square>, EstimateError> {
            let each = contexts.par_iter().enumerate();
            each.map(|(at, context)| of(context).ok_or(EstimateError::NoInverse(at))).collect()
        };
        let Some(original) = self.method.facts().original_map else {
            return Ok(Start(match self.method {
                Method::Partial => inverses(&Measured::shrunk_inverse)?,
                _ => contexts.iter().map(|context| context.association.clone()).collect(),
            }));
        };
        let map = if self.published { original } else { BackwardMap::Rate };
        let inverses = inverses(&|context| Some(inverse(&context.association, context.n, map)?.0))?;
        if !self.method.facts().differences {
            return Ok(Start(inverses));
        }
        let difference = |(earlier, later): (usize, usize)| {
            inverses[later].map(|row, column, value| value - inverses[earlier].at(row, column))
        };
        Ok(Start(pairs(contexts.len()).map(difference).collect()))
    }

    /// The λ from which on there is no edge.
    pub fn largest_lambda(&self, start: &Start) -> f64 {
        let largest = |of: &dyn Fn(&Square) -> f64| start.0.iter().map(of).fold(0.0, f64::max);
        match self.method {
            Method::Partial => largest(&|precision| partial_correlations(precision).largest_off_diagonal()),
            Method::Simule | Method::Wsimule => 1.0,
            _ => largest(&Square::largest_off_diagonal),
        }
    }

    /// The graphs at each λ, which descend.
    ///
    /// # Errors
    /// The first λ that has none.
    pub fn graphs(&self, start: &Start, lambdas: &[f64]) -> Result<Vec<Graphs>, EstimateError> {
        match self.method {
            // one way down serves all
            Method::Simule | Method::Wsimule => self.programmes(start, lambdas),
            _ => lambdas.iter().map(|&lambda| self.at(start, lambda)).collect(),
        }
    }

    fn weight(&self, row: usize, column: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights.at(row, column))
    }

    fn at(&self, from: &Start, lambda: f64) -> Result<Graphs, EstimateError> {
        let Start(start) = from;
        let n = start.first().map_or(0, Square::n);
        let each = |of: &(dyn Fn(&Square) -> Square + Sync)| Graphs {
            shared: None,
            totals: start.par_iter().map(of).collect(),
        };
        Ok(match self.method {
            Method::Partial => each(&|precision| {
                let partial = partial_correlations(precision);
                precision.map(
                    |row, column, value| {
                        if row == column || partial.at(row, column).abs() > lambda { value } else { 0.0 }
                    },
                )
            }),
            Method::Glasso => {
                let solved = start.par_iter().map(|covariance| glasso(covariance, lambda));
                let totals = solved.collect::<Option<_>>().ok_or(EstimateError::Unsettled(lambda))?;
                Graphs { shared: None, totals }
            }
            Method::Jeek => {
                let of = |row: usize, column: usize| {
                    let entries: Vec<f64> = start.iter().map(|inverse| inverse.at(row, column)).collect();
                    let weight = self.weight(row, column);
                    jeek(&entries, &vec![weight; entries.len()], weight, lambda)
                };
                let (shared, totals) = joint(n, start.len(), of);
                Graphs { shared: Some(shared), totals }
            }
            Method::Fasjem | Method::FasjemInfinity => {
                let of = |row: usize, column: usize| {
                    let entries: Vec<f64> = start.iter().map(|inverse| inverse.at(row, column)).collect();
                    let solve = if self.method == Method::Fasjem { fasjem_2 } else { fasjem_infinity };
                    (0.0, solve(&entries, self.epsilon, lambda))
                };
                Graphs { shared: None, totals: joint(n, start.len(), of).1 }
            }
            Method::Diffee => each(&|difference| difference.map(|_, _, value| soft(value, lambda))),
            Method::Kdiffnet => each(&|difference| self.kdiffnet(difference, lambda)),
            Method::Simule | Method::Wsimule => self.programmes(from, &[lambda])?.swap_remove(0),
        })
    }

    fn kdiffnet(&self, difference: &Square, lambda: f64) -> Square {
        let mut total = difference.map(|row, column, value| soft(value, lambda * self.weight(row, column)));
        let largest = self.groups.iter().flatten().max().map_or(0, |largest| largest + 1);
        for group in 0..largest {
            let nodes: Vec<usize> = (0..self.groups.len()).filter(|&node| self.groups[node] == Some(group)).collect();
            let pairs: Vec<(usize, usize)> = pairs(nodes.len()).map(|(a, b)| (nodes[a], nodes[b])).collect();
            let entries: Vec<f64> = pairs.iter().map(|&(row, column)| difference.at(row, column)).collect();
            let weights: Vec<f64> = pairs.iter().map(|&(row, column)| self.weight(row, column)).collect();
            // each pair stands for two entries of the group's norm
            let solved = kdiffnet(&entries, &weights, self.epsilon / std::f64::consts::SQRT_2, lambda);
            for (&(row, column), value) in pairs.iter().zip(solved) {
                total.set(row, column, value);
                total.set(column, row, value);
            }
        }
        total
    }

    /// SIMULE and W-SIMULE, a column of all matrices at a time: min Σ_k‖β_k‖₁ + εK‖β_S‖₁ with ‖Σ_k(β_k + β_S) − e_j‖∞ ≤ λ
    /// for each context k, where an entry i may cost w_ij. The shared block is solved for εK·β_S, which costs as much as
    /// the others.
    fn programmes(&self, Start(start): &Start, lambdas: &[f64]) -> Result<Vec<Graphs>, EstimateError> {
        let (contexts, n) = (start.len(), start.first().map_or(0, Square::n));
        let scale = self.epsilon * contexts as f64;
        let matrix = Joint::new(start, scale);
        let columns: Vec<Vec<Vec<f64>>> = (0..n)
            .into_par_iter()
            .map(|column| {
                let weights: Vec<f64> = (0..(contexts + 1) * n).map(|at| self.weight(at % n, column)).collect();
                let target: Vec<f64> = (0..contexts * n).map(|row| f64::from(u8::from(row % n == column))).collect();
                let mut programme = Programme::new(&matrix, &weights, &target);
                let mut solved = Vec::new();
                for &lambda in lambdas {
                    let smallest = programme.descend(lambda);
                    if smallest > lambda {
                        return Err(EstimateError::TooSmall { asked: lambda, smallest });
                    }
                    let mut solution = programme.solution();
                    solution[contexts * n..].iter_mut().for_each(|shared| *shared /= scale);
                    solved.push(solution);
                }
                Ok(solved)
            })
            .collect::<Result<_, _>>()?;
        let at = |lambda: usize| {
            let shared = |row: usize, column: usize| columns[column][lambda][contexts * n + row];
            Graphs {
                shared: Some(symmetrised(n, shared)),
                totals: (0..contexts)
                    .map(|context| {
                        symmetrised(n, |row, column| columns[column][lambda][context * n + row] + shared(row, column))
                    })
                    .collect(),
            }
        };
        Ok((0..lambdas.len()).into_par_iter().map(at).collect())
    }
}

/// Of the two entries of a pair the one of smaller size; of equal ones that of the lower triangle.
fn symmetrised(n: usize, entry: impl Fn(usize, usize) -> f64 + Sync) -> Square {
    Square::symmetric(n, |row, column| {
        let (lower, upper) = (entry(row, column), entry(column, row));
        if upper.abs() < lower.abs() { upper } else { lower }
    })
}

/// Matrices whose entries are solved together: the shared one, and one a context, with 1 on the diagonals of the latter.
fn joint(n: usize, contexts: usize, of: impl Fn(usize, usize) -> (f64, Vec<f64>) + Sync) -> (Square, Vec<Square>) {
    // a row below the diagonal is [shared, contexts…] for each column
    let rows: Vec<Vec<f64>> = (0..n)
        .into_par_iter()
        .map(|row| {
            let mut solved = Vec::with_capacity(row * (contexts + 1));
            for column in 0..row {
                let (shared, totals) = of(row, column);
                solved.push(shared);
                solved.extend(totals);
            }
            solved
        })
        .collect();
    let matrix = |which: usize, diagonal: f64| {
        Square::symmetric(
            n,
            |row, column| {
                if row == column { diagonal } else { rows[row][column * (contexts + 1) + which] }
            },
        )
    };
    (matrix(0, 0.0), (0..contexts).map(|context| matrix(context + 1, 1.0)).collect())
}
