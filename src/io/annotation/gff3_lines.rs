//! What is kept of the lines of a GFF3 file until the last one is read.

use std::collections::HashMap;
use std::ops::Range;

use super::ReadOptions;
use super::draft::{Drafts, Labels, transcript_part};
use super::feature::Feature;
use crate::genome::{Strand, Transcript};

/// A gene or transcript line.
#[derive(Clone, Debug)]
pub(super) struct Gff3Node {
    /// `ID`, as other lines refer to it; may be empty.
    pub(super) id: String,
    /// The name that it is written under as a transcript.
    pub(super) name: String,
    /// The name that it is written under as a gene; `None` if its kind is that of a transcript.
    pub(super) gene_name: Option<String>,
    pub(super) locus_tag: Option<String>,
    pub(super) chrom: String,
    pub(super) strand: Option<Strand>,
    pub(super) part: Transcript,
    pub(super) piece: Option<Piece>,
    pub(super) parents: Vec<String>,
    /// The gene that it names, looked up only where no parent has come before.
    pub(super) gene: Option<String>,
    /// A gene without a parent: every name that other lines may call it by.
    pub(super) called: Vec<String>,
    pub(super) labels: Labels,
}

/// Which piece it is of a feature in several pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) number: u32,
    pub(super) is_trans_spliced: bool,
}

/// What exons, CDS and UTRs of one parent on one strand of one sequence add up to.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) chrom: String,
    pub(super) strand: Option<Strand>,
    pub(super) sum: Transcript,
    /// Lines that have no other parent.
    pub(super) lines: u64,
    /// The gene that these lines name, and their labels; looked up only where the parent has not come before.
    pub(super) gene: Option<String>,
    pub(super) labels: Labels,
}

/// Everything that lines say of one `ID`.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) nodes: Vec<usize>,
    pub(super) parts: Vec<Parts>,
}

/// A line with several parents, none of which has come before.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) parents: Vec<String>,
    pub(super) gene: Option<String>,
    pub(super) chrom: String,
    pub(super) strand: Option<Strand>,
    pub(super) part: Transcript,
    pub(super) labels: Labels,
}

/// The lines read so far.
pub(super) struct Gff3<'a> {
    pub(super) options: &'a ReadOptions,
    pub(super) nodes: Vec<Gff3Node>,
    pub(super) slots: HashMap<String, Slot>,
    pub(super) waiting: Vec<Waiting>,
    /// Lines without a parent that name a gene.
    pub(super) named: Drafts,
    /// CDS lines without a parent that name no gene, by their own id: genes of a file that has no others (Prodigal).
    pub(super) alone: Drafts,
}

impl<'a> Gff3<'a> {
    pub(super) fn new(options: &'a ReadOptions) -> Self {
        Gff3 {
            options,
            nodes: Vec::new(),
            slots: HashMap::new(),
            waiting: Vec::new(),
            named: Drafts::default(),
            alone: Drafts::default(),
        }
    }
}

impl Slot {
    /// Adds a line to the sums at its place.
    pub(super) fn parts_at(&mut self, feature: &Feature<'_>) -> &mut Parts {
        let part = transcript_part(feature);
        let here = |parts: &Parts| parts.chrom == feature.chrom && parts.strand == feature.strand;
        let at = match self.parts.iter().position(here) {
            Some(at) => {
                let sum = &mut self.parts[at].sum;
                widen(&mut sum.span, &part.span);
                sum.exon_bp += part.exon_bp;
                sum.cds_bp += part.cds_bp;
                at
            }
            None => {
                self.parts.push(Parts {
                    chrom: feature.chrom.to_owned(),
                    strand: feature.strand,
                    sum: part,
                    lines: 0,
                    gene: None,
                    labels: Labels::default(),
                });
                self.parts.len() - 1
            }
        };
        &mut self.parts[at]
    }
}

/// Makes a span reach as far as another.
pub(super) fn widen(span: &mut Range<u64>, other: &Range<u64>) {
    *span = span.start.min(other.start)..span.end.max(other.end);
}
