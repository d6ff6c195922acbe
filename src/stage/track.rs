//! Stage track: a matrix in, tracks for the genome browser out.

mod report;
mod selection;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ArgGroup, Parser};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::with_suffix;
use super::job::handed_on::PREDICTIONS;
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use super::{gene_ids, judged};
use crate::genome::file_names;
use crate::io::track::{Drawing, FORMATS, Format, Holds, Text, commit};
use crate::io::{PendingFile, bins, predictions};
use crate::matrix::track::{Aggregate, Cells, Selection, Sureness, TrackValue, TrackValues, cells};
use crate::matrix::{Judged, Matrix};
use crate::stage::{Common, Files, Flags, Stage};

/// Turns a matrix (attention, signal or attribution) into tracks for the genome browser.
///
/// Every bin comes back to the bases that it was made from, on either strand, clipped at chromosome
/// ends. Tracks are sorted by chromosome (byte order) and start. Genes that could not be scored are
/// left out.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(name = "attentrack-track", version, allow_negative_numbers = true, after_help = AFTER_HELP)]
#[command(group = ArgGroup::new("target").required(true).args(["out", "out_dir"]))]
pub struct Args {
    /// Matrix to draw (.bins.safetensors), with known positions
    #[arg(long, short, value_name = "FILE")]
    pub input: PathBuf,
    /// What attentrack-predict says of the same genes (predictions.tsv): TSV and bigBed get each gene's score, and BED and bigBed show which genes are uncertain, see below [default: they do not]
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// What attentrack-faithfulness says of the explanation that is drawn: the log, comments of BED and bedGraph, the track line and bigBed's description then say whether it is better than the raw signal [default: they do not]
    #[arg(long, value_name = "FILE")]
    pub faithfulness: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// File to write; `-` is standard output (text formats), a name that ends in .gz makes it bgzip with a tabix index FILE.tbi beside it (TSV: bgzip alone). bedGraph and bigWig also need --mark unless the matrix has one mark
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Folder to write into, made if it is not there: MARK.bedgraph or MARK.bw a mark (characters of MARK other than letters, digits, `.`, `_`, `+`, `-` become `_`), or KIND.bed, KIND.bb, KIND.tsv with KIND attention, signal or attribution
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    #[command(flatten)]
    /// Flags that every stage takes.
    #[serde(skip)]
    pub common: Common,
}

/// Which tracks are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "TrackOptions")]
pub struct Options {
    /// Format of the track; with --out-dir several, separated by commas
    #[schemars(extend("x-flag" = "format", "x-aliases" = ["format"], "x-required" = true))]
    #[serde(alias = "format")]
    pub formats: Vec<Format>,
    /// With --out-dir, write text formats as bgzip (.gz), with a tabix index [default: plain text]
    pub bgzip: Option<bool>,
    /// Mark to draw; may be repeated [default: all]
    #[schemars(extend("x-value" = "MARK", "x-repeat" = true))]
    pub mark: Vec<String>,
    /// Gene to draw, by id or symbol (all genes that have it), or @FILE with one a line; may be repeated [default: all]
    #[schemars(extend("x-value" = "ID|@FILE", "x-repeat" = true))]
    pub gene: Vec<String>,
    /// Draw bins that overlap CHROM, CHROM:START or CHROM:START-END (1-based, both ends included, as samtools has it); may be repeated [default: everywhere]
    #[schemars(extend("x-value" = "REGION", "x-repeat" = true))]
    pub region: Vec<String>,
    /// Value to draw, see below [default: corrected for attention, raw for anything else]
    pub value: Option<TrackValue>,
    /// bedGraph, bigWig: what a base shows that lies in the windows of several genes [default: max; extreme for an attribution with negative values]
    pub aggregate: Option<Aggregate>,
    /// BED, bigBed, TSV: keep bins whose absolute value is at least this, in the unit of the value [default: BED and bigBed keep the bins that stand out, see below; TSV keeps every bin]
    #[schemars(extend("x-value" = "X", "x-conflicts" = ["all"], "minimum" = 0.0))]
    pub min_value: Option<f64>,
    /// BED, bigBed: keep every bin [default: the bins above --min-value]
    pub all: bool,
    /// Chromosome lengths (name, length; tab-separated) where the matrix does not know them [default: the matrix's]
    #[schemars(extend("x-value" = "FILE"))]
    pub chrom_sizes: Option<PathBuf>,
    /// BED: begin with a `track` line for a UCSC custom track [default: none, as bedtools and tabix want it]
    pub track_line: bool,
    /// Write a text track even where no bin is selected [default: that is an error]
    pub allow_empty: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            formats: ["bed", "bigwig", "bigbed", "tsv"].into_iter().filter_map(Format::named).collect(),
            bgzip: None,
            mark: Vec::new(),
            gene: Vec::new(),
            region: Vec::new(),
            value: None,
            aggregate: None,
            min_value: None,
            all: false,
            chrom_sizes: None,
            track_line: false,
            allow_empty: None,
        }
    }
}

