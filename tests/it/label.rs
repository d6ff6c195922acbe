//! `attentrack-label`: which genes the labels are made from, what is told, what is refused.

use std::fmt::Write;

use crate::support::{Workdir, shared_data};

/// Gene id and label of each row.
fn labels(work: &Workdir, file: &str) -> String {
    let text = work.read(file);
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("gene_id\tgene_name\tlabel\texpression"));
    let of_row = |row: &str| {
        let cells: Vec<&str> = row.split('\t').collect();
        format!("{} {}", cells[0], cells[2])
    };
    rows.map(of_row).collect::<Vec<_>>().join(",")
}

/// A table of one sample, x, and the genes named, in genes.bed.
fn write(work: &Workdir, rows: impl IntoIterator<Item = (String, f64)>, genes: impl IntoIterator<Item = String>) {
    let mut table = "gene_id\tx\n".to_owned();
    for (id, value) in rows {
        writeln!(table, "{id}\t{value}").unwrap();
    }
    work.write("x.tsv", table);
    let mut bed = String::new();
    for (at, id) in genes.into_iter().enumerate() {
        writeln!(bed, "chr1\t{}\t{}\t{id}\t0\t+", 1000 * at, 1000 * at + 1).unwrap();
    }
    work.write("genes.bed", bed);
}

const OF_GENES: &str = "--expression x.tsv --sample x --genes genes.bed --out l.tsv";

