//! Tests of train and predict: the chain, its determinism, resuming, refusals, the published model.

mod auto;
mod baselines;
mod empty;
mod ensemble;
mod explained;
mod layers;
mod models;
mod pair;
mod rungs;

use std::collections::HashMap;
use std::path::Path;

use attentrack::genome::{Grid, Orientation};
use attentrack::io;
use attentrack::learn::ModelHeader;
use attentrack::matrix::{Kind, Layer, LayerName, Matrix, Region, Statistic, Status};
use attentrack::stage::model_file;

use crate::support::{Workdir, shared_data};

const GENES: usize = 60;

/// 60 genes, 2 marks, 20 bins; odd genes are positives and have more H3K4me3 at bins 9 and 10. The
/// last gene is on a chromosome that the signal lacks, and the one before is missing in one bin.
fn matrix(sample: &str) -> Matrix {
    let marks = ["H3K4me3", "H3K27me3"].map(str::to_owned).to_vec();
    let grid = Grid::new(1000, 100, Orientation::Gene).unwrap();
    let shift = sample.len();
    let value = |at: usize| {
        let (gene, mark, bin) = (at / 40, at / 20 % 2, at % 20);
        let noise = ((at * 7919 + gene * 104_729 + shift * 31) % 11) as f32 / 4.0;
        noise + if gene % 2 == 1 && mark == 0 && (9..11).contains(&bin) { 6.0 } else { 0.0 }
    };
    let mut values: Vec<f32> = (0..GENES * 40).map(value).collect();
    values[(GENES - 1) * 40..].fill(f32::NAN);
    values[(GENES - 2) * 40] = f32::NAN;
    let mut status = vec![Status::Ok; GENES];
    status[GENES - 1] = Status::NoChrom;
    Matrix {
        kind: Kind::Signal,
        attribution: None,
        sample: sample.to_owned(),
        assembly: Some("hg19".to_owned()),
        grid,
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks,
        inputs: Vec::new(),
        chroms: std::iter::empty().collect(),
        regions: (0..GENES).map(|gene| Region::unplaced(format!("G{gene}"))).collect(),
        status,
        layers: vec![Layer::new(LayerName::Window, values)],
    }
}

fn labels() -> String {
    (0..GENES).fold("gene_id\tlabel\n".to_owned(), |text, gene| {
        text + &format!("G{gene}\t{}\n", if gene == 3 { "NA".to_owned() } else { (gene % 2).to_string() })
    })
}

fn splits() -> String {
    // gene 5 has no split; fold 1 has another validation set
    (0..GENES).filter(|&gene| gene != 5).fold("gene_id\tsplit\tfold\n".to_owned(), |text, gene| {
        let split = |turn: usize| ["train", "train", "valid", "test"][(gene / 2 + turn) % 4];
        text + &format!("G{gene}\t{}\t0\nG{gene}\t{}\t1\n", split(0), split(1))
    })
}

fn workdir() -> Workdir {
    let work = Workdir::new();
    io::bins::write(&work.path("x.bins.safetensors"), &matrix("x")).unwrap();
    io::bins::write(&work.path("yy.bins.safetensors"), &matrix("yy")).unwrap();
    work.write("labels.tsv", labels());
    work.write("splits.tsv", splits());
    work
}

const INPUTS: &str = "--bins x.bins.safetensors --labels labels.tsv --splits splits.tsv";
const FAST: &str = "--bin-hidden 4 --mark-hidden 3 --learning-rate 0.01";

fn bytes(work: &Workdir, name: &str) -> Vec<u8> {
    std::fs::read(work.path(name)).unwrap()
}

