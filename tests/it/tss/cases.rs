//! Real annotations, the problem cases that users sent, and the log.

use std::path::{Path, PathBuf};

use super::lines;
use crate::support::{Workdir, shared_data};

#[test]
fn the_real_annotations() {
    let Some(data) = shared_data("tss::the_real_annotations") else { return };
    let work = Workdir::new();
    // the number of rows, by grep or by a count of distinct gene ids
    for (file, rows) in [
        ("fixture_chr21/genes.gtf", 255),
        ("pilot/genes.pilot.GRCh37.gtf", 944),
        ("chromhmm_GM12878/genes.chr11.NCBI36.gtf", 1193),
        ("coolbox_chr9/gtf_chr9_4000000_6000000.gtf", 55),
        ("bam_epicseg/genes.GRCh37.gene_level.gtf", 257),
        ("annotation/chr21.refseq.hg19.gtf", 577),
        ("annotation/ensembl_genes.GRCh37.gene_level.gtf.gz", 49_704),
    ] {
        work.ok("tss", &format!("--annotation {} --out genes.bed", data.join(file).display()));
        assert_eq!(work.read("genes.bed").lines().count(), rows, "{file}");
        let first = work.read("genes.bed").lines().next().map(str::to_owned).unwrap();
        assert_eq!(first.split('\t').count(), 8, "{file}: {first}");
        if file.starts_with("fixture") {
            let expected = std::fs::read_to_string(data.join("fixture_chr21/tss.bed")).unwrap();
            // the same rows; of genes with one TSS that file has the order of the annotation
            assert_eq!(sorted(&bed6(&work.read("genes.bed"))), sorted(&expected));
        }
    }
    for (file, reason) in [("H3K4me1.bw", "is a bigWig file"), ("H3K4me1.bam", "is a BAM file")] {
        let path = data.join("fixture_chr21").join(file);
        work.fails("tss", &format!("--annotation {} --out x.bed", path.display()), &[reason]);
    }
}

/// The first six columns.
fn bed6(text: &str) -> String {
    text.lines().map(|row| row.split('\t').take(6).collect::<Vec<_>>().join("\t") + "\n").collect()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = text.lines().collect();
    rows.sort_unstable();
    rows
}

/// The problem cases beside the real data, or `None` after saying loudly that `test` is skipped.
fn shared_cases(test: &str) -> Option<PathBuf> {
    let cases = shared_data(test)?.join("../cases");
    if cases.is_dir() {
        return Some(cases);
    }
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no cases at {}", cases.display());
    None
}

/// `chrom TSS id strand` of each row.
fn rows(work: &Workdir, annotation: &Path, args: &str) -> Vec<String> {
    work.ok("tss", &format!("--annotation {} {args} --out genes.bed", annotation.display()));
    let row = |row: &str| {
        let columns: Vec<&str> = row.split('\t').collect();
        [columns[0], columns[1], columns[3], columns[5]].join(" ")
    };
    work.read("genes.bed").lines().map(row).collect()
}

/// The right values of expected.txt; src/io/annotation/tests has the same files in small.
#[test]
fn the_cases_of_users() {
    let Some(cases) = shared_cases("tss::cases::the_cases_of_users") else { return };
    let work = Workdir::new();
    for (file, args, expected) in [
        ("F01/t1.sorted.gff3", "", &["NC_1 4999 ABC1 -", "NC_1 8000 DEF2 +"][..]),
        ("F01/t1.orig.gff3", "", &["NC_1 4999 ABC1 -", "NC_1 8000 DEF2 +"]),
        ("F08/t2.gtf", "", &["Chr01 4999 g1 -"]),
        ("F09/ensfungi.gff3", "", &["VIII 1378344 CA3226 +"]),
        ("F09/ensfungi.gff3", "--policy canonical", &["VIII 1378444 CA3226 +"]),
        ("F09/t4.gff3", "", &["X 1000 FBgn0000001 +", "X 8999 FBgn0000002 -"]),
        ("F12/t10.gff3", "", &["NZ_1 299 R_0001 -", "NZ_1 3000 R_0002 +"]),
        ("F17/alt.gtf", "", &["chr1 235360365 LOCQ +", "chr6 29900999 HLA-Q -"]),
        ("F17/alt.gtf", "--chroms chr1,chr6", &["chr1 235360365 LOCQ +", "chr6 29900999 HLA-Q -"]),
        ("F17/t18.gtf", "", &["chr1 1999 RBX -", "chrY 1000 TTTY3 +"]),
        ("F21/noid.gff3", "", &["ctg1 1525 mlc -"]),
        ("F21/geneious.gff3", "", &["p1 3045 tetR gene -"]),
        ("F22/t24.gtf", "", &["3R 21360389 gene-G1 +", "3R 31377398 gene-G2 -"]),
        ("F23/t20.gtf", "", &["1 499 A -"]),
        ("F23/t20b.gff3", "", &["1 499 A -"]),
        ("F23/8col.gff3", "", &["I 499 g1 -"]),
        ("F28/pandas.gtf", "", &["chr1 3073252 ENSMUSG00000102693 +"]),
        ("F28/pandas2.gtf", "", &["chr1 3073252 ENSMUSG00000102693 +"]),
        ("F28/t14.gtf", "", &["1 499 A -", "1 1000 B +"]),
    ] {
        assert_eq!(rows(&work, &cases.join("signals").join(file), args), expected, "{file} {args}");
    }
    let own = std::fs::read_to_string(cases.join("tables/tss_drops_own_ends/genes_sym.bed")).unwrap();
    work.write("own.bed", &own);
    work.ok("tss", "--annotation own.bed --out again.bed");
    // ends without symbols, as earlier versions wrote them
    assert_eq!(sorted(&work.read("again.bed").replace("\t.\n", "\n")), sorted(&own));
}

