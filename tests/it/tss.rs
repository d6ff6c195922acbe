//! `attentrack-tss`: dialects, policies, counts, bad annotations.

mod cases;
mod noodles;
mod refused;

use std::io::Write;

use crate::support::Workdir;

/// GTF lines: columns blank-separated up to the ninth.
fn lines(rows: &[&str]) -> String {
    rows.iter()
        .map(|row| {
            let mut columns = row.splitn(9, ' ').collect::<Vec<_>>().join("\t");
            columns.push('\n');
            columns
        })
        .collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const GENCODE: [&str; 9] = [
    r#"chr1 HAVANA gene 101 500 . + . gene_id "ENSG00000000001.5"; gene_type "protein_coding"; gene_name "A";"#,
    r#"chr1 HAVANA transcript 101 400 . + . gene_id "ENSG00000000001.5"; transcript_id "ENST00000000001.1"; gene_type "protein_coding"; tag "basic";"#,
    r#"chr1 HAVANA exon 101 400 . + . gene_id "ENSG00000000001.5"; transcript_id "ENST00000000001.1"; gene_type "protein_coding";"#,
    r#"chr1 HAVANA transcript 201 500 . + . gene_id "ENSG00000000001.5"; transcript_id "ENST00000000002.1"; gene_type "protein_coding"; tag "basic"; tag "Ensembl_canonical";"#,
    r#"chr1 HAVANA gene 51 300 . - . gene_id "ENSG00000000002.1"; gene_type "lncRNA"; gene_name "nan";"#,
    r#"chr1 HAVANA transcript 61 300 . - . gene_id "ENSG00000000002.1"; transcript_id "ENST00000000003.1"; gene_type "lncRNA"; note "a; b";"#,
    r#"chrX HAVANA gene 11 20 . + . gene_id "ENSG00000000003.2"; gene_type "protein_coding"; gene_name "P";"#,
    r#"chrY HAVANA gene 11 20 . + . gene_id "ENSG00000000003.2_PAR_Y"; gene_type "protein_coding"; gene_name "P";"#,
    r#"chrY HAVANA gene 31 40 . . . gene_id "ENSG00000000004.1"; gene_type "protein_coding"; gene_name "U";"#,
];

/// Hand-computed: `start - 1` on plus, `end - 1` on minus.
#[test]
fn gencode_genes_by_their_five_prime_end() {
    let work = Workdir::new();
    work.write("a.gtf", lines(&GENCODE));
    let log = work.ok("tss", "--annotation a.gtf --out genes.bed");
    assert_eq!(
        work.read("genes.bed"),
        "chr1\t100\t101\tENSG00000000001\t0\t+\nchr1\t299\t300\tENSG00000000002\t0\t-\nchrX\t10\t11\tENSG00000000003\t0\t+\nchrY\t10\t11\tENSG00000000003_PAR_Y\t0\t+\n"
    );
    assert!(log.contains("skipped 1 genes whose strand is neither + nor -: ENSG00000000004.1"), "{log}");
    assert!(log.contains("4 ids lost their version"), "{log}");
    work.ok("tss", "--annotation a.gtf --keep-version --biotype protein_coding --exclude-chroms chrY --out kept.bed");
    assert_eq!(
        work.read("kept.bed"),
        "chr1\t100\t101\tENSG00000000001.5\t0\t+\nchrX\t10\t11\tENSG00000000003.2\t0\t+\n"
    );
}

#[test]
fn canonical_and_transcript_policies() {
    let work = Workdir::new();
    work.write("a.gtf", lines(&GENCODE[..6]));
    let log = work.ok("tss", "--annotation a.gtf --policy canonical --out canonical.bed");
    assert_eq!(
        work.read("canonical.bed"),
        "chr1\t200\t201\tENSG00000000001\t0\t+\nchr1\t299\t300\tENSG00000000002\t0\t-\n"
    );
    assert!(log.contains("1 genes have no canonical transcript: the longest stood in"), "{log}");
    work.ok("tss", "--annotation a.gtf --policy transcript --out transcripts.bed");
    assert_eq!(
        work.read("transcripts.bed"),
        "chr1\t100\t101\tENST00000000001\t0\t+\nchr1\t200\t201\tENST00000000002\t0\t+\nchr1\t299\t300\tENST00000000003\t0\t-\n"
    );
}

/// The same two genes in every dialect, plain and gzip: one TSS each, at 100 on plus and 299 on minus.
#[test]
fn every_dialect_gives_the_same_tss() {
    let ensembl_gff3 = [
        "##gff-version 3",
        "1 GRCh38 chromosome 1 1000 . . . ID=chromosome:1",
        "1 havana gene 101 500 . + . ID=gene:A;Name=a;biotype=protein_coding;gene_id=A",
        "1 havana mRNA 101 500 . + . ID=transcript:T1;Parent=gene:A;tag=basic,Ensembl_canonical;transcript_id=T1",
        "1 havana exon 101 500 . + . Parent=transcript:T1",
        "###",
        "1 havana ncRNA_gene 51 300 . - . ID=gene:B;biotype=lncRNA;gene_id=B",
        "1 havana lnc_RNA 51 300 . - . ID=transcript:T2;Parent=gene:B;transcript_id=T2",
    ];
    let refseq_gff3 = [
        "##gff-version 3",
        "1 RefSeq region 1 1000 . + . ID=NC_1:1..1000;Dbxref=taxon:9606",
        "1 BestRefSeq gene 101 500 . + . ID=gene-A;Dbxref=GeneID:17,HGNC:HGNC:5;Name=A;gene=A;gene_biotype=protein_coding",
        "1 BestRefSeq mRNA 101 500 . + . ID=rna-T1;Parent=gene-A;Dbxref=GeneID:17;gene=A;tag=MANE Select;transcript_id=T1",
        "1 BestRefSeq exon 101 500 . + . ID=exon-T1-1;Parent=rna-T1;gene=A",
        "1 BestRefSeq pseudogene 51 300 . - . ID=gene-B;Dbxref=GeneID:18;gene=B;gene_biotype=pseudogene",
        "1 BestRefSeq transcript 51 300 . - . ID=rna-T2;Parent=gene-B;gene=B;transcript_id=T2",
    ];
    let without_genes_gff3 = [
        "1 x mRNA 111 500 . + . ID=T1;geneID=A",
        "1 x exon 101 500 . + . Parent=T1",
        "1 x mRNA 51 300 . - . ID=T2;geneID=B",
    ];
    let refgene_gtf = [
        r#"1 refGene CDS 111 150 0.0 + 0 gene_id "A"; transcript_id "T1";"#,
        r#"1 refGene exon 101 160 0.0 + . gene_id "A"; transcript_id "T1";"#,
        r#"1 refGene exon 401 500 0.0 + . gene_id "A"; transcript_id "T1";"#,
        r#"1 refGene exon 51 300 0.0 - . gene_id "B"; transcript_id "T2";"#,
        r#"1 refGene start_codon 298 300 0.0 - . gene_id "B"; transcript_id "T2";"#,
        r#"1 refGene exon 801 900 0.0 + . gene_id "A"; transcript_id "T1_dup1";"#,
    ];
    let bed = ["1 100 500 A 0 +", "1 50 300 B 0 -"];
    let tss_bed = ["1 299 300 B 0 -", "1 100 101 A 0 +"];
    for (dialect, rows) in [
        ("Ensembl GFF3", &ensembl_gff3[..]),
        ("RefSeq GFF3", &refseq_gff3),
        ("GFF3 without genes", &without_genes_gff3),
        ("GTF without genes", &refgene_gtf),
        ("BED of genes", &bed),
        ("BED of TSSs", &tss_bed),
    ] {
        let work = Workdir::new();
        let is_directive = |row: &&&str| row.starts_with('#');
        let mut text: String = rows.iter().filter(is_directive).take(1).map(|row| format!("{row}\n")).collect();
        text += &lines(&rows.iter().filter(|row| !row.starts_with('#')).copied().collect::<Vec<_>>());
        work.write("plain", &text);
        work.write("zipped.txt", gzip(&text));
        for (file, policy) in [("plain", "gene"), ("zipped.txt", "gene"), ("plain", "canonical")] {
            if policy == "canonical" && dialect.starts_with("BED") {
                continue;
            }
            work.ok("tss", &format!("--annotation {file} --policy {policy} --out genes.bed"));
            assert_eq!(
                work.read("genes.bed"),
                "1\t100\t101\tA\t0\t+\n1\t299\t300\tB\t0\t-\n",
                "{dialect}, {file}, {policy}"
            );
        }
    }
    let work = Workdir::new();
    work.write("a.gff3", format!("##gff-version 3\n{}", lines(&refseq_gff3[1..])));
    work.ok("tss", "--annotation a.gff3 --id-attribute GeneID --out genes.bed");
    assert_eq!(work.read("genes.bed"), "1\t100\t101\t17\t0\t+\n1\t299\t300\t18\t0\t-\n");
}

#[test]
fn standard_input_and_output() {
    let work = Workdir::new();
    let run = |annotation: Vec<u8>| {
        let output =
            work.stage("tss").args(["--annotation", "-", "--out", "-"]).write_stdin(annotation).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(gzip(&lines(&GENCODE[..1]))), "chr1\t100\t101\tENSG00000000001\t0\t+\n");
}

/// Hand-computed: the last base is `end - 1` on plus, `start - 1` on minus, of what gave the TSS.
#[test]
fn ends_are_a_seventh_column_on_request() {
    let work = Workdir::new();
    work.write("a.gtf", lines(&GENCODE[..6]));
    work.ok("tss", "--annotation a.gtf --ends --out genes.bed");
    assert_eq!(
        work.read("genes.bed"),
        "chr1\t100\t101\tENSG00000000001\t0\t+\t499\nchr1\t299\t300\tENSG00000000002\t0\t-\t50\n"
    );
    work.ok("tss", "--annotation a.gtf --ends --policy canonical --out genes.bed");
    assert_eq!(
        work.read("genes.bed"),
        "chr1\t200\t201\tENSG00000000001\t0\t+\t499\nchr1\t299\t300\tENSG00000000002\t0\t-\t60\n"
    );
    work.write("tss.bed", "1\t299\t300\tB\t0\t-\n");
    work.ok("tss", "--annotation tss.bed --ends --out genes.bed");
    assert_eq!(work.read("genes.bed"), "1\t299\t300\tB\t0\t-\t.\n");
}
