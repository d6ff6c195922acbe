//! attentrack-bin: binary inputs are built here from text, real data are read where present.

mod bad;
mod bam_file;
mod bigwig_file;
mod containers;
mod reads;
mod real;
mod replicates;
mod text_signal;

use std::fs::File;
use std::path::PathBuf;

use attentrack::io;
use attentrack::matrix::{LayerName, Matrix, Statistic, Status};
use noodles::{bam, cram, csi, fasta, sam};

use super::support::Workdir;

/// Two chromosomes; TSSs at 1,000 on either strand, one near the chromosome's start.
const GENES: &str = "chr1\t1000\t1001\tFWD\t0\t+\nchr1\t1000\t1001\tREV\t0\t-\nchr2\t150\t151\tEDGE\t0\t+\n";

const HEADER: &str = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:5000\n@SQ\tSN:chr2\tLN:3000\n";

/// A SAM line of an aligned read without bases.
fn read(name: &str, flags: u16, chrom: &str, position: u32, mapq: u8, cigar: &str, template: i32) -> String {
    let mate = if flags & 1 == 1 { "=" } else { "*" };
    let mate_position = if flags & 1 == 1 { position.max(1) } else { 0 };
    format!("{name}\t{flags}\t{chrom}\t{position}\t{mapq}\t{cigar}\t{mate}\t{mate_position}\t{template}\t*\t*\n")
}

/// Reads on chr1 around base 1,000 (0-based), each in a bin of its own.
fn reads() -> String {
    [
        read("a", 0, "chr1", 1001, 60, "36M", 0),          // [1000, 1036)
        read("b", 16, "chr1", 1091, 5, "20M", 0),          // [1090, 1110): two bins
        read("gap", 0, "chr1", 1151, 60, "10M100N10M", 0), // [1150, 1270): three bins
        read("dup", 1024, "chr1", 1161, 60, "10M", 0),
        read("failed", 512, "chr1", 1161, 60, "10M", 0),
        read("placed", 4, "chr1", 1171, 0, "*", 0), // one base at 1170
        read("pair", 99, "chr1", 1301, 60, "30M", 180),
        read("pair", 147, "chr1", 1451, 60, "30M", -180),
        read("c", 0, "chr2", 101, 60, "30M", 0),
    ]
    .concat()
}

/// The same SAM line with as many bases A as its CIGAR (of M and N) aligns.
fn with_bases(line: &str) -> String {
    let columns: Vec<&str> = line.split('\t').collect();
    if line.starts_with('@') {
        return line.to_owned();
    }
    // an unmapped read gets four bases of its own
    let cigar = if columns[5] == "*" { "4M" } else { columns[5] };
    let aligned = cigar.split_inclusive(['M', 'N']).filter_map(|operation| operation.strip_suffix('M'));
    let bases: usize = aligned.map(|length| length.parse::<usize>().unwrap()).sum();
    format!("{}\t{}\t{}", columns[..9].join("\t"), "A".repeat(bases), "I".repeat(bases))
}

impl Workdir {
    /// Writes a BAM file from SAM text and returns its path.
    fn bam(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let mut reader = sam::io::Reader::new(text.as_bytes());
        let header = reader.read_header().unwrap();
        let mut writer = bam::io::Writer::new(File::create(&path).unwrap());
        writer.write_header(&header).unwrap();
        for record in reader.records() {
            use sam::alignment::io::Write;
            writer.write_alignment_record(&header, &record.unwrap()).unwrap();
        }
        writer.try_finish().unwrap();
        path
    }

