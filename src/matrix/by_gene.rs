//! Values looked up by gene id, by the one rule of which ids are the same gene.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::genome::strip_version;

/// What two ids of the same gene have in common: ids that differ in the version of an Ensembl or RefSeq
/// accession alone are one gene ([`strip_version`]), whatever file each is from.
pub fn gene_key(id: &str) -> Cow<'_, str> {
    strip_version(id).map_or(Cow::Borrowed(id), Cow::Owned)
}

/// With a larger share of the shorter of two lists of genes lost in their join, something is wrong.
pub const MANY_LOST: f64 = 0.1;

/// Share of the shorter of two lists of genes that the other lacks, where `both` are in both: a list of all
/// genes may be joined with one of protein-coding genes, and nothing is lost.
pub fn share_lost(ours: usize, theirs: usize, both: usize) -> f64 {
    let shorter = ours.min(theirs).max(1);
    shorter.saturating_sub(both) as f64 / shorter as f64
}

/// Values by gene; ids are compared by [`gene_key`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByGene<'a, T> {
    values: HashMap<Cow<'a, str>, T>,
}

impl<T> ByGene<'_, T> {
    /// The gene's value.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.values.get(&*gene_key(id))
    }

    /// Takes the gene's value out.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        self.values.remove(&*gene_key(id))
    }

    /// Whether the gene has a value.
    pub fn contains_key(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// Genes.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no gene.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The genes' ids without versions, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(|id| &**id)
    }
}

impl<'a, T> FromIterator<(&'a str, T)> for ByGene<'a, T> {
    fn from_iter<I: IntoIterator<Item = (&'a str, T)>>(values: I) -> Self {
        ByGene { values: values.into_iter().map(|(id, value)| (gene_key(id), value)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_do_not_make_two_genes() {
        let genes = [("ENSG00000141510.16", 1), ("ENSG00000182378.15_PAR_Y", 2), ("RP11-34P13.7", 3)];
        let by_gene: ByGene<i32> = genes.into_iter().collect();
        for (id, value) in [
            ("ENSG00000141510", Some(1)),
            ("ENSG00000141510.18", Some(1)),
            ("ENSG00000182378_PAR_Y", Some(2)),
            ("ENSG00000182378.15", None),
            ("RP11-34P13.7", Some(3)),
            ("RP11-34P13.8", None),
        ] {
            assert_eq!(by_gene.get(id).copied(), value, "{id}");
        }
    }
}
