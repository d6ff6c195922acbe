//! Accuracy on real data that the models never saw, against PyTorch's AttentiveChrome on the same
//! genes, split and regime (its test AUROC is the mean of three seeds). The test sets are small:
//! the intervals that `evaluate` prints are ± .05.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{Workdir, shared_data};

/// How far below PyTorch's mean ours may lie.
const MARGIN: f64 = 0.01;

/// Runs the configuration with seeds 1 to 3; returns each sample's mean test AUROC, and the first
/// run's log: the others find the matrices made already.
fn mean_auroc(dir: &Workdir, config: &str, samples: &[&str]) -> (Vec<f64>, String) {
    let (mut means, mut log) = (vec![0.0; samples.len()], String::new());
    for seed in 1..=3 {
        dir.write("config.yaml", format!("{config}\ntrain: {{seed: {seed}}}\ntracks: {{formats: [bed]}}\n"));
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
        let output = command.current_dir(dir.path("")).args(["run", "config.yaml", "-t", "2"]).output().unwrap();
        let of_run = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{of_run}");
        if seed == 1 {
            log = of_run;
        }
        let metrics: Value = serde_json::from_str(&dir.read("results/metrics.json")).unwrap();
        for (mean, name) in means.iter_mut().zip(samples) {
            let all = metrics["samples"].as_array().unwrap();
            let sample = all.iter().find(|sample| sample["sample"] == *name).unwrap();
            *mean += sample["splits"]["test"]["auroc"]["value"].as_f64().unwrap() / 3.0;
        }
    }
    (means, log)
}

fn sheet<'a>(rows: impl Iterator<Item = (&'a str, &'a str, String)>, folder: &Path) -> String {
    let mut text = "sample\tmark\tpath\tcontrol\n".to_owned();
    for (sample, mark, file) in rows {
        text += &format!("{sample}\t{mark}\t{}\t\n", folder.join(file).display());
    }
    text
}

#[test]
fn pilot_regions_of_two_cell_types_in_one_model() {
    let Some(data) = shared_data("accuracy on the ENCODE pilot regions") else { return };
    let dir = Workdir::new();
    let pilot = data.join("pilot").canonicalize().unwrap();
    let marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"];
    let rows = ["E003", "E116"].into_iter().flat_map(|sample| {
        marks.into_iter().map(move |mark| (sample, mark, format!("bigwig/{sample}-{mark}.pilot.pval.hg19.bigWig")))
    });
    dir.write("samples.tsv", sheet(rows, &pilot));
    let thresholds = std::fs::read_to_string(data.join("median_rpkm_thresholds.json")).unwrap();
    let config = format!(
        "samples: samples.tsv\nannotation: {{path: {0}/genes.pilot.GRCh37.gtf, assembly: hg19}}\n\
         expression: {{path: {0}/expression.tsv}}\nlabels: {{method: threshold, threshold: {thresholds}}}\n\
         split: {{method: chromosome, valid_chroms: [chr5, chr7, chr14, chr19], test_chroms: [chr2, chr6, chr11, chr16, chr21]}}",
        pilot.display()
    );
    let (means, log) = mean_auroc(&dir, &config, &["E003", "E116"]);
    eprintln!("test AUROC, mean of three seeds: E003 {:.4}, E116 {:.4}", means[0], means[1]);
    assert!(means[0] > 0.904 - MARGIN && means[1] > 0.936 - MARGIN, "{means:?}");
    // as pyBigWig counts them
    assert!(log.contains("898 windows have values on every base, 24 on some"), "{log}");
    // every gene of the annotation keeps its row, and the 22 without data say so
    let predictions = dir.read("results/predictions/E003.predictions.tsv");
    assert_eq!(predictions.lines().count(), 945);
    assert_eq!(predictions.lines().filter(|line| line.contains("\tempty\t")).count(), 22);
}

#[test]
fn chromosome_11_in_200_bp_binary_calls() {
    let Some(data) = shared_data("accuracy on ChromHMM's GM12878 chr11") else { return };
    let dir = Workdir::new();
    let chromhmm = data.join("chromhmm_GM12878").canonicalize().unwrap();
    let rows = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3"]
        .into_iter()
        .map(|mark| ("E116", mark, format!("bigwig/GM12878-{mark}.chr11.binary200.hg18.bigWig")));
    dir.write("samples.tsv", sheet(rows, &chromhmm));
    // genes.bed is sorted by TSS, so file order is the order along the chromosome
    let config = format!(
        "samples: samples.tsv\nannotation: {{path: {0}/genes.chr11.NCBI36.gtf, assembly: hg18}}\n\
         expression: {{path: {0}/expression.tsv}}\nlabels: {{method: threshold, threshold: 1.7475}}\n\
         split: {{method: file-order, valid_fraction: 0.15, test_fraction: 0.25}}",
        chromhmm.display()
    );
    let (means, _) = mean_auroc(&dir, &config, &["E116"]);
    eprintln!("test AUROC, mean of three seeds: {:.4}", means[0]);
    assert!(means[0] > 0.954 - MARGIN, "{means:?}");
}