    /// Writes a CRAM file from SAM text, against a genome of A only, genome.fa.
    fn cram(&self, name: &str, text: &str) {
        let text: String = text.lines().map(|line| format!("{}\n", with_bases(line))).collect();
        let mut reader = sam::io::Reader::new(text.as_bytes());
        let header = reader.read_header().unwrap();
        let lengths = [("chr1", 5000), ("chr2", 3000)];
        let genome: Vec<String> = lengths.map(|(name, length)| format!(">{name}\n{}\n", "A".repeat(length))).to_vec();
        self.write("genome.fa", genome.concat());
        let mut genome = fasta::io::Reader::new(std::io::BufReader::new(File::open(self.path("genome.fa")).unwrap()));
        let genome = fasta::Repository::new(genome.records().collect::<Result<Vec<_>, _>>().unwrap());
        let mut writer = cram::io::writer::Builder::default()
            .set_reference_sequence_repository(genome)
            .build_from_path(self.path(name))
            .unwrap();
        writer.write_header(&header).unwrap();
        for record in reader.records() {
            use sam::alignment::io::Write;
            writer.write_alignment_record(&header, &record.unwrap()).unwrap();
        }
        writer.try_finish(&header).unwrap();
    }

    /// Writes the index beside a BAM file: BAI, or CSI if a chromosome is too long for BAI.
    fn index(&self, name: &str) {
        match bam::fs::index(self.path(name)).unwrap() {
            bam::Index::Bai(index) => bam::bai::fs::write(self.path(&format!("{name}.bai")), &index),
            bam::Index::Csi(index) => csi::fs::write(self.path(&format!("{name}.csi")), &index),
        }
        .unwrap();
    }

    fn matrix(&self, name: &str) -> Matrix {
        io::bins::read(&self.path(name)).unwrap()
    }
}

/// A folder with genes.bed and reads.bam (with its index).
fn workdir() -> Workdir {
    let dir = Workdir::new();
    dir.write("genes.bed", GENES);
    dir.bam("reads.bam", &format!("{HEADER}{}", reads()));
    dir.index("reads.bam");
    dir
}

const GRID: &str = "--genes genes.bed --flank 300 --bin-size 100 --out x.bins.safetensors";

#[test]
fn counts_are_multicovs_in_both_orientations() {
    let dir = workdir();
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam --orientation genome"));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.statistic, Statistic::Count);
    // bins of [700, 1300): a and b in [1000, 1100); b, gap and placed in [1100, 1200); gap in [1200, 1300)
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
    assert_eq!(matrix.bins(1, 0), matrix.bins(0, 0));
    // [-150, 450): the read [100, 130) lies in [50, 150)
    assert_eq!(matrix.bins(2, 0), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(matrix.status, [Status::Ok, Status::Ok, Status::Clipped]);
    assert_eq!(matrix.chroms.length("chr2"), Some(3000));
    assert_eq!((matrix.sample.as_str(), matrix.inputs[0].format.as_str()), ("x", "bam"));

    dir.ok("bin", &format!("{GRID} --signal M=reads.bam"));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
    // [701, 1301) read backwards: gap and the pair's [1300, 1330) in [1201, 1301), …; a in [1001, 1101) and [901, 1001)
    assert_eq!(matrix.bins(1, 0), [2.0, 3.0, 2.0, 1.0, 0.0, 0.0]);
}

#[test]
fn an_index_changes_nothing() {
    let dir = workdir();
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam"));
    let with = std::fs::read(dir.path("x.bins.safetensors")).unwrap();
    std::fs::remove_file(dir.path("reads.bam.bai")).unwrap();
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam"));
    assert!(with == std::fs::read(dir.path("x.bins.safetensors")).unwrap());
    // nor does the order of the reads, if there is no index
    let shuffled: String = reads().lines().rev().map(|line| format!("{line}\n")).collect();
    dir.bam("shuffled.bam", &format!("{}{shuffled}", HEADER.replace("coordinate", "unsorted")));
    dir.ok("bin", &format!("{GRID} --signal M=shuffled.bam"));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
}

/// samtools puts reads of many chromosomes into one slice; noodles asks for each one's sequence, which such a file
/// does not need.
#[test]
fn cram_without_a_genome_and_with_many_chromosomes_counts_as_the_same_bam() {
    let dir = Workdir::new();
    let chroms = 0..300;
    let header: String = chroms.clone().map(|at| format!("@SQ\tSN:s{at}\tLN:5000\n")).collect();
    let lines: String = chroms
        .clone()
        .flat_map(|at| (0..2).map(move |copy| read("r", 16 * copy, &format!("s{at}"), 1000 + at, 60, "30M", 0)))
        .map(|line| with_bases(&line) + "\n")
        .collect();
    let sam = dir.write("x.sam", format!("@HD\tVN:1.6\tSO:coordinate\n{header}{lines}"));
    dir.bam("x.bam", &std::fs::read_to_string(&sam).unwrap());
    let mut samtools = std::process::Command::new("samtools");
    samtools.args(["view", "-C", "--output-fmt-option", "no_ref=1", "-o", "x.cram", "x.sam"]).current_dir(dir.path(""));
    if !samtools.output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED CRAM without a genome: samtools cannot be had");
        return;
    }
    dir.write("many.bed", chroms.map(|at| format!("s{at}\t1000\t1001\tG{at}\t0\t+\n")).collect::<String>());
    let values = |file: &str| {
        let args = format!("--genes many.bed --flank 500 --bin-size 100 --signal M={file} --out y.bins.safetensors");
        dir.ok("bin", &args);
        dir.matrix("y.bins.safetensors").layers[0].values.clone()
    };
    assert_eq!(values("x.cram"), values("x.bam"));
    assert!(values("x.cram").iter().sum::<f32>() >= 600.0);
}

