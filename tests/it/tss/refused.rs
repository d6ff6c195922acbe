//! Bad annotations.

use super::{gzip, lines};
use crate::support::Workdir;

#[test]
fn bad_annotations_are_refused_in_words() {
    let gene = r#"1 x gene 101 500 . + . gene_id "A"; gene_biotype "lncRNA";"#;
    let mut truncated = gzip(&lines(&vec![gene; 2000]));
    truncated.truncate(truncated.len() / 2);
    let bad: [(&str, Vec<u8>, &str, &[&str]); 17] = [
        ("empty", b"".to_vec(), "", &["is empty", "finished"]),
        ("only comments", b"#!genome-build x\n".to_vec(), "", &["is empty"]),
        ("no gene", lines(&[r#"1 x start_codon 1 3 . + . gene_id "A";"#]).into(), "", &["holds no gene"]),
        (
            "eight columns",
            lines(&[gene, "1 x gene 1 9 . + ."]).into(),
            "",
            &["line 2", "9 tab-separated columns, found 8"],
        ),
        ("start after end", lines(&[gene, r#"1 x gene 9 1 . + . gene_id "B";"#]).into(), "", &["line 2", "9-1"]),
        ("start 0", lines(&[r#"1 x gene 0 9 . + . gene_id "B";"#]).into(), "", &["line 1", "1 or more"]),
        ("no number", lines(&[r#"1 x gene one 9 . + . gene_id "B";"#]).into(), "", &["line 1", "\"one\""]),
        (
            "no gene_id",
            lines(&[r#"1 x gene 1 9 . + . name "B";"#]).into(),
            "",
            &["no gene", "1 lines of genes that have no id"],
        ),
        (
            "no parent",
            lines(&["1 x mRNA 1 9 . + . ID=B;Parent=A"]).into(),
            "",
            &["1 lines whose parent is not in the file"],
        ),
        ("an expression table", b"gene_id\tE003\nA\t1\n".to_vec(), "", &["line 1", "not a gene annotation"]),
        ("a FASTA", b">chr1\nACGT\n".to_vec(), "", &["FASTA"]),
        ("a BAM", gzip("BAM\u{1}\0\0\0\0"), "", &["is a BAM file"]),
        ("a bigWig", b"\x26\xfc\x8f\x88\x04\x00".to_vec(), "", &["is a bigWig file"]),
        ("truncated gzip", truncated, "", &["truncated"]),
        ("BED3", b"1\t5\t6\n".to_vec(), "", &["line 1", "6 tab-separated columns"]),
        ("unknown biotype", lines(&[gene]).into(), "--biotype mRNA", &["mRNA", "lncRNA"]),
        ("no transcripts", lines(&[gene]).into(), "--policy canonical", &["transcripts", "--policy gene"]),
    ];
    for (what, content, args, needles) in bad {
        let work = Workdir::new();
        work.write("annotation", content);
        eprintln!("{what}");
        work.fails("tss", &format!("--annotation annotation --out genes.bed {args}"), needles);
        assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 1, "{what}: something was written");
    }
    let work = Workdir::new();
    work.write("a.bed", "1\t5\t9\tA\t0\t+\n");
    work.fails("tss", "--annotation a.bed --biotype lncRNA --out genes.bed", &["no gene has a biotype", "--biotype"]);
    work.fails("tss", "--annotation a.bed --chroms chr1 --out genes.bed", &["no gene on chromosome chr1", "one of: 1"]);
    work.fails("tss", "--annotation a.bed --exclude-chroms 1 --out genes.bed", &["none of 1 genes is left"]);
    work.fails("tss", "--annotation none.gtf --out genes.bed", &["none.gtf", "no such file"]);
    work.fails("tss", "--annotation a.bed --out nowhere/genes.bed", &["nowhere/genes.bed"]);
}
