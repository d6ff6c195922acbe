//! Labels from an expression table, from the headers of sequences, or from peaks.

mod join;
mod peaks;
mod report;
mod sequences;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::job::handed_on::GENES;
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::genome::{NAME_PATTERN, check_name};
use crate::io::expression::{self, Columns, Duplicates, Expression};
use crate::io::{genes_bed, labels};
use crate::matrix::{ByGene, Label, LabelError, LabelMethod, Labels, label};
use crate::stage::{Common, Files, Flags, Stage};

/// Label genes as highly or lowly expressed in a sample
///
/// Reads any wide table with gene ids and one column a sample (Roadmap RPKM, featureCounts, HTSeq, STAR,
/// Salmon and tximport gene tables, RSEM, StringTie, GCT, csv; plain or gzip) and writes gene_id, gene_name,
/// label and expression. High is 1, low is 0; a gene without a value is NA. Median, quantile and valley are
/// computed over the labelled genes: those of --genes, or else all genes of the table. AttentiveChrome took the
/// median of its whole table, which held protein-coding genes alone.
///
/// With --fasta the labels are the headers of sequences: >1, and >0 or >-1. Sequences are called FILE:N, as attentrack-bin
/// calls them.
///
/// With --peaks regions are labelled: 1 where peaks cover half of the region, or its summit or middle; 0 where no peak
/// touches it; NA otherwise.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-label",
    version,
    allow_negative_numbers = true,
    after_help = "\
Examples:
  attentrack-label --expression 57epigenomes.RPKM.pc.gz --sample E003 --out E003.labels.tsv
  attentrack-label --expression salmon.merged.gene_tpm.tsv --sample ctrl_1 --method threshold \\
    --threshold 1 --out ctrl_1.labels.tsv
  attentrack-label --fasta CTCF.train.fasta --fasta CTCF.test.fasta --out CTCF.labels.tsv
  attentrack-label --peaks CTCF.narrowPeak --regions regions.bed --out CTCF.labels.tsv"
)]
pub struct Args {
    /// Expression table: RPKM, TPM, counts…; not log-transformed; plain or gzip; - for standard input
    #[arg(long, short, value_name = "FILE", required_unless_present_any = ["fasta", "peaks"], conflicts_with_all = ["fasta", "peaks"])]
    pub expression: Option<PathBuf>,
    /// Sample whose expression is taken: the name of its column, or of the BAM that its column is named by
    #[arg(long, short, value_name = "NAME", required_unless_present_any = ["fasta", "peaks"])]
    pub sample: Option<String>,
    /// Sequences whose headers are their labels, FASTA, plain or gzip; repeat to append [default: none]
    #[arg(long, value_name = "FASTA", conflicts_with = "peaks")]
    pub fasta: Vec<PathBuf>,
    /// Peaks that decide the labels of --regions: BED, narrowPeak or bigBed [default: none]
    #[arg(long, value_name = "BED", requires = "regions")]
    pub peaks: Option<PathBuf>,
    /// The regions of attentrack-bin --regions [default: none]
    #[arg(long, value_name = "BED", requires = "peaks")]
    pub regions: Option<PathBuf>,
    /// Where to write the labels; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// Label these genes, in this order; those that the table lacks are NA. Median, quantile and valley are
    /// computed over these genes [default: the table's genes]
    #[arg(long, value_name = "BED")]
    pub genes: Option<PathBuf>,
    /// Column of the values, TPM for example; of a table without a header its number [default: named like
    /// --sample]
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub table: Flags<TableOptions>,
    /// Keep the versions of Ensembl and RefSeq ids (ENSG00000141510.16) [default: they are stripped, as
    /// attentrack-tss does]
    #[arg(long)]
    pub keep_version: bool,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// How an expression table is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "LabelOptions")]
pub struct TableOptions {
    /// Column of the gene ids [default: gene_id, Geneid, gene, Name or the like, else the first]
    #[schemars(extend("x-value" = "NAME"))]
    pub gene_column: Option<String>,
    /// What to make of a gene that has several rows. Rows that are alike in every number are taken once
    #[schemars(extend("x-value" = "HOW"))]
    pub duplicates: Duplicates,
    /// With --genes: largest share of the shorter list, genes or table, that the other may lack; from a
    /// tenth on it is a warning
    #[schemars(extend("x-value" = "SHARE", "minimum" = 0.0, "maximum" = 1.0))]
    pub max_lost_genes: f64,
}

impl Default for TableOptions {
    fn default() -> Self {
        TableOptions { gene_column: None, duplicates: Duplicates::default(), max_lost_genes: 0.9 }
    }
}

/// How expression becomes labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "LabelOptions")]
pub struct Options {
    /// How expression becomes a label
    #[schemars(extend("x-value" = "METHOD"))]
    pub method: LabelRule,
    /// With --method threshold: expression from which on a gene is high, in the table's unit [no default]
    #[schemars(extend("x-value" = "X"))]
    pub threshold: Option<Threshold>,
    /// With --method quantile: share of the genes that are low, between 0 and 1 [default: 0.5]
    #[schemars(extend("x-value" = "SHARE", "exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub quantile: Option<f64>,
    /// Shuffle labels among genes, with this seed, as a negative control: for attentrack-faithfulness
    /// --permuted-model [default: not shuffled]
    #[schemars(extend("x-value" = "SEED"))]
    pub permute: Option<u64>,
    /// Sample that it is compared with, a column of the same table: the label is log2((x + 1) / (y + 1)), the
    /// change from there to --sample [default: none]
    #[schemars(extend("x-value" = "NAME"))]
    pub versus: Option<String>,
}

/// How expression becomes a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "LabelMethod")]
pub enum LabelRule {
    /// High at or above the median of the genes that have a value (DeepChrome, AttentiveChrome, ShallowChrome)
    #[default]
    Median,
    /// High at or above --threshold
    Threshold,
    /// High at or above the --quantile of the genes that have a value
    Quantile,
    /// High at or above the valley between silent and active genes, below the median (ShallowChrome)
    Valley,
    /// log2(x + 1), for regression
    Log2,
}

/// The expression from which on a gene is high: one for all samples, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Threshold {
    /// The same for all.
    All(f64),
    /// By sample.
    #[schemars(extend("propertyNames" = {"pattern": NAME_PATTERN}))]
    BySample(BTreeMap<String, f64>),
}

