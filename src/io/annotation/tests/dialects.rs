//! One small file a dialect, with the genes that it means. gffread 0.12.7 reads the same TSSs of the same transcripts;
//! it knows no gene lines, circles or numbered copies, and makes genes of orphans.

use super::*;
use TssPolicy::{Canonical, Gene, Transcript};

/// Asserts the rows of a text under the three policies, forwards and backwards.
fn means(text: &str, gene: &[&str], canonical: &[&str], transcript: &[&str]) -> Tally {
    let text = lines(text);
    let backwards: String = text.lines().rev().map(|line| format!("{line}\n")).collect();
    for text in [&text, &backwards] {
        assert_eq!(rows(text, Gene), gene, "gene\n{text}");
        assert_eq!(rows(text, Canonical), canonical, "canonical\n{text}");
        assert_eq!(rows(text, Transcript), transcript, "transcript\n{text}");
    }
    rows_and_tally(&text, Canonical).1
}

/// NCBI, sorted by coordinate as for tabix: the exon comes before its gene (gffread: the gene line, not 1499).
#[test]
fn ncbi_gff3_sorted_by_coordinate() {
    let tally = means(
        "##gff-version 3
        NC_1 RefSeq exon 1001 1500 . - . ID=exon-NM_1.1-3;Parent=rna-NM_1.1;gene=ABC1;transcript_id=NM_1.1
        NC_1 RefSeq gene 1001 5200 . - . ID=gene-ABC1;Dbxref=GeneID:1;Name=ABC1;gene=ABC1;gene_biotype=protein_coding
        NC_1 RefSeq mRNA 1001 5000 . - . ID=rna-NM_1.1;Parent=gene-ABC1;gene=ABC1;transcript_id=NM_1.1
        NC_1 RefSeq CDS 1401 1500 . - 0 ID=cds-NP_1.1;Parent=rna-NM_1.1;gene=ABC1
        NC_1 RefSeq exon 4501 5000 . - . ID=exon-NM_1.1-1;Parent=rna-NM_1.1;gene=ABC1;transcript_id=NM_1.1",
        &["NC_1 5199 ABC1 - 1000"],
        &["NC_1 4999 ABC1 - 1000"],
        &["NC_1 4999 NM_1 - 1000"],
    );
    assert_eq!(tally, Tally { without_id_attribute: 1, ..Tally::default() });
}

/// Ensembl Fungi and FlyBase call the transcript of a pseudogene a pseudogene; an exon may name a parent that is not
/// there beside one that is.
#[test]
fn a_pseudogene_with_a_parent_is_a_transcript() {
    let tally = means(
        "##gff-version 3
        VIII JCVI pseudogene 1345 2871 . + . ID=gene:CA3226;biotype=pseudogene;gene_id=CA3226
        VIII JCVI pseudogene 1445 2871 . + . ID=transcript:CAT3226;Parent=gene:CA3226;transcript_id=CAT3226
        VIII JCVI exon 1445 2871 . + . Parent=transcript:CAT3226;exon_id=e1
        X FlyBase gene 5001 9000 . - . ID=FBgn0000002;Name=b
        X FlyBase mRNA 5001 9000 . - . ID=FBtr0000002;Name=b-RA;Parent=FBgn0000002
        X FlyBase exon 5001 9000 . - . ID=e2;Parent=FBtr0000002,FBtr0000099",
        &["VIII 1344 CA3226 + 2870", "X 8999 FBgn0000002 - 5000"],
        &["VIII 1444 CA3226 + 2870", "X 8999 FBgn0000002 - 5000"],
        &["VIII 1444 CAT3226 + 2870", "X 8999 FBtr0000002 - 5000"],
    );
    assert!(tally.ignored.is_empty(), "{tally:?}");
}

/// Children whose parent never comes make no gene, and are counted.
#[test]
fn orphans_are_counted() {
    let tally = means(
        "1 x gene 101 500 . + . ID=A
        1 x mRNA 11 500 . + . ID=T1;Parent=B
        1 x exon 11 500 . + . Parent=T1
        1 x exon 21 500 . + . Parent=T9
        1 x exon 31 500 . + . Parent=T8,T7
        1 x exon 41 500 . + . note=nothing
        1 x CDS 41 500 . + . ID=c9
        1 x gene 41 500 . + . note=nothing",
        &["1 100 A + 499"],
        &["1 100 A + 499"],
        &["1 100 A + 499"],
    );
    let counts: Vec<(Ignored, u64)> = tally.ignored.into_iter().collect();
    assert_eq!(counts, [(Ignored::NamelessGene, 1), (Ignored::NoGeneId, 2), (Ignored::NoParent, 4)]);
}

