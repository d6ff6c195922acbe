//! The choice of one TSS, or several, for each annotated gene.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::annotation::{GeneRecord, Transcript};
use super::contig::contig_kind;
use super::gene_id::strip_version;
use super::{Gene, Strand, Tss};

/// Which TSS stands for a gene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TssPolicy {
    /// The 5′ end of the gene record, as DeepChrome and AttentiveChrome have it
    #[default]
    Gene,
    /// The 5′ end of the canonical transcript (MANE_Select, Ensembl_canonical, RefSeq Select,
    /// appris_principal), else of the transcript with the longest coding sequence, else the longest
    Canonical,
    /// Every distinct TSS of a gene; the rows are named by transcript id
    Transcript,
}

/// What to keep of an annotation.
#[derive(Clone, Debug, Default)]
pub struct TssOptions {
    /// Which TSS stands for a gene.
    pub policy: TssPolicy,
    /// Biotypes to keep; empty keeps all.
    pub biotypes: Vec<String>,
    /// Chromosomes to keep; empty keeps all.
    pub chroms: Vec<String>,
    /// Chromosomes to leave out.
    pub exclude_chroms: Vec<String>,
    /// Keep the version suffix of Ensembl and RefSeq ids.
    pub keep_version: bool,
}

/// Why a gene has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// The user left its chromosome out.
    Chromosome,
    /// The user asked for other biotypes.
    Biotype,
    /// Its strand is neither `+` nor `-`.
    Strand,
    /// It is another copy of a gene that is kept.
    Duplicate,
}

impl SkipReason {
    /// For the report: "12 genes …".
    pub fn words(self) -> &'static str {
        match self {
            SkipReason::Chromosome => "on chromosomes that were left out",
            SkipReason::Biotype => "of another biotype, or of none",
            SkipReason::Strand => "whose strand is neither + nor -",
            SkipReason::Duplicate => {
                "that are copies of a kept gene (chromosomes before other contigs, those before alternative ones; then gene lines before genes without; then the first by chromosome and position)"
            }
        }
    }
}

/// The rows of `genes.bed`, and what became of every other gene.
#[derive(Clone, Debug, Default)]
pub struct TssSelection {
    /// Chromosomes in the order of their bytes, as `sort -k1,1` and the tracks have them; TSSs ascending; ties by id.
    pub genes: Vec<Gene>,
    /// Genes read that have at least one row.
    pub kept: usize,
    /// Ids without a row, by reason, sorted.
    pub skipped: BTreeMap<SkipReason, Vec<String>>,
    /// `Canonical`: genes without a tagged transcript, where the longest stood in.
    pub longest: usize,
    /// `Canonical`, `Transcript`: genes without any transcript, where the gene record stood in.
    pub without_transcripts: usize,
    /// Ids whose version suffix was stripped.
    pub versions_stripped: usize,
}

impl SkipReason {
    /// Whether the user has asked for it.
    pub fn is_asked_for(self) -> bool {
        matches!(self, SkipReason::Chromosome | SkipReason::Biotype)
    }
}

/// Chooses the TSSs. Genes are never dropped silently: every one is a row or in `skipped`.
///
/// The order of the records does not matter. Of several records of one id the one on a chromosome is kept, before
/// those on other contigs, before those on alternative contigs; then one with a gene line; then the first in genome
/// order.
pub fn select_tss(records: &[GeneRecord], options: &TssOptions) -> TssSelection {
    let mut selection = TssSelection::default();
    let places = places(records);
    let mut ordered: Vec<(String, &GeneRecord)> =
        records.iter().map(|record| (written_id(&record.id, options), record)).collect();
    ordered.sort_by(|(id, one), (other_id, other)| {
        let key = |record: &GeneRecord| {
            let strand = record.strand.map_or('.', Strand::symbol);
            (
                contig_kind(&record.chrom),
                record.derived,
                places[record.chrom.as_str()],
                record.span.start,
                record.span.end,
                strand,
            )
        };
        let rest = |record: &GeneRecord| (record.biotype.clone(), record.id.clone());
        id.cmp(other_id).then_with(|| key(one).cmp(&key(other))).then_with(|| rest(one).cmp(&rest(other)))
    });
    let (mut last_kept, mut row_ids) = (None, HashSet::new());
    for (id, record) in &ordered {
        match strand_if_wanted(record, options) {
            // a copy at another place shares its transcripts' ids too, so it goes as a whole
            Ok(_) if last_kept == Some(id) => selection.skip(SkipReason::Duplicate, &record.id),
            Ok(strand) => {
                last_kept = Some(id);
                selection.keep(record, strand, options, &mut row_ids);
            }
            Err(reason) => selection.skip(reason, &record.id),
        }
    }
    selection.genes.sort_by(|one, other| {
        let key = |gene: &Gene| (places[gene.tss.chrom.as_str()], gene.tss.position);
        key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
    });
    selection
}

