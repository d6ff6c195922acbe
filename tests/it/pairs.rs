//! `attentrack run` of pairs of samples, and of samples without expression.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use crate::support::Workdir;

fn attentrack(dir: &Workdir, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    command.current_dir(dir.path("")).args(args).output().unwrap()
}

fn commands(dir: &Workdir) -> String {
    let output = attentrack(dir, &["run", "config.yaml", "--dry-run"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(dir: &Workdir, needles: &[&str]) {
    let output = attentrack(dir, &["run", "config.yaml", "--dry-run"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for needle in needles {
        assert!(stderr.contains(needle), "no {needle:?} in {stderr}");
    }
}

/// The quickstart's samples, three of them: the second is there twice, and its twin has no expression.
fn quickstart(config: &str, twin: &str) -> Workdir {
    let dir = Workdir::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let sheet = std::fs::read_to_string(folder.join("samples.tsv")).unwrap();
    let mut rows = String::from("sample\tmark\tpath\tcontrol\texpression\n");
    for row in sheet.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let path = folder.join(cells[2]).display().to_string();
        rows += &format!("{}\t{}\t{path}\t\tyes\n", cells[0], cells[1]);
        if cells[0] == "sample2" {
            rows += &format!("new\t{}\t{path}\t\t{twin}\n", cells[1]);
        }
    }
    dir.write("samples.tsv", rows);
    let data = format!(
        "samples: samples.tsv\nannotation: {{path: {0}/annotation.gtf.gz, biotype: [protein_coding]}}\n\
         expression: {{path: {0}/expression.tsv}}\nwindow: {{statistic: mean, flank: 1000}}\n\
         split: {{valid_chroms: [chr4], test_chroms: [chr5]}}\ntracks: {{formats: [bed]}}\nevaluate: {{bootstrap: 0}}\n",
        folder.display()
    );
    dir.write("config.yaml", data + config);
    dir
}

const TRAIN: &str = "train: {epochs: 1, learning_rate: 0.001";
const SMALL: &str = "model: {name: attentive-chrome, bin_hidden: 4, mark_hidden: 2}\n";
const PAIR: &str = "pairs: pairs.tsv\nlabels: {method: log2}\n\
                    model: {name: deep-diff-raw-aux, bin_hidden: 4, mark_hidden: 2}\n";

#[test]
fn a_sample_without_expression_is_scored_and_nothing_else() {
    let dir = quickstart(&format!("{SMALL}{TRAIN}}}\n"), "no");
    let output = attentrack(&dir, &["run", "config.yaml"]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(log.contains("neither learnt from nor judged: new"), "{log}");
    assert!(
        dir.path("results/tracks/new/attention.bed.gz").exists() && !dir.path("results/labels/new.labels.tsv").exists()
    );
    // the twin has the scores of its sample, which the model was trained on
    let scores = |sample: &str| -> Vec<String> {
        let table = dir.read(&format!("results/predictions/{sample}.predictions.tsv"));
        let column = table.lines().next().unwrap().split('\t').position(|name| name == "score").unwrap();
        table.lines().skip(1).map(|row| row.split('\t').nth(column).unwrap().to_owned()).collect()
    };
    assert!(scores("new") == scores("sample2") && scores("new") != scores("sample1"));
    let metrics: serde_json::Value = serde_json::from_str(&dir.read("results/metrics.json")).unwrap();
    let judged: Vec<&str> =
        metrics["samples"].as_array().unwrap().iter().filter_map(|sample| sample["sample"].as_str()).collect();
    assert_eq!(judged, ["sample1", "sample2"]);
    assert!(dir.read("results/report/report.html").contains("new: scored without expression data"));
}

#[test]
fn each_mode_says_what_scores_a_sample_without_expression() {
    let mode = |mode: &str, twin: &str| quickstart(&format!("{SMALL}{TRAIN}, mode: {mode}}}\n"), twin);
    refused(&mode("per-sample", "no"), &["config.yaml", "train.mode per-sample", "new has no expression"]);
    let plan = commands(&mode("leave-one-sample-out", "no"));
    let models: Vec<&str> = plan.lines().filter(|line| line.starts_with("attentrack-train")).collect();
    assert_eq!(models.len(), 3, "{plan}");
    assert!(models[2].contains("model/pooled.model") && !models[2].contains("bins/new."), "{plan}");
    assert!(plan.contains("--bins results/bins/new.bins.safetensors --model results/model/pooled."), "{plan}");
    refused(&mode("pooled", "nein"), &["samples.tsv, line 8", "yes or no", "nein"]);
    let dir = mode("pooled", "no");
    let rows = dir.read("samples.tsv");
    dir.write("samples.tsv", rows.replacen("\tno\n", "\t\n", 1));
    refused(&dir, &["samples.tsv, line 10", "yes in one row and no in another"]);
    dir.write("samples.tsv", rows.replace("\tyes\n", "\tno\n"));
    refused(&dir, &["none has expression"]);
}

#[test]
fn pairs_are_joined_labelled_learnt_and_judged() {
    let dir = quickstart(&format!("{PAIR}{TRAIN}}}\nexplain: {{methods: [deep-lift]}}\n"), "no");
    dir.write("pairs.tsv", "sample\tversus\nsample2\tsample1\nnew\tsample1\n");
    let plan = commands(&dir);
    let output = attentrack(&dir, &["run", "config.yaml", "--outdir", "results"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in [
        "pairs/new-vs-sample1.bins.safetensors",
        "tracks/new-vs-sample1/attention.bed.gz",
        "tracks/sample2-vs-sample1.deep-lift/attribution.bed.gz",
        "report/report.html",
    ] {
        assert!(dir.path(&format!("results/{file}")).exists(), "{file}");
    }
    assert!(!dir.path("results/labels/new-vs-sample1.labels.tsv").exists());
    // log2((x + 1) / (y + 1)) of the quickstart's first genes
    let labels = dir.read("results/labels/sample2-vs-sample1.labels.tsv");
    let label = |gene: &str| -> f64 {
        let row = labels.lines().find(|row| row.starts_with(gene)).unwrap();
        row.split('\t').nth(2).unwrap().parse().unwrap()
    };
    assert!((label("ENSSIMG00000000017") - ((5.187f64 + 1.0) / 1.02).log2()).abs() < 1e-5, "{labels}");
    assert!((label("ENSSIMG00000000034") - (1.0f64 / 10.821).log2()).abs() < 1e-5, "{labels}");
    // the printed commands, one by one, give the same model
    let model = std::fs::read(dir.path("results/model/pooled.model.safetensors")).unwrap();
    std::fs::remove_dir_all(dir.path("results")).unwrap();
    for folder in ["labels", "bins", "pairs", "model"] {
        std::fs::create_dir_all(dir.path(&format!("results/{folder}"))).unwrap();
    }
    for line in plan.lines() {
        let (stage, args) = line.strip_prefix("attentrack-").unwrap().split_once(' ').unwrap();
        if ["tss", "label", "split", "bin", "pair", "train"].contains(&stage) {
            dir.ok(stage, args);
        }
    }
    assert!(model == std::fs::read(dir.path("results/model/pooled.model.safetensors")).unwrap());
}

#[test]
fn pairs_and_models_that_do_not_go_together_are_refused() {
    let with = |config: &str, pairs: &str| {
        let dir = quickstart(config, "yes");
        dir.write("pairs.tsv", format!("sample\tversus\n{pairs}"));
        dir
    };
    let pair = "sample2\tsample1\n";
    for (config, pairs, needles) in [
        (PAIR.replace("pairs: pairs.tsv\n", ""), pair, vec!["deep-diff-raw-aux compares two samples", "key pairs"]),
        (
            PAIR.replace("deep-diff-raw-aux, bin_hidden: 4, mark_hidden: 2", "auto"),
            pair,
            vec!["pairs: model.name auto", "deep-diff-raw-c"],
        ),
        (PAIR.replace("log2", "median"), pair, vec!["labels.method", "log2"]),
        (PAIR.replace("log2", "log2, versus: sample1"), pair, vec!["labels.versus"]),
        (PAIR.to_owned(), "sample2\tsampel1\n", vec!["pairs.tsv, line 2", "\"sampel1\"", "sample1, sample2"]),
        (PAIR.to_owned(), "sample1\tsample1\n", vec!["pairs.tsv, line 2", "with itself"]),
        (PAIR.to_owned(), "sample2\tsample1\nsample2\tsample1\n", vec!["pairs.tsv, line 3", "twice"]),
        (PAIR.to_owned(), "", vec!["pairs.tsv", "holds no pair"]),
        (
            format!("{PAIR}train: {{mode: leave-one-sample-out}}\n"),
            "sample2\tsample1\nnew\tsample1\n",
            vec!["leave-one-sample-out", "sample2-vs-sample1"],
        ),
    ] {
        refused(&with(&config, pairs), &needles);
    }
}
