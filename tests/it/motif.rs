//! What networks of DNA have learnt, as a motif and as a picture of chosen sequences.

use crate::support::Workdir;

const MOTIF: &[u8] = b"TGACTCATC";
const LENGTH: usize = 60;

/// Sequences of letters that look random, every other one with the motif.
fn fasta(seed: u64, n: usize) -> String {
    let record = |at: usize| {
        // SplitMix64: generators that start from neighbouring numbers tell even records from odd ones
        let mut state = (seed + at as u64) << 32;
        let mut sequence: Vec<u8> = (0..LENGTH)
            .map(|_| {
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                b"ACGT"[(z >> 62) as usize]
            })
            .collect();
        let positive = at.is_multiple_of(2);
        if positive {
            let start = 3 + at * 7 % 45;
            sequence[start..start + MOTIF.len()].copy_from_slice(MOTIF);
        }
        format!(">{}\n{}\n", u8::from(positive), String::from_utf8(sequence).unwrap())
    };
    (0..n).map(record).collect()
}

fn set() -> Workdir {
    let work = Workdir::new();
    work.write("train.fasta", fasta(1000, 400));
    work.write("test.fasta", fasta(9000, 40));
    let files = "--fasta train.fasta --fasta test.fasta";
    work.ok("bin", &format!("{files} --out d.bins.safetensors"));
    work.ok("label", &format!("{files} --out d.labels.tsv"));
    work.ok("split", &format!("{files} --valid-fraction 0.2 --seed 3 --out splits.tsv"));
    work
}

fn train(work: &Workdir, model: &str) {
    let inputs = "--bins d.bins.safetensors --labels d.labels.tsv --splits splits.tsv";
    work.ok("train", &format!("{inputs} --model {model} --out m.model.safetensors"));
}

/// The matrix of a MEME file.
fn matrix(text: &str) -> Vec<[f64; 4]> {
    let rows = text.lines().skip_while(|line| !line.starts_with("letter-probability matrix")).skip(1);
    let numbers = |line: &str| line.split_whitespace().map(|word| word.parse().unwrap()).collect::<Vec<f64>>();
    rows.map(|line| numbers(line).try_into().unwrap()).collect()
}

/// Pearson's r of the planted motif and the part of the matrix that is most like it.
fn likeness(matrix: &[[f64; 4]]) -> f64 {
    let planted: Vec<f64> =
        MOTIF.iter().flat_map(|letter| b"ACGT".map(|base| f64::from(u8::from(base == *letter)))).collect();
    let centred = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let r = |part: &[[f64; 4]]| {
        let (a, b) = (centred(part.as_flattened()), centred(&planted));
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
    };
    matrix.windows(MOTIF.len()).map(r).fold(-1.0, f64::max)
}

#[test]
fn a_planted_motif_is_found_and_sequences_are_drawn() {
    let work = set();
    train(&work, "deep-motif-cnn --filters 64 --batch-size 32 --learning-rate 0.001 --epochs 40");
    let log = work.ok("motif", "--model m.model.safetensors --out m.meme --logo m.svg");
    let meme = work.read("m.meme");
    assert!(meme.starts_with("MEME version 4\n\nALPHABET= ACGT\n") && meme.contains("\nMOTIF m\n"), "{meme}");
    let found = matrix(&meme);
    assert!(found.len() >= 7 && meme.contains(&format!(" w= {} ", found.len())), "{meme}");
    assert!(found.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-5), "{meme}");
    assert!(likeness(&found) > 0.95, "{}: {log}{meme}", likeness(&found));
    let logo = work.read("m.svg");
    assert!(logo.starts_with("<svg xmlns=") && logo.contains("class=\"base T\""), "{logo}");

    let chosen = "--bins d.bins.safetensors --region test:1 --region test:2 --dashboard d.svg";
    work.ok("motif", &format!("--model m.model.safetensors {chosen}"));
    let picture = work.read("d.svg");
    for part in ["test:1: contributions", "test:2: contributions", "saliency", "running scores", "line second"] {
        assert!(picture.contains(part), "no {part} in {picture}");
    }
    // every letter of two sequences, in two rows each, unless it is too low to be seen
    assert!(picture.matches("class=\"base ").count() > 2 * LENGTH, "{picture}");

    work.fails("motif", "--model m.model.safetensors", &["nothing to write", "--dashboard"]);
    work.fails(
        "motif",
        "--model m.model.safetensors --bins d.bins.safetensors --region test:99 --dashboard x.svg",
        &["d.bins.safetensors", "no sequence test:99"],
    );
    work.fails(
        "explain",
        "--bins d.bins.safetensors --model m.model.safetensors --method class-optimisation --out x.bins.safetensors",
        &["attentrack-motif"],
    );
    train(&work, "gc-content");
    work.ok("motif", &format!("--model m.model.safetensors {chosen}"));
    assert!(!work.read("d.svg").contains("saliency"));
    work.fails("motif", "--model m.model.safetensors --out x.meme", &["class optimisation needs a network of DNA"]);
    assert!(!work.path("x.meme").exists() && !work.path("x.svg").exists());
}

