//! Inputs as contexts with the same nodes and without missing values.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::node::GraphNode;
use super::side;
use crate::graph::{Context, Observations, Place};
use crate::io::FileError;
use crate::io::table::Table;

/// What one file holds.
pub struct ContextFile {
    pub path: PathBuf,
    /// The context's name.
    pub name: String,
    pub nodes: Vec<GraphNode>,
    /// One a node; NaN is a missing value.
    pub columns: Vec<Vec<f64>>,
    /// One an observation.
    pub places: Vec<Place>,
}

/// Contexts with the same nodes.
pub struct Data {
    pub nodes: Vec<GraphNode>,
    pub contexts: Vec<Context>,
    /// Observations left out for missing values, one a context.
    pub missing: Vec<usize>,
}

/// Fewest observations of a context.
const FEWEST: usize = 3;

/// Reads tables of numbers.
pub fn tables(paths: &[PathBuf]) -> Result<Vec<ContextFile>> {
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
fn table(path: &Path, blocks: usize) -> Result<ContextFile> {
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
    Ok(ContextFile {
        path: path.to_owned(),
        name: stem(path),
        nodes: table.columns[first..].iter().map(node).collect(),
        columns,
        places: (0..table.rows.len()).map(|row| Place { chrom: 0, block: blocks + row }).collect(),
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
    pub fn new(sources: Vec<ContextFile>, groups: Option<&Path>) -> Result<Data> {
        check_names(&sources)?;
        let (nodes, mut contexts) = common(sources)?;
        let mut missing = Vec::new();
        for (path, context) in &mut contexts {
            let n = context.places.len();
            let is_whole = |at: &usize| context.observations.columns.iter().all(|column| column[*at].is_finite());
            let whole: Vec<usize> = (0..n).filter(is_whole).collect();
            if whole.len() < n {
                tracing::info!(
                    "{}: left out {} of {n} observations, which lack a value",
                    path.display(),
                    n - whole.len()
                );
            }
            if whole.len() < FEWEST {
                return Err(FileError::new(
                    &*path,
                    format!("{} observations have a value of every node, expected {FEWEST} or more", whole.len()),
                )
                .remedy("Leave out nodes without values, or give more observations")
                .into());
            }
            missing.push(n - whole.len());
            *context = context.with(&whole);
        }
        let mut data = Data { nodes, contexts: contexts.into_iter().map(|(_, context)| context).collect(), missing };
        data.leave_out_constant();
        data.leave_out_alike();
        if data.nodes.len() < 2 {
            bail!("{} nodes are left, expected two or more that vary in every context", data.nodes.len());
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

fn check_names(sources: &[ContextFile]) -> Result<()> {
    for (at, source) in sources.iter().enumerate() {
        if source.name == "shared" {
            return Err(FileError::new(
                &source.path,
                "is context \"shared\", which is what edges of all contexts are called",
            )
            .remedy("Rename the file, or the sample")
            .into());
        }
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

/// A context and its file.
type FromFile = (PathBuf, Context);

/// The nodes that all have, in the order of the first.
fn common(sources: Vec<ContextFile>) -> Result<(Vec<GraphNode>, Vec<FromFile>)> {
    let place = |source: &ContextFile| -> std::collections::HashMap<String, usize> {
        source.nodes.iter().enumerate().map(|(at, node)| (node.name.clone(), at)).collect()
    };
    let places: Vec<_> = sources.iter().map(place).collect();
    let Some(first) = sources.first() else { bail!("no context is given: name --bins or --table") };
    let all: Vec<GraphNode> = first.nodes.clone();
    let nodes: Vec<GraphNode> =
        all.iter().filter(|node| places.iter().all(|places| places.contains_key(&node.name))).cloned().collect();
    let mut contexts = Vec::new();
    for (mut source, places) in sources.into_iter().zip(places) {
        let others: Vec<&str> = source
            .nodes
            .iter()
            .map(|node| node.name.as_str())
            .filter(|name| !nodes.iter().any(|node| node.name == *name))
            .collect();
        if let Some(one) = others.first() {
            tracing::warn!(
                "{}: left out {} of {} nodes, which other contexts lack, for example {one}",
                source.path.display(),
                others.len(),
                source.nodes.len()
            );
        }
        let columns = nodes.iter().map(|node| std::mem::take(&mut source.columns[places[&node.name]])).collect();
        contexts.push((
            source.path,
            Context { name: source.name, observations: Observations { columns }, places: source.places },
        ));
    }
    Ok((nodes, contexts))
}
