//! Stage graph: observations of several contexts to the networks that they share and that each has alone.

mod choose;
mod figure;
mod group;
mod node;
mod nodes;
mod options;
mod part;
mod read;
mod result;
mod side;
mod source;
mod summary;
mod tables;

pub use group::read as read_contexts;
pub use options::{Choice, Options};
pub use part::NodePart;
pub use tables::{EdgeRow, GroupEdgeRow, NodeRow, NullRow, PathRow};

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use serde::Serialize;

use self::group::{Contexts, EACH};
use self::read::Data;
use super::job::handed_on::{BINS, LABELS};
use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::graph::{Association, Context, Estimator, Study};
use crate::io;
use crate::stage::{Common, Files, Flags, Stage};

/// Estimate which marks depend on which, given all others: in all contexts, and in each alone
///
/// An edge joins two nodes whose values go together over genes where all other nodes are equal: a conditional
/// dependence, not a mechanism. Nodes are each mark's signal in parts of the region (--bins), or the columns of tables
/// (--table); a context is one file, or with --contexts the samples of one group together: the value of a gene is then its
/// mean over the samples, each as normal scores. Without --lambda it is chosen by the extended BIC; every edge then comes with its
/// frequency in 100 half-samples of 1-Mb blocks, and the graph with the number of edges that permuted and rotated data
/// have at the same λ. docs/graphs.md says what each method is good for: where many genes have few nodes, none is
/// clearly better than the default.
///
/// Writes edges.tsv, nodes.tsv, path.tsv, null.tsv, matrices.safetensors, GraphML for Cytoscape and NetworkX, and
/// graphs.svg.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-graph",
    version,
    after_help = "Examples:
  attentrack-graph --bins E003.bins.safetensors --bins E116.bins.safetensors --nodes promoter,body --out-dir graphs
  # samples of one group together, by a column of the sample sheet
  attentrack-graph --bins results/bins/*.bins.safetensors --samples samples.tsv --contexts group --out-dir graphs
  attentrack-graph --table A.tsv --table B.tsv --method simule --lambda 0.1 --epsilon 1 --out-dir graphs
  # what differs between two contexts
  attentrack-graph --table A.tsv --table B.tsv --method diffee --out-dir differences"
)]
pub struct Args {
    /// Binned signal, one file a sample; the observations are genes
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        required_unless_present = "table",
        conflicts_with = "table",
        help_heading = "Input"
    )]
    pub bins: Vec<PathBuf>,
    /// Numbers, one file a context: rows are observations, columns nodes; a first column of names is passed over
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub table: Vec<PathBuf>,
    /// Labels in the order of --bins, for the node expression
    #[arg(long, value_name = "TSV", num_args = 1.., requires = "bins", help_heading = "Input")]
    pub labels: Vec<PathBuf>,
    /// Sample sheet, or any table with a column sample and that of --contexts
    #[arg(long, value_name = "TSV", requires_all = ["bins", "contexts"], help_heading = "Input")]
    pub samples: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out_dir: PathBuf,
    /// What attentrack-report shows of it, to write [default: not written]
    #[arg(long, value_name = "JSON", help_heading = "Output")]
    pub summary: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "graph",
    about: "Estimate which marks depend on which in several samples, given all others",
    keywords: &["network", "graphical model", "histone marks"],
    unit: Unit::Once("graph"),
    sections: &["graph"],
    sample_flag: None,
    size: Size::Low,
    uses_gpu: false,
    inputs: &[
        JobInput::new("--bins", "bins", Number::Many, BINS),
        JobInput::new("--labels", "labels", Number::Any, LABELS),
        JobInput::new(
            "--samples",
            "sheet",
            Number::Optional,
            ("Sample sheet with a column that says which context a sample is of; may be []", "*.{tsv,csv}"),
        )
        .shared(),
        JobInput::new(
            "--weights",
            "weights",
            Number::Optional,
            ("Weights of edges, columns node_a, node_b, weight; may be []", "*.tsv"),
        )
        .shared(),
        JobInput::new(
            "--groups",
            "groups",
            Number::Optional,
            ("Groups of nodes, columns node, group; may be []", "*.tsv"),
        )
        .shared(),
    ],
    outputs: &[
        JobOutput::folder("--out-dir", "", || {
            vec![
                Emit::files("graph_tables", "*.tsv", "Edges, nodes, path and nulls", "edges.tsv nodes.tsv").always(),
                Emit::files("graph_matrices", "*.safetensors", "Associations and graphs", "matrices.safetensors")
                    .always(),
                Emit::files("graphml", "*.graphml", "All graphs, for Cytoscape and NetworkX", "graphs.graphml")
                    .always(),
                Emit::files("graphml_of_context", "graphml/*.graphml", "One graph a file", ""),
                Emit::files("graph_picture", "*.svg", "The graphs side by side", "graphs.svg"),
            ]
        }),
        JobOutput::file("--summary", "", ".json", || vec![Emit::file("graph", "What REPORT shows of the graphs")]),
    ],
};

impl Args {
    fn inputs(&self) -> usize {
        self.bins.len() + self.table.len()
    }

    /// Which context a sample is of.
    fn contexts(&self) -> Result<Contexts> {
        let by_column = self.options.contexts.as_ref().filter(|column| *column != EACH).zip(self.samples.as_ref());
        let scores = !matches!(self.options.association, Association::Pearson | Association::Covariance);
        let by_sample = by_column.map(|(column, sheet)| group::read(sheet, column)).transpose()?;
        Ok(Contexts { by_sample, scores })
    }

    fn estimator(&self, data: &Data) -> Result<Estimator> {
        let method = self.options.method;
        Ok(Estimator {
            method,
            epsilon: self.options.epsilon.or(method.facts().epsilon).unwrap_or(0.0),
            weights: self.options.weights.as_ref().map(|path| side::weights(path, &data.nodes)).transpose()?,
            groups: data.group_numbers(),
            published: self.options.published,
        })
    }
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--bins", &self.bins)
            .input("--table", &self.table)
            .input("--labels", &self.labels)
            .input("--samples", &self.samples)
            .input("--weights", &self.options.weights)
            .input("--groups", &self.options.groups)
            .folder("--out-dir", [&self.out_dir])
            .output("--summary", &self.summary)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.options.problems();
        let (method, facts) = (self.options.method, self.options.method.facts());
        let name = method.name();
        // of groups it shows when the sheet is read
        if self.inputs() < facts.contexts {
            problems.push(format!(
                "--method {name} needs {} contexts or more: give --bins or --table that often",
                facts.contexts
            ));
        }
        if self.options.epsilon.is_some() && facts.epsilon.is_none() {
            problems.push(format!("--epsilon says nothing to --method {name}: leave it out"));
        }
        if self.options.weights.is_some() && !facts.weights {
            problems
                .push(format!("--weights says nothing to --method {name}: leave it out, or take one that has weights"));
        }
        if self.options.published && facts.original_map.is_none() {
            problems.push(format!(
                "--published says nothing to --method {name}, which inverts no covariance: leave it out"
            ));
        }
        if !self.options.nodes.is_empty() && self.bins.is_empty() {
            problems.push("--nodes is for --bins: the nodes of a table are its columns".to_owned());
        }
        let has_expression = self.options.nodes.contains(&NodePart::Expression);
        if has_expression && self.labels.is_empty() && !self.bins.is_empty() {
            problems.push("--nodes expression needs --labels, once for each --bins".to_owned());
        }
        if !has_expression && !self.options.nodes.is_empty() && !self.labels.is_empty() {
            problems.push("--labels is for the node expression: name it in --nodes, or leave --labels out".to_owned());
        }
        if !self.labels.is_empty() && self.labels.len() != self.bins.len() {
            problems.push("--labels must be given once for each --bins, in the same order".to_owned());
        }
        let by_halves = facts.differences || self.options.choose == Choice::Stability;
        if by_halves && self.options.lambda.is_none() && self.options.halves == Some(0) {
            problems.push("--halves 0 leaves nothing to choose λ by: give --lambda, or more halves".to_owned());
        }
        problems
    }

    fn run(&self) -> Result<()> {
        let sources = if self.bins.is_empty() {
            read::tables(&self.table)?
        } else {
            nodes::of_bins(&self.bins, &self.labels, &self.options.nodes)?
        };
        let data = Data::new(sources, &self.contexts()?, self.options.groups.as_deref())?;
        let (method, least) = (self.options.method.name(), self.options.method.facts().contexts);
        if data.contexts.len() < least {
            bail!("--method {method} needs {least} contexts or more, and --contexts makes {}", data.contexts.len());
        }
        let contexts: Vec<Context> = match self.options.association {
            Association::NormalScores => data.contexts.iter().map(Context::with_normal_scores).collect(),
            _ => data.contexts.clone(),
        };
        let estimator = self.estimator(&data)?;
        let (association, seed) = (self.options.association, self.options.seed);
        let study = Study { contexts: &contexts, estimator: &estimator, association, seed };
        let found = self.found(&data, &study)?;
        tables::write(&self.out_dir, &data, &found)?;
        figure::write(&self.out_dir, &data, &found)?;
        if let Some(path) = &self.summary {
            io::graph_summary::write(path, &summary::of(&data, &found, self.options.method.name(), self.halves()))?;
        }
        for graph in &found.graphs {
            let expected: Vec<String> =
                graph.expected.iter().map(|(null, edges)| format!(", {edges:.1} in {} data", null.name())).collect();
            tracing::info!(
                "{}: {} edges at λ = {:.4}{}",
                graph.name,
                graph.edges.len(),
                found.lambda,
                expected.concat()
            );
        }
        tracing::info!("{} nodes, {} contexts -> {}", data.nodes.len(), data.contexts.len(), self.out_dir.display());
        Ok(())
    }
}