/// Pearson's r with the planted motif or with its opposite.
fn likeness_of_either_strand(matrix: &[[f64; 4]]) -> f64 {
    let opposite: Vec<[f64; 4]> = matrix.iter().rev().map(|[a, c, g, t]| [*t, *g, *c, *a]).collect();
    likeness(matrix).max(likeness(&opposite))
}

/// Of a network and of the machine on gapped k-mers: the motif of real sequences, its places, and arrays for tfmodisco-lite.
#[test]
fn contributions_are_gathered_into_motifs() {
    let work = set();
    // the same sequences at known places, every other one read on the opposite strand
    let mut at = 0;
    let placed = |line: &str| {
        if line.starts_with('>') {
            at += 100;
            let strand = if at % 200 == 0 { '-' } else { '+' };
            return format!(">chr1:{at}-{}({strand})\n", at + LENGTH);
        }
        format!("{line}\n")
    };
    work.write("placed.fasta", fasta(9000, 40).lines().map(placed).collect::<String>());
    work.ok("bin", "--fasta placed.fasta --out placed.bins.safetensors");
    for model in [
        "gapped-kmer-svm --kmer-length 8",
        "deep-motif-cnn --filters 64 --batch-size 32 --learning-rate 0.001 --epochs 20",
    ] {
        train(&work, model);
        let bins = "--model m.model.safetensors --bins d.bins.safetensors";
        let log = work.ok("motif", &format!("{bins} --motifs m.meme --motifs-logo m.svg"));
        let meme = work.read("m.meme");
        let first = meme.split("MOTIF ").nth(1).unwrap();
        assert!(first.starts_with("m_1\n"), "{meme}");
        let found = matrix(&format!("{}\n", first.trim_end()));
        assert!(likeness_of_either_strand(&found) > 0.95, "{model}: {log}{meme}");
        assert!(work.read("m.svg").contains("m_1: "));
        // 20 sequences of 40 hold the motif once; they are read from FASTA, where a match lies
        let arrays = "--modisco-sequences s.npz --modisco-attributions a.npz";
        work.ok("motif", &format!("--model m.model.safetensors --bins placed.bins.safetensors --hits h.bed {arrays}"));
        let text = work.read("placed.fasta");
        let records: Vec<(&str, &str)> =
            text.split('>').skip(1).map(|record| record.trim_end().split_once('\n').unwrap()).collect();
        let mut seen = 0;
        for (number, (header, letters)) in records.iter().enumerate().step_by(2) {
            let place = letters.find(str::from_utf8(MOTIF).unwrap()).unwrap();
            let start = 100 * (number + 1);
            // of the minus strand the first letter is the last base
            let begins = if header.ends_with("(-)") { start + LENGTH - place - MOTIF.len() } else { start + place };
            let lies = |line: &str| {
                let cells: Vec<&str> = line.split('\t').collect();
                let [from, to] = [1, 2].map(|column| cells[column].parse::<usize>().unwrap());
                cells[0] == "chr1" && from.max(begins) + 7 <= to.min(begins + MOTIF.len())
            };
            seen += usize::from(work.read("h.bed").lines().any(lies));
        }
        // the motif is of 20 sites, and chance one in 10,000 places: the k-mer machine finds 17
        assert!(seen >= 15, "{model}: {seen} of 20 in {}", work.read("h.bed"));
        let weights = |name: &str| attentrack::io::weights::read(&work.path(name)).unwrap().tensors.remove(0);
        let ((name, letters), (_, values)) = (weights("s.npz"), weights("a.npz"));
        assert_eq!((name.as_str(), letters.shape.as_slice()), ("arr_0", &[40, 4, LENGTH][..]));
        let (letters, values) = (letters.to_f32().unwrap(), values.to_f32().unwrap());
        assert_eq!(letters.iter().sum::<f32>(), (40 * LENGTH) as f32);
        assert!(letters.iter().zip(&values).all(|(letter, value)| *letter == 1.0 || *value == 0.0));
    }
    let bins = "--model m.model.safetensors --bins d.bins.safetensors";
    work.fails("motif", &format!("{bins} --hits h2.bed"), &["d.bins.safetensors", "no places"]);
    work.fails("motif", &format!("{bins} --hits h2.bed --max-p 0"), &["--max-p 0", "more than 0"]);
    work.fails("motif", &format!("{bins} --modisco-sequences s.npy --modisco-attributions a.npz"), &["s.npy", ".npz"]);
    work.ok("motif", &format!("{bins} --splits splits.tsv --motifs t.meme"));
    work.write("other.tsv", "gene_id\tsplit\tfold\nG1\ttest\t0\n");
    work.fails("motif", &format!("{bins} --splits other.tsv --motifs t2.meme"), &["other.tsv", "no test sequence"]);
    assert!(!work.path("h2.bed").exists() && !work.path("t2.meme").exists());
}