/// A whole chromosome of NCBI's, as it comes, sorted by coordinate, and backwards.
#[test]
fn a_real_gff3_in_any_order() {
    let Some(cases) = shared_cases("tss::cases::a_real_gff3_in_any_order") else { return };
    let mut text = String::new();
    let file = std::fs::File::open(cases.join("signals/F01/chr21.ncbi.gff3.gz")).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
    let key = |line: &&str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let number = |at: usize| columns.get(at).and_then(|text| text.parse::<u64>().ok());
        (!line.starts_with('#'), columns[0].to_owned(), number(3), number(4))
    };
    let mut sorted: Vec<&str> = text.lines().collect();
    sorted.sort_by_key(key);
    let backwards: Vec<&str> = sorted.iter().rev().copied().collect();
    let work = Workdir::new();
    work.write("plain.gff3", &text);
    work.write("sorted.gff3", sorted.join("\n"));
    work.write("backwards.gff3", backwards.join("\n"));
    for policy in ["gene", "canonical", "transcript"] {
        for file in ["plain", "sorted", "backwards"] {
            work.ok("tss", &format!("--annotation {file}.gff3 --policy {policy} --out {file}.bed"));
        }
        assert_eq!(work.read("sorted.bed"), work.read("plain.bed"), "{policy}");
        assert_eq!(work.read("backwards.bed"), work.read("plain.bed"), "{policy}");
    }
}

/// What is left out or assumed is in the log, as a warning where it can change a value.
#[test]
fn the_log_counts_by_reason() {
    let work = Workdir::new();
    work.write(
        "a.gff3",
        lines(&[
            "chr6_GL1_alt x gene 1 90 . + . ID=A",
            "chr6 x gene 101 190 . + . ID=A",
            "chr6 x mRNA 101 190 . + . ID=T;Parent=B",
            "chr6 x exon 101 190 . + . note=x",
            "chr6 x SNP 101 . . +",
        ]),
    );
    let log = work.ok("tss", "--annotation a.gff3 --out genes.bed");
    for (level, words) in [
        ("WARN", "ignored 1 lines whose parent is not in the file"),
        ("WARN", "ignored 1 lines that name no gene"),
        ("WARN", "skipped 1 genes that are copies of a kept gene"),
        ("INFO", "1 lines are of kinds that are not read"),
    ] {
        assert!(log.lines().any(|line| line.contains(level) && line.contains(words)), "{level} {words}: {log}");
    }
    assert_eq!(work.read("genes.bed"), "chr6\t100\t101\tA\t0\t+\t189\t.\n");
}

/// genes.bed is read as it is written; what its seventh column cannot mean is counted.
#[test]
fn genes_bed_with_an_odd_seventh_column() {
    let work = Workdir::new();
    let more: String = (1..9).map(|at| format!("1\t{0}00000\t{0}00001\tG{at}\t0\t+\t.\r\n", at)).collect();
    let odd = "1\t100\t101\tA\t0\t+\t499\r\n  \r\ntrack name=x\r\n1\t299\t300\tB\t0\t-\t900\r\n";
    work.write("genes.bed", odd.to_owned() + &more);
    let log = work.ok("split", "--genes genes.bed --method random --out splits.tsv");
    assert!(log.contains("1 of 10 genes have no end"), "{log}");
}

/// What the columns after the sixth mean: the ends of an earlier version, thickStart and thickEnd, a whole BED12 row
/// of UCSC's, GENCODE's name and biotype, and ours.
#[test]
fn other_columns_of_a_users_bed_are_not_read() {
    let work = Workdir::new();
    let track = |row: &str| {
        work.write("genes.bed", row);
        let flags = "--genes genes.bed --signal H3K4me3=a.bedgraph --sample s --flank 200 --body";
        let log = work.ok("bin", &format!("{flags} --out s.bins.safetensors"));
        let matrix = attentrack::io::bins::read(&work.path("s.bins.safetensors")).unwrap();
        (log, matrix.layer(attentrack::matrix::LayerName::Body).is_some())
    };
    work.write("a.bedgraph", "chr1\t0\t200000\t1\n");
    let tss = "chr1\t9999\t10000\tG1\t0\t+";
    for (more, has_end) in [
        ("", false),
        ("\t15000", true),
        ("\t15000\tMYC", true),
        ("\t15000\t.", true),
        // thickStart and thickEnd, of BED8, BED9 and BED12
        ("\t15000\t16000", false),
        ("\t9999\t10000", false),
        ("\t9999\t10000\t0,0,0", false),
        ("\t15000\tMYC\t0,0,0", false),
        ("\t9999\t10000\t0\t1\t1,\t0,", false),
        ("\tMYC\tprotein_coding", false),
        ("\t.\ttetR gene", false),
    ] {
        let (log, body) = track(&format!("{tss}{more}\nchr1\t49999\t50000\tG2\t0\t-{more}\n"));
        assert_eq!(body, has_end, "{more:?}: {log}");
        let is_odd = more.split('\t').count() > 2 && !has_end;
        assert_eq!(log.contains("are not those of attentrack-tss"), is_odd, "{more:?}: {log}");
    }
    // one odd row is enough
    let (log, body) = track(&format!("{tss}\t15000\tMYC\nchr1\t49999\t50000\tG2\t0\t-\t40000\t40000\n"));
    assert!(!body && log.contains("are not those of attentrack-tss"), "{log}");
}
