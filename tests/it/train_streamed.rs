//! Training on genes that are streamed from the files: its determinism, resuming, its agreement with
//! training in memory, its refusals.

use attentrack::genome::{Grid, Orientation};
use attentrack::io;
use attentrack::matrix::{Kind, Layer, LayerName, Matrix, Region, Statistic, Status};
use attentrack::stage::model_file;

use crate::support::Workdir;

const GENES: usize = 300;
const SIZE: usize = 2 * 2000;

/// 300 genes, 2 marks, bodies, and 2,000 bins of 1 bp, so that a shard of 1 MiB has 65 rows; odd genes have more of
/// mark A, gene 7 has a missing value, gene 9 none at all.
fn matrix(sample: &str) -> Matrix {
    let shift = sample.len() * 13;
    let value = |at: usize| {
        let (gene, mark) = (at / SIZE, at / 2000 % 2);
        let noise = ((at * 7919 + gene * 104_729 + shift) % 11) as f32 / 8.0;
        noise + if gene % 2 == 1 && mark == 0 { 1.0 } else { 0.0 }
    };
    let mut values: Vec<f32> = (0..GENES * SIZE).map(value).collect();
    values[7 * SIZE + 5] = f32::NAN;
    values[9 * SIZE..10 * SIZE].fill(f32::NAN);
    // of every fifth gene, the end is not known
    let of_body = |at: usize| if (at / 24).is_multiple_of(5) { f32::NAN } else { ((at * 31 + shift) % 7) as f32 / 4.0 };
    let bodies = (0..GENES * 24).map(of_body).collect();
    let mut status = vec![Status::Ok; GENES];
    status[9] = Status::NoChrom;
    Matrix {
        kind: Kind::Signal,
        attribution: None,
        sample: sample.to_owned(),
        assembly: None,
        grid: Grid::new(1000, 1, Orientation::Gene).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: ["A", "B"].map(str::to_owned).to_vec(),
        inputs: Vec::new(),
        chroms: std::iter::empty().collect(),
        regions: (0..GENES).map(|gene| Region::unplaced(format!("G{gene}"))).collect(),
        status,
        layers: vec![Layer::new(LayerName::Window, values), Layer::new(LayerName::Body, bodies)],
    }
}

fn workdir() -> Workdir {
    let work = Workdir::new();
    for sample in ["x", "yy"] {
        io::bins::write(&work.path(&format!("{sample}.bins.safetensors")), &matrix(sample)).unwrap();
    }
    let rows = |row: &dyn Fn(usize) -> String| (0..GENES).map(row).collect::<String>();
    work.write("labels.tsv", format!("gene_id\tlabel\n{}", rows(&|gene| format!("G{gene}\t{}\n", gene % 2))));
    let split = |gene: usize| ["test", "train", "valid"][gene / 2 % 3];
    work.write(
        "splits.tsv",
        format!("gene_id\tsplit\tfold\n{}", rows(&|gene| format!("G{gene}\t{}\t0\n", split(gene)))),
    );
    work
}

const POOLED: &str = "--bins x.bins.safetensors --labels labels.tsv --bins yy.bins.safetensors --labels labels.tsv --splits splits.tsv --bin-hidden 2 --mark-hidden 2 --learning-rate 0.01";

fn bytes(work: &Workdir, name: &str) -> Vec<u8> {
    std::fs::read(work.path(name)).unwrap()
}

fn same_files(work: &Workdir, one: &str, other: &str) -> bool {
    [".model.safetensors", ".history.tsv"]
        .iter()
        .all(|suffix| bytes(work, &format!("{one}{suffix}")) == bytes(work, &format!("{other}{suffix}")))
}

#[test]
fn streamed_genes_give_the_same_bytes_at_any_thread_count_and_nearly_those_of_memory() {
    let work = workdir();
    for (layers, window) in [("window", 4194), ("window,body", 4169)] {
        check_streamed(&work, layers, window);
    }
    // what stands for a body that is not known
    let missing = |name: &str| {
        let (_, tensors) = model_file::read(&work.path(&format!("{name}.model.safetensors"))).unwrap();
        tensors.into_iter().find(|(name, _)| name == "missing").unwrap().1.to_f32().unwrap()
    };
    assert_eq!(missing("memory"), missing("one"));
    assert!(missing("one")[SIZE..].iter().all(|&mean| mean > 0.0));
}

