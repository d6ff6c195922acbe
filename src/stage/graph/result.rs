//! What was found, in the words of the files.

use super::group::SHARED;
use super::read::Data;
use crate::graph::{Frequencies, Graphs, Measured, Null, PathPoint, Square, Study, edges, pairs, partial_correlations};

/// Graphs at one λ.
pub struct Networks {
    pub lambda: f64,
    pub path: Vec<PathPoint>,
    /// What contexts share, if there are several, and then the graph of each context or difference.
    pub graphs: Vec<NamedGraph>,
    pub associations: Vec<Square>,
}

/// One graph.
pub struct NamedGraph {
    /// Its context, `shared`, or `B_minus_A`.
    pub name: String,
    pub precision: Square,
    pub edges: Vec<Edge>,
    /// Edges that data without dependence, or without differences, have.
    pub expected: Vec<(Null, f64)>,
}

/// One edge, by the numbers of its nodes.
pub struct Edge {
    pub a: usize,
    pub b: usize,
    pub weight: f64,
    pub partial_correlation: Option<f64>,
    pub frequency: Option<f64>,
    pub kind: EdgeKind,
}

/// Whose an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// What contexts share.
    Shared,
    /// An edge of one context that contexts share too.
    Total,
    /// An edge of one context that contexts do not share.
    Own,
}

impl EdgeKind {
    pub fn name(self) -> &'static str {
        match self {
            EdgeKind::Shared => "shared",
            EdgeKind::Total => "total",
            EdgeKind::Own => "own",
        }
    }
}

/// What the choice of λ leads to.
pub struct Estimated {
    pub lambda: f64,
    pub path: Vec<PathPoint>,
    pub graphs: Graphs,
    pub frequencies: Option<Frequencies>,
    pub expected: Vec<(Null, Vec<f64>)>,
}

impl Networks {
    pub fn new(data: &Data, study: &Study, measured: Vec<Measured>, parts: Estimated) -> Networks {
        let partial: Vec<Option<Square>> =
            measured.iter().map(|context| Some(partial_correlations(&context.shrunk_inverse()?))).collect();
        let names: Vec<&str> = data.contexts.iter().map(|context| context.name.as_str()).collect();
        let mut graphs = Vec::new();
        let shared = parts.graphs.in_common().filter(|_| !study.estimator.method.facts().differences);
        let is_shared: Box<dyn Fn(usize, usize) -> bool> = match &shared {
            Some(shared) => {
                let edges: std::collections::HashSet<(usize, usize)> = edges(shared).collect();
                Box::new(move |a, b| edges.contains(&(a, b)))
            }
            None => Box::new(|_, _| false),
        };
        if let Some(shared) = shared {
            let mean = |a: usize, b: usize| {
                let each = partial.iter().map(|partial| Some(partial.as_ref()?.at(a, b)));
                Some(each.sum::<Option<f64>>()? / partial.len() as f64)
            };
            let frequency = parts.frequencies.as_ref().and_then(|found| found.shared.as_ref());
            let kind = |_: usize, _: usize| EdgeKind::Shared;
            graphs.push(NamedGraph::new(SHARED.to_owned(), shared, &mean, frequency, kind, Vec::new()));
        }
        let differences: Vec<(usize, usize)> = pairs(names.len()).collect();
        for (at, total) in parts.graphs.totals.into_iter().enumerate() {
            let frequency = parts.frequencies.as_ref().and_then(|found| found.totals.get(at));
            let expected = parts.expected.iter().map(|(null, each)| (*null, each[at])).collect();
            let kind = |a: usize, b: usize| if is_shared(a, b) { EdgeKind::Total } else { EdgeKind::Own };
            let graph = if study.estimator.method.facts().differences {
                let (earlier, later) = differences[at];
                let change =
                    |a: usize, b: usize| Some(partial[later].as_ref()?.at(a, b) - partial[earlier].as_ref()?.at(a, b));
                let name = format!("{}_minus_{}", names[later], names[earlier]);
                NamedGraph::new(name, total, &change, frequency, kind, expected)
            } else {
                let own = |a: usize, b: usize| Some(partial[at].as_ref()?.at(a, b));
                NamedGraph::new(names[at].to_owned(), total, &own, frequency, kind, expected)
            };
            graphs.push(graph);
        }
        let associations = measured.into_iter().map(|context| context.association).collect();
        Networks { lambda: parts.lambda, path: parts.path, graphs, associations }
    }

    /// The graphs of single contexts or differences.
    pub fn totals(&self) -> impl Iterator<Item = &NamedGraph> {
        self.graphs.iter().filter(|graph| graph.name != SHARED)
    }
}

impl NamedGraph {
    fn new(
        name: String,
        precision: Square,
        partial: &dyn Fn(usize, usize) -> Option<f64>,
        frequency: Option<&Square>,
        kind: impl Fn(usize, usize) -> EdgeKind,
        expected: Vec<(Null, f64)>,
    ) -> Self {
        let edge = |(a, b): (usize, usize)| Edge {
            a,
            b,
            weight: precision.at(a, b),
            partial_correlation: partial(a, b),
            frequency: frequency.map(|frequency| frequency.at(a, b)),
            kind: kind(a, b),
        };
        let edges = edges(&precision).map(edge).collect();
        NamedGraph { name, precision, edges, expected }
    }
}

impl Edge {
    /// 1 where the nodes go together, −1 where they avoid one another: the sign of a partial correlation, which is the
    /// opposite of the weight's.
    pub fn sign(&self) -> f64 {
        -self.weight.signum()
    }

    /// How strong it is, whatever its sign.
    pub fn strength(&self) -> f64 {
        self.partial_correlation.unwrap_or(self.weight).abs()
    }
}
