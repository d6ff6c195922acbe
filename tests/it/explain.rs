//! Explanations of a model of the simulated data, whose truth is known.

use std::collections::HashMap;
use std::path::Path;

use attentrack::explain::{DeepLift, Rule};
use attentrack::io;
use attentrack::learn::{Task, recipe};
use attentrack::matrix::{Kind, LayerName, Matrix};
use attentrack::model::{Initial, Mode, Sizes};
use candle_core::{Device, Tensor};

use crate::support::Workdir;

const MODEL: &str = "--bins results/bins/sample1.bins.safetensors --model results/model/pooled.model.safetensors";

/// The quickstart, run with its configuration, another model and these further lines.
pub(crate) fn quickstart(model: &str, further: &str) -> Workdir {
    let work = Workdir::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let config = std::fs::read_to_string(folder.join("config.yaml")).unwrap();
    let config = config
        .replace("samples.tsv ", &format!("{} ", folder.join("samples.tsv").display()))
        .replace("annotation.gtf.gz", &folder.join("annotation.gtf.gz").to_string_lossy())
        .replace("{path: expression.tsv}", &format!("{{path: {}}}", folder.join("expression.tsv").display()))
        .replace("attentive-chrome", model)
        .replace("[bed, bigwig, bigbed, tsv]", "[bed]");
    work.write("config.yaml", format!("{config}\n{further}\n"));
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("attentrack"));
    let output = command.current_dir(work.path("")).args(["run", "config.yaml", "-t", "2"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    work.write("run.log", output.stderr);
    work
}

/// The rows of a table by their first column, each by column.
pub(crate) fn table(text: &str) -> HashMap<String, HashMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split('\t'));
    let columns: Vec<&str> = lines.next().unwrap().collect();
    lines
        .map(|cells| {
            let row: HashMap<String, String> =
                columns.iter().zip(cells).map(|(column, cell)| ((*column).to_owned(), cell.to_owned())).collect();
            (row[columns[0]].clone(), row)
        })
        .collect()
}

fn attribution(work: &Workdir, name: &str) -> Matrix {
    let matrix = io::bins::read(&work.path(name)).unwrap();
    assert_eq!(matrix.kind, Kind::Attribution);
    matrix
}

/// What holds on data whose truth is known, in one run of the chain: the benchmark of
/// docs/explanations.md.
#[test]
fn explanations_find_what_was_planted() {
    let work = quickstart("attentive-chrome", "explain: {methods: [deep-lift, attention]}");
    // the chain has written and drawn them
    let deep_lift = attribution(&work, "results/explain/sample1.deep-lift.bins.safetensors");
    let header = deep_lift.attribution.as_ref().unwrap();
    assert_eq!(
        (header.method.as_str(), header.unit.as_str()),
        ("deep-lift", "log-odds added to that of an empty window")
    );
    for name in ["sample1", "sample1.attention", "sample2.deep-lift"] {
        let tracks = std::fs::read_dir(work.path(&format!("results/tracks/{name}"))).unwrap();
        assert_eq!(tracks.count(), 2, "{name}: BED and its index");
    }

    // contributions add up to the score that attentrack-predict gives, less that of an empty window
    let predictions = table(&work.read("results/predictions/sample1.predictions.tsv"));
    let log_odds = |id: &str| predictions[id]["score"].parse::<f64>().ok().map(|p| (p / (1.0 - p)).ln());
    let sums = |matrix: &Matrix| {
        let of_gene =
            |gene: usize| matrix.row(LayerName::Window, gene).iter().map(|&part| f64::from(part)).sum::<f64>();
        let ids = matrix.regions.iter().map(|region| &region.id).enumerate();
        ids.filter_map(|(gene, id)| Some(log_odds(id)? - of_gene(gene))).collect::<Vec<f64>>()
    };
    let empty = sums(&deep_lift);
    assert_eq!(empty.len(), 499);
    let (low, high) = empty.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    assert!(high - low < 1e-4, "the empty window's log-odds: {low} to {high}");

    // any number of threads gives the same bytes; every method has the axes of the matrix
    let all = "integrated-gradients,mark-occlusion,saliency,input-x-gradient,mark-doubling,joint-corrected-attention,temporal-forward";
    for threads in ["1", "2"] {
        let out = format!("{threads}.{{method}}.bins.safetensors");
        work.ok("explain", &format!("{MODEL} --method deep-lift,{all} --steps 8 --out {out} -t {threads}"));
    }
    for method in all.split(',').chain(["deep-lift"]) {
        let bytes = |threads: u8| std::fs::read(work.path(&format!("{threads}.{method}.bins.safetensors"))).unwrap();
        assert_eq!(bytes(1), bytes(2), "{method}");
        let matrix = attribution(&work, &format!("1.{method}.bins.safetensors"));
        assert_eq!(matrix.layers[0].values.len(), deep_lift.layers[0].values.len());
        // the gene without a signal has none
        let missing = deep_lift.layers[0]
            .values
            .iter()
            .zip(&matrix.layers[0].values)
            .filter(|(a, b)| a.is_nan() != b.is_nan())
            .count();
        assert_eq!(missing, 0, "{method}");
    }
    let integrated = attribution(&work, "1.integrated-gradients.bins.safetensors");
    assert_eq!(integrated.attribution.unwrap().settings, ["steps=8"]);
    let joint = attribution(&work, "1.joint-corrected-attention.bins.safetensors");
    assert!((joint.row(LayerName::Window, 0).iter().sum::<f32>() - 1.0).abs() < 1e-4);

    judged(&work);
}

