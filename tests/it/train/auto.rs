//! The stacked model.

use attentrack::io;
use attentrack::learn::ModelSpec;
use attentrack::matrix::{BODY_PARTS, Input, Layer, LayerName};
use attentrack::stage::model_file;

use super::{FAST, GENES, INPUTS, bytes, workdir};

#[test]
fn auto_stacks_calibrates_and_attends_to_the_same_bytes_at_any_thread_count() {
    let work = workdir();
    for (name, threads) in [("m", 1), ("n", 3)] {
        let args =
            format!("{INPUTS} {FAST} --model auto --epochs 8 --threads {threads} --out {name}.model.safetensors");
        let log = work.ok("train", &args);
        assert!(
            log.contains("networks: valid AUROC")
                && log.contains("all together: valid AUROC")
                && log.contains("calibrated on"),
            "{log}"
        );
    }
    assert_eq!(bytes(&work, "m.model.safetensors"), bytes(&work, "n.model.safetensors"));
    let (header, _) = model_file::read(&work.path("m.model.safetensors")).unwrap();
    let ModelSpec::Stack(config) = &header.model else { panic!("{:?}", header.model) };
    assert_eq!((config.members.len(), config.n_networks, header.members.len()), (3, 2, 2));
    assert!(config.members.iter().all(|share| share.weight >= 0.0) && header.calibration.is_some());
    assert_eq!(work.read("m.history.tsv").lines().count(), 17);

    for (name, threads) in [("p", 1), ("q", 3)] {
        let out = format!("--predictions {name}.tsv --attention {name}.bins.safetensors --threads {threads}");
        work.ok("predict", &format!("--bins x.bins.safetensors --model m.model.safetensors {out}"));
    }
    assert_eq!(work.read("p.tsv"), work.read("q.tsv"));
    let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
    let threshold = header.threshold.unwrap();
    for (gene, row) in rows.iter().enumerate().take(GENES - 1) {
        assert_eq!(row.score.unwrap() >= threshold, gene % 2 == 1, "gene {gene}: {row:?}");
        assert!((row.mark_attention.iter().sum::<f64>() - 1.0).abs() < 1e-5 && row.raw_score.is_some());
        let sd = row.spread.as_ref().unwrap().score;
        let near = (row.score.unwrap() - threshold).abs() < sd.max(0.1);
        assert_eq!(row.uncertain, Some(near), "{row:?}");
    }
    let attention = io::bins::read(&work.path("p.bins.safetensors")).unwrap();
    assert!((attention.row(LayerName::Window, 0)[..20].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    // a sample of another depth is compared with itself
    work.ok("predict", "--bins yy.bins.safetensors --model m.model.safetensors --predictions other.tsv");
}

#[test]
fn a_handful_of_genes_is_enough_and_numbers_are_learnt_too() {
    let work = workdir();
    let train = |extra: &str| {
        work.ok("train", &format!("{INPUTS} {FAST} --model auto --epochs 2 {extra} --out m.model.safetensors"));
        work.ok("predict", "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        io::predictions::read(&work.path("p.tsv")).unwrap().rows
    };
    let value = |gene: usize| (gene % 2) as f64 * 30.0 + (gene * 7 % 5) as f64;
    let labels =
        (0..GENES).fold("gene_id\tlabel\n".to_owned(), |text, gene| text + &format!("G{gene}\t{}\n", value(gene)));
    let of_classes = work.read("labels.tsv");
    work.write("labels.tsv", labels);
    let rows = train("--task regression");
    let far = rows[..GENES - 1].iter().enumerate().map(|(gene, row)| (row.score.unwrap() - value(gene)).abs());
    assert!(far.sum::<f64>() / ((GENES - 1) as f64) < 7.0, "{rows:?}");

    let few = of_classes.lines().take(15).map(|line| line.to_owned() + "\n").collect::<String>();
    work.write("labels.tsv", few);
    let rows = train("");
    let hits = rows[..GENES - 1].iter().enumerate().filter(|(gene, row)| (row.score.unwrap() > 0.5) == (gene % 2 == 1));
    assert!(hits.count() > GENES * 3 / 4, "{rows:?}");
}

/// Windows that say nothing, bodies that say all.
#[test]
fn auto_learns_from_the_bodies_where_the_matrix_has_them() {
    let work = workdir();
    let mut matrix = super::matrix("x");
    let quiet = |at: usize| ((at * 7919 + at / 40 * 104_729) % 11) as f32 / 4.0;
    matrix.layers[0]
        .values
        .iter_mut()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .for_each(|(at, value)| *value = quiet(at));
    let body = |at: usize| {
        let (gene, mark) = (at / (2 * BODY_PARTS), at / BODY_PARTS % 2);
        // the end of one gene is not known
        if gene == 7 { f32::NAN } else { quiet(at + 3) + if mark == 1 && gene % 2 == 1 { 2.0 } else { 0.0 } }
    };
    matrix.layers.push(Layer::new(LayerName::Body, (0..GENES * 2 * BODY_PARTS).map(body).collect()));
    io::bins::write(&work.path("b.bins.safetensors"), &matrix).unwrap();
    let inputs = INPUTS.replace("x.bins", "b.bins");
    let train = format!("{FAST} --model auto --epochs 2 --out m.model.safetensors");
    work.ok("train", &format!("{inputs} {train}"));
    work.ok("predict", "--bins b.bins.safetensors --model m.model.safetensors --predictions p.tsv");
    let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
    let known = rows[..GENES - 1].iter().enumerate().filter(|(gene, _)| *gene != 7);
    let hits = known.filter(|(gene, row)| (row.score.unwrap() > 0.5) == (gene % 2 == 1)).count();
    assert!(hits > GENES - 5, "{hits} {rows:?}");
    work.ok(
        "explain",
        "--bins b.bins.safetensors --model m.model.safetensors --method occlusion,attention --out {method}.bins.safetensors",
    );
    let occlusion = io::bins::read(&work.path("occlusion.bins.safetensors")).unwrap();
    assert_eq!(occlusion.layers.len(), 2);
    let mean = |mark: usize| {
        let of_gene = |gene: usize| {
            occlusion.row(LayerName::Body, gene)[mark * BODY_PARTS..][..BODY_PARTS].iter().sum::<f32>().abs()
        };
        (0..GENES - 1).filter(|gene| *gene != 7).map(of_gene).sum::<f32>() / GENES as f32
    };
    // mark 1 of the body is what the labels follow
    assert!(mean(1) > 2.0 * mean(0), "{} {}", mean(0), mean(1));
    assert!(occlusion.row(LayerName::Body, 7).iter().all(|value| value.is_nan()), "its body is not known");
    assert!(occlusion.row(LayerName::Window, 7).iter().all(|value| value.is_finite()));
    // the networks look at both, and at no body that is not known
    let attention = io::bins::read(&work.path("attention.bins.safetensors")).unwrap();
    assert_eq!(attention.layers.iter().map(|layer| layer.name).collect::<Vec<_>>(), LayerName::SIGNAL);
    assert!(attention.row(LayerName::Body, 7).iter().all(|value| value.is_nan()));
    work.ok(
        "faithfulness",
        "--bins b.bins.safetensors --model m.model.safetensors --method occlusion,attention --genes 12 --out f.tsv",
    );
    let table = work.read("f.tsv");
    let deletion = |name: &str| -> f64 {
        let row = table.lines().find(|line| line.split('\t').next() == Some(name)).unwrap();
        row.split('\t').nth(2).unwrap().parse().unwrap()
    };
    // what decides lies in the body: the score falls sooner by an order that knows it
    assert!(deletion("occlusion") < deletion("attention"), "{table}");

    for stage in [
        "predict --bins x.bins.safetensors --model m.model.safetensors --predictions q.tsv",
        "explain --bins x.bins.safetensors --model m.model.safetensors --out q.bins.safetensors",
    ] {
        let (stage, args) = stage.split_once(' ').unwrap();
        work.fails(stage, args, &["x.bins.safetensors", "no gene bodies", "--body"]);
    }
    let both = format!("--bins yy.bins.safetensors --labels labels.tsv {inputs}");
    work.fails("train", &format!("{both} {train}"), &["b.bins.safetensors", "gene bodies", "--body"]);
}

/// A score is that of the gene in its sample, whichever genes are scored with it.
#[test]
fn a_subset_of_a_training_sample_scores_as_the_whole_does() {
    let work = workdir();
    let score = |matrix: &str| {
        work.ok(
            "predict",
            &format!("--bins {matrix}.bins.safetensors --model m.model.safetensors --predictions p.tsv"),
        );
        let rows = io::predictions::read(&work.path("p.tsv")).unwrap().rows;
        rows.into_iter().map(|row| (row.gene_id, row.score)).collect::<std::collections::BTreeMap<_, _>>()
    };
    // the expressed genes alone: their mean is far from that of all
    let subset = |name: &str, sample: &str| {
        let mut matrix = super::matrix(sample);
        let kept: Vec<usize> = (0..GENES - 1).filter(|gene| gene % 2 == 1).collect();
        let of_gene = |&gene: &usize| matrix.layers[0].values[gene * 40..][..40].to_vec();
        matrix.layers[0].values = kept.iter().flat_map(of_gene).collect();
        matrix.regions = kept.iter().map(|&gene| matrix.regions[gene].clone()).collect();
        matrix.status = kept.iter().map(|&gene| matrix.status[gene]).collect();
        io::bins::write(&work.path(&format!("{name}.bins.safetensors")), &matrix).unwrap();
    };
    subset("part", "x");
    // of the same name, but of another file
    let mut foreign = io::bins::read(&work.path("part.bins.safetensors")).unwrap();
    let [mark, file, format, digest] = ["H3K4me3", "k4.bigWig", "bigwig", "0123"].map(str::to_owned);
    foreign.inputs = vec![Input { mark, file, format, digest, options: Vec::new() }];
    io::bins::write(&work.path("foreign.bins.safetensors"), &foreign).unwrap();
    subset("other", "new");
    io::bins::write(&work.path("all.bins.safetensors"), &super::matrix("new")).unwrap();
    let mut moved = 0;
    for model in [
        "auto --epochs 2",
        "auto --epochs 2 --transform normal-scores",
        "attentive-chrome --epochs 2 --transform normal-scores",
        "mark-means",
        "random-forest --transform unit-mean-log1p",
    ] {
        let fast = if model.contains("--epochs") { FAST } else { "" };
        work.ok("train", &format!("{INPUTS} {fast} --model {model} --out m.model.safetensors"));
        let (whole, part) = (score("x"), score("part"));
        assert!(part.len() == GENES / 2 - 1 && part.iter().all(|(gene, score)| whole[gene] == *score), "{model}");
        // of a new sample, where the whole is named
        let (whole, part) = (score("all"), score("other"));
        moved += usize::from(part.iter().any(|(gene, score)| whole[gene] != *score));
        let part = score("other.bins.safetensors --reference all");
        assert!(part.iter().all(|(gene, score)| whole[gene] == *score), "{model}");
    }
    // a forest of few genes may not notice
    assert!(moved >= 4, "{moved}");
    let explain = "--bins other.bins.safetensors --model m.model.safetensors --out e.bins.safetensors --reference";
    work.ok("explain", &format!("{explain} all.bins.safetensors"));
    work.fails("explain", &format!("{explain} x.bins.safetensors"), &["x.bins.safetensors: is not the whole of new"]);
    work.ok("train", &format!("{INPUTS} {FAST} --epochs 1 --model attentive-chrome --out raw.model.safetensors"));
    let raw = explain.replace("m.model", "raw.model");
    work.fails(
        "explain",
        &format!("{raw} all.bins.safetensors"),
        &["transform measures no sample", "Leave --reference out"],
    );
    for (matrix, sample) in [("other", "new"), ("foreign", "x")] {
        let files = format!("--bins {matrix}.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let log = work.ok("predict", &files);
        let said =
            format!("WARN {sample}: a new sample of few genes, measured by the means of the training samples (x)");
        assert!(log.contains(&said), "{log}");
    }
}

#[test]
fn of_normal_scores_nothing_counts_but_the_order_in_the_sample() {
    let work = workdir();
    for (name, threads) in [("m", 1), ("n", 3)] {
        let model = format!("--model attentive-chrome --epochs 2 --transform normal-scores --threads {threads}");
        work.ok("train", &format!("{INPUTS} {FAST} {model} --out {name}.model.safetensors"));
    }
    assert_eq!(bytes(&work, "m.model.safetensors"), bytes(&work, "n.model.safetensors"));
    let score = |matrix: &attentrack::matrix::Matrix| {
        io::bins::write(&work.path("new.bins.safetensors"), matrix).unwrap();
        let files = "--bins new.bins.safetensors --model m.model.safetensors --predictions p.tsv";
        (work.ok("predict", files), work.read("p.tsv"))
    };
    let mut matrix = super::matrix("new");
    let (log, scores) = score(&matrix);
    assert!(log.contains("measured by the distributions of the genes of this matrix"), "{log}");
    matrix.layers[0].values.iter_mut().for_each(|value| *value *= 8.0);
    assert_eq!(score(&matrix).1, scores);
    // with the place of a few values changed, all that are between them have other ranks
    matrix.layers[0].values.iter_mut().filter(|value| **value > 16.0).for_each(|value| *value = -*value);
    assert_ne!(score(&matrix).1, scores);
    matrix.layers[0].values.truncate(40 * 40);
    matrix.regions.truncate(40);
    matrix.status.truncate(40);
    let (log, _) = score(&matrix);
    assert!(log.contains("few genes, measured by the distributions of the training samples (x)"), "{log}");
    let doubling = "--bins new.bins.safetensors --model m.model.safetensors --method doubling --out d.bins.safetensors";
    work.fails("explain", doubling, &["doubling", "normal-scores", "twice the signal"]);
    work.fails("explain", &doubling.replace("doubling", "occlusion"), &["occlusion", "not the absence of signal"]);
    // what can be said is judged, and no more
    work.ok("faithfulness", "--bins x.bins.safetensors --model m.model.safetensors --genes 20 --out f.tsv");
    let judged = work.read("f.tsv");
    assert!(judged.contains("\ncontributions\t") && judged.contains("\ncorrected-attention\t"), "{judged}");
    assert!(!judged.contains("\nocclusion\t") && !judged.contains("\ndoubling\t"), "{judged}");
}
