//! No index, header or tool makes reads vanish: random BAM files against a count by brute force.

use std::path::Path;

use attentrack::genome::{Gene, Grid, Orientation, Strand, Tss};
use attentrack::io::signal::{Options, ReadRules, SignalFile};
use attentrack::matrix::{Blacklist, Signal as _, Statistic, Windows, bin_signals};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

use super::bam_file::{BamFile, Random, Read, STYLES, Style, bam, gzip, index};

const SORTED: &str = "@HD\tVN:1.6\tSO:coordinate\n";

/// A fixed sequence of cases; PROPTEST_CASES gives more.
fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..ProptestConfig::default() }
}

struct Case {
    lengths: Vec<u32>,
    reads: Vec<Read>,
    windows: Windows,
    rules: ReadRules,
    min_shift: u32,
    depth: u32,
}

fn case(random: &mut Random) -> Case {
    let longest = random.of(&[3000, 100_000, 1_500_000, 40_000_000, 600_000_000]);
    let lengths: Vec<u32> = (0..2 + random.below(3)).map(|_| 2000 + random.below(longest) as u32).collect();
    // reads keep near few places and near the ends of bins
    let place = |random: &mut Random, length: u32| {
        let end_of_bin = 1 << random.of(&[10, 12, 14, 17, 20, 26]);
        let place = random.below(1 + u64::from(length) / end_of_bin) * end_of_bin + random.below(400);
        (place.saturating_sub(random.below(400)) as u32).min(length - 1)
    };
    let hot: Vec<(i32, u32)> = (0..6)
        .map(|_| {
            let chrom = random.below(lengths.len() as u64) as usize;
            (chrom as i32, place(random, lengths[chrom]))
        })
        .collect();
    let longest_operation = random.of(&[30, 300, 20_000, 3_000_000]);
    let mut reads: Vec<Read> = (0..random.of(&[0, 3, 40, 400]))
        .map(|_| {
            let (chrom, near) = random.of(&hot);
            let length = lengths[chrom as usize];
            let start = if random.one_in(3) {
                place(random, length)
            } else {
                (near + random.below(600) as u32).min(length - 1)
            };
            let mut cigar: Vec<(u32, u32)> = (0..random.below(6))
                .map(|_| {
                    let most = if random.one_in(9) { longest_operation } else { 40 };
                    (random.below(most) as u32, random.below(9) as u32)
                })
                .collect();
            let mut tags = random.of(&[0, 0, 0, 7, 3000]);
            if random.one_in(40) {
                // more than 65,535 operations: the CIGAR is in a tag
                (cigar, tags) = (vec![(90, 4), (random.below(longest_operation) as u32, 3)], 70_000);
            }
            Read {
                chrom,
                start: start as i32,
                flags: random.of(&[0, 16, 4, 0x100, 0x200, 0x400, 0x800, 0x63, 0x93, 0x45]),
                mapq: random.of(&[0, 9, 10, 255]),
                cigar,
                name: random.of(&[0, 1, 2, 40, 255]),
                bases: random.of(&[0, 1, 36, 75]),
                tags,
            }
        })
        .collect();
    reads.sort_by_key(|read| (read.chrom, read.start));
    for _ in 0..random.of(&[0, 0, 1, 30]) {
        reads.push(Read { chrom: -1, start: -1, flags: 4, mapq: 0, cigar: vec![], name: 2, bases: 36, tags: 0 });
    }
    let genes: Vec<Gene> = (0..2 + random.below(30))
        .map(|at| {
            // both chromosomes have genes, so that the number of tasks shows whether the index is used
            let (chrom, near) = if at < 2 { (at as i32, 50) } else { random.of(&hot) };
            let position = u64::from((near + random.below(900) as u32).min(lengths[chrom as usize] - 1));
            Gene {
                id: at.to_string(),
                symbol: None,
                tss: Tss { chrom: format!("c{chrom}"), position, strand: Strand::Forward },
                end: None,
            }
        })
        .collect();
    let windows = Windows::new(&genes, Grid::new(200, 50, Orientation::Genome).unwrap());
    let rules = ReadRules {
        min_mapq: random.of(&[0, 10]),
        extend_bp: random.of(&[None, None, Some(150), Some(5000)]),
        ..ReadRules::default()
    };
    let min_shift = 10 + random.below(7) as u32;
    let needed = (0..).find(|depth| 1_u64 << (min_shift + 3 * depth) > u64::from(longest as u32) + 4_000_000).unwrap();
    Case { lengths, reads, windows, rules, min_shift, depth: needed + random.below(2) as u32 }
}

