//! Layers besides the window, in all that draws them: coordinates by hand.

use attentrack::genome::{Chrom, Chroms, Grid, Orientation, Strand, Tss};
use attentrack::io::bins;
use attentrack::matrix::{Attribution, BODY_PARTS, Kind, Layer, LayerName, Matrix, Region, Statistic, Status};
use bigtools::BigWigRead;

use crate::support::Workdir;

/// An attribution of three genes with one mark, in four bins of the window and along the body. `minus` is transcribed
/// from 30,000 to 6,000 and `plus` from 10,000 to 34,000, so that parts are 2 kb apart; the end of `short` is not known.
/// The first part of `minus` holds 2, its last one −1, the third of `plus` 3; all other parts 0, all bins 0.5.
fn attribution() -> Matrix {
    let region = |(id, position, strand, end): (&str, u64, Strand, Option<u64>)| Region {
        id: id.to_owned(),
        symbol: None,
        tss: Some(Tss { chrom: "chr1".to_owned(), position, strand }),
        end,
    };
    let regions = [
        ("minus", 30_000, Strand::Reverse, Some(6_000)),
        ("plus", 10_000, Strand::Forward, Some(34_000)),
        ("short", 40_000, Strand::Forward, None),
    ];
    let mut body = vec![0.0; 3 * BODY_PARTS];
    (body[0], body[BODY_PARTS - 1], body[BODY_PARTS + 2]) = (2.0, -1.0, 3.0);
    body[2 * BODY_PARTS..].fill(f32::NAN);
    let attribution = Attribution { method: "occlusion".into(), unit: "log-odds".into(), settings: Vec::new() };
    Matrix {
        kind: Kind::Attribution,
        attribution: Some(attribution),
        sample: "s".to_owned(),
        assembly: None,
        grid: Grid::new(200, 100, Orientation::Genome).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: vec!["m".to_owned()],
        inputs: Vec::new(),
        chroms: Chroms::from_iter([Chrom { name: "chr1".to_owned(), length: Some(50_000) }]),
        regions: regions.into_iter().map(region).collect(),
        status: vec![Status::Ok; 3],
        layers: vec![Layer::new(LayerName::Window, vec![0.5; 12]), Layer::new(LayerName::Body, body)],
    }
}

#[test]
fn parts_of_a_body_are_drawn_at_their_places_on_either_strand() {
    let work = Workdir::new();
    bins::write(&work.path("a.bins.safetensors"), &attribution()).unwrap();
    let track = |rest: &str| work.ok("track", &format!("--input a.bins.safetensors {rest}"));

    track("--format tsv --out a.tsv");
    let table = work.read("a.tsv");
    assert_eq!(table.lines().count(), 1 + 3 * 4 + 2 * BODY_PARTS, "no row of the body whose end is not known");
    let rows = |name: &str| -> Vec<String> {
        let of_mark = table.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| row.contains(&name));
        of_mark.map(|row| row.join(" ")).collect()
    };
    let body = rows("body:m");
    // middles at 29,000 and 7,000; the 5′ base of [28,500, 29,500) is 29,499, 501 bases from the TSS
    assert!(body[0].contains("chr1 28500 29500 - body:m 0 501 2"), "{}", body[0]);
    assert!(body[11].contains("chr1 6500 7500 - body:m 11 22501 -1"), "{}", body[11]);
    // middle at 10,000 + 5 × 1,000
    assert!(body[12 + 2].contains("chr1 14500 15500 + body:m 2 4500 3"), "{}", body[14]);
    assert!(rows("m")[0].contains("- m 0 -199 0.5"), "{}", rows("m")[0]);

    track("--format bed --mark body:m --min-value 1 --out a.bed");
    let bed = work.read("a.bed");
    let places: Vec<String> = bed.lines().map(|line| line.split('\t').take(4).collect::<Vec<_>>().join(" ")).collect();
    let expected = ["chr1 6500 7500 minus|body:m", "chr1 14500 15500 plus|body:m", "chr1 28500 29500 minus|body:m"];
    assert_eq!(places, expected);

    track("--format bigwig --mark body:m --out a.bw");
    let mut reader = BigWigRead::open_file(work.path("a.bw")).unwrap();
    let found = reader.values("chr1", 0, 50_000).unwrap();
    let held = |from: usize, to: usize, value: f32| found[from..to].iter().all(|&base| base == value);
    assert!(held(28_500, 29_500, 2.0) && held(6_500, 7_500, -1.0) && held(14_500, 15_500, 3.0));
    assert!(found[29_500..30_500].iter().chain(&found[40_000..]).all(|base| base.is_nan()), "nothing is drawn there");

    // a file that does not say where genes end, as they were written at first
    let mut endless = attribution();
    endless.regions.iter_mut().for_each(|region| region.end = None);
    bins::write(&work.path("e.bins.safetensors"), &endless).unwrap();
    let log = work.ok("track", "--input e.bins.safetensors --format tsv --out e.tsv");
    assert!(log.contains("24 parts of bodies are left out"), "{log}");
    assert_eq!(work.read("e.tsv").lines().count(), 1 + 3 * 4);

    // one file a channel
    std::fs::create_dir(work.path("out")).unwrap();
    track("--format bedgraph --out-dir out");
    assert_eq!(std::fs::read_dir(work.path("out")).unwrap().count(), 2);
    track("--format bigbed --out a.bb");
    work.fails("track", "--input a.bins.safetensors --format bigwig --out b.bw", &["m, body:m", "--mark"]);
}

#[test]
fn a_heat_map_shows_every_layer() {
    let work = Workdir::new();
    bins::write(&work.path("a.bins.safetensors"), &attribution()).unwrap();
    work.ok("heatmap", "--input a.bins.safetensors --gene minus --gene short --out t.tsv --plot {gene}.svg");
    let table = work.read("t.tsv");
    let row = |gene: &str, mark: &str| {
        let is_it = |row: &Vec<&str>| row[0] == gene && row.contains(&mark);
        let row = table.lines().map(|line| line.split('\t').collect::<Vec<_>>()).find(is_it).unwrap();
        row[row.len() - 4..].join(" ")
    };
    assert_eq!(row("minus", "m"), "m 2 -199 0.5");
    assert_eq!(row("minus", "body:m"), "body:m 1 501 2");
    assert_eq!(row("short", "body:m"), "body:m NA NA NA");
    assert!(work.read("minus.svg").contains("% of the gene"));
    // a matrix without bodies stands beside none that has some
    let mut other = attribution();
    other.sample = "t".to_owned();
    other.layers.truncate(1);
    bins::write(&work.path("b.bins.safetensors"), &other).unwrap();
    let both = "--input a.bins.safetensors b.bins.safetensors --gene minus --out t.tsv";
    work.fails("heatmap", both, &["b.bins.safetensors", "its layers"]);
}
