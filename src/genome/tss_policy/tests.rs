use super::*;
use crate::genome::CanonicalTag;

fn transcript(id: &str, span: Range<u64>, cds_bp: u64, canonical: Option<CanonicalTag>) -> Transcript {
    Transcript { id: id.into(), span, cds_bp, exon_bp: 0, canonical }
}

fn record(id: &str, strand: Option<Strand>, transcripts: Vec<Transcript>) -> GeneRecord {
    GeneRecord {
        id: id.into(),
        symbol: None,
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
        let mut records = [record("f", Some(Strand::Forward), list.clone()), record("r", Some(Strand::Reverse), list)];
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
        on("chr2", 60, true),
        on("chr2", 50, true),
        on("chr10", 40, true),
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
