//! bigWig files of all ages and makers, and files of one assembly that differ in single chromosomes.

use super::{GENES, GRID, Status, bigwig_file};
use crate::support::Workdir;
use attentrack::matrix::LayerName;

const CHROMS: [(&str, u32); 2] = [("chr1", 5000), ("chr2", 3000)];

fn sections() -> Vec<(u32, u32, u32, Vec<f32>)> {
    vec![(0, 950, 100, vec![2.0, 4.0, 6.0]), (1, 0, 10, vec![1.0])]
}

fn workdir() -> Workdir {
    let dir = Workdir::new();
    dir.write("genes.bed", GENES);
    dir.write("ok.bw", bigwig_file::bytes(&CHROMS, &sections(), 1, false, true));
    dir
}

/// A file without index, as pyBigWig closes one that it was given nothing for.
fn empty(levels: u8) -> Vec<u8> {
    let whole = bigwig_file::bytes(&CHROMS, &[], 1, false, true);
    let mut bytes = whole[..whole.len() - 4 - 48 - 4].to_vec();
    bytes[24..32].fill(0);
    bytes[6] = levels;
    bytes.extend_from_slice(&whole[whole.len() - 4..]);
    bytes
}

#[test]
fn a_bigwig_without_items_has_empty_genes() {
    let dir = workdir();
    dir.write("empty.bw", empty(0));
    // with an index of no items, too
    dir.write("none.bw", bigwig_file::bytes(&CHROMS, &[], 1, false, true));
    for file in ["empty.bw", "none.bw"] {
        let log = dir.ok("bin", &format!("{GRID} --signal M={file}"));
        assert!(log.contains("has no data in any window"), "{log}");
        let matrix = dir.matrix("x.bins.safetensors");
        assert_eq!(matrix.status, [Status::Empty; 3]);
        dir.fails("bin", &format!("{GRID} --signal M={file} --control ok.bw"), &["its depth is 0"]);
    }
    dir.write("zoom.bw", empty(1));
    dir.fails("bin", &format!("{GRID} --signal M=zoom.bw"), &["zoom.bw: holds summaries"]);
    let unfinished = empty(0);
    dir.write("open.bw", &unfinished[..unfinished.len() - 4]);
    dir.fails("bin", &format!("{GRID} --signal M=open.bw"), &["open.bw: is truncated or was never finished"]);
}

#[test]
fn a_depth_that_the_summary_does_not_state_is_read() {
    let dir = workdir();
    let scaled = |file: &str| {
        dir.ok("bin", &format!("{GRID} --signal M=ok.bw --control {file} --orientation genome"));
        dir.matrix("x.bins.safetensors").layers[0].values.clone()
    };
    let ok = std::fs::read(dir.path("ok.bw")).unwrap();
    // sum 1,210 of the mark; the control has twice as much
    let double = [(0, 950, 100, vec![4.0, 8.0, 12.0]), (1, 0, 20, vec![1.0])];
    let control = bigwig_file::bytes(&CHROMS, &double, 1, false, true);
    let with_summary = |covered: u64, sum: f64| {
        let mut bytes = control.clone();
        bytes[64..72].copy_from_slice(&covered.to_le_bytes());
        bytes[64 + 24..64 + 32].copy_from_slice(&sum.to_le_bytes());
        bytes
    };
    dir.write("stated.bw", with_summary(320, 2420.0));
    let expected = scaled("stated.bw");
    assert!(expected.iter().all(|value| value.abs() < 1e-6), "{expected:?}");
    for (covered, sum) in [(0, 2420.0), (320, 0.0), (320, f64::NAN), (0, 0.0), (320, f64::INFINITY)] {
        dir.write("useless.bw", with_summary(covered, sum));
        assert_eq!(scaled("useless.bw"), expected, "{covered} {sum}");
    }
    let mut without = control.clone();
    without[44..52].fill(0);
    dir.write("without.bw", without);
    assert_eq!(scaled("without.bw"), expected);
    assert_eq!(std::fs::read(dir.path("ok.bw")).unwrap(), ok);
}

