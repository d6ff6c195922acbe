//! What was left out or assumed, by reason.

use std::collections::BTreeMap;

use super::feature::FeatureKind;

/// Why a line was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ignored {
    /// A gene line that gives the gene no id.
    NamelessGene,
    /// Another line that names no gene.
    NoGeneId,
    /// GFF3: none of its parents is in the file, and it names no gene either.
    NoParent,
    /// It lies on another strand or sequence than its gene, whose own line is believed.
    Elsewhere,
}

impl Ignored {
    /// The reason for a line without any name.
    pub(super) fn unnamed(kind: FeatureKind) -> Self {
        if kind == FeatureKind::Gene { Ignored::NamelessGene } else { Ignored::NoGeneId }
    }

    /// For the report: "12 lines …".
    pub fn words(self) -> &'static str {
        match self {
            Ignored::NamelessGene => "of genes that have no id",
            Ignored::NoGeneId => "that name no gene",
            Ignored::NoParent => "whose parent is not in the file",
            Ignored::Elsewhere => {
                "that lie elsewhere than their gene (on another strand, for example); its own line is believed"
            }
        }
    }
}

/// Counts of what happened while an annotation was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines of genes, transcripts, exons, CDS and UTRs that were ignored.
    pub ignored: BTreeMap<Ignored, u64>,
    /// Lines of kinds that are not read.
    pub other_kinds: u64,
    /// Genes without a gene line whose transcripts are numbered copies, each copy taken for itself.
    pub split_genes: u64,
    /// Genes in several pieces that do not follow each other: the first piece gives their ends.
    pub scattered_genes: u64,
    /// Genes over the origin of a circular sequence.
    pub over_origin: u64,
    /// Genes that end beyond their sequence, which nothing calls circular.
    pub beyond_sequence: u64,
    /// Genes whose names hold characters that a symbol cannot have, which `_` stands for.
    pub changed_symbols: u64,
    /// Genes that kept the usual id, because none was asked for or they lack it.
    pub without_id_attribute: u64,
}

impl Tally {
    pub(super) fn ignore(&mut self, reason: Ignored) {
        self.ignore_lines(reason, 1);
    }

    pub(super) fn ignore_lines(&mut self, reason: Ignored, lines: u64) {
        if lines > 0 {
            *self.ignored.entry(reason).or_default() += lines;
        }
    }
}
