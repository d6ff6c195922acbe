//! `graph.json`: what attentrack-graph found, as attentrack-report shows it.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FileError, Result, json};

const FORMAT: &str = "attentrack.graph";
const FORMAT_VERSION: u32 = 1;

/// Graphs of several contexts, or of what differs between them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GraphSummary {
    /// Always `attentrack.graph`.
    pub format: String,
    /// Version of the format.
    pub format_version: u32,
    /// Version of attentrack that wrote the file.
    pub tool_version: String,
    /// How graphs were estimated.
    pub method: String,
    /// λ.
    pub lambda: f64,
    /// Number of nodes.
    pub nodes: usize,
    /// Half-samples that the frequencies are of; 0 where there are none.
    pub halves: u32,
    /// One a context, or a difference of two.
    pub graphs: Vec<GraphOfContext>,
    /// Edges that all contexts share; null where nothing is shared by the method, or differences are estimated.
    pub shared: Option<usize>,
    /// The strongest pairs of nodes of different groups, those that contexts share first.
    pub pairs: Vec<GraphPair>,
}

/// One graph.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GraphOfContext {
    /// Context, or `B_minus_A`.
    pub name: String,
    /// Edges.
    pub edges: usize,
    /// Of which contexts do not share so many.
    pub own: usize,
    /// Edges in data in which there is nothing to be found, on average, by what was taken away.
    pub expected: BTreeMap<String, f64>,
    /// The graph as an SVG element; null of graphs that are too large to be looked at.
    pub svg: Option<String>,
}

/// Two nodes, and the edge between them in each graph that has one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GraphPair {
    /// One node.
    pub node_a: String,
    /// The other.
    pub node_b: String,
    /// Whether contexts share the edge.
    pub is_shared: bool,
    /// By the name of the graph.
    pub edges: BTreeMap<String, GraphPairEdge>,
}

/// An edge of one graph.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GraphPairEdge {
    /// Partial correlation, or the difference of two.
    pub partial_correlation: Option<f64>,
    /// Share of the half-samples in which it is an edge.
    pub frequency: Option<f64>,
}

impl Default for GraphSummary {
    fn default() -> Self {
        GraphSummary {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            method: String::new(),
            lambda: 0.0,
            nodes: 0,
            halves: 0,
            graphs: Vec::new(),
            shared: None,
            pairs: Vec::new(),
        }
    }
}

/// Writes a summary.
pub fn write(path: &Path, summary: &GraphSummary) -> Result<()> {
    json::write(path, summary)
}

/// Reads a summary.
///
/// # Errors
/// A file that is something else, or of a later version.
pub fn read(path: &Path) -> Result<GraphSummary> {
    let text = std::fs::read_to_string(path).map_err(|error| FileError::os(path, "open", &error))?;
    let summary: GraphSummary = serde_json::from_str(&text).map_err(|error| {
        FileError::new(path, format!("is not a summary of graphs: {error}"))
            .remedy("Make it with attentrack-graph --summary")
    })?;
    if summary.format != FORMAT || summary.format_version > FORMAT_VERSION {
        let found = format!(
            "has format {:?} version {}, expected {FORMAT:?} up to version {FORMAT_VERSION}",
            summary.format, summary.format_version
        );
        let remedy = format!("It was written by attentrack {}: upgrade this one", summary.tool_version);
        return Err(FileError::new(path, found).remedy(remedy));
    }
    Ok(summary)
}
