//! Tests of track: every matrix here is small enough to know by hand where each bin must land.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use attentrack::genome::{Chrom, Chroms, Grid, Orientation, Strand, Tss};
use attentrack::io::bins;
use attentrack::matrix::{Attention, Attribution, Kind, Layer, LayerName, Matrix, Region, Statistic, Status};
use bigtools::{BigBedRead, BigWigRead};
use noodles::{bgzf, csi, tabix};

use crate::support::Workdir;

const N_BINS: usize = 10;
const PLANTED: usize = 7;

fn tss(chrom: &str, position: u64, strand: char) -> Tss {
    Tss { chrom: chrom.into(), position, strand: strand.to_string().parse().unwrap() }
}

fn chroms() -> Chroms {
    [("chr2", 3_000), ("chr10", 2_000), ("chr1", 50_000)]
        .into_iter()
        .map(|(name, length)| Chrom { name: name.into(), length: Some(length) })
        .collect()
}

fn matrix(kind: Kind, orientation: Orientation, marks: &[&str], genes: Vec<(&str, Tss)>, values: Vec<f32>) -> Matrix {
    Matrix {
        kind,
        attribution: None,
        sample: "toy".into(),
        assembly: None,
        grid: Grid::new(500, 100, orientation).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: marks.iter().map(|&mark| mark.to_owned()).collect(),
        inputs: Vec::new(),
        chroms: chroms(),
        status: vec![Status::Ok; genes.len()],
        regions: genes
            .into_iter()
            .map(|(id, tss)| Region { tss: Some(tss), ..Region::unplaced(id.to_owned()) })
            .collect(),
        layers: vec![Layer::new(LayerName::Window, values)],
    }
}

/// The model gives 4/16 to either outermost bin of an empty window and 1/16 to every other; in the
/// first mark's windows the signal makes bin 7 (5′ to 3′) three times as attractive, in the second
/// mark's nothing. So raw attention is highest at the ends (4/18 against 3/18), corrected attention
/// at bin 7 (3/12 against 1/12). Genes on either strand, at either chromosome end, and unscorable.
fn attention(orientation: Orientation) -> Matrix {
    let genes = vec![
        ("plus", tss("chr1", 10_000, '+')),
        ("minus", tss("chr1", 10_330, '-')),
        ("left", tss("chr2", 120, '+')),
        ("right", tss("chr10", 1_950, '-')),
        ("lost", tss("chrUn", 1_500, '+')),
    ];
    let empty: Vec<f32> = (0..N_BINS).map(|bin| if bin == 0 || bin == 9 { 4.0 / 16.0 } else { 1.0 / 16.0 }).collect();
    let mut values = Vec::new();
    for (id, tss) in &genes {
        let planted = match (orientation, tss.strand) {
            (Orientation::Genome, Strand::Reverse) => N_BINS - 1 - PLANTED,
            _ => PLANTED,
        };
        let nan = if *id == "lost" { f32::NAN } else { 1.0 };
        values.extend((0..N_BINS).map(|bin| nan * empty[bin] * 16.0 / 18.0 * if bin == planted { 3.0 } else { 1.0 }));
        values.extend(empty.iter().map(|value| nan * value));
    }
    let mut matrix = matrix(Kind::Attention, orientation, &["H3K4me3", "H3K27ac/rep1"], genes, values);
    let mark_values = [[0.75, 0.25], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [f32::NAN, f32::NAN]].concat();
    matrix.layers[0].attention =
        Some(Attention { mark_values: Some(mark_values), null_values: [empty.clone(), empty].concat(), spread: None });
    matrix.status[4] = Status::NoChrom;
    matrix.chroms.push(Chrom { name: "chrUn".into(), length: None });
    matrix
}

fn write(work: &Workdir, name: &str, matrix: &Matrix) {
    bins::write(&work.path(name), matrix).unwrap();
}

fn attention_workdir() -> Workdir {
    let work = Workdir::new();
    write(&work, "A.bins.safetensors", &attention(Orientation::Gene));
    work
}

/// Sixty genes of both strands crowded at changing phases, signed values, some missing.
fn crowd() -> Matrix {
    let names: Vec<String> = (0..60).map(|gene| format!("g{gene}")).collect();
    let genes = names.iter().enumerate().map(|(at, name)| {
        let (chrom, span) = [("chr1", 3_000), ("chr10", 2_000), ("chr2", 3_000)][at % 3];
        (name.as_str(), tss(chrom, (at as u64 * 7_919) % span, if at % 2 == 0 { '+' } else { '-' }))
    });
    let values = (0..60 * 2 * N_BINS)
        .map(|at| if at % 23 == 0 { f32::NAN } else { ((at * 2_654_435) % 17) as f32 * 0.25 - 1.0 })
        .collect();
    matrix(Kind::Attribution, Orientation::Gene, &["a", "b"], genes.collect(), values)
}

