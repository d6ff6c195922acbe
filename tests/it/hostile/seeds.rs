//! Small valid files of every kind, made by the stages and the libraries that write them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use attentrack::genome::{Chrom, Chroms};
use attentrack::io::bigwig_writer;
use attentrack::io::safetensors_file::{self, RawTensor};
use flate2::write::GzEncoder;
use noodles::cram::codecs::{Encoder, aac, rans_4x8, rans_nx16};
use noodles::cram::container::BlockContentEncoderMap;
use noodles::cram::container::compression_header::data_series_encodings::DataSeries;
use noodles::{bam, cram, csi, fasta, sam};
use serde_json::json;

use crate::support::Workdir;

/// What [`make`] has made.
pub struct Made {
    /// By name, what readers need beside the file that they are given.
    pub fixed: BTreeMap<&'static str, Vec<u8>>,
    /// Valid files, by the reader that takes them.
    pub seeds: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

const GENES: usize = 40;
/// Models that differ in what they keep in a file; of the first three an ensemble, calibrated ones, one of numbers.
const MODELS: [&str; 9] = [
    "attentive-chrome --bin-hidden 3 --mark-hidden 2 --ensemble 2 --calibrate isotonic",
    "lstm --bin-hidden 3 --calibrate temperature",
    "cnn-alpha-beta --filters 2 --kernel-width 3 --pool 2",
    "deep-chrome --filters 2 --kernel-width 3 --pool 2 --hidden 3",
    "deep-chrome-linear --transform depth-scaled",
    "logistic-regression --transform log1p",
    "linear-svm",
    "gradient-boosting",
    "auto",
];

pub fn make() -> Made {
    let work = Workdir::new();
    let mut seeds: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut add = |reader: &'static str, bytes: Vec<u8>| seeds.entry(reader).or_default().push(bytes);
    add("gtf", gtf().into_bytes());
    add("gtf", gzip(gtf().as_bytes()));
    add("gff3", GFF3.into());
    add("bed", b"chr1\t1000\t2000\tG1\t0\t+\nchr2\t150\t900\tG2\t0\t-\n".into());
    add("bedgraph", b"track type=bedGraph\nchr1\t700\t900\t1.5\nchr1\t900\t1300\t2\nchr2\t0\t100\t0\n".into());
    add("tagalign", b"chr1\t900\t936\tN\t1000\t+\nchr1\t1000\t1036\tN\t1000\t-\nchr2\t5\t41\tN\t0\t+\n".into());
    add("sheet", SHEET.into());
    add("expression", b"gene_id\ts1\ts2\nENSG1.2\t1.5\t0\nENSG2\tNA\t3e2\n".into());
    add("expression", b"gene_id\tE003\tE004\nENSG1\t1.5\t0\nENSG2\t7\t3\n".into());
    add("labels", b"gene_id\tlabel\texpression\nG1\t1\t2.5\nG2\tNA\tNA\nG3\t0\t0\n".into());
    add("lsgkm", LSGKM.into());
    add("splits", b"gene_id\tsplit\tfold\nG1\ttrain\t0\nG2\tvalid\t0\nG3\ttest\t1\n".into());
    add("config", CONFIG.into());
    add("config", CONFIG_JSON.into());
    let mut fixed = BTreeMap::new();
    fixed.insert("sheet.tsv", SHEET.into());
    work.write("genes.bed", "chr1\t1000\t1001\tG1\t0\t+\nchr1\t100000\t100001\tG2\t0\t-\n");
    alignments(&work, &mut fixed, &mut add);
    bigwig(&work, &mut add);
    learnt(&work, &mut fixed, &mut add);
    weights(&work, &mut add);
    Made { fixed, seeds }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn gtf() -> String {
    let line = |kind: &str, from: u32, to: u32, rest: &str| {
        format!("chr1\tx\t{kind}\t{from}\t{to}\t.\t+\t.\tgene_id \"G1.3\"; gene_name \"A\";{rest}\n")
    };
    let transcript = " transcript_id \"T1\"; tag \"Ensembl_canonical\";";
    ["#!genome-build x\n".to_owned(), line("gene", 1001, 2000, " gene_type \"protein_coding\";")]
        .into_iter()
        .chain([line("transcript", 1001, 2000, transcript), line("exon", 1001, 1200, transcript)])
        .collect()
}

const GFF3: &str = "##gff-version 3\n##sequence-region chr1 1 5000\n\
    chr1\tx\tgene\t1001\t2000\t.\t+\t.\tID=gene:G1;Name=A%3BB;biotype=protein_coding\n\
    chr1\tx\tmRNA\t1001\t2000\t.\t+\t.\tID=transcript:T1;Parent=gene:G1;tag=Ensembl_canonical\n\
    chr1\tx\texon\t1001\t1200\t.\t+\t.\tParent=transcript:T1\n###\n##FASTA\n>chr1\nACGT\n";

const SHEET: &str = "sample\tmark\tpath\tcontrol\ns1\tH3K4me3\ta.bam\tc.bam\ns2\tH3K4me3\tb.bw\t\n";

const LSGKM: &str = "svm_type c_svc\nkernel_type wgkm\nL 4\nk 3\nd 1\nnorc 0\nM 50\nH 50\nnr_class 2\ntotal_sv 2\nrho 0.5\nlabel 1 -1\nnr_sv 1 1\nSV\n0.5 ACGTAC\n-0.5 GGNTTA\n";
const CONFIG: &str = "samples: sheet.tsv\nannotation:\n  path: genes.gtf\n  biotype: [protein_coding]\n\
    expression: {path: expression.tsv}\nlabels:\n  method: threshold\n  threshold: {s1: 1.5, s2: 2}\n\
    split: &s\n  method: chromosome\n  test_chroms: [chr1, \"chr2\"]\nmodel:\n  name: deep-chrome\n  hidden: [20, 10]\n\
    train:\n  epochs: 3\n# end\n";

const CONFIG_JSON: &str = r#"{"samples": "sheet.tsv", "annotation": {"path": "genes.gtf"},
    "expression": {"path": "e.tsv"}, "labels": {"threshold": 2.5}}"#;

/// A SAM header and some hundred reads on chr1, two of three of which lie around the windows.
fn sam(length: u32) -> String {
    let head = format!("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:{length}\n@SQ\tSN:chr2\tLN:3000\n");
    let read = |number: u32| {
        let position = if number < 400 { 500 + 3 * number } else { 99_000 + 5 * (number - 400) };
        // some differ from the genome
        let (bases, qualities) =
            if number.is_multiple_of(5) { ("AACAAAAGAA", "II9IIIH#II") } else { ("AAAAAAAAAA", "IIIIIIIIII") };
        format!("r{number}\t0\tchr1\t{position}\t60\t10M\t*\t0\t0\t{bases}\t{qualities}\n")
    };
    head + &(0..900).map(read).collect::<String>()
}

fn alignments(
    work: &Workdir,
    fixed: &mut BTreeMap<&'static str, Vec<u8>>,
    add: &mut impl FnMut(&'static str, Vec<u8>),
) {
    use sam::alignment::io::Write as _;
    for (name, length) in [("reads.bam", 200_000), ("long.bam", 600_000_000)] {
        let text = sam(length);
        let mut reader = sam::io::Reader::new(text.as_bytes());
        let header = reader.read_header().unwrap();
        let mut writer = bam::io::Writer::new(Vec::new());
        writer.write_header(&header).unwrap();
        for (number, record) in reader.records().enumerate() {
            writer.write_alignment_record(&header, &record.unwrap()).unwrap();
            // many blocks, so that an index has places to name
            if number % 30 == 0 {
                writer.get_mut().flush().unwrap();
            }
        }
        let bytes = writer.into_inner().finish().unwrap();
        let path = work.write(name, &bytes);
        let index = work.path(&format!("{name}.index"));
        match bam::fs::index(&path).unwrap() {
            bam::Index::Bai(of) => bam::bai::fs::write(&index, &of).unwrap(),
            bam::Index::Csi(of) => csi::fs::write(&index, &of).unwrap(),
        }
        let index = read(&index);
        if index.starts_with(b"\x1f\x8b") {
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(&index[..]).read_to_end(&mut unpacked).unwrap();
            add("bam_index", unpacked);
        }
        add("bam_index", index);
        fixed.insert(name, bytes);
    }
    let text = sam(200_000).lines().take(3 + 12).map(|line| format!("{line}\n")).collect::<String>();
    let mut reader = sam::io::Reader::new(text.as_bytes());
    let header = reader.read_header().unwrap();
    let records: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    let genome = format!(">chr1\n{}\n>chr2\n{}\n", "A".repeat(200_000), "A".repeat(3000));
    let mut plain = bam::io::Writer::from(Vec::new());
    let mut packed = bam::io::Writer::new(Vec::new());
    plain.write_header(&header).unwrap();
    packed.write_header(&header).unwrap();
    for record in &records {
        plain.write_alignment_record(&header, record).unwrap();
        packed.write_alignment_record(&header, record).unwrap();
    }
    add("bam", packed.into_inner().finish().unwrap());
    // the reader packs it
    add("bam", plain.into_inner());
    for codecs in codecs() {
        let sequences = fasta::io::Reader::new(genome.as_bytes()).records().collect::<Result<Vec<_>, _>>().unwrap();
        let mut cram = cram::io::writer::Builder::default()
            .set_reference_sequence_repository(fasta::Repository::new(sequences))
            .set_block_content_encoder_map(codecs)
            .build_from_writer(Vec::new());
        cram.write_header(&header).unwrap();
        for record in &records {
            cram.write_alignment_record(&header, record).unwrap();
        }
        cram.try_finish(&header).unwrap();
        let mut bytes = cram.get_ref().clone();
        // noodles states the packed size of qualities by fqzcomp as their size; the reader sets the checksums right
        let packed = bytes.windows(5).position(|block| block[..2] == [7, 4] && block[3] == block[4]);
        if let Some(at) = packed {
            bytes[at + 4] = 10 * records.len() as u8;
        }
        add("cram", bytes);
    }
    fixed.insert("genome.fa", genome.into_bytes());
}

/// gzip, and every codec of CRAM 3.0 and 3.1.
fn codecs() -> Vec<BlockContentEncoderMap> {
    let numbers = [
        DataSeries::BamFlags,
        DataSeries::CramFlags,
        DataSeries::AlignmentStarts,
        DataSeries::FeatureCounts,
        DataSeries::FeatureCodes,
        DataSeries::FeaturePositionDeltas,
        DataSeries::BaseSubstitutionCodes,
        DataSeries::MappingQualities,
    ];
    let with = |numbers_by: Encoder, names_by: Encoder, qualities_by: Encoder| {
        numbers
            .iter()
            .fold(BlockContentEncoderMap::builder(), |map, series| {
                map.set_data_series_encoder(*series, Some(numbers_by.clone()))
            })
            .set_data_series_encoder(DataSeries::Names, Some(names_by))
            .set_data_series_encoder(DataSeries::QualityScores, Some(qualities_by))
            .build()
    };
    let rans = |flags| Encoder::RansNx16(rans_nx16::Flags::from_bits_truncate(flags));
    let arithmetic = |flags| Encoder::AdaptiveArithmeticCoding(aac::Flags::from_bits_truncate(flags));
    let old = |order| Encoder::Rans4x8(order);
    vec![
        BlockContentEncoderMap::default(),
        with(old(rans_4x8::Order::Zero), old(rans_4x8::Order::One), old(rans_4x8::Order::One)),
        with(rans(0), Encoder::NameTokenizer, Encoder::Fqzcomp),
        // order 1, runs of one symbol, several symbols a byte
        with(rans(0x01), rans(0x40), rans(0x80)),
        with(arithmetic(0), arithmetic(0x01), arithmetic(0x40)),
        with(rans(0x04), rans(0x08), arithmetic(0)),
    ]
}

fn bigwig(work: &Workdir, add: &mut impl FnMut(&'static str, Vec<u8>)) {
    let chrom = |name: &str, length| Chrom { name: name.to_owned(), length: Some(length) };
    let chroms: Chroms = [chrom("chr1", 200_000), chrom("chr2", 3000)].into_iter().collect();
    let run = |start: u64| (start, start + 50, start as f32);
    let path = work.path("x.bw");
    bigwig_writer::write(&path, &chroms, &[(0..30).map(|at| run(700 + 50 * at)).collect(), vec![run(100)]]).unwrap();
    add("bigwig", read(&path));
}

/// Matrices, attention, models, predictions and a state.
fn learnt(work: &Workdir, fixed: &mut BTreeMap<&'static str, Vec<u8>>, add: &mut impl FnMut(&'static str, Vec<u8>)) {
    let gene = |at: usize| format!("chr{}\t{}\t{}\tG{at}\t0\t+\n", 1 + at % 4, 1000 + 2000 * at, 1001 + 2000 * at);
    work.write("all.bed", (0..GENES).map(gene).collect::<String>());
    work.write("few.bed", (0..4).map(gene).collect::<String>());
    let signal = |mark: usize| -> String {
        let value = |at: usize| if at % 2 == 1 { 3 + (at + mark) % 3 } else { (at * 7 + mark) % 3 };
        let mut lines: Vec<_> = (0..GENES)
            .flat_map(|at| (0..8).map(move |bin| (1 + at % 4, 1000 + 2000 * at - 400 + 100 * bin, at + bin % 2)))
            .collect();
        lines.sort_unstable();
        lines
            .iter()
            .map(|(chrom, start, at)| format!("chr{chrom}\t{start}\t{}\t{}\n", start + 100, value(*at)))
            .collect()
    };
    work.write("a.bedgraph", signal(0));
    work.write("b.bedgraph", signal(1));
    let grid = "--flank 400 --bin-size 100 --sample s --signal a=a.bedgraph --signal b=b.bedgraph";
    work.ok("bin", &format!("--genes all.bed {grid} --out all.bins.safetensors"));
    work.ok("bin", &format!("--genes few.bed {grid} --out x.bins.safetensors"));
    let table = |head: &str, row: &dyn Fn(usize) -> String| {
        (0..GENES).fold(format!("gene_id\t{head}\n"), |text, at| text + &format!("G{at}\t{}\n", row(at)))
    };
    work.write("labels.tsv", table("label", &|at| (at % 2).to_string()));
    let splits = ["train", "train", "valid", "valid", "test"];
    work.write("splits.tsv", table("split", &|at| splits[at / 4 % 5].to_owned()));
    let inputs = "--bins all.bins.safetensors --labels labels.tsv --splits splits.tsv";
    for (at, model) in MODELS.iter().enumerate() {
        let epochs =
            if ["logistic", "linear", "gradient"].iter().any(|of| model.starts_with(of)) { "" } else { "--epochs 1" };
        work.ok("train", &format!("{inputs} --model {model} {epochs} --out m{at}.model.safetensors"));
        add("model", read(&work.path(&format!("m{at}.model.safetensors"))));
    }
    let model = "--bins x.bins.safetensors --model m0.model.safetensors";
    work.ok("predict", &format!("{model} --predictions p.tsv --attention y.bins.safetensors"));
    add("predictions", read(&work.path("p.tsv")));
    fixed.insert("x.bins.safetensors", read(&work.path("x.bins.safetensors")));
    add("matrix", read(&work.path("x.bins.safetensors")));
    add("matrix", read(&work.path("y.bins.safetensors")));
    // a state whose fingerprint is of nothing, which the reader asks for
    let header = json!({"format": "attentrack.state", "tool_version": env!("CARGO_PKG_VERSION"), "fingerprint": {},
        "optimiser_steps": [3]});
    let flat = |name: &str| (format!("members.0.{name}"), RawTensor::of_f32(&[3], &[0.5, -1.0, 2.0]));
    let mut tensors = ["weights", "best_weights", "first_moments", "second_moments"].map(flat).to_vec();
    tensors.push(("members.0.history".to_owned(), RawTensor::of_f64(&[1, 4], &[0.7, 0.6, 0.5, 0.001])));
    safetensors_file::write(&work.path("t.state.safetensors"), &header, &tensors).unwrap();
    add("state", read(&work.path("t.state.safetensors")));
}

fn weights(work: &Workdir, add: &mut impl FnMut(&'static str, Vec<u8>)) {
    for name in ["w.pt", "w.npz", "w.safetensors"] {
        work.ok("import", &format!("--export {name} --model m0.model.safetensors --member 0"));
        add("weights", read(&work.path(name)));
    }
    // torch.save of before 1.6: one tensor [2, 3] whose storage holds 0, 1, … 5
    let mut legacy = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
    legacy.extend(b"\x80\x02}U\x0dlittle_endian\x88s.\x80\x02ccollections\nOrderedDict\n)Rq\x00U\x01w");
    legacy
        .extend(b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x0242q\x01U\x03cpuK\x06NtQ");
    legacy.extend(b"K\x00K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)RtRs.\x80\x02]U\x0242a.");
    legacy.extend(6i64.to_le_bytes());
    legacy.extend((0..6).flat_map(|value| (value as f32).to_le_bytes()));
    add("weights", legacy);
}
