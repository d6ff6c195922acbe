//! `attentrack compare` and `attentrack-rank`, as a user runs them.

use assert_cmd::Command;

use crate::support::Workdir;

/// Predictions of a sample: the label with some noise, more of it for a smaller `weight`.
fn predictions(dir: &Workdir, name: &str, sample: &str, weight: f64, seed: usize) {
    let mut text = String::from("gene_id\tsample\tstatus\tscore\tmodel\n");
    // one training scores all samples
    let training = name.trim_end_matches(&format!(".{sample}.tsv"));
    for gene in 0..200usize {
        let noise = ((gene * 7919 + seed * 104_729 + 13) % 1009) as f64 / 1009.0;
        let score = (weight * f64::from(u8::from(gene.is_multiple_of(3))) + noise) / (1.0 + weight);
        text += &format!("g{gene}\t{sample}\tok\t{score}\tmodel-{training}\n");
    }
    dir.write(name, text);
}

/// Two models, two seeds, two samples, two folds of 200 genes.
fn ladder() -> Workdir {
    let dir = Workdir::new();
    let mut runs = String::from("model\tfold\tseed\tpredictions\tlabels\n");
    for (model, weight) in [("plain", 0.2), ("good", 0.6)] {
        for (fold, seed, sample) in
            (0..2).flat_map(|fold| (1..3).flat_map(move |seed| ["A", "B"].map(|sample| (fold, seed, sample))))
        {
            let name = format!("{model}.{fold}.{seed}.{sample}.tsv");
            predictions(&dir, &name, sample, weight, 3 * fold + seed + model.len());
            runs += &format!("{model}\t{fold}\t{seed}\t{name}\tlabels.tsv\n");
        }
    }
    dir.write("runs.tsv", runs);
    let label = |gene: usize| format!("g{gene}\t{}\n", u8::from(gene.is_multiple_of(3)));
    dir.write("labels.tsv", format!("gene_id\tlabel\n{}", (0..200).map(label).collect::<String>()));
    let mut splits = String::from("gene_id\tsplit\tfold\n");
    for (fold, gene) in (0..2).flat_map(|fold| (0..200).map(move |gene| (fold, gene))) {
        splits += &format!("g{gene}\t{}\t{fold}\n", ["test", "train", "valid", "train"][(gene / 3 + 2 * fold) % 4]);
    }
    dir.write("splits.tsv", splits);
    dir
}

const RANK: &str = "--runs runs.tsv --splits splits.tsv --bootstrap 500";

/// Rows of a table as (sample, model, metric) and the other cells.
fn rows(table: &str) -> Vec<(String, Vec<String>)> {
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        (cells[..3].join(" "), cells[3..].to_vec())
    };
    table.lines().skip(1).map(row).collect()
}

