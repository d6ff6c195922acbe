//! Which λ, and how much of its graphs to believe.

use rayon::prelude::*;

use super::context::{Context, Null, half, null};
use super::covariance::Association;
use super::estimate::{EstimateError, Estimator, Graphs, Measured};
use super::likelihood::ebic;
use super::square::Square;

/// An entry that is not larger is no edge (the threshold of the original packages).
pub const EDGE: f64 = 1e-5;
/// The share of half-samples in which a stable edge is found.
pub const STABLE: f64 = 0.75;
/// λ on a path.
const PATH: u32 = 30;

/// Contexts, an estimator and a seed: everything that graphs follow from.
#[derive(Debug)]
pub struct Study<'a> {
    /// The contexts.
    pub contexts: &'a [Context],
    /// How graphs are estimated.
    pub estimator: &'a Estimator,
    /// What the estimator starts from.
    pub association: Association,
    /// What half-samples and nulls follow from.
    pub seed: u64,
}

/// A λ of a path.
#[derive(Clone, Debug)]
pub struct PathPoint {
    /// The λ.
    pub lambda: f64,
    /// Edges of each graph.
    pub edges: Vec<usize>,
    /// The extended BIC; `None` of differences, and where a node has too many neighbours.
    pub ebic: Option<f64>,
}

/// How often each pair of nodes is an edge in half-samples, at one λ.
#[derive(Clone, Debug)]
pub struct Frequencies {
    /// Of each graph.
    pub totals: Vec<Square>,
    /// Of what contexts share.
    pub shared: Option<Square>,
}

/// The number of edges of each graph in a null, on average.
pub type Expected = Vec<f64>;

/// The edges of a graph, each once.
pub fn edges(graph: &Square) -> impl Iterator<Item = (usize, usize)> {
    super::estimate::pairs(graph.n()).filter(|&(a, b)| graph.at(a, b).abs() > EDGE)
}

impl Graphs {
    /// What contexts share: what the method says, or else the entries that are edges of every context with one sign, as
    /// the smallest of them. `None` of a single context.
    pub fn in_common(&self) -> Option<Square> {
        let (first, others) = self.totals.split_first()?;
        if self.shared.is_some() || others.is_empty() {
            return self.shared.clone();
        }
        Some(first.map(|row, column, value| {
            let of_others = others.iter().map(|other| other.at(row, column));
            of_others.fold(if value.abs() > EDGE { value } else { 0.0 }, |common, other| {
                let agree = other.abs() > EDGE && common * other > 0.0;
                if !agree {
                    0.0
                } else if other.abs() < common.abs() {
                    other
                } else {
                    common
                }
            })
        }))
    }
}

