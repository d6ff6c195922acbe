//! `attentrack-report`: everything about a run on one page, and for MultiQC.

mod accuracy;
mod attention;
mod caution;
mod figure;
mod gene_table;
mod genes;
mod graph;
mod inputs;
mod learning;
mod multiqc;
mod page;
mod verdict;

use std::path::PathBuf;

use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::handed_on::{GENES, LABELS, PREDICTIONS, SPLITS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::genome::check_text;
use crate::io::{FileError, Output};
use crate::stage::{Common, Files, Flags, Stage};

/// Draw a run on one page, and write its figures for MultiQC.
///
/// Into the folder go: report.html, one page that needs nothing else, not even a network, with the
/// figures and their intervals, ROC, precision-recall and calibration (for numeric labels, prediction against
/// label), learning curves, the mean attention by position and mark of expressed and silent genes, whether explanations
/// are better than the raw signal, which marks depend on which, class balance, how to read it, and what to be careful of; and for MultiQC attentrack_*_mqc.json, attentrack_mqc_versions.yml
/// and multiqc_config.yml. Curves and attention are those of the split that the metrics name as their headline.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-report",
    version,
    after_help = "\
Examples:
  attentrack-report --metrics metrics.json --predictions E003.predictions.tsv \\
    --labels E003.labels.tsv --splits splits.tsv --history pooled.history.tsv \\
    --attention E003.attention.bins.safetensors --genes genes.bed --out-dir report
  multiqc --config report/multiqc_config.yml report        # and whatever other folders there are"
)]
pub struct Args {
    /// Metrics of attentrack-evaluate
    #[arg(long, value_name = "JSON", help_heading = "Input")]
    pub metrics: PathBuf,
    /// Predictions that the metrics were made from, one file a sample
    #[arg(long, value_name = "TSV", required = true, num_args = 1.., help_heading = "Input")]
    pub predictions: Vec<PathBuf>,
    /// Labels, one file a sample, in the order of --predictions
    #[arg(long, value_name = "TSV", required = true, num_args = 1.., help_heading = "Input")]
    pub labels: Vec<PathBuf>,
    /// Splits of all samples
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub splits: PathBuf,
    /// Histories of attentrack-train, one a model file [default: no learning curves]
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub history: Vec<PathBuf>,
    /// Attention of attentrack-predict, one file a sample [default: no attention by position]
    #[arg(long, value_name = "SAFETENSORS", num_args = 1.., help_heading = "Input")]
    pub attention: Vec<PathBuf>,
    /// Tables of attentrack-faithfulness, one a sample [default: the page says that explanations were not tested]
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub faithfulness: Vec<PathBuf>,
    /// Summary of attentrack-graph [default: no graphs]
    #[arg(long, value_name = "JSON", help_heading = "Input")]
    pub graph: Option<PathBuf>,
    /// Genes that the splits were made from [default: the chromosomes of the splits are not named]
    #[arg(long, value_name = "BED", help_heading = "Input")]
    pub genes: Option<PathBuf>,
    /// Samples that were scored and have no labels, to be named on the page [default: none]
    #[arg(long, value_name = "NAME", num_args = 1.., help_heading = "Input")]
    pub only_scored: Vec<String>,
    /// Samples that were scored by a model that was trained on others, to be named on the page [default: none]
    #[arg(long, value_name = "NAME", num_args = 1.., help_heading = "Input")]
    pub new_sample: Vec<String>,
    /// Folder to write into; made if it is not there
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out_dir: PathBuf,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ReportOptions")]
pub struct Options {
    /// Heading of the page
    #[schemars(extend("x-value" = "TEXT", "x-heading" = "Output"))]
    pub title: String,
}

impl Default for Options {
    fn default() -> Self {
        Options { title: "attentrack report".to_owned() }
    }
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "report",
    about: "One page about a run, and its figures for MultiQC",
    keywords: &["report", "multiqc", "html"],
    unit: Unit::Once("report"),
    sections: &["report"],
    sample_flag: None,
    size: Size::Low,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--predictions", "predictions", Number::Many, PREDICTIONS),
        JobInput::new("--labels", "labels", Number::Many, LABELS),
        JobInput::new(
            "--attention",
            "attention",
            Number::Any,
            ("Attention of the same samples, from PREDICT; may be []", "*.bins.safetensors"),
        ),
        JobInput::new(
            "--faithfulness",
            "faithfulness",
            Number::Any,
            ("What FAITHFULNESS says of the same samples; may be []", "*.faithfulness.tsv"),
        ),
        JobInput::new("--metrics", "metrics", Number::One, ("Metrics, from EVALUATE", "*.json")).shared(),
        JobInput::new("--splits", "splits", Number::One, SPLITS).shared(),
        JobInput::new("--genes", "genes", Number::One, GENES).shared(),
        JobInput::new(
            "--history",
            "histories",
            Number::Any,
            ("Histories, from TRAIN, one a model; may be []", "*.history.tsv"),
        )
        .shared(),
        JobInput::new("--graph", "graph", Number::Optional, ("What GRAPH found; may be []", "*.json")).shared(),
    ],
    outputs: &[JobOutput::folder("--out-dir", "", || {
        vec![
            Emit::files("html", "report.html", "The page; it needs no other file", "report.html").always(),
            Emit::files(
                "multiqc",
                "*_mqc{.json,_versions.yml}",
                "Figures that MultiQC finds by their names",
                "attentrack_general_mqc.json attentrack_mqc_versions.yml",
            )
            .always(),
            Emit::files(
                "multiqc_config",
                "multiqc_config.yml",
                "Order of the sections, for multiqc --config",
                "multiqc_config.yml",
            )
            .always(),
        ]
    })],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--metrics", [&self.metrics])
            .input("--predictions", &self.predictions)
            .input("--labels", &self.labels)
            .input("--splits", [&self.splits])
            .input("--history", &self.history)
            .input("--attention", &self.attention)
            .input("--faithfulness", &self.faithfulness)
            .input("--graph", &self.graph)
            .input("--genes", &self.genes)
            .folder("--out-dir", [&self.out_dir])
    }

    fn problems(&self) -> Vec<String> {
        let (predictions, labels) = (self.predictions.len(), self.labels.len());
        let mut problems: Vec<String> =
            check_text("--title", &self.options.title).err().iter().map(ToString::to_string).collect();
        if predictions != labels {
            problems.push(format!(
                "--predictions names {predictions} and --labels {labels} files. Give one labels file for each predictions file, in the same order"
            ));
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let inputs = inputs::read(self)?;
        let html = page::page(&self.options.title, &inputs);
        std::fs::create_dir_all(&self.out_dir)
            .map_err(|error| FileError::os(&self.out_dir, "make the folder", &error))?;
        multiqc::write(&self.out_dir, &inputs)?;
        let path = self.out_dir.join("report.html");
        let mut output = Output::create(&path)?;
        output.put(html.as_bytes())?;
        output.commit()?;
        tracing::info!("{}: open it in any browser", path.display());
        Ok(())
    }
}
