//! The nine columns that GTF and GFF3 share.

use std::ops::Range;

use super::attributes::{Attributes, Style};
use crate::genome::Strand;

/// What a line describes, as far as a TSS is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gene,
    Transcript,
    Exon,
    Cds,
    /// Counts for where a gene ends, not for how long its transcripts are.
    Utr,
    /// A start codon, a chromosome, an enhancer…
    Other,
}

impl Kind {
    fn parse(name: &str) -> Self {
        match name {
            // Ensembl GFF3 has ncRNA_gene, RefSeq pseudogene, others protein_coding_gene…
            "gene" | "pseudogene" => Kind::Gene,
            _ if name.ends_with("_gene") => Kind::Gene,
            "exon" => Kind::Exon,
            "CDS" => Kind::Cds,
            "UTR" | "5UTR" | "3UTR" | "five_prime_utr" | "three_prime_utr" | "five_prime_UTR" | "three_prime_UTR" => {
                Kind::Utr
            }
            _ if name.ends_with("RNA") || name.ends_with("transcript") || name.ends_with("gene_segment") => {
                Kind::Transcript
            }
            _ => Kind::Other,
        }
    }
}

/// One line of GTF or GFF3.
#[derive(Clone, Debug)]
pub(super) struct Feature<'a> {
    pub(super) chrom: &'a str,
    pub(super) kind: Kind,
    /// 0-based half-open.
    pub(super) span: Range<u64>,
    pub(super) strand: Option<Strand>,
    pub(super) attributes: Attributes<'a>,
}

impl<'a> Feature<'a> {
    /// Cuts a line; the error says what was expected.
    pub(super) fn parse(line: &'a str, style: Style) -> Result<Self, String> {
        let mut columns = line.splitn(9, '\t');
        let mut next = || columns.next();
        let all = (next(), next(), next(), next(), next(), next(), next(), next(), next());
        let (
            Some(chrom),
            Some(_),
            Some(kind),
            Some(start),
            Some(end),
            Some(_),
            Some(strand),
            Some(_),
            Some(attributes),
        ) = all
        else {
            return Err(format!("expected 9 tab-separated columns, found {}", line.split('\t').count()));
        };
        let number = |name: &str, text: &str| {
            text.parse::<u64>().map_err(|_| format!("{name} must be a whole number of bases, found {text:?}"))
        };
        let (start, end) = (number("start (column 4)", start)?, number("end (column 5)", end)?);
        if start == 0 {
            return Err("start (column 4) must be 1 or more, found 0: GTF and GFF3 count bases from 1".to_owned());
        }
        if start > end {
            return Err(format!("start must not exceed end, found {start}-{end}"));
        }
        if chrom.is_empty() {
            return Err("the chromosome (column 1) must not be empty".to_owned());
        }
        Ok(Feature {
            chrom,
            kind: Kind::parse(kind),
            span: start - 1..end,
            strand: strand.parse().ok(),
            attributes: Attributes { text: attributes, style },
        })
    }
}
