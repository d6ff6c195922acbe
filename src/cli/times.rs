//! How long steps took: the one table of results that differs from run to run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::step::Step;
use crate::io::table::{Table, write_table};

/// The times of a table, in the order in which its steps were first done.
#[derive(Debug)]
pub struct Times {
    path: PathBuf,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    place_of: BTreeMap<Vec<String>, usize>,
}

impl Times {
    /// Those of earlier runs; of none where there is no such table. Its columns are what tells a step's chain from others, then
    /// stage, id and seconds.
    pub fn read(path: &Path, chain: &[&'static str]) -> Self {
        let columns = [chain, &["stage", "id", "seconds"]].concat();
        let mut times = Times { path: path.to_owned(), columns, rows: Vec::new(), place_of: BTreeMap::new() };
        let table = Table::read(path).ok().filter(|table| table.columns == times.columns);
        table.into_iter().flat_map(|table| table.rows).for_each(|row| times.put(row.cells));
        times
    }

    /// Notes what a step of a chain (its model, fold and seed) took, and writes the table; a step that was done already
    /// keeps its old time.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn add(&mut self, chain: &[&str], step: &Step, time: Option<Duration>) -> anyhow::Result<()> {
        let Some(time) = time else { return Ok(()) };
        let id = step.id.as_deref().unwrap_or_default();
        let seconds = format!("{:.3}", time.as_secs_f64());
        self.put([chain, &[step.stage, id, &seconds]].concat().into_iter().map(str::to_owned).collect());
        Ok(write_table(&self.path, &self.columns, &self.rows)?)
    }

    fn put(&mut self, row: Vec<String>) {
        let key = row[..row.len() - 1].to_vec();
        let next = self.rows.len();
        match *self.place_of.entry(key).or_insert(next) {
            place if place < next => self.rows[place] = row,
            _ => self.rows.push(row),
        }
    }
}