impl Options {
    /// The threshold of a sample.
    pub fn threshold(&self, sample: &str) -> Option<f64> {
        match self.threshold.as_ref()? {
            Threshold::All(threshold) => Some(*threshold),
            Threshold::BySample(thresholds) => thresholds.get(sample).copied(),
        }
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "label",
    about: "Labels of a sample's genes, from an expression table",
    keywords: &["expression", "labels"],
    unit: Unit::Sample,
    sections: &["labels", "expression", "annotation"],
    sample_flag: Some("--sample"),
    size: Size::Single,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--expression", "expression", Number::One, ("Expression table", "*.{tsv,txt}{,.gz}")),
        JobInput::new("--genes", "genes", Number::One, GENES),
    ],
    outputs: &[JobOutput::file("--out", "labels", ".labels.tsv", || vec![Emit::file("labels", "Label of each gene")])],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--expression", &self.expression)
            .input("--fasta", &self.fasta)
            .input("--peaks", &self.peaks)
            .input("--regions", &self.regions)
            .input("--genes", &self.genes)
            .output("--out", [&self.out])
    }

    fn problems(&self) -> Vec<String> {
        if !self.is_of_genes() {
            return sequences::problems(self);
        }
        let mut problems = Vec::new();
        if let Err(error) = check_name("sample", self.name()) {
            problems.push(format!("--sample: {error}, and name the column of the table with --column"));
        }
        match (self.options.method, self.options.threshold(self.name())) {
            (LabelRule::Threshold, None) => {
                problems
                    .push("--method threshold needs --threshold, the expression from which on a gene is high".into());
            }
            (LabelRule::Threshold, Some(threshold)) if !threshold.is_finite() || threshold < 0.0 => {
                problems.push(format!("--threshold must be a number of 0 or more, found {threshold}"));
            }
            (LabelRule::Threshold, Some(_)) | (_, None) => {}
            (_, Some(_)) => problems.push("--threshold goes with --method threshold only".into()),
        }
        if self.options.versus.is_some() && self.options.method != LabelRule::Log2 {
            problems.push("--versus makes numbers: give --method log2".into());
        }
        if self.options.versus.is_some() && self.path() == "-" {
            problems.push("--versus reads the table twice: give a file, not standard input".into());
        }
        problems.extend(self.table.problems());
        problems.extend(self.options.problems());
        match self.options.quantile {
            Some(_) if self.options.method != LabelRule::Quantile => {
                problems.push("--quantile goes with --method quantile only".into());
            }
            _ => {}
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        if !self.fasta.is_empty() {
            return self.finish(sequences::read(self)?);
        }
        if let Some(regions) = &self.regions {
            return self.finish(peaks::read(self, regions)?);
        }
        let genes = self.genes.as_deref().map(genes_bed::read).transpose()?;
        let expression = expression::read(self.path(), &self.columns())?;
        report::table(self, &expression);
        let values = match &genes {
            None => expression.genes.clone(),
            Some(genes) => {
                let bed = self.genes.as_deref().unwrap_or_else(|| "-".as_ref());
                let join = join::Join { table: self.path(), bed, most_lost: self.table.max_lost_genes };
                join.values(genes, &expression)?
            }
        };
        let (mut of_genes, threshold) = self.label(&values, &expression.value_column)?;
        if let Some(versus) = &self.options.versus {
            self.subtract(versus, &expression, &values, &mut of_genes)?;
        }
        let names = genes.into_iter().flatten().map(|gene| gene.symbol).chain(std::iter::repeat(None));
        let rows = values
            .into_iter()
            .zip(of_genes)
            .zip(names)
            .map(|(((gene_id, expression), label), gene_name)| Label { gene_id, gene_name, label, expression });
        let labels = Labels { rows: rows.collect() };
        report::labels(self, &labels, threshold);
        self.finish(labels)
    }
}