#[test]
fn bed_puts_the_planted_bin_on_its_bases_and_leaves_the_edge_artefact_out() {
    let work = attention_workdir();
    let log = work.ok("track", "--input A.bins.safetensors --format bed --out A.bed");
    // by hand: plus 9,500 + 700; minus [10,330 − 499, 10,330 + 501), bin 7 ends at 10,831 − 700;
    // left −380 + 700; right [1,451, 2,451), bin 7 ends at 2,451 − 700. Score 100 × 0.25 × 10 bins;
    // colour 213,94,0 at strength 0.4 + 0.6 × 0.25.
    let expected = "\
chr1\t10031\t10131\tminus|H3K4me3\t250\t-\t10031\t10131\t232,166,115
chr1\t10200\t10300\tplus|H3K4me3\t250\t+\t10200\t10300\t232,166,115
chr10\t1651\t1751\tright|H3K4me3\t250\t-\t1651\t1751\t232,166,115
chr2\t320\t420\tleft|H3K4me3\t250\t+\t320\t420\t232,166,115
";
    assert_eq!(work.read("A.bed"), expected);
    // left loses 3 bins and right 4 in each mark, 66 of 80 remain
    assert!(log.contains("kept 4 of 66 bins (6.1 %), which hold 14.9 % of the attention"), "{log}");
    assert!(log.contains("1 genes without a value left out, 14 bins outside their chromosome"), "{log}");
    assert!(log.contains("H3K4me3: 4 bins of at least 0.2; score 1000 is 1 or more"), "{log}");

    work.ok("track", "--input A.bins.safetensors --format bed --value raw --out raw.bed");
    let raw = work.read("raw.bed");
    assert!(raw.contains("chr1\t9500\t9600\tplus|H3K4me3\t222"), "raw attention is highest at the ends: {raw}");
    assert!(!raw.contains("chr1\t10200\t10300\tplus|H3K4me3"), "{raw}");
}

#[test]
fn genome_orientation_comes_back_to_its_own_bases() {
    let work = Workdir::new();
    write(&work, "G.bins.safetensors", &attention(Orientation::Genome));
    work.ok("track", "--input G.bins.safetensors --format bed --gene minus --out G.bed");
    // [10,330 − 500, 10,330 + 500), stored bin 2
    assert!(work.read("G.bed").starts_with("chr1\t10030\t10130\tminus|H3K4me3\t250\t-\t"), "{}", work.read("G.bed"));
    work.ok("track", "--input G.bins.safetensors --format tsv --gene minus --mark H3K4me3 --out G.tsv");
    let table = work.read("G.tsv");
    let row = table.lines().nth(1 + PLANTED).unwrap();
    // 5′ to 3′ from 0; the bin's 5′ base is 10,129, 201 bp downstream of the TSS
    assert!(row.starts_with("minus\t.\tchr1\t10030\t10130\t-\tH3K4me3\t7\t201\t"), "{row}");
}

#[test]
fn tsv_is_in_gene_orientation_and_sums_to_one() {
    let work = attention_workdir();
    work.ok("track", "--input A.bins.safetensors --format tsv --out A.tsv");
    let table = work.read("A.tsv");
    let mut lines = table.lines();
    assert_eq!(
        lines.next().unwrap(),
        "gene_id\tgene_name\tchrom\tstart\tend\tstrand\tmark\tbin\toffset_bp\tvalue\tnull_value\tcorrected\tmark_attention"
    );
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 66);
    assert_eq!(rows[0][..11].join(" "), "plus . chr1 9500 9600 + H3K4me3 0 -500 0.22222222 0.25");
    let minus: Vec<_> = rows.iter().filter(|row| row[0] == "minus" && row[6] == "H3K4me3").collect();
    assert_eq!(minus[0][2..9].join(" "), "chr1 10731 10831 - H3K4me3 0 -500");
    assert_eq!(minus[5][2..9].join(" "), "chr1 10231 10331 - H3K4me3 5 0");
    assert_eq!(minus[9][2..9].join(" "), "chr1 9831 9931 - H3K4me3 9 400");
    let right: Vec<_> = rows.iter().filter(|row| row[0] == "right").collect();
    assert_eq!(right[0][2..9].join(" "), "chr10 1951 2000 - H3K4me3 4 -100", "clipped at the chromosome's end");
    let left = rows.iter().find(|row| row[0] == "left").unwrap();
    assert_eq!(left[2..9].join(" "), "chr2 0 20 + H3K4me3 3 -200", "clipped at the chromosome's start");
    for column in [9, 11] {
        let sum: f64 = minus.iter().map(|row| row[column].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "column {column} sums to {sum}");
    }
    let flat = rows.iter().filter(|row| row[0] == "plus" && row[6] == "H3K27ac/rep1");
    assert!(flat.clone().count() == 10 && flat.clone().all(|row| row[11] == "0.1"), "an empty window is flat");
    assert!(rows.iter().all(|row| row[0] != "lost"));
}

#[test]
fn joint_values_weigh_bins_by_mark() {
    let work = attention_workdir();
    let draw = |value: &str| {
        work.ok(
            "track",
            &format!("--input A.bins.safetensors --format bed --all --gene plus --value {value} --out J.bed"),
        );
        work.read("J.bed")
    };
    // 0.75 × 0.25 × 2 marks × 10 bins = 3.75 even shares
    assert!(draw("joint-corrected").contains("10200\t10300\tplus|H3K4me3\t375\t"));
    // 0.75 × 3/18 × 20 = 2.5, 0.25 × 4/16 × 20 = 1.25
    let joint = draw("joint");
    assert!(
        joint.contains("10200\t10300\tplus|H3K4me3\t250\t") && joint.contains("9500\t9600\tplus|H3K27ac/rep1\t125\t")
    );
}

