//! Which genes a replicate of the bootstrap draws together: neighbours share chromatin domains, and often
//! their windows, so that they are not independent.

use std::borrow::Cow;

use crate::genome::Gene;
use crate::matrix::{ByGene, gene_key};

/// Width of the blocks that a chromosome is cut into, in bp.
pub const BLOCK_BP: u64 = 1_000_000;

/// What the bootstrap draws.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unit<'a> {
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

    /// The unit that a gene is drawn with; all rows of a gene have the same one.
    pub fn unit(&self, id: &'a str) -> Unit<'a> {
        match self.0.get(id) {
            Some(&(chrom, block)) => Unit::Block(chrom, block),
            None => Unit::Gene(gene_key(id)),
        }
    }

    /// Width of the blocks in bp; `None` where no place is known.
    pub fn block_bp(&self) -> Option<u64> {
        (!self.0.is_empty()).then_some(BLOCK_BP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Strand, Tss};

    #[test]
    fn neighbours_are_one_unit_and_genes_without_a_place_are_their_own() {
        let gene = |id: &str, chrom: &str, position| Gene {
            id: id.into(),
            symbol: None,
            tss: Tss { chrom: chrom.into(), position, strand: Strand::Forward },
            end: None,
        };
        let genes = [
            gene("ENSG00000000001", "chr1", 1_000_000),
            gene("b", "chr1", 1_999_999),
            gene("c", "chr1", 2_000_000),
            gene("d", "chr2", 1_000_000),
        ];
        let loci = Loci::of(&genes);
        assert_eq!(loci.unit("ENSG00000000001.3"), loci.unit("b"));
        assert!(["c", "d", "elsewhere"].iter().all(|other| loci.unit(other) != loci.unit("b")));
        assert_ne!(loci.unit("x"), loci.unit("y"));
        assert_eq!((loci.block_bp(), Loci::default().block_bp()), (Some(BLOCK_BP), None));
    }
}
