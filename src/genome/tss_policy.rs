//! The choice of one TSS, or several, for each annotated gene.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::annotation::{GeneRecord, Transcript};
use super::contig::{contig_kind, contig_order};
use super::gene_id::strip_version;
use super::{Gene, Strand, Tss};

/// Which TSS stands for a gene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
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
                "that are copies of a kept gene (chromosomes before other contigs, those before alternative ones; then gene lines before genes without; then the first in genome order)"
            }
        }
    }
}

/// The rows of `genes.bed`, and what became of every other gene.
#[derive(Clone, Debug, Default)]
pub struct TssSelection {
    /// Chromosomes in [`contig_order`], TSSs ascending; ties by id.
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
    names.sort_by(|one, other| contig_order(one, other));
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
mod tests {
    use super::*;
    use crate::genome::CanonicalTag;

    fn transcript(id: &str, span: Range<u64>, cds_bp: u64, canonical: Option<CanonicalTag>) -> Transcript {
        Transcript { id: id.into(), span, cds_bp, exon_bp: 0, canonical }
    }

    fn record(id: &str, strand: Option<Strand>, transcripts: Vec<Transcript>) -> GeneRecord {
        GeneRecord {
            id: id.into(),
            chrom: "chr1".into(),
            span: 100..200,
            circle: None,
            strand,
            biotype: None,
            derived: false,
            transcripts,
        }
    }

    fn positions(records: &[GeneRecord], policy: TssPolicy) -> Vec<(String, u64)> {
        let selection = select_tss(records, &TssOptions { policy, ..TssOptions::default() });
        selection.genes.into_iter().map(|gene| (gene.id, gene.tss.position)).collect()
    }

    #[test]
    fn the_tss_is_the_first_base_on_plus_and_the_last_on_minus() {
        let records = [record("a", Some(Strand::Reverse), vec![]), record("b", Some(Strand::Forward), vec![])];
        assert_eq!(positions(&records, TssPolicy::Gene), [("b".into(), 100), ("a".into(), 199)]);
    }

    #[test]
    fn the_end_is_the_last_base_of_what_gives_the_tss() {
        let ends = |policy| {
            let list = vec![transcript("t1", 120..160, 9, None), transcript("t2", 100..140, 1, None)];
            let mut records =
                [record("f", Some(Strand::Forward), list.clone()), record("r", Some(Strand::Reverse), list)];
            records[1].chrom = "chr2".into();
            let selection = select_tss(&records, &TssOptions { policy, ..TssOptions::default() });
            selection.genes.into_iter().map(|gene| (gene.tss.position, gene.end)).collect::<Vec<_>>()
        };
        assert_eq!(ends(TssPolicy::Gene), [(100, Some(199)), (199, Some(100))]);
        assert_eq!(ends(TssPolicy::Canonical), [(120, Some(159)), (159, Some(120))]);
        let mut site = record("s", Some(Strand::Forward), vec![]);
        site.span = 100..101;
        assert_eq!(select_tss(&[site], &TssOptions::default()).genes[0].end, None);
    }

    #[test]
    fn a_tag_beats_length_and_coding_beats_genomic_length() {
        let tagged = transcript("t1", 150..160, 1, CanonicalTag::parse("MANE Select"));
        let canonical = transcript("t2", 120..160, 99, CanonicalTag::parse("Ensembl_canonical"));
        let long = transcript("t3", 100..200, 3, None);
        let coding = transcript("t4", 130..170, 9, None);
        let tss = |list: &[&Transcript]| {
            let list = list.iter().map(|&transcript| transcript.clone()).collect();
            positions(&[record("g", Some(Strand::Forward), list)], TssPolicy::Canonical)[0].1
        };
        assert_eq!(tss(&[&long, &canonical, &coding, &tagged]), 150);
        assert_eq!(tss(&[&long, &canonical, &coding]), 120);
        assert_eq!(tss(&[&long, &coding]), 130);
    }

    #[test]
    fn the_transcript_policy_keeps_each_tss_once_under_its_best_transcript() {
        let list = vec![
            transcript("t1", 100..150, 1, None),
            transcript("t2", 100..200, 5, None),
            transcript("t3", 140..200, 2, None),
        ];
        let rows = positions(&[record("g", Some(Strand::Forward), list)], TssPolicy::Transcript);
        assert_eq!(rows, [("t2".into(), 100), ("t3".into(), 140)]);
    }

    #[test]
    fn the_copy_on_a_chromosome_is_kept_whatever_comes_first() {
        let on = |chrom: &str, start: u64, derived: bool| {
            let mut copy = record("g", Some(Strand::Forward), vec![]);
            (copy.chrom, copy.span, copy.derived) = (chrom.into(), start..start + 50, derived);
            copy
        };
        let mut copies = vec![
            on("chr6_GL000250v2_alt", 10, false),
            on("chr6_KI270797v1_random", 20, false),
            on("chrX", 30, true),
            on("chr10", 40, true),
            on("chr2", 60, true),
            on("chr2", 50, true),
        ];
        while let Some(last) = copies.last() {
            let expected = vec![("g".to_owned(), last.span.start)];
            for _ in 0..copies.len() {
                copies.rotate_left(1);
                assert_eq!(positions(&copies, TssPolicy::Gene), expected);
            }
            copies.pop();
        }
        assert_eq!(positions(&[on("chr1", 5, true), on("chr9", 7, false)], TssPolicy::Gene), [("g".into(), 7)]);
    }

    #[test]
    fn positions_are_counted_around_a_circle() {
        let ends = |strand| {
            let mut over = record("g", Some(strand), vec![]);
            (over.span, over.circle) = (9_500..10_300, Some(10_000));
            let gene = select_tss(&[over], &TssOptions::default()).genes.remove(0);
            (gene.tss.position, gene.end)
        };
        assert_eq!(ends(Strand::Forward), (9_500, Some(299)));
        assert_eq!(ends(Strand::Reverse), (299, Some(9_500)));
    }

    #[test]
    fn every_gene_is_a_row_or_has_a_reason() {
        let mut elsewhere = record("ENSG00000000001.2", Some(Strand::Forward), vec![]);
        elsewhere.chrom = "chr2".into();
        let records = [
            record("ENSG00000000001.1", Some(Strand::Forward), vec![]),
            record("s", None, vec![]),
            elsewhere,
            record("ENSG00000000001.1_PAR_Y", Some(Strand::Forward), vec![]),
        ];
        let selection = select_tss(&records, &TssOptions::default());
        let ids: Vec<&str> = selection.genes.iter().map(|gene| gene.id.as_str()).collect();
        assert_eq!(ids, ["ENSG00000000001", "ENSG00000000001_PAR_Y"]);
        assert_eq!(selection.skipped[&SkipReason::Strand], ["s"]);
        assert_eq!(selection.skipped[&SkipReason::Duplicate], ["ENSG00000000001.2"]);
    }
}
