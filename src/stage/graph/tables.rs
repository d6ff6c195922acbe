//! The files that are not the picture.

use std::path::Path;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::node::GraphNode;
use super::read::Data;
use super::result::{Edge, NamedGraph, Networks};
use crate::genome::file_names;
use crate::graph::Square;
use crate::io::FileError;
use crate::io::graphml::{self, GraphmlEdge, GraphmlNode};
use crate::io::safetensors_file::{self, RawTensor};
use crate::io::table::write_rows;
use crate::matrix::Number;

/// One row of `edges.tsv`: one edge of one graph.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EdgeRow {
    /// The context that the edge is of; `shared`: what contexts share; `B_minus_A`: what differs between two.
    context: String,
    /// Node, the earlier in the order of nodes.tsv.
    node_a: String,
    /// The other node.
    node_b: String,
    /// Entry of the precision matrix, or of the difference of two; below 0 where the nodes go together.
    weight: f64,
    /// Partial correlation given all other nodes, of the correlations shrunk as Ledoit and Wolf do: of the context; the mean
    /// over contexts (shared); later less earlier (of a difference).
    #[schemars(with = "Number")]
    partial_correlation: Option<f64>,
    /// Share of the half-samples in which it is an edge.
    #[schemars(with = "Number")]
    frequency: Option<f64>,
    /// λ.
    lambda: f64,
    /// `shared`; `total`: an edge of this context that contexts share; `own`: one that they do not share.
    kind: String,
}

/// One row of `nodes.tsv`: one node of one context.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NodeRow {
    /// Context.
    context: String,
    /// Node.
    node: String,
    /// Mark, of binned signal.
    mark: Option<String>,
    /// Part of the region, of binned signal.
    part: Option<String>,
    /// Group.
    group: Option<String>,
    /// Mean of the values.
    mean: f64,
    /// Observations used.
    observations: usize,
    /// Observations of the context that were left out because a node has no value.
    missing: usize,
}

/// One row of `path.tsv`: one graph at one λ.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PathRow {
    /// λ.
    lambda: f64,
    /// Context, or difference.
    context: String,
    /// Edges.
    edges: usize,
    /// Extended BIC over all contexts; the smallest is best.
    #[schemars(with = "Number")]
    ebic: Option<f64>,
    /// 1: this λ was chosen.
    chosen: bool,
}

/// One row of `null.tsv`: one graph beside data in which there is nothing to be found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NullRow {
    /// Context, or difference.
    context: String,
    /// What was taken away: `permuted`, every node in an order of its own; `rotated`, moved along each chromosome;
    /// `relabelled`, blocks dealt out anew to the contexts.
    null: String,
    /// Edges of the data.
    edges: usize,
    /// Edges without it, on average.
    expected: f64,
}

/// One row of `group_edges.tsv`: all edges between two groups (marks) together, as ChromNet groups them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupEdgeRow {
    /// The context that the edges are of, as in edges.tsv.
    context: String,
    /// Group.
    group_a: String,
    /// The other group, or the same.
    group_b: String,
    /// Edges between their nodes.
    edges: usize,
    /// Sum of the partial correlations.
    sum: f64,
    /// Sum of their sizes.
    strength: f64,
}

/// The folder in which each graph has a file.
const GRAPHML: &str = "graphml";

/// Writes all of them.
pub fn write(folder: &Path, data: &Data, found: &Networks) -> Result<()> {
    let each = folder.join(GRAPHML);
    std::fs::create_dir_all(&each).map_err(|error| FileError::os(&each, "make the folder", &error))?;
    write_rows(&folder.join("edges.tsv"), found.graphs.iter().flat_map(|graph| edge_rows(data, found, graph)))?;
    write_rows(&folder.join("nodes.tsv"), node_rows(data))?;
    if data.nodes.iter().any(|node| node.group.is_some()) {
        write_rows(&folder.join("group_edges.tsv"), found.graphs.iter().flat_map(|graph| group_rows(data, graph)))?;
    }
    if !found.path.is_empty() {
        write_rows(&folder.join("path.tsv"), path_rows(found))?;
    }
    if found.graphs.iter().any(|graph| !graph.expected.is_empty()) {
        write_rows(&folder.join("null.tsv"), found.totals().flat_map(null_rows))?;
    }
    write_matrices(&folder.join("matrices.safetensors"), data, found)?;
    write_graphml(folder, data, found)
}

fn edge_rows<'a>(data: &'a Data, found: &'a Networks, graph: &'a NamedGraph) -> impl Iterator<Item = EdgeRow> + 'a {
    graph.edges.iter().map(|edge| EdgeRow {
        context: graph.name.clone(),
        node_a: data.nodes[edge.a].name.clone(),
        node_b: data.nodes[edge.b].name.clone(),
        weight: edge.weight,
        partial_correlation: edge.partial_correlation,
        frequency: edge.frequency,
        lambda: found.lambda,
        kind: edge.kind.name().to_owned(),
    })
}