/// Every network learns the set by the stages, and is explained: temporal values end in the score, or begin with it.
#[test]
fn every_network_of_dna_goes_through_the_stages() {
    let work = set();
    for model in [
        "deep-motif-cnn --filters 16",
        "deep-motif-rnn --bin-hidden 8",
        "deep-motif-cnn-rnn --filters 16 --bin-hidden 8",
    ] {
        train(&work, &format!("{model} --batch-size 32 --epochs 3"));
        work.ok("predict", "--bins d.bins.safetensors --model m.model.safetensors --predictions p.tsv");
        let predictions = work.read("p.tsv");
        let header: Vec<&str> = predictions.lines().next().unwrap().split('\t').collect();
        let score = header.iter().position(|name| *name == "score").unwrap();
        let scores: Vec<f64> =
            predictions.lines().skip(1).map(|line| line.split('\t').nth(score).unwrap().parse().unwrap()).collect();
        let methods = "--method saliency,temporal-forward,temporal-backward,contributions";
        work.ok(
            "explain",
            &format!(
                "--bins d.bins.safetensors --model m.model.safetensors {methods} --out {{method}}.bins.safetensors"
            ),
        );
        for (method, end) in [("temporal-forward", LENGTH - 1), ("temporal-backward", 0)] {
            let found = attentrack::io::bins::read(&work.path(&format!("{method}.bins.safetensors"))).unwrap();
            let values = &found.layers[0].values;
            for (row, score) in values.chunks_exact(LENGTH).zip(&scores) {
                let logit = (score / (1.0 - score)).ln();
                assert!((f64::from(row[end]) - logit).abs() < 1e-2, "{model} {method}: {} {logit}", row[end]);
            }
        }
        let saliency = attentrack::io::bins::read(&work.path("saliency.bins.safetensors")).unwrap();
        assert!(saliency.layers[0].values.iter().all(|value| *value >= 0.0));
    }
    work.fails(
        "train",
        "--bins d.bins.safetensors --labels d.labels.tsv --splits splits.tsv --model deep-motif-cnn --kernel-width 50 --out x.model.safetensors",
        &["60 positions are too few", "make them smaller"],
    );
}
