//! `attentrack-evaluate` as a user runs it.

use serde_json::Value;

use crate::support::Workdir;

/// `n` genes whose score is high where the label is 1, with some noise; every fifth valid, every
/// fourth of the rest test.
fn write_sample(dir: &Workdir, sample: &str, n: usize, offset: usize) {
    let mut predictions = String::from("gene_id\tsample\tstatus\tscore\tmark_attention_H3K4me3\tmodel\n");
    let (mut labels, mut splits) = (String::from("gene_id\tlabel\n"), String::from("gene_id\tsplit\tfold\n"));
    for gene in 0..n {
        let mixed = (gene + offset) * 7919 % 101;
        let (score, label) = (mixed as f64 / 101.0, u8::from((mixed + gene * 31 % 60) > 75));
        predictions += &format!("g{gene}\t{sample}\tok\t{score}\t1\tmodel-1\n");
        labels += &format!("g{gene}\t{label}\n");
        let split = ["valid", "test", "train", "train", "train"][gene % 5];
        splits += &format!("g{gene}\t{split}\t0\n");
    }
    dir.write(&format!("{sample}.predictions.tsv"), predictions);
    dir.write(&format!("{sample}.labels.tsv"), labels);
    dir.write("splits.tsv", splits);
}

fn json(dir: &Workdir, name: &str) -> Value {
    serde_json::from_str(&dir.read(name)).unwrap()
}

#[test]
fn two_samples_are_judged_each_and_pooled() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 300, 0);
    write_sample(&dir, "B", 300, 17);
    let args = "--predictions A.predictions.tsv --predictions B.predictions.tsv --labels A.labels.tsv \
                --labels B.labels.tsv --splits splits.tsv --bootstrap 200";
    let log = dir.ok("evaluate", &format!("{args} --out m.json --tsv m.tsv"));
    assert!(log.contains("A test: 60 genes") && log.contains("all test: 120 scores"), "{log}");
    let report = json(&dir, "m.json");
    assert_eq!(report["format"], "attentrack.metrics");
    assert_eq!(report["samples"][1]["sample"], "B");
    assert_eq!(report["pooled"]["genes"]["used"], 600);
    for sample in [&report["pooled"], &report["samples"][0], &report["samples"][1]] {
        for split in ["train", "valid", "test"] {
            let figures = &sample["splits"][split];
            for metric in ["auroc", "auprc", "accuracy", "brier", "calibration_error"] {
                let [value, low, high] = ["value", "low", "high"].map(|key| figures[metric][key].as_f64().unwrap());
                assert!(low < high && (0.0..=1.0).contains(&value), "{split} {metric} {value} [{low}, {high}]");
                if metric != "calibration_error" {
                    assert!(low < value && value < high, "{split} {metric} {value} [{low}, {high}]");
                }
            }
        }
        let valid = sample["splits"]["valid"]["accuracy"]["value"].as_f64();
        assert_eq!(sample["threshold"]["valid_accuracy"].as_f64(), valid);
    }
    // sample, split, fold, metric … for 3 samples × 3 splits × 5 metrics, and for both together whether genes are in order
    assert_eq!(dir.read("m.tsv").lines().count(), 1 + 3 * 3 * 5 + 3);
    assert!(report["pooled"]["splits"]["test"]["mean_of"].is_null() && dir.read("m.tsv").contains("\t120\tNA\n"));
    // the same bytes at any number of threads
    dir.ok("evaluate", &format!("{args} --out again.json --threads 4"));
    assert_eq!(dir.read("m.json"), dir.read("again.json"));
}