/// Counts every read in every bin.
fn brute_force(case: &Case) -> Vec<f32> {
    let n_bins = 8;
    let mut counts = vec![0.0; case.windows.as_slice().len() * n_bins];
    for read in &case.reads {
        if read.chrom < 0 || read.flags & 0x600 != 0 || read.mapq < case.rules.min_mapq {
            continue;
        }
        let (mut start, mut end) = (i64::from(read.start), read.end());
        if let (Some(length), false) = (case.rules.extend_bp, read.flags & 4 != 0) {
            if read.flags & 16 == 0 {
                end = end.max(start + i64::from(length));
            } else {
                start = start.min(end - i64::from(length)).max(0);
            }
        }
        for window in case.windows.as_slice() {
            let chrom = &case.windows.chroms().as_slice()[window.chrom].name;
            for bin in 0..n_bins as i64 {
                let from = window.start + 50 * bin;
                if *chrom == format!("c{}", read.chrom) && start < from + 50 && end > from {
                    counts[window.gene * n_bins + bin as usize] += 1.0;
                }
            }
        }
    }
    counts
}

/// The matrix of a file, and the number of tasks it was read in.
fn binned(path: &Path, case: &Case) -> Result<(Vec<f32>, usize), String> {
    let options = Options { reads: case.rules, ..Options::default() };
    let file = SignalFile::open(path, case.windows.chroms(), &options).map_err(|error| error.to_string())?;
    let tasks = file.tasks(&case.windows).len();
    let binned = bin_signals(&[&file], &case.windows, Statistic::Count, &Blacklist::default(), &|_, _| {});
    Ok((binned.map_err(|(_, error)| error.to_string())?.values, tasks))
}

/// Writes the file alone, without an index of the case before.
fn write(dir: &TempDir, file: &BamFile) -> std::path::PathBuf {
    for name in ["x.bam.bai", "x.bai", "x.bam.csi", "x.csi"] {
        let _ = std::fs::remove_file(dir.path().join(name));
    }
    let path = dir.path().join("x.bam");
    std::fs::write(&path, &file.bytes).unwrap();
    path
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn an_index_of_any_writer_changes_nothing(seed in 1_u64..) {
        let mut random = Random(seed);
        let case = case(&mut random);
        let dir = tempfile::tempdir().unwrap();
        let file = bam(&case.lengths, SORTED, &case.reads, &mut random);
        let path = write(&dir, &file);
        let expected = brute_force(&case);
        prop_assert_eq!(&binned(&path, &case).unwrap(), &(expected.clone(), 1));
        for style in STYLES {
            let index = index(style, case.lengths.len(), &case.reads, &file, case.min_shift, case.depth);
            let path = write(&dir, &file);
            let name = match style.is_csi() {
                true => random.of(&["x.bam.csi", "x.csi"]),
                false => random.of(&["x.bam.bai", "x.bai"]),
            };
            std::fs::write(dir.path().join(name), if style.is_csi() { gzip(&index) } else { index }).unwrap();
            let (values, tasks) = binned(&path, &case).unwrap();
            prop_assert_eq!(&values, &expected, "{:?}", style);
            let covered = style.is_csi() || case.lengths.iter().all(|&length| length <= 1 << 29);
            if covered && style != Style::NoodlesCsi && style != Style::SamtoolsCsi {
                prop_assert!(tasks > 1, "{style:?} is not used");
            }
        }
    }

    /// Two sorted lanes one after the other, unplaced reads in between, any order: all count, whatever
    /// the header says.
    #[test]
    fn the_order_in_the_header_is_not_believed(seed in 1_u64..) {
        let mut random = Random(seed);
        let mut case = case(&mut random);
        match random.below(3) {
            0 => case.reads.extend(case.reads.clone()),
            1 => case.reads.sort_by_key(|read| (read.name, read.bases, read.start % 7)),
            _ => case.reads.reverse(),
        }
        let text = random.of(&[SORTED, "", "@HD\tVN:1.6\tSO:unsorted\n", "@HD\tVN:1.6\tSO:queryname\n", "@HD\tSO:coordinate"]);
        let dir = tempfile::tempdir().unwrap();
        let path = write(&dir, &bam(&case.lengths, text, &case.reads, &mut random));
        prop_assert_eq!(binned(&path, &case).unwrap(), (brute_force(&case), 1));
    }

    /// A damaged index, or that of another file, ends in right values or in a message that names it.
    #[test]
    fn a_wrong_index_is_named(seed in 1_u64..) {
        let mut random = Random(seed);
        let case = case(&mut random);
        let dir = tempfile::tempdir().unwrap();
        let file = bam(&case.lengths, SORTED, &case.reads, &mut random);
        let style = random.of(&STYLES);
        let mut bytes = index(style, case.lengths.len(), &case.reads, &file, case.min_shift, case.depth);
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
        }
        if random.one_in(4) {
            bytes.truncate(random.below(bytes.len() as u64) as usize);
        }
        let path = write(&dir, &file);
        std::fs::write(dir.path().join("x.bai"), if random.one_in(2) { gzip(&bytes) } else { bytes }).unwrap();
        if let Err(message) = binned(&path, &case) {
            prop_assert!(message.contains("x.bai: ") && message.contains("samtools index"), "{message}");
        }
        // an index of the same file before some reads were taken out
        let mut fewer = case.reads.clone();
        fewer.retain(|_| random.below(3) > 0);
        let index = index(style, case.lengths.len(), &case.reads, &file, case.min_shift, case.depth);
        let path = write(&dir, &bam(&case.lengths, SORTED, &fewer, &mut random));
        std::fs::write(dir.path().join("x.bai"), index).unwrap();
        let case = Case { reads: fewer, ..case };
        match binned(&path, &case) {
            Ok((values, _)) => prop_assert_eq!(values, brute_force(&case)),
            Err(message) => prop_assert!(message.contains("x.bai: does not fit"), "{message}"),
        }
    }
}

