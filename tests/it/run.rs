//! `attentrack run`: the configuration and the plan that is made of it.

use attentrack::matrix::LayerName;
use std::process::Output;

use assert_cmd::Command;
use clap::Parser;

use crate::support::Workdir;

fn attentrack(dir: &Workdir, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    command.current_dir(dir.path("")).args(args).output().unwrap()
}

/// A folder with a configuration whose inputs exist but are empty: enough for the plan.
fn configured(config: &str) -> Workdir {
    let dir = Workdir::new();
    for file in ["genes.gtf", "expression.tsv", "a.bw", "b.bam"] {
        dir.write(file, "");
    }
    dir.write("samples.tsv", "sample\tmark\tpath\tcontrol\ns1\tH3K4me3\ta.bw\t\ns1\tH3K27me3\tb.bam\ta.bw\n");
    dir.write("config.yaml", config);
    dir
}

const MINIMAL: &str = "samples: samples.tsv\nannotation: {path: genes.gtf}\nexpression: {path: expression.tsv}\n";

#[test]
fn the_plan_is_the_stage_commands() {
    let dir = configured(&format!("{MINIMAL}train: {{seed: 3, mode: per-sample}}\ntracks: {{formats: [bed]}}\n"));
    let output = attentrack(&dir, &["run", "config.yaml", "--dry-run"]);
    let plan = String::from_utf8(output.stdout).unwrap();
    let stages: Vec<&str> = plan.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = [
        "tss",
        "label",
        "split",
        "bin",
        "train",
        "predict",
        "evaluate",
        "faithfulness",
        "track",
        "explain",
        "track",
        "report",
    ];
    assert_eq!(stages, expected.map(|stage| format!("attentrack-{stage}")));
    assert!(plan.contains("--signal H3K4me3=a.bw --signal H3K27me3=b.bam "), "{plan}");
    assert!(plan.contains(" --control H3K27me3=a.bw\n"), "{plan}");
    assert!(plan.contains("--out results/model/s1.model.safetensors --model auto --seed 3 --resume"), "{plan}");
    let line = "model: {name: lstm}\ntrain: {ensemble: 5, optimizer: sgd, momentum: 0.8}\n";
    let dir = configured(&format!("{MINIMAL}{line}"));
    let plan = String::from_utf8(attentrack(&dir, &["run", "config.yaml", "--dry-run"]).stdout).unwrap();
    assert!(plan.contains("--ensemble 5 --optimizer sgd --momentum 0.8"), "{plan}");
}

/// The chain takes auto where no model is named, and says so to every engine; the stage by itself takes the
/// published model.
#[test]
fn the_chain_trains_auto_unless_a_model_is_named_and_the_stage_attentive_chrome() {
    for (config, named) in [
        (MINIMAL.to_owned(), "--model auto "),
        (format!("{MINIMAL}model: {{bin_hidden: 8}}\n"), "--model auto --bin-hidden 8 "),
        (format!("{MINIMAL}model: {{name: attentive-chrome}}\n"), "--model attentive-chrome "),
    ] {
        let dir = configured(&config);
        let commands = String::from_utf8(attentrack(&dir, &["run", "config.yaml", "--dry-run"]).stdout).unwrap();
        assert_eq!(commands.matches(named).count(), 1, "{commands}");
        let plan = attentrack(&dir, &["plan", "config.yaml"]).stdout;
        let plan: serde_json::Value = serde_json::from_slice(&plan).unwrap();
        let train = plan["steps"].as_array().unwrap().iter().find(|step| step["stage"] == "train").unwrap();
        assert!(train["settings"].as_str().unwrap().contains(named), "{train}");
        let track = plan["steps"].as_array().unwrap().iter().find(|step| step["stage"] == "track").unwrap();
        // where the model looks, which genes it is unsure of, and whether its attention is better than the signal
        let read: Vec<_> = track["inputs"].as_array().unwrap().iter().map(|input| input["stage"].clone()).collect();
        assert_eq!(read, ["predict", "predict", "faithfulness"], "{track}");
    }
    let alone = attentrack::stage::train::Args::try_parse_from(
        "attentrack-train --bins a --labels b --splits c --out d.model.safetensors".split(' '),
    );
    assert_eq!(alone.unwrap().model, attentrack::learn::recipe::find("attentive-chrome").unwrap());
}

