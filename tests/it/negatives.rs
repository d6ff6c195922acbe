//! `attentrack-negatives`: off the peaks, alike in composition, and as many as are wanted.

use std::collections::HashMap;

use crate::support::Workdir;

/// Numbers that look random.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |bound| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) % bound
    }
}

/// Two chromosomes whose GC content and case change along them, with a stretch of N; peaks lie where there is much GC.
fn genome(work: &Workdir) -> HashMap<String, Vec<u8>> {
    let mut next = numbers(3);
    let mut chroms = HashMap::new();
    let mut text = String::new();
    for name in ["chr1", "chr2"] {
        let letter = |at: u64| {
            let rich = 20 + 60 * (at / 1500 % 5) / 4;
            let letter = if next(100) < rich { b"GC"[next(2) as usize] } else { b"AT"[next(2) as usize] };
            if (at / 700).is_multiple_of(3) { letter.to_ascii_lowercase() } else { letter }
        };
        let mut letters: Vec<u8> = (0..120_000).map(letter).collect();
        letters[50_000..53_000].fill(b'N');
        text += &format!(">{name}\n{}\n", String::from_utf8(letters.clone()).unwrap());
        chroms.insert(name.to_owned(), letters);
    }
    work.write("g.fa", text);
    let peak = |at: u64| format!("chr{}\t{}\t{}\n", 1 + at % 2, 6000 + 7500 * (at / 2), 6400 + 7500 * (at / 2));
    work.write("peaks.bed", (0..28).map(peak).collect::<String>());
    chroms
}

fn rows(text: &str) -> Vec<(String, usize, usize)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[0].to_owned(), cells[1].parse().unwrap(), cells[2].parse().unwrap())
    };
    text.lines().map(row).collect()
}

#[test]
fn negatives_lie_off_the_peaks_and_have_their_composition() {
    let work = Workdir::new();
    let chroms = genome(&work);
    let log =
        work.ok("negatives", "--genome g.fa --peaks peaks.bed --length 100 --number 56 --distance 300 --out n.bed");
    let (found, peaks) = (rows(&work.read("n.bed")), rows(&work.read("peaks.bed")));
    assert_eq!(found.len(), 56);
    let letters = |(chrom, start, end): &(String, usize, usize)| &chroms[chrom][*start..*end];
    for (at, row) in found.iter().enumerate() {
        assert_eq!(row.2 - row.1, 100);
        assert!(letters(row).iter().all(|letter| *letter != b'N'));
        let near = |other: &&(String, usize, usize), far: usize| {
            other.0 == row.0 && other.1 < row.2 + far && row.1 < other.2 + far
        };
        assert!(!peaks.iter().any(|peak| near(&peak, 300)), "{row:?}");
        assert!(!found[..at].iter().any(|other| near(&other, 0)), "{row:?}");
    }
    let share = |rows: &[(String, usize, usize)], of: fn(&u8) -> bool| {
        let all: Vec<u8> = rows.iter().flat_map(letters).copied().filter(|letter| *letter != b'N').collect();
        all.iter().filter(|letter| of(letter)).count() as f64 / all.len() as f64
    };
    let centres: Vec<_> = peaks.iter().map(|(chrom, start, _)| (chrom.clone(), start + 150, start + 250)).collect();
    let is_gc = |letter: &u8| b"GCgc".contains(letter);
    let (gc, of_peaks) = (share(&found, is_gc), share(&centres, is_gc));
    let anywhere: f64 = chroms["chr1"].iter().filter(|letter| is_gc(letter)).count() as f64 / 117_000.0;
    assert!((gc - of_peaks).abs() < 0.02 && (anywhere - of_peaks).abs() > 0.05, "{gc} {of_peaks} {anywhere}; {log}");
    let is_lower = |letter: &u8| letter.is_ascii_lowercase();
    assert!((share(&found, is_lower) - share(&centres, is_lower)).abs() < 0.06, "{log}");
    // the same seed, the same places; another, others
    work.ok(
        "negatives",
        "--genome g.fa --peaks peaks.bed --length 100 --number 56 --distance 300 --threads 2 --out same.bed",
    );
    assert_eq!(work.read("same.bed"), work.read("n.bed"));
    work.ok(
        "negatives",
        "--genome g.fa --peaks peaks.bed --length 100 --number 56 --distance 300 --seed 2 --out o.bed",
    );
    assert_ne!(work.read("o.bed"), work.read("n.bed"));
    // peaks and negatives are what bin, label and split take
    work.write("regions.bed", work.read("peaks.bed") + &work.read("n.bed"));
    work.ok("bin", "--genome g.fa --regions regions.bed --length 100 --out d.bins.safetensors");
    let log = work.ok("label", "--regions regions.bed --peaks peaks.bed --out l.tsv");
    assert!(log.contains("28 regions under peaks, 56 off them"), "{log}");
}

#[test]
fn a_poor_match_and_too_few_places_are_said() {
    let work = Workdir::new();
    genome(&work);
    let log =
        work.ok("negatives", "--genome g.fa --peaks peaks.bed --length 100 --number 900 --distance 0 --out n.bed");
    assert!(log.contains("of 900 negatives are not within a bin of the GC content (2 %)"), "{log}");
    work.write("upper.fa", work.read("g.fa").to_ascii_uppercase().replace("CHR", "chr"));
    let log = work.ok("negatives", "--genome upper.fa --peaks peaks.bed --out n.bed");
    assert!(log.contains("has no lower-case letters"), "{log}");
    work.write("other.bed", "chr7\t5\t900\n");
    for (args, message) in [
        ("--genome g.fa --peaks peaks.bed --number 90000 --out x.bed", "g.fa: 90000 regions are wanted, and"),
        ("--genome g.fa --peaks other.bed --out x.bed", "none of its 1 peaks lies on known bases of g.fa"),
    ] {
        work.fails("negatives", args, &[message]);
    }
    assert!(!work.path("x.bed").exists());
}

#[test]
fn shuffles_keep_pairs_of_letters_and_are_negatives() {
    let work = Workdir::new();
    let mut next = numbers(9);
    let letters: String = (0..300).map(|_| char::from(b"ACGTN"[next(40).min(4) as usize % 5])).collect();
    let other: String = (0..200).map(|_| char::from(b"ACGT"[next(4) as usize])).collect();
    work.write("p.fasta", format!(">1\n{letters}\n>1\n{other}\n"));
    work.ok("negatives", "--shuffle --fasta p.fasta --number 5 --out s.fasta");
    let text = work.read("s.fasta");
    let found: Vec<&str> = text.lines().filter(|line| !line.starts_with('>')).collect();
    assert_eq!(found.len(), 5);
    let pairs = |letters: &str| {
        let mut all: Vec<&[u8]> = letters.as_bytes().windows(2).collect();
        all.sort_unstable();
        all.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    for (at, found) in found.iter().enumerate() {
        let own = if at % 2 == 0 { &letters } else { &other };
        assert!(pairs(found) == pairs(own) && *found != own.as_str());
    }
    assert!(found[0] != found[2]);
    let log = work.ok("label", "--fasta p.fasta --fasta s.fasta --out l.tsv");
    assert!(log.contains("2 sequences of label 1, 5 of label 0"), "{log}");
    work.write("plain.fasta", ">1\nAAAA\n");
    let log = work.ok("negatives", "--shuffle --fasta plain.fasta --out x.fasta");
    assert!(log.contains("1 shuffled sequences are as they were"), "{log}");
}
