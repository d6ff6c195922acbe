//! Stage graph: observations of several contexts to the networks that they share and that each has alone.

mod figure;
mod node;
mod nodes;
mod read;
mod result;
mod side;
mod tables;

pub use nodes::NodePart;
pub use tables::{EdgeRow, GroupEdgeRow, NodeRow, NullRow, PathRow};

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::read::Data;
use self::result::Networks;
use crate::graph::{Association, Context, EstimateError, Estimator, Method, Null, STABLE, Study};
use crate::stage::{Common, Files, Flags, Stage};

/// Half-samples where --halves is not given, of a λ that is chosen.
const HALVES: u32 = 100;
/// Data sets of each null where --nulls is not given, of a λ that is chosen.
const NULLS: u32 = 20;
/// False edges that a λ chosen by stability may have.
const FALSE_EDGES: f64 = 1.0;

/// Estimate which marks depend on which, given all others: in all contexts, and in each alone
///
/// An edge joins two nodes whose values go together over genes where all other nodes are equal: a conditional
/// dependence, not a mechanism. Nodes are each mark's signal in parts of the region (--bins), or the columns of tables
/// (--table); a context is one file. Without --lambda it is chosen by the extended BIC; every edge then comes with its
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
  attentrack-graph --table A.tsv --table B.tsv --method simule --lambda 0.1 --epsilon 1 --out-dir graphs
  # what differs between two contexts
  attentrack-graph --table A.tsv --table B.tsv --method diffee --out-dir differences"
)]
pub struct Args {
    /// Binned signal, one file a context; the observations are genes
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "table",
        conflicts_with = "table",
        help_heading = "Input"
    )]
    pub bins: Vec<PathBuf>,
    /// Numbers, one file a context: rows are observations, columns nodes; a first column of names is passed over
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub table: Vec<PathBuf>,
    /// Labels in the order of --bins: their expression is a further node
    #[arg(long, value_name = "TSV", requires = "bins", help_heading = "Input")]
    pub labels: Vec<PathBuf>,
    /// Weights of edges, columns node_a, node_b, weight: an edge of a lower weight is found more easily; 1 where a pair is
    /// not named
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub weights: Option<PathBuf>,
    /// Groups of nodes, columns node, group [default: nodes of one mark]
    #[arg(long, value_name = "TSV", help_heading = "Input")]
    pub groups: Option<PathBuf>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out_dir: PathBuf,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// How graphs are estimated and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "GraphOptions")]
pub struct Options {
    /// How graphs are estimated
    #[schemars(extend("x-value" = "METHOD"))]
    pub method: Method,
    /// Edges are fewer the larger it is; its unit is the method's [default: chosen by --choose]
    #[schemars(extend("x-value" = "X", "exclusiveMinimum" = 0.0))]
    pub lambda: Option<f64>,
    /// How lambda is chosen
    #[schemars(extend("x-value" = "HOW"))]
    pub choose: Choice,
    /// What the second part of the method's objective counts beside the first: of simule and wsimule the shared part, of
    /// fasjem and kdiffnet the groups [default: of simule and wsimule 0.75, of fasjem 0.1, of kdiffnet 1]
    #[schemars(extend("x-value" = "X", "exclusiveMinimum" = 0.0))]
    pub epsilon: Option<f64>,
    /// How the association of two nodes is measured
    #[schemars(extend("x-value" = "HOW"))]
    pub association: Association,
    /// Invert covariances as the R packages of the methods do: thresholded on the diagonal too, by the largest determinant
    pub published: bool,
    /// Nodes of each mark, of --bins, separated by commas [default: promoter and body]
    #[schemars(extend("x-value" = "PARTS"))]
    pub nodes: Vec<NodePart>,
    /// Half-samples that say how stable an edge is [default: 100, with --lambda 0]
    #[schemars(range(max = 10_000), extend("x-value" = "N"))]
    pub halves: Option<u32>,
    /// Data sets of each null that say how many edges chance makes [default: 20, with --lambda 0]
    #[schemars(range(max = 10_000), extend("x-value" = "N"))]
    pub nulls: Option<u32>,
    /// Seed of half-samples and nulls
    #[schemars(extend("x-value" = "N"))]
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            method: Method::default(),
            lambda: None,
            choose: Choice::default(),
            epsilon: None,
            association: Association::default(),
            published: false,
            nodes: Vec::new(),
            halves: None,
            nulls: None,
            seed: 1,
        }
    }
}

