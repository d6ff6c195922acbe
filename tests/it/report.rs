//! `attentrack-report` as a user runs it.

use std::path::Path;

use serde_json::Value;

use crate::support::Workdir;

/// Predictions, labels, splits and metrics of samples whose scores follow their labels with some noise.
fn judged(dir: &Workdir, samples: &[&str], label: impl Fn(usize) -> f64) -> String {
    let (mut args, mut splits) = (String::new(), String::from("gene_id\tsplit\tfold\n"));
    (0..200).for_each(|gene| splits += &format!("g{gene}\t{}\t0\n", ["valid", "test", "train", "train"][gene % 4]));
    for (offset, sample) in samples.iter().enumerate() {
        let mut predictions =
            String::from("gene_id\tsample\tstatus\tscore\tmark_attention_H3K4me3\tmark_attention_H3K9me3\tmodel\n");
        let mut labels = String::from("gene_id\tlabel\n");
        for gene in 0..200 {
            let mixed = (gene + 13 * offset) * 7919 % 101;
            let attention = 0.25 + 0.5 * f64::from(u8::from(label(mixed) > 0.5));
            predictions += &format!(
                "g{gene}\t{sample}\tok\t{}\t{attention}\t{}\tmodel-1\n",
                mixed as f64 / 101.0,
                1.0 - attention
            );
            labels += &format!("g{gene}\t{}\n", label((mixed + gene * 31 % 20).min(100)));
        }
        dir.write(&format!("{sample}.predictions.tsv"), predictions);
        dir.write(&format!("{sample}.labels.tsv"), labels);
        args += &format!(" --predictions {sample}.predictions.tsv --labels {sample}.labels.tsv");
    }
    dir.write("splits.tsv", splits);
    args += " --splits splits.tsv";
    dir.ok("evaluate", &format!("{args} --bootstrap 100 --out metrics.json"));
    format!("--metrics metrics.json {args}")
}

fn class(mixed: usize) -> f64 {
    f64::from(u8::from(mixed > 60))
}

fn content(dir: &Workdir, id: &str) -> Value {
    let content: Value = serde_json::from_str(&dir.read(&format!("report/attentrack_{id}_mqc.json"))).unwrap();
    assert_eq!(content["id"], format!("attentrack_{id}"));
    content
}

const HISTORY: &str = "epoch\ttrain_loss\tvalid_loss\tvalid_auroc\tlearning_rate\n\
    1\t0.7\t0.69\t0.6\t0.001\n2\t0.5\t0.55\t0.8\t0.001\n3\t0.4\t0.6\t0.75\t0.001\n";

#[test]
fn figures_are_those_of_the_metrics() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A", "B&<b>"], class);
    dir.write("pooled.history.tsv", HISTORY);
    dir.write("bed", (0..200).map(|g| format!("chr{}\t{g}\t{}\tg{g}\t0\t+\n", g % 4, g + 1)).collect::<String>());
    dir.ok("report", &format!("{args} --history pooled.history.tsv --genes bed --new-sample A --out-dir report"));
    let metrics: Value = serde_json::from_str(&dir.read("metrics.json")).unwrap();
    let auroc = |of: &Value| of["splits"]["test"]["auroc"]["value"].as_f64().unwrap();
    let general = content(&dir, "general");
    assert_eq!(general["data"]["A"]["auroc"].as_f64().unwrap(), auroc(&metrics["samples"][0]));
    assert_eq!(general["data"]["A"]["genes"], 50);
    assert!(general["headers"]["auroc"]["max"] == 1 && general["data"]["all"].is_null());
    assert_eq!(content(&dir, "metrics")["data"]["all test"]["auroc"].as_f64().unwrap(), auroc(&metrics["pooled"]));
    assert_eq!(content(&dir, "loss")["data"]["pooled train"][1], serde_json::json!([2, 0.5]));
    assert_eq!(content(&dir, "selection")["data"]["pooled"][2], serde_json::json!([3, 0.75]));
    let classes = &content(&dir, "classes")["data"]["A train"];
    let positives = metrics["samples"][0]["splits"]["train"]["positives"].as_u64().unwrap();
    assert_eq!(classes, &serde_json::json!({"expressed": positives, "silent": 100 - positives}));
    // of the bins that hold genes
    assert!(content(&dir, "calibration")["data"]["A"].as_array().unwrap().len() > 5);
    assert_eq!(dir.read("report/attentrack_mqc_versions.yml"), "attentrack:\n  attentrack: \"0.1.0\"\n");

    let html = dir.read("report/report.html");
    assert!(html.contains(&format!("test AUROC <b>{:.3} [", auroc(&metrics["pooled"]))), "no headline");
    assert!(html.contains("pooled: epoch 2, AUROC 0.800"), "the kept epoch has no dot");
    let error = metrics["pooled"]["splits"]["test"]["calibration_error"]["value"].as_f64().unwrap();
    assert!(html.contains(&format!("A: scored by a model that was trained on other samples. Scores are not calibrated on a new sample: use their order. Here they are off by {error:.2} on average.")));
    assert!(html.contains("<b>test</b>: chr1</li>"));
    assert!(html.contains("B&amp;&lt;b&gt;") && !html.contains("B&<b>"), "names are text, not markup");
    // genes are counted once, scores once a sample
    assert!(html.contains("</b> over 50 genes in 2 samples (100 scores)</p>"), "{html}");
    // the classes' mean mark attention, by way of the bars' titles
    assert!(html.contains("H3K4me3, expressed: 0.") && html.contains("H3K9me3, silent: 0."));
}

