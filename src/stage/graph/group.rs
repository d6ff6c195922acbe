//! Samples as contexts, each alone or several together.
//!
//! Several samples of one context are brought together as replicates of one measurement are: an observation is a gene,
//! however many samples there are, and a node's value is the mean over the samples. Before that each sample's values
//! become normal scores within the sample (unless `--association` takes values as they are), so that no sample counts
//! for more because it is sequenced deeper. Stacked one below the other, the same gene would count as several
//! observations, which it is not.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Result;

use super::source::ContextSource;
use crate::genome::check_name;
use crate::graph::{Context, Observations};
use crate::io::FileError;
use crate::io::table::Table;

/// The name of what contexts share.
pub const SHARED: &str = "shared";
/// The column of a sample sheet by which each sample is a context.
pub const EACH: &str = "sample";
/// Fewest observations of a context.
const FEWEST: usize = 3;

/// Which context a sample is of.
pub struct Contexts {
    /// By sample; `None` where each is one.
    pub by_sample: Option<HashMap<String, String>>,
    /// Whether the values of a sample become normal scores before samples are brought together.
    pub scores: bool,
}

/// Reads the context of each sample of a sheet from a column.
///
/// # Errors
/// No such column, an empty cell or one that cannot be a name, rows of a sample that differ: each names the line.
pub fn read(sheet: &Path, column: &str) -> crate::io::Result<HashMap<String, String>> {
    let table = Table::read(sheet)?;
    let [sample, context] = [table.column(EACH)?, table.column(column)?];
    let mut contexts: HashMap<String, String> = HashMap::new();
    for row in &table.rows {
        let [name, own] = [sample, context].map(|column| row.cells[column].trim());
        check_name("context", own).map_err(|error| {
            table.error(row, error.to_string()).remedy("Name the context of every sample in this column")
        })?;
        let known = contexts.entry(name.to_owned()).or_insert_with(|| own.to_owned());
        if known != own {
            let problem = format!("sample {name} is {known} in one row and {own} in another (column {column})");
            return Err(table.error(row, problem).remedy("Say the same in every row of a sample"));
        }
    }
    Ok(contexts)
}

impl Contexts {
    /// The sources of each context, in the order in which contexts come.
    pub fn of(&self, sources: Vec<ContextSource>) -> Result<Vec<(String, Vec<ContextSource>)>> {
        let mut contexts: Vec<(String, Vec<ContextSource>)> = Vec::new();
        for source in sources {
            let name = match &self.by_sample {
                None => source.name.clone(),
                Some(contexts) => contexts.get(&source.name).cloned().ok_or_else(|| {
                    let found = format!("sample {:?} is in no row of --samples", source.name);
                    FileError::new(&source.path, found).remedy("Add its row, or leave the file out")
                })?,
            };
            if name == SHARED {
                let found = "is context \"shared\", which is what edges of all contexts are called";
                return Err(FileError::new(&source.path, found)
                    .remedy("Rename the file, the sample or the group")
                    .into());
            }
            match contexts.iter_mut().find(|(other, _)| *other == name) {
                Some((_, members)) => members.push(source),
                None => contexts.push((name, vec![source])),
            }
        }
        Ok(contexts)
    }
}

/// One context of its sources, which have the same nodes, and how many observations were left out because a source lacks
/// a value.
pub fn joined(name: String, members: &[ContextSource], scores: bool) -> Result<(Context, usize)> {
    let first = &members[0];
    let rows = rows(members);
    let (kept, n, of) = match members {
        [one] => (rows[0].len(), one.places.len(), one.path.display().to_string()),
        _ => {
            let genes: HashSet<&String> = members.iter().flat_map(|member| &member.ids).collect();
            (rows[0].len(), genes.len(), format!("context {name}"))
        }
    };
    if kept < n {
        tracing::info!("{of}: left out {} of {n} observations, which lack a value", n - kept);
    }
    if kept < FEWEST {
        let found = format!("has a value of every node in {kept} observations, expected {FEWEST} or more");
        return Err(FileError::new(&first.path, found)
            .remedy("Leave out nodes or samples without values, or give more observations")
            .into());
    }
    if members.len() > 1 {
        tracing::info!("context {name}: each of {kept} genes has its mean over {} samples", members.len());
    }
    let values = |(member, rows): (&ContextSource, &Vec<usize>)| {
        let column = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
        let observations = Observations { columns: member.columns.iter().map(column).collect() };
        if scores && members.len() > 1 { observations.normal_scores() } else { observations }
    };
    let mut each = members.iter().zip(&rows).map(values);
    let mut columns = each.next().map_or_else(Vec::new, |observations| observations.columns);
    for other in each {
        for (sum, value) in columns.iter_mut().flatten().zip(other.columns.iter().flatten()) {
            *sum += value;
        }
    }
    columns.iter_mut().flatten().for_each(|sum| *sum /= members.len() as f64);
    let places = rows[0].iter().map(|&row| first.places[row]).collect();
    Ok((Context { name, observations: Observations { columns }, places }, n - kept))
}

/// The observations of each member that have a value of every node; of several those that have one in each, in the order
/// of the first.
fn rows(members: &[ContextSource]) -> Vec<Vec<usize>> {
    let whole = |source: &ContextSource| -> Vec<usize> {
        let is_whole = |at: &usize| source.columns.iter().all(|column| column[*at].is_finite());
        (0..source.places.len()).filter(is_whole).collect()
    };
    let whole: Vec<Vec<usize>> = members.iter().map(whole).collect();
    if members.len() < 2 {
        return whole;
    }
    let by_id = |(member, whole): (&ContextSource, &Vec<usize>)| -> HashMap<String, usize> {
        whole.iter().map(|&row| (member.ids[row].clone(), row)).collect()
    };
    let places: Vec<HashMap<String, usize>> = members.iter().zip(&whole).map(by_id).collect();
    let ids = whole[0].iter().map(|&row| &members[0].ids[row]);
    let ids: Vec<&String> = ids.filter(|id| places.iter().all(|places| places.contains_key(*id))).collect();
    places.iter().map(|places| ids.iter().map(|id| places[*id]).collect()).collect()
}
