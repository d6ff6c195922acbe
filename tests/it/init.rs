//! attentrack init: from a folder of files to a run, without an edit in between.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Workdir, shared_data};

fn init(dir: &Path, args: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin("attentrack")).current_dir(dir).arg("init").args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A simulated project whose files are named as a lab would, without config and sheet.
fn folder() -> Workdir {
    let work = Workdir::new();
    work.ok("simulate", "--out s --seed 3 --genes 120 --samples 2 --format bigwig --marks H3K4me3,H3K36me3");
    std::fs::create_dir(work.path("lab")).unwrap();
    for sample in ["sample1", "sample2"] {
        for mark in ["H3K4me3", "H3K36me3"] {
            let name = sample.replace("sample", "donor-");
            let to = format!("lab/{name}_{}_rep1.fc.signal.bw", mark.to_lowercase());
            std::fs::copy(work.path(&format!("s/signal/{sample}.{mark}.bigWig")), work.path(&to)).unwrap();
        }
    }
    std::fs::copy(work.path("s/annotation.gtf.gz"), work.path("lab/genes.gtf.gz")).unwrap();
    let table =
        work.read("s/expression.tsv").replacen("sample1", "RNA_donor-1", 1).replacen("sample2", "RNA_donor-2", 1);
    work.write("lab/tpm.tsv", table);
    work.write("lab/notes.txt", "nothing of this\n");
    work
}

#[test]
fn a_folder_becomes_a_run_with_the_same_figures() {
    let work = folder();
    let lab = work.path("lab");
    std::fs::copy(lab.join("donor-1_h3k4me3_rep1.fc.signal.bw"), lab.join("donor-1_h3k4me3_rep2.fc.signal.bw"))
        .unwrap();
    std::fs::copy(lab.join("donor-1_h3k4me3_rep1.fc.signal.bw"), lab.join("ENCFF001ABC.bigWig")).unwrap();
    let output = init(&lab, &[]);
    let log = said(&output);
    assert!(output.status.success(), "{log}");
    for needle in [
        "sample donor-1: H3K4me3, replicate 2 is donor-1_h3k4me3_rep2.fc.signal.bw",
        "left out: ENCFF001ABC.bigWig: its name has no mark",
        "sample donor-2: expression is column RNA_donor-2",
    ] {
        assert!(log.contains(needle), "{needle}: {log}");
    }
    let sheet = work.read("lab/samples.tsv");
    assert_eq!(sheet.lines().count(), 6, "{sheet}");
    let config = work.read("lab/config.yaml");
    assert!(config.contains("replicates: mean") && config.contains("\"donor-1\": \"RNA_donor-1\""), "{config}");
    // a second call keeps what is there
    let again = said(&init(&lab, &[]));
    assert!(again.contains("config.yaml is there already") && again.contains("--force"), "{again}");
    let quick =
        "model: {name: mark-means}\nlabels: {method: median}\nsplit: {valid_chroms: [chr4], test_chroms: [chr5]}\n";
    let run = |config: &Path, out: &str| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
        let done = command.args(["run", "-q", "--outdir"]).arg(work.path(out)).arg(config).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        let metrics: serde_json::Value = serde_json::from_str(&work.read(&format!("{out}/metrics.json"))).unwrap();
        metrics["pooled"]["splits"]["test"]["auroc"]["value"].as_f64().unwrap()
    };
    work.write("lab/config.yaml", config + quick);
    let by_hand = "samples: samples.tsv\nannotation: {path: annotation.gtf.gz}\nexpression: {path: expression.tsv}\n";
    work.write("s/config.yaml", by_hand.to_owned() + quick);
    assert_eq!(run(&work.path("lab/config.yaml"), "a"), run(&work.path("s/config.yaml"), "b"));
}

#[test]
fn what_cannot_be_told_is_asked_for_in_words() {
    let work = folder();
    let lab = work.path("lab");
    let fails = |args: &[&str], needles: &[&str]| {
        let output = init(&lab, args);
        let log = said(&output);
        assert_eq!(output.status.code(), Some(1), "{log}");
        needles.iter().for_each(|needle| assert!(log.contains(needle), "{needle}: {log}"));
        assert!(!lab.join("config.yaml").exists() && !lab.join("samples.tsv").exists());
    };
    fails(&["nowhere"], &["nowhere: there is no such file or folder"]);
    fails(&["--expression", "notes.txt"], &["notes.txt, line 1", "no column for any sample: donor-1, donor-2"]);
    work.write("lab/other.gtf", "chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id \"A\";\n");
    fails(&[], &["several files may be the gene annotation", "genes.gtf.gz, other.gtf", "--annotation"]);
    work.write("lab/fpkm.csv", "gene_id,donor-1,donor-2\nA,1,2\n");
    fails(&["-a", "genes.gtf.gz"], &["several tables have a column for a sample: fpkm.csv, tpm.tsv", "--expression"]);
    std::fs::rename(lab.join("donor-1_h3k4me3_rep1.fc.signal.bw"), lab.join("donor-1_h3k4me3.bw")).unwrap();
    std::fs::copy(lab.join("donor-1_h3k4me3.bw"), lab.join("donor-1_h3k4me3.pval.bw")).unwrap();
    fails(&["-a", "genes.gtf.gz", "-e", "tpm.tsv"], &["all H3K4me3 of donor-1", "do not number them as replicates"]);
}

#[test]
fn the_pilot_regions_need_no_edit() {
    let Some(pilot) = shared_data("the_pilot_regions_need_no_edit").map(|data| data.join("pilot")) else { return };
    let work = Workdir::new();
    let output = init(&work.path(""), &[pilot.to_str().unwrap()]);
    let log = said(&output);
    assert!(output.status.success(), "{log}");
    let sheet = work.read("samples.tsv");
    assert_eq!(
        sheet.lines().filter(|line| line.starts_with("E003\t") || line.starts_with("E116\t")).count(),
        10,
        "{sheet}"
    );
    let config = work.read("config.yaml");
    for needle in ["genes.pilot.GRCh37.gtf", "assembly: hg19", "expression.tsv"] {
        assert!(config.contains(needle), "{needle}: {config}");
    }
}
