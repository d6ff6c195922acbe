//! Stage bin: signal files, DeepChrome CSVs or sequences to a matrix file.

mod chroms;
mod genome;
mod inputs;
mod report;
mod sequences;
mod syntax;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::inputs::SignalInputs;
pub use self::syntax::{ChromAlias, Replicates, SamFlags};
use super::job::handed_on::GENES;
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::genome::{Gene, Grid, Orientation, check_name, check_text};
use crate::io::signal::ReadRules;
use crate::io::{self, deepchrome_csv};
use crate::matrix::{
    BODY_PARTS, Blacklist, Chosen, ControlMethod, Input, Kind, Layer, LayerName, Matrix, Region, Signal, Statistic,
    Status, Windows, bin_signals, body_values, body_windows,
};
use crate::stage::{Common, Files, Flags, Stage};

/// Bins signal files around each gene's TSS into one matrix file.
///
/// Every gene of genes.bed keeps its row, and a status says what became of it: ok, clipped (the window
/// leaves the chromosome; bases outside have no data), empty (no mark has any data) or no_chrom (a
/// signal file lacks the chromosome or gives it another length than the other files, or it ends before the
/// gene; the row is missing, NaN). Formats are recognised by content:
/// bigWig, BAM (an index, BAI or CSI, lets it skip what no window needs), CRAM, bedGraph, and reads
/// as BED or tagAlign, the text formats plain or gzip.
///
/// Statistics. count: reads that overlap the bin by at least one base, as bedtools multicov counts
/// them: the span of a read includes deletions and skips, duplicates and QC failures are left out, a
/// placed but unmapped read counts as one base. mean: over all bases of the bin, where a base without
/// data is 0, always divided by the full bin size. coverage-mean: over the bases with data; missing (NaN) where no
/// base has data. sum, max: over the bases' values. For reads, mean, coverage-mean, sum and max use the depth: the
/// number of reads over each base. Values that are not finite count as missing.
///
/// With --fasta the matrix holds sequences of DNA instead, a byte a base, for models such as gapped-kmer-svm. They are called
/// FILE:N, the file's name without its ending and the record's number from 1. Headers such as chr1:100-300(-), of bedtools
/// getfasta or samtools faidx, say where they are, so that tracks can be drawn. Lower case is upper case, U is T; other
/// letters are bases that are not known. With --genome it holds the sequence around regions or genes, 5' to 3' on their
/// strand; a base beyond the chromosome's end is not known.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-bin",
    version,
    allow_negative_numbers = true,
    after_help = "\
Examples:
  attentrack-bin --genes genes.bed --signal H3K4me3=k4me3.bam --signal H3K27me3=k27me3.bam \\
      --out GM12878.bins.safetensors
  attentrack-bin --genes genes.bed --signal H3K4me3=k4me3.bigWig --out E003.bins.safetensors \\
    --assembly hg19
  attentrack-bin --deepchrome-csv train.csv --deepchrome-csv test.csv \\
      --out E003.bins.safetensors --labels-out E003.labels.tsv
  attentrack-bin --fasta CTCF.train.fasta --fasta CTCF.test.fasta --out CTCF.bins.safetensors
  attentrack-bin --genome hg38.fa.gz --regions peaks.narrowPeak --length 200 --out peaks.bins.safetensors \
      --assembly hg38"
)]
pub struct Args {
    /// Genes: BED6 with one TSS base a gene, as attentrack-tss writes it [no default: needed with --signal]
    #[arg(long, value_name = "BED", required_unless_present_any = ["deepchrome_csv", "fasta", "regions"], conflicts_with_all = ["deepchrome_csv", "fasta", "regions"])]
    pub genes: Option<PathBuf>,
    /// A mark and its signal file; repeat for each mark, in the order wanted, and for each replicate of a mark [no default: this or --deepchrome-csv]
    #[serde(rename = "signal")]
    #[arg(
        long = "signal",
        value_name = "MARK=PATH",
        required_unless_present_any = ["deepchrome_csv", "fasta", "genome"],
        conflicts_with_all = ["deepchrome_csv", "fasta", "genome"]
    )]
    pub signals: Vec<String>,
    /// The matrix file to write, X.bins.safetensors
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// Name of the sample [default: the name of --out without .bins.safetensors]
    #[arg(long, value_name = "NAME")]
    pub sample: Option<String>,
    /// Genome assembly, to be noted in the matrix [default: not noted]
    #[arg(long, value_name = "NAME")]
    pub assembly: Option<String>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,

    /// Control (input DNA, IgG) of one mark, or of all; scaled to the mark's depth: all reads that pass the filters, or the sum of all values. Repeat for several files, which become one as replicates do [default: none]
    #[serde(rename = "control")]
    #[arg(long = "control", value_name = "[MARK=]PATH", help_heading = "Background")]
    pub controls: Vec<String>,

    /// Sequences instead of signal, FASTA, plain or gzip; repeat to append, the test set last [default: none]
    #[arg(long, value_name = "FASTA", conflicts_with_all = ["deepchrome_csv", "controls"], help_heading = "Sequences")]
    pub fasta: Vec<PathBuf>,
    /// Genome, FASTA, plain or bgzip, whose sequence around the regions of --regions, or around the TSS of --genes, is taken
    /// instead of signal [default: none]
    #[arg(long, value_name = "FASTA", conflicts_with_all = ["deepchrome_csv", "fasta", "controls"], help_heading = "Sequences")]
    pub genome: Option<PathBuf>,
    /// Regions whose sequence is taken: BED, narrowPeak (around the summit) or bigBed; of the minus strand the reverse
    /// complement [default: the genes]
    #[arg(long, value_name = "BED", requires = "genome", help_heading = "Sequences")]
    pub regions: Option<PathBuf>,
    /// A CSV in DeepChrome's layout instead of signal files: gene, bin, one count a mark, label; repeat to append
    #[arg(long, value_name = "CSV", help_heading = "DeepChrome CSV")]
    pub deepchrome_csv: Vec<PathBuf>,
    /// The marks of the CSV's columns, in order, separated by commas [default: H3K27me3,H3K36me3,H3K4me1,H3K4me3,H3K9me3]
    #[arg(
        long,
        value_name = "MARKS",
        value_delimiter = ',',
        requires = "deepchrome_csv",
        help_heading = "DeepChrome CSV"
    )]
    pub marks: Vec<String>,
    /// Write the CSV's label column to this labels.tsv [default: not written]
    #[arg(long, value_name = "TSV", requires = "deepchrome_csv", help_heading = "DeepChrome CSV")]
    pub labels_out: Option<PathBuf>,

    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// The bins around each TSS and how reads are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "BinOptions")]
