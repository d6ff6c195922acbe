//! Tables beside the observations: weights of edges, groups of nodes.

use std::collections::HashMap;
use std::path::Path;

use super::node::GraphNode;
use crate::graph::Square;
use crate::io::table::Table;
use crate::io::{FileError, Result};

/// Reads weights, 1 where a pair is not named. Pairs with a node that is not there are passed over, and counted in the log.
pub fn weights(path: &Path, nodes: &[GraphNode]) -> Result<Square> {
    let table = Table::read(path)?;
    let columns = [table.column("node_a")?, table.column("node_b")?];
    let weight_column = table.column("weight")?;
    let places: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
    let mut weights = Square::from_fn(nodes.len(), |_, _| 1.0);
    let (mut seen, mut passed) = (HashMap::new(), 0);
    for row in &table.rows {
        let weight = table.number(row, weight_column)?.filter(|&weight| weight > 0.0).ok_or_else(|| {
            table
                .error(row, "expected a weight above 0: an edge that costs nothing leaves the programme without an end")
                .remedy("Write a small weight for an edge that is known, a large one for one that is not wanted")
        })?;
        let [a, b] = columns.map(|column| places.get(row.cells[column].as_str()).copied());
        let (Some(a), Some(b)) = (a, b) else {
            passed += 1;
            continue;
        };
        if let Some(first) = seen.insert((a.min(b), a.max(b)), row.line) {
            return Err(table
                .error(row, format!("this pair has a weight already, on line {first}"))
                .remedy("Keep one row a pair"));
        }
        weights.set(a, b, weight);
        weights.set(b, a, weight);
    }
    if seen.is_empty() {
        return Err(FileError::new(path, "no row names two nodes").remedy("Name nodes as nodes.tsv does"));
    }
    if passed > 0 {
        tracing::info!(
            "{}: passed over {passed} of {} rows, whose nodes are not there",
            path.display(),
            table.rows.len()
        );
    }
    Ok(weights)
}

/// Gives nodes the groups of a table; nodes that it does not name are in none.
pub fn groups(path: &Path, nodes: &mut [GraphNode]) -> Result<()> {
    let table = Table::read(path)?;
    let (node_column, group_column) = (table.column("node")?, table.column("group")?);
    let mut groups: HashMap<&str, (&str, u64)> = HashMap::new();
    for row in &table.rows {
        let group = table.text(row, group_column, "group")?;
        if let Some((_, first)) = groups.insert(&row.cells[node_column], (group, row.line)) {
            return Err(table
                .error(row, format!("this node has a group already, on line {first}"))
                .remedy("Keep one row a node"));
        }
    }
    for node in nodes.iter_mut() {
        node.group = groups.get(node.name.as_str()).map(|(group, _)| (*group).to_owned());
    }
    if nodes.iter().all(|node| node.group.is_none()) {
        return Err(FileError::new(path, "names no node").remedy("Name nodes as nodes.tsv does"));
    }
    Ok(())
}
