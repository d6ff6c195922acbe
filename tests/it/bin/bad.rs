//! Bad input: one message that names the place and the remedy, nothing half-written.

use super::{GENES, GRID, HEADER, bigwig_file, read, workdir};
use crate::support::Workdir;

/// Files that the table below refers to.
fn with_bad_files() -> Workdir {
    let dir = workdir();
    let bam = std::fs::read(dir.path("reads.bam")).unwrap();
    dir.write("cut.bam", &bam[..bam.len() - 28]);
    dir.write("half.bam", &bam[..bam.len() / 2]);
    let mut damaged = bam.clone();
    let middle = bam.len() - 28 - 40;
    damaged[middle] ^= 0xff;
    dir.write("damaged.bam", damaged);
    let sections = [(0, 950, 100, vec![2.0, 4.0, 6.0]), (1, 0, 10, vec![1.0])];
    let bigwig = bigwig_file::bytes(&[("chr1", 5000), ("chr2", 3000)], &sections, 1, false, true);
    dir.write("cut.bw", &bigwig[..bigwig.len() - 30]);
    dir.write("half.bw", &bigwig[..bigwig.len() / 2]);
    dir.write("head.bw", &bigwig[..20]);
    let mut damaged = bigwig.clone();
    damaged[64 + 40 + 32 + 4 + 32 + 8 + 4] ^= 0xff;
    dir.write("damaged.bw", damaged);
    dir.write("ok.bw", &bigwig);
    dir.write("hg38.bw", bigwig_file::bytes(&[("chr1", 4900), ("chr2", 3000)], &sections, 1, false, true));
    dir.write("bare.bw", bigwig_file::bytes(&[("1", 5000), ("2", 3000)], &sections, 1, false, true));
    dir.write("wrong.bam", &bam);
    dir.bam(
        "other.bam",
        &format!("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:5000\n{}", read("a", 0, "chr1", 9, 9, "5M", 0)),
    );
    dir.index("other.bam");
    std::fs::copy(dir.path("other.bam.bai"), dir.path("wrong.bam.bai")).unwrap();
    dir.bam("noidx.bam", &format!("{HEADER}{}", read("a", 0, "chr1", 9, 9, "5M", 0)));
    dir.write("noidx.bam.bai", "not an index");
    dir.bam("none.bam", HEADER);
    dir.write("empty", "");
    dir.write("table.txt", "gene_id\tlabel\nG1\t1\n");
    dir.write("reads.bed", "chr1\t1000\t1036\ta\t0\t+\nchr2\t5\t9\tb\t0\t+\n");
    dir.write("bad.bed", "chr1\t1000\t1036\ta\t0\t+\nchr1\t1036\t1000\ta\t0\t+\n");
    dir.write("nostrand.bed", "chr1\t1000\t1036\n");
    dir.write("overlap.bedgraph", "chr1\t0\t10\t1\nchr1\t5\t20\t1\n");
    dir.write("again.bedgraph", "chr1\t0\t10\t1\nchr2\t5\t20\t1\nchr1\t50\t60\t1\n");
    dir.write("text.bedgraph", "chr1\t0\t10\t1\nchr1\t10\t20\tx\n");
    dir.write("x.wig", "variableStep chrom=chr1\n1 2\n");
    dir.write("x.sam", HEADER);
    dir.write("far.bed", "chr1\t9999\t10000\tFAR\t0\t+\n");
    dir.write("bare.bed", GENES.replace("chr", ""));
    dir.write("wide.bed", "chr1\t100\t200\tG\t0\t+\n");
    dir.write("alias.tsv", "chr1\n");
    dir.write("short.csv", "G1,1,1,2,1\nG1,2,3,1\n");
    dir.write("missing.csv", "G1,1,1,2,1\nG1,3,3,4,1\n");
    dir.write("few.csv", "G1,1,1,2,1\nG2,1,3,4,1\n");
    dir.write("word.csv", "G1,1,1,many,1\n");
    dir.write("header.csv", "gene,bin,A,B,label\nG1,1,1,2,1\n");
    dir.write("good.csv", "G1,1,1,2,1\nG1,2,3,4,1\n");
    std::fs::create_dir(dir.path("folder")).unwrap();
    dir
}

