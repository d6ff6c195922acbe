//! The graphs as one picture: side by side, every node in the same place.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::read::Data;
use super::result::{Edge, EdgeKind, NamedGraph, Networks};
use crate::graph::{Square, layout};
use crate::io::Output;
use crate::io::chart::{Panel, sheet};
use crate::io::html::escaped;
use crate::io::track::colour;

/// Most nodes and graphs that a picture shows legibly.
const MOST_NODES: usize = 120;
const MOST_GRAPHS: usize = 12;
/// Edges are as wide as this, in pixels, and by so much more the stronger they are.
const THIN: f64 = 1.0;
const THICK: f64 = 6.0;
/// Room around the nodes for their names.
const ROOM: f64 = 26.0;
/// Half the width of a letter, about.
const HALF_LETTER: f64 = 3.6;

/// Writes `graphs.svg`, where nodes and graphs are few enough.
pub fn write(folder: &Path, data: &Data, found: &Networks) -> Result<()> {
    let panels = panels(data, found);
    if panels.is_empty() {
        let (nodes, graphs) = (data.nodes.len(), found.totals().count());
        tracing::info!("no picture of {nodes} nodes in {graphs} graphs: Cytoscape draws graphs.graphml");
        return Ok(());
    }
    let mut output = Output::create(&folder.join("graphs.svg"))?;
    output.put(sheet("What depends on what, all else being equal", &panels, &notes(found)).as_bytes())?;
    Ok(output.commit()?)
}

/// A picture of each graph, with every node in the same place; none where nodes or graphs are too many.
pub fn panels(data: &Data, found: &Networks) -> Vec<Panel> {
    let (n, graphs) = (data.nodes.len(), found.totals().count());
    if n > MOST_NODES || graphs > MOST_GRAPHS {
        return Vec::new();
    }
    let mut union = Square::zeros(n);
    for edge in found.totals().flat_map(|graph| &graph.edges) {
        let strength = edge.strength().max(union.at(edge.a, edge.b));
        union.set(edge.a, edge.b, strength);
        union.set(edge.b, edge.a, strength);
    }
    let places = layout(&union);
    let largest = union.largest_off_diagonal().max(f64::MIN_POSITIVE);
    let side = (300.0 + 14.0 * n as f64).min(1000.0);
    let has_shared = found.graphs.len() > graphs;
    let panel = |graph: &NamedGraph| Panel {
        heading: format!("{}: {} edges", graph.name, graph.edges.len()),
        svg: of_graph(data, graph, &places, largest, side, has_shared),
        width: side,
        height: side,
    };
    found.totals().map(panel).collect()
}

fn notes(found: &Networks) -> Vec<String> {
    let mut notes = vec![
        format!("λ = {:.4}. An edge is a conditional dependence over observations, not a mechanism.", found.lambda),
        "Blue with +: the nodes go together; orange with −: they avoid one another; grey: nodes of one mark or group. Wider: larger partial correlation.".to_owned(),
    ];
    if found.graphs.len() > found.totals().count() {
        notes.push("Solid: an edge that all contexts share; dashed: one that they do not share.".to_owned());
    }
    for graph in found.totals() {
        let expected: Vec<String> =
            graph.expected.iter().map(|(null, edges)| format!("{edges:.1} in {} data", null.name())).collect();
        if !expected.is_empty() {
            notes.push(format!("{}: {} edges; {}.", graph.name, graph.edges.len(), expected.join(", ")));
        }
    }
    notes
}

fn of_graph(
    data: &Data,
    graph: &NamedGraph,
    places: &[(f64, f64)],
    largest: f64,
    side: f64,
    has_shared: bool,
) -> String {
    let longest = data.nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
    let beside = (HALF_LETTER * longest as f64).clamp(ROOM, side / 4.0);
    let at = |node: usize| {
        let (x, y) = places[node];
        (beside + x * (side - 2.0 * beside), ROOM + y * (side - 2.0 * ROOM))
    };
    let label = format!("The graph of {}", graph.name);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {side:.0} {side:.0}\" width=\"{side:.0}\" height=\"{side:.0}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(&label)
    );
    // strong edges above weak ones
    let mut edges: Vec<&Edge> = graph.edges.iter().collect();
    edges.sort_by(|a, b| a.strength().total_cmp(&b.strength()));
    for edge in edges {
        let ((x0, y0), (x1, y1)) = (at(edge.a), at(edge.b));
        let [a, b] = [edge.a, edge.b].map(|node| &data.nodes[node]);
        let is_within = data.is_within(edge.a, edge.b);
        let class = match edge.sign() {
            _ if is_within => "within",
            sign if sign > 0.0 => "plus",
            _ => "minus",
        };
        let width = THIN + (THICK - THIN) * (edge.strength() / largest).min(1.0);
        let dashes = if has_shared && edge.kind == EdgeKind::Own { " stroke-dasharray=\"6 4\"" } else { "" };
        let number =
            edge.partial_correlation.map_or_else(String::new, |value| format!(", partial correlation {value:.2}"));
        let frequency =
            edge.frequency.map_or_else(String::new, |value| format!(", in {:.0} % of half-samples", 100.0 * value));
        let title = format!("{} – {}{number}{frequency} ({})", a.name, b.name, edge.kind.name());
        let _ = writeln!(
            svg,
            "<line class=\"edge {class}\" x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x1:.1}\" y2=\"{y1:.1}\" stroke-width=\"{width:.1}\"{dashes}><title>{}</title></line>",
            escaped(&title)
        );
        if !is_within {
            let (x, y) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
            let sign = if edge.sign() > 0.0 { "+" } else { "−" };
            let _ = writeln!(svg, "<text class=\"mid sign {class}\" x=\"{x:.1}\" y=\"{:.1}\">{sign}</text>", y + 4.0);
        }
    }
    let mut marks: Vec<&str> = data.nodes.iter().filter_map(|node| node.mark.as_deref()).collect();
    marks.dedup();
    for (node, of) in data.nodes.iter().enumerate() {
        let (x, y) = at(node);
        let place = of.mark.as_deref().and_then(|mark| marks.iter().position(|other| *other == mark));
        let [red, green, blue] = match (&of.mark, place) {
            (Some(mark), Some(place)) => colour::of_mark(mark, place),
            _ => [75, 85, 99],
        };
        let name = escaped(&of.name);
        let _ = writeln!(
            svg,
            "<circle class=\"node\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\" fill=\"rgb({red},{green},{blue})\"><title>{name}</title></circle>\n\
             <text class=\"mid name\" x=\"{x:.1}\" y=\"{:.1}\">{name}</text>",
            y + 20.0
        );
    }
    svg + "</svg>"
}
