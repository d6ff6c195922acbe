//! What the report shows of the graphs.

use std::collections::BTreeMap;

use super::figure;
use super::group::SHARED;
use super::read::Data;
use super::result::{Edge, EdgeKind, Networks};
use crate::io::graph_summary::{GraphOfContext, GraphPair, GraphPairEdge, GraphSummary};

/// Most pairs that are shown of those that contexts share, and of the others.
const MOST: usize = 10;

/// The summary of graphs by a method, with frequencies of so many half-samples.
pub fn of(data: &Data, found: &Networks, method: &str, halves: u32) -> GraphSummary {
    let svgs = figure::panels(data, found);
    let graphs = found.totals().enumerate().map(|(at, graph)| GraphOfContext {
        name: graph.name.clone(),
        edges: graph.edges.len(),
        own: graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Own).count(),
        expected: graph.expected.iter().map(|(null, edges)| (null.name().to_owned(), *edges)).collect(),
        svg: svgs.get(at).map(|panel| panel.svg.clone()),
    });
    GraphSummary {
        method: method.to_owned(),
        lambda: found.lambda,
        nodes: data.nodes.len(),
        halves,
        graphs: graphs.collect(),
        shared: found.graphs.iter().find(|graph| graph.name == SHARED).map(|graph| graph.edges.len()),
        pairs: pairs(data, found),
        ..GraphSummary::default()
    }
}

/// Strongest first, by the largest partial correlation of any graph.
fn pairs(data: &Data, found: &Networks) -> Vec<GraphPair> {
    let mut all: BTreeMap<(usize, usize), (f64, GraphPair)> = BTreeMap::new();
    let is_between = |edge: &&Edge| !data.is_within(edge.a, edge.b);
    for graph in found.totals() {
        for edge in graph.edges.iter().filter(is_between) {
            let (strength, pair) = all.entry((edge.a, edge.b)).or_insert_with(|| {
                let [node_a, node_b] = [edge.a, edge.b].map(|node| data.nodes[node].name.clone());
                (0.0, GraphPair { node_a, node_b, is_shared: edge.kind != EdgeKind::Own, edges: BTreeMap::new() })
            });
            *strength = strength.max(edge.strength());
            let of = GraphPairEdge { partial_correlation: edge.partial_correlation, frequency: edge.frequency };
            pair.edges.insert(graph.name.clone(), of);
        }
    }
    let mut all: Vec<(f64, GraphPair)> = all.into_values().collect();
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let (shared, own): (Vec<_>, Vec<_>) = all.into_iter().map(|(_, pair)| pair).partition(|pair| pair.is_shared);
    shared.into_iter().take(MOST).chain(own.into_iter().take(MOST)).collect()
}
