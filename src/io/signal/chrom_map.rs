//! The genes' chromosomes in a file's numbering, and back.

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
#[derive(Clone, Debug)]
pub(super) struct LazyChroms<'a> {
    genes: &'a Chroms,
    alias: &'a ChromAlias,
    last: Option<(Vec<u8>, Option<usize>)>,
}

impl<'a> LazyChroms<'a> {
    pub(super) fn new(genes: &'a Chroms, alias: &'a ChromAlias) -> Self {
        LazyChroms { genes, alias, last: None }
    }

    /// Index of the genes' chromosome that the file calls `name`, and whether it differs in name from
    /// the previous call's.
    pub(super) fn look_up(&mut self, name: &[u8]) -> (Option<usize>, bool) {
        if let Some((last, found)) = &self.last
            && last == name
        {
            return (*found, false);
        }
        let text = String::from_utf8_lossy(name);
        let only: Chroms =
            std::iter::once(crate::genome::Chrom { name: text.clone().into_owned(), length: None }).collect();
        let resolves = |gene_name: &str| self.alias.resolve(gene_name, &only).is_some();
        // an exact match wins over an alias
        let found = self
            .genes
            .index_of(&text)
            .filter(|_| resolves(&text))
            .or_else(|| self.genes.as_slice().iter().position(|chrom| resolves(&chrom.name)));
        self.last = Some((name.to_owned(), found));
        (found, true)
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
        assert_eq!(lazy.look_up(b"1"), (Some(1), true));
        assert_eq!(lazy.look_up(b"1"), (Some(1), false));
        assert_eq!(lazy.look_up(b"GL0"), (None, true));
        assert_eq!(lazy.look_up(b"MT"), (Some(2), true));
    }
}