fn node_rows(data: &Data) -> Vec<NodeRow> {
    let mut rows = Vec::new();
    for (context, missing) in data.contexts.iter().zip(&data.missing) {
        for (node, column) in data.nodes.iter().zip(&context.observations.columns) {
            rows.push(NodeRow {
                context: context.name.clone(),
                node: node.name.clone(),
                mark: node.mark.clone(),
                part: node.part.clone(),
                group: node.group.clone(),
                mean: column.iter().sum::<f64>() / column.len() as f64,
                observations: column.len(),
                missing: *missing,
            });
        }
    }
    rows
}

fn path_rows(found: &Networks) -> Vec<PathRow> {
    let mut rows = Vec::new();
    for point in &found.path {
        for (graph, edges) in found.totals().zip(&point.edges) {
            let chosen = point.lambda == found.lambda;
            rows.push(PathRow {
                lambda: point.lambda,
                context: graph.name.clone(),
                edges: *edges,
                ebic: point.ebic,
                chosen,
            });
        }
    }
    rows
}

fn null_rows(graph: &NamedGraph) -> impl Iterator<Item = NullRow> + '_ {
    graph.expected.iter().map(|(null, expected)| NullRow {
        context: graph.name.clone(),
        null: null.name().to_owned(),
        edges: graph.edges.len(),
        expected: *expected,
    })
}

/// Groups in the order in which they come, each with itself and those behind it.
fn group_rows(data: &Data, graph: &NamedGraph) -> Vec<GroupEdgeRow> {
    let numbers = data.group_numbers();
    let mut rows: std::collections::BTreeMap<(usize, usize), GroupEdgeRow> = Default::default();
    for edge in &graph.edges {
        let (Some(a), Some(b), Some(partial)) = (numbers[edge.a], numbers[edge.b], edge.partial_correlation) else {
            continue;
        };
        let ends = if a <= b { [edge.a, edge.b] } else { [edge.b, edge.a] };
        let [group_a, group_b] = ends.map(|node| data.nodes[node].group.clone().unwrap_or_default());
        let row = rows.entry((a.min(b), a.max(b))).or_insert_with(|| GroupEdgeRow {
            context: graph.name.clone(),
            group_a,
            group_b,
            edges: 0,
            sum: 0.0,
            strength: 0.0,
        });
        row.edges += 1;
        row.sum += partial;
        row.strength += partial.abs();
    }
    rows.into_values().collect()
}

/// `association.CONTEXT` and `graph.GRAPH`, each [node, node] in the order of the header's nodes.
fn write_matrices(path: &Path, data: &Data, found: &Networks) -> Result<()> {
    let n = data.nodes.len();
    let header = json!({
        "format": "attentrack.graphs",
        "lambda": found.lambda,
        "nodes": data.nodes.iter().map(|node| &node.name).collect::<Vec<_>>(),
    });
    let tensor = |what: &str, name: &str, matrix: &Square| {
        (format!("{what}.{name}"), RawTensor::of_f64(&[n, n], matrix.values()))
    };
    let contexts = data.contexts.iter().zip(&found.associations);
    let associations = contexts.map(|(context, matrix)| tensor("association", &context.name, matrix));
    let graphs = found.graphs.iter().map(|graph| tensor("graph", &graph.name, &graph.precision));
    let tensors: Vec<_> = associations.chain(graphs).collect();
    Ok(safetensors_file::write(path, &header, &tensors)?)
}

/// All graphs in one file, and each in one of its own.
fn write_graphml(folder: &Path, data: &Data, found: &Networks) -> Result<()> {
    let node = |node: &GraphNode| GraphmlNode {
        name: node.name.clone(),
        texts: [("mark", &node.mark), ("part", &node.part), ("group", &node.group)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.clone()?)))
            .collect(),
    };
    let nodes: Vec<GraphmlNode> = data.nodes.iter().map(node).collect();
    let edges = |graph: &NamedGraph| -> Vec<GraphmlEdge> {
        let edge = |edge: &Edge| GraphmlEdge {
            source: edge.a,
            target: edge.b,
            texts: vec![("context", graph.name.clone()), ("kind", edge.kind.name().to_owned())],
            numbers: [
                ("weight", Some(edge.weight)),
                ("partial_correlation", edge.partial_correlation),
                ("frequency", edge.frequency),
            ]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect(),
        };
        graph.edges.iter().map(edge).collect()
    };
    let all: Vec<GraphmlEdge> = found.graphs.iter().flat_map(edges).collect();
    graphml::write(&folder.join("graphs.graphml"), &nodes, &all)?;
    let files = file_names("context", found.graphs.iter().map(|graph| graph.name.as_str()))?;
    for (file, graph) in files.iter().zip(&found.graphs) {
        graphml::write(&folder.join(GRAPHML).join(format!("{file}.graphml")), &nodes, &edges(graph))?;
    }
    Ok(())
}
