//! Names and ids that nobody expects: refused in one sentence, or the same wherever they are written and read.

use std::process::Output;

use attentrack::genome::{Chrom, Chroms, Gene, Grid, Orientation, Strand, Tss, check_name, check_text, is_hidden};
use attentrack::io::{self, bins, expression, genes_bed};
use attentrack::matrix::{
    Kind, Label, Labels, Layer, LayerName, Matrix, Prediction, Predictions, Region, Split, SplitRow, Splits, Statistic,
    Status,
};
use attentrack::stage::{Stage, heatmap, track};
use bigtools::BigBedRead;
use clap::Parser;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::Workdir;

/// Names with which shells, file systems, tables and terminals have trouble, each refused.
const HOSTILE: [&str; 24] = [
    "s1;date>PWNED;",
    "s1$(date>PWNED)",
    "s1`date>PWNED`",
    "s1|date>PWNED",
    "s1&date>PWNED&",
    "CD4+_T(naive)",
    "s'1",
    "s\"1",
    "s 1",
    "-rf",
    "--help",
    "@file",
    "../s1",
    "s/1",
    "s\\1",
    ".hidden",
    "s1=x",
    "{s1}",
    "s*",
    "~root",
    "s#1",
    "s\u{1b}[31m1",
    "Zelle-µ",
    "NUL",
];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The one `error:` line of a stage that must fail; nothing in it may steer a terminal.
fn refused(work: &Workdir, stage: &str, args: &[&str]) -> String {
    let output = work.stage(stage).args(args).output().unwrap();
    let stderr = said(&output);
    assert_eq!(output.status.code(), Some(1), "{stage} {args:?}: {stderr}");
    assert_eq!(stderr.matches("error:").count(), 1, "{stage} {args:?}: {stderr}");
    assert!(stderr.lines().all(|line| !line.contains(is_hidden)), "{stderr:?}");
    assert!(!work.path("PWNED").exists());
    stderr
}

/// A project of two samples and marks, whose files are empty: enough to plan.
fn project(samples: [&str; 2], marks: [&str; 2]) -> Workdir {
    let work = Workdir::new();
    for file in ["a.bw", "genes.gtf", "expression.tsv"] {
        work.write(file, "");
    }
    let rows = samples.iter().flat_map(|sample| marks.map(|mark| format!("{sample}\t{mark}\ta.bw\n")));
    work.write("samples.tsv", format!("sample\tmark\tpath\n{}", rows.collect::<String>()));
    work.write(
        "config.yaml",
        "samples: samples.tsv\nannotation: {path: genes.gtf}\nexpression: {path: expression.tsv}\n",
    );
    work
}

fn plan(work: &Workdir, extra: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    command.current_dir(work.path("")).args(["plan", "config.yaml"]).args(extra).output().unwrap()
}

