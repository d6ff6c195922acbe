//! `attentrack run`: the configuration and the plan that is made of it.

use std::process::Output;

use assert_cmd::Command;

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
    let expected = ["tss", "bin", "label", "split", "train", "predict", "evaluate", "track"];
    assert_eq!(stages, expected.map(|stage| format!("attentrack-{stage}")));
    assert!(plan.contains("--signal H3K4me3=a.bw --signal H3K27me3=b.bam --control H3K27me3=a.bw"), "{plan}");
    assert!(plan.contains("--out results/model/s1.model.safetensors --seed 3 --resume"), "{plan}");
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
        (MINIMAL.to_owned(), "sample,mark,path\ns1,H3K4me3,a.bw\n", vec!["samples.tsv, line 1", "no column", "tabs"]),
        (
            MINIMAL.to_owned(),
            "sample\tmark\tpath\ns1\tH3K4me3\tno.bw\n",
            vec!["samples.tsv, line 2", "no.bw", "relative"],
        ),
        (
            MINIMAL.to_owned(),
            "sample\tmark\tpath\ns1\tH3K4me3\ta.bw\ns1\tH3K4me3\ta.bw\n",
            vec!["samples.tsv, line 3", "twice", "merge replicates"],
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
