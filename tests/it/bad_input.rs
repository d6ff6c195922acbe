//! Bad input that no single stage owns: the disk, the folder, files of the wrong kind. Each ends with
//! exit 1 and one message, and leaves nothing half-written. The stages' own tables of bad input are
//! in their test files.

use std::path::Path;

use crate::support::Workdir;

/// An annotation of `n` genes, 10 bp apart.
fn gtf(n: usize) -> String {
    let gene = |i: usize| format!("chr1\tx\tgene\t{}\t{}\t.\t+\t.\tgene_id \"g{i}\";\n", i * 10 + 1, i * 10 + 5);
    (0..n).map(gene).collect()
}

/// Runs a stage with a limit of `blocks` × 512 bytes a file, which ends a write as a full disk does.
fn with_full_disk(dir: &Workdir, stage: &str, args: &str, blocks: u32) -> (Option<i32>, String) {
    let program = assert_cmd::cargo::cargo_bin(format!("attentrack-{stage}"));
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {} {args}", program.display());
    let output = std::process::Command::new("sh").current_dir(dir.path("")).args(["-c", &script]).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let dir = Workdir::new();
    dir.write("genes.gtf", gtf(5000));
    dir.ok("tss", "--annotation genes.gtf --out genes.bed");
    let signal: String = (0..5000).map(|i| format!("chr1\t{}\t{}\t1\n", i * 10, i * 10 + 5)).collect();
    dir.write("signal.bedgraph", signal);
    dir.ok("bin", "--genes genes.bed --signal m=signal.bedgraph --out a.bins.safetensors");
    let before = names(&dir.path(""));
    let commands = [
        ("tss", "--annotation genes.gtf --out full.bed"),
        ("bin", "--genes genes.bed --signal m=signal.bedgraph --out full.bins.safetensors"),
        ("split", "--genes genes.bed --method random --out full.tsv"),
        ("track", "--input a.bins.safetensors --format bed --all --out full.bed"),
        ("track", "--input a.bins.safetensors --format bed --all --out full.bed.gz"),
        ("track", "--input a.bins.safetensors --format bigbed --all --out full.bb"),
        ("track", "--input a.bins.safetensors --format tsv --out full.tsv"),
    ];
    for (stage, args) in commands {
        let (code, stderr) = with_full_disk(&dir, stage, args, 16);
        assert_eq!(code, Some(1), "{stage} {args}: {stderr}");
        assert_eq!(stderr.matches("error:").count(), 1, "{stage} {args}: {stderr}");
        assert!(stderr.contains("full.") && !stderr.contains("panicked"), "{stage} {args}: {stderr}");
        assert_eq!(names(&dir.path("")), before, "{stage} {args} left something behind");
    }
}

#[test]
fn an_old_output_survives_a_failure() {
    let dir = Workdir::new();
    dir.write("genes.gtf", gtf(2));
    dir.ok("tss", "--annotation genes.gtf --out genes.bed");
    let old = dir.read("genes.bed");
    dir.write("genes.gtf", "chr1\tx\tgene\t20\t10\t.\t+\t.\tgene_id \"g1\";\n");
    dir.fails("tss", "--annotation genes.gtf --out genes.bed", &["genes.gtf, line 1"]);
    assert_eq!(dir.read("genes.bed"), old);
}

/// A folder that is not there, a file as a folder, a folder as a file: for every stage that writes.
#[test]
fn an_output_that_cannot_be_written_is_named() {
    let dir = Workdir::new();
    dir.write("genes.gtf", gtf(20));
    dir.write("signal.bedgraph", "chr1\t0\t20000\t1\n");
    dir.write("expression.tsv", "gene_id\ts\ng1\t1\ng2\t5\n");
    dir.write("splits.tsv", "gene_id\tsplit\ng1\ttrain\ng2\ttest\n");
    dir.write("predictions.tsv", "gene_id\tsample\tstatus\tscore\ng1\ts\tok\t0.2\ng2\ts\tok\t0.7\n");
    dir.ok("tss", "--annotation genes.gtf --out genes.bed");
    dir.ok("bin", "--genes genes.bed --signal m=signal.bedgraph --out a.bins.safetensors");
    dir.ok("label", "--expression expression.tsv --sample s --out labels.tsv");
    std::fs::create_dir(dir.path("folder")).unwrap();
    let commands = [
        ("tss", "--annotation genes.gtf --out"),
        ("bin", "--genes genes.bed --signal m=signal.bedgraph --out"),
        ("label", "--expression expression.tsv --sample s --out"),
        ("split", "--genes genes.bed --method random --out"),
        ("track", "--input a.bins.safetensors --format tsv --out"),
        ("evaluate", "--predictions predictions.tsv --labels labels.tsv --splits splits.tsv --out"),
    ];
    for (stage, args) in commands {
        for out in ["nowhere/out", "genes.bed/out", "folder"] {
            dir.fails(stage, &format!("{args} {out}"), &[out]);
        }
    }
}