#[test]
fn versions_ends_and_sizes() {
    let dir = workdir();
    let values = |bytes: &[u8]| {
        dir.write("x.bw", bytes);
        dir.ok("bin", &format!("{GRID} --signal M=x.bw"));
        dir.matrix("x.bins.safetensors").layers[0].values.clone()
    };
    let ok = std::fs::read(dir.path("ok.bw")).unwrap();
    let expected = values(&ok);
    let plain = bigwig_file::bytes(&CHROMS, &sections(), 1, false, false);
    for version in 1..=4_u8 {
        let mut bytes = plain.clone();
        bytes[4] = version;
        // the fields of later versions hold anything
        if version < 3 {
            bytes[52..56].fill(7);
        }
        if version < 2 {
            bytes[44..52].fill(0xff);
        }
        assert_eq!(values(&bytes), expected, "version {version}");
    }
    // old writers set no mark at the end; copies are padded
    assert_eq!(values(&plain[..plain.len() - 4]), expected);
    assert_eq!(values(&[&ok[..], &[0; 1000]].concat()), expected);
    // a stated size of blocks that is too small
    let mut small = ok.clone();
    small[52..56].copy_from_slice(&8_u32.to_le_bytes());
    assert_eq!(values(&small), expected);

    let mut newer = ok.clone();
    newer[4] = 9;
    dir.write("x.bw", newer);
    dir.fails("bin", &format!("{GRID} --signal M=x.bw"), &["version 9"]);
    // counts and offsets of any size end with a message, and soon
    for at in (0..ok.len() - 4).step_by(2) {
        let mut bytes = ok.clone();
        bytes[at..at + 2].fill(0xff);
        dir.write("x.bw", bytes);
        let output = dir.stage("bin").args(format!("{GRID} --signal M=x.bw").split_whitespace()).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)) && !log.contains("panicked"), "byte {at}: {log}");
    }
}

#[test]
fn one_odd_chromosome_is_no_other_assembly() {
    let dir = workdir();
    let genome = |mitochondrion| [("chr1", 5000), ("chr2", 3000), ("chrM", mitochondrion)];
    let sections = [(0, 950, 100, vec![2.0, 4.0, 6.0]), (1, 0, 10, vec![1.0]), (2, 0, 900, vec![1.0])];
    dir.write("ucsc.bw", bigwig_file::bytes(&genome(16_571), &sections, 1, false, true));
    dir.write("rcrs.bw", bigwig_file::bytes(&genome(16_569), &sections, 1, false, true));
    let both = "--signal M=ucsc.bw --signal N=rcrs.bw";
    let log = dir.ok("bin", &format!("{GRID} {both}"));
    assert!(log.contains("WARN") && log.contains("chrM has 16569 bp here and 16571 bp there"), "{log}");
    let expected = dir.matrix("x.bins.safetensors").layers[0].values.clone();

    dir.write("genes.bed", format!("{GENES}chrM\t400\t401\tMT\t0\t+\n"));
    dir.fails("bin", &format!("{GRID} {both}"), &["rcrs.bw: is of another genome assembly"]);
    let log = dir.ok("bin", &format!("{GRID} {both} --max-lost-genes 0.25"));
    assert!(log.contains("25.0 % of the genes"), "{log}");
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.status[3], Status::NoChrom);
    assert!(matrix.row(LayerName::Window, 3).iter().all(|value| value.is_nan()));
    assert_eq!(matrix.layers[0].values[..expected.len()], expected);
    assert_eq!(matrix.chroms.length("chrM"), None);

    // most of the chromosomes: another assembly, wherever the genes lie
    dir.write("genes.bed", "chr2\t150\t151\tG\t0\t+\n");
    dir.write(
        "other.bw",
        bigwig_file::bytes(&[("chr1", 4900), ("chr2", 3000), ("chrM", 9)], &sections, 1, false, true),
    );
    dir.fails("bin", &format!("{GRID} --signal M=ucsc.bw --signal N=other.bw"), &["2 of 3 chromosomes differ"]);
}

#[test]
fn one_gene_beyond_the_end_of_its_chromosome_is_missing() {
    let dir = workdir();
    let origin = "chr1\t5100\t5101\tORI\t0\t-\n";
    dir.write("genes.bed", format!("{GENES}{origin}"));
    let log = dir.ok("bin", &format!("{GRID} --signal M=ok.bw"));
    assert!(log.contains("gene ORI starts at chr1:5100, beyond the end"), "{log}");
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.status[3], Status::NoChrom);
    assert!(matrix.row(LayerName::Window, 3).iter().all(|value| value.is_nan()));
    dir.write("genes.bed", format!("{GENES}{origin}chr1\t5200\t5201\tMORE\t0\t-\n"));
    dir.fails("bin", &format!("{GRID} --signal M=ok.bw"), &["gene ORI", "different genome assemblies"]);
}