#[test]
fn ids_as_each_dialect_spells_them() {
    // WormBase, Prokka with genes, TAIR, VEuPathDB, ID-less (Geneious, tbl2gff)
    means(
        "I WormBase gene 101 500 . + . ID=Gene:WBGene00000001;Name=WBGene00000001
        I WormBase mRNA 111 500 . + . ID=Transcript:T1.1;Parent=Gene:WBGene00000001
        I WormBase CDS 121 400 . + 0 ID=CDS:T1;Parent=Transcript:T1.1
        c prokka gene 101 500 . - . ID=CB_00001_gene;gene=mlc;locus_tag=CB_00001
        c Prodigal CDS 101 500 . - 0 ID=CB_00001;Parent=CB_00001_gene;gene=mlc;locus_tag=CB_00001
        Chr1 TAIR gene 3631 5899 . + . ID=AT1G01010;Note=protein_coding_gene;Name=AT1G01010
        Chr1 TAIR mRNA 3631 5899 . + . ID=AT1G01010.1;Parent=AT1G01010;Index=1
        d VEuPathDB protein_coding_gene 11 90 . + . ID=PF3D7_01;ebi_biotype=protein_coding
        e Geneious gene 327 1046 . - . Name=tetR gene
        e Geneious CDS 327 1046 . - . Name=tetR CDS
        e tbl gene 2327 3046 . - . gene=tnp;locus_tag=E_1
        e tbl gene 4327 5046 . - . gene=tnp;locus_tag=E_2
        e tbl gene 6327 7046 . - . gene=mlc;locus_tag=E_3
        e tbl CDS 6327 7046 . - . ID=E_3;gene=mlc;locus_tag=E_3",
        &[
            "Chr1 3630 AT1G01010 + 5898",
            "I 100 WBGene00000001 + 499",
            "c 499 CB_00001 - 100",
            "d 10 PF3D7_01 + 89",
            "e 1045 tetR gene - 326",
            "e 3045 E_1 - 2326",
            "e 5045 E_2 - 4326",
            "e 7045 mlc - 6326",
        ],
        &[
            "Chr1 3630 AT1G01010 + 5898",
            "I 110 WBGene00000001 + 499",
            "c 499 CB_00001 - 100",
            "d 10 PF3D7_01 + 89",
            "e 1045 tetR gene - 326",
            "e 3045 E_1 - 2326",
            "e 5045 E_2 - 4326",
            "e 7045 mlc - 6326",
        ],
        &[
            "Chr1 3630 AT1G01010.1 + 5898",
            "I 110 T1.1 + 499",
            "c 499 CB_00001 - 100",
            "d 10 PF3D7_01 + 89",
            "e 1045 tetR gene - 326",
            "e 3045 E_1 - 2326",
            "e 5045 E_2 - 4326",
            "e 7045 mlc - 6326",
        ],
    );
}

#[test]
fn files_without_gene_lines() {
    // Prokka without --addgenes, Prodigal; gffread makes a gene of each CDS too
    let only_cds = "c Prodigal CDS 101 500 . - 0 ID=CB_1;gene=tnp;locus_tag=CB_1
        c Prodigal CDS 901 990 . - 0 ID=CB_2;gene=tnp;locus_tag=CB_2
        c Prodigal CDS 1001 1990 . + 0 ID=1_3;partial=00";
    let expected = ["c 499 CB_1 - 100", "c 989 CB_2 - 900", "c 1000 1_3 + 1989"];
    means(only_cds, &expected, &expected, &["c 499 CB_1 - 100", "c 989 CB_2 - 900", "c 1000 1_3 + 1989"]);
    // gffread's own GFF3; miRBase, whose mature miRNAs have no TSS of their own
    means(
        "1 x mRNA 111 500 . + . ID=T1;geneID=A
        1 x exon 101 200 . + . Parent=T1
        1 x mRNA 51 300 . - . ID=T2;geneID=B
        1 . miRNA_primary_transcript 1001 1100 . + . ID=MI1;Name=mir-1
        1 . miRNA 1011 1030 . + . ID=MIMAT1;Name=miR-1-5p;Derives_from=MI1",
        &["1 100 A + 499", "1 299 B - 50", "1 1000 MI1 + 1099"],
        &["1 100 A + 499", "1 299 B - 50", "1 1000 MI1 + 1099"],
        &["1 100 T1 + 499", "1 299 T2 - 50", "1 1000 MI1 + 1099"],
    );
}

