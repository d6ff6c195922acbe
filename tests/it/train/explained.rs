//! The stacked model explained: what asks for nothing but scores explains the score that users see, the rest its
//! networks, and says so.

use std::collections::HashMap;

use attentrack::io;
use attentrack::matrix::{LayerName, Matrix};

use super::{FAST, GENES, INPUTS, workdir};

const MODEL: &str = "--bins x.bins.safetensors --model m.model.safetensors";

#[test]
fn the_whole_score_of_a_stack_is_explained_and_judged() {
    let work = workdir();
    work.ok("train", &format!("{INPUTS} {FAST} --model auto --epochs 8 --out m.model.safetensors"));
    work.ok("predict", &format!("{MODEL} --predictions p.tsv"));
    // without a method, that which explains the whole score
    work.ok("explain", &format!("{MODEL} --out contributions.bins.safetensors"));
    let methods = "occlusion,temporal-forward,deep-lift,joint-attention";
    let log = work.ok("explain", &format!("{MODEL} --method {methods} --out {{method}}.bins.safetensors"));
    assert!(log.contains("deep-lift, joint-attention: of the stack's networks alone"), "{log}");
    let attribution = |name: &str| io::bins::read(&work.path(&format!("{name}.bins.safetensors"))).unwrap();
    let header = |name: &str| attribution(name).attribution.unwrap();
    assert_eq!(header("deep-lift").settings, ["members=2", "of=networks"]);
    assert!(header("joint-attention").unit.ends_with("of the networks of the stack"));
    assert_eq!(header("contributions").method, "contributions");
    assert_eq!(header("contributions").settings, ["baseline=empty"]);
    assert_eq!(header("occlusion").settings.len(), 0);

    // the score of the whole window is the one that attentrack-predict gives, before its calibration
    let forward = attribution("temporal-forward");
    let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
    for (gene, row) in rows.iter().enumerate().take(GENES - 1) {
        let (last, raw) = (f64::from(forward.row(LayerName::Window, gene)[19]), row.raw_score.unwrap());
        assert!((1.0 / (1.0 + (-last).exp()) - raw).abs() < 1e-5, "gene {gene}: {last} {raw}");
    }

    // the two bins that decide lose most, of both the stack and its networks
    for name in ["contributions", "occlusion", "deep-lift"] {
        let largest = largest_bins(&attribution(name));
        assert_eq!(largest, [9, 10], "{name}");
    }

    work.ok("faithfulness", &format!("{MODEL} --out f.tsv --genes 0 --steps 4"));
    let text = work.read("f.tsv");
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let rows: HashMap<&str, HashMap<&str, &str>> =
        lines.map(|cells| (cells[0], columns.iter().copied().zip(cells).collect())).collect();
    // every method, the raw signal, and a random order
    assert_eq!(rows.len(), 20);
    let number = |row: &str, column: &str| rows[row][column].parse::<f64>().unwrap();
    // a stack has no weights to be shuffled, and no members that are seeds; its networks have
    assert_eq!((rows["occlusion"]["shuffled_weights"], rows["occlusion"]["seeds"]), ("NA", "NA"));
    assert!(number("deep-lift", "shuffled_weights") < 1.0 && number("deep-lift", "seeds") < 1.0);
    assert!(rows["attention"]["unit"].ends_with("of the networks of the stack"));
    // all are judged by one score, which occlusion is made for
    assert!(number("occlusion", "comprehensiveness") > number("random", "comprehensiveness"), "{text}");
    assert!(number("occlusion", "deletion") < number("random", "deletion"), "{text}");
}

/// The two bins of the first mark with the largest mean over the positive genes.
fn largest_bins(matrix: &Matrix) -> Vec<usize> {
    let mean = |bin: usize| (1..GENES - 1).step_by(2).map(|gene| matrix.row(LayerName::Window, gene)[bin]).sum::<f32>();
    let mut bins: Vec<usize> = (0..20).collect();
    bins.sort_by(|&a, &b| mean(b).total_cmp(&mean(a)));
    let mut two = bins[..2].to_vec();
    two.sort_unstable();
    two
}
