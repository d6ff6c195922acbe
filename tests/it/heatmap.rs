//! Tests of heatmap: three samples small enough to know every number by hand.

use attentrack::genome::{Chrom, Chroms, Grid, Orientation, Strand, Tss};
use attentrack::io::bins;
use attentrack::matrix::{Attention, Attribution, Kind, Layer, LayerName, Matrix, Region, Statistic, Status};

use crate::support::Workdir;

const N_BINS: usize = 4;

/// Genes plus and minus, of ±200 bp in bins of 100 bp, and one whose chromosome has no data; marks a and b.
/// The second bin from the 5′ end of mark a holds three of six parts of the bin attention; the model gives
/// nothing but even shares to an empty window.
fn attention(sample: &str, orientation: Orientation, mark_a: f32) -> Matrix {
    let strands = [Strand::Forward, Strand::Reverse, Strand::Forward];
    let mut values = Vec::new();
    for (gene, strand) in strands.iter().enumerate() {
        let mut a = [1.0 / 6.0, 3.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0];
        if orientation == Orientation::Genome && *strand == Strand::Reverse {
            a.reverse();
        }
        let nan = if gene == 2 { f32::NAN } else { 1.0 };
        values.extend(a.iter().chain(&[0.25; N_BINS]).map(|value| nan * value));
    }
    let region = |(id, strand): (&str, Strand)| {
        let tss = Some(Tss { chrom: "chr1".to_owned(), position: 5000, strand });
        Region { tss, ..Region::unplaced(id.to_owned()) }
    };
    let mark_values = [mark_a, 1.0 - mark_a, 0.5, 0.5, f32::NAN, f32::NAN];
    Matrix {
        kind: Kind::Attention,
        attribution: None,
        sample: sample.to_owned(),
        assembly: None,
        grid: Grid::new(200, 100, orientation).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: vec!["a".to_owned(), "b".to_owned()],
        inputs: Vec::new(),
        chroms: Chroms::from_iter([Chrom { name: "chr1".to_owned(), length: Some(9000) }]),
        regions: ["plus", "minus", "lost"].into_iter().zip(strands).map(region).collect(),
        status: vec![Status::Ok, Status::Ok, Status::NoChrom],
        layers: vec![Layer {
            name: LayerName::Window,
            values,
            attention: Some(Attention {
                mark_values: Some(mark_values.to_vec()),
                null_values: vec![0.25; 2 * N_BINS],
                spread: None,
            }),
        }],
    }
}

/// Samples on (mark a has 0.75) and off (0.4); `off` is stored along the genome.
fn workdir() -> Workdir {
    let work = Workdir::new();
    bins::write(&work.path("on.safetensors"), &attention("on", Orientation::Gene, 0.75)).unwrap();
    bins::write(&work.path("off.safetensors"), &attention("off", Orientation::Genome, 0.4)).unwrap();
    work.write("on.tsv", "gene_id\tsample\tstatus\tscore\tuncertain\nplus\ton\tok\t0.9\t0\nminus\ton\tok\t0.52\t1\n");
    work.write("off.tsv", "gene_id\tsample\tstatus\tscore\tuncertain\nplus\toff\tok\t0.1\t0\nminus\toff\tok\tNA\tNA\n");
    work.write("on.labels.tsv", "gene_id\tlabel\nplus\t1\nminus\tNA\n");
    work.write("off.labels.tsv", "gene_id\tlabel\nplus\t0\n");
    work
}

const INPUT: &str = "--input on.safetensors off.safetensors";
const JUDGED: &str = "--predictions on.tsv off.tsv --labels on.labels.tsv off.labels.tsv";

