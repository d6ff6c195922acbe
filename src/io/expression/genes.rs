//! One value a gene, of tables that have several rows of some.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is made of a gene that has several rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Their sum: right for counts, TPM and FPKM, where tools write a row a locus (StringTie, Cufflinks)
    #[default]
    Sum,
    /// The largest
    Max,
    /// Their mean
    Mean,
    /// The first that has a value
    First,
    /// The table is refused
    Refuse,
}

/// Genes that have several rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Rows with the same numbers as an earlier one of the gene, coordinates and other samples too: left out,
    /// as copies that a join of tables has made (with another name of the gene, for example).
    pub copies: usize,
    /// Ids with several rows that differ, in the order of the table.
    pub genes: Vec<String>,
    /// Those of them whose values are all equal and not 0: a join of tables may have repeated them.
    pub equal: usize,
}

/// The genes of a table, as its rows come.
#[derive(Debug, Default)]
pub(super) struct FoundGenes {
    genes: Vec<FoundGene>,
    by_id: HashMap<String, usize>,
    /// Gene and numbers of each row.
    rows: HashSet<(usize, u64)>,
    copies: usize,
}

#[derive(Debug)]
struct FoundGene {
    id: String,
    line: u64,
    rows: usize,
    values: Vec<f64>,
}

impl FoundGenes {
    /// Adds a row.
    ///
    /// # Errors
    /// Where `duplicates` refuses: that the gene is there twice, and where.
    pub(super) fn add(
        &mut self,
        id: String,
        value: Option<f64>,
        (line, numbers): (u64, u64),
        duplicates: Duplicates,
    ) -> Result<(), String> {
        match self.by_id.get(&id).copied() {
            None => {
                let at = self.genes.len();
                self.rows.insert((at, numbers));
                self.by_id.insert(id.clone(), at);
                self.genes.push(FoundGene { id, line, rows: 1, values: value.into_iter().collect() });
            }
            Some(at) if duplicates == Duplicates::Refuse => {
                return Err(format!("gene {id} is there twice, first on line {}", self.genes[at].line));
            }
            Some(at) if !self.rows.insert((at, numbers)) => self.copies += 1,
            Some(at) => {
                self.genes[at].rows += 1;
                self.genes[at].values.extend(value);
            }
        }
        Ok(())
    }

    /// The genes in the order of their first row, and what was made one.
    pub(super) fn finish(self, duplicates: Duplicates) -> (Vec<(String, Option<f64>)>, Repeated) {
        let several = || self.genes.iter().filter(|gene| gene.rows > 1);
        let are_equal = |values: &[f64]| values.len() > 1 && values[0] > 0.0 && values.iter().all(|&x| x == values[0]);
        let repeated = Repeated {
            copies: self.copies,
            genes: several().map(|gene| gene.id.clone()).collect(),
            equal: several().filter(|gene| are_equal(&gene.values)).count(),
        };
        (self.genes.into_iter().map(|gene| (gene.id, one(&gene.values, duplicates))).collect(), repeated)
    }
}

/// One value of several; missing ones do not count.
fn one(values: &[f64], duplicates: Duplicates) -> Option<f64> {
    let sum = || values.iter().sum::<f64>();
    let first = *values.first()?;
    Some(match duplicates {
        Duplicates::Sum => sum(),
        Duplicates::Max => values.iter().copied().fold(first, f64::max),
        Duplicates::Mean => sum() / values.len() as f64,
        Duplicates::First | Duplicates::Refuse => first,
    })
}
