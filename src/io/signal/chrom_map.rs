//! The genes' chromosomes in a file's numbering, and back.

use std::collections::HashMap;
use std::path::Path;

use super::{FileError, Result};
use crate::genome::{ChromAlias, Chroms};

/// Which chromosome of a file is which of the genes'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChromMap {
    to_file: Vec<Option<usize>>,
    to_genes: Vec<Option<usize>>,
}

impl ChromMap {
    /// Finds each chromosome of the genes in the file.
    ///
    /// # Errors
    /// Two chromosomes of the genes are the same one of the file.
    pub fn new(path: &Path, genes: &Chroms, file: &Chroms, alias: &ChromAlias) -> Result<Self> {
        let mut map = ChromMap { to_file: vec![None; genes.len()], to_genes: vec![None; file.len()] };
        for (at, chrom) in genes.as_slice().iter().enumerate() {
            let Some(found) = alias.resolve(&chrom.name, file).and_then(|name| file.index_of(&name)) else { continue };
            if let Some(other) = map.to_genes[found].replace(at) {
                let (first, second) = (&genes.as_slice()[other].name, &chrom.name);
                return Err(FileError::new(
                    path,
                    format!("the genes' {first} and {second} are both its {}", file.as_slice()[found].name),
                )
                .remedy("Spell each chromosome one way in the genes, or correct the --chrom-alias table"));
            }
            map.to_file[at] = Some(found);
        }
        Ok(map)
    }

    /// The file's number of the genes' chromosome.
    pub fn to_file(&self, chrom: usize) -> Option<usize> {
        self.to_file.get(chrom).copied().flatten()
    }

    /// The genes' number of the file's chromosome.
    pub fn to_genes(&self, chrom: usize) -> Option<usize> {
        self.to_genes.get(chrom).copied().flatten()
    }
}

/// The same for files that do not declare their chromosomes: names are looked up as they come by.
#[derive(Debug)]
pub(super) struct LazyChroms {
    /// The genes' chromosome of every name that a file may have for it.
    of_name: HashMap<String, usize>,
    /// The file's name of each of the genes' chromosomes, once it has come by.
    names: Vec<Option<Vec<u8>>>,
    last: Option<(Vec<u8>, Option<usize>)>,
}

impl LazyChroms {
    pub(super) fn new(genes: &Chroms, alias: &ChromAlias) -> Self {
        let mut of_name = HashMap::new();
        let spelled = || genes.as_slice().iter().map(|chrom| alias.spellings(&chrom.name)).enumerate();
        // an exact match wins over an alias
        for (at, spellings) in spelled() {
            of_name
                .extend(spellings.into_iter().filter(|name| genes.as_slice()[at].name == *name).map(|name| (name, at)));
        }
        for (at, spellings) in spelled() {
            for name in spellings {
                of_name.entry(name).or_insert(at);
            }
        }
        LazyChroms { of_name, names: vec![None; genes.len()], last: None }
    }

    /// Index of the genes' chromosome that the file calls `name`, and whether it differs in name from
    /// the previous call's.
    ///
    /// # Errors
    /// The file has had another name for the same chromosome.
    #[inline]
    pub(super) fn look_up(&mut self, name: &[u8]) -> std::result::Result<(Option<usize>, bool), String> {
        match &self.last {
            Some((last, found)) if last == name => Ok((*found, false)),
            _ => Ok((self.look_up_new(name)?, true)),
        }
    }

    fn look_up_new(&mut self, name: &[u8]) -> std::result::Result<Option<usize>, String> {
        let found = str::from_utf8(name).ok().and_then(|name| self.of_name.get(name).copied());
        if let Some(at) = found {
            let known = self.names[at].get_or_insert_with(|| name.to_owned());
            if known != name {
                let [known, name] = [&known[..], name].map(String::from_utf8_lossy);
                return Err(format!("{known} and {name} are one chromosome of the genes (--chrom-alias)"));
            }
        }
        let (last, last_found) = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(name);
        *last_found = found;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::Chrom;

    fn chroms(names: &[&str]) -> Chroms {
        names.iter().map(|&name| Chrom { name: name.into(), length: None }).collect()
    }

    #[test]
    fn both_ways() {
        let (genes, file) = (chroms(&["chr2", "chr1", "chrM"]), chroms(&["1", "2", "GL0"]));
        let map = ChromMap::new(Path::new("f"), &genes, &file, &ChromAlias::Auto).unwrap();
        assert_eq!((map.to_file(0), map.to_file(1), map.to_file(2)), (Some(1), Some(0), None));
        assert_eq!((map.to_genes(0), map.to_genes(2)), (Some(1), None));
        assert!(ChromMap::new(Path::new("f"), &chroms(&["1", "chr1"]), &file, &ChromAlias::Auto).is_err());
        let alias = ChromAlias::Auto;
        let mut lazy = LazyChroms::new(&genes, &alias);
        assert_eq!(lazy.look_up(b"1"), Ok((Some(1), true)));
        assert_eq!(lazy.look_up(b"1"), Ok((Some(1), false)));
        assert_eq!(lazy.look_up(b"GL0"), Ok((None, true)));
        assert_eq!(lazy.look_up(b"MT"), Ok((Some(2), true)));
        assert!(lazy.look_up(b"chrM").unwrap_err().contains("MT and chrM are one"));
    }
}