#[test]
fn train_learns_and_predict_scores_every_gene() {
    let work = workdir();
    let log = work.ok("train", &format!("{INPUTS} {FAST} --epochs 40 --out m.model.safetensors"));
    assert!(log.contains("3 genes take no part: 1 without a label, 1 without a split, 1 not covered"), "{log}");
    assert!(log.contains("epoch  40: train loss"), "{log}");
    assert!(!work.path("m.state.safetensors").exists());
    let history = work.read("m.history.tsv");
    assert!(history.starts_with("epoch\ttrain_loss\tvalid_loss\tvalid_auroc\tlearning_rate\n1\t"), "{history}");
    assert_eq!(history.lines().count(), 41);
    let (header, _) = model_file::read(&work.path("m.model.safetensors")).unwrap();
    assert_eq!(header.members[0].best_valid_auroc, Some(1.0));

    work.ok(
        "predict",
        "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv --attention a.bins.safetensors",
    );
    let predictions = io::predictions::read(&work.path("p.tsv")).unwrap();
    assert_eq!((predictions.rows.len(), predictions.sample.as_str()), (GENES, "x"));
    assert_eq!(predictions.marks, ["H3K4me3", "H3K27me3"]);
    let threshold = header.threshold.unwrap();
    for (gene, row) in predictions.rows.iter().enumerate() {
        if gene == GENES - 1 {
            assert_eq!((row.score, row.status), (None, Status::NoChrom));
            continue;
        }
        assert_eq!(row.score.unwrap() >= threshold, gene % 2 == 1, "gene {gene}");
        assert!((row.mark_attention.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    }
    let attention = io::bins::read(&work.path("a.bins.safetensors")).unwrap();
    assert_eq!(
        (attention.kind, attention.n_regions(), &attention.statistic),
        (Kind::Attention, GENES, &Statistic::Mean)
    );
    for gene in 0..GENES - 1 {
        for mark in 0..2 {
            assert!((attention.bins(gene, mark).iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
    assert!(attention.row(LayerName::Window, GENES - 1).iter().all(|value| value.is_nan()));
    let null = &attention.layers[0].attention.as_ref().unwrap().null_values;
    assert!(null.chunks(20).all(|bins| (bins.iter().sum::<f32>() - 1.0).abs() < 1e-5));
}

#[test]
fn threads_and_repetition_do_not_change_a_byte() {
    let work = workdir();
    let pooled = format!("{INPUTS} --bins yy.bins.safetensors --labels labels.tsv {FAST} --epochs 3 --dropout 0.2");
    for (name, threads) in [("one", 1), ("two", 2), ("again", 2)] {
        work.ok("train", &format!("{pooled} --threads {threads} --out {name}.model.safetensors"));
        let files = format!("--predictions {name}.tsv --attention {name}.bins.safetensors");
        work.ok("predict", &format!("--bins x.bins.safetensors --model {name}.model.safetensors {files} -t {threads}"));
    }
    for other in ["two", "again"] {
        for suffix in [".model.safetensors", ".history.tsv", ".tsv", ".bins.safetensors"] {
            assert_eq!(
                bytes(&work, &format!("one{suffix}")),
                bytes(&work, &format!("{other}{suffix}")),
                "{other}{suffix}"
            );
        }
    }
}

/// Trains, killed as often as it takes, each time at another moment.
fn train_in_spite_of_kills(work: &Workdir, args: &str) {
    let mut kills = 0;
    for patience in 0..200u64 {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("attentrack-train"))
            .args(args.split_whitespace())
            .current_dir(work.path("."))
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(40 + 7 * patience));
        // SIGKILL
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        if !running {
            break;
        }
        kills += 1;
    }
    assert!(kills > 0, "training ended before it could be killed");
    work.ok("train", args);
}

#[test]
fn a_killed_training_resumes_to_the_same_bytes() {
    let work = workdir();
    let train = |out: &str| format!("{INPUTS} --epochs 200 --dropout 0.1 --resume --out {out}.model.safetensors");
    work.ok("train", &train("whole"));
    train_in_spite_of_kills(&work, &train("cut"));
    assert_eq!(bytes(&work, "whole.model.safetensors"), bytes(&work, "cut.model.safetensors"));
    assert_eq!(bytes(&work, "whole.history.tsv"), bytes(&work, "cut.history.tsv"));
    assert!(!work.path("cut.state.safetensors").exists());
}

#[test]
fn a_state_of_another_training_is_refused() {
    let work = workdir();
    let args = format!("{INPUTS} {FAST} --epochs 1000000 --resume --out m.model.safetensors");
    work.stop_training(&args);
    let name_change = ["m.state.safetensors", "seed was 1 and is 2", "Delete it"];
    work.fails("train", &format!("{args} --seed 2"), &name_change);
    work.fails("train", &format!("{args} --transform log1p"), &["transform was raw and is log1p"]);
    work.write("m.state.safetensors", "rubbish");
    work.fails("train", &args, &["m.state.safetensors", "training state"]);
    // without --resume it is overwritten
    work.ok("train", &args.replace("--resume", "").replace("1000000", "2"));
}

#[test]
fn transforms_are_stored_and_applied() {
    let work = workdir();
    // the same sample, sequenced to ten times the depth
    let mut deep = matrix("x");
    deep.layers[0].values.iter_mut().for_each(|value| *value *= 10.0);
    io::bins::write(&work.path("deep.bins.safetensors"), &deep).unwrap();
    for (transform, same) in [("depth-scaled", true), ("depth-scaled-log1p", true), ("log1p", false), ("raw", false)] {
        work.ok("train", &format!("{INPUTS} --learning-rate 0.01 --epochs 3 --transform {transform} --schedule cosine --weight-decay 0.001 --out t.model.safetensors"));
        let (header, _) = model_file::read(&work.path("t.model.safetensors")).unwrap();
        assert_eq!(serde_json::to_value(header.transform.transform).unwrap(), transform);
        assert!(header.transform.train_means.iter().all(|&mean| mean > 0.5 && mean < 3.0));
        let scores = |bins: &str| -> Vec<Option<f64>> {
            work.ok("predict", &format!("--bins {bins} --model t.model.safetensors --predictions t.tsv"));
            io::predictions::read(&work.path("t.tsv")).unwrap().rows.iter().map(|row| row.score).collect()
        };
        let pairs = scores("x.bins.safetensors").into_iter().zip(scores("deep.bins.safetensors"));
        let close = pairs.into_iter().all(|(a, b)| (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 5e-7);
        assert_eq!(close, same, "{transform}");
    }
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let work = workdir();
    let save = |name: &str, change: &dyn Fn(&mut Matrix)| {
        let mut changed = matrix("x");
        change(&mut changed);
        io::bins::write(&work.path(name), &changed).unwrap();
    };
    save("swapped.bins.safetensors", &|m| m.marks.reverse());
    save("other.bins.safetensors", &|m| m.marks[1] = "H3K9me3".to_owned());
    save("wide.bins.safetensors", &|m| m.grid = Grid::new(2000, 200, Orientation::Gene).unwrap());
    save("genome.bins.safetensors", &|m| m.grid = Grid::new(1000, 100, Orientation::Genome).unwrap());
    save("sum.bins.safetensors", &|m| m.statistic = Statistic::Sum);
    save("attention.bins.safetensors", &|m| m.kind = Kind::Attention);
    save("infinite.bins.safetensors", &|m| m.layers[0].values[2 * 40 + 25] = f32::INFINITY);
    save("negative.bins.safetensors", &|m| m.layers[0].values[40] = -1.0);
    save("ids.bins.safetensors", &|m| m.regions.iter_mut().for_each(|region| region.id = format!("ENSG{}", region.id)));
    work.write("expression.tsv", labels().replace("\t1\n", "\t3.5\n"));
    work.write("swapped.tsv", "gene_id\tlabel\n1\tG1\n0\tG2\n");
    work.write("twice.tsv", "gene_id\tlabel\nG1\t1\nG1\t0\n");
    work.write("ones.tsv", labels().replace("\t0\n", "\t1\n"));
    work.write("other_splits.tsv", "gene_id\tsplit\tfold\nX1\ttrain\t0\nX2\tvalid\t0\n");
    work.write("no_valid.tsv", splits().replace("valid", "train"));
    work.write("val.tsv", splits().replace("valid", "val"));
    work.write("empty.tsv", "");
    work.write("rubbish.bins.safetensors", "not a matrix");
    work.write("cut.bins.safetensors", &bytes(&work, "x.bins.safetensors")[..3000]);
    std::fs::create_dir(work.path("folder.model.safetensors")).unwrap();

    let out = "--out m.model.safetensors --epochs 1 --bin-hidden 2 --mark-hidden 2";
    let train =
        |bins: &str, labels: &str, splits: &str| format!("--bins {bins} --labels {labels} --splits {splits} {out}");
    let second = |bins: &str| format!("{INPUTS} --bins {bins} --labels labels.tsv {out}");
    let x = "x.bins.safetensors";
    let cases: Vec<(String, &[&str])> = vec![
        (format!("{INPUTS} --out folder.model.safetensors"), &["folder.model.safetensors", "is a folder"]),
        (train("missing.bins.safetensors", "labels.tsv", "splits.tsv"), &["missing.bins.safetensors", "no such file"]),
        (train("rubbish.bins.safetensors", "labels.tsv", "splits.tsv"), &["rubbish", "not a matrix file"]),
        (train("cut.bins.safetensors", "labels.tsv", "splits.tsv"), &["cut.bins.safetensors", "truncated"]),
        (train("attention.bins.safetensors", "labels.tsv", "splits.tsv"), &["holds attention, expected signal"]),
        (
            train("infinite.bins.safetensors", "labels.tsv", "splits.tsv"),
            &["gene G2, mark H3K27me3, bin 6", "infinite"],
        ),
        (
            format!("{} --transform log1p", train("negative.bins.safetensors", "labels.tsv", "splits.tsv")),
            &["gene G1", "negative"],
        ),
        (train("ids.bins.safetensors", "labels.tsv", "splits.tsv"), &["labels.tsv", "ENSGG0, ENSGG1", "G0, G1"]),
        (train(x, "expression.tsv", "splits.tsv"), &["expression.tsv", "label 3.5 of gene G1", "attentrack-label"]),
        (train(x, "swapped.tsv", "splits.tsv"), &["swapped.tsv, line 2", "label"]),
        (train(x, "twice.tsv", "splits.tsv"), &["twice.tsv, line 3", "G1"]),
        (train(x, "empty.tsv", "splits.tsv"), &["empty.tsv", "is empty"]),
        (train(x, "ones.tsv", "splits.tsv"), &["splits.tsv", "split train", "label 1"]),
        (train(x, "labels.tsv", "other_splits.tsv"), &["other_splits.tsv", "G0, G1, G2", "X1, X2"]),
        (train(x, "labels.tsv", "no_valid.tsv"), &["no_valid.tsv", "no labelled gene in split valid"]),
        (train(x, "labels.tsv", "val.tsv"), &["val.tsv, line", "column split: expected one of train, valid, test"]),
        (format!("{} --fold 7", train(x, "labels.tsv", "splits.tsv")), &["no fold 7", "0, 1", "--fold"]),
        (second("swapped.bins.safetensors"), &["swapped.bins", "x.bins", "H3K27me3, H3K4me3", "H3K4me3, H3K27me3"]),
        (second("other.bins.safetensors"), &["other.bins", "H3K9me3"]),
        (second("wide.bins.safetensors"), &["±2000 bp in bins of 200 bp", "±1000 bp in bins of 100 bp"]),
        (second("genome.bins.safetensors"), &["orientation: genome", "gene"]),
        (second("sum.bins.safetensors"), &["statistic: sum", "mean"]),
        (format!("{INPUTS} --bins {x} {out}"), &["2 --bins but 1 --labels"]),
        (format!("{INPUTS} --out m.safetensors"), &["must end in .model.safetensors"]),
        (format!("{INPUTS} {out} --device cuda"), &["--device cuda", "CPU only"]),
        (format!("{INPUTS} {out} --dropout 1"), &["--dropout 1: must be"]),
        (format!("{INPUTS} {out} --learning-rate 0"), &["--learning-rate 0: must be"]),
        (
            format!("{INPUTS} --epochs 1 --bin-hidden 2 --mark-hidden 2 --out absent/m.model.safetensors"),
            &["absent/m.model.safetensors", "folder does not exist"],
        ),
    ];
    for (args, needles) in cases {
        work.fails("train", &args, needles);
        assert!(!work.path("m.model.safetensors").exists() && !work.path("m.history.tsv").exists(), "{args}");
    }

    work.ok("train", &format!("{INPUTS} {out}"));
    std::fs::write(work.path("cut.model.safetensors"), &bytes(&work, "m.model.safetensors")[..2000]).unwrap();
    let predict = |bins: &str, model: &str| {
        format!("--bins {bins} --model {model} --predictions p.tsv --attention a.bins.safetensors")
    };
    let model = "m.model.safetensors";
    let cases: Vec<(String, &[&str])> = vec![
        (predict("swapped.bins.safetensors", model), &["another order", "H3K4me3, H3K27me3", "H3K27me3, H3K4me3"]),
        (predict("other.bins.safetensors", model), &["marks differ", "H3K9me3"]),
        (predict("wide.bins.safetensors", model), &["±2000 bp in bins of 200 bp", "--bin-size"]),
        (predict("genome.bins.safetensors", model), &["trained on gene, the matrix has genome", "--orientation"]),
        (predict("sum.bins.safetensors", model), &["trained on mean, the matrix has sum", "--statistic"]),
        (predict("attention.bins.safetensors", model), &["holds attention, expected signal"]),
        (predict("infinite.bins.safetensors", model), &["gene G2", "infinite"]),
        (predict(x, "cut.model.safetensors"), &["cut.model.safetensors", "truncated"]),
        (predict(x, x), &["x.bins.safetensors", "model file"]),
        (predict(x, "missing.model.safetensors"), &["missing.model.safetensors", "no such file"]),
        (format!("--bins {x} --model {model} --predictions p.tsv --attention p.tsv"), &["same file"]),
    ];
    for (args, needles) in cases {
        work.fails("predict", &args, needles);
        assert!(!work.path("p.tsv").exists() && !work.path("a.bins.safetensors").exists(), "{args}");
    }
}

/// A DeepChrome CSV (gene, bin, five marks, label; 100 rows a gene) as a matrix, and its labels.
fn deepchrome(paths: &[std::path::PathBuf]) -> (Matrix, Vec<(String, String)>) {
    let (mut ids, mut values, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.trim().split(',').collect()).collect();
        for gene in rows.chunks(100) {
            ids.push(gene[0][0].to_owned());
            labels.push((gene[0][0].to_owned(), gene[0][7].to_owned()));
            values.extend((2..7).flat_map(|mark| gene.iter().map(move |row| row[mark].parse::<f32>().unwrap())));
        }
    }
    let marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"].map(str::to_owned).to_vec();
    let grid = Grid::new(5000, 100, Orientation::Genome).unwrap();
    let (status, statistic) = (vec![Status::Ok; ids.len()], Statistic::Count);
    (
        Matrix {
            attribution: None,
            sample: "E003".into(),
            assembly: None,
            grid,
            bases: Default::default(),
            statistic,
            marks,
            status,
            regions: ids.into_iter().map(Region::unplaced).collect(),
            layers: vec![Layer::new(LayerName::Window, values)],
            ..matrix("")
        },
        labels,
    )
}

fn deepdiff(data: &Path) -> [std::path::PathBuf; 3] {
    ["train", "valid", "test"].map(|split| data.join(format!("deepdiff/E003/classification/{split}.csv")))
}

#[test]
fn the_published_model_gives_the_golden_outputs() {
    let Some(data) = shared_data("the_published_model_gives_the_golden_outputs") else { return };
    let work = Workdir::new();
    let (matrix, _) = deepchrome(&deepdiff(&data));
    io::bins::write(&work.path("x.bins.safetensors"), &matrix).unwrap();
    let folder = data.join("attentivechrome_E003");
    let header: ModelHeader = serde_json::from_value(serde_json::json!({
        "format": "attentrack.model", "format_version": 1, "tool_version": "0",
        "model": {"tag": "attentive-chrome", "n_marks": 5, "n_bins": 100, "bin_hidden": 32, "mark_hidden": 16},
        "marks": matrix.marks, "flank_bp": 5000, "bin_size_bp": 100, "orientation": "genome", "statistic": "count",
        "samples": [], "transform": {"transform": "raw", "train_means": []},
    }))
    .unwrap();
    let tensors: Vec<_> = candle_core::Tensor::read_npz(folder.join("weights.npz"))
        .unwrap()
        .into_iter()
        .map(|(name, tensor)| {
            let values = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            (name, io::safetensors_file::RawTensor::of_f32(tensor.dims(), &values))
        })
        .collect();
    model_file::write(&work.path("m.model.safetensors"), &header, &tensors).unwrap();
    work.ok(
        "predict",
        "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv --attention a.bins.safetensors",
    );

    let predictions = io::predictions::read(&work.path("p.tsv")).unwrap();
    let golden_text = std::fs::read_to_string(folder.join("reference_predictions_E003.csv")).unwrap();
    let golden: HashMap<&str, Vec<f64>> = golden_text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[0], cells[3..].iter().map(|cell| cell.parse().unwrap()).collect()))
        .collect();
    assert_eq!((predictions.rows.len(), golden.len()), (600, 600));
    let mut worst = 0f64;
    for row in &predictions.rows {
        let expected = &golden[row.gene_id.as_str()];
        worst = worst.max((row.score.unwrap() - expected[0]).abs());
        for (found, expected) in row.mark_attention.iter().zip(&expected[1..]) {
            worst = worst.max((found - expected).abs());
        }
    }
    let attention = io::bins::read(&work.path("a.bins.safetensors")).unwrap();
    let alphas = candle_core::npy::NpzTensors::new(folder.join("reference_alpha_E003.npz")).unwrap();
    let alpha = alphas.get("alpha").unwrap().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let mut worst_alpha = 0f32;
    for (line, expected) in golden_text.lines().skip(1).zip(alpha.chunks(500)) {
        let gene = attention.regions.iter().position(|region| line.starts_with(&region.id)).unwrap();
        let pairs = attention.row(LayerName::Window, gene).iter().zip(expected);
        worst_alpha = pairs.map(|(a, b)| (a - b).abs()).fold(worst_alpha, f32::max);
    }
    println!("largest difference: score and mark attention {worst:e}, bin attention {worst_alpha:e}");
    // the golden CSV has six decimals
    assert!(worst < 2e-6 && worst_alpha < 2e-6, "{worst:e} {worst_alpha:e}");
}

/// The genes of deepdiff/E003 with their labels and splits: 200 to train on, 200 to validate, 200 to test.
fn deepdiff_workdir(data: &Path) -> (Workdir, Vec<(String, String)>) {
    let work = Workdir::new();
    let (matrix, labels) = deepchrome(&deepdiff(data));
    io::bins::write(&work.path("x.bins.safetensors"), &matrix).unwrap();
    let table = |head: &str, cell: &dyn Fn(usize) -> String| {
        (0..600).fold(head.to_owned(), |text, gene| text + &format!("{}\t{}\n", labels[gene].0, cell(gene)))
    };
    work.write("labels.tsv", table("gene_id\tlabel\n", &|gene| labels[gene].1.clone()));
    work.write("splits.tsv", table("gene_id\tsplit\n", &|gene| ["train", "valid", "test"][gene / 200].to_owned()));
    (work, labels)
}

/// The published regime on 200 training genes; a PyTorch peer has test AUROC .854, mean of three seeds.
#[test]
fn test_auroc_is_that_of_pytorch() {
    let Some(data) = shared_data("test_auroc_is_that_of_pytorch") else { return };
    let (work, labels) = deepdiff_workdir(&data);
    let mut total = 0.0;
    for seed in 1..=3 {
        work.ok("train", &format!("{INPUTS} --seed {seed} --threads 2 --out m.model.safetensors"));
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
        let scores: Vec<f64> = rows[400..].iter().map(|row| row.score.unwrap()).collect();
        let positive: Vec<bool> = labels[400..].iter().map(|(_, label)| label == "1").collect();
        let auroc = attentrack::learn::metrics::auroc(&positive, &scores).unwrap();
        println!("seed {seed}: {auroc:.4}");
        total += auroc;
    }
    assert!(total / 3.0 > 0.844, "{}", total / 3.0);
}

/// A model of one sample scores another: in the same units without a word, in others with a warning that
/// says what to do, and after depth scaling with the same scores as before.
#[test]
fn a_new_sample_in_other_units_is_warned_of() {
    let work = workdir();
    let scaled = |name: &str, factor: &[f32]| {
        let mut other = matrix("yy");
        let of_mark = |at: usize| factor[at / 20 % 2];
        other.layers[0].values.iter_mut().enumerate().for_each(|(at, value)| *value *= of_mark(at));
        io::bins::write(&work.path(name), &other).unwrap();
    };
    scaled("eight.bins.safetensors", &[8.0, 8.0]);
    scaled("one.bins.safetensors", &[1.0, 8.0]);
    for transform in ["raw", "depth-scaled"] {
        let model = format!("--model {transform}.model.safetensors");
        work.ok(
            "train",
            &format!("{INPUTS} {FAST} --epochs 2 --transform {transform} --out {transform}.model.safetensors"),
        );
        let said = |bins: &str| {
            work.ok("predict", &format!("--bins {bins}.bins.safetensors {model} --predictions {transform}.{bins}.tsv"))
        };
        for same in ["x", "yy"] {
            assert!(!said(same).contains("unlike"), "{transform} {same}");
        }
        let (eight, one) = (said("eight"), said("one"));
        if transform == "raw" {
            let needles =
                ["yy: the signal is unlike", "(x)", "H3K4me3 (100 %", "H3K27me3 (100 %", "--transform depth-scaled"];
            assert!(needles.iter().all(|needle| eight.contains(needle)), "{eight}");
            assert!(one.contains("in H3K27me3") && !one.contains("H3K4me3 ("), "{one}");
        } else {
            assert!(!eight.contains("unlike") && !one.contains("unlike"), "{eight}{one}");
            assert_eq!(work.read("depth-scaled.eight.tsv"), work.read("depth-scaled.yy.tsv"));
        }
    }
    // streamed genes leave the same quantiles in the model
    work.ok("train", &format!("{INPUTS} {FAST} --epochs 2 --memory 4096 --out streamed.model.safetensors"));
    let quantiles = |name: &str| model_file::read(&work.path(name)).unwrap().0.input_quantiles;
    assert_eq!(quantiles("streamed.model.safetensors"), quantiles("raw.model.safetensors"));
    assert_eq!(quantiles("raw.model.safetensors").len(), 2);
}
