//! Text signals as people have them: the right numbers, or one message with the line and the cell.

use std::io::Write;

use super::{GENES, GRID};
use crate::support::Workdir;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

const ALL: &str = "--orientation genome --max-lost-genes 1 --statistic sum";

fn workdir() -> Workdir {
    let dir = Workdir::new();
    dir.write("genes.bed", GENES);
    dir
}

#[test]
fn a_bedgraph_is_one_whatever_its_first_value_is() {
    let dir = workdir();
    let lines = ["chr1\t0\t100\tNA", "chr1\t800\t1000\t2.5", "chr1\t1000\t1200\t-1", "chr2\t0\t100\t4"];
    dir.write("ok.bdg", lines[1..].join("\n"));
    dir.ok("bin", &format!("{GRID} {ALL} --signal M=ok.bdg"));
    let expected = dir.matrix("x.bins.safetensors");
    assert_eq!(expected.bins(0, 0), [0.0, 250.0, 250.0, -100.0, -100.0, 0.0]);
    for missing in ["NA", ".", "nan", "NaN", "N/A", "#N/A", "null", "None", "-", "", "inf"] {
        for at in 0..lines.len() {
            let mut lines: Vec<String> = lines[1..].iter().map(|line| line.to_string()).collect();
            let place = ["chr1\t3\t4", "chr1\t1000\t1000", "chr1\t1300\t1301", "chr2\t200\t201"][at];
            lines.insert(at, format!("{place}\t{missing}"));
            dir.write("m.bdg", lines.join("\n"));
            let log = dir.ok("bin", &format!("{GRID} {ALL} --signal M=m.bdg"));
            assert!(log.contains("1 of 4 lines have no value"), "{missing}: {log}");
            let matrix = dir.matrix("x.bins.safetensors");
            assert_eq!(
                (matrix.inputs[0].format.as_str(), matrix.layers[0].values.clone()),
                ("bedgraph", expected.layers[0].values.clone())
            );
        }
    }
}

#[test]
fn what_is_no_bedgraph_and_no_read_is_refused_at_its_line() {
    let dir = workdir();
    #[rustfmt::skip]
    let table: Vec<(&str, &[&str])> = vec![
        ("chr1\t8\t10\t2,5\n", &["line 1", "\"2,5\"", "decimal point"]),
        ("chr1\t8\t10\t2.5\tfoo\n", &["line 1", "five columns"]),
        ("chr1\t8\t10\t2.5\nchr1\t10\t12\t1\tfoo\n", &["line 2", "expected 4 columns", "found 5"]),
        ("chr1\t8\t10\t2.5\nchr1\t10\t12\n", &["line 2", "expected 4 columns", "found 3"]),
        ("chr1\t8\t10\t2.5\nchr1\t10\t1e+02\t1\n", &["line 2", "\"1e+02\" in column 3"]),
        ("chr1\t8\t10\t2.5\nchr1\t10\t12\tread7\n", &["line 2", "\"read7\" in column 4"]),
        ("chr1\t8\t10\tread7\n", &["line 1", "\"read7\" in column 4"]),
        ("chr1\t8\t10\t1e50\n", &["line 1", "too large"]),
        ("chr1\t8\t10\t.\nchr1\t10\t12\t.\n", &["line 1", "holds no value"]),
        ("track type=bedGraph\nchr1\t8\t10\t1\ntrack type=bedGraph\nchr2\t8\t10\t-1\n", &["line 3", "second track"]),
        ("chr1\t8\t10\t1\nfixedStep chrom=chr1 start=1 step=1\n1\n", &["line 2", "wiggle"]),
        ("chr1\t8\t10\na b c\n", &["line 2", "\"b\" in column 2"]),
        ("chr1\t8\t10\nchr1\t8\t10\t5\n", &["line 2", "expected 3 columns", "found 4"]),
        ("chr1\t8\t10\tr\t0\t+\nchr1\t8\t10\tr\t0\t.\n", &["line 2", "strand in column 6", "\".\""]),
        ("chr1\t8\t10\tr\t0\t+\nchr1\t8\t10\tr\t0\t+\t1\n", &["line 2", "expected 6 columns", "found 7"]),
        ("chr1\t8\t36\tchr1\t100\t136\tr1\t60\t+\t-\n", &["line 1", "BEDPE", "--fragments"]),
        ("chr1\t8\t36\tp\t100\t.\t5.0\t6.0\t3.0\t50\n", &["line 1", "narrowPeak"]),
    ];
    for (text, needles) in table {
        dir.write("m.txt", text);
        dir.fails("bin", &format!("{} --max-lost-genes 1 --signal M=m.txt", GRID), needles);
    }
    dir.write("m.txt", "chr1\t8\t10\nchr1\t8\t10\n1\t8\t10\n");
    dir.fails("bin", &format!("{GRID} --chrom-alias auto --signal M=m.txt"), &["line 3", "chr1 and 1 are one"]);
}