#[test]
fn models_are_ranked_on_the_same_genes() {
    let dir = ladder();
    let log = dir.ok("rank", &format!("{RANK} --out a.tsv --plot a.svg"));
    dir.ok("rank", &format!("{RANK} --out b.tsv --plot b.svg --threads 2"));
    assert_eq!(dir.read("a.tsv"), dir.read("b.tsv"));
    assert_eq!(dir.read("a.svg"), dir.read("b.svg"));
    let table = dir.read("a.tsv");
    let rows = rows(&table);
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["all", "A", "B"].iter().flat_map(|sample| {
        ["plain", "good"].iter().flat_map(move |model| {
            ["auroc", "auprc", "brier", "gain", "order"].iter().map(move |metric| format!("{sample} {model} {metric}"))
        })
    });
    assert_eq!(names, expected.collect::<Vec<_>>());
    let number = |name: &str, column: usize| -> f64 {
        let row = rows.iter().find(|(row, _)| row == name).unwrap();
        row.1[column].parse().unwrap()
    };
    // value, low, high, seed_sd, valid, difference, difference_low, difference_high, p, p_holm, genes …
    assert!(number("all good auroc", 0) > number("all plain auroc", 0) + 0.1);
    assert!(number("all good auroc", 1) < number("all good auroc", 0));
    assert!(number("all good auroc", 6) > 0.0 && number("all good auroc", 8) < 0.01, "{table}");
    assert!(number("all good auroc", 4) > 0.5 && number("all good auroc", 3) > 0.0);
    assert_eq!(rows[0].1[5], "NA");
    // 51 test genes of the first fold, 50 of the second, of two samples
    assert_eq!(number("all good auroc", 10), 202.0);
    assert!(log.contains("best on the validation genes: good"), "{log}");
    let svg = dir.read("a.svg");
    assert!(svg.contains(">good<") && svg.contains("AUROC (right is better)") && svg.contains("* differs from plain"));
    // the figure of one training alone is that of evaluate
    let first = "model\tpredictions\tlabels\nm\tgood.0.1.A.tsv\tlabels.tsv\n";
    dir.write("one.tsv", first);
    dir.ok("rank", "--runs one.tsv --splits splits.tsv --out one.rank.tsv");
    dir.ok("evaluate", "--predictions good.0.1.A.tsv --labels labels.tsv --splits splits.tsv --out m.json --tsv m.tsv");
    let of_rank = dir.read("one.rank.tsv").lines().nth(1).unwrap().split('\t').nth(3).unwrap().to_owned();
    assert!(dir.read("m.tsv").contains(&format!("all\ttest\t0\tauroc\t{of_rank}\t")), "{of_rank}");
}

/// Where samples have models of their own, the figure of all is the mean over samples too.
#[test]
fn samples_with_models_of_their_own_are_not_pooled() {
    let dir = ladder();
    for (model, fold, seed) in [("plain", 0, 1), ("plain", 1, 2), ("good", 0, 1), ("good", 0, 2)] {
        let name = format!("{model}.{fold}.{seed}.B.tsv");
        dir.write(&name, dir.read(&name).replace("\tmodel-", "\tmodel-of-B-"));
    }
    let log = dir.ok("rank", &format!("{RANK} --out a.tsv --plot a.svg"));
    dir.ok("rank", &format!("{RANK} --out b.tsv --plot b.svg --threads 2"));
    assert_eq!((dir.read("a.tsv"), dir.read("a.svg")), (dir.read("b.tsv"), dir.read("b.svg")));
    let table = dir.read("a.tsv");
    let rows = rows(&table);
    let cell = |name: &str, column: usize| rows.iter().find(|(row, _)| row == name).unwrap().1[column].clone();
    for (model, metric) in ["plain", "good"].iter().flat_map(|model| ["auroc", "auprc", "brier"].map(|m| (model, m))) {
        // the figure and that of the validation genes
        for column in [0, 4] {
            let [all, a, b] =
                ["all", "A", "B"].map(|of| cell(&format!("{of} {model} {metric}"), column).parse::<f64>().unwrap());
            assert!((all - (a + b) / 2.0).abs() < 1e-12, "{model} {metric}: {all}, {a} {b}");
        }
        assert_eq!(
            [10, 11, 12, 13].map(|column| cell(&format!("all {model} {metric}"), column)),
            ["202", "2", "2", "2"]
        );
        assert_eq!(cell(&format!("A {model} {metric}"), 13), "NA");
    }
    assert!(log.contains("all: 202 test genes, 2 folds, means of 2 samples;"), "{log}");
    assert!(dir.read("a.svg").contains("mean of 2 samples, 2 folds and 2 seeds"));
}