/// Of samples that different models scored the headline is their mean, and called so.
#[test]
fn a_mean_over_samples_is_called_one() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A", "B"], class);
    let missing = "g198\tB\tempty\tNA\tNA\tNA\tmodel-1\n";
    let b = dir.read("B.predictions.tsv");
    let b: String = b
        .lines()
        .map(|line| if line.starts_with("g198\t") { missing.to_owned() } else { format!("{line}\n") })
        .collect();
    dir.write("B.predictions.tsv", b.replace("model-1", "model-2"));
    dir.ok(
        "evaluate",
        &format!("{} --bootstrap 100 --out metrics.json", args.trim_start_matches("--metrics metrics.json")),
    );
    dir.ok("report", &format!("{args} --out-dir report"));
    let metrics: Value = serde_json::from_str(&dir.read("metrics.json")).unwrap();
    let auroc = |of: &Value| of["splits"]["test"]["auroc"]["value"].as_f64().unwrap();
    let mean = (auroc(&metrics["samples"][0]) + auroc(&metrics["samples"][1])) / 2.0;
    let of_mqc = &content(&dir, "metrics")["data"];
    assert!(
        (of_mqc["mean of 2 samples test"]["auroc"].as_f64().unwrap() - mean).abs() < 1e-12
            && of_mqc["all test"].is_null()
    );
    let html = dir.read("report/report.html");
    assert!(html.contains(&format!("test AUROC <b>{mean:.3} [")), "no headline");
    assert!(html.contains(", mean of 2 samples that different models scored (50 genes)</p>"), "{html}");
    assert!(html.contains("<tr><th>mean of 2 samples</th>") && html.contains("cannot be ranked together"));
    assert!(html.contains("<b>1</b> have no data in any mark"), "{html}");
}

/// Nothing in the page is fetched or run, and tags are closed.
#[test]
fn the_page_needs_nothing_else() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A"], class);
    dir.ok("report", &format!("{args} --out-dir report"));
    let html = dir.read("report/report.html");
    // the table of genes, and its data
    assert_eq!(html.matches("<script").count(), 2);
    for word in ["http", "src=", "@import", "url(", "<link"] {
        assert!(!html.contains(word), "{word} in the page");
    }
    for tag in ["svg", "figure", "section", "table", "p", "ul", "li", "details"] {
        let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert!(!html.contains("NaN") && !html.contains("inf"), "a figure is drawn nowhere");
    let first = files(&dir.path("report"));
    dir.ok("report", &format!("{args} --out-dir report --threads 2"));
    assert!(first == files(&dir.path("report")), "a second run gives other bytes");
}

fn files(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn numeric_labels_are_drawn_against_predictions() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A"], |mixed| mixed as f64 / 20.0);
    dir.ok("report", &format!("{args} --out-dir report"));
    let html = dir.read("report/report.html");
    assert!(html.contains("Pearson r") && html.contains("upper half") && !html.contains("AUROC"), "{html}");
    assert_eq!(html.matches("class=\"gene ").count(), 50);
    assert_eq!(content(&dir, "classes")["data"]["A test"]["genes"], 50);
    assert!(!dir.path("report/attentrack_calibration_mqc.json").exists());
}

/// What the page warns of is in the numbers.
#[test]
fn cautions_come_from_the_numbers() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A"], |mixed| f64::from(u8::from(mixed > 90)));
    dir.write("r.history.tsv", HISTORY.replace("0.75", "0.85"));
    let careful = |extra: &str| {
        dir.ok("report", &format!("{args} {extra} --out-dir report"));
        dir.read("report/report.html")
    };
    let html = careful("");
    assert!(html.contains("Uneven classes") && !html.contains("Not yet done learning") && !html.contains("Leaking"));
    assert!(careful("--history r.history.tsv").contains("In 1 of 1 models the last epoch was the best"));
    let metrics = dir.read("metrics.json");
    let overlap = r#""overlap": {"flank_bp":5000,"train_genes":100,"valid_genes":50,"valid_overlapping_train":0,"test_genes":50,"test_overlapping_train":5}"#;
    dir.write("metrics.json", metrics.replace("\"overlap\": null", overlap));
    assert!(careful("").contains("5 of 50 test windows (10.0 %) share bases"));
}