/// Counts and pointers of a file may say anything; messages name the file and the remedy.
#[test]
fn files_that_ask_for_any_memory() {
    let mut random = Random(7);
    let dir = tempfile::tempdir().unwrap();
    let case = case(&mut random);
    let path = write(&dir, &bam(&case.lengths, SORTED, &[], &mut random));
    let chroms = (case.lengths.len() as u32).to_le_bytes();
    for index in [
        [&b"BAI\x01"[..], &chroms, &[255; 4]].concat(),
        gzip(&[&b"CSI\x01"[..], &[14, 0, 0, 0, 5, 0, 0, 0, 255, 255, 255, 255]].concat()),
        gzip(&[&b"CSI\x01"[..], &[255; 12], &chroms].concat()),
    ] {
        std::fs::write(dir.path().join("x.csi"), index).unwrap();
        let message = binned(&path, &case).unwrap_err();
        assert!(message.contains("x.csi: cannot read") && message.contains("samtools index"), "{message}");
    }
    let cram = dir.path().join("x.cram");
    std::fs::write(&cram, [&b"CRAM\x02\x01"[..], &[0; 60]].concat()).unwrap();
    let message = binned(&cram, &case).unwrap_err();
    assert!(message.contains("x.cram: is CRAM 2.1") && message.contains("samtools view -b"), "{message}");
}

/// An index that is older than its file is not used; a fresh one of the other kind is, CSI first.
#[test]
fn an_older_index_is_not_used() {
    let mut random = Random(3);
    let case = std::iter::repeat_with(|| case(&mut random)).find(|case| case.reads.len() > 200).unwrap();
    let mut random = Random(4);
    let dir = tempfile::tempdir().unwrap();
    let file = bam(&case.lengths, SORTED, &case.reads, &mut random);
    let path = write(&dir, &file);
    let empty = bam(&case.lengths, SORTED, &[], &mut random);
    let bai = dir.path().join("x.bam.bai");
    std::fs::write(&bai, index(Style::SamtoolsBai, case.lengths.len(), &[], &empty, 14, 5)).unwrap();
    // of the same second, but not of this file
    assert_eq!(binned(&path, &case).unwrap(), (brute_force(&case), 1));
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&bai).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(binned(&path, &case).unwrap(), (brute_force(&case), 1));
}