#[test]
fn cram_counts_as_the_same_bam() {
    let dir = workdir();
    dir.cram("reads.cram", &format!("{HEADER}{}", reads()));
    for flags in ["", "--min-mapq 10", "--extend 200", "--fragments"] {
        dir.ok("bin", &format!("{GRID} --signal M=reads.bam {flags}"));
        let bam = dir.matrix("x.bins.safetensors").layers[0].values.clone();
        dir.ok("bin", &format!("{GRID} --signal M=reads.cram --reference genome.fa {flags}"));
        let cram = dir.matrix("x.bins.safetensors");
        assert_eq!(cram.layers[0].values, bam, "{flags}");
        assert_eq!(cram.inputs[0].format, "cram");
    }
    let cram = std::fs::read(dir.path("reads.cram")).unwrap();
    dir.write("cut.cram", &cram[..cram.len() - 38]);
    dir.fails("bin", &format!("{GRID} --signal M=cut.cram"), &["cut.cram: is truncated", "make the file again"]);
}

/// Many blocks and windows far apart, so that the reader seeks; some reads span whole windows.
#[test]
fn seeking_by_bai_or_csi_loses_no_read() {
    for length in [5_000_000, 600_000_000] {
        let dir = Workdir::new();
        let mut genes = String::new();
        for (at, position) in [30_000, 900_000, 905_000, 2_000_000, 2_003_000, 4_600_000].iter().enumerate() {
            genes.push_str(&format!("chr1\t{position}\t{}\tG{at}\t0\t+\n", position + 1));
        }
        genes.push_str("chr2\t100000\t100001\tLATER\t0\t-\n");
        dir.write("genes.bed", genes);
        let mut text = format!("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:{length}\n@SQ\tSN:chr2\tLN:{length}\n");
        let mut state = 1_u32;
        for at in 0..120_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let flags = if state & 0x10000 == 0 { 0 } else { 16 };
            let cigar = if at % 50_000 == 20_000 { "20M1500000N20M" } else { "36M" };
            text.push_str(&read(&format!("r{state:x}"), flags, "chr1", 1 + at * 40, 60, cigar, 0));
        }
        text.push_str(&read("last", 16, "chr2", 100_001, 60, "36M", 0));
        dir.bam("many.bam", &text);
        let run = |flags: &str| {
            dir.ok("bin", &format!("--genes genes.bed --signal M=many.bam --out x.bins.safetensors {flags}"));
            dir.matrix("x.bins.safetensors").layers[0].values.clone()
        };
        let streamed = (run(""), run("--extend 3000"));
        dir.index("many.bam");
        assert!(streamed == (run(""), run("--extend 3000 --threads 2")), "chromosomes of {length} bp");
        assert!(streamed.0.iter().sum::<f32>() > 1000.0);
    }
}

