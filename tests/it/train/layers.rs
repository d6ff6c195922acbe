//! AttentiveChrome that reads the genes' bodies beside the window: training, what it says of each layer, and how that is
//! drawn.

use attentrack::io;
use attentrack::learn::recipe;
use attentrack::matrix::{LayerName, Matrix};
use attentrack::model::designs;
use attentrack::stage::model_file;

use crate::contributions::sample;
use crate::support::Workdir;

const TRAIN: &str = "--bins x.bins.safetensors --labels l.tsv --splits splits.tsv --bin-hidden 4 --mark-hidden 3 --epochs 4 --learning-rate 0.01 --batch-size 8";
const BOTH: &str = "--bins x.bins.safetensors --model b.model.safetensors";

fn bytes(work: &Workdir, name: &str) -> Vec<u8> {
    std::fs::read(work.path(name)).unwrap()
}

#[test]
fn the_window_alone_is_the_default_and_threads_change_nothing() {
    let work = sample();
    for (out, more) in [
        ("plain", "--threads 1"),
        ("window", "--layers window --threads 2"),
        ("one", "--layers body,window --ensemble 2 --threads 1"),
        ("two", "--layers window,body --ensemble 2 --threads 2"),
    ] {
        work.ok("train", &format!("{TRAIN} {more} --out {out}.model.safetensors"));
    }
    assert_eq!(bytes(&work, "plain.model.safetensors"), bytes(&work, "window.model.safetensors"));
    assert_eq!(bytes(&work, "one.model.safetensors"), bytes(&work, "two.model.safetensors"));
    let header = |name: &str| model_file::read(&work.path(&format!("{name}.model.safetensors"))).unwrap().0;
    assert_eq!(header("plain").model.layers(), [LayerName::Window]);
    assert_eq!(header("one").model.layers(), LayerName::SIGNAL);
    assert!(!serde_json::to_string(&header("plain")).unwrap().contains("body"));
    work.fails("train", &format!("{TRAIN} --layers body --out m.model.safetensors"), &["--layers window,body"]);
    let needles = ["--layers is an option of attentive-chrome", "leave it out with --model deep-diff-raw"];
    work.fails(
        "train",
        &format!("{TRAIN} --layers window,body --model deep-diff-raw --task regression --out m.model.safetensors"),
        &needles,
    );
}

#[test]
fn every_network_but_those_of_pairs_reads_both_layers() {
    let work = sample();
    let data = "--bins x.bins.safetensors --labels l.tsv --splits splits.tsv --epochs 2 --layers window,body";
    let mut n_attend = 0;
    for design in designs().filter(|design| design.reads_bodies()) {
        work.ok("train", &format!("{data} --model {} --out b.model.safetensors", design.tag));
        let (header, _) = model_file::read(&work.path("b.model.safetensors")).unwrap();
        assert_eq!(header.model.layers(), LayerName::SIGNAL, "{}", design.tag);
        work.ok("explain", &format!("{BOTH} --method contributions --out c.bins.safetensors"));
        let signal = io::bins::read(&work.path("x.bins.safetensors")).unwrap();
        let moves = |name: &str, layer| {
            let found = io::bins::read(&work.path(name)).unwrap();
            let known = signal.scorable().filter(|&gene| signal.status[gene].has_data());
            let known = known.filter(|&gene| signal.regions[gene].end.is_some());
            known.flat_map(|gene| found.row(layer, gene).to_vec()).any(|value| value.is_finite() && value != 0.0)
        };
        assert!(LayerName::SIGNAL.iter().all(|&layer| moves("c.bins.safetensors", layer)), "{}", design.tag);
        if recipe::find(design.tag).unwrap().has_attention() {
            n_attend += 1;
            work.ok("predict", &format!("{BOTH} --predictions p.tsv --attention a.bins.safetensors"));
            let found = io::bins::read(&work.path("a.bins.safetensors")).unwrap();
            for (layer, places) in [(LayerName::Window, 20), (LayerName::Body, 12)] {
                assert!(moves("a.bins.safetensors", layer), "{}", design.tag);
                for gene in signal.scorable().filter(|&gene| signal.status[gene].has_data()) {
                    let row = found.row(layer, gene);
                    let sums = row.chunks(places).map(|marks| marks.iter().sum::<f32>());
                    let unknown = layer == LayerName::Body && signal.regions[gene].end.is_none();
                    assert!(sums.into_iter().all(|sum| unknown || (sum - 1.0).abs() < 1e-5), "{}", design.tag);
                }
            }
        }
    }
    assert_eq!(n_attend, 5);
}