#[test]
fn one_rule_refuses_a_name_in_the_sheet_and_in_every_flag() {
    let work = Workdir::new();
    work.write("genes.bed", "chr1\t99\t100\tA\t0\t+\n");
    work.write("e.tsv", "gene_id\tx\nA\t1\n");
    for name in HOSTILE {
        let words = check_name("sample", name).unwrap_err().to_string();
        let in_sheet = project([name, "s2"], ["k4", "k27"]);
        let output = plan(&in_sheet, &[]);
        let stderr = said(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(stderr.contains(&format!("samples.tsv, line 2: {words}")), "{name}: {stderr}");
        let stderr = said(&plan(&project(["s1", "s2"], [name, "k27"]), &[]));
        assert!(stderr.contains(&words.replace("sample \"", "mark \"")), "{name}: {stderr}");

        let sample = format!("--sample={name}");
        let bin = ["--genes=genes.bed", "--signal=k4=a.bw", "--out=x.bins.safetensors", &sample];
        assert!(refused(&work, "bin", &bin).contains(&format!("--sample: {words}")));
        let label = ["--expression=e.tsv", "--out=l.tsv", &sample];
        assert!(refused(&work, "label", &label).contains(&words));
        if !name.contains('=') {
            let signal = format!("--signal={name}=a.bw");
            let stderr = refused(&work, "bin", &["--genes=genes.bed", "--out=x.bins.safetensors", &signal]);
            assert!(stderr.contains(&format!("--signal: {}", words.replace("sample \"", "mark \""))), "{stderr}");
        }
        let marks = format!("--marks=k4,{name}");
        let stderr = refused(&work, "import", &["--weights=w.pt", "--out=x.model.safetensors", &marks]);
        assert!(stderr.contains("--marks: mark"), "{stderr}");
    }
    // by --column the table may call it what it will
    work.write("e.tsv", "gene_id\tCD4 (naive)\nA\t1\nB\t2\n");
    let done =
        work.stage("label").args(["-e", "e.tsv", "-s", "naive", "--column", "CD4 (naive)", "-o", "l.tsv"]).output();
    assert!(done.unwrap().status.success());
    assert_eq!(work.read("l.tsv"), "gene_id\tgene_name\tlabel\texpression\nA\t.\t0\t1\nB\t.\t1\t2\n");
}

#[test]
fn names_that_one_file_system_takes_for_another_are_refused() {
    for (samples, marks, needle) in [
        (["s1", "S1"], ["k4", "k27"], "line 4: sample \"S1\" and sample \"s1\" differ only in case"),
        (["s1", "s2"], ["h3k4", "H3K4"], "line 3: mark \"H3K4\" and mark \"h3k4\" differ only in case"),
    ] {
        let stderr = said(&plan(&project(samples, marks), &[]));
        assert!(stderr.contains(needle), "{stderr}");
    }
    // tracks/s1.deep-lift would be the attention of one sample and the explanation of another
    let work = project(["s1", "s1.deep-lift"], ["k4", "k27"]);
    let config = work.read("config.yaml") + "explain: {methods: [deep-lift]}\n";
    work.write("config.yaml", config);
    assert!(said(&plan(&work, &[])).contains("two steps would write results/tracks/s1.deep-lift"));
    let work = project(["s1", "s2"], ["k4", "k27"]);
    let config = work.read("config.yaml") + "labels: {method: threshold, threshold: {\"s1;date\": 1, s2: 1}}\n";
    work.write("config.yaml", config);
    assert!(said(&plan(&work, &[])).contains("labels.threshold: sample \"s1;date\" cannot be a name"));
}

#[test]
fn a_planned_command_says_to_a_shell_what_was_meant() {
    let work = project(["s1", "s2"], ["k4", "k27"]);
    let outdir = "o'ut \"d\\ir\" $(touch PWNED) `touch PWNED` ;&|<>*?[x]{y} ~ # é @z";
    let file = "-e;touch PWNED #.tsv";
    work.write(file, "");
    let config = work.read("config.yaml").replace("expression.tsv", &format!("'{file}'"));
    work.write("config.yaml", config);
    let output = plan(&work, &["--outdir", outdir]);
    assert!(output.status.success(), "{}", said(&output));
    let planned: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = planned["steps"].as_array().unwrap();
    for step in steps {
        let stage = step["stage"].as_str().unwrap();
        let command = step["command"].as_str().unwrap();
        // the shell's words, one a line, without the stage
        let script = format!("attentrack-{stage}() {{ printf '%s\\n' \"$@\"; }}\n{command}");
        let words = std::process::Command::new("bash").arg("-c").arg(&script).current_dir(work.path("")).output();
        let words = String::from_utf8(words.unwrap().stdout).unwrap();
        let outputs: Vec<&str> = step["outputs"].as_array().unwrap().iter().filter_map(|path| path.as_str()).collect();
        assert!(words.lines().any(|word| outputs.contains(&word)), "{command}\n{words}");
        if stage == "label" {
            assert!(words.lines().any(|word| word == format!("--expression={file}")), "{command}\n{words}");
        }
    }
    assert!(!work.path("PWNED").exists());
    // what is lost on the way to a shell, an engine or a list of arguments is refused
    for outdir in ["a\nb", "a\tb", "a\u{1b}b"] {
        let output = plan(&work, &["--outdir", outdir]);
        assert_eq!(output.status.code(), Some(1));
        let stderr = said(&output);
        assert!(stderr.contains("holds a") || stderr.contains("hidden character"), "{stderr}");
        assert!(!stderr.trim_end().contains(is_hidden), "{stderr:?}");
    }
}

#[test]
fn ids_with_tabs_and_line_ends_are_refused() {
    let work = Workdir::new();
    let gff = |id: &str| format!("##gff-version 3\nchr1\tx\tgene\t2000\t3000\t.\t+\t.\tID=gene:{id}\n");
    let gtf = |id: &str| format!("chr1\tx\tgene\t2000\t3000\t.\t+\t.\tgene_id \"{id}\";\n");
    for (name, text, needles) in [
        ("x.gff3", gff("A%09x%0Achr1%099%0910%09INJECTED%090%09+"), ["gene id \"A\\tx\\nchr1", "holds a tab"]),
        ("x.gff3", gff("A%0A"), ["x.gff3", "holds a line end"]),
        ("x.gff3", gff("A%00"), ["x.gff3", "hidden character \\u{0}"]),
        ("x.gff3", gff("A%FF"), ["x.gff3", "not UTF-8"]),
        ("x.gff3", gff("A%E2%80%AE"), ["x.gff3", "\\u{202e}"]),
        ("x.gtf", gtf("A\tB"), ["gene id \"A\\tB\"", "holds a tab"]),
        ("x.gtf", gtf("A\u{1b}]0;x\u{7}"), ["x.gtf", "\\u{1b}"]),
        ("x.gtf", gtf("A\u{85}"), ["x.gtf", "line end"]),
        ("x.bed", "chr\u{1}\t1\t2\tA\t0\t+\n".to_owned(), ["chromosome", "\\u{1}"]),
    ] {
        work.write(name, text);
        let stderr = refused(&work, "tss", &["-a", name, "-o", "o.bed"]);
        assert!(needles.iter().all(|needle| stderr.contains(needle)), "{stderr}");
        assert!(!work.path("o.bed").exists());
    }
    work.write("x.gff3", gff("A%2CB%3B%25"));
    work.ok("tss", "-a x.gff3 -o o.bed");
    assert_eq!(work.read("o.bed"), "chr1\t1999\t2000\tA,B;%\t0\t+\t2999\t.\n");
    for (stage, flag, table) in
        [("label", "--expression", "gene_id\tx\nA\u{1b}\t1\n"), ("label", "-e", "gene_id,x\nA\u{1},1\n")]
    {
        work.write("e", table);
        let stderr = refused(&work, stage, &[flag, "e", "-s", "x", "-o", "l.tsv"]);
        assert!(stderr.contains("e, line 2: gene id \"A\\u{1"), "{stderr}");
    }
    work.write("csv", "A\u{7f},1,0,0,0,0,0,1\n");
    let stderr = refused(&work, "bin", &["--deepchrome-csv", "csv", "--flank", "100", "-o", "x.bins.safetensors"]);
    assert!(stderr.contains("csv, line 1: gene id \"A\\u{7f}\""), "{stderr}");
}

#[test]
fn a_chromosome_may_be_called_like_a_browser_line() {
    let work = Workdir::new();
    let row = |chrom: &str, id: &str| format!("{chrom}\tx\tgene\t2000\t3000\t.\t+\t.\tgene_id \"{id}\";\n");
    work.write("x.gtf", row("track1", "A") + &row("browser_7", "B") + &row("chr1", "C"));
    work.ok("tss", "-a x.gtf -o genes.bed");
    let genes = genes_bed::read(&work.path("genes.bed")).unwrap();
    assert_eq!(genes.iter().map(|gene| gene.tss.chrom.as_str()).collect::<Vec<_>>(), ["browser_7", "chr1", "track1"]);
}

/// A matrix of two genes of ±200 bp in bins of 100 bp.
fn matrix(ids: [&str; 2], chrom: &str, sample: &str, marks: [&str; 2]) -> Matrix {
    let tss = |position| Tss { chrom: chrom.to_owned(), position, strand: Strand::Forward };
    let region = |(id, tss): (&str, Tss)| Region { tss: Some(tss), ..Region::unplaced(id.to_owned()) };
    Matrix {
        kind: Kind::Signal,
        attribution: None,
        sample: sample.to_owned(),
        assembly: None,
        grid: Grid::new(200, 100, Orientation::Gene).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: marks.map(str::to_owned).to_vec(),
        inputs: Vec::new(),
        chroms: Chroms::from_iter([Chrom { name: chrom.to_owned(), length: Some(9000) }]),
        regions: ids.into_iter().zip([tss(1000), tss(5000)]).map(region).collect(),
        status: vec![Status::Ok; 2],
        layers: vec![Layer::new(LayerName::Window, (1..=16u8).map(f32::from).collect())],
    }
}

#[test]
fn a_picture_stays_in_its_folder() {
    let work = Workdir::new();
    let ids = ["../x", "a/b|c"];
    bins::write(&work.path("m"), &matrix(ids, "chr1", "s", ["k4", "k27"])).unwrap();
    std::fs::create_dir(work.path("in")).unwrap();
    let draw = |genes: &[&str]| {
        let genes = genes.iter().map(|gene| format!("--gene={gene}"));
        work.stage("heatmap")
            .args(genes)
            .args(["--input", "m", "--out", "t.tsv", "--plot", "in/{gene}.svg"])
            .output()
            .unwrap()
    };
    let output = draw(&ids);
    assert!(output.status.success(), "{}", said(&output));
    let mut names: Vec<_> =
        std::fs::read_dir(work.path("in")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["_._x.svg", "a_b_c.svg"]);
    assert!(!work.path("x.svg").exists());

    bins::write(&work.path("m"), &matrix(["a|1", "A/1"], "chr1", "s", ["k4", "k27"])).unwrap();
    std::fs::remove_file(work.path("t.tsv")).unwrap();
    let stderr = said(&draw(&["a|1", "A/1"]));
    assert!(stderr.contains("gene \"a|1\" and gene \"A/1\" would both be written as A_1"), "{stderr}");
    assert!(!work.path("t.tsv").exists());
}

#[test]
fn a_matrix_of_other_names_is_read_and_its_files_stay_in_their_folder() {
    let work = Workdir::new();
    // what earlier versions took; `A:k4` is what attentrack-pair calls a mark
    bins::write(&work.path("old"), &matrix(["G1", "G2"], "chr1", "CD4+_T(naive)", ["A:k4", "../k27"])).unwrap();
    work.ok("track", "--input old --format bigwig,bed --out-dir in --all");
    let mut names: Vec<_> =
        std::fs::read_dir(work.path("in")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["A_k4.bw", "_._k27.bw", "signal.bed"]);
    work.write("labels.tsv", "gene_id\tlabel\nG1\t0\nG2\t1\n");
    work.write("splits.tsv", "gene_id\tsplit\nG1\ttrain\nG2\tvalid\n");
    let train = ["--bins=old", "--labels=labels.tsv", "--splits=splits.tsv", "--out={sample}.model.safetensors"];
    let stderr = refused(&work, "train", &train);
    assert!(stderr.contains("sample \"CD4+_T(naive)\" cannot be a name") && stderr.contains("--sample"), "{stderr}");
    bins::write(&work.path("bad"), &matrix(["G1", "G\u{1b}2"], "chr1", "s", ["k4", "k27"])).unwrap();
    let stderr = refused(&work, "track", &["--input=bad", "--format=bed", "--out=x.bed"]);
    assert!(stderr.contains("bad, header: gene id \"G\\u{1b}2\""), "{stderr}");
}

/// Any text, plain or not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{1,10}",
        2 => "\\PC{1,6}",
        1 => any::<String>().prop_map(|text| text.chars().take(6).collect()),
        1 => "[A-C]{1,2}(\t|\n|\r|\u{1b}|\u{0}|\u{2028}|\u{202e}|%09|%0A|\\|)[A-C]{0,2}",
        1 => proptest::sample::select(HOSTILE.as_slice()).prop_map(str::to_owned),
    ]
}

