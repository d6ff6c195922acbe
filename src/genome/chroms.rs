//! Chromosome names and lengths, and the reconciliation of two files' ideas of them.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A chromosome; the length is unknown where no file has said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chrom {
    /// Name, as the file spells it.
    pub name: String,
    /// Length in base pairs.
    pub length: Option<u64>,
}

/// The chromosomes of one file, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chroms {
    list: Vec<Chrom>,
    index: HashMap<String, usize>,
}

impl FromIterator<Chrom> for Chroms {
    /// Keeps the first of a repeated name.
    fn from_iter<I: IntoIterator<Item = Chrom>>(iter: I) -> Self {
        let mut chroms = Chroms::default();
        for chrom in iter {
            chroms.push(chrom);
        }
        chroms
    }
}

impl Chroms {
    /// Adds a chromosome and returns its index; a name that is already there keeps its place and
    /// learns the length if it had none.
    pub fn push(&mut self, chrom: Chrom) -> usize {
        if let Some(&at) = self.index.get(&chrom.name) {
            if self.list[at].length.is_none() {
                self.list[at].length = chrom.length;
            }
            return at;
        }
        self.index.insert(chrom.name.clone(), self.list.len());
        self.list.push(chrom);
        self.list.len() - 1
    }

    /// All chromosomes, in order.
    pub fn as_slice(&self) -> &[Chrom] {
        &self.list
    }

    /// Index of a name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Length in bp of a name, if both are known.
    pub fn length(&self, name: &str) -> Option<u64> {
        self.list[self.index_of(name)?].length
    }

    /// Whether the name occurs.
    pub fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Number of chromosomes.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Names that both have, with lengths that both state and that differ: `(name, ours, theirs)`.
    /// Any such name means that the two files are of different assemblies.
    pub fn length_conflicts<'a>(&'a self, other: &Chroms) -> Vec<(&'a str, u64, u64)> {
        self.list
            .iter()
            .filter_map(|chrom| {
                let (ours, theirs) = (chrom.length?, other.length(&chrom.name)?);
                (ours != theirs).then_some((chrom.name.as_str(), ours, theirs))
            })
            .collect()
    }
}

/// How chromosome names of the genes are turned into those of a signal file.
///
/// Nothing is translated unless the user asks for it: silent tolerance of a `chr` prefix has hidden
/// wrong files in other tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChromAlias {
    /// Names must be equal.
    #[default]
    None,
    /// A `chr` prefix is added or removed, and `chrM`/`MT` are one, where the name itself is absent.
    Auto,
    /// A table: from the genes' names to the signal's.
    Table(HashMap<String, String>),
}

impl ChromAlias {
    /// The spelling of `name` that `chroms` knows, if there is one.
    pub fn resolve(&self, name: &str, chroms: &Chroms) -> Option<String> {
        self.spellings(name).into_iter().find(|spelling| chroms.contains(spelling))
    }

    /// The names that a signal file may have for the genes' `name`, the preferred one first.
    pub fn spellings(&self, name: &str) -> Vec<String> {
        let own = name.to_owned();
        match self {
            ChromAlias::Table(table) => vec![table.get(name).cloned().unwrap_or(own)],
            ChromAlias::None => vec![own],
            ChromAlias::Auto => match name {
                "chrM" | "chrMT" | "MT" | "M" => {
                    let others = ["chrM", "MT", "M", "chrMT"].into_iter().filter(|other| *other != name);
                    std::iter::once(own).chain(others.map(str::to_owned)).collect()
                }
                _ => {
                    let other = name.strip_prefix("chr").map_or_else(|| format!("chr{name}"), str::to_owned);
                    vec![own, other]
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chroms(names: &[(&str, u64)]) -> Chroms {
        names.iter().map(|&(name, length)| Chrom { name: name.into(), length: Some(length) }).collect()
    }

    #[test]
    fn aliases_are_explicit() {
        let signal = chroms(&[("1", 100), ("MT", 10)]);
        assert_eq!(ChromAlias::None.resolve("chr1", &signal), None);
        assert_eq!(ChromAlias::Auto.resolve("chr1", &signal).as_deref(), Some("1"));
        assert_eq!(ChromAlias::Auto.resolve("chrM", &signal).as_deref(), Some("MT"));
        let table = ChromAlias::Table([("one".to_owned(), "1".to_owned())].into());
        assert_eq!(table.resolve("one", &signal).as_deref(), Some("1"));
    }

    #[test]
    fn different_assemblies_show_in_the_lengths() {
        let hg19 = chroms(&[("chr1", 249_250_621), ("chr2", 243_199_373)]);
        let hg38 = chroms(&[("chr1", 248_956_422)]);
        assert_eq!(hg19.length_conflicts(&hg38), vec![("chr1", 249_250_621, 248_956_422)]);
    }
}