/// What users get wrong with files that are right for something else: each names place and remedy, and
/// leaves nothing behind.
#[test]
fn files_of_the_wrong_kind_and_flags_without_effect_are_explained() {
    let dir = Workdir::new();
    dir.write("genes.bed", "chr1\t5000\t5001\tg1\t0\t+\nchr1\t6000\t6001\tg2\t0\t-\n");
    dir.write("signal.bedgraph", "chr1\t0\t20000\t1\n");
    dir.write("labels.tsv", "gene_id\tlabel\ng1\t1\ng2\t0\n");
    dir.write("twice.tsv", "gene_id\tlabel\tlabel\ng1\t1\t0\ng2\t0\t1\n");
    dir.write("expression.tsv", "gene_id\ts\ts\ng1\t1\t2\ng2\t3\t4\n");
    dir.write("missing.tsv", "gene_id\ts\ng1\tNA\ng2\tNA\n");
    dir.write("splits.tsv", "gene_id\tsplit\ng1\ttrain\ng2\ttest\n");
    dir.write("other.alias", "1\tchr1\n");
    let header = br#"{"__metadata__":{"header":"{\"format\":\"attentrack.model\"}"}}"#;
    let model = [&(header.len() as u64).to_le_bytes()[..], header].concat();
    dir.write("a.model.safetensors", model);
    dir.ok("bin", "--genes genes.bed --signal m=signal.bedgraph --out a.bins.safetensors");
    let pipe = dir.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let before = names(&dir.path(""));
    let bin = "--genes genes.bed --signal m=signal.bedgraph --out x.bins.safetensors";
    let cases: [(&str, String, &[&str]); 13] = [
        ("bin", format!("{bin} --flank 1000000000 --bin-size 1"), &["2000000000 bins", "--flank"]),
        ("bin", format!("{bin} --sample="), &["--sample", "cannot be a name"]),
        ("bin", format!("{bin} --min-mapq 10"), &["--min-mapq is for reads", "signal.bedgraph is bedgraph"]),
        ("bin", format!("{bin} --extend 200"), &["--extend is for reads"]),
        ("bin", format!("{bin} --fragments"), &["--fragments is for reads"]),
        ("bin", format!("{bin} --chrom-alias other.alias"), &["other.alias", "chr1", "the genes' name"]),
        (
            "bin",
            "--genes genes.bed --signal m=pipe --out x.bins.safetensors".to_owned(),
            &["pipe: is a pipe", "Write it"],
        ),
        ("label", "--expression expression.tsv --sample s --out x.tsv".to_owned(), &["line 1", "\"s\" is there more"]),
        ("label", "--expression missing.tsv --sample s --out x.tsv".to_owned(), &["no gene has", "right column"]),
        (
            "split",
            "--genes genes.bed --method random --labels twice.tsv --out x.tsv".to_owned(),
            &["twice.tsv, line 1"],
        ),
        (
            "train",
            "--bins a.bins.safetensors --labels twice.tsv --splits splits.tsv --out x.model.safetensors".to_owned(),
            &["twice.tsv, line 1: column \"label\" is there more than once", "Keep one"],
        ),
        (
            "track",
            "--input a.model.safetensors --format bed --out x.bed".to_owned(),
            &["of format \"attentrack.model\", does not fit a matrix"],
        ),
        (
            "predict",
            "--bins a.bins.safetensors --model a.bins.safetensors --predictions x.tsv".to_owned(),
            &["of format \"attentrack.bins\", does not fit a model"],
        ),
    ];
    for (stage, args, needles) in cases {
        dir.fails(stage, &args, needles);
        assert_eq!(names(&dir.path("")), before, "{stage} {args} left something behind");
    }
}

/// Spreadsheets on Windows write a byte-order mark and `\r\n`; neither is part of a name.
#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let dir = Workdir::new();
    for (mark, end) in [("", "\n"), ("\u{feff}", "\r\n")] {
        dir.write("genes.bed", format!("{mark}chr1\t5000\t5001\tg1\t0\t+{end}"));
        dir.write("signal.bedgraph", format!("{mark}chr1\t4000\t5000\t1{end}chr1\t5000\t6000\t2{end}"));
        dir.write("reads.bed", format!("{mark}chr1\t4000\t4050\tr\t0\t+{end}"));
        dir.write("names.alias", format!("{mark}chr1\tchr1{end}"));
        dir.ok(
            "bin",
            "--genes genes.bed --signal m=signal.bedgraph --signal r=reads.bed --statistic sum --chrom-alias names.alias --out a.bins.safetensors",
        );
        dir.ok("track", "--input a.bins.safetensors --format tsv --out a.tsv");
        let table = dir.read("a.tsv");
        let sum: f64 = table.lines().skip(1).map(|row| row.split('\t').nth(9).unwrap().parse::<f64>().unwrap()).sum();
        assert_eq!(sum, 3050.0, "mark {mark:?}");
    }
}
