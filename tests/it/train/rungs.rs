//! The rungs below a model of the signal's shape: means of marks, one mark along the body, and what is known of a gene
//! without any signal. And baselines of the layers that are asked for.

use attentrack::genome::{Chrom, Strand, Tss};
use attentrack::io;
use attentrack::learn::metrics::auroc;
use attentrack::matrix::{BODY_PARTS, Layer, LayerName};

use super::{GENES, INPUTS, workdir};
use crate::support::Workdir;

const PREDICT: &str = "--model m.model.safetensors --predictions p.tsv";

/// Windows that say nothing; bodies of the second mark, and lengths, that say all. Labels of `x` and `yy` differ in
/// every sixth gene, as does their expression.
fn rungs() -> Workdir {
    let work = workdir();
    let quiet = |at: usize| ((at * 7919 + at / 40 * 104_729) % 11) as f32 / 4.0;
    for name in ["x", "yy"] {
        let mut matrix = super::matrix(name);
        matrix.layers[0]
            .values
            .iter_mut()
            .enumerate()
            .filter(|(_, v)| v.is_finite())
            .for_each(|(at, v)| *v = quiet(at));
        let body = |at: usize| {
            let (gene, mark) = (at / (2 * BODY_PARTS), at / BODY_PARTS % 2);
            if gene == 7 { f32::NAN } else { quiet(at + 3) + if mark == 1 && gene % 2 == 1 { 2.0 } else { 0.0 } }
        };
        matrix.layers.push(Layer::new(LayerName::Body, (0..GENES * 2 * BODY_PARTS).map(body).collect()));
        for (gene, region) in matrix.regions.iter_mut().enumerate() {
            let tss = 1_000_000 * (gene as u64 + 1);
            region.tss = Some(Tss { chrom: "chr1".to_owned(), position: tss, strand: Strand::Forward });
            region.end = (gene != 7).then_some(tss + 5_000 + 20_000 * (gene as u64 % 2) + 10 * gene as u64);
        }
        matrix.chroms = std::iter::once(Chrom { name: "chr1".to_owned(), length: None }).collect();
        io::bins::write(&work.path(&format!("{name}.bins.safetensors")), &matrix).unwrap();
        let high = |gene: usize| (gene + usize::from(name == "yy" && gene.is_multiple_of(6))) % 2;
        let row = |gene: usize| format!("G{gene}\t{}\t{}\n", high(gene), 1 + 20 * high(gene) + gene % 3);
        let rows: String = (0..GENES).map(row).collect();
        work.write(&format!("{name}.labels.tsv"), format!("gene_id\tlabel\texpression\n{rows}"));
    }
    work
}

/// AUROC of all genes that have a score.
fn judged(work: &Workdir, sample: &str) -> f64 {
    let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
    let labels = io::labels::read(&work.path(&format!("{sample}.labels.tsv"))).unwrap();
    let labels = labels.by_gene();
    let pairs = rows.iter().filter_map(|row| Some((*labels.get(&row.gene_id)? == 1.0, row.score?)));
    let (labels, scores): (Vec<bool>, Vec<f64>) = pairs.unzip();
    auroc(&labels, &scores).unwrap()
}

const ONE: &str = "--bins x.bins.safetensors --labels x.labels.tsv --splits splits.tsv --out m.model.safetensors";

#[test]
fn what_lies_in_the_body_is_learnt_where_bodies_are_read() {
    let work = rungs();
    let auroc = |args: &str| {
        work.ok("train", &format!("{ONE} {args}"));
        work.ok("predict", &format!("--bins x.bins.safetensors {PREDICT}"));
        judged(&work, "x")
    };
    for model in ["logistic-regression", "linear-svm", "random-forest", "gradient-boosting"] {
        let window = auroc(&format!("--model {model} --transform unit-mean-log1p"));
        let both = auroc(&format!("--model {model} --transform unit-mean-log1p --layers body,window"));
        assert!(both > 0.95 && both > window, "{model}: {window} {both}");
    }
    assert!(auroc("--model mark-means") > 0.95);
    assert!(auroc("--model body-mark --mark H3K27me3") > 0.95);
    assert!(auroc("--model body-mark --mark H3K4me3") < 0.8);
    assert!(auroc("--model gene-length") > 0.95);
    work.fails("train", &format!("{ONE} --model body-mark"), &["x.bins.safetensors", "no mark H3K36me3", "--mark"]);
    work.fails("train", &format!("{ONE} --model mark-means --layers body"), &["--layers is an option of"]);
    work.fails("train", &format!("{ONE} --model auto --mark H3K4me3"), &["--mark is an option of body-mark"]);
    let without = format!("{INPUTS} --model random-forest --layers body --out m.model.safetensors");
    let plain = workdir();
    plain.fails("train", &without, &["x.bins.safetensors", "no gene bodies", "--body"]);
    plain.fails("train", &format!("{INPUTS} --model gene-length --out m.model.safetensors"), &["known end"]);
}

#[test]
fn the_expression_of_other_samples_scores_a_sample_and_its_own_does_not() {
    let work = rungs();
    let both = format!("{ONE} --bins yy.bins.safetensors --labels yy.labels.tsv --model expression-mean");
    work.ok("train", &both);
    for (sample, other) in [("x", "yy"), ("yy", "x")] {
        work.ok("predict", &format!("--bins {sample}.bins.safetensors {PREDICT}"));
        // in the order of the other's expression: as good as its labels are the same
        assert_eq!(judged(&work, other), 1.0);
        let own = judged(&work, sample);
        assert!(own > 0.7 && own < 0.99, "{own}");
    }
    work.ok("train", &format!("{ONE} --model expression-mean"));
    work.fails("predict", &format!("--bins x.bins.safetensors {PREDICT}"), &["expression-mean", "several samples"]);
    work.ok("predict", &format!("--bins yy.bins.safetensors {PREDICT}"));
    assert_eq!(judged(&work, "x"), 1.0);
    work.fails(
        "explain",
        "--bins yy.bins.safetensors --model m.model.safetensors --method occlusion --out e.bins.safetensors",
        &["does not look at the signal"],
    );
    let without = work
        .read("x.labels.tsv")
        .lines()
        .map(|line| format!("{}\n", line.rsplit_once('\t').unwrap().0))
        .collect::<String>();
    work.write("x.labels.tsv", without);
    work.fails("train", &format!("{ONE} --model expression-mean"), &["x.labels.tsv", "nothing of expression"]);
}
