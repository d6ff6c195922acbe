//! GraphML (Brandes et al., GD 2001): undirected graphs that Cytoscape, igraph and NetworkX open.

use std::path::Path;

use super::html::escaped;
use super::{Output, Result};

/// A node.
#[derive(Clone, Debug)]
pub struct GraphmlNode {
    /// What it is called; its id.
    pub name: String,
    /// Attributes.
    pub texts: Vec<(&'static str, String)>,
}

/// An edge between two nodes, by their numbers.
#[derive(Clone, Debug)]
pub struct GraphmlEdge {
    /// One node.
    pub source: usize,
    /// The other.
    pub target: usize,
    /// Attributes.
    pub texts: Vec<(&'static str, String)>,
    /// Attributes that are numbers.
    pub numbers: Vec<(&'static str, f64)>,
}

/// Writes a graph; two nodes may have several edges.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, nodes: &[GraphmlNode], edges: &[GraphmlEdge]) -> Result<()> {
    let mut output = Output::create(path)?;
    output.put(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    )?;
    let mut keys: Vec<(&str, &str, &str)> = Vec::new();
    let of_nodes = nodes.iter().flat_map(|node| node.texts.iter().map(|(key, _)| ("node", *key, "string")));
    let of_edges = edges.iter().flat_map(|edge| {
        let texts = edge.texts.iter().map(|(key, _)| ("edge", *key, "string"));
        texts.chain(edge.numbers.iter().map(|(key, _)| ("edge", *key, "double")))
    });
    for key in of_nodes.chain(of_edges) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    for (of, key, kind) in keys {
        let line = format!("<key id=\"{of}.{key}\" for=\"{of}\" attr.name=\"{key}\" attr.type=\"{kind}\"/>\n");
        output.put(line.as_bytes())?;
    }
    output.put(b"<graph edgedefault=\"undirected\">\n")?;
    let texts = |of: &str, texts: &[(&str, String)]| -> String {
        texts.iter().map(|(key, text)| format!("<data key=\"{of}.{key}\">{}</data>", escaped(text))).collect()
    };
    for node in nodes {
        let line = format!("<node id=\"{}\">{}</node>\n", escaped(&node.name), texts("node", &node.texts));
        output.put(line.as_bytes())?;
    }
    for (at, edge) in edges.iter().enumerate() {
        let [source, target] = [edge.source, edge.target].map(|node| escaped(&nodes[node].name));
        let numbers: String =
            edge.numbers.iter().map(|(key, number)| format!("<data key=\"edge.{key}\">{number}</data>")).collect();
        let texts = texts("edge", &edge.texts);
        let line = format!("<edge id=\"e{at}\" source=\"{source}\" target=\"{target}\">{texts}{numbers}</edge>\n");
        output.put(line.as_bytes())?;
    }
    output.put(b"</graph>\n</graphml>\n")?;
    output.commit()
}