/// The rows of a layer's attention: bins, and marks.
fn attention(matrix: &Matrix, layer: LayerName, gene: usize) -> (Vec<f32>, Vec<f32>) {
    let n_marks = matrix.n_marks();
    let marks = matrix.layer(layer).unwrap().attention.as_ref().unwrap().mark_values.as_ref().unwrap();
    (matrix.row(layer, gene).to_vec(), marks[gene * n_marks..][..n_marks].to_vec())
}

#[test]
fn attention_covers_both_layers_and_is_drawn_where_a_body_is_known() {
    let work = sample();
    work.ok("train", &format!("{TRAIN} --layers window,body --ensemble 2 --out b.model.safetensors"));
    work.ok("predict", &format!("{BOTH} --predictions p.tsv --attention a.bins.safetensors"));
    let (signal, found) =
        ["x", "a"].map(|name| io::bins::read(&work.path(&format!("{name}.bins.safetensors"))).unwrap()).into();
    let unknown: Vec<usize> = (0..found.n_regions()).filter(|&gene| found.regions[gene].end.is_none()).collect();
    assert_eq!(unknown.len(), 1);
    for gene in (0..found.n_regions()).filter(|&gene| signal.status[gene].has_data()) {
        let [(bins, marks), (places, marks_of_body)] =
            [LayerName::Window, LayerName::Body].map(|layer| attention(&found, layer, gene));
        assert!(bins.chunks(20).all(|bins| (bins.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        if unknown.contains(&gene) {
            assert!(places.iter().chain(&marks_of_body).all(|value| value.is_nan()));
            continue;
        }
        assert!(places.chunks(12).all(|places| (places.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        assert!((marks.iter().chain(&marks_of_body).sum::<f32>() - 1.0).abs() < 1e-5);
    }
    let table = work.read("p.tsv");
    let columns: Vec<&str> = table.lines().next().unwrap().split('\t').collect();
    assert!(
        columns.contains(&"mark_attention_H3K4me3") && columns.contains(&"mark_attention_body:H3K4me3"),
        "{columns:?}"
    );
    io::predictions::read(&work.path("p.tsv")).unwrap();
    // tracks: bodies at their places, none of a gene whose end is not known
    work.ok("track", "--input a.bins.safetensors --format tsv --value joint-corrected --out t.tsv.gz");
    work.ok("track", "--input a.bins.safetensors --format bigwig --out-dir tracks");
    let names: Vec<String> = std::fs::read_dir(work.path("tracks"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().any(|name| name.contains("body")), "{names:?}");
    work.ok("heatmap", &format!("--input a.bins.safetensors --gene {} --out h.svg", found.regions[0].id));
    assert!(work.read("h.svg").contains("body:H3K4me3"));
}

#[test]
fn every_method_explains_both_layers() {
    let work = sample();
    work.ok("train", &format!("{TRAIN} --layers window,body --out b.model.safetensors"));
    let methods = "attention,joint-corrected-attention,mark-attention,saliency,input-x-gradient,integrated-gradients,occlusion,temporal-forward,deep-lift,deep-lift-reveal-cancel,class-optimisation";
    work.ok("explain", &format!("{BOTH} --method {methods} --out {{method}}.bins.safetensors"));
    let signal = io::bins::read(&work.path("x.bins.safetensors")).unwrap();
    for method in methods.split(',').filter(|&method| method != "class-optimisation") {
        let found = io::bins::read(&work.path(&format!("{method}.bins.safetensors"))).unwrap();
        let mut some = 0;
        for gene in signal.scorable().filter(|&gene| signal.status[gene].has_data()) {
            let is_known = signal.regions[gene].end.is_some();
            let body = found.row(LayerName::Body, gene);
            assert!(body.iter().all(|value| value.is_nan() != is_known), "{method} gene {gene}");
            some += usize::from(is_known && body.iter().any(|&value| value != 0.0));
        }
        assert!(some > 0, "{method} says nothing of bodies");
    }
    let pattern = io::bins::read(&work.path("class-optimisation.bins.safetensors")).unwrap();
    assert_eq!(pattern.layer(LayerName::Body).unwrap().values.len(), 2 * 2 * 12);
}
