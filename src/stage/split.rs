//! Which genes are learnt from, chosen on, and judged on.

mod report;
mod sequences;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::job::handed_on::{GENES, LABELS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::genome::{Gene, Grid, Orientation};
use crate::io::{genes_bed, labels, regions, splits};
use crate::matrix::splitting::{self, Fractions};
use crate::matrix::{Bases, Region, Split, overlap_groups};
use crate::stage::{Common, Files, Flags, Reach, Stage};

/// Divide genes into train, valid and test
///
/// Writes gene_id, gene_name, split and fold, and prints for each split its genes, its class balance (given
/// --labels) and how many of its windows overlap a training window: such genes share signal with training genes,
/// which inflates their scores. Splits by chromosome have no such windows.
///
/// With --fasta it divides sequences of DNA instead, which are called FILE:N, the file's name without its ending and the
/// record's number from 1: the last file is the test set; --valid-fraction of the sequences of the others is drawn by --seed
/// for validation, those that share 40 letters in a row on either strand together. It prints how many test sequences share
/// 40 letters with a training sequence.
///
/// With --regions it divides regions of a genome by the same methods as genes. Those whose rows share a base stay in one split,
/// unless --method file-order parts them; --length says how long rows are, as for attentrack-bin.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-split",
    version,
    allow_negative_numbers = true,
    after_help = "\
Examples:
  attentrack-split --genes genes.bed --valid-chroms chr5,chr7 --test-chroms chr2,chr6 \\
    --out splits.tsv
  attentrack-split --genes genes.bed --method random --group-overlapping --folds 5 --seed 1 \\
    --out splits.tsv
  attentrack-split --genes genes.bed --method file-order --train-fraction 0.6 \\
    --valid-fraction 0.15 --out splits.tsv
  attentrack-split --fasta train.fasta --fasta test.fasta --valid-fraction 0.2 --out splits.tsv
  attentrack-split --regions regions.bed --test-chroms chr8,chr9 --out splits.tsv"
)]
pub struct Args {
    /// Genes (BED6, one TSS base a row, as attentrack-tss writes them)
    #[arg(long, short, value_name = "BED", required_unless_present_any = ["fasta", "regions"])]
    pub genes: Option<PathBuf>,
    /// Sequences instead of genes, FASTA, plain or gzip: two files or more, the last one to test on
    #[arg(long, value_name = "FASTA", conflicts_with_all = ["genes", "regions"])]
    pub fasta: Vec<PathBuf>,
    /// Regions of a genome instead of genes (BED, narrowPeak, bigBed), as attentrack-bin reads them
    #[arg(long, value_name = "BED", conflicts_with = "genes")]
    pub regions: Option<PathBuf>,
    /// Bases of a row of --regions [default: 200]
    #[arg(long, value_name = "BASES", requires = "regions", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub length: Option<u32>,
    /// Where to write the splits; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// Labels of one sample or more, for the class balance [default: not printed]
    #[arg(long, num_args = 1.., value_name = "TSV")]
    pub labels: Vec<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub windows: Flags<Reach>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// How genes are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SplitOptions")]
pub struct Options {
    /// How genes are divided
    #[schemars(extend("x-value" = "METHOD"))]
    pub method: SplitMethod,
    /// Chromosomes of the validation genes, separated by commas [default: chosen, see --method]
    #[schemars(extend("x-value" = "CHROM,…"))]
    pub valid_chroms: Vec<String>,
    /// Chromosomes of the test genes, separated by commas [default: chosen, see --method]
    #[schemars(extend("x-value" = "CHROM,…"))]
    pub test_chroms: Vec<String>,
    /// Cross-validation: in each of K folds another part of the genes is test, the next part is valid
    /// [default: a single fold, 0]
    #[schemars(extend("x-value" = "K"))]
    pub folds: Option<usize>,
    /// Share of the genes to train on, between 0 and 1 [default: 0.65; file-order: 1/3]
    #[schemars(extend("x-value" = "SHARE", "exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub train_fraction: Option<f64>,
    /// Share of the genes to validate on, between 0 and 1 [default: 0.15; file-order: 1/3]
    #[schemars(extend("x-value" = "SHARE", "exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub valid_fraction: Option<f64>,
    /// Share of the genes to test on, between 0 and 1 [default: 0.20; file-order: 1/3]
    #[schemars(extend("x-value" = "SHARE", "exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_fraction: Option<f64>,
    /// Seed of --method random
    #[schemars(extend("x-value" = "N"))]
    pub seed: u64,
    /// With --method random: keep genes together whose windows overlap [default: genes are independent]
    pub group_overlapping: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            method: SplitMethod::default(),
            valid_chroms: Vec::new(),
            test_chroms: Vec::new(),
            folds: None,
            train_fraction: None,
            valid_fraction: None,
            test_fraction: None,
            seed: 1,
            group_overlapping: false,
        }
    }
}

