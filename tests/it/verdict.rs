//! What is drawn says whether it is a better guide to the score than the raw signal.

use crate::explain::{quickstart, table};
use crate::support::Workdir;

/// Text of a file that bgzip may have compressed.
fn text(work: &Workdir, name: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(work.path(name)).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
    text
}

#[test]
fn the_verdict_goes_from_the_test_to_log_tracks_and_page() {
    let work = quickstart("attentive-chrome", "");
    let log = work.read("run.log");
    let page = work.read("results/report/report.html");
    for (sample, folder, method) in
        [("sample1", "sample1", "corrected-attention"), ("sample2", "sample2.contributions", "contributions")]
    {
        let rows = table(&work.read(&format!("results/explain/{sample}.faithfulness.tsv")));
        assert_eq!(rows.len(), 4, "what is drawn, signal and random: {:?}", rows.keys());
        let row = &rows[method];
        let cells = ["sample", "split", "genes", "baseline"].map(|column| row[column].as_str());
        assert_eq!(cells, [sample, "valid", "100", "empty"]);
        let [mean, low, high] =
            ["over_signal", "over_signal_low", "over_signal_high"].map(|column| row[column].parse::<f64>().unwrap());
        let words = match row["verdict"].as_str() {
            "better" if low > 0.0 => "better than the raw signal",
            "worse" if high < 0.0 => "worse than the raw signal",
            "no_better" if low <= 0.0 && high >= 0.0 => "no better than the raw signal",
            other => panic!("{other}: {low} to {high}"),
        };
        let sentence = format!(
            "{method}: as a guide to the bins that the score depends on, {words} ({mean:+.3} [{low:+.3}, {high:+.3}], 100 validation genes)"
        );
        let kind = if method == "contributions" { "attribution" } else { "attention" };
        let bed = text(&work, &format!("results/tracks/{folder}/{kind}.bed.gz"));
        assert_eq!(bed.lines().next().unwrap(), format!("# {sentence}"));
        assert!(log.contains(&sentence), "{sentence}\n{log}");
        assert!(page.contains(&format!("<td>{method}</td><td>{words}</td>")), "{method} {words}");
    }
    assert!(page.contains("As a guide to the bins that the score depends on, corrected-attention is"));
    let multiqc = work.read("results/report/attentrack_faithfulness_mqc.json");
    assert!(multiqc.contains("contributions_low") && multiqc.contains("corrected-attention"), "{multiqc}");

    // by hand, in every format that has room for words
    let files = "--input results/attention/sample1.attention.bins.safetensors --faithfulness results/explain/sample1.faithfulness.tsv";
    work.ok("track", &format!("{files} --format bed --track-line --out t.bed"));
    let bed = work.read("t.bed");
    assert!(bed.lines().nth(1).unwrap().contains("attention, worse than the raw signal, "), "{:?}", bed.lines().nth(1));
    work.ok("track", &format!("{files} --format bedgraph,bigbed --out-dir t"));
    assert!(work.read("t/H3K4me3.bedgraph").starts_with("# corrected-attention: as a guide"));
    let bigbed = std::fs::read(work.path("t/attention.bb")).unwrap();
    let words = b". corrected-attention: as a guide to the bins that the score depends on, worse than";
    assert!(bigbed.windows(words.len()).any(|bytes| bytes == words));
    work.ok("heatmap", &format!("{} --gene SIM2 --out m.tsv --plot m.svg", files.split(" --faith").next().unwrap()));
    assert!(work.read("m.svg").contains("Not tested against the raw signal"));

    // a verdict on something else is none
    let table = work.read("results/explain/sample1.faithfulness.tsv");
    let fails = |table: &str, flags: &str, needles: &[&str]| {
        work.write("f.tsv", table);
        let input = "--format bed --faithfulness f.tsv --out x.bed";
        work.fails("track", &format!("{input} {flags}"), &[needles, &["f.tsv"]].concat());
    };
    let attention = "--input results/attention/sample1.attention.bins.safetensors";
    fails(&table, &format!("{attention} --value raw"), &["no verdict on attention", "--method attention"]);
    fails(&table.replace("sample1", "sample9"), attention, &["sample \"sample9\"", "sample \"sample1\" is shown"]);
    let contributions = "--input results/explain/sample1.contributions.bins.safetensors";
    fails(&table.replace("\tempty\t", "\tmedian\t"), contributions, &["\"median\"", "--baseline empty"]);
    fails(&table.replace("verdict", "judgement"), contributions, &["verdict"]);
    work.fails(
        "track",
        "--input results/bins/sample1.bins.safetensors --format bedgraph --mark H3K4me3 --faithfulness f.tsv --out x.bg",
        &["holds signal"],
    );
    assert!(!work.path("x.bed").exists());
}

/// The baseline of the contributions is what a bin becomes that is taken out; and the genes are those of a split.
#[test]
fn the_test_takes_the_genes_and_the_baseline_that_are_asked_for() {
    let work = quickstart("deep-chrome-linear", "explain: {baseline: median}");
    let rows = table(&work.read("results/explain/sample1.faithfulness.tsv"));
    assert_eq!(rows["contributions"]["baseline"], "median");
    assert!(text(&work, "results/tracks/sample1.contributions/attribution.bed.gz").starts_with("# contributions: as"));
    let model = "--bins results/bins/sample1.bins.safetensors --model results/model/pooled.model.safetensors";
    let splits = "--splits results/splits.tsv --method contributions";
    work.ok("faithfulness", &format!("{model} {splits} --split test --genes 30 --out t.tsv"));
    let rows = table(&work.read("t.tsv"));
    let cells = ["split", "genes", "baseline"].map(|column| rows["contributions"][column].as_str());
    assert_eq!(cells, ["test", "30", "empty"]);

    // few genes are no ground for a verdict; none of the split, and all are taken
    work.ok("faithfulness", &format!("{model} {splits} --genes 9 --out t.tsv"));
    assert_eq!(table(&work.read("t.tsv"))["contributions"]["verdict"], "not_judged");
    work.write("splits.tsv", work.read("results/splits.tsv").replace("\tvalid\t", "\ttrain\t"));
    let log = work.ok("faithfulness", &format!("{model} --splits splits.tsv --method contributions --out t.tsv"));
    assert!(log.contains("0 valid genes of sample1 have signal here"), "{log}");
    let row = &table(&work.read("t.tsv"))["contributions"];
    assert_eq!((row["split"].as_str(), row["genes"].as_str()), ("NA", "200"));
}

#[test]
fn what_was_not_tested_is_called_so() {
    let work = quickstart("attentive-chrome", "explain: {faithfulness: false}");
    assert!(!work.path("results/explain/sample1.faithfulness.tsv").exists());
    assert!(!text(&work, "results/tracks/sample1/attention.bed.gz").starts_with('#'));
    let page = work.read("results/report/report.html");
    assert!(page.contains("It has not been tested whether attention says more than the raw signal does."));
    assert!(!page.contains("What the tracks are worth"));
}
