//! Inputs as contexts with the same nodes and without missing values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::group::{Contexts, joined};
use super::node::GraphNode;
use super::side;
use super::source::ContextSource;
use crate::graph::{Context, Place};
use crate::io::FileError;
use crate::io::table::Table;

/// Contexts with the same nodes.
pub struct Data {
    pub nodes: Vec<GraphNode>,
    pub contexts: Vec<Context>,
    /// Observations left out for missing values, one a context.
    pub missing: Vec<usize>,
}

/// Reads tables of numbers.
pub fn tables(paths: &[PathBuf]) -> Result<Vec<ContextSource>> {
    let mut blocks = 0;
    let mut sources = Vec::new();
    for path in paths {
        let source = table(path, blocks)?;
        blocks += source.places.len();
        sources.push(source);
    }
    Ok(sources)
}

/// `blocks` were given away before: each row is a block of its own.
fn table(path: &Path, blocks: usize) -> Result<ContextSource> {
    let table = Table::read(path)?;
    if table.columns.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(FileError::new(path, "holds numbers where names of nodes are expected")
            .line(1)
            .remedy("Write a header line with one name a column")
            .into());
    }
    // a column of names: no cell of it is a number
    let is_text = |column: usize| table.rows.iter().all(|row| table.number(row, column).is_err());
    let first = usize::from(!table.rows.is_empty() && is_text(0));
    if first == 1 {
        tracing::info!("{}: column {} is taken for names of observations", path.display(), table.columns[0]);
    }
    let mut columns = Vec::new();
    for column in first..table.columns.len() {
        table.column(&table.columns[column])?;
        let number = |row| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
        columns.push(table.rows.iter().map(number).collect::<Result<Vec<f64>>>()?);
    }
    let node = |name: &String| GraphNode { name: name.clone(), mark: None, part: None, group: None };
    Ok(ContextSource {
        path: path.to_owned(),
        name: stem(path),
        nodes: table.columns[first..].iter().map(node).collect(),
        columns,
        places: (0..table.rows.len()).map(|row| Place { chrom: 0, block: blocks + row }).collect(),
        ids: Vec::new(),
    })
}