/// AUGUSTUS and BRAKER; gffread and htseq read the exon lines.
#[test]
fn bare_ids_of_augustus() {
    means(
        "Chr01 AUGUSTUS gene 1001 5000 . - . g1
        Chr01 AUGUSTUS transcript 1001 4900 1 - . g1.t1
        Chr01 AUGUSTUS stop_codon 1001 1003 . - 0 transcript_id \"g1.t1\"; gene_id \"g1\";
        Chr01 AUGUSTUS exon 1001 1500 . - . transcript_id \"g1.t1\"; gene_id \"g1\";
        Chr01 AUGUSTUS exon 4501 4800 . - . transcript_id \"g1.t1\"; gene_id \"g1\";",
        &["Chr01 4999 g1 - 1000"],
        &["Chr01 4899 g1 - 1000"],
        &["Chr01 4899 g1.t1 - 1000"],
    );
}

/// Seen in the wild: a repaired half of AUGUSTUS, Prokka's parentless mRNA, one id for a gene and its transcript.
#[test]
fn half_repaired_files() {
    let rows = &["1 100 g2 + 499", "1 600 CF_1 + 699", "1 899 X - 800"];
    let tally = means(
        "1 AUGUSTUS gene 101 500 0.01 + . g2
        1 AUGUSTUS transcript 101 500 0.01 + . ID=g2.t1;Parent=g2
        1 prokka gene 601 700 . + . ID=CF_1_gene;Name=dnaA;gene=dnaA;locus_tag=CF_1
        1 prokka mRNA 601 700 . + . ID=CF_1_mRNA;Name=dnaA;gene=dnaA;locus_tag=CF_1
        1 Prodigal CDS 601 700 . + 0 ID=CF_1;Parent=CF_1_gene,CF_1_mRNA;gene=dnaA;locus_tag=CF_1
        1 maker gene 801 900 . - . ID=X
        1 maker tRNA 801 900 . - . ID=X;Parent=X
        1 maker exon 801 900 . - . Parent=X",
        rows,
        rows,
        &["1 100 g2.t1 + 499", "1 600 CF_1_mRNA + 699", "1 899 X - 800"],
    );
    assert!(tally.ignored.is_empty(), "{tally:?}");
    let (rows, tally) =
        rows_and_tally(&lines("1 A gene 101 500 0.01 + . ID \"g2\"\n1 A exon 101 500 . + . gene_id \"g2\""), Gene);
    assert_eq!((rows, tally.ignored.len()), (vec!["1 100 g2 + 499".to_owned()], 0));
}

#[test]
fn copies_of_ucsc_are_one_gene_each() {
    // the primary contig wins, whatever comes first; of copies on one chromosome the first in genome order
    let tally = means(
        "chr1_KQ458384v1_alt r transcript 167 2365 . + . gene_id \"LOCQ\"; transcript_id \"XR_9\";
        chr1 r transcript 5366 7564 . + . gene_id \"LOCQ\"; transcript_id \"XR_9_2\";
        chrY r transcript 1001 2000 . + . gene_id \"TTTY3\"; transcript_id \"NR_001524\";
        chrY r transcript 9001 9900 . - . gene_id \"TTTY3\"; transcript_id \"NR_001524_2\";
        chr2 r exon 1001 2000 . - . gene_id \"RBX\"; transcript_id \"NM_3\";
        chr2 r exon 7001 8000 . - . gene_id \"RBX\"; transcript_id \"NM_3_2\";
        chr3 r exon 1001 2000 . - . gene_id \"DUP\"; transcript_id \"NM_4\";
        chr3 r exon 7001 8000 . - . gene_id \"DUP\"; transcript_id \"NM_4_dup1\";
        chr4 r exon 1001 2000 . - . gene_id \"G\"; transcript_id \"T_1\";
        chr4 r exon 7001 8000 . - . gene_id \"G\"; transcript_id \"T_2\";",
        &[
            "chr1 5365 LOCQ + 7563",
            "chr2 1999 RBX - 1000",
            "chr3 1999 DUP - 1000",
            "chr4 7999 G - 1000",
            "chrY 1000 TTTY3 + 1999",
        ],
        &[
            "chr1 5365 LOCQ + 7563",
            "chr2 1999 RBX - 1000",
            "chr3 1999 DUP - 1000",
            "chr4 1999 G - 1000",
            "chrY 1000 TTTY3 + 1999",
        ],
        &[
            "chr1 5365 XR_9_2 + 7563",
            "chr2 1999 NM_3 - 1000",
            "chr3 1999 NM_4 - 1000",
            "chr4 1999 T_1 - 1000",
            "chr4 7999 T_2 - 7000",
            "chrY 1000 NR_001524 + 1999",
        ],
    );
    assert_eq!(tally.split_genes, 2);
}

