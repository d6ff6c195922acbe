//! The models that are no network: they learn, keep their bytes, and are scikit-learn's where it has them.

use attentrack::io;
use attentrack::learn::ModelHeader;
use attentrack::stage::model_file;

use super::{GENES, INPUTS, bytes, deepdiff_workdir, workdir};
use crate::support::{Workdir, shared_data};

const ALL: [&str; 4] = ["logistic-regression", "linear-svm", "random-forest", "gradient-boosting"];

fn header(work: &Workdir, name: &str) -> ModelHeader {
    model_file::read(&work.path(name)).unwrap().0
}

#[test]
fn every_baseline_learns_to_the_same_bytes_at_any_thread_count() {
    let work = workdir();
    for model in ALL {
        work.ok("train", &format!("{INPUTS} --model {model} --threads 1 --out m.model.safetensors"));
        work.ok("train", &format!("{INPUTS} --model {model} --threads 3 --out n.model.safetensors"));
        assert_eq!(bytes(&work, "m.model.safetensors"), bytes(&work, "n.model.safetensors"), "{model}");
        assert_eq!(work.read("m.history.tsv").lines().count(), 2);
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let (header, rows) =
            (header(&work, "m.model.safetensors"), io::predictions::read(&work.path("p.tsv")).unwrap().rows);
        assert_eq!((header.model.name(), rows.len()), (model, GENES));
        let threshold = header.threshold.unwrap();
        let hits = rows[..GENES - 1]
            .iter()
            .enumerate()
            .filter(|(gene, row)| (row.score.unwrap() >= threshold) == (gene % 2 == 1));
        assert!(hits.count() >= GENES - 2, "{model}: {rows:?}");
        assert!(
            rows.iter().all(|row| row.mark_attention.is_empty() && row.raw_score.is_none() && row.uncertain.is_none())
        );
        let attention = "--bins x.bins.safetensors --model m.model.safetensors --attention a.bins.safetensors";
        work.fails("predict", attention, &[model, "has no attention"]);
        let cut = bytes(&work, "m.model.safetensors");
        std::fs::write(work.path("cut.model.safetensors"), &cut[..cut.len() - 9]).unwrap();
        work.fails(
            "predict",
            "--bins x.bins.safetensors --model cut.model.safetensors --predictions p.tsv",
            &["cut.model"],
        );
    }
    work.fails("import", "--model m.model.safetensors --export w.pt", &["gradient-boosting", "not a network"]);
}

#[test]
fn numbers_are_learnt_too() {
    let work = workdir();
    let value = |gene: usize| (gene % 2) as f64 * 3.0 + (gene * 7 % 5) as f64 / 10.0;
    let labels =
        (0..GENES).fold("gene_id\tlabel\n".to_owned(), |text, gene| text + &format!("G{gene}\t{}\n", value(gene)));
    work.write("labels.tsv", labels);
    for model in ALL {
        work.ok("train", &format!("{INPUTS} --task regression --model {model} --out m.model.safetensors"));
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
        let far = rows[..GENES - 1].iter().enumerate().map(|(gene, row)| (row.score.unwrap() - value(gene)).abs());
        let mean = far.sum::<f64>() / (GENES - 1) as f64;
        assert!(mean < 0.7, "{model}: {mean}");
        assert_eq!(header(&work, "m.model.safetensors").threshold, None);
    }
}

#[test]
fn calibrated_scores_keep_their_ranks_and_stand_beside_the_models_own() {
    let work = workdir();
    let train = |flags: &str| {
        work.ok("train", &format!("{INPUTS} --model logistic-regression {flags} --out m.model.safetensors"));
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        io::predictions::read(&work.path("p.tsv")).unwrap().rows
    };
    let plain = train("");
    for method in ["temperature", "isotonic"] {
        let rows = train(&format!("--calibrate {method}"));
        for (row, plain) in rows.iter().zip(&plain).take(GENES - 1) {
            assert_eq!(row.raw_score, plain.score);
            assert!((0.0..=1.0).contains(&row.score.unwrap()) && row.uncertain.is_some());
        }
        let mut order: Vec<usize> = (0..GENES - 1).collect();
        order.sort_by(|&a, &b| plain[a].score.unwrap().total_cmp(&plain[b].score.unwrap()));
        assert!(order.windows(2).all(|pair| rows[pair[0]].score <= rows[pair[1]].score));
        assert!(order.iter().any(|&gene| rows[gene].score != plain[gene].score));
        work.ok("evaluate", "--predictions p.tsv --labels labels.tsv --splits splits.tsv --out m.json");
        assert!(work.read("m.json").contains("raw_calibration_error"));
    }
    let args = format!("{INPUTS} --calibrate isotonic --task regression --out m.model.safetensors");
    let output = work.stage("train").args(args.split(' ')).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("--calibrate is of classes"), "{message}");
}

/// tests/golden/baselines.py made the numbers.
#[test]
fn linear_models_have_scikit_learns_auroc() {
    let Some(data) = shared_data("linear_models_have_scikit_learns_auroc") else { return };
    let (work, labels) = deepdiff_workdir(&data);
    for (model, golden) in [("logistic-regression", 0.8407), ("linear-svm", 0.8516)] {
        work.ok("train", &format!("{INPUTS} --model {model} --out m.model.safetensors"));
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
        let scores: Vec<f64> = rows[400..].iter().map(|row| row.score.unwrap()).collect();
        let positive: Vec<bool> = labels[400..].iter().map(|(_, label)| label == "1").collect();
        let auroc = attentrack::learn::metrics::auroc(&positive, &scores).unwrap();
        println!("{model}: {auroc:.4}");
        assert!((auroc - golden).abs() < 0.002, "{model}: {auroc} {golden}");
    }
}
