//! attentrack-kernel against the numbers of GaKCo, FastSK and gkm-SVM, on which a brute force agrees.

use std::path::PathBuf;

use crate::support::{Workdir, shared_data};

/// The numbers of a table, without names.
fn numbers(table: &str) -> Vec<Vec<f64>> {
    let row = |line: &str| line.split('\t').skip(1).map(|cell| cell.parse().unwrap()).collect();
    table.lines().skip(1).map(row).collect()
}

/// Where the numbers of the peers are.
fn folder(test: &str) -> Option<PathBuf> {
    shared_data(test).map(|data| data.join("../golden/kernel"))
}

fn golden(file: PathBuf) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.split_whitespace().map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn counts_are_those_of_gakco_to_the_last_integer() {
    let Some(folder) = folder("counts of GaKCo") else { return };
    let work = Workdir::new();
    for set in ["CTCF", "EP300", "TP53N"] {
        for (g, k) in [(10, 6), (7, 5), (4, 2)] {
            let fasta = folder.join(format!("{set}.sequences.fasta"));
            let flags = format!("--kmer-length {g} --mismatches {} --strands one --unknown letter", g - k);
            work.ok("kernel", &format!("--fasta {} {flags} --raw --out raw.tsv --threads 2", fasta.display()));
            let expected = golden(folder.join(format!("{set}.g{g}k{k}.raw.tsv")));
            assert!(expected.len() >= 10);
            assert_eq!(numbers(&work.read("raw.tsv")), expected, "{set} {g} {k}");
            work.ok("kernel", &format!("--fasta {} {flags} --out norm.tsv", fasta.display()));
            let expected = golden(folder.join(format!("{set}.g{g}k{k}.norm.tsv")));
            let found = numbers(&work.read("norm.tsv"));
            let far = found.iter().flatten().zip(expected.iter().flatten()).filter(|(a, b)| (*a - *b).abs() > 1.5e-10);
            assert_eq!(far.count(), 0, "{set} {g} {k}");
        }
    }
}

#[test]
fn both_strands_count_as_in_gkm_svm() {
    let Some(folder) = folder("both strands of gkm-SVM") else { return };
    let work = Workdir::new();
    work.ok("kernel", &format!("--fasta {} --out k.tsv", folder.join("EP300.sequences.fasta").display()));
    let found = numbers(&work.read("k.tsv"));
    for (row, expected) in golden(folder.join("EP300.g10k6.gkmsvm_rc.lower.txt")).iter().enumerate() {
        for (column, expected) in expected.iter().enumerate() {
            assert!((found[row][column] - expected).abs() < 1e-6, "{row} {column}: {}", found[row][column]);
        }
    }
}

#[test]
fn sequences_are_named_by_file_and_number_and_short_ones_left_out() {
    let work = Workdir::new();
    work.write("a.train.fa", ">1\nACGTACGT\n>0\nNNNNNNNN\n");
    work.write("b.fa", ">x\nACG\n>y\nTTTTACGTA\n");
    let log = work.ok("kernel", "--fasta a.train.fa --fasta b.fa --kmer-length 4 --mismatches 0 --out k.tsv --raw");
    assert!(log.contains("left out 2 of 4 sequences") && log.contains("a.train:2 (line 3) and others"), "{log}");
    // by hand, with the opposite strand: ACGT 4 and 2 times, CGTA and TACG 2 and 2, GTAC 2, six others once
    assert_eq!(work.read("k.tsv"), "id\ta.train:1\tb:2\na.train:1\t28\t16\nb:2\t16\t18\n");
    work.ok("kernel", "--fasta a.train.fa --fasta b.fa --kmer-length 4 --mismatches 0 --out 2.tsv --raw --threads 2");
    assert_eq!(work.read("k.tsv"), work.read("2.tsv"));
}

#[test]
fn a_numpy_array_holds_what_the_table_holds() {
    let work = Workdir::new();
    work.write("a.fa", ">1\nACGTACGTTGCA\n>0\nNNNNNNNN\n>1\nTTTTACGTATTT\n");
    let flags = "--fasta a.fa --kmer-length 4 --mismatches 1";
    work.ok("kernel", &format!("{flags} --out k.tsv"));
    work.ok("kernel", &format!("{flags} --out k.npy"));
    assert_eq!(work.read("k.ids.txt"), "a:1\na:3\n");
    let bytes = std::fs::read(work.path("k.npy")).unwrap();
    let values: Vec<f64> = bytes[128..].chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
    let table = numbers(&work.read("k.tsv")).concat();
    assert_eq!(values.len(), 4);
    assert!(values.iter().zip(&table).all(|(value, cell)| (value - cell).abs() < 1e-9), "{values:?} {table:?}");
    work.fails("kernel", &format!("{flags} --out a.npy --fasta a.ids.txt"), &["a.ids.txt"]);
}

#[test]
fn bad_input_is_named() {
    let work = Workdir::new();
    work.write("a.fa", ">1\nACGTACGT\n");
    work.write("a.fasta", ">1\nACGTACGT\n");
    work.write("n.fa", ">1\nNNNN\n");
    work.write("twice.txt", "a\nb\nA\n");
    work.write("words.txt", "ab\n");
    for (flags, needles) in [
        ("--fasta a.fa --mismatches 10", &["--mismatches 10", "--kmer-length 10"][..]),
        ("--fasta a.fa --alphabet protein --strands both", &["--strands both", "DNA"]),
        ("--fasta a.fa --fasta a.fasta --kmer-length 4 --mismatches 1", &["a.fasta", "the name of a.fa", "Rename"]),
        ("--fasta n.fa", &["no sequence", "--kmer-length"]),
        ("--fasta a.fa --alphabet twice.txt", &["twice.txt", "'A'", "twice"]),
        ("--fasta a.fa --alphabet words.txt", &["words.txt, line 1", "one letter"]),
        ("--fasta a.fa --alphabet none.txt", &["none.txt", "no such file"]),
        ("--fasta none.fa", &["none.fa", "no such file"]),
        ("--fasta twice.txt", &["twice.txt, line 1", "begins with >"]),
    ] {
        work.fails("kernel", &format!("{flags} --out k.tsv"), needles);
        assert!(!work.path("k.tsv").exists());
    }
}