const AFTER_HELP: &str = "\
Formats:
  bed, bigbed
    One row a bin of each gene and mark that is kept; rows of neighbouring
    genes overlap. Name symbol|mark (id|mark where the symbol is not known),
    colour by mark, faded by score; of an attribution with negative values, red
    raises and blue lowers the model's score. Score: 100
    for each even share, so 200 is twice what a bin would hold if nothing stood
    out, and 1000 is ten times that or more. Kept by default are the bins of
    score 200 or more, and at least the highest 1 % of each mark.
    bigBed (9+) also holds gene, mark, bin, offset from the TSS and the numbers.
    With --predictions, a gene whose score may as well be on the other side of
    the model's threshold has names that end in ? and boxes without a thick
    part, which browsers draw thin; colours stay those of mark and score.
    bigBed then holds geneScore and uncertain (yes, no, or NA where the model
    does not say: it has to be calibrated, an ensemble or auto).
  bedgraph, bigwig
    One value a base, one mark a file, every bin. Windows of neighbouring genes
    overlap, so a base in several windows gets their --aggregate; the truth of
    each gene is in bigbed and tsv.
  tsv
    One row a gene, mark and bin, in the matrix's order and 5' to 3': value (as
    stored) and, of attention, null_value, corrected and mark_attention,
    whatever --value is; of an ensemble's attention, which is the members'
    mean, also the standard deviations over its members, value_sd and
    mark_attention_sd; with --predictions score and uncertain (0, 1 or NA).

Values:
  corrected
    Bin attention without the edge artefact. The model gives the outermost bins
    more attention even in an empty window, so each bin's attention is divided
    by what an empty window gets there, and scaled to sum to 1 over the window:
    the softmax of what the signal adds to the attention's scores. With the
    published E003 weights, the strongest H3K4me3 bin is one of the six
    outermost for 28 % of 600 genes raw, and for 1 % corrected.
  raw
    The matrix's own value: signal, attribution (the log says its unit; of most
    methods the log-odds that a bin adds), or the model's bin attention, which
    sums to 1 over the window.
  joint, joint-corrected
    raw or corrected times the attention of the mark; sums to 1 over the marks
    and bins of a gene.
  The even share is 1/bins of attention (joint: 1/(marks x bins)), the mark's
  mean absolute value of anything else.

Examples:
  attentrack-track --input A.attention.bins.safetensors --format bigwig \\
    --out-dir tracks
  attentrack-track --input A.attention.bins.safetensors --format bed --out A.bed.gz
  attentrack-track --input A.attention.bins.safetensors --format bed,bigbed \\
    --predictions A.predictions.tsv --out-dir tracks
  attentrack-track --input A.attention.bins.safetensors --format tsv \\
    --gene ENSG00000159216 --out -";

impl Options {
    /// Whether text formats are compressed.
    fn bgzip(&self) -> bool {
        self.bgzip.unwrap_or(false)
    }

