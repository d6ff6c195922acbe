//! Files that once ended a stage with a panic, an abort or gigabytes, each made here.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use attentrack::genome::Chrom;
use attentrack::io::bigwig_writer;
use serde_json::{Value, json};

use crate::support::Workdir;

/// Runs a stage that may take 1 GB of address space, most of which its threads' stacks and libraries take; it must end
/// with exit 1 and one message that holds `needle`.
fn fails_in_little_memory(dir: &Workdir, stage: &str, args: &str, needle: &str) {
    let program = assert_cmd::cargo::cargo_bin(format!("attentrack-{stage}"));
    let script = format!("ulimit -v 1000000; exec timeout 60 {} {args} --threads 1", program.display());
    let output = Command::new("sh").current_dir(dir.path("")).args(["-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "attentrack-{stage} {args}: {stderr}");
    assert!(!stderr.contains("panicked") && stderr.matches("error:").count() == 1, "{stage} {args}: {stderr}");
    assert!(stderr.contains(needle), "attentrack-{stage} {args}: no {needle:?} in {stderr}");
}

/// A safetensors file of ours, taken apart.
struct Parts {
    head: Value,
    header: Value,
    data: Vec<u8>,
}

impl Parts {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let head: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let header = serde_json::from_str(head["__metadata__"]["header"].as_str().unwrap()).unwrap();
        Parts { head, header, data: bytes[8 + length..].to_vec() }
    }

    fn write(mut self, dir: &Workdir, name: &str) {
        self.head["__metadata__"]["header"] = Value::String(self.header.to_string());
        let head = self.head.to_string();
        let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
        bytes.extend(head.as_bytes());
        bytes.extend(self.data);
        dir.write(name, bytes);
    }
}

/// x.bins.safetensors of 30 genes and 8 bins, and models of it: net, tree, auto.
fn workdir() -> Workdir {
    let dir = Workdir::new();
    let gene = |at: usize| format!("chr1\t{}\t{}\tG{at}\t0\t+\n", 1000 + 2000 * at, 1001 + 2000 * at);
    dir.write("genes.bed", (0..30).map(gene).collect::<String>());
    let value = |at: usize| format!("chr1\t{}\t{}\t{}\n", 700 + 2000 * at, 1300 + 2000 * at, 1 + at % 2 * 3);
    dir.write("a.bedgraph", (0..30).map(value).collect::<String>());
    dir.ok(
        "bin",
        "--genes genes.bed --flank 400 --bin-size 100 --sample s --signal a=a.bedgraph --out x.bins.safetensors",
    );
    let table = |head: &str, row: &dyn Fn(usize) -> String| {
        (0..30).fold(format!("gene_id\t{head}\n"), |text, at| text + &format!("G{at}\t{}\n", row(at)))
    };
    dir.write("labels.tsv", table("label", &|at| (at % 2).to_string()));
    dir.write("splits.tsv", table("split", &|at| ["train", "valid", "test"][at / 4 % 3].to_owned()));
    let inputs = "--bins x.bins.safetensors --labels labels.tsv --splits splits.tsv";
    dir.ok(
        "train",
        &format!("{inputs} --model attentive-chrome --bin-hidden 3 --epochs 1 --out net.model.safetensors"),
    );
    dir.ok("train", &format!("{inputs} --model gradient-boosting --out tree.model.safetensors"));
    dir.ok("train", &format!("{inputs} --model auto --epochs 1 --out auto.model.safetensors"));
    dir
}

#[test]
fn headers_that_lie_are_refused_by_every_stage_that_takes_a_model() {
    let dir = workdir();
    type Change = (&'static str, &'static str, fn(&mut Value), &'static str);
    let changes: [Change; 21] = [
        ("net", "quantiles", |h| h["input_quantiles"] = json!([[]]), "input quantiles of a"),
        ("net", "fewer-quantiles", |h| h["input_quantiles"] = json!([[1.0], [2.0]]), "of 2 marks"),
        ("net", "unsorted", |h| h["input_quantiles"] = json!([[1.0, 0.0]]), "ascending"),
        ("net", "hidden", |h| h["model"]["bin_hidden"] = json!(1u64 << 61), "bin_hidden is 2305843009213693952"),
        ("net", "no-hidden", |h| h["model"]["mark_hidden"] = json!(0), "mark_hidden is 0"),
        ("net", "more-hidden", |h| h["model"]["bin_hidden"] = json!(1 << 20), "expected [4194304, 1]"),
        ("net", "bins", |h| h["model"]["n_bins"] = json!(u64::MAX), "bins"),
        ("net", "window", |h| h["bin_size_bp"] = json!(0), "bins of 0 bp"),
        ("net", "odd-window", |h| h["flank_bp"] = json!(450), "±450 bp"),
        ("net", "marks", |h| h["marks"] = json!([]), "0 marks"),
        ("net", "no-marks", |h| (h["marks"], h["model"]["n_marks"]) = (json!([]), json!(0)), "n_marks is 0"),
        ("net", "members", |h| h["members"] = json!(vec![h["members"][0].clone(); 1000]), "is missing"),
        (
            "net",
            "means",
            |h| h["transform"] = json!({"transform": "depth-scaled", "train_means": []}),
            "means of 0 marks",
        ),
        (
            "net",
            "isotonic",
            |h| h["calibration"] = json!({"method": "isotonic", "raw": [], "calibrated": []}),
            "ascending",
        ),
        (
            "net",
            "knots",
            |h| h["calibration"] = json!({"method": "isotonic", "raw": [0.2, 0.1], "calibrated": [0.1]}),
            "ascending",
        ),
        (
            "net",
            "slope",
            |h| h["calibration"] = json!({"method": "temperature", "slope": -1.0, "offset": 0.0}),
            "slope of the calibration",
        ),
        ("tree", "windows", |h| h["model"]["n_windows"] = json!(0), "n_windows is 0"),
        ("tree", "more-windows", |h| h["model"]["n_windows"] = json!(u64::MAX), "expected 1 to 8"),
        ("auto", "networks", |h| h["model"]["n_networks"] = json!(u64::MAX), "is missing"),
        ("auto", "no-networks", |h| h["model"]["n_networks"] = json!(0), ""),
        ("auto", "fewer-members", |h| h["model"]["members"] = json!([]), "members are not"),
    ];
    for (model, name, change, needle) in changes {
        let mut parts = Parts::read(&dir.path(&format!("{model}.model.safetensors")));
        change(&mut parts.header);
        parts.write(&dir, "y.model.safetensors");
        let inputs = "--bins x.bins.safetensors --model y.model.safetensors";
        for (stage, rest) in [
            ("predict", "--predictions p.tsv"),
            ("explain", "--method mark-occlusion --out e.bins.safetensors"),
            ("faithfulness", "--method mark-occlusion --out f.tsv"),
        ] {
            if stage != "predict" && !["quantiles", "hidden", "windows"].contains(&name) {
                continue;
            }
            fails_in_little_memory(&dir, stage, &format!("{inputs} {rest}"), needle);
        }
        assert!(!dir.path("p.tsv").exists(), "{name}");
    }
}

#[test]
fn matrices_whose_header_and_tensors_disagree_are_refused() {
    let dir = workdir();
    let change = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = Parts::read(&dir.path("x.bins.safetensors"));
        change(&mut parts);
        parts.write(&dir, name);
        format!("--input {name} --format tsv --out t.tsv")
    };
    let cases = [
        // 30 genes of one mark and 8 bins are as many values as one gene of 30 marks
        (
            change("a", &|x| x.head["values"]["shape"] = json!([1, 30, 8])),
            "[1, 30, 8], where the header asks for [30, 1, 8]",
        ),
        (change("b", &|x| x.head["values"]["shape"] = json!([u64::MAX, 30, 8])), "not a matrix file"),
        (change("c", &|x| x.header["genes"] = json!(["G1"])), "where the header asks for [1, 1, 8]"),
        (change("d", &|x| x.header["bin_size_bp"] = json!(0)), "greater than 0"),
        (change("e", &|x| x.header["chroms"][0]["name"] = json!("c".repeat(5000))), "5000 bytes"),
        (change("f", &|x| x.head["values"]["data_offsets"] = json!([0, u64::MAX])), "not a matrix file"),
        (change("g", &|x| x.header["status"] = json!(["ok"])), "status"),
        (change("h", &|x| x.header["flank_bp"] = json!(4_000_000_000u32)), "bins"),
    ];
    for (args, needle) in cases {
        fails_in_little_memory(&dir, "track", &args, needle);
    }
    // a header's length of 100 MB in a file of 16 bytes; JSON that nests without end
    dir.write("short", [100_000_000u64.to_le_bytes(), [b'{'; 8]].concat());
    dir.write("deep", [&100_000u64.to_le_bytes()[..], &[b'['; 100_000]].concat());
    for name in ["short", "deep", "/dev/zero", "."] {
        fails_in_little_memory(&dir, "track", &format!("--input {name} --format tsv --out t.tsv"), name);
    }
}

#[test]
fn a_bigwig_whose_blocks_lie_beyond_its_end_is_refused() {
    let dir = Workdir::new();
    let chrom = |name: &str| Chrom { name: name.to_owned(), length: Some(100_000) };
    let runs = |at: u64| (1000 * at, 1000 * at + 500, at as f32);
    let chroms = [chrom("chr1")].into_iter().collect();
    bigwig_writer::write(&dir.path("x.bw"), &chroms, &[(1..30).map(runs).collect()]).unwrap();
    let bytes = std::fs::read(dir.path("x.bw")).unwrap();
    let index = u64::from_le_bytes(bytes[24..32].try_into().unwrap()) as usize;
    dir.write("genes.bed", "chr1\t5000\t5001\tG1\t0\t+\n");
    // the first item of the index' first node, a leaf: where its block is, and how long
    let item = index + 48 + 4;
    for (place, number) in [(16, u64::MAX), (24, u64::MAX), (24, 1 << 40), (16, bytes.len() as u64)] {
        let mut bytes = bytes.clone();
        bytes[item + place..item + place + 8].copy_from_slice(&number.to_le_bytes());
        dir.write("x.bw", bytes);
        let args = "--genes genes.bed --flank 400 --bin-size 100 --sample s --signal a=x.bw --out x.bins.safetensors";
        fails_in_little_memory(&dir, "bin", args, "the block at byte");
    }
}

#[test]
fn weights_and_models_that_are_devices_or_folders_end_in_one_message() {
    let dir = workdir();
    for name in ["/dev/zero", "."] {
        let needle = if name == "." { "folder" } else { "/dev/zero" };
        fails_in_little_memory(&dir, "import", &format!("--weights {name} --out m.model.safetensors"), needle);
        let model = format!("--bins x.bins.safetensors --model {name} --predictions p.tsv");
        fails_in_little_memory(&dir, "predict", &model, needle);
    }
}

#[test]
fn a_pt_of_100_kb_does_not_become_gigabytes() {
    let dir = Workdir::new();
    let deflated = |entries: &[(&str, Vec<u8>)]| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in entries {
            archive.start_file(*name, options).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    let operations = [vec![b'N'; 100_000_000], b".".to_vec()].concat();
    dir.write("bomb.pt", deflated(&[("w/data.pkl", operations)]));
    let header = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (25000000, ), }    \n";
    let zeros = [header.to_vec(), vec![0; 100_000_000]].concat();
    dir.write("bomb.npz", deflated(&[("w.npy", zeros)]));
    for name in ["bomb.pt", "bomb.npz"] {
        assert!(std::fs::metadata(dir.path(name)).unwrap().len() < 200_000);
        let needle = "far more than a file of its size should hold";
        fails_in_little_memory(&dir, "import", &format!("--weights {name} --out m.model.safetensors"), needle);
    }
}

#[test]
fn nested_configurations_end_in_one_message() {
    let dir = Workdir::new();
    let laughs: String = (1..9)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")))
        .collect();
    let cases = [
        ("lists", "[".repeat(100_000), "nests more than 64"),
        ("tables", "{a: ".repeat(25_000), "nests more than 64"),
        ("dashes", "- ".repeat(50_000), "config.yaml"),
        ("marks", "? ".repeat(50_000), "config.yaml"),
        ("lines", (0..440).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(), "config.yaml"),
        ("laughs", format!("a0: &a0 [x, x]\n{laughs}"), "config.yaml"),
        ("aliases", format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(5000), "*a, ".repeat(400)), "aliases"),
        ("thresholds", format!("samples: a\nlabels: {{threshold: {}}}", "[".repeat(100_000)), "nests more than 64"),
        ("long", "# \n".repeat(700_000), "longer than 1 MiB"),
    ];
    for (name, text, needle) in cases {
        dir.write("config.yaml", text);
        let program = assert_cmd::cargo::cargo_bin("attentrack");
        for arguments in ["plan config.yaml", "plan - < config.yaml"] {
            let script = format!("ulimit -v 1000000; exec timeout 60 {} {arguments}", program.display());
            let output = Command::new("sh").current_dir(dir.path("")).args(["-c", &script]).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
            assert_eq!(stderr.matches("error:").count(), 1, "{name}: {stderr}");
            assert!(stderr.len() < 2000 && (stderr.contains(needle) || needle == "config.yaml"), "{name}: {stderr}");
        }
    }
    for name in ["/dev/zero", "."] {
        let output = Command::new(assert_cmd::cargo::cargo_bin("attentrack")).args(["plan", name]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
}