/// The gene line is believed: its strand against an exon's, its span against a transcript's.
#[test]
fn the_gene_line_wins() {
    let tally = means(
        "3R r gene 101 500 . + . gene_id \"A\"; transcript_id \"\";
        3R r transcript 101 400 . + . gene_id \"A\"; transcript_id \"T\";
        3R r exon 601 700 . - . gene_id \"A\"; transcript_id \"T\";
        3R r exon 801 900 . - . transcript_id \"T\";
        3R r exon 801 900 . - . gene_id \"\"; transcript_id \"T\";
        3R r exon 801 900 . - . gene_id \"nan\"; transcript_id \"T\";",
        &["3R 100 A + 499"],
        &["3R 100 A + 399"],
        &["3R 100 T + 399"],
    );
    let counts: Vec<(Ignored, u64)> = tally.ignored.into_iter().collect();
    assert_eq!(counts, [(Ignored::NoGeneId, 3), (Ignored::Elsewhere, 1)]);
    // the same in GFF3
    let tally = means(
        "3R r gene 101 500 . + . ID=A
        3R r mRNA 101 400 . + . ID=T;Parent=A
        3R r exon 601 700 . - . Parent=T
        3R r mRNA 601 700 . - . ID=U;Parent=A",
        &["3R 100 A + 499"],
        &["3R 100 A + 399"],
        &["3R 100 T + 399"],
    );
    assert_eq!(tally.ignored.into_iter().collect::<Vec<_>>(), [(Ignored::Elsewhere, 2)]);
}

#[test]
fn genes_over_the_origin_of_a_circle() {
    let expected = ["NZ_1 299 R_1 - 9500", "NZ_1 3000 R_2 + 3999", "NZ_1 9900 R_3 + 49"];
    let tally = means(
        "##gff-version 3
        ##sequence-region NZ_1 1 10000
        NZ_1 RefSeq region 1 10000 . + . ID=NZ_1:1..10000;Is_circular=true;genome=chromosome
        NZ_1 RefSeq gene 9501 10300 . - . ID=gene-R_1;locus_tag=R_1
        NZ_1 RefSeq CDS 9501 10300 . - 0 ID=cds-1;Parent=gene-R_1;locus_tag=R_1
        NZ_1 RefSeq gene 3001 4000 . + . ID=gene-R_2;locus_tag=R_2
        NZ_1 RefSeq gene 9901 10000 . + . ID=gene-R_3;locus_tag=R_3;part=1/2
        NZ_1 RefSeq gene 1 50 . + . ID=gene-R_3;locus_tag=R_3;part=2/2",
        &expected,
        &expected,
        &expected,
    );
    assert_eq!((tally.over_origin, tally.beyond_sequence), (2, 0));
    let (_, tally) = rows_and_tally(&lines("##sequence-region c 1 100\nc x gene 90 101 . + . ID=a"), Gene);
    assert_eq!((tally.over_origin, tally.beyond_sequence), (0, 1));
}

