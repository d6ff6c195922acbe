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