pub struct Options {
    /// Bases on either side of the TSS, in bp
    #[schemars(extend("x-value" = "BP"))]
    pub flank: u32,
    /// Width of a bin, in bp; the flank must be a multiple of it
    #[schemars(extend("x-value" = "BP"))]
    pub bin_size: u32,
    /// Also take the signal at 12 places along each gene's body, 1 kb each, for --model auto; the genes must have their
    /// ends in the seventh column of genes.bed, as attentrack-tss writes it
    #[schemars(extend("x-conflicts" = ["deepchrome_csv"]))]
    pub body: Option<bool>,
    /// Bases of a row: with --fasta the middle of longer sequences is kept, and shorter ones are filled up with unknown
    /// bases; with --genome around the summit, middle or TSS [default: those of the longest sequence; 200 of a genome]
    #[schemars(range(min = 1, max = 100_000), extend("x-value" = "BP", "x-heading" = "Sequences"))]
    pub length: Option<u32>,
    /// What a bin's number means [default: count for reads and CSV, mean for bigWig and bedGraph]
    pub statistic: Option<Statistic>,
    /// How the values of a mark's replicates become one: averaged, each scaled to their mean depth (combine), or averaged as they are (mean). Reads of replicates add up, as in a merged file
    pub replicates: Replicates,
    /// Order of the bins of minus-strand genes: 5' to 3' (gene) or by coordinate (genome) [default: gene; of a CSV: genome]
    pub orientation: Option<Orientation>,
    /// Count only reads of at least this mapping quality (Phred); BAM and CRAM
    #[schemars(extend("x-value" = "Q", "x-heading" = "Reads"))]
    pub min_mapq: u8,
    /// Leave out reads with any of these SAM flags, decimal or 0x…; 0x600 is duplicates and QC failures
    #[schemars(extend("x-value" = "FLAGS", "x-heading" = "Reads"))]
    pub exclude_flags: SamFlags,
    /// Extend reads that are shorter to this many bp, from their 5' end [default: reads as they are]
    #[schemars(range(min = 1, max = 1_000_000), extend("x-value" = "BP", "x-heading" = "Reads", "x-conflicts" = ["fragments"]))]
    pub extend: Option<u32>,
    /// Count each proper pair once, as one fragment from its leftmost base over its template length [default: count reads]
    #[schemars(extend("x-heading" = "Reads"))]
    pub fragments: bool,
    /// Genome sequence, plain FASTA, for CRAM files that were written against one [default: none]
    #[schemars(extend("x-value" = "FASTA", "x-heading" = "Reads"))]
    pub reference: Option<PathBuf>,
    /// Leave out reads (or fragments) that overlap these intervals, and bases of bigWig and bedGraph inside them [default: none]
    #[schemars(extend("x-value" = "BED", "x-heading" = "Background"))]
    pub blacklist: Option<PathBuf>,
    /// subtract: mark - scaled control. log-ratio: log2((mark + p) / (scaled control + p)), p = --pseudocount
    #[schemars(extend("x-heading" = "Background"))]
    pub control_method: ControlMethod,
    /// The pseudocount of log-ratio, in units of the statistic
    #[schemars(extend("x-value" = "X", "x-heading" = "Background", "exclusiveMinimum" = 0.0))]
    pub pseudocount: f64,
    /// How chromosome names of the genes become those of the signal files: none (equal), auto (chr added or removed, chrM = MT), or a file: the genes' name, a tab, the signals' name
    #[schemars(extend("x-value" = "none|auto|FILE", "x-heading" = "Chromosomes"))]
    pub chrom_alias: ChromAlias,
    /// Fail if more than this share of the genes (0 to 1) lies on chromosomes that a signal file lacks
    #[schemars(extend("x-value" = "FRACTION", "x-heading" = "Chromosomes", "minimum" = 0.0, "maximum" = 1.0))]
    pub max_lost_genes: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            flank: 5000,
            bin_size: 100,
            body: None,
            length: None,
            statistic: None,
            replicates: Replicates::default(),
            orientation: None,
            min_mapq: 0,
            exclude_flags: SamFlags(0x600),
            extend: None,
            fragments: false,
            reference: None,
            blacklist: None,
            control_method: ControlMethod::default(),
            pseudocount: 1.0,
            chrom_alias: ChromAlias::default(),
            max_lost_genes: 0.1,
        }
    }
}