#[test]
fn each_bad_input_names_the_place_and_the_remedy() {
    let dir = with_bad_files();
    let csv = "--marks A,B --flank 100 --bin-size 100 --out x.bins.safetensors --deepchrome-csv";
    let genes = |path: &str| GRID.replace("genes.bed", path);
    #[rustfmt::skip]
    let table: Vec<(String, &[&str])> = vec![
        (format!("{GRID} --signal M=no.bam"), &["no.bam: no such file", "Check the path"]),
        (format!("{GRID} --signal M=folder"), &["folder: is a folder", "Name a file"]),
        (format!("{GRID} --signal M=empty"), &["empty: is empty"]),
        (format!("{GRID} --signal M=cut.bam"), &["cut.bam: is truncated", "make the file again"]),
        (format!("{GRID} --signal M=half.bam"), &["half.bam: is truncated"]),
        (format!("{GRID} --signal M=damaged.bam"), &["damaged.bam, header", "may be truncated or damaged"]),
        (format!("{GRID} --signal M=cut.bw"), &["cut.bw: is truncated"]),
        (format!("{GRID} --signal M=half.bw"), &["half.bw: is truncated"]),
        (format!("{GRID} --signal M=head.bw"), &["head.bw: is truncated"]),
        (format!("{GRID} --signal M=damaged.bw"), &["damaged.bw", "block at byte"]),
        (format!("{GRID} --signal M=table.txt"), &["table.txt, line 1: is neither", "Give bigWig, BAM"]),
        (format!("{GRID} --signal M=x.wig"), &["wiggle", "wigToBigWig"]),
        (format!("{GRID} --signal M=x.sam"), &["SAM text", "samtools view -b"]),
        (format!("{GRID} --signal M=ok.bw --statistic count"), &["ok.bw: count needs reads", "--statistic mean"]),
        (format!("{GRID} --signal M=overlap.bedgraph --statistic count"), &["count needs reads, and this is bedgraph"]),
        (format!("{GRID} --signal M=ok.bw --signal N=reads.bam"), &["different default statistics", "--statistic mean"]),
        (format!("{GRID} --signal M=overlap.bedgraph"), &["overlap.bedgraph, line 2", "sort -k1,1 -k2,2n"]),
        (format!("{GRID} --signal M=again.bedgraph"), &["again.bedgraph, line 3", "occurs again"]),
        (format!("{GRID} --signal M=text.bedgraph"), &["text.bedgraph, line 2", "must be a number"]),
        (format!("{GRID} --signal M=bad.bed"), &["bad.bed, line 2", "lies before start"]),
        (format!("{GRID} --signal M=nostrand.bed --extend 200"), &["nostrand.bed, line 1", "needs a strand"]),
        (format!("{GRID} --signal M=reads.bed --fragments"), &["reads.bed: holds reads as text", "--fragments"]),
        (format!("{GRID} --signal M=reads.bed --min-mapq 5"), &["reads.bed: holds reads as text", "--min-mapq"]),
        (format!("{GRID} --signal M=wrong.bam"), &["wrong.bam.bai: indexes 1 chromosomes", "samtools index"]),
        (format!("{GRID} --signal M=noidx.bam"), &["noidx.bam.bai: cannot read", "samtools index"]),
        (format!("{GRID} --signal M=ok.bw --signal N=hg38.bw"), &["hg38.bw: is of another genome assembly", "chr1 has 4900 bp here and 5000 bp there"]),
        (format!("{GRID} --signal M=bare.bw"), &["bare.bw: 3 of 3 genes (100.0 %)", "chr1, chr2", "has 1, 2", "--chrom-alias auto"]),
        (format!("{} --signal M=reads.bed", genes("bare.bed")), &["reads.bed: 3 of 3 genes", "--chrom-alias auto"]),
        (format!("{} --signal M=reads.bam", genes("far.bed")), &["far.bed: gene FAR", "different genome assemblies"]),
        (format!("{} --signal M=reads.bam", genes("empty")), &["empty: holds no gene"]),
        (format!("{} --signal M=reads.bam", genes("wide.bed")), &["wide.bed, line 1", "attentrack-tss"]),
        (format!("{GRID} --signal M=reads.bam --signal M=ok.bw --statistic mean"), &["its replicate ok.bw is bigwig", "depths cannot be compared"]),
        (format!("{GRID} --signal M=reads.bam --signal M=reads.bam"), &["--signal M=reads.bam is given twice", "replicate is another file"]),
        (format!("{GRID} --signal M=ok.bw --signal M=hg38.bw --statistic max"), &["mark M has 2 replicates", "--statistic max", "Choose mean, sum or count"]),
        (format!("{GRID} --signal reads.bam"), &["--signal reads.bam: expected MARK=PATH"]),
        (format!("{GRID} --signal a/b=reads.bam"), &["mark \"a/b\" cannot be a name", "\"a_b\""]),
        (format!("{} --signal M=reads.bam", GRID.replace("size 100", "size 70")), &["multiple of the bin size"]),
        (format!("{GRID} --signal M=reads.bam --max-lost-genes 2"), &["--max-lost-genes 2: must be at least 0 and at most 1"]),
        (format!("{GRID} --signal M=reads.bam --pseudocount 0"), &["--pseudocount 0: must be greater than 0"]),
        (format!("{GRID} --signal M=reads.bam --chrom-alias alias.tsv"), &["alias.tsv, line 1", "two columns"]),
        (format!("{GRID} --signal M=reads.bam --blacklist table.txt"), &["table.txt, line 1", "Give BED"]),
        (format!("{GRID} --signal M=reads.bam --control N=reads.bam"), &["no --signal has the mark N"]),
        (format!("{GRID} --signal M=reads.bam --control ok.bw --statistic mean"), &["ok.bw is bigwig", "depths cannot be compared"]),
        (format!("{GRID} --signal M=reads.bam --control none.bam"), &["none.bam: its depth is 0"]),
        (format!("{} --signal M=reads.bam", GRID.replace("x.bins", "no/x.bins")), &["no/x.bins.safetensors: cannot write", "folder does not exist"]),
        (format!("{} --signal M=reads.bam", GRID.replace("x.bins.safetensors", "folder")), &["folder: is a folder"]),
        (format!("{csv} no.csv"), &["no.csv: no such file"]),
        (format!("{csv} short.csv"), &["short.csv, line 2", "expected 5 comma-separated columns, found 4"]),
        (format!("{csv} missing.csv"), &["missing.csv, line 2", "expected bin 2, found bin 3"]),
        (format!("{csv} few.csv"), &["few.csv, line 2", "gene G1 has 1 bins, expected 2"]),
        (format!("{csv} word.csv"), &["word.csv, line 1", "column 4 must be a number"]),
        (format!("{csv} header.csv"), &["header.csv, line 1", "without a header"]),
        (format!("{csv} empty"), &["empty: holds no row"]),
        (format!("{csv} good.csv --deepchrome-csv good.csv"), &["gene G1 occurs twice, first in good.csv, line 1"]),
        (format!("{csv} good.csv --labels-out no/l.tsv"), &["no/l.tsv: cannot write"]),
    ];
    let before = files(&dir);
    for (args, needles) in &table {
        dir.fails("bin", args, needles);
        assert_eq!(files(&dir), before, "attentrack-bin {args} left something behind");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let dir = workdir();
    for args in ["", "--out x", GRID, "--signal M=reads.bam --out x", "--deepchrome-csv a --genes b --out x"] {
        let output = dir.stage("bin").args(args.split_whitespace()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "attentrack-bin {args}");
    }
    let version = dir.stage("bin").arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout), "attentrack-bin 0.1.0\n");
}

fn files(dir: &Workdir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