/// rps12 of a plastid: transcription starts in part 1, on either strand.
#[test]
fn trans_spliced_genes_start_with_their_first_part() {
    let expected = ["NC_9 6972 A + 6999", "NC_9 9724 B - 9610"];
    let tally = means(
        "NC_9 RefSeq gene 9611 9725 . - . ID=gene-B;exception=trans-splicing;part=1
        NC_9 RefSeq gene 13856 14650 . - . ID=gene-B;exception=trans-splicing;part=2
        NC_9 RefSeq gene 6973 6999 . + . ID=gene-A;part=1/2
        NC_9 RefSeq gene 6981 7000 . + . ID=gene-A;part=2/2",
        &["NC_9 6972 A + 6999", "NC_9 9724 B - 9610"],
        &expected,
        &expected,
    );
    assert_eq!(tally.scattered_genes, 1);
}

#[test]
fn what_programs_do_to_files() {
    let expected = ["1 499 A - 100"];
    let plain = "1\te\tgene\t101\t500\t.\t-\t.\tgene_id \"A\"; note \"x; # y\";";
    for (what, text) in [
        ("blank lines", format!("{plain}\n   \n\n")),
        ("CRLF", format!("#c\r\n{plain}\r\n")),
        ("CR alone", format!("#c\r{plain}\r")),
        ("pandas' quotes", "1\te\tgene\t101\t500\t.\t-\t.\t\"gene_id \"\"A\"\"; x \"\"y\"\";\"".to_owned()),
        ("R's quotes", "\"1\"\t\"e\"\t\"gene\"\t101\t500\t\".\"\t\"-\"\t\".\"\t\"gene_id \\\"A\\\";\"".to_owned()),
        ("pandas' header", format!("0\t1\t2\t3\t4\t5\t6\t7\t8\n{plain}")),
        ("a header", format!("seqname\tsource\tfeature\tstart\tend\tscore\tstrand\tframe\tattribute\n{plain}")),
        ("a wrong version", format!("##gff-version 3\n{plain}")),
        ("version 2", format!("##gff-version 2\n{plain}")),
        ("a malformed start codon", format!("1\te\tstart_codon\t0\t2\t.\t-\t.\tgene_id \"A\";\n{plain}")),
        ("eight columns", format!("I\tWB\tSNP\t12176071\t.\t+\t.\tvariation=x\n{plain}")),
        ("FASTA", format!("{plain}\n##FASTA \n>1\nACGT\n")),
        ("FASTA without a word", format!("{plain}\n>1\nACGT\n")),
        ("browser lines", format!("track name=x\nbrowser\tposition\n{plain}")),
        ("values without quotes", "1\te\tgene\t101\t500\t.\t-\t.\tgene_id A; gene_name A".to_owned()),
        ("equals signs", "1\te\tgene\t101\t500\t.\t-\t.\tgene_id=A;gene_name=A".to_owned()),
        ("percent", "1\te\tgene\t101\t500\t.\t-\t.\tID=%41;Note=100%".to_owned()),
    ] {
        assert_eq!(rows(&text, Gene), expected, "{what}");
    }
    let latin = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(latin.path(), b"1\te\tgene\t101\t500\t.\t-\t.\tID=A;Note=caf\xe9\n").unwrap();
    assert_eq!(read(latin.path(), &ReadOptions::default()).unwrap().genes.len(), 1);
}

#[test]
fn a_genes_bed_keeps_its_ends_and_other_columns_are_no_ends() {
    let own =
        "1\t299\t300\tB\t0\t-\t50\n1\t100\t101\tA\t0\t+\t499\n1\t500\t501\tC\t0\t+\t.\n1\t10\t11\tD\t0\t-\t9000\n";
    assert_eq!(rows(own, Gene), ["1 10 D - 9000", "1 100 A + 499", "1 299 B - 50", "1 500 C + ."]);
    for foreign in [
        "1\t299\t300\tB\t0\t-\t50\tx\ty\n",                   // more columns
        "1\t299\t300\tB\t0\t-\t50\t60\n",                     // thickStart, thickEnd
        "1\t299\t301\tB\t0\t-\t50\n",                         // a gene, not a TSS
        "1\t299\t300\tB\t0\t-\tprotein_coding\n",             // text
        "1\t299\t300\tB\t0\t+\t5\n1\t399\t400\tC\t0\t+\t7\n", // a score
    ] {
        assert!(rows(foreign, Gene).iter().all(|row| !row.ends_with(" 50") && !row.ends_with(" 5")), "{foreign}");
    }
    // BED12, and UCSC's white space
    assert_eq!(rows("chr1 11873 14409 N 0 + 14409 14409 0 2 354,109 0,739\n", Gene), ["chr1 11873 N + 14408"]);
}