/// A gene with one bin that raises and one that lowers, and a neighbour half a window on.
#[test]
fn an_attribution_is_drawn_by_its_sign() {
    let work = Workdir::new();
    let genes = vec![("a", tss("chr1", 10_000, '+')), ("b", tss("chr1", 10_500, '+'))];
    let mut values = vec![0.1; 2 * N_BINS];
    (values[2], values[7], values[N_BINS + 2]) = (1.0, -2.0, 0.5);
    let attribution = Attribution {
        method: "integrated-gradients".to_owned(),
        unit: "log-odds".to_owned(),
        settings: vec!["steps=50".to_owned()],
    };
    let attribution = Some(attribution);
    let matrix = Matrix { attribution, ..matrix(Kind::Attribution, Orientation::Gene, &["m"], genes, values) };
    write(&work, "A.bins.safetensors", &matrix);
    assert_eq!(attentrack::io::bins::read(&work.path("A.bins.safetensors")).unwrap().attribution, matrix.attribution);
    let log = work.ok("track", "--input A.bins.safetensors --format bed --track-line --out A.bed");
    assert!(log.contains("integrated-gradients: log-odds"), "{log}");
    let bed = work.read("A.bed");
    assert!(
        bed.starts_with("track name=\"toy integrated-gradients\" description=\"toy: integrated-gradients, log-odds")
    );
    let colours: Vec<&str> = bed.lines().skip(1).map(|line| line.rsplit('\t').next().unwrap()).collect();
    // the mean absolute value is 0.26, so 0.5 does not stand out; 213,94,0 at strength 0.4 + 0.6 × 0.385,
    // 0,114,178 at 0.4 + 0.6 × 0.769
    assert_eq!(colours, ["228,153,94", "35,134,189"], "{bed}");
    // on the bases that the neighbours share, the value that is farther from zero shows
    work.ok("track", "--input A.bins.safetensors --format bedgraph --out A.bedgraph");
    let bases = bedgraph_bases(&work.read("A.bedgraph"));
    assert_eq!(bases[&("chr1".to_owned(), 10_250)], -2.0);
    work.ok("track", "--input A.bins.safetensors --format bedgraph --aggregate max --out A.bedgraph");
    let bases = bedgraph_bases(&work.read("A.bedgraph"));
    assert_eq!(bases[&("chr1".to_owned(), 10_250)], 0.5);
}

#[test]
fn bigwig_and_bedgraph_hold_what_counting_base_by_base_gives() {
    let work = Workdir::new();
    let matrix = crowd();
    write(&work, "C.bins.safetensors", &matrix);
    for rule in ["max", "mean", "sum"] {
        for (mark, name) in matrix.marks.iter().enumerate() {
            let flags = format!("--input C.bins.safetensors --aggregate {rule} --mark {name}");
            work.ok("track", &format!("{flags} --format bigwig --out C.bw"));
            work.ok("track", &format!("{flags} --format bedgraph --out C.bedgraph"));
            let mut reader = BigWigRead::open_file(work.path("C.bw")).unwrap();
            let bedgraph = bedgraph_bases(&work.read("C.bedgraph"));
            let mut checked = 0;
            for chrom in chroms().as_slice() {
                let length = chrom.length.unwrap();
                let found = reader.values(&chrom.name, 0, length as u32).unwrap();
                for base in 0..length {
                    let over: Vec<f64> = (0..matrix.n_regions())
                        .filter(|&gene| matrix.regions[gene].tss.as_ref().unwrap().chrom == chrom.name)
                        .flat_map(|gene| (0..N_BINS).map(move |bin| (gene, bin)))
                        .filter(|&(gene, bin)| {
                            matrix.grid.bin(matrix.regions[gene].tss.as_ref().unwrap(), bin).contains(&(base as i64))
                        })
                        .map(|(gene, bin)| f64::from(matrix.bins(gene, mark)[bin]))
                        .filter(|value| !value.is_nan())
                        .collect();
                    let sum: f64 = over.iter().sum();
                    let expected = match (over.is_empty(), rule) {
                        (true, _) => f64::NAN,
                        (_, "max") => over.iter().copied().fold(f64::MIN, f64::max),
                        (_, "mean") => sum / over.len() as f64,
                        _ => sum,
                    };
                    let place = format!("{rule} {name} {}:{base}, {over:?}", chrom.name);
                    let expected = expected as f32;
                    let same = |found: f32| found == expected || (found.is_nan() && expected.is_nan());
                    assert!(same(found[base as usize]), "{place}: {}", found[base as usize]);
                    let text = bedgraph.get(&(chrom.name.clone(), base)).copied().unwrap_or(f32::NAN);
                    assert!(same(text), "{place}: {text} in the bedGraph");
                    checked += usize::from(over.len() > 1);
                }
            }
            assert!(checked > 5_000, "only {checked} bases lie in several windows");
        }
    }
}