/// Files that signal comes in.
const SIGNALS: &str = "*.{bw,bigWig,bam,cram,bedGraph,bed}{,.gz}";

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "bin",
    about: "A matrix of genes, marks and bins of a sample, from bigWig, BAM, CRAM, bedGraph or tagAlign",
    keywords: &["chip-seq", "histone", "coverage", "matrix"],
    unit: Unit::Sample,
    sections: &["window", "annotation"],
    sample_flag: Some("--sample"),
    size: Size::Medium,
    uses_gpu: false,
    inputs: &[
        JobInput::new(
            "--signal",
            "signals",
            Number::ByMark("marks"),
            ("Signal files, one a mark or several replicates", SIGNALS),
        ),
        JobInput::new("--control", "controls", Number::AnyByMark("control_marks"), ("Controls; may be []", SIGNALS)),
        JobInput::new("--genes", "genes", Number::One, GENES).shared(),
        JobInput::new(
            "--blacklist",
            "blacklist",
            Number::Optional,
            ("Regions to leave out; may be []", "*.{bed,bb}{,.gz}"),
        )
        .shared(),
        JobInput::new(
            "--reference",
            "reference",
            Number::Optional,
            ("Genome sequence for CRAM; may be []", "*.{fa,fasta}"),
        )
        .shared(),
        JobInput::new(
            "--chrom-alias",
            "chrom_alias",
            Number::Optional,
            ("Two columns of chromosome names; may be []", "*.tsv"),
        )
        .shared(),
    ],
    outputs: &[JobOutput::file("--out", "bins", ".bins.safetensors", || {
        vec![Emit::file("bins", "Signal by gene, mark and bin")]
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let of = |flags: &[String]| flags.iter().map(|flag| inputs::path_of(flag).to_owned()).collect::<Vec<PathBuf>>();
        let (signals, controls) = (of(&self.signals), of(&self.controls));
        let with_index = [&signals, &controls].into_iter().flatten().chain(&self.options.reference);
        let indices: Vec<PathBuf> = with_index.flat_map(|path| inputs::indices(path)).collect();
        Files::new()
            .input("--genes", &self.genes)
            .input("--signal", signals)
            .input("--control", controls)
            .input("an index of --signal, --control or --reference,", indices)
            .input("--reference", &self.options.reference)
            .input("--blacklist", &self.options.blacklist)
            .input("--chrom-alias", self.options.chrom_alias.table())
            .input("--deepchrome-csv", &self.deepchrome_csv)
            .input("--fasta", &self.fasta)
            .input("--genome", &self.genome)
            .input("--regions", &self.regions)
            .output("--out", [&self.out])
            .output("--labels-out", &self.labels_out)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = inputs::problems(&self.signals, &self.controls);
        if let Err(error) = self.grid() {
            problems.push(format!("{error}. Change --flank or --bin-size"));
        }
        problems.extend(self.options.problems());
        if let Err(error) = check_name("sample", &self.sample()) {
            problems.push(format!("--sample: {error}"));
        }
        if !self.fasta.is_empty() || self.genome.is_some() {
            problems.extend(sequences::problems(self));
        } else if self.options.length.is_some() {
            problems.push("--length is for sequences: leave it out without --fasta or --genome".to_owned());
        }
        let assembly = self.assembly.as_deref().unwrap_or_default();
        problems.extend(check_text("--assembly", assembly).err().map(|error| error.to_string()));
        problems.extend(inputs::mark_problems(self.marks.iter().map(String::as_str), "--marks"));
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let matrix = match () {
            () if !self.fasta.is_empty() => self.read_sequences()?,
            () if self.genome.is_some() => self.read_regions()?,
            () if !self.deepchrome_csv.is_empty() => self.import()?,
            () => self.bin()?,
        };
        io::bins::write(&self.out, &matrix)?;
        report::finished(&matrix);
        Ok(())
    }
}

impl Args {
    /// Signal files to a matrix.
    fn bin(&self) -> anyhow::Result<Matrix> {
        let started = Instant::now();
        let path = self.genes.as_deref().context("--genes is missing")?;
        let genes = io::genes_bed::read(path)?;
        let windows = Windows::new(&genes, self.grid()?);
        let inputs = SignalInputs::open(self, &windows)?;
        let statistic = inputs.statistic(self.options.statistic)?;
        let compared = chroms::compare(path, &genes, &windows, &inputs.files, self.options.max_lost_genes)?;
        let mut lost = chroms::declared_absent(&windows, &inputs.files);
        chroms::report_lost(&windows, &inputs.files, &lost, self.options.max_lost_genes)?;
        let blacklist = match &self.options.blacklist {
            Some(path) => io::signal::read_blacklist(path, windows.chroms(), &inputs.alias)?,
            None => Blacklist::default(),
        };
        let signals: Vec<&dyn Signal<Error = io::FileError>> = inputs.files.iter().map(|file| file as _).collect();
        let progress = report::Progress::new(&inputs, &windows, self.common.quiet);
        let binned =
            bin_signals(&signals, &windows, statistic, &blacklist, &|file, windows| progress.add(file, windows))
                .map_err(|(_, error)| error)?;
        progress.finish();
        if chroms::add_unseen(&mut lost, &inputs.files, &binned.tallies) {
            chroms::report_lost(&windows, &inputs.files, &lost, self.options.max_lost_genes)?;
        }
        report::files(&inputs, &binned, started.elapsed());
        let depths: Vec<f64> =
            inputs.files.iter().zip(&binned.tallies).map(|(file, tally)| file.depth(tally)).collect();
        let chosen: Vec<Chosen> = inputs.chosen(&depths, self.options.replicates)?;
        let status = chroms::status(&windows, &compared, &lost, &binned.any_touched(&chosen));
        let mut values = binned.choose(&chosen, self.options.control_method, self.options.pseudocount);
        let row = chosen.len() * windows.grid().n_bins();
        for (values, status) in values.chunks_exact_mut(row).zip(&status) {
            if *status == Status::NoChrom {
                values.fill(f32::NAN);
            }
        }
        let mut layers = vec![Layer::new(LayerName::Window, values)];
        if self.options.body == Some(true) {
            layers.extend(self.bin_bodies(&genes, &inputs, &signals, (statistic, &blacklist), &chosen)?);
        }
        Ok(Matrix {
            kind: Kind::Signal,
            attribution: None,
            sample: self.sample(),
            assembly: self.assembly.clone(),
            grid: windows.grid(),
            bases: Default::default(),
            statistic,
            marks: inputs.marks.iter().map(|mark| mark.mark.clone()).collect(),
            inputs: inputs.provenance(self),
            chroms: compared.lengths,
            regions: genes.into_iter().map(Region::from).collect(),
            status,
            layers,
        })
    }

    /// The signal along the genes' bodies, in a second pass over the files; `None` if no gene has an end.
    fn bin_bodies(
        &self,
        genes: &[Gene],
        inputs: &SignalInputs,
        signals: &[&dyn Signal<Error = io::FileError>],
        (statistic, blacklist): (Statistic, &Blacklist),
        chosen: &[Chosen],
    ) -> anyhow::Result<Option<Layer>> {
        let with_end = genes.iter().filter(|gene| gene.end.is_some()).count();
        if with_end == 0 {
            tracing::warn!(
                "no gene of genes.bed has its end in the seventh column: bodies are left out. Make genes.bed with \
                 attentrack-tss from an annotation of genes"
            );
            return Ok(None);
        }
        let windows = body_windows(genes)?;
        let progress = report::Progress::new(inputs, &windows, self.common.quiet);
        let binned = bin_signals(signals, &windows, statistic, blacklist, &|file, windows| progress.add(file, windows))
            .map_err(|(_, error)| error)?;
        progress.finish();
        tracing::info!("bodies of {with_end} of {} genes, at {BODY_PARTS} places each", genes.len());
        let values = binned.choose(chosen, self.options.control_method, self.options.pseudocount);
        Ok(Some(Layer::new(LayerName::Body, body_values(genes, chosen.len(), &values))))
    }

    /// DeepChrome CSVs to a matrix and, if asked for, labels.
    fn import(&self) -> anyhow::Result<Matrix> {
        let grid = self.grid()?;
        let published = || deepchrome_csv::PUBLISHED_MARKS.map(str::to_owned).to_vec();
        let marks = if self.marks.is_empty() { published() } else { self.marks.clone() };
        let csv = deepchrome_csv::read(&self.deepchrome_csv, marks.len(), grid.n_bins())?;
        if let Some(path) = &self.labels_out {
            io::labels::write(path, &csv.labels)?;
        }
        let mut inputs: Vec<Input> = Vec::new();
        for path in &self.deepchrome_csv {
            let digest = io::signal::digest(path)?;
            let input = |mark: &String| inputs::input(mark, path, "deepchrome-csv", &digest, Vec::new());
            inputs.extend(marks.iter().map(input));
        }
        Ok(Matrix {
            kind: Kind::Signal,
            attribution: None,
            sample: self.sample(),
            assembly: self.assembly.clone(),
            grid,
            bases: Default::default(),
            statistic: self.options.statistic.unwrap_or(Statistic::Count),
            inputs,
            chroms: Default::default(),
            // the table holds a value of every bin: a row of zeros is data
            status: vec![Status::Ok; csv.gene_ids.len()],
            regions: csv.gene_ids.into_iter().map(Region::unplaced).collect(),
            layers: vec![Layer::new(LayerName::Window, csv.values)],
            marks,
        })
    }

    fn grid(&self) -> Result<Grid, crate::genome::GridError> {
        let default = if self.deepchrome_csv.is_empty() { Orientation::Gene } else { Orientation::Genome };
        Grid::new(self.options.flank, self.options.bin_size, self.options.orientation.unwrap_or(default))
    }

    fn sample(&self) -> String {
        let name = self.out.file_name().map_or("sample".into(), |name| name.to_string_lossy().into_owned());
        let stem = name.strip_suffix(".safetensors").unwrap_or(&name);
        let stem = stem.strip_suffix(".bins").unwrap_or(stem);
        self.sample.clone().unwrap_or_else(|| stem.to_owned())
    }

    fn read_rules(&self) -> ReadRules {
        ReadRules {
            exclude_flags: self.options.exclude_flags.0,
            min_mapq: self.options.min_mapq,
            extend_bp: self.options.extend,
            fragments: self.options.fragments,
        }
    }
}