/// What people call a gene, as each dialect says it; the id for want of a name is none.
#[test]
fn symbols_as_each_dialect_spells_them() {
    for (dialect, text, symbol) in [
        ("GENCODE", r#"1 x gene 1 9 . + . gene_id "ENSG00000136997.21"; gene_name "MYC";"#, "MYC"),
        ("GENCODE, no name", r#"1 x gene 1 9 . + . gene_id "ENSG00000290825.1"; gene_name "ENSG00000290825";"#, "."),
        ("Ensembl", r#"1 x gene 1 9 . + . gene_id "ENSG00000136997"; gene_version "21"; gene_biotype "x";"#, "."),
        ("NCBI GTF", r#"1 x gene 1 9 . + . gene_id "MYC_1"; db_xref "GeneID:4609"; gene "MYC";"#, "MYC"),
        ("FlyBase GTF", r#"X x gene 1 9 . + . gene_id "FBgn0000002"; gene_symbol "b";"#, "b"),
        ("StringTie", r#"1 x transcript 1 9 . + . gene_id "STRG.1"; transcript_id "T"; ref_gene_name "MYC";"#, "MYC"),
        ("UCSC", r#"1 x exon 1 9 . + . gene_id "NM_002467"; transcript_id "NM_002467"; gene_name "MYC";"#, "MYC"),
        ("Ensembl GFF3", "1 x gene 1 9 . + . ID=gene:ENSG00000136997;Name=MYC;gene_id=ENSG00000136997", "MYC"),
        ("GENCODE GFF3", "1 x gene 1 9 . + . ID=ENSG00000136997.21;gene_id=ENSG00000136997.21;gene_name=MYC", "MYC"),
        ("NCBI GFF3", "1 x gene 1 9 . + . ID=gene-MYC-2;Dbxref=GeneID:4609;Name=MYC;gene=MYC", "MYC"),
        ("NCBI, the id itself", "1 x gene 1 9 . + . ID=gene-MYC;Dbxref=GeneID:4609;Name=MYC;gene=MYC", "."),
        ("FlyBase", "X x gene 1 9 . + . ID=FBgn0000002;Name=l(1)G0020", "l(1)G0020"),
        ("WormBase", "I x gene 1 9 . + . ID=Gene:WBGene00022277;Name=WBGene00022277;locus=homt-1", "homt-1"),
        ("WormBase, no locus", "I x gene 1 9 . + . ID=Gene:WBGene00022277;Name=WBGene00022277", "."),
        ("TAIR", "Chr1 x gene 1 9 . + . ID=AT1G01010;Name=AT1G01010;symbol=NAC001", "NAC001"),
        ("SGD", "chrI x gene 1 9 . + . ID=YAL069W;Name=YAL069W;gene=PAU8", "PAU8"),
        ("Prokka", "c x gene 1 9 . + . ID=CB_00001_gene;Name=mlc;gene=mlc;locus_tag=CB_00001", "mlc"),
        ("escapes", "c x gene 1 9 . + . ID=g1;Name=tetR%20gene", "tetR_gene"),
    ] {
        let annotation = read_text(&lines(text), &ReadOptions::default()).unwrap();
        let selection = select_tss(&annotation.genes, &TssOptions::default());
        let found = selection.genes[0].symbol.as_deref().unwrap_or(".");
        assert_eq!(found, symbol, "{dialect}");
    }
}

/// A transcript's row has its gene's symbol, also where that is the gene's id.
#[test]
fn transcripts_are_called_like_their_gene() {
    let text = lines(
        r#"1 x exon 1 9 . + . gene_id "DDX11L1"; transcript_id "NR_046018"; gene_name "DDX11L1";
        1 x CDS 1 9 . + . gene_id "DDX11L1"; transcript_id "NR_046018"; gene_name "DDX11L1";"#,
    );
    let annotation = read_text(&text, &ReadOptions { transcripts: true, ..ReadOptions::default() }).unwrap();
    let symbol = |policy| {
        let selection = select_tss(&annotation.genes, &TssOptions { policy, ..TssOptions::default() });
        selection.genes[0].symbol.clone()
    };
    assert_eq!((symbol(Transcript).as_deref(), symbol(Gene)), (Some("DDX11L1"), None));
}
