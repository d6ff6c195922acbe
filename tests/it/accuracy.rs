//! Accuracy on real data that the models never saw: of AttentiveChrome against PyTorch's on the same genes,
//! split and regime (its test AUROC is the mean of three seeds), and of `--model auto`. The test sets are
//! small: the intervals that `evaluate` prints are ± .05.

use std::path::Path;

use assert_cmd::Command;
use attentrack::io;
use serde_json::Value;

use crate::support::{Workdir, shared_data};

/// How far below PyTorch's mean ours may lie.
const MARGIN: f64 = 0.01;

/// Of `auto`: E003, E116, chr11, DeepDiff.
const FLOORS: [f64; 4] = [0.945, 0.955, 0.962, 0.838];

/// Runs the configuration with seeds 1 to 3; returns each sample's mean test AUROC, and the first
/// run's log: the others find the matrices made already.
fn mean_auroc(dir: &Workdir, config: &str, samples: &[&str]) -> (Vec<f64>, String) {
    let (mut means, mut log) = (vec![0.0; samples.len()], String::new());
    for seed in 1..=3 {
        let model = "model: {name: attentive-chrome}";
        dir.write("config.yaml", format!("{config}\n{model}\ntrain: {{seed: {seed}}}\ntracks: {{formats: [bed]}}\n"));
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

/// Two cell types on the ENCODE pilot regions, split by chromosome.
fn pilot(dir: &Workdir, data: &Path) -> String {
    let pilot = data.join("pilot").canonicalize().unwrap();
    let marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"];
    let rows = ["E003", "E116"].into_iter().flat_map(|sample| {
        marks.into_iter().map(move |mark| (sample, mark, format!("bigwig/{sample}-{mark}.pilot.pval.hg19.bigWig")))
    });
    dir.write("samples.tsv", sheet(rows, &pilot));
    let thresholds = std::fs::read_to_string(data.join("median_rpkm_thresholds.json")).unwrap();
    format!(
        "samples: samples.tsv\nannotation: {{path: {0}/genes.pilot.GRCh37.gtf, assembly: hg19}}\n\
         expression: {{path: {0}/expression.tsv}}\nlabels: {{method: threshold, threshold: {thresholds}}}\n\
         split: {{method: chromosome, valid_chroms: [chr5, chr7, chr14, chr19], test_chroms: [chr2, chr6, chr11, chr16, chr21]}}",
        pilot.display()
    )
}

#[test]
fn pilot_regions_of_two_cell_types_in_one_model() {
    let Some(data) = shared_data("accuracy on the ENCODE pilot regions") else { return };
    let dir = Workdir::new();
    let config = pilot(&dir, &data);
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

/// GM12878's chr11, split along the chromosome.
fn chromhmm(dir: &Workdir, data: &Path) -> String {
    let chromhmm = data.join("chromhmm_GM12878").canonicalize().unwrap();
    let rows = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3"]
        .into_iter()
        .map(|mark| ("E116", mark, format!("bigwig/GM12878-{mark}.chr11.binary200.hg18.bigWig")));
    dir.write("samples.tsv", sheet(rows, &chromhmm));
    // genes.bed is sorted by TSS, so file order is the order along the chromosome
    format!(
        "samples: samples.tsv\nannotation: {{path: {0}/genes.chr11.NCBI36.gtf, assembly: hg18}}\n\
         expression: {{path: {0}/expression.tsv}}\nlabels: {{method: threshold, threshold: 1.7475}}\n\
         split: {{method: file-order, valid_fraction: 0.15, test_fraction: 0.25}}",
        chromhmm.display()
    )
}

#[test]
fn chromosome_11_in_200_bp_binary_calls() {
    let Some(data) = shared_data("accuracy on ChromHMM's GM12878 chr11") else { return };
    let dir = Workdir::new();
    let config = chromhmm(&dir, &data);
    let (means, _) = mean_auroc(&dir, &config, &["E116"]);
    eprintln!("test AUROC, mean of three seeds: {:.4}", means[0]);
    assert!(means[0] > 0.954 - MARGIN, "{means:?}");
}

/// Labels and scores of a sample's test genes.
fn test_genes(dir: &Workdir, predictions: &str, labels: &str, splits: &str) -> Vec<(bool, f64)> {
    let rows = io::predictions::read(&dir.path(predictions)).unwrap().rows;
    let (labels, splits) = (io::labels::read(&dir.path(labels)).unwrap(), io::splits::read(&dir.path(splits)).unwrap());
    let (label_of, split_of) = (labels.by_gene(), splits.by_gene(0));
    let of = |row: &attentrack::matrix::Prediction| {
        let id = row.gene_id.as_str();
        let is_test = split_of.get(id) == Some(&attentrack::matrix::Split::Test);
        Some((*label_of.get(id).filter(|_| is_test)? == 1.0, row.score?))
    };
    rows.iter().filter_map(of).collect()
}

/// `--model auto` on the four sets that README names; one seed, so that the test stays short.
/// docs/auto.md has the figures of more.
#[test]
fn auto_on_four_sets_and_its_calibration() {
    let Some(data) = shared_data("accuracy of auto") else { return };
    let (mut aurocs, mut all) = (Vec::new(), Vec::new());
    let mut add = |genes: Vec<(bool, f64)>| {
        let (labels, scores): (Vec<bool>, Vec<f64>) = genes.iter().copied().unzip();
        aurocs.push(attentrack::learn::metrics::auroc(&labels, &scores).unwrap());
        all.extend(genes);
    };
    for (config, samples) in [(pilot as fn(&Workdir, &Path) -> String, &["E003", "E116"][..]), (chromhmm, &["E116"])] {
        let dir = Workdir::new();
        let config = config(&dir, &data);
        dir.write(
            "config.yaml",
            format!("{config}\nmodel: {{name: auto}}\ntrain: {{seed: 1}}\ntracks: {{formats: [bed]}}\n"),
        );
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
        let output = command.current_dir(dir.path("")).args(["run", "config.yaml", "-t", "2"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for sample in samples {
            let [predictions, labels] =
                ["predictions", "labels"].map(|kind| format!("results/{kind}/{sample}.{kind}.tsv"));
            add(test_genes(&dir, &predictions, &labels, "results/splits.tsv"));
        }
    }
    let dir = Workdir::new();
    let csv =
        |split: &str| format!("{}/deepdiff/E003/classification/{split}.csv", data.canonicalize().unwrap().display());
    let mut splits = "gene_id\tsplit\n".to_owned();
    let mut bins = "--sample E003 --out x.bins.safetensors --labels-out labels.tsv".to_owned();
    for split in ["train", "valid", "test"] {
        bins += &format!(" --deepchrome-csv {}", csv(split));
        let text = std::fs::read_to_string(csv(split)).unwrap();
        let genes = text.lines().step_by(100).map(|line| format!("{}\t{split}\n", line.split(',').next().unwrap()));
        splits.extend(genes);
    }
    dir.write("splits.tsv", splits);
    dir.ok("bin", &bins);
    let inputs = "--bins x.bins.safetensors --labels labels.tsv --splits splits.tsv";
    dir.ok("train", &format!("{inputs} --model auto --threads 2 --out m.model.safetensors"));
    dir.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
    add(test_genes(&dir, "p.tsv", "labels.tsv", "splits.tsv"));

    let (labels, scores): (Vec<bool>, Vec<f64>) = all.into_iter().unzip();
    let error = attentrack::learn::metrics::expected_calibration_error(&labels, &scores, |_| 1).unwrap();
    eprintln!("auto: test AUROC E003, E116, chr11, DeepDiff {aurocs:.4?}; calibration error of all {error:.4}");
    for (auroc, floor) in aurocs.iter().zip(FLOORS) {
        assert!(*auroc > floor, "{aurocs:?} {FLOORS:?}");
    }
    assert!(error < 0.05, "{error}");
}
