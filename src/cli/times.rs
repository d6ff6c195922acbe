//! How long the steps of a comparison took: the one table that differs from run to run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::step::Step;
use crate::io::table::{Table, write_table};

const COLUMNS: [&str; 6] = ["model", "fold", "seed", "stage", "id", "seconds"];

/// The times of a table, in the order in which its steps were first done.
#[derive(Debug)]
pub struct Times {
    path: PathBuf,
    rows: Vec<[String; 6]>,
    place_of: BTreeMap<[String; 5], usize>,
}

impl Times {
    /// Those of earlier runs; of none where there is no such table.
    pub fn read(path: &Path) -> Self {
        let mut times = Times { path: path.to_owned(), rows: Vec::new(), place_of: BTreeMap::new() };
        let table = Table::read(path).ok().filter(|table| table.columns == COLUMNS);
        for row in table.into_iter().flat_map(|table| table.rows) {
            if let Ok(cells) = <[String; 6]>::try_from(row.cells) {
                times.put(cells);
            }
        }
        times
    }

    /// Notes what a step of a training (its model, fold and seed) took, and writes the table; a step that
    /// was done already keeps its old time.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn add(&mut self, training: [&str; 3], step: &Step, time: Option<Duration>) -> anyhow::Result<()> {
        let Some(time) = time else { return Ok(()) };
        let [model, fold, seed] = training.map(str::to_owned);
        let id = step.id.clone().unwrap_or_default();
        self.put([model, fold, seed, step.stage.to_owned(), id, format!("{:.3}", time.as_secs_f64())]);
        Ok(write_table(&self.path, &COLUMNS, &self.rows)?)
    }

    fn put(&mut self, row: [String; 6]) {
        let [a, b, c, d, e, _] = row.clone();
        let next = self.rows.len();
        match *self.place_of.entry([a, b, c, d, e]).or_insert(next) {
            place if place < next => self.rows[place] = row,
            _ => self.rows.push(row),
        }
    }
}
