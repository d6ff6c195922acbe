//! `attentrack schema`: JSON Schemas of the files, generated from the types that read and write them.

use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::PossibleValuesParser;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

mod nextflow;

use super::config::Config;
use super::plan::PlanFile;
use crate::genome::NAME_PATTERN;
use crate::io::track::tsv;
use crate::io::{Output, faithfulness, genes_bed, graph_summary, history, predictions};
use crate::learn::ModelHeader;
use crate::learn::metrics::Report;
use crate::matrix::{Header, Label, SplitRow};
use crate::stage::evaluate::MetricRow;
use crate::stage::graph;
use crate::stage::heatmap::HeatmapRow;
use crate::stage::rank::ComparisonRow;
use crate::stage::train::StateHeader;
use crate::stage::{Common, Files, Stage};

/// Print a JSON Schema (draft 2020-12), or write them all to a folder
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack schema",
    after_help = "Examples:\n  attentrack schema config > config.schema.json\n  attentrack schema --out-dir schemas"
)]
pub struct Schema {
    /// Which one: of config.yaml, of the headers of files, or of the rows of tables [default: with --out-dir, all]
    #[arg(value_name = "NAME", required_unless_present = "out_dir", value_parser = PossibleValuesParser::new(ALL.iter().map(|(name, _)| *name)))]
    name: Option<String>,
    /// Write NAME.schema.json for every schema into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out_dir: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// One row of `samples.tsv`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the fields exist for their schema")]
struct SampleRow {
    /// Name of the sample.
    #[schemars(regex(pattern = NAME_PATTERN))]
    sample: String,
    /// Mark.
    #[schemars(regex(pattern = NAME_PATTERN))]
    mark: String,
    /// Signal file: bigWig, BAM, CRAM, bedGraph or reads as BED; relative to the sheet.
    path: String,
    /// Input control of the same kind; may be empty.
    control: Option<String>,
    /// Whether the sample's expression is known: yes or no, yes if empty. A sample without is scored only.
    #[schemars(regex(pattern = "^(yes|no)?$"))]
    expression: Option<String>,
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

type MakeSchema = fn() -> Value;

/// Their names, and what makes each.
const ALL: &[(&str, MakeSchema)] = &[
    ("config", schema_of::<Config>),
    ("samples", schema_of::<SampleRow>),
    ("bins", schema_of::<Header>),
    ("model", schema_of::<ModelHeader>),
    ("state", schema_of::<StateHeader>),
    ("genes", schema_of::<genes_bed::GeneRow>),
    ("labels", schema_of::<Label>),
    ("splits", schema_of::<SplitRow>),
    ("history", schema_of::<history::HistoryRow>),
    ("predictions", schema_of::<predictions::PredictionRow>),
    ("faithfulness", schema_of::<faithfulness::FaithfulnessRow>),
    ("metrics-table", schema_of::<MetricRow>),
    ("comparison", schema_of::<ComparisonRow>),
    ("track-table", schema_of::<tsv::TrackRow>),
    ("heatmap", schema_of::<HeatmapRow>),
    ("graph-edges", schema_of::<graph::EdgeRow>),
    ("graph-nodes", schema_of::<graph::NodeRow>),
    ("graph-path", schema_of::<graph::PathRow>),
    ("graph-null", schema_of::<graph::NullRow>),
    ("graph-groups", schema_of::<graph::GroupEdgeRow>),
    ("graph-summary", schema_of::<graph_summary::GraphSummary>),
    ("metrics", schema_of::<Report>),
    ("plan", schema_of::<PlanFile>),
    // what nf-schema reads; workflow/ links to them
    ("nextflow", nextflow::parameters),
    ("nextflow-samples", nextflow::sample_sheet),
];

impl Stage for Schema {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().folder("--out-dir", &self.out_dir)
    }

    fn run(&self) -> anyhow::Result<()> {
        for (name, schema) in ALL {
            if self.out_dir.is_none() && self.name.as_deref() != Some(*name) {
                continue;
            }
            let text = format!("{}\n", serde_json::to_string_pretty(&schema())?);
            let path = self.out_dir.as_ref().map(|folder| folder.join(format!("{name}.schema.json")));
            let mut output = Output::create(path.as_deref().unwrap_or(Path::new("-")))?;
            output.put(text.as_bytes())?;
            output.commit()?;
        }
        Ok(())
    }
}