#[test]
fn read_filters_extension_and_fragments() {
    let dir = workdir();
    let forward = |flags: &str| {
        dir.ok("bin", &format!("{GRID} --signal M=reads.bam {flags}"));
        dir.matrix("x.bins.safetensors").bins(0, 0).to_vec()
    };
    assert_eq!(forward("--min-mapq 10"), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(forward("--exclude-flags 4"), [0.0, 0.0, 0.0, 2.0, 4.0, 1.0]);
    assert_eq!(forward("--exclude-flags 0x604"), [0.0, 0.0, 0.0, 2.0, 2.0, 1.0]);
    // a [1000, 1200), b [910, 1110), gap as it is + placed, the pair's right mate [1280, 1480)
    assert_eq!(forward("--extend 200"), [0.0, 0.0, 1.0, 2.0, 4.0, 2.0]);
    assert_eq!(forward("--fragments"), [0.0; 6]);
    dir.write("genes.bed", "chr1\t1300\t1301\tPAIR\t0\t+\n");
    // one fragment [1300, 1480)
    assert_eq!(forward("--fragments"), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let options = dir.matrix("x.bins.safetensors").inputs[0].options.clone();
    assert_eq!(options, ["fragments=true"]);
}

#[test]
fn depth_statistics_of_reads() {
    let dir = workdir();
    let forward = |statistic: &str| {
        dir.ok("bin", &format!("{GRID} --signal M=reads.bam --statistic {statistic}"));
        dir.matrix("x.bins.safetensors").bins(0, 0).to_vec()
    };
    // [1000, 1100): a 36 + b 10 bases; [1100, 1200): b 10 + gap 50 + placed 1; [1200, 1300): gap 70
    assert_eq!(forward("sum"), [0.0, 0.0, 0.0, 46.0, 61.0, 70.0]);
    assert_eq!(forward("mean"), [0.0, 0.0, 0.0, 0.46, 0.61, 0.7]);
    assert_eq!(forward("max"), [0.0, 0.0, 0.0, 1.0, 2.0, 1.0]);
    let covered = forward("coverage-mean");
    assert!(covered[0].is_nan());
    assert_eq!(covered[3..], [1.0, 61.0 / 60.0, 1.0]);
}

#[test]
fn text_reads_count_as_the_same_bam() {
    let dir = workdir();
    let bed = "track name=x\nchr2\t100\t130\tc\t0\t+\nchr1\t1000\t1036\ta\t0\t+\nchr1\t1090\t1110\tb\t0\t-\n\
               chr1\t1150\t1270\tgap\t0\t+\nchr1\t1170\t1171\tplaced\t0\t+\nchrUn\t5\t9\tz\t0\t+\n";
    dir.write("reads.bed", bed);
    dir.ok("bin", &format!("{GRID} --signal M=reads.bed --orientation genome"));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
    assert_eq!(matrix.inputs[0].format, "reads");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bed --orientation genome --extend 200"));
    assert_eq!(dir.matrix("x.bins.safetensors").bins(0, 0)[2..4], [1.0, 2.0]);
    // gzip, whatever the name
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, bed.as_bytes()).unwrap();
    dir.write("reads.txt", gzip.finish().unwrap());
    dir.ok("bin", &format!("{GRID} --signal M=reads.txt --orientation genome"));
    assert_eq!(dir.matrix("x.bins.safetensors").layers[0].values, matrix.layers[0].values);
}

#[test]
fn bedgraph_equals_bigwig_of_any_section_kind() {
    let dir = workdir();
    dir.write("x.bedgraph", "chr1\t950\t1050\t2\nchr1\t1050\t1150\t4\nchr1\t1150\t1250\t6\nchr2\t0\t10\t1\n");
    for statistic in ["mean", "coverage-mean", "sum", "max"] {
        dir.ok("bin", &format!("{GRID} --signal M=x.bedgraph --statistic {statistic} --orientation genome"));
        let expected = dir.matrix("x.bins.safetensors");
        assert_eq!(
            expected.bins(0, 0)[2..5],
            match statistic {
                "mean" => [1.0, 3.0, 5.0],
                "coverage-mean" => [2.0, 3.0, 5.0],
                "sum" => [100.0, 300.0, 500.0],
                _ => [2.0, 4.0, 6.0],
            }
        );
        for (kind, big_endian, compressed) in
            [(1, false, true), (2, false, true), (3, false, false), (1, true, true), (3, true, true)]
        {
            let sections = [(0, 950, 100, vec![2.0, 4.0, 6.0]), (1, 0, 10, vec![1.0])];
            dir.write(
                "x.bw",
                bigwig_file::bytes(&[("chr1", 5000), ("chr2", 3000)], &sections, kind, big_endian, compressed),
            );
            dir.ok("bin", &format!("{GRID} --signal M=x.bw --statistic {statistic} --orientation genome"));
            let found = dir.matrix("x.bins.safetensors");
            let bits =
                |matrix: &Matrix| matrix.layers[0].values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&expected), "{statistic}, sections of kind {kind}, big endian {big_endian}");
        }
    }
}

