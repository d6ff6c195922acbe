//! Genes without any data are never called silent: they have no score, in any model, unless asked for.

use super::*;
use attentrack::matrix::LayerName;

/// Genes 40 and 41 have no data: their windows are zeros, as of a statistic that takes a base without data as 0.
fn sparse(sample: &str) -> Matrix {
    let mut matrix = matrix(sample);
    for gene in [40, 41] {
        matrix.layers[0].values[gene * 40..][..40].fill(0.0);
        matrix.status[gene] = Status::Empty;
    }
    matrix
}

fn rows(work: &Workdir, name: &str) -> Vec<Vec<String>> {
    work.read(name).lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn genes_without_data_have_no_score_in_any_model() {
    let work = workdir();
    io::bins::write(&work.path("x.bins.safetensors"), &sparse("x")).unwrap();
    for model in ["attentive-chrome", "auto", "logistic-regression", "random-forest"] {
        let sizes = if model.starts_with("a") { "--bin-hidden 4 --mark-hidden 3 --epochs 2" } else { "" };
        work.ok("train", &format!("{INPUTS} {sizes} --model {model} --out m.model.safetensors"));
        let predict = "--bins x.bins.safetensors --model m.model.safetensors";
        let log = work.ok("predict", &format!("{predict} --predictions na.tsv"));
        assert!(log.contains("x: 57 of 60 genes scored"), "{model}: {log}");
        assert!(log.contains("WARN x: 2 genes have no data in any mark (status empty)"), "{model}: {log}");
        assert!(log.contains("--score-empty") && log.contains("WARN x: 1 genes are on chromosomes"), "{model}: {log}");
        let log = work.ok("predict", &format!("{predict} --predictions all.tsv --score-empty"));
        assert!(log.contains("x: 59 of 60 genes scored") && !log.contains("no data"), "{model}: {log}");
        let (na, all) = (rows(&work, "na.tsv"), rows(&work, "all.tsv"));
        let header = work.read("na.tsv").lines().next().unwrap().to_owned();
        assert!(header.ends_with("\tmodel"), "{header}");
        for (gene, (row, scored)) in na.iter().zip(&all).enumerate() {
            let numbers = 4..row.len() - 1;
            match gene {
                40 | 41 => {
                    assert_eq!(row[3], "empty");
                    assert!(row[numbers].iter().all(|cell| cell == "NA"), "{model}: {row:?}");
                    assert!(scored[4].parse::<f64>().is_ok(), "{model}: {scored:?}");
                }
                // the others are what they were
                _ => assert_eq!(row, scored, "{model}"),
            }
            assert!(row[row.len() - 1].starts_with(&format!("{model}-")) && row[row.len() - 1] == na[0][row.len() - 1]);
        }
        let log = work
            .ok("evaluate", "--predictions na.tsv --labels labels.tsv --splits splits.tsv --bootstrap 0 --out m.json");
        assert!(log.contains("3 unscored (empty 2, no_chrom 1)"), "{log}");
    }
}

#[test]
fn genes_without_data_have_neither_attention_nor_an_explanation() {
    let work = workdir();
    io::bins::write(&work.path("x.bins.safetensors"), &sparse("x")).unwrap();
    work.ok("train", &format!("{INPUTS} {FAST} --epochs 2 --out m.model.safetensors"));
    let model = "--bins x.bins.safetensors --model m.model.safetensors";
    work.ok("predict", &format!("{model} --predictions p.tsv --attention a.bins.safetensors"));
    work.ok(
        "explain",
        &format!("{model} --method deep-lift,occlusion --out '{{method}}.bins.safetensors'").replace('\'', ""),
    );
    for name in ["a", "deep-lift", "occlusion"] {
        let matrix = io::bins::read(&work.path(&format!("{name}.bins.safetensors"))).unwrap();
        for gene in 0..GENES {
            let missing = matrix.row(LayerName::Window, gene).iter().filter(|value| value.is_nan()).count();
            assert_eq!(missing, if [40, 41, 59].contains(&gene) { 40 } else { 0 }, "{name}, gene {gene}");
        }
    }
}

/// Two trainings differ in what their scores are called by, and a copy of a file does not.
#[test]
fn the_model_column_tells_models_apart() {
    let work = workdir();
    let id = |file: &str| model_file::fingerprint(&work.path(file), "attentive-chrome").unwrap();
    for (seed, out) in [(1, "a"), (2, "b"), (1, "c")] {
        work.ok("train", &format!("{INPUTS} {FAST} --epochs 1 --seed {seed} --out {out}.model.safetensors"));
    }
    assert_eq!(id("a.model.safetensors"), id("c.model.safetensors"));
    assert_ne!(id("a.model.safetensors"), id("b.model.safetensors"));
    work.ok("predict", "--bins x.bins.safetensors --model a.model.safetensors --predictions p.tsv");
    assert_eq!(io::predictions::read(&work.path("p.tsv")).unwrap().model, Some(id("a.model.safetensors")));
}