#[test]
fn a_genes_marks_stand_beside_one_another_in_every_sample() {
    let work = workdir();
    work.write("ids", "# of interest\nplus\nminus\tx\n");
    work.ok("heatmap", &format!("{INPUT} {JUDGED} --gene @ids --gene lost --out t.tsv --plot {{gene}}.svg"));
    // corrected attention of a: 1/6, 3/6, 1/6, 1/6 (even null); joint even share 1/8; bin 1 begins 100 bp upstream,
    // on the other strand of a window that is stored along the genome 99 bp
    let expected = "\
gene_id\tgene_name\tsample\tstatus\tscore\tuncertain\tlabel\tmark\tmark_value\tpeak_bp\tpeak_value
plus\t.\ton\tok\t0.9\t0\t1\ta\t0.75\t-100\t3
plus\t.\ton\tok\t0.9\t0\t1\tb\t0.25\t-200\t0.5
plus\t.\toff\tok\t0.1\t0\t0\ta\t0.4\t-100\t1.6
plus\t.\toff\tok\t0.1\t0\t0\tb\t0.6\t-200\t1.2
minus\t.\ton\tok\t0.52\t1\tNA\ta\t0.5\t-100\t2
minus\t.\ton\tok\t0.52\t1\tNA\tb\t0.5\t-200\t1
minus\t.\toff\tok\tNA\tNA\tNA\ta\t0.5\t-99\t2
minus\t.\toff\tok\tNA\tNA\tNA\tb\t0.5\t-199\t1
lost\t.\ton\tno_chrom\tNA\tNA\tNA\ta\tNA\tNA\tNA
lost\t.\ton\tno_chrom\tNA\tNA\tNA\tb\tNA\tNA\tNA
lost\t.\toff\tno_chrom\tNA\tNA\tNA\ta\tNA\tNA\tNA
lost\t.\toff\tno_chrom\tNA\tNA\tNA\tb\tNA\tNA\tNA
";
    assert_eq!(work.read("t.tsv"), expected);
    let picture = work.read("plus.svg");
    for needle in ["plus: attention in each sample", "on · score 0.90 · label 1", ">0.75<", "kb from the TSS"] {
        assert!(picture.contains(needle), "{needle}: {picture}");
    }
    // the darkest blue is the highest bin's and the largest mark's: 3 × even share, 0.75
    assert_eq!(picture.matches("fill=\"#08306b\"").count(), 2, "{picture}");
    assert!(work.read("minus.svg").contains("score 0.52?") && work.read("minus.svg").contains("?: the score"));
    assert!(work.read("lost.svg").contains("Grey: no value"));
}

#[test]
fn attributions_keep_their_signs_and_a_sample_may_lack_a_gene() {
    let work = workdir();
    let attribution = |sample: &str, genes: usize| {
        let matrix = attention(sample, Orientation::Gene, 0.5);
        let values = [[0.5, -2.0, 0.25, 0.0, 0.0, 0.0, 0.0, 1.0]; 3].concat()[..8 * genes].to_vec();
        let attribution =
            Some(Attribution { method: "deep-lift".to_owned(), unit: "log-odds".to_owned(), settings: Vec::new() });
        let regions = matrix.regions[..genes].to_vec();
        let layers = vec![Layer::new(LayerName::Window, values)];
        Matrix {
            regions,
            status: vec![Status::Ok; genes],
            ..matrix.with_layers(Kind::Attribution, attribution, layers)
        }
    };
    bins::write(&work.path("x.safetensors"), &attribution("x", 2)).unwrap();
    bins::write(&work.path("y.safetensors"), &attribution("y", 1)).unwrap();
    work.ok("heatmap", "--input x.safetensors y.safetensors --gene minus --out - --plot m.svg");
    let output =
        work.stage("heatmap").args("--input x.safetensors y.safetensors --gene minus --out -".split(' ')).output();
    let table = String::from_utf8(output.unwrap().stdout).unwrap();
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(rows[0], "minus\t.\tx\tok\tNA\tNA\tNA\ta\t-1.25\t-100\t-2");
    assert_eq!(rows[1], "minus\t.\tx\tok\tNA\tNA\tNA\tb\t1\t100\t1");
    assert_eq!(rows[2], "minus\t.\ty\tNA\tNA\tNA\tNA\ta\tNA\tNA\tNA");
    let picture = work.read("m.svg");
    assert!(picture.contains("deep-lift in each sample") && picture.contains("#7f2704"), "{picture}");
    work.fails(
        "heatmap",
        "--input on.safetensors x.safetensors --gene plus --out t.tsv",
        &["x.safetensors", "its values (signal, attention or attribution) differ from those of on"],
    );
}

#[test]
fn what_does_not_belong_together_is_explained() {
    let work = workdir();
    let cases: [(&str, &[&str]); 5] = [
        ("--gene nobody", &["--gene: 1 of 1 genes", "\"nobody\"", "version suffixes"]),
        ("--gene plus --predictions on.tsv", &["--input names 2 and --predictions 1 files"]),
        ("--gene plus --predictions off.tsv on.tsv", &["off.tsv: holds sample \"off\"", "the same order"]),
        ("--gene plus --gene minus --plot one.svg", &["--plot one.svg: 2 genes need a name with {gene}"]),
        ("--gene plus --input on.safetensors", &["on.safetensors: sample \"on\" is there already"]),
    ];
    for (flags, needles) in cases {
        work.fails("heatmap", &format!("{INPUT} {flags} --out t.tsv"), needles);
        assert!(!work.path("t.tsv").exists());
    }
}