#[test]
fn blacklisted_reads_and_bases_do_not_count() {
    let dir = workdir();
    dir.write("black.bed", "chr1\t1109\t1120\n");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam --blacklist black.bed"));
    assert_eq!(dir.matrix("x.bins.safetensors").bins(0, 0), [0.0, 0.0, 0.0, 1.0, 2.0, 1.0]);
    dir.write("x.bedgraph", "chr1\t1000\t1200\t2\nchr2\t0\t10\t1\n");
    dir.ok("bin", &format!("{GRID} --signal M=x.bedgraph --blacklist black.bed --statistic sum"));
    assert_eq!(dir.matrix("x.bins.safetensors").bins(0, 0)[3..5], [200.0, 178.0]);
}

#[test]
fn controls_are_scaled_to_the_marks_depth() {
    let dir = workdir();
    // 7 reads pass in reads.bam (dup and failed do not), 14 in the control
    let control: String = (0..14).map(|at| read(&format!("i{at}"), 0, "chr1", 1001, 60, "10M", 0)).collect();
    dir.bam("input.bam", &format!("{HEADER}{control}"));
    dir.index("input.bam");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam --signal N=reads.bam --control M=input.bam"));
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0 - 7.0, 3.0, 1.0]);
    assert_eq!(matrix.bins(0, 1), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
    assert_eq!(matrix.inputs.len(), 3);
    dir.ok(
        "bin",
        &format!("{GRID} --signal M=reads.bam --control input.bam --control-method log-ratio --pseudocount 2"),
    );
    let bins = dir.matrix("x.bins.safetensors").bins(0, 0).to_vec();
    assert_eq!(bins[3], (4.0_f64 / 9.0).log2() as f32);
    assert_eq!(bins[0], 0.0);
}

