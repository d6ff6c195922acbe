//! Damaged files and files that mean harm, for every reader: the functions of the fuzz targets (`fuzz/`) on small
//! valid files that a seeded generator changes, and on what the fuzzers have kept (`fuzz/corpus`). Each must end in
//! time with a value or one message, without a panic.
//!
//! `PROPTEST_CASES` sets how many files a reader gets. `ATTENTRACK_FUZZ_SEEDS=FOLDER` writes the valid files out,
//! which is how the fuzzers' first corpus is made (`fuzz/run.sh`).

mod cases;
#[path = "../../fuzz/src/readers.rs"]
mod readers;
mod seeds;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::readers::{FIXED, READERS};

/// No file of a few kB may take longer, on a machine that does other things too.
const SLOWEST: Duration = Duration::from_secs(20);

/// A changed copy: flipped bits, other bytes, cuts, pieces of itself, and numbers that are lengths somewhere.
fn changed(seed: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..=4u32) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.random_range(0..bytes.len());
        let run = rng.random_range(1..=32usize).min(bytes.len() - at);
        match rng.random_range(0..9u32) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8u32),
            1 => bytes[at] = rng.random(),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..at + run)),
            4 => {
                let piece = bytes[at..at + run].to_vec();
                let to = rng.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            // lengths of 4 or 8 bytes, in either order
            5 => put(&mut bytes, at, &lengths(rng).to_le_bytes()[..4]),
            6 => put(&mut bytes, at, &lengths(rng).to_be_bytes()),
            7 => put(&mut bytes, at, &lengths(rng).to_le_bytes()),
            // a number in text
            _ => {
                let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    let from = digits[rng.random_range(0..digits.len())];
                    let end = (from..bytes.len()).find(|&at| !bytes[at].is_ascii_digit()).unwrap_or(bytes.len());
                    let number = [0, 1, 3, u64::from(u32::MAX), 1 << 40, u64::MAX][rng.random_range(0..6usize)];
                    bytes.splice(from..end, number.to_string().into_bytes());
                }
            }
        }
    }
    bytes
}

fn lengths(rng: &mut ChaCha8Rng) -> u64 {
    [0, 1, 0x7fff_ffff, 0xffff_ffff, 1 << 32, i64::MAX as u64, u64::MAX, 1 << 20][rng.random_range(0..8usize)]
}

fn put(bytes: &mut [u8], at: usize, number: &[u8]) {
    bytes[at..].iter_mut().zip(number).for_each(|(to, from)| *to = *from);
}

fn cases(default: u64) -> u64 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

static MADE: LazyLock<seeds::Made> = LazyLock::new(|| {
    let made = seeds::make();
    if let Some(folder) = std::env::var_os("ATTENTRACK_FUZZ_SEEDS").map(PathBuf::from) {
        write_out(&folder, &made);
    }
    made
});

macro_rules! each_reader {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            changed_files_end_in_a_value_or_one_message(stringify!($name));
        })*

        #[test]
        fn every_reader_is_here() {
            assert_eq!(READERS.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

each_reader!(
    gtf,
    gff3,
    bed,
    bedgraph,
    tagalign,
    bigwig,
    bam,
    bam_index,
    cram,
    matrix,
    model,
    state,
    weights,
    config,
    sheet,
    expression,
    labels,
    lsgkm,
    splits,
    predictions
);

fn changed_files_end_in_a_value_or_one_message(name: &str) {
    let (_, read) = READERS.into_iter().find(|(reader, _)| *reader == name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &MADE.fixed {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let ends = |case: String, bytes: &[u8]| {
        let start = Instant::now();
        let found = catch_unwind(AssertUnwindSafe(|| read(folder.path(), bytes)));
        let Ok(found) = found else {
            let kept = std::env::temp_dir().join(format!("hostile.{name}"));
            std::fs::write(&kept, bytes).unwrap();
            panic!("{name}, {case}: a panic; the file is kept as {}", kept.display());
        };
        assert!(start.elapsed() < SLOWEST, "{name}, {case}: {:?}", start.elapsed());
        if let Err(message) = found {
            assert!(!message.is_empty() && !message.contains("panicked"), "{name}, {case}: {message}");
        }
    };
    let seeds = &MADE.seeds[name];
    for seed in seeds {
        let found = read(folder.path(), seed);
        assert!(found.is_ok(), "{name}: a valid file is refused: {found:?}");
    }
    let mut rng = ChaCha8Rng::seed_from_u64(name.bytes().fold(7, |hash, byte| hash.wrapping_mul(31) + u64::from(byte)));
    for case in 0..cases(40) {
        let bytes = changed(&seeds[rng.random_range(0..seeds.len())], &mut rng);
        ends(format!("case {case}"), &bytes);
    }
    // what the fuzzers have found to take other ways than all before it
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{name}.zip"));
    let mut kept = zip::ZipArchive::new(std::fs::File::open(kept).unwrap()).unwrap();
    for at in 0..kept.len() {
        let mut bytes = Vec::new();
        let mut entry = kept.by_index(at).unwrap();
        entry.read_to_end(&mut bytes).unwrap();
        ends(format!("{at} of fuzz/corpus"), &bytes);
    }
}

fn write_out(folder: &Path, made: &seeds::Made) {
    let write = |path: PathBuf, bytes: &[u8]| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    for name in FIXED {
        write(folder.join("fixed").join(name), &made.fixed[name]);
    }
    for (name, seeds) in &made.seeds {
        seeds.iter().enumerate().for_each(|(at, seed)| write(folder.join(name).join(format!("seed-{at}")), seed));
    }
}