#[test]
fn zoom_levels_leave_the_gaps_between_genes_empty() {
    let work = Workdir::new();
    let genes = vec![("a", tss("chr1", 1_337, '+')), ("b", tss("chr1", 1_650, '-')), ("c", tss("chr1", 41_003, '+'))];
    let values = (0..3 * N_BINS).map(|at| ((at * 7) % 5) as f32).collect();
    write(&work, "Z.bins.safetensors", &matrix(Kind::Signal, Orientation::Gene, &["m"], genes, values));
    work.ok("track", "--input Z.bins.safetensors --format bigwig --out Z.bw");
    work.ok("track", "--input Z.bins.safetensors --format bedgraph --out Z.bedgraph");
    let bases: Vec<f64> = bedgraph_bases(&work.read("Z.bedgraph")).into_values().map(f64::from).collect();
    let mut reader = BigWigRead::open_file(work.path("Z.bw")).unwrap();
    let levels: Vec<u32> = reader.info().zoom_headers.iter().map(|header| header.reduction_level).collect();
    assert_eq!(levels, [1_000, 4_000, 16_000]);
    for level in levels {
        let records: Vec<_> =
            reader.get_zoom_interval("chr1", 0, 50_000, level).unwrap().map(|record| record.unwrap()).collect();
        assert!(records.iter().all(|record| record.start >= 837 && record.end <= 41_503), "{level}: {records:?}");
        assert!(records.iter().all(|record| record.end < 3_000 || record.start > 40_000), "{level}: {records:?}");
        let covered: u64 = records.iter().map(|record| record.summary.bases_covered).sum();
        assert_eq!(covered, bases.len() as u64, "{level}");
        let sum: f64 = records.iter().map(|record| record.summary.sum).sum();
        assert_eq!(sum, bases.iter().sum::<f64>(), "{level}");
        let squares: f64 = records.iter().map(|record| record.summary.sum_squares).sum();
        assert_eq!(squares, bases.iter().map(|value| value * value).sum::<f64>(), "{level}");
        let max = records.iter().map(|record| record.summary.max_val).fold(f64::MIN, f64::max);
        assert_eq!(max, 4.0, "{level}");
    }
    let summary = reader.get_summary().unwrap();
    assert_eq!((summary.bases_covered, summary.sum), (bases.len() as u64, bases.iter().sum::<f64>()));
}

/// The value of each base; panics where two rows overlap or are out of order.
fn bedgraph_bases(text: &str) -> BTreeMap<(String, u64), f32> {
    let mut bases = BTreeMap::new();
    let mut last = (String::new(), 0);
    for line in text.lines() {
        let [chrom, start, end, value] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (start, end): (u64, u64) = (start.parse().unwrap(), end.parse().unwrap());
        assert!((chrom.to_owned(), start) >= last && start < end, "{line}");
        last = (chrom.to_owned(), end);
        for base in start..end {
            assert!(bases.insert((chrom.to_owned(), base), value.parse().unwrap()).is_none(), "{line}");
        }
    }
    bases
}

#[test]
fn bigbed_is_bed9_with_real_numbers_beside() {
    let work = attention_workdir();
    work.ok("track", "--input A.bins.safetensors --format bigbed --out A.bb");
    work.ok("track", "--input A.bins.safetensors --format bed --out A.bed");
    let mut header = [0; 64];
    File::open(work.path("A.bb")).unwrap().read_exact(&mut header).unwrap();
    let field = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
    assert_eq!((field(32), field(34)), (17, 9), "fieldCount and definedFieldCount");
    let mut reader = BigBedRead::open_file(work.path("A.bb")).unwrap();
    let autosql = reader.autosql().unwrap().unwrap();
    assert!(autosql.contains("float corrected;") && autosql.contains("string geneId;"), "{autosql}");
    let mut rows = String::new();
    for chrom in ["chr1", "chr10", "chr2"] {
        for entry in reader.get_interval(chrom, 0, 50_000).unwrap() {
            let entry = entry.unwrap();
            rows += &format!("{chrom}\t{}\t{}\t{}\n", entry.start, entry.end, entry.rest);
        }
    }
    let bed9: String = rows.lines().map(|row| row.split('\t').take(9).collect::<Vec<_>>().join("\t") + "\n").collect();
    assert_eq!(bed9, work.read("A.bed"));
    let minus = rows.lines().next().unwrap();
    assert!(minus.ends_with("\tminus\tH3K4me3\t7\t200\t0.16666667\t0.0625\t0.25\t0.5"), "{minus}");
}

const PREDICTIONS: &str = "gene_id\tsample\tstatus\tscore\tuncertain
minus\ttoy\tok\t0.875\t0
plus\ttoy\tok\t0.5625\t1
left\ttoy\tok\t0.25\tNA
right\ttoy\tok\t0.125\t0
lost\ttoy\tno_chrom\tNA\tNA
elsewhere\ttoy\tok\t0.5\t1
";

