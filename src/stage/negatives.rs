//! Stage negatives: regions of a genome, or shuffled sequences, that a model has to tell from a protein's sites.

mod regions;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tracing::info;

use crate::io::{Output, sequences};
use crate::matrix::{Bases, negatives};
use crate::stage::{Common, Files, Stage};

/// Find negatives for peaks: regions of the genome with the length, GC content and share of repeats of the peaks, off them
///
/// Rows of --length bases around each peak's summit or middle are compared with rows at random places, each place of the chromosomes
/// with peaks as likely as any other: off every peak by --distance, without an N, and not overlapping one another. Each
/// row of a peak is given one with its GC content (within bins of 2 %) and its share of lower-case letters, which
/// stand for repeats (bins of 10 %), or where there is none left the nearest; how many are not within one bin is said. Writes
/// BED6, which attentrack-bin and -label take as --regions together with the peaks.
///
/// With --shuffle it writes FASTA instead: each sequence of --fasta with its letters in another order, in which every letter
/// follows every other as often as before (Altschul & Erickson 1985), under the header 0, which attentrack-label takes for the label.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-negatives",
    version,
    after_help = "Examples:
  attentrack-negatives --genome hg38.fa --peaks CTCF.narrowPeak --out negatives.bed
  attentrack-negatives --genome hg38.fa --peaks CTCF.bed --number 50000 --distance 5000 --out negatives.bed
  attentrack-negatives --shuffle --fasta CTCF.fasta --out shuffled.fasta"
)]
pub struct Args {
    /// Genome, FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA", requires = "peaks", conflicts_with = "shuffle")]
    pub genome: Option<PathBuf>,
    /// Peaks to match and to stay off, BED, narrowPeak or bigBed
    #[arg(long, value_name = "BED", requires = "genome")]
    pub peaks: Option<PathBuf>,
    /// Shuffle the sequences of --fasta
    #[arg(long, requires = "fasta")]
    pub shuffle: bool,
    /// Sequences to shuffle, FASTA, plain or gzip
    #[arg(long, value_name = "FASTA", requires = "shuffle", required_unless_present = "genome")]
    pub fasta: Vec<PathBuf>,
    /// Regions or sequences to write [default: as many as there are peaks or sequences]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub number: Option<u32>,
    /// Bases of a region
    #[arg(long, value_name = "BASES", default_value_t = Bases::USUAL_LENGTH, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub length: u32,
    /// Bases between a region and a peak at least
    #[arg(long, value_name = "BP", default_value_t = 1000)]
    pub distance: u32,
    /// Seed of the places or shuffles
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where to write them; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub common: Common,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--genome", &self.genome)
            .input("--peaks", &self.peaks)
            .input("--fasta", &self.fasta)
            .output("--out", [&self.out])
    }

    fn run(&self) -> Result<()> {
        let generator = ChaCha8Rng::seed_from_u64(self.seed);
        match (&self.genome, &self.peaks) {
            (Some(genome), Some(peaks)) => regions::run(self, genome, peaks, generator),
            _ => self.shuffle_all(generator),
        }
    }
}

impl Args {
    /// Which of `n` each of those that are written is made from.
    fn sources(&self, n: usize) -> Vec<usize> {
        let wanted = self.number.map_or(n, |number| number as usize);
        // fewer than there are: at even steps; more: again from the first
        (0..wanted).map(|at| if wanted < n { at * n / wanted } else { at % n }).collect()
    }

    fn shuffle_all(&self, mut generator: ChaCha8Rng) -> Result<()> {
        let all = sequences::read_all(&self.fasta)?.concat();
        let mut out = Output::create(&self.out)?;
        let mut same = 0;
        for at in self.sources(all.len()) {
            let letters = all[at].letters.to_ascii_uppercase();
            let found = negatives::shuffled(&letters, &mut generator);
            same += usize::from(found == letters);
            out.put(format!(">0 shuffled {}\n{}\n", all[at].id, String::from_utf8_lossy(&found)).as_bytes())?;
        }
        out.commit()?;
        if same > 0 {
            tracing::warn!("{same} shuffled sequences are as they were: too short or too plain to have another order");
        }
        info!("{} sequences, shuffled -> {}", self.sources(all.len()).len(), self.out.display());
        Ok(())
    }
}