/// How genes are divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SplitMethod {
    /// Whole chromosomes: those named, or, the largest first, each to the split that lacks most genes
    #[default]
    Chromosome,
    /// At random, by --seed
    Random,
    /// In the order of the file, train first, then valid, then test (DeepChrome, AttentiveChrome)
    FileOrder,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "split",
    about: "Train, validation and test genes",
    keywords: &["split", "cross-validation"],
    unit: Unit::Once("splits"),
    sections: &["split", "window"],
    sample_flag: None,
    size: Size::Single,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--genes", "genes", Number::One, GENES),
        JobInput::new("--labels", "labels", Number::Many, LABELS),
    ],
    outputs: &[JobOutput::file("--out", "", ".tsv", || vec![Emit::file("splits", "Split and fold of each gene")])],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--genes", &self.genes)
            .input("--fasta", &self.fasta)
            .input("--regions", &self.regions)
            .input("--labels", &self.labels)
            .output("--out", [&self.out])
    }

    fn problems(&self) -> Vec<String> {
        if !self.fasta.is_empty() {
            return sequences::problems(self).into_iter().chain(self.fractions().err()).collect();
        }
        let mut problems = Vec::new();
        let names_chroms = !self.options.valid_chroms.is_empty() || !self.options.test_chroms.is_empty();
        if names_chroms && self.options.method != SplitMethod::Chromosome {
            problems.push("--valid-chroms and --test-chroms go with --method chromosome only".into());
        }
        if let Some(chrom) = self.options.valid_chroms.iter().find(|chrom| self.options.test_chroms.contains(chrom)) {
            problems.push(format!("chromosome {chrom} is named in both --valid-chroms and --test-chroms"));
        }
        if self.regions.is_some() && self.windows.flank != Reach::default().flank {
            problems.push("--flank is of genes: with --regions give --length, as to attentrack-bin".into());
        }
        if self.options.group_overlapping && self.options.method != SplitMethod::Random {
            problems.push("--group-overlapping goes with --method random only".into());
        }
        if self.options.folds.is_some_and(|folds| folds < 3) {
            problems.push("--folds must be 3 or more: one part to test, one to validate, one to train".into());
        }
        let fractions = [self.options.train_fraction, self.options.valid_fraction, self.options.test_fraction];
        if self.options.folds.is_some() && (names_chroms || fractions.iter().any(Option::is_some)) {
            problems.push("--folds decides the parts itself: leave out chromosomes and fractions".into());
        }
        problems.extend(self.fractions().err());
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        if !self.fasta.is_empty() {
            return sequences::run(self);
        }
        let genes = self.read()?;
        let labels = self.labels.iter().map(|path| labels::read(path)).collect::<Result<Vec<_>, _>>()?;
        let flank = self.flank();
        let grid = Grid::new(flank, flank, Orientation::Gene)?;
        let folds = self.divide(&genes, &grid)?;
        let splits = splitting::rows(&genes, &folds).with_context(|| self.place(&genes))?;
        splits::write(&self.out, &splits)?;
        report::report(self, &genes, &labels, &splits, &grid);
        info!("{} {}, {} folds -> {}", genes.len(), self.what(), folds.len(), self.out.display());
        Ok(())
    }
}

impl Args {
    /// The file of the genes or regions.
    fn genes_file(&self) -> &Path {
        self.regions.as_deref().or(self.genes.as_deref()).unwrap_or_else(|| "-".as_ref())
    }

