//! Tests of attentrack-simulate: the files are what they claim to be, the truth is in them, and the
//! data set of examples/quickstart is what its command writes.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use attentrack::learn::metrics::auroc;
use noodles::{bam, core::Region};

use crate::support::Workdir;

/// Every file under a folder, by its path below it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(current) = open.pop() {
        for entry in std::fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn names_of_differing(one: &BTreeMap<PathBuf, Vec<u8>>, two: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<PathBuf> {
    let names: std::collections::BTreeSet<_> = one.keys().chain(two.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != two.get(*name)).cloned().collect()
}

#[test]
fn quickstart_is_what_its_command_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let command = readme
        .lines()
        .find_map(|line| line.trim().strip_prefix("attentrack-simulate --out examples/quickstart "))
        .expect("README.md states the command");
    let work = Workdir::new();
    work.ok("simulate", &format!("--out new {command}"));
    let (mut committed, new) = (files(&folder), files(&work.path("new")));
    // what people and the chain itself put beside the data
    committed.retain(|name, _| new.contains_key(name));
    let size: usize = committed.values().map(Vec::len).sum();
    assert!(size < 5_000_000, "{size} bytes");
    assert_eq!(names_of_differing(&committed, &new), Vec::<PathBuf>::new());
}

#[test]
fn same_flags_same_bytes_at_any_thread_count() {
    let work = Workdir::new();
    work.ok("simulate", "--out one --seed 3 --genes 60 --samples 1 --threads 1");
    work.ok("simulate", "--out two --seed 3 --genes 60 --samples 1 --threads 2");
    work.ok("simulate", "--out other --seed 4 --genes 60 --samples 1");
    let [one, two, other] = ["one", "two", "other"].map(|name| files(&work.path(name)));
    assert_eq!(names_of_differing(&one, &two), Vec::<PathBuf>::new());
    let differing = names_of_differing(&one, &other);
    for name in one.keys().filter(|name| name.starts_with("signal")) {
        assert!(differing.contains(name), "{name:?} does not depend on the seed");
    }
    assert_eq!(one.len(), 6 + 5 + 2, "{:?}", one.keys());
}

#[test]
fn annotation_is_gencode_like_gtf() {
    let work = Workdir::new();
    work.ok("simulate", "--out out --seed 3 --genes 60 --samples 1 --format bigwig --marks H3K4me3");
    let mut text = String::new();
    let bytes = std::fs::read(work.path("out/annotation.gtf.gz")).unwrap();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 9));
    let genes: Vec<_> = rows.iter().filter(|row| row[2] == "gene").collect();
    assert_eq!(genes.len(), 66);
    // 1-based, inclusive; the first TSS is 2,100 bp (0-based) from the end of chr1
    assert_eq!((genes[0][0], genes[0][3], genes[0][6]), ("chr1", "2101", "+"));
    assert!(genes[0][8].starts_with("gene_id \"ENSSIMG00000000017."), "{}", genes[0][8]);
    assert!(genes.iter().any(|row| row[6] == "-") && genes.iter().any(|row| row[0] == "chrY"));
    // on the minus strand exon 1 ends where the gene ends
    let minus = genes.iter().find(|row| row[6] == "-").unwrap();
    let at = rows.iter().position(|row| row == *minus).unwrap();
    let exon = rows[at..].iter().find(|row| row[2] == "exon").unwrap();
    assert!(exon[8].contains("exon_number 1;"));
    assert_eq!(exon[4], minus[4]);
}