/// Contents that are compressed or encoded otherwise are named with the command.
#[test]
fn other_encodings_are_named() {
    let dir = workdir();
    let text = "chr1\t800\t1000\t2.5\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    dir.write("m.txt", &wide);
    dir.fails("bin", &format!("{GRID} --signal M=m.txt"), &["UTF-16 text", "iconv -f UTF-16LE"]);
    dir.write("m.txt", b"BZh91AY&SY");
    dir.fails("bin", &format!("{GRID} --signal M=m.txt"), &["bzip2 -dc"]);
    let cut = bgzip(text);
    dir.write("m.txt", &cut[..cut.len() - 28]);
    dir.fails("bin", &format!("{GRID} --signal M=m.txt"), &["end-of-file block", "bgzip > NEW"]);
}

#[test]
fn a_blacklist_that_fits_no_gene_is_told() {
    let dir = workdir();
    dir.write("m.bdg", "chr1\t800\t1000\t2.5\nchr2\t0\t100\t4\n");
    dir.write("black.bed", "1\t800\t900\n");
    let log = dir.ok("bin", &format!("{GRID} {ALL} --signal M=m.bdg --blacklist black.bed"));
    assert!(log.contains("none of its 1 intervals") && log.contains("--chrom-alias"), "{log}");
    let log = dir.ok("bin", &format!("{GRID} {ALL} --signal M=m.bdg --blacklist black.bed --chrom-alias auto"));
    assert!(!log.contains("intervals lies"), "{log}");
    assert_eq!(dir.matrix("x.bins.safetensors").bins(0, 0)[1..3], [0.0, 250.0]);
}

