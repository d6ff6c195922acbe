//! `@FILE` on the command line, and the commands of a plan that are too long for one.

use std::process::{Command, Stdio};

use crate::support::Workdir;

const GENES: &str = "chr1\t100\t101\tg1\t0\t+\nchr2\t100\t101\tg2\t0\t+\nchr3\t100\t101\tg3\t0\t-\n";
const LABELS: &str = "gene_id\tlabel\ng1\t1\ng2\t0\ng3\t1\n";
const GTF: &str = "chr1\tx\tgene\t101\t900\t.\t+\t.\tgene_id \"g1\";\nchr2\tx\tgene\t101\t900\t.\t+\t.\tgene_id \"g2\";\n\
                   chr3\tx\tgene\t101\t900\t.\t+\t.\tgene_id \"g3\";\n";

#[test]
fn the_lines_of_a_file_or_of_standard_input_are_arguments() {
    let dir = Workdir::new();
    dir.write("genes.bed", GENES);
    dir.write("a b.labels.tsv", LABELS);
    dir.write("arguments", "--labels\na b.labels.tsv\n--valid-chroms\nchr2\n");
    let rest = "--genes genes.bed --test-chroms chr3 --out -".split(' ');
    let whole = ["--labels", "a b.labels.tsv", "--valid-chroms", "chr2"];
    let expected = dir.stage("split").args(whole).args(rest.clone()).output().unwrap();
    assert!(expected.status.success());
    let of_file = dir.stage("split").arg("@arguments").args(rest.clone()).output().unwrap();
    assert_eq!(of_file, expected);
    let mut attentrack = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    attentrack.current_dir(dir.path("")).args(["split", "@-"]).args(rest);
    assert_eq!(attentrack.write_stdin(dir.read("arguments")).output().unwrap(), expected);
}

#[test]
fn a_missing_file_of_arguments_is_explained() {
    let output = Workdir::new().stage("split").args(["--genes", "@genes.bed"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("error: genes.bed: cannot read arguments") && stderr.contains("--flag=@"), "{stderr}");
}

/// 4,500 samples with long paths: `split` alone names 2.3 MB of files, more than Linux lets a program be
/// started with.
#[test]
fn a_plan_of_thousands_of_samples_has_commands_that_a_shell_can_run() {
    let dir = Workdir::new();
    let folder = format!("{}/{}", "given".repeat(50), "labels".repeat(40));
    let labels = dir.write(&format!("{folder}/s0.labels.tsv"), LABELS);
    let mut sheet = "sample\tmark\tpath\n".to_owned();
    for n in 0..4500 {
        sheet += &format!("s{n}\tH3K4me3\ta.bw\n");
        if n > 0 {
            std::fs::hard_link(&labels, dir.path(&format!("{folder}/s{n}.labels.tsv"))).unwrap();
        }
    }
    dir.write("samples.tsv", sheet);
    dir.write("genes.gtf", GTF);
    dir.write("expression.tsv", "");
    dir.write("a.bw", "");
    let config = format!(
        "samples: samples.tsv\nannotation: {{path: genes.gtf}}\nexpression: {{path: expression.tsv}}\n\
         labels: {{path: \"{folder}/{{sample}}.labels.tsv\"}}\nreport: {{title: \"@home\"}}\n\
         split: {{valid_chroms: [chr2], test_chroms: [chr3]}}\n"
    );
    dir.write("config.yaml", config);
    let mut attentrack = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    let plan = attentrack.current_dir(dir.path("")).args(["plan", "config.yaml"]).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let command_of = |stage: &str| {
        let step = plan["steps"].as_array().unwrap().iter().find(|step| step["stage"] == stage).unwrap();
        step["command"].as_str().unwrap().to_owned()
    };
    for stage in ["split", "train", "evaluate", "report"] {
        let command = command_of(stage);
        assert!(command.len() > 2 << 20, "{stage}: {}", command.len());
        let (inputs, rest) = command.split_once(" | ").unwrap();
        assert!(inputs.starts_with("printf '%s\\n' --"), "{stage}");
        assert!(rest.starts_with(&format!("attentrack-{stage} @- --")) && rest.len() < 200, "{rest}");
    }
    // it would be taken for a file of arguments
    assert!(command_of("report").ends_with(" --title=@home"), "{}", &command_of("report")[(2 << 20)..]);
    assert!(command_of("predict").starts_with("attentrack-predict --bins "));

    // as Snakemake runs it
    dir.write(
        "script",
        format!("set -euo pipefail\n{}\n{} --threads 2 2> log\n", command_of("tss"), command_of("split")),
    );
    let programs = assert_cmd::cargo::cargo_bin("attentrack").parent().unwrap().to_owned();
    std::fs::create_dir(dir.path("results")).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.current_dir(dir.path("")).arg("script").env("PATH", path).stderr(Stdio::inherit());
    assert!(bash.status().unwrap().success());
    assert!(dir.read("log").contains("3 genes"), "{}", dir.read("log"));
    let rest = "--genes results/genes.bed --flank 5000 --valid-chroms chr2 --test-chroms chr3 --out one.tsv";
    dir.ok("split", &format!("--labels {folder}/s0.labels.tsv {rest}"));
    assert_eq!(dir.read("results/splits.tsv"), dir.read("one.tsv"));
}