#[test]
fn bam_index_finds_every_read() {
    let work = Workdir::new();
    work.ok("simulate", "--out out --seed 3 --genes 60 --samples 1 --marks H3K4me3");
    let path = work.path("out/signal/sample1.H3K4me3.bam");
    let mut reader = bam::io::indexed_reader::Builder::default().build_from_path(&path).unwrap();
    let header = reader.read_header().unwrap();
    let all: Vec<(usize, usize, usize)> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            use noodles::sam::alignment::Record as _;
            let start = record.alignment_start().unwrap().unwrap().get();
            let end = record.alignment_end().unwrap().unwrap().get();
            (record.reference_sequence_id().unwrap().unwrap(), start, end)
        })
        .collect();
    assert!(all.len() > 3000, "{} reads", all.len());
    assert!(all.is_sorted_by_key(|&(chrom, start, _)| (chrom, start)));
    for (chrom, start, end) in [("chr1", 1, 5_000), ("chr2", 30_000, 60_000), ("chrY", 1, 20_000)] {
        let id = header.reference_sequences().get_index_of(chrom.as_bytes()).unwrap();
        let expected = all.iter().filter(|&&(c, s, e)| c == id && s <= end && e >= start).count();
        let region: Region = format!("{chrom}:{start}-{end}").parse().unwrap();
        let found = reader.query(&header, &region).unwrap().records().count();
        assert!(expected > 0);
        assert_eq!(found, expected, "{chrom}:{start}-{end}");
    }
}

#[test]
fn bigwig_covers_every_chromosome_but_y() {
    let work = Workdir::new();
    work.ok("simulate", "--out out --seed 3 --genes 60 --samples 1 --chroms 12 --format bigwig --marks H3K4me3");
    let path = work.path("out/signal/sample1.H3K4me3.bigWig");
    let mut reader = bigtools::BigWigRead::open_file(path.to_str().unwrap()).unwrap();
    let chroms = reader.chroms().to_vec();
    assert_eq!(chroms.len(), 12);
    assert!(chroms.is_sorted_by(|a, b| a.name < b.name) && chroms.iter().all(|chrom| chrom.name != "chrY"));
    for chrom in chroms {
        let values: Vec<_> = reader.get_interval(&chrom.name, 0, chrom.length).unwrap().map(Result::unwrap).collect();
        let covered: u32 = values.iter().map(|value| value.end - value.start).sum();
        assert_eq!(covered, chrom.length);
        assert!(values.iter().all(|value| value.value >= 0.0 && value.start % 25 == 0));
    }
}

/// The H3K4me3 reads of each gene in the planted bins decide: AUROC between what a perfect model
/// could reach and 1; the whole window does worse, the marks without a role do nothing.
#[test]
fn planted_bins_decide_and_other_marks_do_not() {
    use attentrack::genome::Strand;
    use attentrack::matrix::simulation::{Design, Planted, SimulatedMark, Simulation, Span};
    let planted = Planted::Window;
    let simulation = Simulation::new(Design { seed: 7, n_genes: 500, n_samples: 1, n_chroms: 5, depth: 1.0, planted });
    let states = &simulation.samples[0].states;
    let coding: Vec<usize> =
        (0..states.len()).filter(|i| simulation.genome.genes[*i].biotype.name() == "protein_coding").collect();
    let measured: Vec<usize> = coding.into_iter().filter(|&i| states[i].expression.is_some()).collect();
    let mut values: Vec<f64> = measured.iter().filter_map(|&i| states[i].expression).collect();
    values.sort_by(f64::total_cmp);
    let median = values[values.len() / 2];
    let labels: Vec<bool> = measured.iter().map(|&i| states[i].expression.unwrap() >= median).collect();
    let score = |mark: SimulatedMark, bp: std::ops::Range<i64>| {
        let fragments = simulation.fragments(0, mark);
        let scores: Vec<f64> = measured
            .iter()
            .map(|&i| {
                let gene = &simulation.genome.genes[i];
                let sign = if gene.strand == Strand::Forward { 1 } else { -1 };
                let offset = |middle: u64| sign * (middle as i64 - gene.tss_position() as i64);
                let inside = fragments[gene.chrom].iter().filter(|f| bp.contains(&offset((f.start + f.end) / 2)));
                inside.count() as f64
            })
            .collect();
        auroc(&labels, &scores).unwrap()
    };
    assert_eq!(planted.span(), Span::Bases(-300..900));
    let window = score(planted.mark(), -5000..5000);
    let planted = score(planted.mark(), -300..900);
    assert!((0.90..0.97).contains(&planted), "planted bins: {planted}");
    assert!(window < planted - 0.05, "whole window: {window}, planted bins: {planted}");
    assert!((0.35..0.48).contains(&score(SimulatedMark::H3K27me3, -3000..3000)), "H3K27me3 lowers a little");
    for mark in [SimulatedMark::H3K36me3, SimulatedMark::H3K4me1, SimulatedMark::H3K9me3] {
        let none = score(mark, -5000..5000);
        assert!((0.43..0.57).contains(&none), "{mark}: {none}");
    }
}