/// The expression of a gene in the other sample is what scores are held against, and blocks of the genome are drawn.
#[test]
fn scores_are_held_against_the_expression_elsewhere_and_loci_are_drawn() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 300, 0);
    write_sample(&dir, "B", 300, 17);
    for sample in ["A", "B"] {
        let labels = dir.read(&format!("{sample}.labels.tsv"));
        let with = |(at, line): (usize, &str)| match at {
            0 => format!("{line}\texpression\n"),
            // the label alone: the other sample's is as good as its labels are alike
            _ => format!("{line}\t{}\n", line.rsplit('\t').next().unwrap()),
        };
        dir.write(&format!("{sample}.labels.tsv"), labels.lines().enumerate().map(with).collect::<String>());
    }
    let genes = (0..300).map(|gene| format!("chr1\t{0}\t{1}\tg{gene}\t0\t+\n", gene * 100_000, gene * 100_000 + 1));
    dir.write("genes.bed", genes.collect::<String>());
    let args = "--predictions A.predictions.tsv --predictions B.predictions.tsv --labels A.labels.tsv \
                --labels B.labels.tsv --splits splits.tsv --bootstrap 200";
    dir.ok("evaluate", &format!("{args} --out genes.json"));
    dir.ok("evaluate", &format!("{args} --genes genes.bed --out loci.json"));
    let [genes, loci] = ["genes.json", "loci.json"].map(|name| json(&dir, name));
    let of = |report: &Value| report["samples"][0]["splits"]["test"].clone();
    let beyond = &of(&genes)["beyond"];
    let [auroc, mean, gain] = [&of(&genes)["auroc"], &beyond["expression_mean"], &beyond["gain"]]
        .map(|estimate| estimate["value"].as_f64().unwrap());
    assert!((auroc - mean - gain).abs() < 1e-12, "{auroc} {mean} {gain}");
    assert!(beyond["order"]["value"].is_null() && beyond["order"]["reason"].is_string(), "one sample has no pairs");
    assert!(genes["pooled"]["splits"]["test"]["beyond"]["order"]["low"].is_number());
    // 300 genes in 30 blocks: the figures stay, the intervals do not
    assert_eq!(of(&genes)["auroc"]["value"], of(&loci)["auroc"]["value"]);
    assert_ne!(of(&genes)["auroc"]["low"], of(&loci)["auroc"]["low"]);
    assert!(of(&genes)["blocks"].is_null() && of(&loci)["blocks"] == 30);
}

/// Scores of different models cannot be ranked together, however well each ranks the genes of its sample.
#[test]
fn figures_of_several_models_are_means_over_samples() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 300, 0);
    write_sample(&dir, "B", 300, 17);
    let args = "--predictions A.predictions.tsv --predictions B.predictions.tsv --labels A.labels.tsv \
                --labels B.labels.tsv --splits splits.tsv --bootstrap 200 --out m.json --tsv m.tsv";
    let value = |of: &Value, split: &str, metric: &str, end: &str| {
        of["splits"][split][metric][end].as_f64().unwrap_or_else(|| panic!("{split} {metric} {end}: {of}"))
    };
    let mean = |report: &Value, split: &str, metric: &str| {
        let of = |sample: usize| value(&report["samples"][sample], split, metric, "value");
        (of(0) + of(1)) / 2.0
    };
    // the other model gives the same order on a scale of its own: pooled, its genes would all lie above
    let b = dir.read("B.predictions.tsv");
    let squashed: String = b
        .lines()
        .map(|line| {
            let mut cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if let Ok(score) = cells[3].parse::<f64>() {
                cells[3] = (0.98 + score / 100.0).to_string();
            }
            cells.join("\t") + "\n"
        })
        .collect();
    dir.write("B.predictions.tsv", &squashed);
    dir.ok("evaluate", args);
    let pooled = json(&dir, "m.json");
    assert!(value(&pooled["pooled"], "test", "auroc", "value") < mean(&pooled, "test", "auroc") - 0.1);

    dir.write("B.predictions.tsv", squashed.replace("model-1", "model-2"));
    let log = dir.ok("evaluate", args);
    assert!(log.contains("all test: 120 scores") && log.contains("means of 2 samples: auroc"), "{log}");
    assert!(log.contains("scored by different models") && !log.contains("WARN"), "{log}");
    let report = json(&dir, "m.json");
    let all = &report["pooled"];
    for split in ["train", "valid", "test"] {
        assert_eq!(all["splits"][split]["mean_of"], 2);
        for metric in ["auroc", "auprc", "accuracy", "brier", "calibration_error"] {
            let [is, low, high] = ["value", "low", "high"].map(|end| value(all, split, metric, end));
            assert!((is - mean(&report, split, metric)).abs() < 1e-12 && low < high, "{split} {metric}");
            if metric != "calibration_error" {
                assert!(low < is && is < high, "{split} {metric}: {is} [{low}, {high}]");
            }
        }
        // twice the genes, drawn together: about 0.7 of the width of either sample
        let width = |of: &Value| value(of, split, "auroc", "high") - value(of, split, "auroc", "low");
        assert!(width(all) < width(&report["samples"][0]).max(width(&report["samples"][1])), "{split}");
    }
    assert!(all["threshold"].is_null() && all["splits"]["test"]["reliability"].as_array().unwrap().is_empty());
    assert!(report["samples"][0]["splits"]["test"]["mean_of"].is_null());
    let table = dir.read("m.tsv");
    assert!(
        table
            .lines()
            .filter(|line| line.starts_with("all\t"))
            .all(|line| line.ends_with("\t120\t2") || line.ends_with("\t360\t2")),
        "{table}"
    );
    assert_eq!(pooled["samples"], report["samples"], "what a sample is judged by does not depend on the others");

    // a table that does not say by whom it was scored
    let cut = |line: &str| line.rsplit_once('\t').unwrap().0.to_owned() + "\n";
    dir.write("B.predictions.tsv", squashed.lines().map(cut).collect::<String>());
    let log = dir.ok("evaluate", args);
    assert!(log.contains("WARN B.predictions.tsv: does not say which model") && log.contains("means over"), "{log}");
    assert_eq!(json(&dir, "m.json")["pooled"], report["pooled"]);

    // a mean is not one over fewer samples than there are, without a word
    let one_class: String = (0..300).map(|gene| format!("g{gene}\t{}\n", u8::from(gene % 5 != 1))).collect();
    dir.write("B.labels.tsv", format!("gene_id\tlabel\n{one_class}"));
    let log = dir.ok("evaluate", args);
    assert!(
        log.contains("WARN all test: no auroc: in a sample at least, all genes of the split have the same"),
        "{log}"
    );
    assert!(json(&dir, "m.json")["pooled"]["splits"]["test"]["auroc"]["value"].is_null());
}

