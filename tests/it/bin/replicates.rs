//! Several files of one mark, and of one control.

use super::{GENES, GRID, HEADER, read, reads, workdir};
use crate::support::Workdir;

fn values(dir: &Workdir, flags: &str) -> Vec<f32> {
    dir.ok("bin", &format!("{GRID} {flags}"));
    dir.matrix("x.bins.safetensors").layers[0].values.clone()
}

/// Other reads around the same genes.
fn others() -> String {
    [
        read("d", 0, "chr1", 1011, 60, "36M", 0),
        read("e", 16, "chr1", 1191, 60, "20M", 0),
        read("f", 0, "chr2", 121, 60, "30M", 0),
    ]
    .concat()
}

/// SAM lines in the order of their positions.
fn sorted(lines: &str) -> String {
    let mut lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let place = |line: &&str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[2].to_owned(), cells[3].parse::<u32>().unwrap())
    };
    lines.sort_by_key(place);
    lines.concat()
}

#[test]
fn reads_of_replicates_are_those_of_the_merged_file() {
    let dir = workdir();
    dir.bam("b.bam", &format!("{HEADER}{}", others()));
    dir.bam("merged.bam", &format!("{HEADER}{}", sorted(&(reads() + &others()))));
    dir.bam("in.bam", &format!("{HEADER}{}", read("i", 0, "chr1", 1021, 60, "36M", 0)));
    dir.bam("in2.bam", &format!("{HEADER}{}", others()));
    let merged_input = read("i", 0, "chr1", 1021, 60, "36M", 0) + &others();
    dir.bam("inputs.bam", &format!("{HEADER}{}", sorted(&merged_input)));
    for name in ["b.bam", "merged.bam", "in.bam", "in2.bam", "inputs.bam"] {
        dir.index(name);
    }
    let both = "--signal M=reads.bam --signal M=b.bam";
    for statistic in ["count", "mean", "sum"] {
        let more = format!("--statistic {statistic}");
        let merged = values(&dir, &format!("--signal M=merged.bam {more}"));
        assert!(merged.iter().any(|&value| value > 0.0));
        let found = values(&dir, &format!("{both} {more}"));
        // counts and sums are whole numbers; a mean is rounded once a file
        let tolerance = if statistic == "mean" { 1e-6 } else { 0.0 };
        assert!(found.iter().zip(&merged).all(|(a, b)| (a - b).abs() <= tolerance), "{statistic}: {found:?}");
        assert_ne!(values(&dir, &format!("--signal M=reads.bam {more}")), merged, "{statistic}");
        let expected = values(&dir, &format!("--signal M=merged.bam --control M=inputs.bam {more}"));
        let found = values(&dir, &format!("{both} --control M=in.bam --control M=in2.bam {more}"));
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{statistic}: {found:?}");
    }
    // another mark beside it stays itself, and both files are written down
    let alone = values(&dir, "--signal N=b.bam");
    let beside = values(&dir, &format!("{both} --signal N=b.bam"));
    assert_eq!(beside.chunks(6).skip(1).step_by(2).flatten().copied().collect::<Vec<f32>>(), alone);
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.marks, ["M", "N"]);
    let inputs: Vec<(&str, &str)> = matrix.inputs.iter().map(|i| (i.mark.as_str(), i.file.as_str())).collect();
    assert_eq!(inputs, [("M", "reads.bam"), ("M", "b.bam"), ("N", "b.bam")]);
    assert_eq!(matrix.inputs[0].options, ["replicates=combine"]);
}

#[test]
fn values_of_replicates_are_averaged_at_equal_depth_or_as_they_are() {
    let dir = Workdir::new();
    dir.write("genes.bed", GENES);
    // sums 400 and 1200 of all values, 800 on average
    dir.write("a.bedgraph", "chr1\t1000\t1100\t3\nchr2\t100\t200\t1\n");
    dir.write("b.bedgraph", "chr1\t1000\t1100\t4\nchr1\t1100\t1200\t8\nchr2\t100\t200\t0\n");
    let both = "--signal M=a.bedgraph --signal M=b.bedgraph";
    let found = values(&dir, &format!("{both} --replicates mean"));
    // bins of [1000, 1100) and [1100, 1200) of the gene on the plus strand
    assert_eq!(found[3..5], [3.5, 4.0]);
    let found = values(&dir, both);
    assert_eq!(found[3..5], [(3.0 * 2.0 + 4.0 * 2.0 / 3.0) / 2.0, (8.0 * 2.0 / 3.0) / 2.0]);
    assert_eq!(found, values(&dir, "--signal M=b.bedgraph --signal M=a.bedgraph"));
    dir.write("zero.bedgraph", "chr1\t1000\t1100\t0\nchr2\t100\t200\t0\n");
    dir.fails(
        "bin",
        &format!("{GRID} --signal M=a.bedgraph --signal M=zero.bedgraph"),
        &["zero.bedgraph: its depth is 0"],
    );
}