#[test]
fn tables_have_the_blemishes_of_real_ones() {
    let work = Workdir::new();
    work.ok("simulate", "--out out --seed 3 --genes 200 --samples 3 --marks H3K9me3,H3K4me3");
    let expression = work.read("out/expression.tsv");
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in expression.lines() {
        assert_eq!(line.split('\t').count(), 4);
        *counts.entry(line.split('\t').next().unwrap()).or_default() += 1;
    }
    assert_eq!(counts.values().filter(|&&count| count == 2).count(), 1, "one duplicated id");
    assert_eq!(counts.len(), 1 + 200 + 10, "header, coding genes, ids that the annotation does not know");
    assert!(expression.contains("\tNA"));
    assert_eq!(
        work.read("out/truth.tsv"),
        "mark\trole\tstart_bp\tend_bp\nH3K9me3\tnone\tNA\tNA\nH3K4me3\traises\t-300\t900\n"
    );
    let samples = work.read("out/samples.tsv");
    assert!(samples.starts_with("sample\tmark\tpath\tcontrol\nsample1\tH3K9me3\tsignal/sample1.H3K9me3.bigWig\t\n"));
    for path in samples.lines().skip(1).map(|line| line.split('\t').nth(2).unwrap()) {
        assert!(work.path("out").join(path).is_file(), "{path}");
    }
}

#[test]
fn the_truth_of_the_body_is_told_in_shares_of_the_gene() {
    let work = Workdir::new();
    let marks = "--marks H3K36me3,H3K4me3";
    work.ok("simulate", &format!("--out out --seed 3 --genes 40 --samples 1 --planted body {marks}"));
    assert_eq!(
        work.read("out/truth.tsv"),
        "mark\trole\tstart_share\tend_share\nH3K36me3\traises\t0.5\t1\nH3K4me3\tnone\tNA\tNA\n"
    );
    assert!(work.read("out/truth.genes.tsv").starts_with("gene_id\tsample\th3k36me3\th3k27me3\t"));
    // the chain's default model, which reads the bodies
    assert!(!work.read("out/config.yaml").contains("model:"));
}

#[test]
fn bad_flags_and_folders_are_named() {
    let work = Workdir::new();
    work.write("file", "");
    work.write("blocked/signal", "");
    std::fs::create_dir_all(work.path("taken/annotation.gtf.gz")).unwrap();
    let small = "--seed 1 --genes 20 --samples 1 --chroms 3";
    for (flags, needles) in [
        ("--out new --marks H3K4me1,H3K27me3", &["--marks", "H3K4me3", "missing"][..]),
        ("--out new --marks H3K4me3 --planted body", &["--marks", "H3K36me3", "missing"]),
        ("--out new --marks H3K4me3,H3K4me3", &["--marks", "named twice"]),
        ("--out new --depth 0", &["--depth", "0.01 and 1000"]),
        ("--out new --depth nan", &["--depth", "NaN"]),
        ("--out file", &["file/signal", "folder"]),
        ("--out blocked", &["blocked/signal"]),
        ("--out taken", &["taken/annotation.gtf.gz", "is a folder"]),
    ] {
        work.fails("simulate", &format!("{small} {flags}"), needles);
    }
    assert!(!work.path("new").exists(), "nothing is written when a flag is wrong");
    assert!(!work.path("taken/config.yaml").exists(), "an unfinished folder has no config.yaml");
    for name in files(&work.path("taken")).keys() {
        assert!(!name.to_string_lossy().ends_with(".tmp"), "{name:?}");
    }
}