#[test]
fn an_ensemble_and_many_samples_stay_legible() {
    let dir = Workdir::new();
    let names: Vec<String> = (0..50).map(|sample| format!("s{sample}")).collect();
    let args = judged(&dir, &names.iter().map(String::as_str).collect::<Vec<_>>(), class);
    let members: String = (0..12)
        .flat_map(|seed| (1..4).map(move |epoch| format!("{seed}\t{epoch}\t0.5\t0.6\t0.{epoch}\t0.1\n")))
        .collect();
    dir.write("e.history.tsv", format!("seed\tepoch\ttrain_loss\tvalid_loss\tvalid_auroc\tlearning_rate\n{members}"));
    dir.ok("report", &format!("{args} --history e.history.tsv --out-dir report"));
    let html = dir.read("report/report.html");
    assert!(html.contains("12 models, one line each") && html.contains("e seed 11: epoch 3"));
    assert!(html.contains("50 samples, one line each") && html.contains("The first 40 of 51"));
    assert!(html.len() < 500_000, "{} bytes", html.len());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A"], class);
    let others = args.replace("A.labels.tsv", "other.tsv");
    dir.write("other.tsv", "gene_id\tlabel\ng1\t1\n");
    dir.write("list.json", "[1, 2]");
    dir.write("later.json", dir.read("metrics.json").replace("\"format_version\": 1", "\"format_version\": 9"));
    dir.write("h.tsv", "epoch\ttrain_loss\nfirst\t0.5\n");
    dir.write("empty.tsv", "epoch\ttrain_loss\n");
    let cases: [(String, &[&str]); 6] = [
        (others, &["A.predictions.tsv", "1 test genes", "50 were judged", "metrics were made from"]),
        (args.replace("metrics.json", "list.json"), &["list.json", "not a metrics file", "attentrack-evaluate"]),
        (args.replace("metrics.json", "later.json"), &["later.json", "version 9", "upgrade"]),
        (args.replace("metrics.json", "absent.json"), &["absent.json", "no such file"]),
        (format!("{args} --history h.tsv"), &["h.tsv, line 2", "epoch must be a whole number", "\"first\""]),
        (format!("{args} --history empty.tsv"), &["empty.tsv", "no epoch"]),
    ];
    for (args, needles) in cases {
        dir.fails("report", &format!("{args} --out-dir report"), needles);
        assert!(!dir.path("report").exists(), "half-written: {args}");
    }
    dir.fails(
        "report",
        &format!("{args} --labels other.tsv --out-dir report"),
        &["--predictions names 1 and --labels 2"],
    );
}

#[test]
fn graphs_of_marks_are_on_the_page_and_in_multiqc() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A", "B"], class);
    // x and y go together in both, y and z in one alone; names that HTML and JSON have to bear
    let value = |row: usize, node: usize| f64::from(u16::try_from((row * (7919 + 104 * node)) % 1009).unwrap());
    for (table, own) in [("one", 1.0), ("two", 0.0)] {
        let mut text = String::from("x&<x>\ty\tz\n");
        for row in 1..400 {
            let row = if own > 0.0 { row } else { row + 500 };
            let x = value(row, 0);
            let y = x + value(row, 1);
            text += &format!("{x}\t{y}\t{}\n", own * y + value(row, 2));
        }
        dir.write(&format!("{table}.tsv"), text);
    }
    dir.ok(
        "graph",
        "--table one.tsv two.tsv --method simule --lambda 0.25 --halves 20 --nulls 5 --out-dir g --summary g.json",
    );
    dir.ok("report", &format!("{args} --graph g.json --out-dir report"));
    let page = dir.read("report/report.html");
    for words in [
        "Which marks depend on which",
        "not a mechanism",
        "<svg viewBox",
        "<tr><th>x&amp;&lt;x&gt; – y</th><td class=\"n\">yes</td>",
        "<tr><th>y – z</th><td class=\"n\">no</td>",
        "in permuted data",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let graphs = content(&dir, "graph");
    assert_eq!((&graphs["data"]["one"]["edges"], &graphs["data"]["one"]["own"]), (&2.into(), &1.into()), "{graphs}");
    assert_eq!((&graphs["data"]["two"]["edges"], &graphs["data"]["two"]["own"]), (&1.into(), &0.into()));
    let pairs = content(&dir, "graph_pairs");
    assert!(pairs["data"]["x&<x> – y"]["two"].as_f64().unwrap() > 0.5, "{pairs}");
    assert!(pairs["data"]["y – z"].get("two").is_none());
    dir.fails("report", &format!("{args} --graph metrics.json --out-dir bad"), &["metrics.json", "--summary"]);
    assert!(!dir.path("bad").exists());
    dir.ok("report", &format!("{args} --out-dir without"));
    assert!(!dir.read("without/report.html").contains("id=\"graphs\""));
    assert!(!dir.path("without/attentrack_graph_mqc.json").exists());
}