/// The case of the customer, where it is present: .816 and .841 are .829, not .657.
#[test]
fn left_out_samples_of_the_pilot_regions() {
    let Some(data) = crate::support::shared_data("headline of leave-one-sample-out") else { return };
    let dir = Workdir::new();
    let case = data.join("../cases/tables/loso_pooled_auroc");
    let data = data.canonicalize().unwrap().display().to_string();
    for name in ["loso.yaml", "samples.tsv"] {
        let Ok(text) = std::fs::read_to_string(case.join(name)) else {
            eprintln!("SKIPPED headline of leave-one-sample-out: no {}", case.join(name).display());
            return;
        };
        dir.write(name, text.replace("DATA", &data));
    }
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    let output = command.current_dir(dir.path("")).args(["run", "loso.yaml", "-o", "r", "-t", "2"]).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    let report = json(&dir, "r/metrics.json");
    let auroc = |of: &Value| of["splits"]["test"]["auroc"]["value"].as_f64().unwrap();
    let [e003, e116] = [0, 1].map(|sample| auroc(&report["samples"][sample]));
    assert!((e003 - 0.816).abs() < 0.01 && (e116 - 0.841).abs() < 0.01, "{e003} {e116}");
    assert!((auroc(&report["pooled"]) - (e003 + e116) / 2.0).abs() < 1e-12);
    assert!(dir.read("r/report/report.html").contains(", mean of 2 samples that different models scored (71 genes)"));
    // 18 genes of the annotation have no data
    assert_eq!(report["samples"][0]["genes"]["unscored_status"]["empty"], 18);
}

#[test]
fn figures_of_one_fold_of_several_say_so() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 100, 0);
    let other: String = dir.read("splits.tsv").lines().skip(1).map(|line| line.replace("\t0", "\t1") + "\n").collect();
    dir.write("splits.tsv", dir.read("splits.tsv") + &other);
    let args = "--predictions A.predictions.tsv --labels A.labels.tsv --splits splits.tsv";
    let log = dir.ok("evaluate", &format!("{args} --fold 1 --bootstrap 0 --out m.json"));
    assert!(log.contains("the figures are of fold 1 of 2, counted from 0"), "{log}");
    dir.ok("report", &format!("{args} --metrics m.json --out-dir report"));
    let html = dir.read("report/report.html");
    assert!(html.contains("One fold of several") && html.contains("fold 1 of 2, counted from 0"), "{html}");
}