impl Study<'_> {
    /// How the nodes of each context go together.
    pub fn measured(&self) -> Vec<Measured> {
        self.measure(self.contexts)
    }

    fn measure(&self, contexts: &[Context]) -> Vec<Measured> {
        contexts.par_iter().map(|context| context.measured(self.association)).collect()
    }

    /// The graphs at λ.
    ///
    /// # Errors
    /// As [`Estimator::graphs`].
    pub fn graphs(&self, measured: &[Measured], lambda: f64) -> Result<Graphs, EstimateError> {
        let start = self.estimator.start(measured)?;
        Ok(self.estimator.graphs(&start, &[lambda])?.swap_remove(0))
    }

    /// A path of λ from the largest that has an edge down, evenly on a logarithmic scale, as far as there are graphs.
    ///
    /// # Errors
    /// Contexts that no graph can be estimated of.
    pub fn path(&self, measured: &[Measured]) -> Result<Vec<PathPoint>, EstimateError> {
        let start = self.estimator.start(measured)?;
        let (largest, facts) = (self.estimator.largest_lambda(&start), self.estimator.method.facts());
        let ratio = facts.smallest.powf(1.0 / f64::from(PATH - 1));
        let mut lambdas: Vec<f64> = (0..PATH).map(|step| largest * ratio.powi(step as i32)).collect();
        let all = loop {
            match self.estimator.graphs(&start, &lambdas) {
                Ok(all) => break all,
                Err(error @ EstimateError::NoInverse(_)) => return Err(error),
                Err(error @ (EstimateError::TooSmall { asked: at, .. } | EstimateError::Unsettled(at))) => {
                    lambdas.retain(|&lambda| lambda > at);
                    if lambdas.is_empty() {
                        return Err(error);
                    }
                }
            }
        };
        let point = |(lambda, graphs): (f64, Graphs)| {
            let of_context = |(at, graph): (usize, &Square)| {
                ebic(&measured[at].association, measured[at].n, |a, b| graph.at(a, b).abs() > EDGE)
            };
            let ebic = if facts.differences {
                None
            } else {
                graphs.totals.iter().enumerate().map(of_context).sum::<Option<f64>>()
            };
            PathPoint { lambda, edges: graphs.totals.iter().map(|graph| edges(graph).count()).collect(), ebic }
        };
        Ok(lambdas.into_iter().zip(all).map(point).collect())
    }

    /// How often each edge is found in halves of the blocks (Meinshausen and Bühlmann, J. R. Stat. Soc. B 2010), at each λ.
    /// A half that has no graphs counts as one without edges.
    pub fn frequencies(&self, lambdas: &[f64], halves: u32) -> Vec<Frequencies> {
        let of_half = |number: u32| -> Option<Vec<Graphs>> {
            let measured = self.measure(&half(self.contexts, self.seed, number));
            self.estimator.graphs(&self.estimator.start(&measured).ok()?, lambdas).ok()
        };
        let one = |graph: &Square| graph.map(|_, _, value| f64::from(u8::from(value.abs() > EDGE)));
        let counts = |graphs: &Graphs| Frequencies {
            totals: graphs.totals.iter().map(one).collect(),
            shared: graphs.in_common().as_ref().map(one),
        };
        let found = (0..halves)
            .into_par_iter()
            .filter_map(of_half)
            .map(|graphs| graphs.iter().map(counts).collect::<Vec<_>>())
            .reduce_with(|one, other| one.iter().zip(&other).map(|(one, other)| one.with(other)).collect());
        let share = |count: &Square| count.map(|_, _, count| count / f64::from(halves));
        let nodes = self.contexts.first().map_or(0, |context| context.observations.columns.len());
        let none = Frequencies { totals: vec![Square::zeros(nodes); self.n_graphs()], shared: None };
        let found = found.unwrap_or_else(|| vec![none; lambdas.len()]);
        let shares = |of: Frequencies| Frequencies {
            totals: of.totals.iter().map(share).collect(),
            shared: of.shared.as_ref().map(share),
        };
        found.into_iter().map(shares).collect()
    }

    /// Edges that are found where there is nothing to be found.
    pub fn expected(&self, kind: Null, lambda: f64, times: u32) -> Expected {
        let mut sums = vec![0.0; self.n_graphs()];
        for number in 0..times {
            // another stream than that of the halves
            let others = null(self.contexts, kind, self.seed ^ 0x5EED, number);
            if let Ok(graphs) = self.graphs(&self.measure(&others), lambda) {
                for (sum, graph) in sums.iter_mut().zip(&graphs.totals) {
                    *sum += edges(graph).count() as f64 / f64::from(times);
                }
            }
        }
        sums
    }

    fn n_graphs(&self) -> usize {
        let contexts = self.contexts.len();
        if self.estimator.method.facts().differences { contexts * (contexts - 1) / 2 } else { contexts }
    }
}

impl Frequencies {
    fn with(&self, other: &Frequencies) -> Frequencies {
        let sum = |one: &Square, other: &Square| one.map(|row, column, value| value + other.at(row, column));
        let shared = self.shared.as_ref().zip(other.shared.as_ref());
        Frequencies {
            totals: self.totals.iter().zip(&other.totals).map(|(one, other)| sum(one, other)).collect(),
            shared: shared.map(|(one, other)| sum(one, other)),
        }
    }

    /// Edges with a frequency of [`STABLE`] or more, of the graph with most.
    pub fn stable(&self) -> usize {
        let count =
            |graph: &Square| super::estimate::pairs(graph.n()).filter(|&(a, b)| graph.at(a, b) >= STABLE).count();
        self.totals.iter().map(count).max().unwrap_or(0)
    }

    /// At most so many edges of those with a frequency of [`STABLE`] or more are expected to be false, of the graph with
    /// most (Meinshausen and Bühlmann's theorem 1): q² / ((2π − 1)·pairs), where q edges are found in a half on average.
    pub fn false_edges(&self) -> f64 {
        let bound = |graph: &Square| {
            let pairs = super::estimate::pairs(graph.n());
            let found: f64 = pairs.map(|(a, b)| graph.at(a, b)).sum();
            found * found / ((2.0 * STABLE - 1.0) * (graph.n() * (graph.n() - 1) / 2) as f64)
        };
        self.totals.iter().map(bound).fold(0.0, f64::max)
    }
}
