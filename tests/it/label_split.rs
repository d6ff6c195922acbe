//! `attentrack-split`: figures on real tables, leaks counted, bad arguments refused.

use std::collections::BTreeMap;

use crate::support::{Workdir, shared_data};

/// Split of each gene, by fold.
fn splits(work: &Workdir, file: &str) -> BTreeMap<(u32, String), String> {
    let text = work.read(file);
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("gene_id\tgene_name\tsplit\tfold"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        ((cells[3].parse().unwrap(), cells[0].to_owned()), cells[2].to_owned())
    })
    .collect()
}

fn counts(work: &Workdir, file: &str) -> [usize; 3] {
    let splits = splits(work, file);
    ["train", "valid", "test"].map(|split| splits.values().filter(|&other| other == split).count())
}

/// `n` genes 20 kb apart (no windows overlap), in turn on the chromosomes named.
fn genes(n: usize, chroms: &[&str]) -> String {
    (0..n)
        .map(|i| {
            let start = 20_000 * (i + 1);
            format!("{}\t{start}\t{}\tg{i}\t0\t+\n", chroms[i * chroms.len() / n], start + 1)
        })
        .collect()
}

#[test]
fn splits_by_chromosome() {
    let work = Workdir::new();
    work.write("genes.bed", genes(100, &["chr1", "chr2", "chr3", "chr4", "chr5"]));
    let log = work.ok("split", "--genes genes.bed --valid-chroms chr5 --test-chroms chr2,chr4 --out s.tsv");
    let split_of = |gene: &str| splits(&work, "s.tsv")[&(0, gene.to_owned())].clone();
    assert_eq!([split_of("g0"), split_of("g20"), split_of("g70"), split_of("g99")], ["train", "test", "test", "valid"]);
    assert!(log.contains("test: 40 genes on chr2,chr4; 0 windows (0.0 %) overlap a training window"), "{log}");
    work.ok("split", "--genes genes.bed --out auto.tsv");
    assert_eq!(counts(&work, "auto.tsv"), [60, 20, 20]);
    work.ok("split", "--genes genes.bed --folds 5 --out folds.tsv");
    let folds = splits(&work, "folds.tsv");
    assert_eq!(folds.len(), 500);
    for i in 0..100 {
        let tested = (0..5).filter(|&fold| folds[&(fold, format!("g{i}"))] == "test").count();
        assert_eq!(tested, 1, "g{i}");
    }
}

#[test]
fn random_splits_leak_unless_grouped() {
    let work = Workdir::new();
    // pairs of genes 1 kb apart, pairs 40 kb apart
    let pairs: String = (0..200)
        .map(|i| {
            let start = 40_000 * (i / 2 + 1) + 1000 * (i % 2);
            format!("1\t{start}\t{}\tg{i}\t0\t-\n", start + 1)
        })
        .collect();
    work.write("genes.bed", pairs);
    let labels: String = (0..200).map(|i| format!("g{i}\t{}\n", i % 2)).collect();
    work.write("E1.labels.tsv", format!("gene_id\tlabel\n{labels}"));
    let log = work.ok("split", "--genes genes.bed --method random --seed 3 --labels E1.labels.tsv --out s.tsv");
    assert_eq!(counts(&work, "s.tsv"), [130, 30, 40]);
    assert!(log.contains("test: 40 genes; E1.labels.tsv: 40 labelled"), "{log}");
    assert!(!log.contains(" 0 windows"), "{log}");
    let grouped = work.ok("split", "--genes genes.bed --method random --seed 3 --group-overlapping --out g.tsv");
    assert_eq!(counts(&work, "g.tsv"), [130, 30, 40]);
    assert_eq!(grouped.matches(" 0 windows (0.0 %)").count(), 2, "{grouped}");
    work.ok("split", "--genes genes.bed --method random --seed 3 --threads 2 --out again.tsv");
    assert_eq!(work.read("s.tsv"), work.read("again.tsv"));
    work.ok("split", "--genes genes.bed --method random --seed 4 --out other.tsv");
    assert_ne!(work.read("s.tsv"), work.read("other.tsv"));
}

