//! Graphs of marks: which depend on which, given all others.

use std::collections::BTreeSet;

use super::figure::{figure, row, section as html_section};
use super::inputs::ReportInputs;
use crate::io::graph_summary::{GraphPair, GraphPairEdge, GraphSummary};
use crate::io::html::escaped;

/// What an edge is, and what it is not.
pub const MEANING: &str = "An edge says that two nodes go together, or avoid one another, over genes where all other nodes are equal. It is a conditional dependence, not a mechanism: nothing says which acts on which, and what is not a node may stand behind both. Compare the number of edges with that in data in which there is nothing to be found.";
/// What the table of pairs shows.
pub const PAIRS: &str = "Partial correlations of the strongest edges between different marks. An edge of some contexts may be just too weak to be found in the others.";

/// What a pair of nodes is called.
pub fn name_of(pair: &GraphPair) -> String {
    format!("{} – {}", pair.node_a, pair.node_b)
}

/// Pictures, what chance gives, and the strongest edges.
pub fn section(inputs: &ReportInputs) -> String {
    let Some(graph) = &inputs.graph else { return String::new() };
    let lead = format!("Edges by {} at λ = {:.3}: {}. {MEANING}", graph.method, graph.lambda, numbers(graph));
    html_section("graphs", "Which marks depend on which", &lead, &(pictures(graph) + &counts(graph) + &pairs(graph)))
}

fn numbers(graph: &GraphSummary) -> String {
    let each: Vec<String> = graph.graphs.iter().map(|of| format!("{} in {}", of.edges, of.name)).collect();
    each.join(", ")
}

fn pictures(graph: &GraphSummary) -> String {
    let drawn = graph.graphs.iter().filter_map(|of| Some((of, of.svg.as_ref()?)));
    let figures: Vec<String> = drawn.map(|(of, svg)| figure(&of.name, svg, &[], "")).collect();
    if figures.is_empty() {
        return "<p>The graphs are too large to be looked at; Cytoscape draws graphs.graphml.</p>\n".to_owned();
    }
    let dashed = if graph.shared.is_some() { " Solid: contexts share the edge; dashed: they do not." } else { "" };
    format!(
        "{}<p>Blue with +: the nodes go together; orange with −: they avoid one another; grey: two parts of one mark. Wider: stronger.{dashed}</p>\n",
        row(&figures)
    )
}

/// A table in a box that scrolls: the head's cells and the rows' cells, of which the first is text.
fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        let cell = |(at, cell): (usize, &String)| {
            let class = if at == 0 { "" } else { " class=\"n\"" };
            let tag = if at == 0 { "th" } else { tag };
            format!("<{tag}{class}>{cell}</{tag}>")
        };
        cells.iter().enumerate().map(cell).collect()
    };
    let rows: String = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        cells("th", head)
    )
}

fn counts(graph: &GraphSummary) -> String {
    let nulls: BTreeSet<&String> = graph.graphs.iter().flat_map(|of| of.expected.keys()).collect();
    let mut head = vec!["graph".to_owned(), "edges".to_owned()];
    head.extend(graph.shared.map(|_| "not shared".to_owned()));
    head.extend(nulls.iter().map(|null| format!("in {null} data")));
    let rows = graph.graphs.iter().map(|of| {
        let mut row = vec![escaped(&of.name), of.edges.to_string()];
        row.extend(graph.shared.map(|_| of.own.to_string()));
        row.extend(nulls.iter().map(|null| of.expected.get(*null).map_or_else(String::new, |n| format!("{n:.1}"))));
        row
    });
    table(&head, &rows.collect::<Vec<_>>())
}

fn pairs(graph: &GraphSummary) -> String {
    if graph.pairs.is_empty() {
        return String::new();
    }
    let mut head = vec!["edge".to_owned()];
    head.extend(graph.shared.map(|_| "shared".to_owned()));
    head.extend(graph.graphs.iter().map(|of| escaped(&of.name)));
    let rows = graph.pairs.iter().map(|pair| {
        let mut row = vec![escaped(&name_of(pair))];
        row.extend(graph.shared.map(|_| if pair.is_shared { "yes" } else { "no" }.to_owned()));
        row.extend(graph.graphs.iter().map(|of| pair.edges.get(&of.name).map_or_else(String::new, cell)));
        row
    });
    let order = if graph.shared.is_some() { " Those that contexts share come first." } else { "" };
    let frequency = if graph.halves > 0 {
        format!(" Beside each: the share of {} half-samples of 1-Mb blocks that have the edge.", graph.halves)
    } else {
        String::new()
    };
    format!("<p>{PAIRS}{order}{frequency}</p>\n{}", table(&head, &rows.collect::<Vec<_>>()))
}

fn cell(edge: &GraphPairEdge) -> String {
    let value = edge.partial_correlation.map_or_else(|| "–".to_owned(), |value| format!("{value:+.2}"));
    let frequency =
        edge.frequency.map(|frequency| format!(" <span class=\"interval\">{:.0} %</span>", 100.0 * frequency));
    value + &frequency.unwrap_or_default()
}