/// Where each chromosome comes in the output.
fn places(records: &[GeneRecord]) -> HashMap<&str, usize> {
    let names: HashSet<&str> = records.iter().map(|record| record.chrom.as_str()).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.into_iter().zip(0..).collect()
}

impl TssSelection {
    fn skip(&mut self, reason: SkipReason, id: &str) {
        self.skipped.entry(reason).or_default().push(id.to_owned());
    }

    fn keep(&mut self, record: &GeneRecord, strand: Strand, options: &TssOptions, seen: &mut HashSet<String>) {
        let (rows, longest) = rows(record, strand, options.policy);
        self.kept += 1;
        self.longest += usize::from(longest);
        self.without_transcripts += usize::from(options.policy != TssPolicy::Gene && record.transcripts.is_empty());
        for (id, span) in rows {
            let written = written_id(id, options);
            if !seen.insert(written.clone()) {
                self.skip(SkipReason::Duplicate, id);
                continue;
            }
            self.versions_stripped += usize::from(written != id);
            let around = |position: u64| record.circle.map_or(position, |length| position % length);
            let tss = Tss { chrom: record.chrom.clone(), position: around(five_prime(span, strand)), strand };
            // an annotation of TSSs alone knows no ends
            let end = (span.end - span.start > 1).then(|| around(three_prime(span, strand)));
            self.genes.push(Gene { id: written, tss, end });
        }
    }
}

fn written_id(id: &str, options: &TssOptions) -> String {
    strip_version(id).filter(|_| !options.keep_version).unwrap_or_else(|| id.to_owned())
}

fn strand_if_wanted(record: &GeneRecord, options: &TssOptions) -> Result<Strand, SkipReason> {
    if !chrom_wanted(&record.chrom, options) {
        return Err(SkipReason::Chromosome);
    }
    if !biotype_wanted(record, options) {
        return Err(SkipReason::Biotype);
    }
    record.strand.ok_or(SkipReason::Strand)
}

fn chrom_wanted(chrom: &str, options: &TssOptions) -> bool {
    let among = |list: &[String]| list.iter().any(|name| name == chrom);
    (options.chroms.is_empty() || among(&options.chroms)) && !among(&options.exclude_chroms)
}

fn biotype_wanted(record: &GeneRecord, options: &TssOptions) -> bool {
    options.biotypes.is_empty() || record.biotype.as_ref().is_some_and(|biotype| options.biotypes.contains(biotype))
}

fn five_prime(span: &Range<u64>, strand: Strand) -> u64 {
    match strand {
        Strand::Forward => span.start,
        Strand::Reverse => span.end - 1,
    }
}

fn three_prime(span: &Range<u64>, strand: Strand) -> u64 {
    match strand {
        Strand::Forward => span.end - 1,
        Strand::Reverse => span.start,
    }
}

/// Id and extent of each row of a gene, and whether the longest transcript stood in for a tagged one.
fn rows(record: &GeneRecord, strand: Strand, policy: TssPolicy) -> (Vec<(&str, &Range<u64>)>, bool) {
    let gene = vec![(record.id.as_str(), &record.span)];
    let mut ranked: Vec<&Transcript> = record.transcripts.iter().collect();
    ranked.sort_by(|one, other| rank(one).cmp(&rank(other)));
    let Some(main) = ranked.first() else { return (gene, false) };
    match policy {
        TssPolicy::Gene => (gene, false),
        TssPolicy::Canonical => (vec![(record.id.as_str(), &main.span)], main.canonical.is_none()),
        TssPolicy::Transcript => {
            let mut positions = HashSet::new();
            let rows = ranked.iter().map(|transcript| (transcript.id.as_str(), &transcript.span));
            (rows.filter(|(_, span)| positions.insert(five_prime(span, strand))).collect(), false)
        }
    }
}

/// Sorts tagged transcripts first, then by coding, exonic and genomic length, longest first, then by id.
fn rank(transcript: &Transcript) -> impl Ord + use<'_> {
    use std::cmp::Reverse;
    let Transcript { id, canonical, cds_bp, exon_bp, span } = transcript;
    let lengths = (Reverse(*cds_bp), Reverse(*exon_bp), Reverse(span.end - span.start));
    (canonical.is_none(), *canonical, lengths, id.as_str(), span.start)
}

#[cfg(test)]
mod tests;