#[test]
fn figures_equal_scikit_learn() {
    let dir = Workdir::new();
    // roc_auc_score(y, s) = 8.5 / 9, average_precision_score(y, s) = 0.9166666666666665 (ties at .5),
    // brier_score_loss(y, s) = 0.16
    dir.write(
        "p.tsv",
        "gene_id\tsample\tstatus\tscore\na\ts\tok\t0.9\nb\ts\tok\t0.5\nc\ts\tok\t0.5\nd\ts\tok\t0.1\ne\ts\tok\t0.2\nf\ts\tclipped\t0.8\n\
         g\ts\tno_chrom\tNA\nh\ts\tok\t0.3\ni\ts\tok\t0.4\nj\ts\tempty\tNA\n",
    );
    dir.write("l.tsv", "gene_id\tlabel\na\t1\nb\t1\nc\t0\nd\t0\ne\t0\nf\t1\ng\t1\nh\tNA\ni\t1\nz\t0\n");
    dir.write("s.tsv", "gene_id\tsplit\na\ttest\nb\ttest\nc\ttest\nd\ttest\ne\ttest\nf\ttest\ng\ttest\nh\ttest\n");
    let log = dir.ok("evaluate", "--predictions p.tsv --labels l.tsv --splits s.tsv --out m.json --bootstrap 0");
    assert!(log.contains("no accuracy: no validation gene"), "{log}");
    assert!(log.contains("2 unscored (empty 1, no_chrom 1)"), "{log}");
    let report = json(&dir, "m.json");
    let test = &report["samples"][0]["splits"]["test"];
    let near = |value: &Value, expected: f64| assert!((value.as_f64().unwrap() - expected).abs() < 1e-12, "{value}");
    near(&test["auroc"]["value"], 8.5 / 9.0);
    near(&test["auprc"]["value"], (1.0 + 1.0 + 0.75) / 3.0);
    near(&test["brier"]["value"], (0.01 + 0.25 + 0.25 + 0.01 + 0.04 + 0.04) / 6.0);
    assert!(test["auroc"]["low"].is_null() && test["accuracy"]["value"].is_null());
    assert_eq!(
        report["samples"][0]["genes"].to_string(),
        r#"{"not_in_splits":1,"not_predicted":1,"status":{"clipped":1,"empty":1,"no_chrom":1,"ok":7},"unlabelled":1,"unscored":2,"unscored_status":{"empty":1,"no_chrom":1},"used":6}"#
    );
}

#[test]
fn numeric_labels_are_judged_by_correlation() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 100, 0);
    let labels: String =
        (0..100).map(|gene| format!("g{gene}\t{}\n", (gene * 7919 % 101) as f64 * 0.5 - 3.0)).collect();
    dir.write("A.labels.tsv", format!("gene_id\tlabel\n{labels}"));
    dir.ok("evaluate", "--predictions A.predictions.tsv --labels A.labels.tsv --splits splits.tsv --out m.json");
    let report = json(&dir, "m.json");
    let test = &report["pooled"]["splits"]["test"];
    assert_eq!(test["task"], "regression");
    assert!((test["pearson"]["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert!((test["spearman"]["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert!(report["pooled"]["threshold"].is_null());
}

#[test]
fn test_windows_that_overlap_a_training_window_are_counted() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 10, 0);
    // genes 1 and 6 are test; 1 is 9,999 bp from the training gene 2, 6 is 10,000 bp from 7 and on another
    // chromosome than 8
    let position = |gene: u64| [0, 50_000, 59_999, 100_000, 150_000, 0, 20_000, 30_000, 20_000, 90_000][gene as usize];
    let chrom = |gene: u64| {
        if gene < 5 {
            "chr1"
        } else if gene == 8 {
            "chr3"
        } else {
            "chr2"
        }
    };
    let bed: String =
        (0..10).map(|g| format!("{}\t{}\t{}\tg{g}\t0\t-\n", chrom(g), position(g), position(g) + 1)).collect();
    dir.write("genes.bed", &bed);
    let args = "--predictions A.predictions.tsv --labels A.labels.tsv --splits splits.tsv --genes genes.bed";
    dir.ok("evaluate", &format!("{args} --out m.json"));
    let overlap = &json(&dir, "m.json")["overlap"];
    assert_eq!((&overlap["test_genes"], &overlap["test_overlapping_train"]), (&2.into(), &1.into()));
    dir.ok("evaluate", &format!("{args} --out m.json --flank 5001"));
    assert_eq!(json(&dir, "m.json")["overlap"]["test_overlapping_train"], 2);
    dir.write("genes.bed", bed.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>());
    dir.fails("evaluate", &format!("{args} --out x.json"), &["genes.bed", "lacks 1 of the 10 genes", "g0"]);
}

