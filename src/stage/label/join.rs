//! The table's values for the genes that are wanted, and whether the two speak of the same genes.

use std::collections::HashSet;
use std::path::Path;

use anyhow::bail;
use tracing::{info, warn};

use crate::genome::Gene;
use crate::io::expression::Expression;
use crate::matrix::{ByGene, MANY_LOST, share_lost};

/// A gene and its expression.
pub(super) type Value = (String, Option<f64>);

/// What keeps ids of the same gene apart, and the id without it.
type Difference = (&'static str, fn(&str) -> String);

/// The differences that are looked for.
const DIFFERENCES: [Difference; 4] = [
    ("upper and lower case", |id| id.to_lowercase()),
    ("what follows the first dot", |id| id.split('.').next().unwrap_or_default().to_owned()),
    ("a prefix (gene:, gene-)", |id| {
        id.rsplit([':']).next().unwrap_or_default().trim_start_matches("gene-").to_owned()
    }),
    ("what follows | or _", |id| id.split(['|', '_']).next().unwrap_or_default().to_owned()),
];

/// Files and limits of a join.
pub(super) struct Join<'a> {
    pub(super) table: &'a Path,
    pub(super) bed: &'a Path,
    /// Largest share of the shorter list that may have no partner.
    pub(super) most_lost: f64,
}

impl Join<'_> {
    /// The values of `genes`, in their order; a gene that the table lacks has none.
    ///
    /// # Errors
    /// No gene, or too few, are in both.
    pub(super) fn values(&self, genes: &[Gene], table: &Expression) -> anyhow::Result<Vec<Value>> {
        let by_gene: ByGene<Option<f64>> = table.genes.iter().map(|(id, value)| (id.as_str(), *value)).collect();
        let of_gene = |gene: &Gene| (gene.id.clone(), by_gene.get(&gene.id).copied().flatten());
        let joined = genes.iter().filter(|gene| by_gene.contains_key(&gene.id)).count();
        self.check(genes, table, joined)?;
        info!(
            "{joined} of {} genes of {} are in the table; {} others of the table are left out",
            genes.len(),
            self.bed.display(),
            table.genes.len() - joined
        );
        if joined < genes.len() {
            info!("{} genes of {} are not in the table: labelled NA", genes.len() - joined, self.bed.display());
        }
        Ok(genes.iter().map(of_gene).collect())
    }

    fn check(&self, genes: &[Gene], table: &Expression, joined: usize) -> anyhow::Result<()> {
        let lost = share_lost(genes.len(), table.genes.len(), joined);
        if joined > 0 && lost <= MANY_LOST.min(self.most_lost) {
            return Ok(());
        }
        let (here, there): (Vec<&str>, Vec<&str>) = (
            table.genes.iter().map(|(id, _)| id.as_str()).collect(),
            genes.iter().map(|gene| gene.id.as_str()).collect(),
        );
        let (here, there) = apart(&here, &there);
        let ids = format!(
            "the table has ids like {:?}, the genes like {:?}",
            here.first().unwrap_or(&""),
            there.first().unwrap_or(&"")
        );
        let hint = difference(&here, &there);
        let (table_path, bed) = (self.table.display(), self.bed.display());
        let remedy = "Name the column of the same ids with --gene-column, or make the genes with --id-attribute";
        if joined == 0 {
            bail!("{table_path}: none of its {} genes is in {bed}: {ids}{hint}. {remedy}", table.genes.len());
        }
        let few = format!(
            "{table_path}: {joined} of its {} genes are among the {} of {bed}: {ids}{hint}",
            table.genes.len(),
            genes.len()
        );
        if lost > self.most_lost {
            bail!("{few}. {remedy}; if so few are right, raise --max-lost-genes (now {})", self.most_lost);
        }
        warn!("{few}. The others have no label");
        Ok(())
    }
}

/// The ids of either list that the other lacks.
fn apart<'a>(here: &[&'a str], there: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let lacks = |list: &[&'a str], other: &[&'a str]| -> Vec<&'a str> {
        let other: ByGene<()> = other.iter().map(|&id| (id, ())).collect();
        list.iter().copied().filter(|id| !other.contains_key(id)).collect()
    };
    (lacks(here, there), lacks(there, here))
}

/// What keeps most ids apart, in words; nothing if nothing does.
fn difference(here: &[&str], there: &[&str]) -> String {
    let more = DIFFERENCES.iter().map(|(what, plain)| {
        let there: HashSet<String> = there.iter().map(|id| plain(id)).collect();
        (here.iter().filter(|id| there.contains(&plain(id))).count(), what)
    });
    let best = more.max_by_key(|&(more, _)| more).filter(|&(more, _)| more > 0);
    let of_transcripts = |ids: &[&str]| ids.first().is_some_and(|id| id.starts_with("ENST") || id.starts_with("NM_"));
    match best {
        Some((more, what)) => format!("; {more} more would be the same but for {what}"),
        None if of_transcripts(here) && !of_transcripts(there) => {
            "; the table is of transcripts: sum them up to genes first (tximport)".to_owned()
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_ids_apart_is_named() {
        for (here, there, words) in [
            ("Vps72", "VPS72", "1 more would be the same but for upper and lower case"),
            ("WBGene1.2", "WBGene1", "the first dot"),
            ("gene:AT1G1", "AT1G1", "a prefix"),
            ("gene-LOC1", "LOC1", "a prefix"),
            ("ENSG1_TP53", "ENSG1", "| or _"),
            ("ENST1", "ENSG1", "of transcripts"),
        ] {
            let found = difference(&[here], &[there]);
            assert!(found.contains(words), "{here} {there}: {found}");
        }
        assert_eq!(difference(&["TP53"], &["ENSG1"]), "");
    }
}