/// A value that no stage takes is found before the first stage starts, not after hours of training.
#[test]
fn every_value_is_checked_before_the_first_stage() {
    let cases = [
        ("train: {epochs: 0}\n", vec!["config.yaml, line 4, column 17", "train.epochs 0: must be at least 1"]),
        ("train: {ensemble: 0}\n", vec!["config.yaml, line 4, column 19", "train.ensemble 0: must be at least 1"]),
        ("train: {ensemble: 5}\n", vec!["config.yaml: attentrack-train", "auto has 2 networks", "attentive-chrome"]),
        (
            "model: {filters: 9}\n",
            vec!["config.yaml: attentrack-train", "model.filters is a size of", "with model.name auto"],
        ),
        ("model: {name: magic}\n", vec!["config.yaml, line 4, column 15", "magic", "auto", "model.name"]),
        (
            "model: {name: AttentiveChrome}\n",
            vec!["config.yaml, line 4", "model.name", "\"AttentiveChrome\"", "attentive-chrome"],
        ),
        ("train: {optimizer: lion}\n", vec!["config.yaml, line 4", "train.optimizer", "lion", "adamw"]),
        ("train: {optimizer: adamx}\n", vec!["config.yaml, line 4", "train.optimizer", "`adamx`", "adam"]),
        ("train: {memory: much}\n", vec!["config.yaml, line 4, column 17", "train.memory", "whole number of bytes"]),
        (
            "window: {exclude_flags: none}\n",
            vec!["config.yaml, line 4, column 25", "window.exclude_flags", "SAM flags"],
        ),
        ("train: {momentum: 0.5}\n", vec!["config.yaml: attentrack-train", "train.momentum", "sgd"]),
        ("train: {device: cuda}\n", vec!["config.yaml: attentrack-train", "train.device cuda", "-F cuda"]),
        ("tracks: {formats: [bed, gff]}\n", vec!["config.yaml, line 4", "tracks.formats", "\"gff\"", "bigwig"]),
        (
            "labels: {method: threshold, threshold: {s2: 1}}\n",
            vec!["config.yaml: labels.threshold: names s2, and has no threshold for sample s1"],
        ),
        (
            "labels: {method: threshold}\n",
            vec!["config.yaml: attentrack-label: labels.method threshold needs labels.threshold"],
        ),
        ("labels: {method: magic}\n", vec!["config.yaml, line 4, column 18: labels.method", "`magic`", "valley"]),
        ("labels: {quantile: 0.3}\n", vec!["labels.quantile goes with labels.method quantile"]),
        (
            "split: {folds: 3}\n",
            vec!["config.yaml", "the splits have 3 folds", "`attentrack compare`", "train.fold (0, 1, 2)"],
        ),
        ("split: {folds: 3}\ntrain: {fold: 3}\n", vec!["train.fold: there is no fold 3; the folds are 0, 1, 2"]),
        ("train: {fold: 1}\n", vec!["train.fold: there is no fold 1; the folds are 0"]),
        ("tracks: {aggregate: median}\n", vec!["config.yaml, line 4", "tracks.aggregate", "`median`", "extreme"]),
        ("labels: {path: \"{sample}.tsv\"}\n", vec!["config.yaml: labels.path", "s1.tsv"]),
        (
            "window: {bin_size: 33}\n",
            vec!["config.yaml: attentrack-bin", "multiple of the bin size", "window.bin_size"],
        ),
        ("split: {method: random, folds: 2}\ntrain: {fold: 0}\n", vec!["config.yaml", "split.folds must be 3 or more"]),
    ];
    for (line, needles) in cases {
        let dir = configured(&format!("{MINIMAL}{line}"));
        let run = attentrack(&dir, &["run", "config.yaml"]);
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{line}: {stderr}");
        assert_eq!(stderr.matches("error:").count(), 1, "{line}: {stderr}");
        for needle in needles {
            assert!(stderr.contains(needle), "{line}: no {needle:?} in {stderr}");
        }
        // what is printed is checked as what is done
        for args in [&["run", "config.yaml", "-n"][..], &["plan", "config.yaml"]] {
            let output = attentrack(&dir, args);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{line}{args:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), stderr, "{line}{args:?}");
        }
        assert!(!dir.path("results").exists(), "{line} left a folder behind");
    }
}