#[test]
fn bad_input_is_refused_in_words() {
    let dir = Workdir::new();
    write_sample(&dir, "A", 20, 0);
    let predictions = dir.read("A.predictions.tsv");
    dir.write("twice.tsv", format!("{predictions}g3\tA\tok\t0.5\t1\tmodel-1\n"));
    dir.write("no_score.tsv", predictions.replacen("score", "skore", 1));
    dir.write("text_score.tsv", predictions.replacen("\tok\t0", "\tok\thigh", 1));
    dir.write("header_only.tsv", predictions.lines().next().unwrap());
    dir.write("other_ids.tsv", predictions.replace("\ng", "\nENSG"));
    dir.write("models.tsv", predictions.replacen("\tmodel-1\n", "\tmodel-2\n", 1));
    dir.write("status.tsv", predictions.replacen("\tok\t", "\tfine\t", 1));
    dir.write("labels_twice.tsv", "gene_id\tlabel\ng1\t1\ng1\t0\n");
    dir.write("labels_na.tsv", "gene_id\tlabel\ng1\tNA\n");
    dir.write("labels_blanks.tsv", "gene_id label\ng1 1\n");
    dir.write("labels_inf.tsv", "gene_id\tlabel\ng1\tinf\n");
    dir.write("split_word.tsv", "gene_id\tsplit\ng1\tdev\n");
    dir.write("split_fold.tsv", "gene_id\tsplit\tfold\ng1\ttest\tone\n");
    dir.write("split_twice.tsv", "gene_id\tsplit\ng1\ttest\ng1\ttrain\n");
    dir.write("only_train.tsv", "gene_id\tsplit\ng1\ttrain\ng2\ttrain\n");
    dir.write("no_rows.tsv", "gene_id\tsplit\n");
    dir.write("empty.tsv", "");
    let regular = ["A.predictions.tsv", "A.labels.tsv", "splits.tsv"];
    let cases: [([&str; 3], &[&str]); 19] = [
        (["absent.tsv", regular[1], regular[2]], &["absent.tsv", "no such file"]),
        (["empty.tsv", regular[1], regular[2]], &["empty.tsv", "is empty"]),
        (["header_only.tsv", regular[1], regular[2]], &["header_only.tsv", "no prediction"]),
        (["twice.tsv", regular[1], regular[2]], &["line 22", "g3 is predicted twice, first on line 5"]),
        (["no_score.tsv", regular[1], regular[2]], &["no column \"score\""]),
        (["text_score.tsv", regular[1], regular[2]], &["line 2", "expected a number", "\"high\""]),
        (["models.tsv", regular[1], regular[2]], &["line 3", "scored by more than one model"]),
        (
            ["status.tsv", regular[1], regular[2]],
            &["line 2", "column status: expected one of ok, clipped, empty, no_chrom, found \"fine\""],
        ),
        (["other_ids.tsv", regular[1], regular[2]], &["share no gene", "\"ENSG0\"", "\"g0\"", "version"]),
        ([regular[0], "labels_twice.tsv", regular[2]], &["line 3", "g1 is labelled twice"]),
        ([regular[0], "labels_na.tsv", regular[2]], &["labels_na.tsv", "no label"]),
        ([regular[0], "labels_blanks.tsv", regular[2]], &["line 1", "separated by tabs"]),
        ([regular[0], "labels_inf.tsv", regular[2]], &["line 2", "finite number"]),
        (
            [regular[0], regular[1], "split_word.tsv"],
            &["line 2", "column split: expected one of train, valid, test", "\"dev\""],
        ),
        ([regular[0], regular[1], "split_fold.tsv"], &["line 2", "column fold: expected a whole number"]),
        ([regular[0], regular[1], "split_twice.tsv"], &["line 3", "g1 occurs twice in fold 0"]),
        ([regular[0], regular[1], "only_train.tsv"], &["only_train.tsv", "no test gene of fold 0", "--split"]),
        ([regular[0], regular[1], "no_rows.tsv"], &["no_rows.tsv", "holds no gene"]),
        ([regular[0], "A.labels.tsv --labels A.labels.tsv", regular[2]], &["--predictions names 1 and --labels 2"]),
    ];
    for ([predictions, labels, splits], needles) in cases {
        let args = format!("--predictions {predictions} --labels {labels} --splits {splits} --out m.json");
        dir.fails("evaluate", &args, needles);
        assert!(!dir.path("m.json").exists(), "{args}");
    }
    let args = "--predictions A.predictions.tsv --labels A.labels.tsv --splits splits.tsv";
    dir.fails("evaluate", &format!("{args} --out m.json --fold 3"), &["splits.tsv", "fold 3", "the folds are 0"]);
    dir.fails("evaluate", &format!("{args} --out nowhere/m.json"), &["nowhere/m.json", "folder"]);
    dir.fails("evaluate", &format!("{args} --out m.json --confidence 95"), &["--confidence", "0.95"]);
    let twice =
        "--predictions A.predictions.tsv A.predictions.tsv --labels A.labels.tsv A.labels.tsv --splits splits.tsv";
    dir.fails("evaluate", &format!("{twice} --out m.json"), &["sample \"A\" is also in", "once"]);
    let files = std::fs::read_dir(dir.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(files.into_iter().all(|name| !name.to_string_lossy().contains(".tmp")));
}