impl Args {
    /// Whether genes are labelled, by their expression.
    fn is_of_genes(&self) -> bool {
        self.fasta.is_empty() && self.peaks.is_none()
    }

    /// The expression table.
    fn path(&self) -> &Path {
        self.expression.as_deref().unwrap_or_else(|| "-".as_ref())
    }

    /// The sample of the expression table.
    fn name(&self) -> &str {
        self.sample.as_deref().unwrap_or_default()
    }

    /// Shuffles the labels where that is asked for, and writes them.
    fn finish(&self, mut labels: Labels) -> anyhow::Result<()> {
        if let Some(seed) = self.options.permute {
            labels.permute(seed);
            warn!("--permute: the labels are given to other genes at random; a model of them knows nothing");
        }
        labels::write(&self.out, &labels)?;
        let what = if self.is_of_genes() { "genes" } else { "regions" };
        info!("{} {what} -> {}", labels.rows.len(), self.out.display());
        Ok(())
    }

    fn columns(&self) -> Columns {
        Columns {
            sample: self.column.clone().unwrap_or_else(|| self.name().to_owned()),
            gene: self.table.gene_column.clone(),
            keep_version: self.keep_version,
            duplicates: self.table.duplicates,
        }
    }

    /// The labels, and from which expression on a gene is high.
    fn label(&self, values: &[join::Value], column: &str) -> anyhow::Result<(Vec<Option<f64>>, Option<f64>)> {
        let values: Vec<Option<f64>> = values.iter().map(|(_, value)| *value).collect();
        label(&values, self.label_method()).map_err(|error| {
            let remedy = match &error {
                LabelError::OneClass { .. } => format!(". {}", report::BALANCE),
                LabelError::NoValue | LabelError::NoValley { .. } => String::new(),
            };
            anyhow::anyhow!("{}, column {column:?}: {error}{remedy}", self.path().display())
        })
    }

    /// Takes the labels of the sample `versus` away; `None` where that has no value.
    fn subtract(
        &self,
        versus: &str,
        expression: &Expression,
        values: &[join::Value],
        labels: &mut [Option<f64>],
    ) -> anyhow::Result<()> {
        let other = expression::read(self.path(), &Columns { sample: versus.to_owned(), ..self.columns() })?;
        if other.value_column == expression.value_column {
            bail!("--versus {versus} and --sample {} are one column. Name two samples", self.name());
        }
        info!("compared with {}", other.value_column);
        let (of_other, _) = self.label(&other.genes, &other.value_column)?;
        let ids = other.genes.iter().map(|(id, _)| id.as_str());
        let of_other: ByGene<Option<f64>> = ids.zip(of_other).collect();
        for ((id, _), label) in values.iter().zip(labels) {
            let there = of_other.get(id).copied().flatten();
            *label = label.zip(there).map(|(here, there)| here - there);
        }
        Ok(())
    }

    fn label_method(&self) -> LabelMethod {
        match self.options.method {
            LabelRule::Median => LabelMethod::Median,
            LabelRule::Threshold => LabelMethod::Threshold(self.options.threshold(self.name()).unwrap_or_default()),
            LabelRule::Quantile => LabelMethod::Quantile(self.options.quantile.unwrap_or(0.5)),
            LabelRule::Valley => LabelMethod::Valley,
            LabelRule::Log2 => LabelMethod::Log2,
        }
    }
}
