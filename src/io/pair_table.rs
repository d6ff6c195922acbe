//! `pairs.tsv`: sample, versus. One row a pair of samples, of which the first is compared with the second.

use std::path::Path;

use super::sample_sheet::Sample;
use super::table::Table;
use super::{FileError, Result};
use crate::genome::check_name;

/// Two samples that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Sample B, in which expression rises where the change is above 0.
    pub sample: String,
    /// Sample A, with which it is compared.
    pub versus: String,
}

impl Pair {
    /// What the pair is called, as `attentrack-pair` calls its matrix: `B-vs-A`.
    pub fn name(&self) -> String {
        format!("{}-vs-{}", self.sample, self.versus)
    }
}

/// Reads a table of pairs of these samples.
///
/// # Errors
/// A name that is none of the samples, a sample beside itself, a pair that is there twice: each names the line;
/// a table without pairs.
pub fn read(path: &Path, samples: &[Sample]) -> Result<Vec<Pair>> {
    let table = Table::read(path)?;
    let [sample, versus] = [table.column("sample")?, table.column("versus")?];
    let mut pairs: Vec<Pair> = Vec::new();
    for row in &table.rows {
        let pair = Pair { sample: row.cells[sample].trim().to_owned(), versus: row.cells[versus].trim().to_owned() };
        for name in [&pair.sample, &pair.versus] {
            if !samples.iter().any(|sample| sample.name == *name) {
                let names: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
                let remedy = format!("Its samples are {}", names.join(", "));
                return Err(table.error(row, format!("the sample sheet has no sample {name:?}")).remedy(remedy));
            }
        }
        if pair.sample == pair.versus {
            return Err(table
                .error(row, format!("{} is compared with itself", pair.sample))
                .remedy("Name two samples"));
        }
        if pairs.iter().any(|other| other.name() == pair.name()) {
            return Err(table.error(row, format!("{} is there twice", pair.name())).remedy("Keep one of the two rows"));
        }
        check_name("pair", &pair.name())
            .map_err(|error| table.error(row, error.to_string()).remedy("Give the samples shorter names"))?;
        pairs.push(pair);
    }
    match pairs.is_empty() {
        true => Err(FileError::new(path, "holds no pair").remedy("Add one row a pair: sample, versus")),
        false => Ok(pairs),
    }
}