#[test]
fn genes_on_absent_chromosomes_keep_their_rows() {
    let dir = workdir();
    dir.write("genes.bed", format!("{GENES}chrX\t500\t501\tLOST\t0\t+\n"));
    let log = dir.ok("bin", &format!("{GRID} --signal M=reads.bam --max-lost-genes 0.25"));
    assert!(log.contains("1 of 4 genes (25.0 %)") && log.contains("chrX"), "{log}");
    let matrix = dir.matrix("x.bins.safetensors");
    assert_eq!(matrix.status[3], Status::NoChrom);
    assert!(matrix.row(LayerName::Window, 3).iter().all(|value| value.is_nan()));
    assert_eq!(matrix.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
}

#[test]
fn aliases_are_used_when_asked_for() {
    let dir = workdir();
    dir.write("genes.bed", GENES.replace("chr", ""));
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam --chrom-alias auto"));
    let auto = dir.matrix("x.bins.safetensors");
    assert_eq!(auto.bins(0, 0), [0.0, 0.0, 0.0, 2.0, 3.0, 1.0]);
    assert_eq!(auto.chroms.length("2"), Some(3000));
    dir.write("alias.tsv", "1\tchr1\n2\tchr2\n");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam --chrom-alias alias.tsv"));
    assert_eq!(dir.matrix("x.bins.safetensors").layers[0].values, auto.layers[0].values);
    dir.write("reads.bed", "chr1\t1000\t1001\nchr2\t100\t101\n");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bed --chrom-alias auto"));
    assert_eq!(dir.matrix("x.bins.safetensors").bins(0, 0)[3], 1.0);
}

#[test]
fn windows_without_any_data_are_empty() {
    let dir = workdir();
    dir.write("genes.bed", "chr1\t4000\t4001\tFAR\t0\t+\nchr1\t1000\t1001\tNEAR\t0\t+\n");
    dir.ok("bin", &format!("{GRID} --signal M=reads.bam"));
    assert_eq!(dir.matrix("x.bins.safetensors").status, [Status::Empty, Status::Ok]);
}

#[test]
fn deepchrome_csvs_are_imported_with_their_labels() {
    let dir = Workdir::new();
    dir.write("a.csv", "G1,1,1,2,1\nG1,2,3,4,1\n");
    dir.write("b.csv", "G2,1,0,0,0\r\nG2,2,0,0,0\r\n");
    let csvs = "--deepchrome-csv a.csv --deepchrome-csv b.csv --marks A,B --flank 100";
    dir.ok("bin", &format!("{csvs} --out s.bins.safetensors --labels-out s.labels.tsv --sample S"));
    let matrix = dir.matrix("s.bins.safetensors");
    assert_eq!(matrix.sample, "S");
    assert!(matrix.regions.iter().all(|region| region.tss.is_none()));
    assert_eq!(matrix.row(LayerName::Window, 0), [1.0, 3.0, 2.0, 4.0]);
    // the table has a value of every bin: zeros are data
    assert_eq!(matrix.status, [Status::Ok, Status::Ok]);
    assert_eq!(dir.read("s.labels.tsv"), "gene_id\tgene_name\tlabel\texpression\nG1\t.\t1\tNA\nG2\t.\t0\tNA\n");
}

#[test]
fn threads_do_not_change_the_bytes() {
    let dir = workdir();
    dir.write("x.bedgraph", "chr1\t950\t1050\t0.1\nchr1\t1050\t1150\t0.3\nchr2\t0\t10\t1\n");
    let files = "--signal M=reads.bam --signal N=x.bedgraph --statistic mean";
    dir.ok("bin", &format!("{GRID} {files} --threads 1"));
    let one = std::fs::read(dir.path("x.bins.safetensors")).unwrap();
    dir.ok("bin", &format!("{GRID} {files} --threads 3"));
    assert!(one == std::fs::read(dir.path("x.bins.safetensors")).unwrap());
}

/// Bodies of genes on either strand, by hand: reads at known places, 12 places of 1 kb a body.
#[test]
fn bodies_are_binned_from_the_tss_to_the_last_base() {
    let dir = Workdir::new();
    dir.write(
        "genes.bed",
        "chr1\t20000\t20001\tF\t0\t+\t44000\nchr1\t70000\t70001\tR\t0\t-\t46000\nchr1\t90000\t90001\tT\t0\t+\t.\n",
    );
    // the fifth place of F is [28500, 29500), of R [60500, 61500)
    dir.write("s.bedgraph", "chr1\t28500\t29500\t3\nchr1\t60500\t61000\t5\n");
    let flags = "--genes genes.bed --signal M=s.bedgraph --max-lost-genes 1 --out x.bins.safetensors";
    dir.ok("bin", flags);
    assert!(dir.matrix("x.bins.safetensors").layer(LayerName::Body).is_none());
    dir.ok("bin", &format!("{flags} --body"));
    let matrix = dir.matrix("x.bins.safetensors");
    let body = &matrix.layer(LayerName::Body).unwrap().values;
    let mut expected = [0.0_f32; 36];
    (expected[4], expected[12 + 4]) = (3.0, 2.5);
    assert_eq!(body[..24], expected[..24]);
    assert!(body[24..].iter().all(|value| value.is_nan()));

    // no seventh column, or another's
    for row in [
        "chr1\t20000\t20001\tF\t0\t+\n",
        "chr1\t20000\t20001\tF\t0\t+\t20000\t20001\t0\n",
        "chr1\t20000\t20001\tF\t0\t+\tx\n",
    ] {
        dir.write("genes.bed", row);
        let log = dir.ok("bin", &format!("{flags} --body"));
        assert!(log.contains("no gene of genes.bed has its end"), "{log}");
    }
}