fn check_streamed(work: &Workdir, layers: &str, window: usize) {
    // all genes in one batch, so that only their order within it differs
    let train = |out: &str, more: &str| {
        let log = work.ok(
            "train",
            &format!("{POOLED} --layers {layers} --epochs 3 --batch-size 1000 --transform depth-scaled-log1p {more} --out {out}.model.safetensors"),
        );
        let streamed = format!("they are streamed, shuffled in a window of {window} genes");
        assert_eq!(log.contains(&streamed), out != "memory", "{log}");
        assert_eq!(log.contains("kept in memory"), out == "memory", "{log}");
    };
    train("memory", "");
    train("one", "--memory 100k --threads 1");
    train("two", "--memory 1M --threads 2");
    assert!(same_files(work, "one", "two"));
    let header = |name: &str| model_file::read(&work.path(&format!("{name}.model.safetensors"))).unwrap().0;
    let (memory, streamed) = (header("memory"), header("one"));
    assert_eq!(memory.transform, streamed.transform);
    let (memory, streamed) = (memory.regime.unwrap(), streamed.regime.unwrap());
    assert_eq!((memory.train_genes, memory.valid_genes), (streamed.train_genes, streamed.valid_genes));
    let losses = |name: &str| -> Vec<f64> {
        let history = work.read(&format!("{name}.history.tsv"));
        history
            .lines()
            .skip(1)
            .flat_map(|line| line.split('\t').skip(1).take(2).map(|x| x.parse().unwrap()).collect::<Vec<_>>())
            .collect()
    };
    let (memory, streamed) = (losses("memory"), losses("one"));
    assert_eq!(memory.len(), 6);
    assert!(memory.iter().zip(&streamed).all(|(a, b)| (a - b).abs() < 1e-4), "{memory:?} {streamed:?}");
}

#[test]
fn a_killed_training_on_streamed_genes_resumes_to_the_same_bytes() {
    let work = workdir();
    let train = |out: &str| {
        format!(
            "{POOLED} --layers window,body --epochs 6 --memory 1 --dropout 0.1 --resume --out {out}.model.safetensors"
        )
    };
    work.ok("train", &train("whole"));
    let mut killed = false;
    for patience in 0..100u64 {
        let mut child = work.stage_process("train", &train("cut"));
        std::thread::sleep(std::time::Duration::from_millis(150 + 50 * patience));
        let state = work.path("cut.state.safetensors").exists();
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        killed |= running && state;
        if !running {
            break;
        }
    }
    assert!(killed, "training was never killed between two epochs");
    work.ok("train", &train("cut"));
    assert!(same_files(&work, "whole", "cut"));
}

#[test]
fn what_is_wrong_in_the_stream_is_named() {
    let work = workdir();
    let mut infinite = matrix("x");
    infinite.layers[0].values[250 * SIZE + 2000 + 41] = f32::INFINITY;
    io::bins::write(&work.path("infinite.bins.safetensors"), &infinite).unwrap();
    let mut negative = matrix("x");
    negative.layers[0].values[3 * SIZE] = -1.0;
    io::bins::write(&work.path("negative.bins.safetensors"), &negative).unwrap();
    let inputs = "--labels labels.tsv --splits splits.tsv --epochs 1 --bin-hidden 2 --mark-hidden 2 --memory 1k --out m.model.safetensors";
    let cases: [(String, &[&str]); 3] = [
        (
            format!("--bins infinite.bins.safetensors {inputs}"),
            &["infinite.bins", "gene G250, mark B, bin 42", "infinite"],
        ),
        (
            format!("--bins negative.bins.safetensors {inputs} --transform log1p"),
            &["negative.bins", "gene G3", "negative"],
        ),
        (format!("--bins missing.bins.safetensors {inputs}"), &["missing.bins", "no such file"]),
    ];
    for (args, needles) in cases {
        work.fails("train", &args, needles);
        assert!(!work.path("m.model.safetensors").exists() && !work.path("m.state.safetensors").exists(), "{args}");
    }
    let output = work
        .stage("train")
        .args(format!("--bins x {inputs}").replace("1k", "lots").split_whitespace())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    // a state of the one order of genes is not gone on with in the other
    let args = format!("--bins x.bins.safetensors {inputs} --resume").replace("--epochs 1 ", "--epochs 1000000 ");
    work.stop_training(&args);
    work.fails("train", &args.replace("1k", "1G"), &["m.state.safetensors", "shuffle was streamed", "Delete it"]);
}