#[test]
fn genes_that_the_model_is_unsure_of_are_marked_and_all_else_stays() {
    let work = attention_workdir();
    work.write("p.tsv", PREDICTIONS);
    let draw = |format: &str, name: &str, predictions: &str| {
        work.ok("track", &format!("--input A.bins.safetensors --format {format} {predictions} --out {name}"));
    };
    for (format, extension) in [("bed", "bed"), ("bigbed", "bb"), ("tsv", "tsv"), ("bigwig --mark H3K4me3", "bw")] {
        draw(format, &format!("without.{extension}"), "");
        draw(format, &format!("with.{extension}"), "--predictions p.tsv");
    }
    let uncertain =
        |row: &str| row.replace("plus|H3K4me3", "plus|H3K4me3?").replace("\t10200\t10300\t2", "\t10200\t10200\t2");
    let expected: String = work.read("without.bed").lines().map(|row| uncertain(row) + "\n").collect();
    assert!(expected.contains("chr1\t10200\t10300\tplus|H3K4me3?\t250\t+\t10200\t10200\t232,166,115\n"), "{expected}");
    assert_eq!(work.read("with.bed"), expected);
    assert_eq!(std::fs::read(work.path("with.bw")).unwrap(), std::fs::read(work.path("without.bw")).unwrap());

    let (with, without) = (work.read("with.tsv"), work.read("without.tsv"));
    assert_eq!(with.lines().count(), without.lines().count());
    for (row, bare) in with.lines().zip(without.lines()) {
        let expected = match bare.split('\t').next().unwrap() {
            "gene_id" => "score\tuncertain",
            "plus" => "0.5625\t1",
            "minus" => "0.875\t0",
            "left" => "0.25\tNA",
            _ => "0.125\t0",
        };
        assert_eq!(row, format!("{bare}\t{expected}"));
    }

    let mut reader = BigBedRead::open_file(work.path("with.bb")).unwrap();
    let autosql = reader.autosql().unwrap().unwrap();
    assert!(autosql.contains("string geneScore;") && autosql.contains("string uncertain;"), "{autosql}");
    let rests = |chrom: &str, reader: &mut BigBedRead<_>| -> Vec<String> {
        reader.get_interval(chrom, 0, 50_000).unwrap().map(|entry| entry.unwrap().rest).collect()
    };
    let chr1 = rests("chr1", &mut reader);
    assert!(chr1[0].ends_with("\t0.25\t0.5\t0.875\tno") && chr1[1].ends_with("\t0.25\t0.75\t0.5625\tyes"), "{chr1:?}");
    assert!(chr1[1].starts_with("plus|H3K4me3?\t250\t+\t10200\t10200\t"), "{chr1:?}");
    assert!(rests("chr2", &mut reader)[0].ends_with("\t0.25\tNA"));
    let mut header = [0; 64];
    File::open(work.path("with.bb")).unwrap().read_exact(&mut header).unwrap();
    assert_eq!((header[32], header[34]), (19, 9), "fieldCount and definedFieldCount");
}

#[test]
fn predictions_of_something_else_are_refused_in_words() {
    let work = attention_workdir();
    let track = "--input A.bins.safetensors --format bed --predictions p.tsv --out no.bed";
    for (predictions, needles) in [
        (PREDICTIONS.replace("\ttoy\t", "\tE003\t"), ["p.tsv", "sample \"E003\"", "\"toy\"", "same sample"]),
        (
            PREDICTIONS.replace("left\t", "L\t").replace("plus\t", "P\t"),
            ["p.tsv", "lack 2 of its 5 genes", "plus", "attentrack-predict"],
        ),
        (PREDICTIONS.replace("0.875", "high"), ["p.tsv", "line 2", "score", "high"]),
        ("gene_id\tlabel\nplus\t1\n".to_owned(), ["p.tsv", "no column", "sample", "line 1"]),
    ] {
        work.write("p.tsv", predictions);
        work.fails("track", track, &needles);
        assert!(!work.path("no.bed").exists());
    }
    std::fs::remove_file(work.path("p.tsv")).unwrap();
    work.fails("track", track, &["p.tsv", "no such file"]);
}

#[test]
fn gz_outputs_are_bgzip_with_a_tabix_index() {
    let work = attention_workdir();
    for (format, first) in [("bed", "minus|H3K4me3"), ("bedgraph", "10031\t10131\t0.25")] {
        let name = format!("A.{format}.gz");
        work.ok("track", &format!("--input A.bins.safetensors --format {format} --mark H3K4me3 --out {name}"));
        let index = tabix::fs::read(work.path(&format!("{name}.tbi"))).unwrap();
        let file = File::open(work.path(&name)).unwrap();
        let mut reader = csi::io::IndexedReader::new(file, index);
        let region: noodles::core::Region = "chr1:10032-10131".parse().unwrap();
        let rows: Vec<String> =
            reader.query(&region).unwrap().map(|record| record.unwrap().as_ref().to_owned()).collect();
        assert!(rows.iter().any(|row| row.contains(first)), "{format}: {rows:?}");
        assert!(rows.iter().all(|row| row.starts_with("chr1\t")), "{format}: {rows:?}");
    }
    let log = work.ok("track", "--input A.bins.safetensors --format tsv --out A.tsv.gz");
    assert!(!work.path("A.tsv.gz.tbi").exists(), "{log}");
    let mut text = String::new();
    bgzf::io::Reader::new(File::open(work.path("A.tsv.gz")).unwrap()).read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().count(), 67);
}