/// How λ is chosen
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Extended BIC, of the regression of each node on its neighbours; of differences, which have none, as stability
    #[default]
    Ebic,
    /// The smallest at which at most one edge of those found in 75 % of half-samples is expected to be false
    Stability,
}

impl Args {
    fn inputs(&self) -> usize {
        self.bins.len() + self.table.len()
    }

    fn estimator(&self, data: &Data) -> Result<Estimator> {
        let method = self.options.method;
        Ok(Estimator {
            method,
            epsilon: self.options.epsilon.or(method.facts().epsilon).unwrap_or(0.0),
            weights: self.weights.as_ref().map(|path| side::weights(path, &data.nodes)).transpose()?,
            groups: data.group_numbers(),
            published: self.options.published,
        })
    }

    fn chosen(&self, asked: Option<u32>, default: u32) -> u32 {
        asked.unwrap_or(if self.options.lambda.is_some() { 0 } else { default })
    }

    /// The graphs, with λ chosen where none is given.
    fn found(&self, data: &Data, study: &Study) -> Result<Networks> {
        let measured = study.measured();
        let halves = self.chosen(self.options.halves, HALVES);
        let said = |error: EstimateError| match error {
            EstimateError::NoInverse(at) => anyhow::anyhow!("context {}: {error}", data.contexts[at].name),
            EstimateError::TooSmall { .. } | EstimateError::Unsettled(_) => {
                anyhow::anyhow!("{error}. Give a larger --lambda")
            }
        };
        let (lambda, path, frequencies) = match self.options.lambda {
            Some(lambda) => (lambda, Vec::new(), None),
            None => {
                let path = study.path(&measured).map_err(said)?;
                let lambdas: Vec<f64> = path.iter().map(|point| point.lambda).collect();
                if study.estimator.method.facts().differences || self.options.choose == Choice::Stability {
                    let all = study.frequencies(&lambdas, halves);
                    let at = all.iter().take_while(|found| found.false_edges() <= FALSE_EDGES).count().max(1) - 1;
                    (lambdas[at], path, all.into_iter().nth(at))
                } else {
                    let known = path.iter().filter_map(|point| Some((point.ebic?, point.lambda)));
                    let best = known.reduce(|best, next| if next.0 < best.0 { next } else { best });
                    let Some((_, lambda)) = best else {
                        bail!("no λ has an extended BIC: too few observations. Give --lambda, or --choose stability");
                    };
                    (lambda, path, None)
                }
            }
        };
        let graphs = study.graphs(&measured, lambda).map_err(said)?;
        let frequencies = match frequencies {
            None if halves > 0 => study.frequencies(&[lambda], halves).pop(),
            frequencies => frequencies,
        };
        if let Some(found) = &frequencies {
            let (false_edges, stable) = (found.false_edges(), found.stable());
            if false_edges < stable as f64 {
                tracing::info!(
                    "{stable} edges are in {:.0} % of half-samples or more, of which at most {false_edges:.1} are expected to be false",
                    100.0 * STABLE
                );
            } else {
                tracing::info!(
                    "half-samples bound no false edges in so dense a graph: a larger λ, or --choose stability, would"
                );
            }
        }
        let nulls: &[Null] = match study.estimator.method.facts().differences {
            true => &[Null::Relabelled],
            false => &[Null::Permuted, Null::Rotated],
        };
        let times = self.chosen(self.options.nulls, NULLS);
        let expected = nulls.iter().filter(|_| times > 0).map(|&null| (null, study.expected(null, lambda, times)));
        let expected = expected.collect();
        Ok(Networks::new(data, study, measured, result::Estimated { lambda, path, graphs, frequencies, expected }))
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
            .input("--weights", &self.weights)
            .input("--groups", &self.groups)
            .folder("--out-dir", [&self.out_dir])
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.options.problems();
        let (method, facts) = (self.options.method, self.options.method.facts());
        let name = method.name();
        if self.inputs() < facts.contexts {
            problems.push(format!(
                "--method {name} needs {} contexts or more: give --bins or --table that often",
                facts.contexts
            ));
        }
        if self.options.epsilon.is_some() && facts.epsilon.is_none() {
            problems.push(format!("--epsilon says nothing to --method {name}: leave it out"));
        }
        if self.weights.is_some() && !facts.weights {
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
        let data = Data::new(sources, self.groups.as_deref())?;
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
