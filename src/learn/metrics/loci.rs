//! Which genes a replicate of the bootstrap draws together: neighbours share chromatin domains, and often
//! their windows, so that they are not independent.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::genome::Gene;
use crate::matrix::{ByGene, gene_key};

/// Width of the blocks that a chromosome is cut into, in bp.
pub const BLOCK_BP: u64 = 1_000_000;

/// Blocks below which genes are drawn instead: an interval of a handful of units says nothing.
const FEWEST_BLOCKS: usize = 10;

/// What the bootstrap draws.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Unit<'a> {
    /// All genes of a block: the chromosome, and the block's number on it.
    Block(&'a str, u64),
    /// A gene whose place is not known.
    Gene(Cow<'a, str>),
}

/// Where genes are. Without any place, every gene is a unit of its own.
#[derive(Clone, Debug, Default)]
pub struct Loci<'a>(ByGene<'a, (&'a str, u64)>);

impl<'a> Loci<'a> {
    /// The places of genes.
    pub fn of(genes: &'a [Gene]) -> Self {
        let block = |gene: &'a Gene| (gene.tss.chrom.as_str(), gene.tss.position / BLOCK_BP);
        Loci(genes.iter().map(|gene| (gene.id.as_str(), block(gene))).collect())
    }

    /// Numbers the units that genes are drawn with, from 0; all rows of a gene have the same one.
    pub fn units(&self, ids: &[&'a str]) -> Units {
        let block = |&id: &&'a str| self.0.get(id).map(|&(chrom, block)| Unit::Block(chrom, block));
        let gene = |&id: &&'a str| Unit::Gene(gene_key(id));
        let number = |of: &dyn Fn(&&'a str) -> Unit<'a>| {
            let mut numbers: HashMap<Unit, usize> = HashMap::new();
            let number = |id| {
                let next = numbers.len();
                *numbers.entry(of(id)).or_insert(next)
            };
            let of_rows: Vec<usize> = ids.iter().map(number).collect();
            let blocks = numbers.keys().filter(|unit| matches!(unit, Unit::Block(..))).count();
            (of_rows, numbers.len(), blocks)
        };
        let (of_rows, n, blocks) = number(&|id| block(id).unwrap_or_else(|| gene(id)));
        if blocks >= FEWEST_BLOCKS {
            return Units { of_rows, n, blocks: Some(blocks) };
        }
        let (of_rows, n, _) = number(&gene);
        Units { of_rows, n, blocks: None }
    }
}

/// The units of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// The unit of each row.
    pub of_rows: Vec<usize>,
    /// Number of units.
    pub n: usize,
    /// How many of them are blocks; `None` where genes are drawn one by one, because their places are not known or
    /// lie in a handful of blocks.
    pub blocks: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Strand, Tss};

    #[test]
    fn neighbours_are_one_unit_and_genes_without_a_place_are_their_own() {
        let gene = |id: String, chrom: &str, position| Gene {
            id,
            symbol: None,
            tss: Tss { chrom: chrom.into(), position, strand: Strand::Forward },
            end: None,
        };
        let mut genes = vec![
            gene("ENSG00000000001".into(), "chr1", 1_000_000),
            gene("b".into(), "chr1", 1_999_999),
            gene("c".into(), "chr1", 2_000_000),
            gene("d".into(), "chr2", 1_000_000),
        ];
        genes.extend((0..8).map(|at| gene(format!("far{at}"), "chr3", at * BLOCK_BP)));
        let loci = Loci::of(&genes);
        let mut ids: Vec<&str> = genes.iter().map(|gene| gene.id.as_str()).collect();
        ids[0] = "ENSG00000000001.3";
        ids.extend(["x", "y", "x"]);
        let units = loci.units(&ids);
        assert_eq!(units.of_rows, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 11]);
        assert_eq!((units.n, units.blocks), (13, Some(11)));
        // few blocks, or no places: genes
        let few = Units { of_rows: vec![0, 1, 2, 0], n: 3, blocks: None };
        assert_eq!(loci.units(&["b", "c", "d", "b"]), few);
        assert_eq!(Loci::default().units(&["b", "c", "d", "b"]), few);
    }
}