/// One table with every method, held to what docs/explanations.md says of it.
fn judged(work: &Workdir) {
    let truth = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/truth.tsv");
    // the planted mark as the mark to be found: its own signal is its perfect guide
    let signal = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/signal/sample1.H3K4me3.bam");
    work.ok(
        "bin",
        &format!(
            "--genes results/genes.bed --signal H3K4me3={} --statistic mean --sample sample1 --out k4.bins.safetensors",
            signal.display()
        ),
    );
    let log = work.ok(
        "faithfulness",
        &format!(
            "{MODEL} --out f.tsv --genes 40 --steps 10 --truth {} --held-out k4.bins.safetensors --held-out-mark H3K4me3 -t 2",
            truth.display()
        ),
    );
    let rows = table(&work.read("f.tsv"));
    assert_eq!(rows.len(), 20);
    let number = |row: &str, column: &str| rows[row][column].parse::<f64>().unwrap();
    assert!(number("deep-lift", "planted_expressed") > 0.93, "{:?}", rows["deep-lift"]);
    assert!(number("deep-lift", "planted_expressed") > number("joint-corrected-attention", "planted_expressed"));
    assert!(number("deep-lift", "over_signal") > number("attention", "over_signal"));
    assert!((0.45..0.55).contains(&number("random", "planted")) && number("random", "over_signal_high") < 0.0);
    assert!(number("deep-lift", "deletion") < 0.2 && number("deep-lift", "insertion") > 0.9);
    assert!(number("deep-lift", "agrees_integrated-gradients") > 0.9);
    assert_eq!(rows["deep-lift"]["agrees_deep-lift"], "1.0000");
    assert_eq!((rows["signal"]["verdict"].as_str(), rows["attention"]["verdict"].as_str()), ("NA", "worse"));
    assert!(number("signal", "held_out") > 0.9999, "{:?}", rows["signal"]);
    assert!(number("attention", "shuffled_weights") < 0.5);
    assert!(
        log.contains("attention: as a guide to the bins that the score depends on, worse than the raw signal"),
        "{log}"
    );
}

