//! The real data with expected matrices.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use attentrack::matrix::{Matrix, Status};

use crate::support::{Workdir, shared_data};

const MARKS: [&str; 5] = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"];

fn bin(folder: &Path, extension: &str, flags: &str) -> (Workdir, Matrix) {
    let dir = Workdir::new();
    let folder = folder.join("fixture_chr21");
    let signals: Vec<String> = MARKS
        .iter()
        .map(|mark| format!("--signal {mark}={}", folder.join(format!("{mark}.{extension}")).display()))
        .collect();
    let genes = folder.join("tss.bed");
    dir.ok(
        "bin",
        &format!(
            "--genes {} {} --orientation genome --out x.bins.safetensors {flags}",
            genes.display(),
            signals.join(" ")
        ),
    );
    let matrix = dir.matrix("x.bins.safetensors");
    (dir, matrix)
}

/// (gene, mark) → 100 bins; NA is NaN.
fn expected(folder: &Path, name: &str) -> HashMap<(String, String), Vec<f32>> {
    let file = std::fs::File::open(folder.join("fixture_chr21").join(name)).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with("gene_id"));
    rows.map(|line| {
        let mut cells = line.split('\t');
        let (gene, mark) = (cells.next().unwrap().to_owned(), cells.next().unwrap().to_owned());
        ((gene, mark), cells.map(|cell| if cell == "NA" { f32::NAN } else { cell.parse().unwrap() }).collect())
    })
    .collect()
}

/// Largest relative difference over all bins; missing values must agree.
fn difference(matrix: &Matrix, expected: &HashMap<(String, String), Vec<f32>>) -> f32 {
    let (mut largest, mut compared) = (0.0_f32, 0);
    for (gene, id) in matrix.regions.iter().map(|region| &region.id).enumerate() {
        for (mark, name) in matrix.marks.iter().enumerate() {
            let expected = &expected[&(id.clone(), name.clone())];
            for (found, expected) in matrix.bins(gene, mark).iter().zip(expected) {
                assert_eq!(found.is_nan(), expected.is_nan(), "{id} {name}");
                if !found.is_nan() {
                    largest = largest.max((found - expected).abs() / expected.abs().max(1e-6));
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 127_500);
    largest
}

#[test]
fn fixture_counts_are_identical() {
    let Some(data) = shared_data("fixture_counts_are_identical") else { return };
    let expected = expected(&data, "expected.counts.tsv.gz");
    let (dir, one) = bin(&data, "bam", "--threads 1");
    assert_eq!(difference(&one, &expected), 0.0);
    let bytes = std::fs::read(dir.path("x.bins.safetensors")).unwrap();
    let (dir, _) = bin(&data, "bam", "--threads 2");
    assert!(bytes == std::fs::read(dir.path("x.bins.safetensors")).unwrap());
}

#[test]
fn fixture_means_agree() {
    let Some(data) = shared_data("fixture_means_agree") else { return };
    let (_, mean) = bin(&data, "bw", "");
    assert!(difference(&mean, &expected(&data, "expected.mean0.tsv.gz")) < 1e-5);
    let (_, covered) = bin(&data, "bw", "--statistic coverage-mean --threads 2");
    assert!(difference(&covered, &expected(&data, "expected.mean_covered.tsv.gz")) < 1e-5);
}

#[test]
fn fixture_edge_counts_are_identical() {
    let Some(data) = shared_data("fixture_edge_counts_are_identical") else { return };
    let folder = data.join("fixture_chr21");
    let dir = Workdir::new();
    let (genes, bam) = (folder.join("tss.bed"), folder.join("edge.bam"));
    dir.ok(
        "bin",
        &format!(
            "--genes {} --signal E={} --orientation genome --out x.bins.safetensors",
            genes.display(),
            bam.display()
        ),
    );
    let matrix = dir.matrix("x.bins.safetensors");
    let mut found = Vec::new();
    for (gene, id) in matrix.regions.iter().map(|region| &region.id).enumerate() {
        let bins = matrix.bins(gene, 0).iter().enumerate().filter(|(_, count)| **count > 0.0);
        found.extend(bins.map(|(bin, count)| format!("{id}\t{bin}\t{count}")));
    }
    let mut expected: Vec<String> = std::fs::read_to_string(folder.join("expected.edge_counts.tsv"))
        .unwrap()
        .lines()
        .skip(1)
        .map(str::to_owned)
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn mixed_assemblies_are_refused() {
    let Some(data) = shared_data("mixed_assemblies_are_refused") else { return };
    let folder = data.join("coolbox_chr9");
    let dir = Workdir::new();
    dir.write("genes.bed", "chr9\t5000000\t5000001\tG\t0\t+\n");
    let signal = |mark: &str, file: &str| format!("--signal {mark}={}", folder.join(file).display());
    let (first, second) = (signal("A", "bigwig_chr9_4000000_6000000.bw"), signal("B", "bam_chr9_4000000_6000000.bam"));
    let files: Vec<String> = ["H3K27ac", "H3K27me3", "H3K4me3"]
        .iter()
        .map(|mark| signal(mark, &format!("bigwig_chr9_4000000_6000000_K562_{mark}.bigwig")))
        .collect();
    dir.fails(
        "bin",
        &format!("--genes genes.bed {first} {second} {} --statistic mean --out x.bins.safetensors", files.join(" ")),
        &["another genome assembly", "chr9 has", "Give files of one assembly"],
    );
}

#[test]
fn reads_without_bases_take_their_length_from_the_cigar() {
    let Some(data) = shared_data("reads_without_bases_take_their_length_from_the_cigar") else { return };
    let dir = Workdir::new();
    dir.write("genes.bed", "chr21\t40177231\t40177232\tENSG00000157557\t0\t+\n");
    let bam = data.join("bam_epicseg/H3K4me3.bam");
    let flags = "--orientation genome --out x.bins.safetensors";
    dir.ok("bin", &format!("--genes genes.bed --signal H3K4me3={} {flags}", bam.display()));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.status, [Status::Ok]);
    assert_eq!(matrix.bins(0, 0), MULTICOV.map(f32::from));
}

/// bedtools 2.30 multicov -bams H3K4me3.bam -bed (the 100 bins of [40172231, 40182231))
#[rustfmt::skip]
const MULTICOV: [u16; 100] = [
    0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1,
    5, 6, 6, 10, 8, 8, 27, 36, 27, 42, 39, 33, 82, 129, 92, 88, 118, 213,
    205, 145, 204, 172, 123, 148, 136, 79, 17, 31, 54, 42, 51, 49, 61, 51, 40, 37, 36, 25, 17, 8, 8, 7, 7, 4, 2, 10, 8, 5, 4, 2, 3, 7, 3, 0, 0, 2,
];