#[test]
fn out_dir_takes_one_file_a_mark_with_safe_names() {
    let work = attention_workdir();
    let list = |dir: &str| {
        let mut names: Vec<String> = std::fs::read_dir(work.path(dir))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names.join(" ")
    };
    work.ok("track", "--input A.bins.safetensors --format bigwig --out-dir tracks/deep");
    assert_eq!(list("tracks/deep"), "H3K27ac_rep1.bw H3K4me3.bw");
    work.ok("track", "--input A.bins.safetensors --format bedgraph --bgzip --out-dir graphs");
    assert_eq!(
        list("graphs"),
        "H3K27ac_rep1.bedgraph.gz H3K27ac_rep1.bedgraph.gz.tbi H3K4me3.bedgraph.gz H3K4me3.bedgraph.gz.tbi"
    );
    for format in ["bed", "bigbed", "tsv"] {
        work.ok("track", &format!("--input A.bins.safetensors --format {format} --out-dir whole"));
    }
    assert_eq!(list("whole"), "attention.bb attention.bed attention.tsv");
}

#[test]
fn selections_narrow_what_is_drawn() {
    let work = attention_workdir();
    let rows = |flags: &str| {
        work.ok("track", &format!("--input A.bins.safetensors --format bed {flags} --out S.bed"));
        work.read("S.bed")
            .lines()
            .map(|line| line.split('\t').take(4).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("--all").len(), 66);
    assert_eq!(rows("--min-value 0.09").len(), 33 + 4, "the flat mark's bins hold 0.1, the planted 0.25");
    assert_eq!(rows("--gene left --gene plus"), ["chr1 10200 10300 plus|H3K4me3", "chr2 320 420 left|H3K4me3"]);
    work.write("ids.txt", "# ids\nright\n");
    assert_eq!(rows("--gene @ids.txt"), ["chr10 1651 1751 right|H3K4me3"]);
    // 1-based with both ends included: base 10,131 is the last of minus, 10,201 the first of plus
    assert_eq!(rows("--region chr1:10,131-10,200"), ["chr1 10031 10131 minus|H3K4me3"]);
    assert_eq!(rows("--region chr1:10132-10201"), ["chr1 10200 10300 plus|H3K4me3"]);
    assert_eq!(rows("--region chr1:10131-10201 --region chr10").len(), 3);
    assert_eq!(
        rows("--track-line")[0],
        "track name=\"toy attention\" description=\"toy: attention, corrected of each gene and mark\" itemRgb=\"On\" visibility=\"pack\""
    );
    assert!(rows("--region chr2:2000 --allow-empty").is_empty());
    let stdout = work
        .stage("track")
        .args(["--input", "A.bins.safetensors", "--format", "bed", "--out", "-", "-q"])
        .output()
        .unwrap()
        .stdout;
    assert_eq!(String::from_utf8(stdout).unwrap().lines().count(), 4);
}

#[test]
fn the_same_matrix_gives_the_same_bytes_at_any_thread_count() {
    let work = Workdir::new();
    write(&work, "C.bins.safetensors", &crowd());
    for name in ["T.bed", "T.bed.gz", "T.bedgraph.gz", "T.bw", "T.bb", "T.tsv"] {
        let format = match name.split('.').nth(1).unwrap() {
            "bw" => "bigwig",
            "bb" => "bigbed",
            other => other,
        };
        let mut runs = Vec::new();
        for threads in [1, 2, 1] {
            work.ok(
                "track",
                &format!("--input C.bins.safetensors --format {format} --mark a --out {name} -t {threads}"),
            );
            let index = std::fs::read(work.path(&format!("{name}.tbi"))).ok();
            runs.push((std::fs::read(work.path(name)).unwrap(), index));
        }
        assert!(runs[0] == runs[1] && runs[0] == runs[2], "{name}");
        assert_eq!(runs[0].1.is_some(), name.ends_with(".gz"), "{name}");
    }
}

#[test]
fn bad_input_is_named_and_nothing_is_left() {
    let work = attention_workdir();
    work.write("text.bins.safetensors", "gene_id\tlabel\n");
    let whole = std::fs::read(work.path("A.bins.safetensors")).unwrap();
    work.write("cut.bins.safetensors", &whole[..whole.len() - 100]);
    let mut unknown = attention(Orientation::Gene);
    unknown.regions.iter_mut().for_each(|region| region.tss = None);
    write(&work, "unknown.bins.safetensors", &unknown);
    let mut bare = attention(Orientation::Gene);
    bare.layers[0].attention = None;
    write(&work, "bare.bins.safetensors", &bare);
    let mut bad_null = attention(Orientation::Gene);
    bad_null.layers[0].attention.as_mut().unwrap().null_values[12] = f32::NAN;
    write(&work, "null.bins.safetensors", &bad_null);
    let mut lengthless = attention(Orientation::Gene);
    lengthless.chroms =
        lengthless.chroms.as_slice().iter().map(|chrom| Chrom { name: chrom.name.clone(), length: None }).collect();
    write(&work, "lengthless.bins.safetensors", &lengthless);
    let mut alike = attention(Orientation::Gene);
    alike.marks = vec!["a/b".into(), "a_b".into()];
    write(&work, "alike.bins.safetensors", &alike);
    let mut lost = attention(Orientation::Gene);
    lost.layers[0].values.fill(f32::NAN);
    write(&work, "lost.bins.safetensors", &lost);
    work.write("sizes.txt", "chr1\t50000\nchr2\t3000\nchr10\t2000\nchrUn\t5\n");
    work.write("other.sizes", "chr1\t49999\n");
    work.write("wrong.sizes", "chr1\tlong\n");
    work.write("file", "");
    work.write("none.txt", "#\n");
    let before = names(&work);

    let cases: &[(&str, &[&str])] = &[
        ("--input no.bins.safetensors --format bed --out X", &["no.bins.safetensors", "no such file"]),
        ("--input text.bins.safetensors --format bed --out X", &["text.bins.safetensors", "is not a matrix file"]),
        ("--input cut.bins.safetensors --format bed --out X", &["cut.bins.safetensors", "truncated"]),
        ("--input A.bins.safetensors --format bed --mark H3K4me1 --out X", &["\"H3K4me1\"", "H3K4me3, H3K27ac/rep1"]),
        ("--input A.bins.safetensors --format bed --gene plus --gene nobody --out X", &["1 of 2 genes", "\"nobody\""]),
        ("--input A.bins.safetensors --format bed --gene @no.txt --out X", &["--gene", "no.txt", "no such file"]),
        ("--input A.bins.safetensors --format bed --gene @none.txt --out X", &["none.txt", "names no gene"]),
        ("--input A.bins.safetensors --format bed --region chr1:20-10 --out X", &["\"chr1:20-10\"", "CHROM:START-END"]),
        (
            "--input A.bins.safetensors --format bed --region 1:5-10 --out X",
            &["no chromosome \"1\"", "chr2, chr10, chr1"],
        ),
        ("--input A.bins.safetensors --format bigwig --out X", &["one mark a file", "--mark", "--out-dir"]),
        ("--input A.bins.safetensors --format bedgraph --out X", &["one mark a file", "H3K4me3, H3K27ac/rep1"]),
        ("--input A.bins.safetensors --format bigwig --mark H3K4me3 --out -", &["standard output", "Name a file"]),
        ("--input A.bins.safetensors --format bigbed --out X.bb.gz", &["compressed inside"]),
        ("--input A.bins.safetensors --format bed --track-line --out X.bed.gz", &["--track-line", "without .gz"]),
        ("--input A.bins.safetensors --format bed --bgzip --out X.bed", &["--bgzip", "--out-dir"]),
        ("--input A.bins.safetensors --format bigwig --min-value 1 --out-dir X", &["--min-value", "every bin"]),
        ("--input A.bins.safetensors --format bed --min-value=-1 --out X", &["--min-value", "not negative"]),
        (
            "--input A.bins.safetensors --format bed --min-value 0.9 --out X",
            &["no bin is above", "--all", "--allow-empty"],
        ),
        ("--input A.bins.safetensors --format bed --region chr2:2000 --out X", &["no bin with a value", "--region"]),
        ("--input lost.bins.safetensors --format tsv --out X", &["no bin with a value"]),
        ("--input lost.bins.safetensors --format bigwig --out-dir . --allow-empty", &["an empty bigWig"]),
        (
            "--input unknown.bins.safetensors --format bed --out X",
            &["unknown.bins", "positions", "unknown", "--signal"],
        ),
        ("--input unknown.bins.safetensors --format tsv --out X", &["positions of its genes are unknown"]),
        ("--input bare.bins.safetensors --format bed --out X", &["without the attention of a model", "--value raw"]),
        ("--input null.bins.safetensors --format bed --out X", &["H3K27ac/rep1, bin 2", "--value raw"]),
        ("--input lengthless.bins.safetensors --format bigwig --out-dir .", &["length of chr1", "--chrom-sizes"]),
        ("--input lengthless.bins.safetensors --format bigbed --out X", &["length of chr1", "--chrom-sizes"]),
        ("--input A.bins.safetensors --format bed --chrom-sizes other.sizes --out X", &["49999", "different assembly"]),
        (
            "--input A.bins.safetensors --format bed --chrom-sizes wrong.sizes --out X",
            &["wrong.sizes, line 1", "length in bp"],
        ),
        (
            "--input alike.bins.safetensors --format bigwig --out-dir .",
            &["mark \"a/b\" and mark \"a_b\" would both", "written as a_b", "--mark"],
        ),
        ("--input A.bins.safetensors --format bed --out nowhere/X", &["nowhere/X", "does not exist"]),
        ("--input A.bins.safetensors --format bed --out-dir file", &["--out-dir", "file"]),
        ("--input A.bins.safetensors --format bigwig --mark H3K4me3 --out /proc/X", &["/proc/X"]),
    ];
    for (args, needles) in cases {
        work.fails("track", args, needles);
        assert_eq!(names(&work), before, "attentrack-track {args} left something");
    }
    for args in ["--out X --out-dir Y", ""] {
        let mut command = work.stage("track");
        command.args(["--input", "A.bins.safetensors", "--format", "bed"]).args(args.split_whitespace());
        assert_eq!(command.output().unwrap().status.code(), Some(2), "both or neither target is wrong usage");
    }
    work.ok("track", "--input lengthless.bins.safetensors --format bigbed --chrom-sizes sizes.txt --out L.bb");
    work.ok("track", "--input A.bins.safetensors --format bigbed --out A.bb");
    assert_eq!(std::fs::read(work.path("L.bb")).unwrap(), std::fs::read(work.path("A.bb")).unwrap());
    work.ok("track", "--input null.bins.safetensors --format bed --value raw --out raw.bed");
}

fn names(work: &Workdir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(work.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// Runs a program of somebody else, or says loudly that `test` is skipped.
fn foreign(test: &str, work: &Workdir, program: &str, probe: &[&str], args: &[&str]) -> Option<String> {
    let found = Command::new(program).args(probe).output().is_ok_and(|output| output.status.success());
    if !found {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no {program} that can run {probe:?}");
        return None;
    }
    let output = Command::new(program).args(args).current_dir(work.path(".")).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program} {args:?} warns");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn tabix_reads_bed_and_bedgraph() {
    let work = attention_workdir();
    work.ok("track", "--input A.bins.safetensors --format bed --all --out A.bed.gz");
    let run = |args: &[&str]| foreign("tabix_reads_bed_and_bedgraph", &work, "tabix", &["--version"], args);
    let Some(names) = run(&["-l", "A.bed.gz"]) else { return };
    assert_eq!(names, "chr1\nchr10\nchr2\n");
    let rows = run(&["A.bed.gz", "chr10:1701-1701"]).unwrap();
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(rows.starts_with("chr10\t1651\t1751\tright|H3K4me3\t250\t-"), "{rows}");
}

#[test]
fn bedtools_reads_bed_and_finds_the_bases() {
    let work = attention_workdir();
    work.ok("track", "--input A.bins.safetensors --format bed --all --out A.bed");
    work.write("genome.txt", "chr1\t50000\nchr10\t2000\nchr2\t3000\n");
    work.write("probe.bed", "chr1\t10130\t10131\nchr2\t0\t1\n");
    let test = "bedtools_reads_bed_and_finds_the_bases";
    let run = |args: &[&str]| foreign(test, &work, "bedtools", &["--version"], args);
    let sorted = ["intersect", "-sorted", "-g", "genome.txt", "-u", "-a", "A.bed", "-b", "probe.bed"];
    let Some(rows) = run(&sorted) else { return };
    assert!(rows.contains("chr1\t10031\t10131\tminus|H3K4me3\t250\t-"), "{rows}");
    assert!(rows.contains("chr2\t0\t20\tleft|H3K4me3\t83\t+"), "{rows}");
    assert_eq!(run(&["sort", "-i", "A.bed"]).unwrap().lines().count(), 66);
}

#[test]
fn pybigwig_reads_bigwig_and_bigbed() {
    let work = attention_workdir();
    work.ok("track", "--input A.bins.safetensors --format bigwig --mark H3K4me3 --out A.bw");
    work.ok("track", "--input A.bins.safetensors --format bigbed --all --out A.bb");
    let script = "
import pyBigWig
w = pyBigWig.open('A.bw')
print(w.isBigWig(), w.chroms() == {'chr1': 50000, 'chr10': 2000, 'chr2': 3000}, w.header()['nLevels'])
print([round(v, 6) for v in w.values('chr1', 10129, 10132)], w.values('chr1', 9498, 9500))
print(w.intervals('chr2')[0][:2], w.intervals('chr10')[-1][:2], round(w.stats('chr1', 0, 50000, type='max')[0], 6))
b = pyBigWig.open('A.bb')
print(b.isBigBed(), sum(len(b.entries(c, 0, n)) for c, n in b.chroms().items()), 'float corrected;' in b.SQL().decode() if isinstance(b.SQL(), bytes) else 'float corrected;' in b.SQL())
print([e for e in b.entries('chr1', 10130, 10131) if 'minus|H3K4me3' in e[2]])
";
    let probe = ["-c", "import pyBigWig"];
    let Some(text) = foreign("pybigwig_reads_bigwig_and_bigbed", &work, "python3", &probe, &["-c", script]) else {
        return;
    };
    let expected = "\
True True 3
[0.25, 0.25, 0.083333] [nan, nan]
(0, 320) (1751, 2000) 0.25
True 66 True
[(10031, 10131, 'minus|H3K4me3\\t250\\t-\\t10031\\t10131\\t232,166,115\\tminus\\tH3K4me3\\t7\\t200\\t0.16666667\\t0.0625\\t0.25\\t0.5')]
";
    assert_eq!(text, expected);
}

#[test]
fn help_and_version_are_one_place() {
    let work = Workdir::new();
    let run = |flag: &str| String::from_utf8(work.stage("track").arg(flag).output().unwrap().stdout).unwrap();
    assert_eq!(run("--version"), format!("attentrack-track {}\n", env!("CARGO_PKG_VERSION")));
    let help = run("--help");
    for word in [
        "Score: 100\n    for each even share",
        "--aggregate",
        "MARK.bw",
        "joint-corrected",
        "extreme for an attribution",
    ] {
        assert!(help.contains(word), "no {word:?} in {help}");
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_attentrack-track")).exists());
}