/// Whatever network there is a tag for: what DeepLIFT finds adds up to the score. A new tag is checked too.
#[test]
fn every_network_that_can_be_trained_is_laid_open() {
    // the fewest places that every network can read
    const WINDOW: (usize, usize) = (4, 41);
    let size = WINDOW.0 * WINDOW.1;
    let networks = recipe::all().iter().filter(|recipe| recipe.has_ensembles());
    assert!(networks.clone().count() >= 16);
    for recipe in networks {
        let config = recipe.config(&Sizes::default(), Task::default(), WINDOW, 0).unwrap();
        // three times as far spread as when training begins, so that gates and attention are anything but even
        let draw = |(at, bound): (usize, f64)| {
            let bits = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((bits >> 40) as f64 / (1u64 << 23) as f64 - 1.0) as f32 * 3.0 * bound as f32
        };
        let bounds = config.tensors().into_iter().flat_map(|tensor| {
            let (Initial::Uniform(bound) | Initial::Normal(bound)) = tensor.initial else {
                return vec![0.5; tensor.n_weights()];
            };
            vec![bound; tensor.n_weights()]
        });
        let weights: Vec<f32> = bounds.enumerate().map(draw).collect();
        let network = config.network(&Tensor::from_slice(&weights, (1, weights.len()), &Device::Cpu).unwrap()).unwrap();
        // a window without signal, then two with
        let x: Vec<f32> = (0..3 * size)
            .map(|at| if at < size { 0.0 } else { ((at * 7919 + at * at * 31) % 1009) as f32 / 200.0 })
            .collect();
        let windows = Tensor::from_slice(&x, (3, 1, WINDOW.0, WINDOW.1), &Device::Cpu).unwrap();
        let logits = network.forward(&windows, &Mode::Infer).unwrap().logit.flatten_all().unwrap();
        let logits = logits.to_vec1::<f32>().unwrap();
        for rule in [Rule::Rescale, Rule::RevealCancel] {
            let parts = DeepLift::new(&config, &weights).contributions(&x, rule, |_| ());
            for (parts, logit) in parts.chunks_exact(size).zip(&logits) {
                let (sum, delta) =
                    (parts.iter().map(|&part| f64::from(part)).sum::<f64>(), f64::from(logit - logits[0]));
                assert!((sum - delta).abs() < 1e-4, "{} {rule:?}: {sum} {delta}", recipe.tag);
            }
        }
        assert!(logits.iter().any(|logit| (logit - logits[0]).abs() > 1e-3), "{}: {logits:?}", recipe.tag);
    }
}

/// Labels that were given to other genes: as many of each, at other genes, the same from the same seed.
#[test]
fn permuted_labels_are_the_same_labels_elsewhere() {
    let work = Workdir::new();
    let rows: String =
        (0..40).map(|gene| format!("G{gene}\t{}\n", if gene == 7 { "NA".into() } else { gene.to_string() })).collect();
    work.write("expression.tsv", format!("gene_id\ts\n{rows}"));
    work.ok("label", "--expression expression.tsv --sample s --out plain.tsv");
    for name in ["a", "b"] {
        let log = work.ok("label", &format!("--expression expression.tsv --sample s --permute 3 --out {name}.tsv"));
        assert!(log.contains("given to other genes"), "{log}");
    }
    let sorted = |name: &str| {
        let text = work.read(name);
        let mut labels: Vec<String> = text.lines().map(|line| line.split_once('\t').unwrap().1.to_owned()).collect();
        labels.sort_unstable();
        labels
    };
    assert_eq!(work.read("a.tsv"), work.read("b.tsv"));
    assert_ne!(work.read("a.tsv"), work.read("plain.tsv"));
    assert_eq!(sorted("a.tsv"), sorted("plain.tsv"));
    assert!(work.read("a.tsv").contains("G7\t.\tNA"));
}

/// A model without attention is explained, drawn and judged all the same; what it lacks is refused.
#[test]
fn a_model_without_attention_is_explained_in_the_chain() {
    let work = quickstart("deep-chrome-linear", "explain: {faithfulness: true}");
    let names = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(work.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("results/tracks"), ["sample1.contributions", "sample2.contributions"]);
    let rows = table(&work.read("results/explain/sample1.faithfulness.tsv"));
    assert!(rows.contains_key("occlusion") && !rows.contains_key("attention"), "{:?}", rows.keys());
    // for a linear model, all ways of sharing out come to the same
    for other in [
        "contributions",
        "input-x-gradient",
        "integrated-gradients",
        "occlusion",
        "doubling",
        "deep-lift-reveal-cancel",
    ] {
        let agrees = rows["deep-lift"][&format!("agrees_{other}")].parse::<f64>().unwrap();
        assert!(agrees > 0.98, "{other}: {agrees}");
    }
    work.fails(
        "explain",
        &format!("{MODEL} --method saliency,attention --out {{method}}.bins.safetensors"),
        &["pooled.model.safetensors", "--method attention needs a model with attention"],
    );
    work.fails("explain", &format!("{MODEL} --method saliency,deep-lift --out x.bins.safetensors"), &["{method}"]);
    work.fails("faithfulness", &format!("{MODEL} --out f.tsv --method attention"), &["needs a model with attention"]);
    assert!(!work.path("saliency.bins.safetensors").exists());

    // without a method, that which explains the whole score of the model; a log-odds, of trees too
    let inputs = "--bins results/bins/sample1.bins.safetensors --labels results/labels/sample1.labels.tsv";
    work.ok(
        "train",
        &format!("{inputs} --splits results/splits.tsv --model gradient-boosting --out t.model.safetensors"),
    );
    let of_trees = "--bins results/bins/sample1.bins.safetensors --model t.model.safetensors";
    work.ok("explain", &format!("{of_trees} --out t.bins.safetensors"));
    assert_eq!(attribution(&work, "t.bins.safetensors").attribution.unwrap().method, "contributions");
    work.ok("explain", &format!("{of_trees} --method temporal-backward --out b.bins.safetensors"));
    work.ok("predict", &format!("{of_trees} --predictions p.tsv"));
    let (backward, predictions) = (attribution(&work, "b.bins.safetensors"), table(&work.read("p.tsv")));
    for (gene, id) in backward.regions.iter().map(|region| &region.id).enumerate().take(50) {
        let Ok(score) = predictions[id]["score"].parse::<f64>() else { continue };
        let whole = f64::from(backward.row(LayerName::Window, gene)[0]);
        assert!((1.0 / (1.0 + (-whole).exp()) - score).abs() < 1e-4, "{id}: {whole} {score}");
    }
    work.fails("explain", &format!("{of_trees} --method deep-lift --out x.bins.safetensors"), &["needs a network"]);
}