#[test]
fn labels_by_every_method() {
    let work = Workdir::new();
    work.write("x.tsv", "gene_id\tother\tE003\na\t9\t0\nb\t9\t1\nc\t9\t3\nd\t9\tNA\ne\t9\t7\n");
    for (args, expected) in [
        ("", "a 0,b 0,c 1,d NA,e 1"),
        ("--method threshold --threshold 1", "a 0,b 1,c 1,d NA,e 1"),
        ("--method quantile --quantile 0.9", "a 0,b 0,c 0,d NA,e 1"),
        ("--method log2", "a 0,b 1,c 2,d NA,e 3"),
    ] {
        work.ok("label", &format!("--expression x.tsv --sample E003 --out l.tsv {args}"));
        assert_eq!(labels(&work, "l.tsv"), expected, "{args}");
    }
    let log = work.ok("label", "--expression x.tsv --sample E003 --out l.tsv");
    assert!(log.contains("1 genes have no value") && log.contains("2 high (50.0 %), 2 low"), "{log}");
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn labels_of_given_genes_keep_their_order() {
    let work = Workdir::new();
    work.write("x.csv", "gene_id,E003\nENSG00000000001.4,1\nb,5\nc,9\n");
    work.write("genes.bed", "1\t5\t6\tc\t0\t+\n1\t6\t7\tz\t0\t+\n1\t7\t8\tENSG00000000001\t0\t+\n");
    let log = work.ok("label", "--expression x.csv --sample E003 --genes genes.bed --out l.tsv");
    assert_eq!(
        work.read("l.tsv"),
        "gene_id\tgene_name\tlabel\texpression\nc\t.\t1\t9\nz\t.\tNA\tNA\nENSG00000000001\t.\t0\t1\n"
    );
    assert!(log.contains("2 of 3 genes of genes.bed are in the table; 1 others"), "{log}");
}

/// A table of all genes, most of them silent, and the protein-coding ones in genes.bed.
#[test]
fn the_median_is_of_the_genes_that_are_kept() {
    let work = Workdir::new();
    let coding = (1..=40).map(|i| (format!("g{i}"), f64::from(i)));
    let silent = (0..60).map(|i| (format!("lnc{i}"), 0.0));
    write(&work, silent.chain(coding), (1..=44).map(|i| format!("g{i}")));
    let log = work.ok("label", OF_GENES);
    assert!(log.contains("high from an expression of 20.5 on, the median of these genes"), "{log}");
    assert!(log.contains("40 labelled: 20 high (50.0 %), 20 low") && !log.contains("WARN"), "{log}");
    let quantile = work.ok("label", &format!("{OF_GENES} --method quantile --quantile 0.25"));
    assert!(quantile.contains("high from an expression of 10.75 on"), "{quantile}");
    // without genes it is the table's, and all genes are high
    work.fails(
        "label",
        "--expression x.tsv --sample x --out l.tsv",
        &["all 100 genes with a value are high", "expression of 0 on", "--threshold", "--biotype protein_coding"],
    );
}

#[test]
fn labels_of_nearly_one_class_are_told_and_of_one_class_refused() {
    let work = Workdir::new();
    write(&work, (0..50).map(|i| (format!("g{i}"), f64::from(i))), (0..50).map(|i| format!("g{i}")));
    for (threshold, high, warns) in [(41, 9, true), (40, 10, false), (10, 40, false), (9, 41, true)] {
        let log = work.ok("label", &format!("{OF_GENES} --method threshold --threshold {threshold}"));
        assert!(log.contains(&format!("{high} high")), "{log}");
        assert_eq!(log.contains("hard to train"), warns, "{threshold}: {log}");
    }
    for (threshold, class) in [(0, "high"), (50, "low")] {
        let args = format!("{OF_GENES} --method threshold --threshold {threshold}");
        work.fails("label", &args, &[&format!("all 50 genes with a value are {class}"), "--method threshold"]);
    }
}

#[test]
fn several_rows_of_a_gene() {
    let work = Workdir::new();
    work.write("x.tsv", "gene_id\tE003\na\t1\na\t1\nb\t2\nb\t3\nc\t4\nd\t0\n");
    for (args, b) in [("", "5"), ("--duplicates max", "3"), ("--duplicates mean", "2.5"), ("--duplicates first", "2")] {
        let log = work.ok("label", &format!("--expression x.tsv --sample E003 --out l.tsv {args}"));
        let table = work.read("l.tsv");
        assert!(table.contains("\na\t.\t0\t1\n") && table.contains(&format!("\t{b}\nc\t.\t1\t4\n")), "{args}: {table}");
        assert!(log.contains("1 rows have the same numbers as an earlier row of their gene: taken once"), "{log}");
        assert!(log.contains("1 genes have several rows") && log.contains(": b"), "{log}");
    }
    work.fails(
        "label",
        "--expression x.tsv --sample E003 --out l.tsv --duplicates refuse",
        &["line 3", "gene a is there twice, first on line 2", "--duplicates"],
    );
}

/// StringTie writes a row a locus, and some genes twice, the second time with zeros (its issues 192 and 506).
#[test]
fn loci_of_stringtie_are_added_up() {
    let work = Workdir::new();
    let mut table = "Gene ID\tGene Name\tReference\tStrand\tStart\tEnd\tCoverage\tFPKM\tTPM\n".to_owned();
    for i in 1..=20 {
        let id = format!("ENSG000000000{i:02}.6");
        writeln!(table, "{id}\t-\tchr1\t+\t100\t200\t3.0\t0.0\t0.0").unwrap();
        writeln!(table, "{id}\t-\tchr1\t+\t300\t400\t3.0\t{i}.5\t{i}.25").unwrap();
    }
    work.write("x.tab", table);
    let log = work.ok("label", "--expression x.tab --sample E003 --column TPM --out l.tsv");
    assert!(log.contains("20 genes have several rows, their values are added up"), "{log}");
    assert!(log.contains("10 high (50.0 %)"), "{log}");
    assert!(work.read("l.tsv").contains("ENSG00000000007\t.\t0\t7.25"));
}

#[test]
fn few_genes_in_both_are_told_or_refused() {
    let work = Workdir::new();
    let table = |joined: usize| (0..40).map(move |i| (format!("{}{i}", if i < joined { "g" } else { "h" }), i as f64));
    let genes = || (0..100).map(|i| format!("g{i}"));
    write(&work, table(3), genes());
    work.fails(
        "label",
        OF_GENES,
        &["3 of its 40 genes are among the 100", "\"h3\"", "--gene-column", "--max-lost-genes"],
    );
    assert!(work.ok("label", &format!("{OF_GENES} --max-lost-genes 1")).contains("WARN"));
    write(&work, table(30), genes());
    let log = work.ok("label", OF_GENES);
    assert!(log.contains("30 of its 40 genes are among the 100"), "{log}");
    work.fails("label", &format!("{OF_GENES} --max-lost-genes 0.2"), &["30 of its 40"]);
    // the shorter of the two counts: a table of all genes, a few of them wanted
    write(&work, table(40), (0..10).map(|i| format!("g{i}")));
    assert!(!work.ok("label", OF_GENES).contains("WARN"));
    write(&work, (0..40).map(|i| (format!("Gene{i}"), f64::from(i))), (0..40).map(|i| format!("GENE{i}")));
    work.fails("label", OF_GENES, &["none of its 40", "40 more would be the same but for upper and lower case"]);
}

#[test]
fn bad_expression_tables_are_refused_in_words() {
    let plain = "--sample E003";
    for (what, content, args, needles) in [
        ("empty", "", plain, &["x.tsv", "empty"][..]),
        ("header only", "gene_id\tE003\n", plain, &["no gene"]),
        ("no such sample", "gene_id\tE001\tE002\na\t1\t2\n", plain, &["\"E003\"", "E001, E002", "--column"]),
        ("negative", "gene_id\tE003\na\t-0.5\n", plain, &["line 2", "\"E003\"", "negative", "before the logarithm"]),
        ("swapped columns", "gene_id\tE003\n5\tENSG1\n", plain, &["line 2", "ENSG1", "swapped"]),
        ("all missing", "gene_id\tE003\na\tNaN\n", plain, &["no gene has an expression value"]),
        ("short row", "gene_id\tE001\tE003\na\t1\t2\nb\t1\n", plain, &["line 3", "expected 3 columns", "found 2"]),
        ("two BAMs", "Geneid\tE003.a.bam\tE003.b.bam\na\t1\t2\n", plain, &["E003.a.bam, E003.b.bam", "--column"]),
        (
            "gene column",
            "gene_id\tE003\na\t1\n",
            "--sample E003 --gene-column symbol",
            &["\"symbol\"", "gene_id, E003"],
        ),
        ("no join", "gene_id\tE003\nTP53\t1\n", "--sample E003 --genes genes.bed", &["none of its 1", "TP53", "ENSG1"]),
        ("no threshold", "gene_id\tE003\na\t1\n", "--sample E003 --method threshold", &["--threshold"]),
        ("stray threshold", "gene_id\tE003\na\t1\n", "--sample E003 --threshold 1", &["--method threshold"]),
        (
            "quantile",
            "gene_id\tE003\na\t1\n",
            "--sample E003 --method quantile --quantile 2",
            &["--quantile 2: must be greater than 0 and below 1"],
        ),
        ("no valley", "gene_id\tE003\na\t1\n", "--sample E003 --method valley", &["no valley"]),
        (
            "lost genes",
            "gene_id\tE003\na\t1\n",
            "--sample E003 --max-lost-genes 2",
            &["--max-lost-genes 2", "at least 0 and at most 1"],
        ),
    ] {
        let work = Workdir::new();
        work.write("x.tsv", content);
        work.write("genes.bed", "1\t5\t6\tENSG1\t0\t+\n");
        eprintln!("{what}");
        work.fails("label", &format!("--expression x.tsv --out l.tsv {args}"), needles);
        assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 2, "{what}: something was written");
    }
}