    /// What is divided.
    fn what(&self) -> &'static str {
        if self.regions.is_some() { "regions" } else { "genes" }
    }

    /// Bases on either side of its own that a window has.
    fn flank(&self) -> u32 {
        let of_row = |_| self.length.unwrap_or(Bases::USUAL_LENGTH).div_ceil(2);
        self.regions.as_ref().map_or(self.windows.flank, of_row)
    }

    /// The genes; or regions, each by its own base.
    fn read(&self) -> anyhow::Result<Vec<Gene>> {
        let Some(path) = &self.regions else { return Ok(genes_bed::read(self.genes_file())?) };
        let found = regions::read(path)?;
        if found.repeated > 0 {
            tracing::warn!(
                "{}: {} regions have the middle and the strand of an earlier one: left out, as attentrack-bin does",
                path.display(),
                found.repeated
            );
        }
        let gene = |region: Region| {
            let Region { id, symbol, tss, end } = region;
            tss.map(|tss| Gene { id, symbol, tss, end })
        };
        Ok(found.regions.into_iter().filter_map(gene).collect())
    }

    /// The split of every gene in every fold.
    fn divide(&self, genes: &[Gene], grid: &Grid) -> anyhow::Result<Vec<Vec<Split>>> {
        let fractions = self.fractions().map_err(anyhow::Error::msg)?;
        let (chroms, chrom_of) = chromosomes(genes);
        let group = match self.options.method {
            SplitMethod::Chromosome => chrom_of,
            SplitMethod::Random if self.options.group_overlapping || self.regions.is_some() => {
                overlap_groups(genes, grid)
            }
            SplitMethod::Random | SplitMethod::FileOrder => (0..genes.len()).collect(),
        };
        let folds = match (self.options.method, self.options.folds) {
            (SplitMethod::Chromosome, None) => {
                splitting::greedy(&group, fractions, &self.given(&chroms)?).map(|split| vec![split])
            }
            (SplitMethod::Random, None) => Ok(vec![splitting::random(&group, fractions, self.options.seed)]),
            (SplitMethod::FileOrder, None) => Ok(vec![splitting::file_order(genes.len(), fractions)]),
            (method, Some(k)) => match method {
                SplitMethod::Chromosome => splitting::parts(&group, k, None, "chromosomes"),
                SplitMethod::Random => splitting::parts(&group, k, Some(self.options.seed), "groups of genes"),
                SplitMethod::FileOrder => splitting::blocks(genes.len(), k),
            }
            .map(|part| splitting::cross_validation(&part, k)),
        };
        folds.with_context(|| self.place(genes))
    }

    /// For an error: the file, and what to try.
    fn place(&self, genes: &[Gene]) -> String {
        let (chroms, _) = chromosomes(genes);
        let remedy = match self.options.method {
            SplitMethod::Chromosome => "name fewer chromosomes or folds, or use --method random",
            _ => "use larger fractions, fewer folds or more of them",
        };
        let (file, what) = (self.genes_file().display(), self.what());
        format!("{file}: {} {what} on {} chromosomes: {remedy}", genes.len(), chroms.len())
    }

    /// The chromosomes that the user has given to a split.
    fn given(&self, chroms: &[&str]) -> anyhow::Result<HashMap<usize, Split>> {
        let mut given = HashMap::new();
        for (names, split) in [(&self.options.valid_chroms, Split::Valid), (&self.options.test_chroms, Split::Test)] {
            for name in names {
                let Some(at) = chroms.iter().position(|chrom| chrom == name) else {
                    let listed: BTreeSet<&str> = chroms.iter().copied().collect();
                    let listed: Vec<&str> = listed.into_iter().collect();
                    bail!(
                        "{}: no {} is on chromosome {name} (--{split}-chroms). Name some of: {}",
                        self.genes_file().display(),
                        self.what().trim_end_matches('s'),
                        listed.join(", ")
                    );
                };
                given.insert(at, split);
            }
        }
        Ok(given)
    }

    /// The shares of the splits: those given, the others in proportion to the method's own.
    fn fractions(&self) -> Result<Fractions, String> {
        let own = if self.options.method == SplitMethod::FileOrder { Fractions::THIRDS } else { Fractions::USUAL };
        let own = [own.train, own.valid, own.test];
        let given = [self.options.train_fraction, self.options.valid_fraction, self.options.test_fraction];
        if let Some(share) = given.iter().flatten().find(|&&share| !(share > 0.0 && share < 1.0)) {
            return Err(format!("a fraction must lie between 0 and 1, found {share}"));
        }
        let sum: f64 = given.iter().flatten().sum();
        let open: f64 = own.iter().zip(&given).filter(|(_, given)| given.is_none()).map(|(own, _)| own).sum();
        if open == 0.0 && (sum - 1.0).abs() > 1e-6 {
            return Err(format!("the three fractions must sum to 1, found {sum}"));
        }
        if open > 0.0 && sum >= 1.0 {
            return Err(format!("the fractions given sum to {sum}: nothing is left for the other split"));
        }
        let share = |at: usize| given[at].unwrap_or(own[at] / open * (1.0 - sum));
        Ok(Fractions { train: share(0), valid: share(1), test: share(2) })
    }
}

/// Chromosomes in the order of the genes, and for each gene the number of its own.
fn chromosomes(genes: &[Gene]) -> (Vec<&str>, Vec<usize>) {
    let (mut chroms, mut numbers) = (Vec::new(), HashMap::new());
    let of_gene = genes
        .iter()
        .map(|gene| {
            *numbers.entry(gene.tss.chrom.as_str()).or_insert_with(|| {
                chroms.push(gene.tss.chrom.as_str());
                chroms.len() - 1
            })
        })
        .collect();
    (chroms, of_gene)
}