/// The file's name without what says its format.
fn stem(path: &Path) -> String {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let ends = [".tsv", ".txt", ".csv"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
}

impl Data {
    /// Brings sources together: nodes that all have, observations without missing values, nodes that vary and differ.
    pub fn new(sources: Vec<ContextSource>, contexts: &Contexts, groups: Option<&Path>) -> Result<Data> {
        check_names(&sources)?;
        let (nodes, sources) = common(sources)?;
        let mut data = Data { nodes, contexts: Vec::new(), missing: Vec::new() };
        for (name, members) in contexts.of(sources)? {
            let (context, missing) = joined(name, &members, contexts.scores)?;
            data.contexts.push(context);
            data.missing.push(missing);
        }
        data.leave_out_constant();
        data.leave_out_alike();
        if data.nodes.len() < 2 {
            bail!("expected two nodes or more that vary in every context, found {}", data.nodes.len());
        }
        if let Some(path) = groups {
            side::groups(path, &mut data.nodes)?;
        }
        for context in &data.contexts {
            let (n, p) = (context.places.len(), data.nodes.len());
            if p > n {
                tracing::warn!(
                    "context {}: {p} nodes and only {n} observations; weak edges cannot be seen",
                    context.name
                );
            }
        }
        Ok(data)
    }

    /// Whether two nodes are of one group.
    pub fn is_within(&self, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|node| self.nodes[node].group.as_deref());
        a.is_some() && a == b
    }

    /// Groups as numbers, in the order in which they come.
    pub fn group_numbers(&self) -> Vec<Option<usize>> {
        let mut names: Vec<&str> = Vec::new();
        let mut numbers = Vec::new();
        for node in &self.nodes {
            numbers.push(node.group.as_deref().map(|group| {
                names.iter().position(|other| *other == group).unwrap_or_else(|| {
                    names.push(group);
                    names.len() - 1
                })
            }));
        }
        numbers
    }

    fn keep(&mut self, is_kept: &[bool]) {
        let mut keep = is_kept.iter();
        self.nodes.retain(|_| keep.next().copied().unwrap_or(true));
        for context in &mut self.contexts {
            let mut keep = is_kept.iter();
            context.observations.columns.retain(|_| keep.next().copied().unwrap_or(true));
        }
    }

    fn leave_out_constant(&mut self) {
        let is_constant = |column: &[f64]| column.iter().all(|value| *value == column[0]);
        let constant_in =
            |node: usize| self.contexts.iter().find(|context| is_constant(&context.observations.columns[node]));
        let is_kept: Vec<bool> = (0..self.nodes.len())
            .map(|node| match constant_in(node) {
                Some(context) => {
                    tracing::warn!(
                        "left out node {}: all its values are the same in {}",
                        self.nodes[node].name,
                        context.name
                    );
                    false
                }
                None => true,
            })
            .collect();
        self.keep(&is_kept);
    }

    fn leave_out_alike(&mut self) {
        let mut is_kept = vec![true; self.nodes.len()];
        // nodes that are alike have the same first value in the first context
        let Some(first) = self.contexts.first() else { return };
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by(|&a, &b| {
            first.observations.columns[a][0].total_cmp(&first.observations.columns[b][0]).then(a.cmp(&b))
        });
        for same in order.chunk_by(|&a, &b| first.observations.columns[a][0] == first.observations.columns[b][0]) {
            for (at, &node) in same.iter().enumerate() {
                let alike = |other: &&usize| {
                    self.contexts
                        .iter()
                        .all(|context| context.observations.columns[node] == context.observations.columns[**other])
                };
                if let Some(&other) = same[..at].iter().filter(|other| is_kept[**other]).find(alike) {
                    let (node_name, other) = (&self.nodes[node].name, &self.nodes[other].name);
                    tracing::warn!("left out node {node_name}: it has the values of {other} everywhere, and its edges");
                    is_kept[node] = false;
                }
            }
        }
        self.keep(&is_kept);
    }
}

fn check_names(sources: &[ContextSource]) -> Result<()> {
    for (at, source) in sources.iter().enumerate() {
        if let Some(other) = sources[..at].iter().find(|other| other.name == source.name) {
            return Err(FileError::new(
                &source.path,
                format!("is context {}, as {} is", source.name, other.path.display()),
            )
            .remedy("Give each context a name of its own: a table's is its file's")
            .into());
        }
    }
    Ok(())
}

/// The nodes that all have, in the order of the first.
fn common(mut sources: Vec<ContextSource>) -> Result<(Vec<GraphNode>, Vec<ContextSource>)> {
    let place = |source: &ContextSource| -> HashMap<String, usize> {
        source.nodes.iter().enumerate().map(|(at, node)| (node.name.clone(), at)).collect()
    };
    let places: Vec<_> = sources.iter().map(place).collect();
    let Some(first) = sources.first() else { bail!("no context is given: name --bins or --table") };
    let in_all = |node: &&GraphNode| places.iter().all(|places| places.contains_key(&node.name));
    let nodes: Vec<GraphNode> = first.nodes.iter().filter(in_all).cloned().collect();
    for (source, places) in sources.iter_mut().zip(&places) {
        let is_other = |node: &&GraphNode| !nodes.iter().any(|kept| kept.name == node.name);
        let mut others = source.nodes.iter().filter(is_other);
        if let Some(one) = others.next() {
            tracing::warn!(
                "{}: left out {} of {} nodes, which other contexts lack, for example {}",
                source.path.display(),
                1 + others.count(),
                source.nodes.len(),
                one.name
            );
        }
        source.columns = nodes.iter().map(|node| std::mem::take(&mut source.columns[places[&node.name]])).collect();
    }
    Ok((nodes, sources))
}