/// Labels and splits of one's own may have versions where the predictions have none, and the other way round.
#[test]
fn versions_do_not_keep_files_apart() {
    let work = Workdir::new();
    let id = |i: u32| format!("ENSG{i:011}");
    let file = |header: &str, row: &dyn Fn(u32) -> String| {
        (0..20).fold(format!("{header}\n"), |text, i| text + &row(i) + "\n")
    };
    work.write("p.tsv", file("gene_id\tsample\tstatus\tscore", &|i| format!("{}\ts\tok\t0.{i:02}", id(i))));
    work.write("l.tsv", file("gene_id\tlabel", &|i| format!("{}.{}\t{}", id(i), i + 1, i % 2)));
    work.write("s.tsv", file("gene_id\tsplit", &|i| format!("{}.7\t{}", id(i), if i < 6 { "train" } else { "test" })));
    work.ok("evaluate", "--predictions p.tsv --labels l.tsv --splits s.tsv --out m.json");
    let metrics: serde_json::Value = serde_json::from_str(&work.read("m.json")).unwrap();
    assert_eq!(metrics["samples"][0]["genes"]["used"], 20, "{metrics}");
    work.write("twice.tsv", "gene_id\tlabel\nENSG00000000001.1\t1\nENSG00000000001.2\t0\n");
    let args = "--predictions p.tsv --labels twice.tsv --splits s.tsv --out m.json";
    work.fails("evaluate", args, &["line 3", "labelled twice, first on line 2"]);
}

/// The problem files of tables, where they are present.
#[test]
fn the_shared_cases() {
    let Some(data) = shared_data("label::the_shared_cases") else { return };
    let cases = data.join("../cases/tables");
    if !cases.is_dir() {
        return;
    }
    let work = Workdir::new();
    let of = |case: &str, args: &str| args.replace("IN/", &format!("{}/{case}/", cases.display()));
    work.ok("label", &of("entrez_rownames", "--expression IN/entrez_rownames.tsv --sample S1 --out l.tsv"));
    assert!(work.read("l.tsv").ends_with("\n100287102\t.\t0\t0.5\n653635\t.\t1\t7.25\n102466751\t.\t1\t3\n"));
    let pilot = data.join("pilot/expression.tsv").display().to_string();
    work.ok("label", &format!("--expression {pilot} --sample E003 --out pilot.tsv"));
    work.ok("label", &of("excel_blank_cols", "--expression IN/blankcols.tsv --sample E003 --out l.tsv"));
    assert_eq!(work.read("l.tsv"), work.read("pilot.tsv"));
    work.ok(
        "label",
        &of("stringtie_dup", "--expression IN/E003.dup.gene_abund.tab --sample E003 --column TPM --out l.tsv"),
    );
    assert_eq!(work.read("l.tsv"), work.read("pilot.tsv"));
    let few = of("few_join", "--expression IN/few.tsv --sample E003 --genes IN/genes.bed --out l.tsv");
    work.fails("label", &few, &["10 of its 352 genes are among the 944"]);
    let case = of("few_join", "--expression IN/case.tsv --sample E003 --genes IN/genes_sym.bed --out l.tsv");
    work.fails("label", &case, &["19 of its 346", "upper and lower case"]);
    for table in ["expression", "expression2"] {
        let args = format!("--expression IN/{table}.tsv --sample sample1 --genes IN/genes.bed --out l.tsv");
        let log = work.ok("label", &of("median_zero", &args));
        assert!(log.contains("high (50."), "{log}");
    }
}