#[test]
fn trainings_that_cannot_be_compared_are_refused_in_words() {
    let dir = ladder();
    let runs = dir.read("runs.tsv");
    let out = "--out a.tsv";
    dir.fails("rank", &format!("{RANK} {out} --reference best"), &["--reference best", "plain, good"]);
    dir.write("runs.tsv", runs.replace("good\t1\t2\tgood.1.2.B.tsv\tlabels.tsv\n", ""));
    let needles = ["model good has seeds [1, 2] of sample A in fold 0", "[1] of sample B in fold 1"];
    dir.fails("rank", &format!("{RANK} {out}"), &needles);
    dir.write("runs.tsv", runs.replace("good\t1\t2\t", "good\t1\tx\t"));
    dir.fails("rank", &format!("{RANK} {out}"), &["runs.tsv, line", "seed must be a whole number", "\"x\""]);
    dir.write("runs.tsv", runs.replace("good.1.2.B.tsv", "short.tsv"));
    let short: String = dir
        .read("good.1.2.B.tsv")
        .lines()
        .filter(|line| !line.starts_with("g8\t"))
        .fold(String::new(), |text, line| text + line + "\n");
    dir.write("short.tsv", short);
    dir.fails("rank", &format!("{RANK} {out}"), &["short.tsv", "do not score the same genes of sample B"]);
    dir.write("runs.tsv", "model\tpredictions\tlabels\n");
    dir.fails("rank", &format!("{RANK} {out}"), &["runs.tsv", "names no training"]);
    assert!(!dir.path("a.tsv").exists());
}

fn compare(dir: &Workdir, args: &str) -> std::process::Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    command.current_dir(dir.path("")).arg("compare").args(args.split(' ')).output().unwrap()
}

#[test]
fn every_model_is_trained_on_the_same_data_and_compared() {
    let dir = Workdir::new();
    let quickstart = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let config = std::fs::read_to_string(quickstart.join("config.yaml")).unwrap();
    let config = ["samples.tsv", "annotation.gtf.gz", "expression.tsv"].iter().fold(config, |config, file| {
        let path = quickstart.join(file).display().to_string();
        config.replacen(&format!(": {file}"), &format!(": {path}"), 1)
    });
    dir.write("config.yaml", config.replace("epochs: 12", "epochs: 2").replace("bootstrap: 1000", "bootstrap: 100"));
    let everything = String::from_utf8(compare(&dir, "config.yaml --seeds 1 --dry-run").stdout).unwrap();
    for model in attentrack::learn::recipe::all() {
        let trained = everything.matches(&format!(" --model {} ", model.tag)).count();
        // on the window, and on the window and the body where that can be chosen
        let expected = if model.needs.pair || model.needs.sequence { 0 } else { 1 + usize::from(model.has_layers()) };
        assert_eq!(trained, expected, "{}: {everything}", model.tag);
    }
    let models = "--models deep-chrome-linear,random-forest,attentive-chrome --seeds 2";
    let plan = String::from_utf8(compare(&dir, &format!("config.yaml {models} --dry-run")).stdout).unwrap();
    let of = |stage: &str| plan.lines().filter(|line| line.starts_with(&format!("attentrack-{stage} "))).count();
    assert_eq!([of("bin"), of("train"), of("predict"), of("rank")], [2, 6, 12, 1], "{plan}");
    for (outdir, threads) in [("one", 1), ("two", 2)] {
        let output = compare(&dir, &format!("config.yaml {models} --outdir {outdir} -t {threads}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for file in ["comparison.tsv", "comparison.svg", "runs.tsv"] {
        assert_eq!(dir.read(&format!("one/compare/{file}")), dir.read(&format!("two/compare/{file}")), "{file}");
    }
    let table = dir.read("one/compare/comparison.tsv");
    assert!(table.contains("all\tattentive-chrome\tauroc\t0."), "{table}");
    let times = dir.read("one/compare/times.tsv");
    assert_eq!(times.lines().count(), 1 + 6 + 12, "{times}");
    assert!(times.starts_with("model\tfold\tseed\tstage\tid\tseconds\ndeep-chrome-linear\t0\t1\ttrain\tpooled\t"));
    // again: nothing is left to train, and the times stay
    let again = compare(&dir, &format!("config.yaml {models} --outdir one"));
    let log = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success() && log.matches("done already").count() == 6 + 18, "{log}");
    assert_eq!(dir.read("one/compare/times.tsv"), times);
    assert_eq!(dir.read("one/compare/comparison.tsv"), table);

    let output = compare(&dir, "config.yaml --models deep-chrome --reference lstm");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--reference lstm is not among --models"));
}
