//! Two samples joined, what changes between them learnt, and what is refused.

use attentrack::io;
use attentrack::matrix::{LayerName, Matrix, Status};

use super::{GENES, matrix, splits};
use crate::support::Workdir;

/// Samples a and b, whose expression differs where the signal of H3K4me3 at bins 9 and 10 does: every third gene
/// has it in b alone, the next in a alone.
fn workdir() -> Workdir {
    let work = Workdir::new();
    let sample = |name: &str, on: usize| {
        let mut sample: Matrix = matrix(name);
        for gene in 0..GENES - 2 {
            for bin in 9..11 {
                sample.layers[0].values[gene * 40 + bin] = if gene % 3 == on { 9.0 } else { 1.0 };
            }
        }
        io::bins::write(&work.path(&format!("{name}.bins.safetensors")), &sample).unwrap();
    };
    sample("a", 1);
    sample("b", 0);
    let row = |gene: usize| format!("G{gene}\t{}\t{}\n", if gene % 3 == 1 { 15 } else { 0 }, [15, 0, 3][gene % 3]);
    work.write("x.tsv", "gene_id\ta\tb\n".to_owned() + &(0..GENES).map(row).collect::<String>());
    work.write("splits.tsv", splits());
    work.ok("pair", "--bins b.bins.safetensors --versus a.bins.safetensors --out ab.bins.safetensors");
    work.ok("label", "--expression x.tsv --sample b --versus a --method log2 --out ab.labels.tsv");
    work
}

const FAST: &str = "--bin-hidden 6 --mark-hidden 4 --learning-rate 0.02 --batch-size 8";
const INPUTS: &str = "--bins ab.bins.safetensors --labels ab.labels.tsv --splits splits.tsv --task regression";

#[test]
fn two_samples_are_joined_mark_by_mark_and_compared_gene_by_gene() {
    let work = workdir();
    let [a, b, pair] =
        ["a", "b", "ab"].map(|name| io::bins::read(&work.path(&format!("{name}.bins.safetensors"))).unwrap());
    assert_eq!(pair.marks, ["A:H3K4me3", "A:H3K27me3", "B:H3K4me3", "B:H3K27me3"]);
    assert_eq!((pair.sample.as_str(), pair.n_regions()), ("b-vs-a", GENES));
    assert_eq!(
        (pair.row(LayerName::Window, 7), pair.bins(7, 3)),
        ([a.row(LayerName::Window, 7), b.row(LayerName::Window, 7)].concat().as_slice(), b.bins(7, 1))
    );
    assert_eq!(pair.status[GENES - 1], Status::NoChrom);
    assert!(pair.row(LayerName::Window, GENES - 1).iter().all(|value| value.is_nan()));
    // log2 of 16 / 1, 1 / 16, 4 / 1
    let labels = work.read("ab.labels.tsv");
    assert_eq!(labels.lines().skip(1).take(3).collect::<Vec<_>>(), ["G0\t.\t4\t15", "G1\t.\t-4\t0", "G2\t.\t2\t3"]);

    let mut other = matrix("c");
    other.marks.swap(0, 1);
    io::bins::write(&work.path("c.bins.safetensors"), &other).unwrap();
    for (stage, args, needle) in [
        (
            "pair",
            "--bins c.bins.safetensors --versus a.bins.safetensors",
            "marks: H3K27me3, H3K4me3, but in the other sample",
        ),
        ("label", "--expression x.tsv --sample b --versus a", "--method log2"),
        ("label", "--expression x.tsv --sample b --versus b --method log2", "one column"),
        ("label", "--expression x.tsv --sample b --versus z --method log2", "z"),
    ] {
        work.fails(stage, &format!("{args} --out no.bins.safetensors"), &[needle]);
        assert!(!work.path("no.bins.safetensors").exists());
    }
}

#[test]
fn every_variant_learns_what_changes_resumes_and_says_where_it_looks() {
    let work = workdir();
    for variant in ["raw-d", "raw-c", "raw", "aux", "raw-aux", "aux-siamese", "raw-aux-siamese"] {
        let train = format!("{INPUTS} {FAST} --transform log1p --model deep-diff-{variant} --out");
        work.ok("train", &format!("{train} {variant}.model.safetensors --epochs 60"));
        // the same in a stream
        work.ok("train", &format!("{train} s.model.safetensors --epochs 2 --memory 4096"));
        let args = format!("--bins ab.bins.safetensors --model {variant}.model.safetensors");
        work.ok("predict", &format!("{args} --predictions {variant}.tsv --attention {variant}.bins.safetensors"));
        work.ok(
            "evaluate",
            &format!("--predictions {variant}.tsv --labels ab.labels.tsv --splits splits.tsv --out m.json"),
        );
        assert!(work.read("m.json").contains("pearson"), "{variant}");
        let pearson = work.read(&format!("{variant}.history.tsv"));
        let best =
            pearson.lines().skip(1).filter_map(|row| row.split('\t').nth(3)?.parse::<f64>().ok()).fold(-1.0, f64::max);
        assert!(best > 0.9, "{variant}: {best}");
        let attention = io::bins::read(&work.path(&format!("{variant}.bins.safetensors"))).unwrap();
        assert_eq!(attention.marks.len(), 4);
        let of_marks = attention.layers[0].attention.as_ref().unwrap().mark_values.as_ref().unwrap();
        for gene in 0..GENES - 1 {
            assert!((of_marks[gene * 4..][..4].iter().sum::<f32>() - 1.0).abs() < 1e-5, "{variant}");
            for mark in 0..4 {
                assert!((attention.bins(gene, mark).iter().sum::<f32>() - 1.0).abs() < 1e-5, "{variant}");
            }
        }
    }
    let refused = |args: &str, needle: &str| {
        work.fails("train", &format!("{args} --out no.model.safetensors"), &[needle]);
    };
    let model = "--splits splits.tsv --model deep-diff-aux";
    refused(&format!("--bins ab.bins.safetensors --labels ab.labels.tsv {model}"), "--task regression");
    work.write(
        "changes.tsv",
        work.read("ab.labels.tsv")
            .lines()
            .map(|row| row.rsplit_once('\t').unwrap().0.to_owned() + "\n")
            .collect::<String>(),
    );
    refused(
        &format!("--bins ab.bins.safetensors --labels changes.tsv --task regression {model}"),
        "has a label and no expression",
    );
    let mut odd = matrix("a");
    odd.marks.truncate(1);
    odd.layers[0].values = odd.layers[0].values.chunks(40).flat_map(|gene| gene[..20].to_vec()).collect();
    io::bins::write(&work.path("odd.bins.safetensors"), &odd).unwrap();
    refused(
        &format!("--bins odd.bins.safetensors --labels ab.labels.tsv --task regression {model}"),
        "attentrack-pair",
    );
}
