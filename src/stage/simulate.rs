//! `attentrack-simulate`: a data set with a planted truth.

mod config;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, ValueEnum};

use crate::io::{FileError, bam_writer, bigwig_writer, gtf_writer};
use crate::matrix::simulation::{Design, Planted, SimulatedMark, Simulation};
use crate::stage::flags::one_of;
use crate::stage::{Common, Files, Stage};

/// Write a realistic data set with a planted truth: which mark, and which of its bins, decide
/// whether a gene is expressed.
///
/// The folder holds what a project has: a gene annotation (GTF, gzip), one bigWig or BAM + BAI for
/// each sample and mark, an expression table, samples.tsv and config.yaml for `attentrack run`; and what no real
/// project has: truth.tsv (the mark and the bins that decide) and truth.genes.tsv (the strength of each gene's
/// planted marks). The same flags give the same bytes at any --threads. Files that are already in the folder under
/// these names are replaced.
///
/// The truth (--planted): H3K4me3 from 300 bp upstream to 900 bp downstream of the TSS raises expression, or H3K36me3
/// along the second half of the gene does; a broad H3K27me3 domain lowers it a little; other marks look real and say
/// nothing.
#[derive(Parser, Debug)]
#[command(
    name = "attentrack-simulate",
    version,
    after_help = "\
Nothing is written outside --out; config.yaml comes last, so a folder without it is unfinished.

Examples:
  attentrack-simulate --out simulated --seed 7
  attentrack-simulate --out simulated_body --seed 7 --planted body
  attentrack-simulate --out simulated --seed 7 --genes 5000 --samples 4 --chroms 12 \\
    --format bam --depth 3"
)]
pub struct Args {
    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Seed that everything follows from
    #[arg(long, value_name = "N")]
    pub seed: u64,
    /// Protein-coding genes; one lncRNA gene for every ten of them comes on top
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=50_000))]
    pub genes: u32,
    /// Samples, named sample1, sample2 …; each later one is sequenced a little less deeply
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub samples: u8,
    /// Chromosomes besides chrY; the last is for testing, the one before it for validation
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(3..=22))]
    pub chroms: u8,
    /// What decides whether a gene is expressed
    #[arg(long, value_name = "WHERE", value_parser = one_of::<Planted>(), default_value = "window")]
    pub planted: Planted,
    /// Marks, in the order of the model's second axis; the one that decides must be among them
    #[arg(long, value_name = "MARK,…", value_delimiter = ',', value_parser = one_of::<SimulatedMark>(), default_values_t = SimulatedMark::ALL)]
    pub marks: Vec<SimulatedMark>,
    /// Signal files; mixed: H3K4me3 and H3K27me3 as BAM, the others as bigWig
    #[arg(long, value_enum, default_value_t = SignalFormat::Mixed)]
    pub format: SignalFormat,
    /// Sequencing depth relative to the default, at which a typical active promoter has 180 fragments
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub depth: f64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub common: Common,
}

/// Which files the signal is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignalFormat {
    /// bigWig: −log10 p-values in 25-bp bins, as the Roadmap tracks
    Bigwig,
    /// BAM and BAI: reads of 36 or 50 bp
    Bam,
    /// H3K4me3 and H3K27me3 as BAM, the others as bigWig
    Mixed,
}

impl Args {
    fn writes_bam(&self, mark: SimulatedMark) -> bool {
        match self.format {
            SignalFormat::Bigwig => false,
            SignalFormat::Bam => true,
            SignalFormat::Mixed => matches!(mark, SimulatedMark::H3K4me3 | SimulatedMark::H3K27me3),
        }
    }

    /// The signal file of a sample and mark, relative to the folder.
    fn signal_name(&self, sample: &str, mark: SimulatedMark) -> String {
        format!("signal/{sample}.{mark}.{}", if self.writes_bam(mark) { "bam" } else { "bigWig" })
    }
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().folder("--out", [&self.out])
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let decides = self.planted.mark();
        if !self.marks.contains(&decides) {
            problems.push(format!("--marks: {decides}, the mark that decides, is missing. Add it"));
        }
        for (i, mark) in self.marks.iter().enumerate() {
            if self.marks[..i].contains(mark) {
                problems.push(format!("--marks: {mark} is named twice. Name it once"));
            }
        }
        if !(self.depth >= 0.01 && self.depth <= 1000.0) {
            problems.push(format!("--depth must lie between 0.01 and 1000, found {}. Correct it", self.depth));
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let simulation = Simulation::new(Design {
            seed: self.seed,
            n_genes: self.genes as usize,
            n_samples: usize::from(self.samples),
            n_chroms: usize::from(self.chroms),
            depth: self.depth,
            planted: self.planted,
        });
        make_folder(&self.out.join("signal")).context("making the folder of the data set")?;
        self.write_signals(&simulation).context("writing the signal files")?;
        gtf_writer::write(&self.out.join("annotation.gtf.gz"), &simulation.genome)?;
        tables::write(self, &simulation).context("writing the tables")?;
        config::write(self)?;
        self.report(&simulation);
        Ok(())
    }
}

fn make_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(|error| FileError::os(path, "make the folder", &error))
}

impl Args {
    fn write_signals(&self, simulation: &Simulation) -> anyhow::Result<()> {
        let n_files = simulation.samples.len() * self.marks.len();
        let progress = super::progress_bar(n_files as u64, "signal files", self.common.quiet);
        for (i, sample) in simulation.samples.iter().enumerate() {
            for &mark in &self.marks {
                let path = self.out.join(self.signal_name(&sample.name, mark));
                if self.writes_bam(mark) {
                    bam_writer::write(&path, &simulation.genome.chroms, &simulation.reads(i, mark))?;
                } else {
                    bigwig_writer::write(&path, &simulation.genome.chroms, &simulation.enrichment(i, mark))?;
                }
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        Ok(())
    }

    fn report(&self, simulation: &Simulation) {
        let (genes, chroms) = (&simulation.genome.genes, &simulation.genome.chroms);
        let bases: u64 = chroms.as_slice().iter().filter_map(|chrom| chrom.length).sum();
        tracing::info!(
            "wrote {} genes on {} chromosomes ({:.1} Mb), {} samples with {} marks each, to {}",
            genes.len(),
            chroms.len(),
            bases as f64 / 1e6,
            simulation.samples.len(),
            self.marks.len(),
            self.out.display()
        );
        tracing::info!("try: attentrack run {}", self.out.join("config.yaml").display());
    }
}