/// The rows of the table of genes, as the page's script reads them.
fn gene_table(html: &str) -> Value {
    let data = html.split_once("id=\"gene-data\">").unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

#[test]
fn every_gene_is_in_the_table_with_what_is_known_of_it() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A", "B"], class);
    // a symbol that would end the script, a gene without data, an uncertain one, and another's model
    let a: String = dir
        .read("A.predictions.tsv")
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let (id, rest) = line.split_once('\t').unwrap();
            let symbol = if at == 2 { "</script><b>" } else { "." };
            match at {
                0 => format!("gene_id\tgene_name\t{}\n", rest.replace("\tmodel", "\tuncertain\tmodel")),
                4 => format!("{id}\t.\tA\tempty\tNA\tNA\tNA\tNA\tauto-0123456789abcdef\n"),
                _ => {
                    let rest = rest.replace("model-1", &format!("{}\tauto-0123456789abcdef", u8::from(at == 6)));
                    format!("{id}\t{symbol}\t{rest}\n")
                }
            }
        })
        .collect();
    dir.write("A.predictions.tsv", a);
    let bed = (0..200).map(|g| format!("chr{}\t{g}\t{}\tg{g}\t0\t{}\n", g % 4, g + 1, ["+", "-"][g % 2]));
    dir.write("bed", bed.collect::<String>());
    let args = args.trim_start_matches("--metrics metrics.json");
    dir.ok("evaluate", &format!("{args} --bootstrap 0 --out metrics.json"));
    dir.ok("report", &format!("--metrics metrics.json {args} --genes bed --out-dir report"));
    let html = dir.read("report/report.html");
    let table = gene_table(&html);
    assert_eq!(table["genes"].as_array().unwrap().len(), 200);
    assert_eq!(
        table["genes"][1],
        serde_json::json!({"id": "g1", "name": "</script><b>", "tss": "chr1:2 -", "split": "test"})
    );
    let a = &table["samples"][0];
    let score = |row: &str| (row.split('\t').nth(4).unwrap().parse::<f64>().unwrap() * 1000.0).round() / 1000.0;
    for (gene, row) in dir.read("A.predictions.tsv").lines().skip(1).enumerate().filter(|(gene, _)| *gene != 3) {
        assert!((a["score"][gene].as_f64().unwrap() - score(row)).abs() < 1e-9, "{row}");
    }
    assert!(a["status"][3] == "empty" && a["score"][3].is_null());
    assert!(
        a["uncertain"][5] == true
            && a["uncertain"].as_array().unwrap().iter().filter(|sure| **sure == true).count() == 1
    );
    let metrics: Value = serde_json::from_str(&dir.read("metrics.json")).unwrap();
    assert_eq!(table["thresholds"][0], metrics["samples"][0]["threshold"]["value"]);
    assert!(html.contains("Model: <b>auto</b> (") && html.contains("2 models scored the samples."), "{html}");
    assert!(html.contains("1 of 399 scores are <a href=\"#genes\">uncertain</a>"), "{html}");
    assert!(html.contains("1 rows of the <a href=\"#genes\">table</a> have no score"), "{html}");
}

/// A bin of few genes is not drawn as if it said something.
#[test]
fn calibration_is_drawn_where_there_are_genes() {
    let dir = Workdir::new();
    let args = judged(&dir, &["A"], class);
    dir.ok("report", &format!("{args} --out-dir report"));
    let metrics: Value = serde_json::from_str(&dir.read("metrics.json")).unwrap();
    let bins = metrics["samples"][0]["splits"]["test"]["reliability"].as_array().unwrap();
    let genes: Vec<u64> = bins.iter().map(|bin| bin["genes"].as_u64().unwrap()).collect();
    let few: u64 = genes.iter().filter(|&&genes| genes < 10).sum();
    assert!(few > 0);
    let html = dir.read("report/report.html");
    assert!(html.contains(&format!("Not drawn: {few} genes in bins of fewer than 10.")), "{genes:?}");
    let drawn = html.split_once("<h3>Calibration</h3>").unwrap().1.split_once("</svg>").unwrap().0;
    assert_eq!(drawn.matches("<circle").count(), genes.iter().filter(|&&genes| genes >= 10).count());
}
