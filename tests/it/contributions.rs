//! Contributions of every model add up to its whole score less that of the baseline, on every gene.

use attentrack::explain::{Baseline, Scorer, Subject};
use attentrack::io;
use attentrack::learn::recipe;
use attentrack::matrix::LayerName;
use attentrack::stage::model_file;
use candle_core::Device;

use crate::support::Workdir;

const SETTINGS: &str = "--bin-hidden 4 --mark-hidden 3 --kernel-width 3 --pool 2 --filters 4 --hidden 8";

/// A small simulated sample with bodies, whose last gene has no known end.
pub(crate) fn sample() -> Workdir {
    let work = Workdir::new();
    work.ok(
        "simulate",
        "--out s --seed 5 --genes 160 --samples 1 --planted body --format bigwig --marks H3K4me3,H3K36me3",
    );
    work.ok("tss", "--annotation s/annotation.gtf.gz --biotype protein_coding --policy gene --out g.bed");
    let genes = work.read("g.bed");
    let (rest, last) = genes.trim_end().rsplit_once('\n').unwrap();
    let mut cells: Vec<&str> = last.split('\t').collect();
    cells[6] = ".";
    work.write("genes.bed", format!("{rest}\n{}\n", cells.join("\t")));
    work.ok("label", "--expression s/expression.tsv --sample sample1 --genes genes.bed --out l.tsv");
    work.ok("split", "--genes genes.bed --valid-chroms chr4 --test-chroms chr5 --out splits.tsv");
    let signals = ["H3K4me3", "H3K36me3"].map(|mark| format!("--signal {mark}=s/signal/sample1.{mark}.bigWig"));
    let bins = format!("--genes genes.bed {} --flank 1000 --bin-size 100 --body", signals.join(" "));
    work.ok("bin", &format!("{bins} --out x.bins.safetensors"));
    work
}

#[test]
fn they_add_up_for_every_model() {
    let work = sample();
    let matrix = io::bins::read(&work.path("x.bins.safetensors")).unwrap();
    assert!(matrix.layers.iter().any(|layer| layer.name == LayerName::Body));
    let models = recipe::all().iter().filter(|model| !model.needs.pair && !model.needs.sequence && model.sees_signal());
    let inputs = |model: &'static recipe::Recipe| {
        let layers = match model.tag {
            "auto" => &["", " --transform normal-scores"][..],
            _ if model.has_layers() => {
                &["", " --layers window,body", " --layers window,body --transform normal-scores"][..]
            }
            _ => &[""],
        };
        layers.iter().map(move |layers| (model, layers))
    };
    for (model, read) in models.flat_map(inputs) {
        let sizes: Vec<&str> = SETTINGS.split(" --").filter(|flag| has_size(model, flag)).collect();
        let sizes: String = sizes.iter().map(|flag| format!(" --{}", flag.trim_start_matches("--"))).collect();
        let inputs = "--bins x.bins.safetensors --labels l.tsv --splits splits.tsv";
        let regime = if model.network().is_some() { "--epochs 6 --learning-rate 0.01" } else { "" };
        work.ok(
            "train",
            &format!("{inputs} --model {}{read}{sizes} {regime} --out m.model.safetensors -t 2", model.tag),
        );
        let (header, trained) = model_file::load(&work.path("m.model.safetensors"), &Device::Cpu).unwrap();
        let layers = header.model.layers();
        let (shape, genes) = (matrix.row_shape(layers), matrix.scorable().collect::<Vec<_>>());
        let x = header.transform.apply(&matrix, layers, &genes).unwrap();
        // the median is of genes that have data
        let of_data: Vec<usize> = genes.iter().copied().filter(|&gene| matrix.status[gene].has_data()).collect();
        let with_data = header.transform.apply(&matrix, layers, &of_data).unwrap();
        let subject = Subject::new(trained, shape.clone()).unwrap();
        for baseline in [Baseline::Empty, Baseline::Median] {
            let flags = format!("--method contributions --baseline {}", baseline.name());
            let files = "--bins x.bins.safetensors --model m.model.safetensors --out c.bins.safetensors";
            work.ok("explain", &format!("{files} {flags} -t 2"));
            let found = io::bins::read(&work.path("c.bins.safetensors")).unwrap();
            let row = match baseline {
                Baseline::Empty => header.transform.without_signal(&matrix, layers).unwrap(),
                Baseline::Median => baseline.row(&with_data, shape.size()),
            };
            // among normal scores, no signal is where the sample's other zeros are
            assert_eq!(
                row.iter().all(|x| *x == 0.0),
                baseline == Baseline::Empty && header.transform.transform.keeps_zero()
            );
            // what is not known of a gene is not known of the baseline
            let against = |x: &[f32]| x.iter().zip(&row).map(|(x, b)| if x.is_nan() { *x } else { *b }).collect();
            let baselines: Vec<f32> = x.chunks(shape.size()).flat_map(|x| -> Vec<f32> { against(x) }).collect();
            let [scores, expected] = [&x, &baselines].map(|rows| subject.scores(rows).unwrap());
            let mut largest = 0f64;
            for (at, &gene) in genes.iter().enumerate().filter(|(_, gene)| matrix.status[**gene].has_data()) {
                let read = found.layers.iter().filter(|layer| shape.part(layer.name).is_some());
                let parts = read.flat_map(|layer| found.row(layer.name, gene));
                let known: Vec<f64> = parts.filter(|part| !part.is_nan()).map(|&part| f64::from(part)).collect();
                assert_eq!(known.len(), x[at * shape.size()..][..shape.size()].iter().filter(|x| !x.is_nan()).count());
                let (sum, change) = (known.iter().sum::<f64>(), f64::from(scores[at]) - f64::from(expected[at]));
                assert!((sum - change).abs() < 1e-4, "{} {} gene {gene}: {sum} {change}", model.tag, baseline.name());
                largest = largest.max(change.abs());
            }
            assert!(largest > 1e-3, "{}: nothing differs from the baseline", model.tag);
        }
    }
}

/// Whether a model has the size that a flag names.
fn has_size(model: &recipe::Recipe, flag: &str) -> bool {
    let name = flag.trim_start_matches("--").split(' ').next().unwrap_or_default().replace('-', "_");
    model.has_size(&name)
}