    /// Whether an empty track may be written.
    fn allow_empty(&self) -> bool {
        self.allow_empty.unwrap_or(false)
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "track",
    about: "Genome browser tracks of attention, attribution or signal",
    keywords: &["bigwig", "bigbed", "bed", "tracks"],
    unit: Unit::Sample,
    sections: &["tracks"],
    sample_flag: None,
    size: Size::Medium,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--input", "matrix", Number::One, ("Attention, attribution or signal", "*.bins.safetensors")),
        JobInput::new("--predictions", "predictions", Number::Optional, PREDICTIONS),
        JobInput::new(
            "--faithfulness",
            "faithfulness",
            Number::Optional,
            ("What FAITHFULNESS says of the explanation that is drawn; may be []", "*.faithfulness.tsv"),
        ),
        JobInput::new(
            "--chrom-sizes",
            "chrom_sizes",
            Number::Optional,
            ("Two columns: chromosome, length; may be []", "*.sizes"),
        )
        .shared(),
    ],
    outputs: &[JobOutput::folder("--out-dir", "tracks", || {
        let of_format = |format: &Format| {
            let extension = format.extension;
            let glob =
                if format.is_text() { format!("*.{{{extension},{extension}.gz}}") } else { format!("*.{extension}") };
            Emit::files(format.name, &glob, format.about, &format!("example.{extension}"))
        };
        let index = Emit::files("index", "*.tbi", "Tabix indices", "");
        FORMATS.iter().map(of_format).chain([index]).collect()
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let has_index = self.options.formats.iter().any(|format| format.text == Text::Indexed);
        let compressed = self.out.iter().filter(|out| has_index && is_gzip_name(out));
        Files::new()
            .input("--input", [&self.input])
            .input("--predictions", &self.predictions)
            .input("--faithfulness", &self.faithfulness)
            .input("--gene", gene_ids::files(&self.options.gene))
            .input("--chrom-sizes", &self.options.chrom_sizes)
            .output("--out", &self.out)
            .beside("--out", compressed.map(|out| with_suffix(out, ".tbi")))
            .folder("--out-dir", &self.out_dir)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let has = |is_so: fn(&Format) -> bool| self.options.formats.iter().any(is_so);
        if self.out.is_some() && self.options.formats.len() > 1 {
            problems.push("--out holds one format: name one, or give --out-dir instead of --out".to_owned());
        }
        if !has(Format::is_text) {
            let is_gz = self.out.as_ref().is_some_and(|out| is_gzip_name(out));
            if self.out.as_deref() == Some(Path::new("-")) {
                problems.push("--out: bigWig and bigBed cannot be written to standard output. Name a file".to_owned());
            }
            if self.options.bgzip() || is_gz {
                problems.push("bigWig and bigBed are compressed inside: leave --bgzip and .gz out".to_owned());
            }
        }
        if self.options.bgzip() && self.out.is_some() {
            problems.push("--bgzip is for --out-dir: with --out, name a file that ends in .gz".to_owned());
        }
        if self.options.track_line && (!has(|format| format.takes_track_line) || self.is_compressed()) {
            problems.push(
                "--track-line is for plain BED, a custom track: leave it out, or write --format bed without .gz"
                    .to_owned(),
            );
        }
        if self.options.min_value.is_some() && !has(|format| format.holds != Holds::Bases) {
            problems.push("--min-value: bedGraph and bigWig hold every bin. Leave it out, or write BED".to_owned());
        }
        if self.options.min_value.is_some_and(|value| !value.is_finite() || value < 0.0) {
            problems.push("--min-value must be a number that is not negative".to_owned());
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let matrix = self.read()?;
        let name = || format!("{}: cannot draw", self.input.display());
        let values = TrackValues::new(&matrix, self.options.value.unwrap_or(TrackValue::default_for(matrix.kind)))
            .with_context(name)?;
        let values = values.with_sureness(self.sureness(&matrix)?);
        let judged = self.judged(&values)?;
        let values = values.with_judged(judged);
        let selection = selection::resolve(self, &values)?;
        report::log_verdict(&values);
        let mut files = Vec::new();
        for &format in &self.options.formats {
            let thresholds = self.thresholds(format, &values);
            for (path, marks) in self.targets(format, &values, &selection.channels)? {
                let selection = Selection { channels: marks, ..selection.clone() };
                let cells = cells(&values, &selection, |cell| cell.value.abs() >= thresholds[cell.channel as usize])
                    .with_context(name)?;
                self.check_not_empty(format, &values, &cells, &path)?;
                report::log(self, format, &values, &selection, &cells, &thresholds, &path);
                files.extend(self.write(format, &path, &values, cells)?);
            }
        }
        Ok(commit(files)?)
    }
}

impl Args {
    /// The matrix, with the lengths that `--chrom-sizes` adds.
    fn read(&self) -> anyhow::Result<Matrix> {
        let mut matrix = bins::read(&self.input)?;
        if let Some(path) = &self.options.chrom_sizes {
            selection::add_chrom_sizes(&mut matrix, path)?;
        }
        Ok(matrix)
    }

    /// What the predictions say of the matrix's genes.
    fn sureness(&self, matrix: &Matrix) -> anyhow::Result<Option<Sureness>> {
        let Some(path) = &self.predictions else { return Ok(None) };
        let of_genes = Sureness::new(matrix, &predictions::read(path)?);
        of_genes.map(Some).with_context(|| format!("{}: cannot be drawn with {}", path.display(), self.input.display()))
    }

    /// What a test says of the explanation that is drawn.
    fn judged(&self, values: &TrackValues) -> anyhow::Result<Option<Judged>> {
        let Some(path) = &self.faithfulness else { return Ok(None) };
        let Some(method) = values.method() else {
            bail!("--faithfulness: {} holds signal, which explains nothing. Leave it out", self.input.display());
        };
        Ok(Some(judged::verdict(path, values.matrix(), method)?))
    }

    /// The files to write in a format, each with its marks.
    fn targets(
        &self,
        format: Format,
        values: &TrackValues,
        marks: &[usize],
    ) -> anyhow::Result<Vec<(PathBuf, Vec<usize>)>> {
        let name = |mark: usize| values.channels()[mark].name.as_str();
        let gz = if self.options.bgzip() && format.is_text() { ".gz" } else { "" };
        let extension = format.extension;
        match (&self.out, &self.out_dir) {
            (Some(out), _) => {
                if format.holds == Holds::Bases && marks.len() != 1 {
                    let names: Vec<&str> = marks.iter().map(|&mark| name(mark)).collect();
                    bail!(
                        "--out: {extension} holds one mark a file, and {} are to be drawn ({}). Name one with --mark, or give --out-dir instead of --out",
                        marks.len(),
                        names.join(", ")
                    );
                }
                Ok(vec![(out.clone(), marks.to_vec())])
            }
            (None, Some(dir)) => {
                std::fs::create_dir_all(dir)
                    .with_context(|| format!("--out-dir: cannot make the folder {}", dir.display()))?;
                if format.holds != Holds::Bases {
                    return Ok(vec![(
                        dir.join(format!("{}.{extension}{gz}", values.matrix().kind.name())),
                        marks.to_vec(),
                    )]);
                }
                let files = file_names("mark", marks.iter().map(|&mark| name(mark)))
                    .context("--out-dir: draw the marks one by one with --mark and --out")?;
                let path = |file| dir.join(format!("{file}.{extension}{gz}"));
                Ok(files.into_iter().map(path).zip(marks.iter().map(|&mark| vec![mark])).collect())
            }
            (None, None) => bail!("give --out or --out-dir"),
        }
    }

    /// The smallest absolute value of each mark that is kept.
    fn thresholds(&self, format: Format, values: &TrackValues) -> Vec<f32> {
        let of_mark = |mark| match (self.options.min_value, format.holds) {
            (Some(value), _) => value as f32,
            (None, Holds::Boxes) if !self.options.all => values.outstanding(mark),
            _ => 0.0,
        };
        (0..values.channels().len()).map(of_mark).collect()
    }

    /// How the genes' values of a base become one.
    fn rule(&self, values: &TrackValues) -> Aggregate {
        self.options.aggregate.unwrap_or(if values.is_signed() { Aggregate::Extreme } else { Aggregate::Max })
    }

    fn is_compressed(&self) -> bool {
        self.options.bgzip() || self.out.as_ref().is_some_and(|out| is_gzip_name(out))
    }

    fn check_not_empty(&self, format: Format, values: &TrackValues, cells: &Cells, path: &Path) -> anyhow::Result<()> {
        if !cells.kept.is_empty() || (self.options.allow_empty() && format.is_text()) {
            return Ok(());
        }
        let target = path.display();
        let hint = match (self.options.allow_empty(), format.is_text()) {
            (_, true) => ", or allow an empty track with --allow-empty",
            (true, false) => "; an empty bigWig or bigBed cannot be written",
            (false, false) => "",
        };
        if cells.n_selected == 0 {
            bail!("{target}: no bin with a value is selected. Widen --gene and --region{hint}");
        }
        let kind = values.kind();
        bail!(
            "{target}: no bin is above the threshold, {} {kind} bins are below. Lower --min-value, or keep every bin with --all{hint}",
            cells.n_selected
        );
    }

    fn write(
        &self,
        format: Format,
        path: &Path,
        values: &TrackValues,
        mut cells: Cells,
    ) -> anyhow::Result<Vec<PendingFile>> {
        if format.holds != Holds::Rows {
            cells.sort();
        }
        let rule = self.rule(values);
        let track_line = self.options.track_line && format.takes_track_line;
        let drawing = Drawing { values, cells: &cells, rule, compress: self.is_compressed(), track_line };
        Ok((format.write)(path, &drawing)?)
    }
}

fn is_gzip_name(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz" || extension == "bgz")
}
