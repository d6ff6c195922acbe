//! What a matrix file says of itself: the JSON under the one metadata key `header`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bases, Statistic};
use crate::genome::{Chrom, HiddenCharacter, Orientation, check_text};

/// Value of [`Header::format`].
pub const FORMAT: &str = "attentrack.bins";
/// Version of the matrix file that this build reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// What the values of a matrix are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Binned signal, raw.
    Signal,
    /// Bin attention of a model; sums to 1 over the bins of a gene and mark.
    Attention,
    /// Importance by another method.
    Attribution,
}

impl Kind {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Signal => "signal",
            Kind::Attention => "attention",
            Kind::Attribution => "attribution",
        }
    }
}

/// What became of a gene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The whole window lies on the chromosome.
    Ok,
    /// The window leaves the chromosome; bases outside count as bases without data.
    Clipped,
    /// No mark has any data in the window.
    Empty,
    /// At least one signal file lacks the gene's chromosome; the row is NaN.
    NoChrom,
}

impl Status {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Clipped => "clipped",
            Status::Empty => "empty",
            Status::NoChrom => "no_chrom",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Status> {
        [Status::Ok, Status::Clipped, Status::Empty, Status::NoChrom].into_iter().find(|status| status.name() == name)
    }

    /// Whether the row has values, so that a model may be trained on it.
    pub fn is_scorable(self) -> bool {
        self != Status::NoChrom
    }

    /// Whether any mark has data in the window, so that a score says something of the gene.
    pub fn has_data(self) -> bool {
        !matches!(self, Status::Empty | Status::NoChrom)
    }
}

/// Where one mark's values came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Mark that the file was read for.
    pub mark: String,
    /// File name without its folder (paths would differ from machine to machine).
    pub file: String,
    /// Format: bigwig, bam, cram, bedgraph, reads, deepchrome-csv.
    pub format: String,
    /// Hex digest of the file's length and its first and last 64 KiB, not of its gigabytes.
    pub digest: String,
    /// What was asked of its reads or values besides the default, as `name=value`; a control has
    /// `role=control`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// How the values of an attribution were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attribution {
    /// Method, by its name on the command line of attentrack-explain.
    pub method: String,
    /// What a value says, with its unit.
    pub unit: String,
    /// Settings of the method, as `name=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
}

/// Starts the setting of an attribution that says what it is against.
const BASELINE: &str = "baseline=";

impl Attribution {
    /// The setting that says what an attribution is against.
    pub fn against(baseline: &str) -> String {
        format!("{BASELINE}{baseline}")
    }

    /// What it is against, where its settings say so.
    pub fn baseline(&self) -> Option<&str> {
        self.settings.iter().find_map(|setting| setting.strip_prefix(BASELINE))
    }
}

impl Header {
    /// Checks that no id and no name holds a character that nobody sees ([`check_text`]). Names that break
    /// [`check_name`](crate::genome::check_name) are let pass: files of others have them, and a pair's marks.
    ///
    /// # Errors
    /// The first text that does.
    pub fn check_texts(&self) -> Result<(), HiddenCharacter> {
        check_text("sample", &self.sample)?;
        self.marks.iter().try_for_each(|mark| check_text("mark", mark))?;
        self.genes.iter().try_for_each(|gene| check_text("gene id", gene))?;
        self.symbols.iter().flatten().try_for_each(|symbol| check_text("gene name", symbol))?;
        self.chroms.iter().try_for_each(|chrom| check_text("chromosome", &chrom.name))?;
        self.attribution.iter().try_for_each(|attribution| {
            check_text("method", &attribution.method)?;
            check_text("unit", &attribution.unit)
        })
    }
}

/// The header of a `.bins.safetensors` file. Fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Always `attentrack.bins`.
    pub format: String,
    /// Version of the format; a newer one than the reader's is refused.
    pub format_version: u32,
    /// Version of attentrack that wrote the file.
    pub tool_version: String,
    /// Signal, attention or attribution.
    pub kind: Kind,
    /// How an attribution was made; absent from other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Sample (cell type, condition) that the signal is of.
    pub sample: String,
    /// Genome assembly, if it was stated.
    pub assembly: Option<String>,
    /// Bases on either side of the TSS; 0 of a matrix without windows.
    pub flank_bp: u32,
    /// Width of a bin.
    pub bin_size_bp: u32,
    /// Direction in which bins are stored.
    pub orientation: Orientation,
    /// The bases of each region's sequence; absent of a matrix without sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Bases>,
    /// What the signal's number a bin means; for attention, that of the signal it was computed from.
    pub statistic: Statistic,
    /// The second axis, in order.
    pub marks: Vec<String>,
    /// Where each mark's values came from.
    pub inputs: Vec<Input>,
    /// Chromosomes that the tensor `chrom` points into; empty where positions are unknown.
    pub chroms: Vec<Chrom>,
    /// The first axis, in order.
    pub genes: Vec<String>,
    /// Their names, `null` where there is none; absent where no gene has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<Option<String>>,
    /// One status a gene.
    pub status: Vec<Status>,
}