#[test]
fn file_order_splits() {
    let work = Workdir::new();
    work.write("genes.bed", genes(20, &["1"]));
    work.ok("split", "--genes genes.bed --method file-order --out thirds.tsv");
    assert_eq!(counts(&work, "thirds.tsv"), [7, 7, 6]);
    work.ok("split", "--genes genes.bed --method file-order --train-fraction 0.6 --valid-fraction 0.15 --out s.tsv");
    assert_eq!(counts(&work, "s.tsv"), [12, 3, 5]);
    let splits = splits(&work, "s.tsv");
    let split_of = |gene: &str| splits[&(0, gene.to_owned())].as_str();
    assert_eq!(
        [split_of("g11"), split_of("g12"), split_of("g15"), split_of("g19")],
        ["train", "valid", "test", "test"]
    );
}

#[test]
fn bad_splits_are_refused_in_words() {
    for (what, args, needles) in [
        ("unknown chromosome", "--test-chroms chr2", &["no gene is on chromosome chr2", "1, 2, 3, 4"][..]),
        ("same chromosome", "--test-chroms 2 --valid-chroms 2", &["chromosome 2", "both"]),
        ("nothing to train on", "--test-chroms 1,2 --valid-chroms 3,4", &["0 chromosomes that are not named", "fewer"]),
        ("too many folds", "--folds 9", &["4 chromosomes are too few for 9 parts"]),
        ("two folds", "--folds 2", &["--folds must be 3 or more"]),
        ("chromosomes at random", "--method random --test-chroms 1", &["--method chromosome only"]),
        ("grouped chromosomes", "--group-overlapping", &["--method random only"]),
        ("fractions", "--method random --valid-fraction 0.5 --test-fraction 0.6", &["nothing is left"]),
        ("a fraction", "--method random --test-fraction 1.5", &["between 0 and 1", "1.5"]),
        ("three fractions", "--train-fraction 0.5 --valid-fraction 0.2 --test-fraction 0.2", &["sum to 1"]),
        ("an empty split", "--method file-order --valid-fraction 0.01", &["no gene is left for valid"]),
        ("no labels", "--labels none.tsv", &["none.tsv", "no such file"]),
    ] {
        let work = Workdir::new();
        work.write("genes.bed", genes(8, &["1", "2", "3", "4"]));
        eprintln!("{what}");
        work.fails("split", &format!("--genes genes.bed --out s.tsv {args}"), needles);
        assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 1, "{what}: something was written");
    }
    let work = Workdir::new();
    work.write("twice.bed", "1\t5\t6\ta\t0\t+\n1\t7\t8\ta\t0\t+\n");
    work.fails("split", "--genes twice.bed --out s.tsv", &["line 2", "twice"]);
}

/// DNA that looks random.
fn dna(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        char::from(b"ACGT"[(state >> 62) as usize])
    };
    (0..length).map(next).collect()
}

fn opposite(dna: &str) -> String {
    dna.chars().rev().map(|base| "TGCA".as_bytes()["ACGT".find(base).unwrap()] as char).collect()
}

#[test]
fn sequences_that_overlap_stay_together_and_those_of_the_test_set_are_counted() {
    let work = Workdir::new();
    // records 1 to 4 are windows of one peak, the third from the other strand; the others are alone
    let peak = dna(1, 160);
    let mut train: Vec<String> = (0..4).map(|at| peak[20 * at..][..100].to_owned()).collect();
    train[2] = opposite(&train[2]).to_ascii_lowercase();
    train.extend((2..18).map(|seed| dna(seed, 100)));
    let fasta = |sequences: &[String]| -> String {
        sequences.iter().enumerate().map(|(at, dna)| format!(">{}\r\n{dna}\r\n", at % 2)).collect()
    };
    work.write("set.train.fasta", fasta(&train));
    work.write("set.test.fasta", fasta(&[opposite(&train[9]), dna(40, 100), dna(41, 60) + &peak[100..160]]));
    work.write("s.labels.tsv", "gene_id\tlabel\nset.test:1\t0\nset.test:2\t1\nset.train:1\t0\n");
    let files = "--fasta set.train.fasta --fasta set.test.fasta --valid-fraction 0.2";
    let mut together = [0, 0];
    for seed in 0..20 {
        let log = work.ok("split", &format!("{files} --seed {seed} --labels s.labels.tsv --out s.tsv"));
        let splits = splits(&work, "s.tsv");
        assert_eq!(splits.len(), 23);
        let of = |set: &str, record: usize| splits[&(0, format!("set.{set}:{record}"))].as_str();
        assert!((1..=3).all(|record| of("test", record) == "test"));
        assert!((2..=4).all(|record| of("train", record) == of("train", 1)), "{seed}");
        together[usize::from(of("train", 1) == "valid")] += 1;
        let valid = (1..=20).filter(|&record| of("train", record) == "valid").count();
        assert!((2..=6).contains(&valid) && (1..=20).all(|record| of("train", record) != "test"), "{seed}: {valid}");
        assert!(log.contains(&format!("valid: {valid} sequences; s.labels.tsv")), "{log}");
        assert!(log.contains("test: 3 sequences; s.labels.tsv: 2 labelled, 50.0 % high;"), "{log}");
        assert!(log.contains("; 0 (0.0 %) share 40 letters with a training sequence"), "{log}");
        assert!(log.contains("set.test.fasta: 2 of 3 test sequences share 40 letters"), "{log}");
    }
    assert!(together.iter().all(|&times| times > 0), "{together:?}");
    work.ok("split", &format!("{files} --seed 19 --threads 2 --out again.tsv"));
    assert_eq!(work.read("s.tsv"), work.read("again.tsv"));
}

