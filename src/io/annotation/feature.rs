//! The nine columns that GTF and GFF3 share.

use std::borrow::Cow;
use std::ops::Range;

use super::attributes::{Attributes, Style};
use crate::genome::Strand;

/// What a line describes, as far as a TSS is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeatureKind {
    Gene,
    Transcript,
    Exon,
    Cds,
    /// Counts for where a gene ends, not for how long its transcripts are.
    Utr,
}

impl FeatureKind {
    /// `None` for what is not read: a start codon, a chromosome, an enhancer…
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "gene" | "Gene" => FeatureKind::Gene,
            "exon" | "Exon" | "pseudogenic_exon" => FeatureKind::Exon,
            "CDS" | "cds" => FeatureKind::Cds,
            "UTR" | "5UTR" | "3UTR" | "five_prime_utr" | "three_prime_utr" | "five_prime_UTR" | "three_prime_UTR" => {
                FeatureKind::Utr
            }
            // Ensembl GFF3 has ncRNA_gene, RefSeq pseudogene, others protein_coding_gene, processed_pseudogene…
            _ if name.ends_with("_gene") || name.ends_with("pseudogene") => FeatureKind::Gene,
            _ if name.ends_with("RNA") || name.ends_with("transcript") || name.ends_with("gene_segment") => {
                FeatureKind::Transcript
            }
            _ => return None,
        })
    }
}

/// One line of GTF or GFF3.
#[derive(Clone, Debug)]
pub(super) struct Feature<'a> {
    pub(super) chrom: &'a str,
    pub(super) kind: FeatureKind,
    /// The third column itself.
    pub(super) kind_name: &'a str,
    /// 0-based half-open.
    pub(super) span: Range<u64>,
    pub(super) strand: Option<Strand>,
    pub(super) attributes: Attributes<'a>,
}

impl<'a> Feature<'a> {
    /// Cuts a line; the error says what was expected. `None` for a line of a kind that is not read, whatever else
    /// is in it: a variant without coordinates is not our business.
    pub(super) fn parse(line: &'a str, style: Style) -> Result<Option<Self>, String> {
        let mut columns = line.splitn(9, '\t');
        let mut next = || columns.next();
        let (chrom, _source, name) = (next(), next(), next());
        let wrong_width = || format!("expected 9 tab-separated columns, found {}", line.split('\t').count());
        let (Some(chrom), Some(kind_name)) = (chrom, name) else { return Err(wrong_width()) };
        let Some(kind) = FeatureKind::parse(kind_name) else { return Ok(None) };
        let rest = (next(), next(), next(), next(), next(), next());
        let (Some(start), Some(end), Some(_score), Some(strand), Some(_phase), Some(attributes)) = rest else {
            return Err(wrong_width());
        };
        let number = |name: &str, text: &str| {
            text.trim().parse::<u64>().map_err(|_| format!("{name} must be a whole number of bases, found {text:?}"))
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
        Ok(Some(Feature {
            chrom,
            kind,
            kind_name,
            span: start - 1..end,
            strand: strand.trim().parse().ok(),
            attributes: Attributes { text: attributes, style },
        }))
    }
}

/// A line without the quotes that pandas (`""` within) and R (`\"` within) put around whole cells.
pub(super) fn unquoted(line: &str) -> Cow<'_, str> {
    if !line.starts_with('"') && !line.contains("\t\"") {
        return Cow::Borrowed(line);
    }
    let cell = |cell: &str| match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\"").replace("\\\"", "\""),
        None => cell.to_owned(),
    };
    Cow::Owned(line.splitn(9, '\t').map(cell).collect::<Vec<_>>().join("\t"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_read_may_hold_anything() {
        for line in ["1\te\tstart_codon\t0\t2\t.\t-\t.\tgene_id \"A\";", "I\tWB\tSNP\t12\t.\t+", "1\te\tregion\t.\t."] {
            assert!(matches!(Feature::parse(line, Style::Gtf), Ok(None)), "{line}");
        }
        for line in ["1\te\tgene\t0\t2\t.\t-\t.\t", "1\te\texon\t1\t2\t.\t-\t.", "1 e gene 1 2 . - . a"] {
            assert!(Feature::parse(line, Style::Gtf).is_err(), "{line}");
        }
    }

    #[test]
    fn quotes_around_cells_are_not_part_of_them() {
        let plain = "1\te\tgene\t1\t9\t.\t+\t.\tgene_id \"A\"; note \"b\";";
        assert_eq!(unquoted(plain), plain);
        assert_eq!(unquoted("1\te\tgene\t1\t9\t.\t+\t.\t\"gene_id \"\"A\"\"; note \"\"b\"\";\""), plain);
        assert_eq!(
            unquoted("\"1\"\t\"e\"\t\"gene\"\t1\t9\t\".\"\t\"+\"\t\".\"\t\"gene_id \\\"A\\\"; note \\\"b\\\";\""),
            plain
        );
    }
}