/// The protocol of the AttentiveChrome paper on real data: the profile of H3K4me3's explanation over the
/// genes called expressed, against H3K27ac, which the model has not seen. The published E003 weights.
#[test]
fn explanations_of_h3k4me3_beside_the_held_out_h3k27ac() {
    let Some(data) = crate::support::shared_data("H3K27ac as the held-out mark") else { return };
    let data = data.canonicalize().unwrap();
    let work = Workdir::new();
    let annotation = data.join("annotation/ensembl_genes.GRCh37.gene_level.gtf.gz");
    work.ok("tss", &format!("--annotation {} --out all.bed", annotation.display()));
    let folder = data.join("chromoformer_E003");
    let expression = std::fs::read_to_string(folder.join("expression.tsv")).unwrap();
    let ids: Vec<&str> = expression.lines().skip(1).map(|line| line.split('\t').next().unwrap()).collect();
    let genes = work.read("all.bed");
    let genes = genes.lines().filter(|line| ids.contains(&line.split('\t').nth(3).unwrap()));
    work.write("genes.bed", genes.map(|line| format!("{line}\n")).collect::<String>());
    let signal = |mark: &str| format!("--signal {mark}={}/bigwig/E003-{mark}.demo.depth.hg19.bigWig", folder.display());
    let flags = "--genes genes.bed --sample E003 --statistic mean --orientation genome --max-lost-genes 1";
    let marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"].map(signal).join(" ");
    work.ok("bin", &format!("{flags} {marks} --out five.bins.safetensors"));
    work.ok("bin", &format!("{flags} {} --out ac.bins.safetensors", signal("H3K27ac")));
    let weights = std::fs::read_dir(data.join("attentivechrome_E003")).unwrap().map(|entry| entry.unwrap().path());
    let weights = weights.into_iter().find(|path| path.extension().is_some_and(|e| e == "pt")).unwrap();
    work.ok("import", &format!("--weights {} --statistic mean --out e003.model.safetensors", weights.display()));
    let log = work.ok(
        "faithfulness",
        "--bins five.bins.safetensors --model e003.model.safetensors --genes 0 --method attention,deep-lift \
         --held-out ac.bins.safetensors --held-out-mark H3K4me3 --out f.tsv -t 2",
    );
    let rows = table(&work.read("f.tsv"));
    let held_out = |row: &str| rows[row]["held_out"].parse::<f64>().unwrap();
    eprintln!(
        "H3K27ac: attention {}, deep-lift {}, H3K4me3 itself {}",
        held_out("attention"),
        held_out("deep-lift"),
        held_out("signal")
    );
    // the figures of docs/explanations.md
    for (row, expected) in [("attention", 0.885), ("deep-lift", 0.954), ("signal", 0.961)] {
        assert!((held_out(row) - expected).abs() < 0.01, "{:?}", rows[row]);
    }
    assert!(
        log.contains("attention: as a guide to the bins that the score depends on, worse than the raw signal"),
        "{log}"
    );
}