fn two() -> impl Strategy<Value = [String; 2]> {
    [text(), text()].prop_filter("two of them, none empty", |[a, b]| a != b && !a.is_empty() && !b.is_empty())
}

/// Runs a stage in this process.
fn run<S: Stage + Parser>(arguments: &[String]) -> anyhow::Result<()> {
    let mut all = vec!["stage".to_owned()];
    all.extend_from_slice(arguments);
    S::try_parse_from(all)?.run()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(13), ..ProptestConfig::default()
    })]

    /// What a stage writes the next one reads as it was, whatever the names are; or a reader says which character
    /// it cannot have, and shows it.
    #[test]
    fn what_is_written_is_read_or_refused(ids in two(), chrom in text(), sample in text(), marks in two()) {
        // a line that begins so is a comment in every annotation
        prop_assume!(!chrom.is_empty() && !chrom.starts_with('#'));
        let [a, b] = &ids;
        let is_text = |texts: &[&String]| texts.iter().all(|text| check_text("text", text).is_ok());
        let shown = |error: &dyn std::fmt::Display| {
            let message = error.to_string();
            prop_assert!(message.contains(" holds ") && !message.contains(is_hidden), "{:?}", message);
            Ok(())
        };
        let work = Workdir::new();
        let path = |name: &str| work.path(name);

        // the annotation, as GFF3, every byte escaped
        let row = |id: &str| format!("chr1\tx\tgene\t2000\t3000\t.\t+\t.\tgene_id={}\n", percent(id));
        work.write("x.gff3", format!("##gff-version 3\n{}{}", row(a), row(b)));
        match io::annotation::read(&path("x.gff3"), &Default::default()) {
            Ok(annotation) => {
                let says_something = |id: &&String| !matches!(id.as_str(), "." | "nan" | "NaN" | "NA" | "None");
                let read: Vec<&String> = annotation.genes.iter().map(|gene| &gene.id).collect();
                prop_assert_eq!(read, ids.iter().filter(says_something).collect::<Vec<_>>());
            }
            Err(error) if !is_text(&[a, b]) => shown(&error)?,
            // an id that is a placeholder is none
            Err(error) => prop_assert!(
                ids.iter().any(|id| matches!(id.as_str(), "." | "nan" | "NaN" | "NA" | "None")),
                "{}",
                error
            ),
        }

        // genes.bed
        let gene = |id: &String, position| {
            let tss = Tss { chrom: chrom.clone(), position, strand: Strand::Forward };
            Gene { id: id.clone(), symbol: None, tss, end: None }
        };
        let genes = vec![gene(a, 1000), gene(b, 5000)];
        genes_bed::write(&path("genes.bed"), &genes).unwrap();
        if is_text(&[a, b, &chrom]) {
            prop_assert_eq!(genes_bed::read(&path("genes.bed")).unwrap(), genes);
        } else {
            prop_assert!(genes_bed::read(&path("genes.bed")).is_err_and(|error| !error.to_string().contains(is_hidden)));
        }

        // the matrix is what all that follows takes its names from
        let matrix = matrix([a, b], &chrom, &sample, [&marks[0], &marks[1]]);
        bins::write(&path("m"), &matrix).unwrap();
        if !is_text(&[a, b, &chrom, &sample, &marks[0], &marks[1]]) {
            return shown(&bins::read(&path("m")).unwrap_err());
        }
        prop_assert_eq!(bins::read(&path("m")).unwrap().regions, matrix.regions);

        let label = |id: &String| Label { gene_id: id.clone(), gene_name: None, label: Some(1.0), expression: Some(2.0) };
        let labels = Labels { rows: vec![label(a), label(b)] };
        io::labels::write(&path("labels.tsv"), &labels).unwrap();
        prop_assert_eq!(io::labels::read(&path("labels.tsv")).unwrap(), labels);
        let row = |id: &String| SplitRow { gene_id: id.clone(), gene_name: None, split: Split::Test, fold: 0 };
        let splits = Splits { rows: vec![row(a), row(b)] };
        io::splits::write(&path("splits.tsv"), &splits).unwrap();
        prop_assert_eq!(io::splits::read(&path("splits.tsv")).unwrap(), splits);
        let row = |id: &String| Prediction {
            gene_id: id.clone(),
            gene_name: None,
            status: Status::Ok,
            score: Some(0.5),
            mark_attention: vec![0.25, 0.75],
            spread: None,
            raw_score: None,
            uncertain: None,
        };
        let predictions =
            Predictions { sample: sample.clone(), model: Some("model-1".to_owned()), marks: marks.to_vec(), is_ensemble: false, rows: vec![row(a), row(b)] };
        io::predictions::write(&path("predictions.tsv"), &predictions).unwrap();
        prop_assert_eq!(io::predictions::read(&path("predictions.tsv")).unwrap(), predictions);

        // tracks: eight rows a gene, whose names tell gene and mark
        let to = |flag: &str, name: &str| format!("--{flag}={}", path(name).display());
        for format in ["tsv", "bed", "bigbed"] {
            let target = if format == "bigbed" { "t.bb" } else { format };
            run::<track::Args>(&[to("input", "m"), format!("--format={format}"), "--all".into(), to("out", target)]).unwrap();
        }
        let rows: Vec<Vec<String>> =
            work.read("tsv").split('\n').map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        prop_assert_eq!(rows.len(), 1 + 16 + 1);
        prop_assert!(rows[1..17].iter().all(|row| row.len() == rows[0].len() && row[2] == chrom && ids.contains(&row[0])));
        let bed = work.read("bed");
        prop_assert_eq!(bed.split('\n').count(), 17);
        for line in bed.split_terminator('\n') {
            let cells: Vec<&str> = line.split('\t').collect();
            prop_assert!(cells.len() == 9 && cells[0] == chrom && !cells[3].contains(char::is_whitespace), "{:?}", line);
        }
        let mut reader = BigBedRead::open_file(path("t.bb")).unwrap();
        let rest: Vec<String> = reader.get_interval(&chrom, 0, 9000).unwrap().map(|entry| entry.unwrap().rest).collect();
        prop_assert_eq!(rest.len(), 16);
        prop_assert!(rest.iter().all(|rest| ids.iter().any(|id| rest.split('\t').nth(6) == Some(id))), "{:?}", rest);

        // the heat map, by ids that a flag can name
        if !ids.iter().any(|id| id.starts_with('@')) {
            let genes = ids.iter().map(|id| format!("--gene={id}"));
            let plot = format!("--plot={}/{{gene}}.svg", path("").display());
            let arguments: Vec<String> = genes.chain([to("input", "m"), to("out", "heatmap.tsv"), plot]).collect();
            match run::<heatmap::Args>(&arguments) {
                Ok(()) => {
                    let table = work.read("heatmap.tsv");
                    let is_whole = |line: &str| {
                        let cells: Vec<&str> = line.split('\t').collect();
                        cells.len() == 11 && ids.iter().any(|id| id == cells[0]) && cells[2] == sample
                    };
                    prop_assert!(table.split_terminator('\n').skip(1).all(is_whole), "{}", table);
                    let drawn = std::fs::read_dir(path("")).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
                    prop_assert_eq!(drawn.filter(|name| name.ends_with(".svg")).count(), 2);
                }
                Err(error) => prop_assert!(format!("{error:#}").contains("would both be written as"), "{:#}", error),
            }
        }
    }

    /// An expression table's ids are read as they are, or refused.
    #[test]
    fn ids_of_a_table_are_read_or_refused(ids in two()) {
        prop_assume!(ids.iter().all(|id| !id.contains(['\t', '\n', '\r', '"', '\'', '#']) && id.trim() == id));
        // what stands for no id
        prop_assume!(!ids.iter().any(|id| ["NA", "N/A", "<NA>", "NaN", "NULL", "None", ".", "-", "--", "?"].contains(&id.as_str())));
        let work = Workdir::new();
        work.write("e.tsv", format!("gene_id\tx\ty\n{}\t1\t2\n{}\t2\t2\n", ids[0], ids[1]));
        let columns = expression::Columns { sample: "x".to_owned(), gene: None, keep_version: true, duplicates: expression::Duplicates::Sum };
        match expression::read(&work.path("e.tsv"), &columns) {
            Ok(read) => prop_assert_eq!(read.genes, [(ids[0].clone(), Some(1.0)), (ids[1].clone(), Some(2.0))]),
            Err(error) => {
                prop_assert!(ids.iter().any(|id| check_text("gene id", id).is_err()), "{}", error);
                prop_assert!(!error.to_string().contains(is_hidden));
            }
        }
    }
}