#[test]
fn bad_splits_of_sequences_are_refused_in_words() {
    for (args, needles) in [
        ("--fasta a.fasta", &["two files or more"][..]),
        ("--fasta a.fasta --fasta b.fasta --method random", &["--method goes with --genes", "Leave it out"]),
        ("--fasta a.fasta --fasta b.fasta --folds 5", &["--folds goes with --genes"]),
        ("--fasta a.fasta --fasta b.fasta --valid-fraction 1.5", &["between 0 and 1", "1.5"]),
        (
            "--fasta one.fasta --fasta b.fasta",
            &["no sequence is left for valid", "4 to train on, groups that share 40 letters: 1."],
        ),
        ("--fasta a.fasta --fasta a.fa", &["a.fa", "the name of a.fasta", "Rename"]),
        ("--fasta a.fasta --fasta empty.fasta", &["empty.fasta", "holds no sequence"]),
        ("--fasta a.fasta --fasta none.fasta", &["none.fasta", "no such file"]),
    ] {
        let work = Workdir::new();
        let records = |seeds: [u64; 4]| seeds.map(|seed| format!(">1\n{}\n", dna(seed, 60))).concat();
        work.write("a.fasta", records([1, 2, 3, 4]));
        work.write("a.fa", records([1, 2, 3, 4]));
        work.write("b.fasta", records([5, 6, 7, 8]));
        work.write("one.fasta", records([1, 1, 1, 1]));
        work.write("empty.fasta", "\n");
        work.fails("split", &format!("{args} --out s.tsv"), needles);
        assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 5, "{args}: something was written");
    }
}

/// Thresholds are the genome-wide medians; counts by pandas: `(expression[sample] >= threshold).sum()`.
#[test]
fn the_real_tables() {
    let Some(data) = shared_data("label_split::the_real_tables") else { return };
    let work = Workdir::new();
    let expression = data.join("pilot/expression.tsv").display().to_string();
    for (sample, threshold, high) in [("E003", 3.33, 139), ("E116", 1.7475, 141)] {
        work.ok(
            "label",
            &format!("--expression {expression} --sample {sample} --method threshold --threshold {threshold} --out {sample}.tsv"),
        );
        let text = work.read(&format!("{sample}.tsv"));
        assert_eq!(text.lines().count(), 1 + 352);
        assert_eq!(text.lines().filter(|row| row.split('\t').nth(2) == Some("1")).count(), high, "{sample}");
    }
    let annotation = data.join("pilot/genes.pilot.GRCh37.gtf").display().to_string();
    work.ok("tss", &format!("--annotation {annotation} --out genes.bed"));
    work.ok(
        "split",
        "--genes genes.bed --test-chroms chr2,chr6,chr11,chr16,chr21 --valid-chroms chr5,chr7,chr14,chr19 --labels E003.tsv E116.tsv --out s.tsv",
    );
    assert_eq!(counts(&work, "s.tsv"), [233, 277, 434]);
}
