//! Genes and transcripts as an annotation describes them.

use std::ops::Range;

use super::Strand;

/// A gene as an annotation describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneRecord {
    /// Gene id, as the annotation spells it.
    pub id: String,
    /// What the annotation calls it ([`symbol_of`](super::symbol_of)).
    pub symbol: Option<String>,
    /// Chromosome name, as the annotation spells it.
    pub chrom: String,
    /// First to last base, 0-based half-open; over the origin of a circular sequence it ends beyond the sequence.
    pub span: Range<u64>,
    /// Length of its sequence in bp, where that is circular: positions are counted around it.
    pub circle: Option<u64>,
    /// `None` where the annotation gives neither `+` nor `-`.
    pub strand: Option<Strand>,
    /// `protein_coding`, `lncRNA`…, where the annotation says so.
    pub biotype: Option<String>,
    /// Whether there was no gene line, so that the span is the outermost of the gene's other lines.
    pub derived: bool,
    /// Transcripts, in no particular order; empty where the annotation has none or nobody asked for them.
    pub transcripts: Vec<Transcript>,
}

/// One transcript of a gene, on the gene's chromosome and strand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Transcript id, as the annotation spells it.
    pub id: String,
    /// First to last base, 0-based half-open.
    pub span: Range<u64>,
    /// Bases of coding sequence.
    pub cds_bp: u64,
    /// Bases of exons.
    pub exon_bp: u64,
    /// The strongest tag that calls it its gene's main transcript.
    pub canonical: Option<CanonicalTag>,
}

/// Tags that single out a gene's main transcript, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CanonicalTag {
    /// `MANE_Select` (NCBI: `MANE Select`): agreed on by Ensembl and RefSeq.
    ManeSelect,
    /// `Ensembl_canonical`.
    EnsemblCanonical,
    /// `RefSeq Select`.
    RefSeqSelect,
    /// `appris_principal`, `appris_principal_1` to `_5`.
    ApprisPrincipal(u8),
}

impl CanonicalTag {
    /// The tag of that name, blanks read as underscores.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.trim().replace(' ', "_").as_str() {
            "MANE_Select" => Some(CanonicalTag::ManeSelect),
            "Ensembl_canonical" => Some(CanonicalTag::EnsemblCanonical),
            "RefSeq_Select" => Some(CanonicalTag::RefSeqSelect),
            other => {
                let level = other.strip_prefix("appris_principal")?.trim_start_matches('_');
                if level.is_empty() { Some(0) } else { level.parse().ok() }.map(CanonicalTag::ApprisPrincipal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appris_levels_are_ranked() {
        assert!(CanonicalTag::parse("appris_principal_1") < CanonicalTag::parse("appris_principal_4"));
        assert!(CanonicalTag::parse("MANE_Select") < CanonicalTag::parse("Ensembl_canonical"));
        assert_eq!(CanonicalTag::parse("appris_alternative_1"), None);
        assert_eq!(CanonicalTag::parse("basic"), None);
    }
}