/// 200,000 scaffolds took 39 s when each name was compared with all before it; a second is ample.
#[test]
fn cost_does_not_grow_with_the_square_of_the_scaffolds() {
    let dir = Workdir::new();
    let name = |at: usize| format!("scaffold_{at:07}");
    let genes = (0..20_000).map(|at| format!("{}\t100\t101\tG{at}\t0\t+\n", name(at * 10)));
    dir.write("genes.bed", genes.collect::<String>());
    let (n, step) = (200_000, 77_773);
    dir.write("m.bdg", (0..n).map(|at| format!("{}\t0\t500\t1.5\n", name(at))).collect::<String>());
    let reads = (0..300_000).map(|at| format!("{}\t90\t126\tN\t0\t+\n", name(at * step % n)));
    dir.write("m.bed", reads.collect::<String>());
    for (file, wanted) in [("m.bdg", 1.5), ("m.bed", 2.0)] {
        let started = std::time::Instant::now();
        dir.ok(
            "bin",
            &format!("--genes genes.bed --signal M={file} --flank 100 --bin-size 100 --out x.bins.safetensors"),
        );
        assert!(started.elapsed().as_secs() < 20, "{file}: {:?}", started.elapsed());
        assert_eq!(dir.matrix("x.bins.safetensors").layers[0].values[1], wanted);
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn bgzip(text: &str) -> Vec<u8> {
    let mut writer = noodles::bgzf::io::Writer::new(Vec::new());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

/// How a line is spelled: separator, end of line, what is put between lines.
#[derive(Clone, Debug)]
struct Spelling {
    separator: &'static str,
    end: &'static str,
    between: &'static str,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    (
        prop::sample::select(vec!["\t", " ", "   ", " \t "]),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        prop::sample::select(vec!["", "", "", "# comment", "  \t", "browser position chr1"]),
    )
        .prop_map(|(separator, end, between)| Spelling { separator, end, between })
}

fn written(columns: &[Vec<String>], spellings: &[Spelling]) -> String {
    let mut text = String::new();
    for (columns, Spelling { separator, end, between }) in columns.iter().zip(spellings.iter().cycle()) {
        // (an empty line of LF after a CR would be one end with it)
        for line in [columns.join(separator), between.to_string()] {
            if !line.is_empty() {
                text += &line;
                text += end;
            }
        }
    }
    text
}

/// The text in pieces, each compressed in its own way; `mode` 0 is plain.
fn packed(text: &str, mode: usize, cut: usize) -> Vec<u8> {
    let (first, second) = text.split_at(cut % (text.len() + 1));
    match mode {
        0 => text.as_bytes().to_vec(),
        1 => gzip(text),
        2 => bgzip(text),
        3 => [gzip(first), bgzip(second)].concat(),
        4 => [bgzip(first), gzip(second)].concat(),
        _ => [gzip(first), gzip(second), vec![0; 512]].concat(),
    }
}

fn number(value: i32, spelling: usize) -> String {
    let value = f64::from(value) / 4.0;
    match spelling % 5 {
        0 => format!("{value}"),
        1 => format!("{value:.6}"),
        2 => format!("{value:e}"),
        3 => format!("{value:E}"),
        _ => format!("{value:+}"),
    }
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..Config::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)) })]

    #[test]
    fn any_spelling_of_a_bedgraph_gives_the_sums(
        chroms in prop::collection::vec(prop::collection::vec((0..120_i64, 1..90_i64, -40..40_i32, 0..6_usize), 0..25), 3),
        order in Just(vec!["chr1", "chr2", "chrUn"]).prop_shuffle(),
        spellings in prop::collection::vec(spelling(), 1..8),
        (mode, cut) in (0..6_usize, 0..100_000_usize),
    ) {
        let (mut columns, mut items) = (Vec::new(), Vec::new());
        for (chrom, list) in order.iter().zip(&chroms) {
            let mut at = 0;
            for &(gap, width, value, spelled) in list {
                let (start, end) = (at + gap, at + gap + width);
                at = end;
                let cell = if spelled == 5 { "NA".to_owned() } else { number(value, spelled) };
                columns.push(vec![chrom.to_string(), start.to_string(), end.to_string(), cell]);
                if spelled < 5 {
                    items.push((*chrom, start, end, f64::from(value) / 4.0));
                }
            }
        }
        prop_assume!(!items.is_empty());
        let dir = workdir();
        dir.write("m.any", packed(&written(&columns, &spellings), mode, cut));
        dir.ok("bin", &format!("{GRID} {ALL} --signal M=m.any"));
        let matrix = dir.matrix("x.bins.safetensors");
        prop_assert_eq!(matrix.inputs[0].format.as_str(), "bedgraph");
        for (gene, (chrom, origin)) in [("chr1", 700), ("chr1", 700), ("chr2", -150)].into_iter().enumerate() {
            if !columns.iter().any(|row| row[0] == chrom) {
                continue;
            }
            for bin in 0..6 {
                let (from, to) = (origin + bin * 100, origin + bin * 100 + 100);
                let overlap = |start: i64, end: i64| (end.min(to) - start.max(from)).max(0) as f64;
                let sum: f64 = items.iter().filter(|item| item.0 == chrom).map(|item| overlap(item.1, item.2) * item.3).sum();
                prop_assert!((f64::from(matrix.bins(gene, 0)[bin as usize]) - sum).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn any_spelling_of_reads_gives_the_counts(
        reads in prop::collection::vec((prop::sample::select(vec!["chr1", "chr2", "chrUn"]), 0..1500_i64, 1..300_i64, any::<bool>()), 1..60),
        n_columns in prop::sample::select(vec![3_usize, 6, 7]),
        spellings in prop::collection::vec(spelling(), 1..8),
        (mode, cut) in (0..6_usize, 0..100_000_usize),
    ) {
        let columns: Vec<Vec<String>> = reads.iter().map(|(chrom, start, width, reverse)| {
            let strand = if *reverse { "-" } else { "+" };
            let all = [chrom.to_string(), start.to_string(), (start + width).to_string(), "7".to_owned(), "0".to_owned(), strand.to_owned(), format!("{width}M")];
            all[..n_columns].to_vec()
        }).collect();
        let dir = workdir();
        dir.write("m.any", packed(&written(&columns, &spellings), mode, cut));
        dir.ok("bin", &format!("{GRID} --orientation genome --max-lost-genes 1 --signal M=m.any"));
        let matrix = dir.matrix("x.bins.safetensors");
        prop_assert_eq!(matrix.inputs[0].format.as_str(), "reads");
        for (gene, (chrom, origin)) in [("chr1", 700), ("chr1", 700), ("chr2", -150)].into_iter().enumerate() {
            if !reads.iter().any(|read| read.0 == chrom) {
                continue;
            }
            for bin in 0..6 {
                let (from, to) = (origin + bin * 100, origin + bin * 100 + 100);
                let count = reads.iter().filter(|read| read.0 == chrom && read.1 < to && read.1 + read.2 > from).count();
                prop_assert_eq!(matrix.bins(gene, 0)[bin as usize], count as f32);
            }
        }
    }
}