/// Every flag that the chain takes from the configuration is known by its key.
#[test]
fn every_flag_of_a_plan_has_its_key() {
    let everything = "samples: samples.tsv\nannotation: {path: genes.gtf, assembly: hg19, policy: gene, biotype: [x], keep_version: true}\n\
        expression: {path: expression.tsv, gene_column: id, columns: {s1: H1.REP1}}\n\
        window: {flank: 1000, bin_size: 100, orientation: gene, statistic: mean, body: true, chrom_alias: auto, max_lost_genes: 0.5,\n\
        \x20 min_mapq: 3, exclude_flags: '4', blacklist: b.bam, reference: a.bw, extend: 200, control_method: subtract, score_empty: true}\n\
        labels: {method: threshold, threshold: 1}\nsplit: {method: random, folds: 3, seed: 2}\n\
        model: {name: attentive-chrome, bin_hidden: 8, mark_hidden: 4}\n\
        train: {task: classification, epochs: 1, batch_size: 8, ensemble: 2, optimizer: sgd, momentum: 0.5, learning_rate: 0.1,\n\
        \x20 schedule: step, dropout: 0.1, weight_decay: 0.1, transform: raw, seed: 2, fold: 1, device: cpu, instruction_set: portable}\n\
        explain: {methods: [saliency], faithfulness: true}\ntracks: {formats: [bed], value: raw, aggregate: max, all: true}\n\
        evaluate: {split: test, bootstrap: 10}\nreport: {title: A title}\n";
    let dir = configured(everything);
    let output = attentrack(&dir, &["plan", "config.yaml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let own = ["--resume", "--sample", "--bgzip", "--allow-empty"];
    let mut known = 0;
    for step in plan["steps"].as_array().unwrap() {
        let stage = step["stage"].as_str().unwrap();
        for flag in step["settings"].as_str().unwrap().split(' ').filter(|word| word.starts_with("--")) {
            let key = attentrack::cli::config::key::of_flag(stage, flag);
            assert!(key.is_some() || own.contains(&flag), "attentrack-{stage} {flag} has no key");
            known += usize::from(key.is_some());
        }
    }
    assert!(known > 40, "{known} flags");
}

/// RSEM, Salmon and StringTie write a table a sample; others name their columns otherwise than the sheet.
#[test]
fn expression_may_be_a_table_a_sample_or_a_column_of_another_name() {
    let two = "sample\tmark\tpath\ns1\tH3K4me3\ta.bw\ns2\tH3K4me3\tb.bam\n";
    let of = |expression: &str| {
        let dir =
            configured(&format!("samples: samples.tsv\nannotation: {{path: genes.gtf}}\nexpression: {expression}\n"));
        dir.write("samples.tsv", two);
        ["s1", "s2"].iter().for_each(|sample| _ = dir.write(&format!("quants/{sample}.genes.results"), ""));
        dir
    };
    let expressions = [
        (
            "{path: 'quants/{sample}.genes.results', column: TPM, duplicates: sum}",
            ["quants/s1.genes.results", "quants/s2.genes.results"],
            ["TPM", "TPM"],
        ),
        ("{path: expression.tsv, columns: {s1: H1.REP1, s2: x}}", ["expression.tsv"; 2], ["H1.REP1", "x"]),
        ("{path: expression.tsv, column: '{sample}_TPM'}", ["expression.tsv"; 2], ["s1_TPM", "s2_TPM"]),
        (
            "{path: expression.tsv, column: '{sample}_TPM', columns: {s2: other}}",
            ["expression.tsv"; 2],
            ["s1_TPM", "other"],
        ),
    ];
    for (expression, paths, columns) in expressions {
        let dir = of(&expression.replace(", duplicates: sum", ""));
        let output = attentrack(&dir, &["plan", "config.yaml"]);
        assert!(output.status.success(), "{expression}: {}", String::from_utf8_lossy(&output.stderr));
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let labels: Vec<_> = plan["steps"].as_array().unwrap().iter().filter(|step| step["stage"] == "label").collect();
        for ((step, path), column) in labels.iter().zip(paths).zip(columns) {
            assert_eq!(
                (&step["inputs"][0]["flag"], &step["inputs"][0]["path"]),
                (&"--expression".into(), &path.into())
            );
            assert!(step["settings"].as_str().unwrap().contains(&format!("--column {column}")), "{step}");
        }
        assert_eq!(labels.len(), 2);
    }
    let refused = [
        (
            "{path: '{sample}.tsv', column: TPM}",
            vec!["no such file s1.tsv of sample s1", "no such file s2.tsv of sample s2"],
        ),
        (
            "{path: expression.tsv, column: TPM}",
            vec!["2 samples would get the same values, column \"TPM\"", "{sample}", "expression.columns"],
        ),
        (
            "{path: expression.tsv, columns: {S1: x}}",
            vec!["expression.columns: the sheet has no sample S1 with expression; it has s1, s2"],
        ),
        ("{path: nowhere.tsv}", vec!["expression.path: no such file nowhere.tsv"]),
    ];
    for (expression, needles) in refused {
        let dir = of(expression);
        for args in [&["run", "config.yaml"][..], &["run", "config.yaml", "-n"], &["plan", "config.yaml"]] {
            let output = attentrack(&dir, args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{expression}: {stderr}");
            for needle in &needles {
                assert_eq!(stderr.matches(needle).count(), 1, "{expression}: {needle:?} in {stderr}");
            }
        }
    }
}

/// `attentrack run --dry-run | head`: the reader that goes away is nobody's mistake.
#[test]
fn a_plan_or_schema_cut_short_by_head_is_no_error() {
    let dir = configured(MINIMAL);
    for args in [&["run", "config.yaml", "--dry-run"][..], &["schema", "config"]] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("attentrack"))
            .current_dir(dir.path(""))
            .args(args)
            .stdout(closed_pipe())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = String::new();
        std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        assert!(child.wait().unwrap().success(), "{args:?}: {stderr}");
        assert_eq!(stderr, "", "{args:?}");
    }
}

/// The writing end of a pipe that nobody reads any more.
fn closed_pipe() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// Each case: config text, sample sheet text, what the message must hold.
#[test]
fn a_bad_configuration_is_explained() {
    let sheet = "sample\tmark\tpath\tcontrol\ns1\tH3K4me3\ta.bw\t\n";
    let cases = [
        (format!("{MINIMAL}train: {{sed: 1}}\n"), sheet, vec!["config.yaml, line 4", "unknown field `sed`", "`seed`"]),
        ("samples: samples.tsv\n".to_owned(), sheet, vec!["config.yaml", "missing field `annotation`"]),
        (format!("{MINIMAL}split: {{path: nowhere.tsv}}\n"), sheet, vec!["split.path", "nowhere.tsv"]),
        (format!("{MINIMAL}tracks: {{formats: []}}\n"), sheet, vec!["tracks.formats", "bed, bedgraph"]),
        (
            MINIMAL.to_owned(),
            "sample mark path\ns1 H3K4me3 a.bw\n",
            vec!["samples.tsv, line 1", "no column", "tabs, commas or semicolons"],
        ),
        (
            MINIMAL.to_owned(),
            "sample\tmark\tpath\ns1\tH3K4me3\tno.bw\n",
            vec!["samples.tsv, line 2", "no.bw", "relative"],
        ),
        (
            MINIMAL.to_owned(),
            "sample\tmark\tpath\ns1\tH3K4me3\ta.bw\ns1\tH3K4me3\ta.bw\n",
            vec!["samples.tsv, line 3", "a.bw for H3K4me3 twice", "replicates"],
        ),
        (
            MINIMAL.to_owned(),
            "sample\tmark\tpath\ns1\tH3K4me3\ta.bw\ns2\tH3K27me3\ta.bw\n",
            vec!["samples.tsv", "s2 has no H3K4me3", "same marks"],
        ),
        (MINIMAL.to_owned(), "sample\tmark\tpath\ns/1\tH3K4me3\ta.bw\n", vec!["samples.tsv, line 2", "file name"]),
        (MINIMAL.to_owned(), "", vec!["samples.tsv", "is empty"]),
    ];
    for (config, sheet, needles) in cases {
        let dir = configured(&config);
        dir.write("samples.tsv", sheet);
        let output = attentrack(&dir, &["run", "config.yaml"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        for needle in needles {
            assert!(stderr.contains(needle), "no {needle:?} in {stderr}");
        }
        assert!(!dir.path("results").exists(), "half-written after {stderr}");
    }
}

/// A larger workflow plans before it has made its signal files.
#[test]
fn a_plan_may_name_files_that_are_not_there_yet() {
    let dir = configured(MINIMAL);
    std::fs::remove_file(dir.path("b.bam")).unwrap();
    let output = attentrack(&dir, &["plan", "config.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("samples.tsv, line 3: no such file b.bam"));
    let output = attentrack(&dir, &["plan", "config.yaml", "--allow-missing"]);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let bin = plan["steps"].as_array().unwrap().iter().find(|step| step["stage"] == "bin").unwrap();
    assert_eq!(bin["inputs"][2]["path"], "b.bam");
}

/// Engines hand the configuration over on standard input, and say which folder it comes from.
#[test]
fn a_plan_of_standard_input_names_it() {
    let dir = configured(MINIMAL);
    let plan = |config: &str, base: &str| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
        command.current_dir(dir.path("")).args(["plan", "-", "--base", base]).write_stdin(config).output().unwrap()
    };
    let with_dot: serde_json::Value = serde_json::from_slice(&plan(MINIMAL, ".").stdout).unwrap();
    assert_eq!(with_dot["steps"][0]["inputs"][0]["path"], "genes.gtf");
    let bad = plan(&format!("{MINIMAL}train: {{epochs: 0}}\n"), ".");
    let stderr = String::from_utf8_lossy(&bad.stderr);
    assert!(stderr.contains("standard input, line 4, column 17: train.epochs 0"), "{stderr}");
    // a line of the copy is none of the user's file
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    let args = ["plan", "-", "--base", ".", "--source", "mine/config.yaml"];
    let bad = format!("{MINIMAL}train: {{epochs: 0}}\n");
    let output = command.current_dir(dir.path("")).args(args).write_stdin(bad).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("mine/config.yaml: train.epochs 0"), "{stderr}");
}

#[test]
fn an_unknown_stage_is_a_usage_error() {
    let output = attentrack(&Workdir::new(), &["trian"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no stage \"trian\""));
}

#[test]
fn the_committed_schemas_are_current() {
    let dir = Workdir::new();
    std::fs::create_dir(dir.path("schemas")).unwrap();
    assert!(attentrack(&dir, &["schema", "--out-dir", "schemas"]).status.success());
    for entry in std::fs::read_dir(dir.path("schemas")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let committed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(&name);
        let committed = std::fs::read_to_string(&committed).unwrap_or_default();
        assert_eq!(
            dir.read(&format!("schemas/{name}")),
            committed,
            "run `cargo run --release -- schema --out-dir schemas`"
        );
    }
}

fn quickstart(dir: &Workdir, outdir: &str, threads: &str) {
    let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/config.yaml");
    let output = attentrack(dir, &["run", config.to_str().unwrap(), "--outdir", outdir, "--threads", threads]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Every file below a folder with its bytes, sorted by name; but for the record of what is done, and what the run
/// notes of itself, which hold times.
fn contents(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("pipeline_info") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".attentrack-run.json") {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// What examples/quickstart/README.md promises, and the same bytes at one thread and at two.
#[test]
fn the_quickstart_finds_the_planted_truth() {
    let dir = Workdir::new();
    quickstart(&dir, "one", "1");
    quickstart(&dir, "two", "2");
    let (one, two) = (contents(&dir.path("one")), contents(&dir.path("two")));
    assert_eq!(one.len(), two.len());
    for ((name, bytes), (other, other_bytes)) in one.iter().zip(&two) {
        assert!(name == other && bytes == other_bytes, "{name} differs between 1 and 2 threads");
    }

    let metrics: serde_json::Value = serde_json::from_str(&dir.read("one/metrics.json")).unwrap();
    let auroc = metrics["pooled"]["splits"]["test"]["auroc"]["value"].as_f64().unwrap();
    assert!(auroc > 0.88, "test AUROC {auroc}");

    for sample in ["sample1", "sample2"] {
        let path = dir.path(&format!("one/attention/{sample}.attention.bins.safetensors"));
        let matrix = attentrack::io::bins::read(&path).unwrap();
        let attention = matrix.layers[0].attention.as_ref().unwrap();
        let scored: Vec<usize> =
            (0..matrix.n_regions()).filter(|&gene| !matrix.row(LayerName::Window, gene)[0].is_nan()).collect();
        let mut mark_sums = vec![0.0; matrix.n_marks()];
        let mut excess = vec![0.0; matrix.n_bins()];
        let planted = matrix.marks.iter().position(|mark| mark == "H3K4me3").unwrap();
        for &gene in &scored {
            let marks = &attention.mark_values.as_ref().unwrap()[gene * matrix.n_marks()..][..matrix.n_marks()];
            assert!((marks.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            mark_sums.iter_mut().zip(marks).for_each(|(sum, &value)| *sum += f64::from(value));
            for mark in 0..matrix.n_marks() {
                assert!((matrix.bins(gene, mark).iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
            let null = &attention.null_values[planted * matrix.n_bins()..][..matrix.n_bins()];
            for ((sum, &value), &null) in excess.iter_mut().zip(matrix.bins(gene, planted)).zip(null) {
                *sum += f64::from(value - null);
            }
        }
        let top = |values: &[f64]| (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
        assert_eq!(top(&mark_sums), planted, "{sample}: mean mark attention {mark_sums:?}");
        assert!(mark_sums[planted] / scored.len() as f64 > 0.3);
        // planted: −300 to +900 bp of the TSS, bins 47 to 58
        assert!((47..59).contains(&top(&excess)), "{sample}: the attention's peak is bin {}", top(&excess));
        let positive = |bins: &[f64]| bins.iter().filter(|&&value| value > 0.0).sum::<f64>();
        assert!(positive(&excess[47..59]) > 0.7 * positive(&excess), "{sample}: {excess:?}");
    }
}

/// A run trains the samples' own models side by side, the printed commands one by one.
#[test]
fn models_of_a_run_are_those_of_the_printed_commands() {
    let dir = Workdir::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let absolute = |name: &str| folder.join(name).display().to_string();
    dir.write(
        "config.yaml",
        format!(
            "samples: {}\nannotation: {{path: {}, biotype: [protein_coding]}}\nexpression: {{path: {}}}\n\
             window: {{statistic: mean, flank: 1000}}\nsplit: {{valid_chroms: [chr4], test_chroms: [chr5]}}\n\
             model: {{name: attentive-chrome, bin_hidden: 8, mark_hidden: 4}}\ntracks: {{formats: [bedgraph]}}\nevaluate: {{bootstrap: 0}}\n\
             train: {{mode: per-sample, ensemble: 2, epochs: 2, optimizer: adamw, weight_decay: 0.01, dropout: 0.1}}\n",
            absolute("samples.tsv"),
            absolute("annotation.gtf.gz"),
            absolute("expression.tsv")
        ),
    );
    let output = attentrack(&dir, &["run", "config.yaml"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    assert_eq!(log.matches("attentrack-train").count(), 1, "{log}");
    let together = contents(&dir.path("results/model"));
    let names: Vec<&str> = together.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["sample1.history.tsv", "sample1.model.safetensors", "sample2.history.tsv", "sample2.model.safetensors"];
    assert_eq!(names, expected);
    let plan = String::from_utf8(attentrack(&dir, &["run", "config.yaml", "--dry-run"]).stdout).unwrap();
    let commands: Vec<&str> = plan.lines().filter_map(|line| line.strip_prefix("attentrack-train ")).collect();
    assert_eq!(commands.len(), 2, "{plan}");
    std::fs::remove_dir_all(dir.path("results/model")).unwrap();
    std::fs::create_dir(dir.path("results/model")).unwrap();
    commands.iter().for_each(|command| _ = dir.ok("train", command));
    assert!(contents(&dir.path("results/model")) == together, "the models differ");
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let dir = Workdir::new();
    quickstart(&dir, "whole", "2");
    let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/config.yaml");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("attentrack"))
        .current_dir(dir.path(""))
        .args(["run", config.to_str().unwrap(), "--outdir", "killed", "--quiet"])
        .spawn()
        .unwrap();
    let state = dir.path("killed/model/pooled.state.safetensors");
    while !state.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    assert!(!dir.path("killed/model/pooled.model.safetensors").exists());
    quickstart(&dir, "killed", "2");
    let leftovers = |(name, _): &(String, Vec<u8>)| !name.ends_with(".tmp");
    let whole = contents(&dir.path("whole"));
    let killed: Vec<_> = contents(&dir.path("killed")).into_iter().filter(leftovers).collect();
    assert!(whole == killed, "a killed and resumed run differs from an uninterrupted one");
}

/// `graph:` of config.yaml.
#[test]
fn graphs_are_estimated_where_contexts_are_named_and_what_does_not_fit_is_said_before_any_work() {
    let dry_run = |config: &str| {
        let dir = configured(&format!("{MINIMAL}{config}"));
        dir.write(
            "samples.tsv",
            "sample\tmark\tpath\texpression\tgroup\ns1\tH3K4me3\ta.bw\t\tx\ns2\tH3K4me3\tb.bam\tno\tx\n",
        );
        let output = attentrack(&dir, &["run", "config.yaml", "--dry-run"]);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (_, plan, _) = dry_run("");
    assert!(!plan.contains("attentrack-graph") && !plan.contains("--graph"), "{plan}");
    let (_, plan, _) = dry_run("graph: {contexts: group, method: glasso, nodes: [promoter, 'bins:2']}\n");
    let bins = "--bins results/bins/s1.bins.safetensors --bins results/bins/s2.bins.safetensors";
    let line = format!(
        "attentrack-graph {bins} --samples samples.tsv --contexts group --method glasso --nodes promoter,bins:2 --out-dir results/graph --summary results/graph.json"
    );
    assert!(plan.lines().any(|found| found == line), "{plan}");
    assert!(plan.contains(" --graph results/graph.json "), "{plan}");
    for (config, needles) in [
        ("graph: {method: glasso}\n", &["graph.contexts", "column of the sample sheet"][..]),
        ("graph: {contexts: tissue}\n", &["graph.contexts", "samples.tsv, line 1", "no column \"tissue\""]),
        ("graph: {contexts: sample, nodes: [promoter, expression]}\n", &["graph.nodes", "s2", "expression"]),
        ("graph: {contexts: sample, nodes: [promoter, gene]}\n", &["config.yaml", "bins:N"]),
        ("graph: {contexts: sample, epsilon: 1}\n", &["graph.epsilon", "partial"]),
        ("graph: {contexts: sample, method: wsimule, weights: w.tsv}\n", &["w.tsv"]),
    ] {
        let (code, _, said) = dry_run(config);
        assert_eq!(code, Some(1), "{config}: {said}");
        assert!(needles.iter().all(|words| said.contains(words)), "{config}: {said}");
    }
}
