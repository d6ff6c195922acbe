//! Models of lsgkm: scores and contributions are its own (tests/golden/lsgkm.py).

use attentrack::io::bins;
use attentrack::matrix::LayerName;
use serde_json::Value;

use crate::support::Workdir;

fn golden() -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lsgkm.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// The sequences of the golden numbers as a matrix, in one row each; the last one is longer than the others.
fn tested(golden: &Value) -> (Workdir, Vec<String>) {
    let work = Workdir::new();
    let texts: Vec<String> =
        golden["test"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    let records = texts.iter().enumerate().map(|(at, text)| format!(">s{at}\n{text}\n"));
    work.write("t.fasta", records.collect::<String>());
    work.ok("bin", "--fasta t.fasta --out t.bins.safetensors");
    (work, texts)
}

#[test]
fn scores_and_contributions_are_those_of_lsgkm() {
    let golden = golden();
    let (work, texts) = tested(&golden);
    for (name, case) in golden["cases"].as_object().unwrap() {
        work.write("m.model.txt", case["model"].as_str().unwrap());
        let log = work.ok("import", "--lsgkm m.model.txt --out m.model.safetensors");
        let is_number = name == "numbers";
        assert_eq!(log.contains("not calibrated"), !is_number, "{log}");
        work.ok("predict", "--bins t.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let table = work.read("p.tsv");
        let mut lines = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let column = lines.next().unwrap().iter().position(|name| *name == "score").unwrap();
        let expected = numbers(&case["scores"]);
        let mut compared = 0;
        for (row, expected) in lines.zip(&expected) {
            let score: f64 = row[column].parse().unwrap();
            let own = if is_number { score } else { (score / (1.0 - score)).ln() };
            assert!((own - expected).abs() < 2e-6, "{name}: {own} {expected}");
            compared += 1;
        }
        assert_eq!(compared, texts.len());
        let parts = case["parts"].as_array().unwrap();
        if parts.is_empty() {
            continue;
        }
        work.ok("explain", "--bins t.bins.safetensors --model m.model.safetensors --out c.bins.safetensors");
        let matrix = bins::read(&work.path("c.bins.safetensors")).unwrap();
        let layer = matrix.layer(LayerName::Sequence).unwrap();
        let length = layer.values.len() / texts.len();
        for ((row, text), expected) in layer.values.chunks_exact(length).zip(&texts).zip(parts) {
            let (before, expected) = (length / 2 - text.len() / 2, numbers(expected));
            let own = &row[before..before + text.len()];
            for (at, (own, expected)) in own.iter().zip(&expected).enumerate() {
                assert!((f64::from(*own) - expected).abs() < 1e-6, "{name} {at}: {own} {expected}");
            }
        }
    }
}

#[test]
fn what_is_no_model_is_refused_by_its_line() {
    let golden = golden();
    let work = Workdir::new();
    let good = golden["cases"]["wgkm"]["model"].as_str().unwrap();
    let cases: [(String, &[&str]); 10] = [
        (good.replace("wgkm", "gkmrbf"), &["gkmrbf", "not linear", "-t 0, 1, 2 or 4"]),
        (good.replace("wgkm", "spectrum"), &["spectrum", "Known are gkm"]),
        (good.replace("c_svc", "one_class"), &["one_class", "c_svc"]),
        (good.replace("L 7", "L 13"), &["a model", "1 to 12"]),
        (good.replace("k 5", "k 9"), &["k 9", "1 to L"]),
        (good.replace("label 1 -1", "label -1 1"), &["line 12", "label", "positives"]),
        (good.replace("rho", "roh"), &["line 11", "roh"]),
        (good.replace("H 6", "H no"), &["line 8", "H is \"no\""]),
        (good[..good.len() - 200].to_owned(), &["support vectors", "total_sv"]),
        (good.replace("\nSV\n", "\nSV\n0.5 ACG\n"), &["line 15", "no word of 7"]),
    ];
    for (text, needles) in cases {
        assert_ne!(text, good);
        work.write("m.model.txt", &text);
        let needles = [&["m.model.txt"], needles].concat();
        work.fails("import", "--lsgkm m.model.txt --out m.model.safetensors", &needles);
    }
    work.write("m.model.txt", ">s1\nACGT\n");
    work.fails("import", "--lsgkm m.model.txt --out m.model.safetensors", &["line 1", "gkmtrain"]);
    work.stage("import").args(["--lsgkm", "m.model.txt"]).assert().code(2);
    // letters that it takes for A are counted
    work.write("m.model.txt", good.replacen("CCACGTG", "CCANGTG", 1));
    let log = work.ok("import", "--lsgkm m.model.txt --out m.model.safetensors");
    assert!(log.contains("1 letters of the support vectors"), "{log}");
}
