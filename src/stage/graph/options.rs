//! How graphs are estimated and judged: flags, and keys of config.yaml.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NodePart;
use crate::graph::{Association, Method};

/// How graphs are estimated and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "GraphOptions")]
pub struct Options {
    /// Column of the sample sheet that says which context a sample is of: sample (each is one), or for example group
    /// [default: each file is a context]
    #[schemars(extend("x-value" = "COLUMN", "x-heading" = "Input", "x-requires" = "samples"))]
    pub contexts: Option<String>,
    /// Weights of edges, columns node_a, node_b, weight: an edge of a lower weight is found more easily; 1 where a pair is
    /// not named [default: all 1]
    #[schemars(extend("x-value" = "TSV", "x-heading" = "Input"))]
    pub weights: Option<PathBuf>,
    /// Groups of nodes, columns node, group [default: nodes of one mark]
    #[schemars(extend("x-value" = "TSV", "x-heading" = "Input"))]
    pub groups: Option<PathBuf>,
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
    /// Nodes of binned signal, separated by commas: of each mark its mean at the promoter (bins within 1 kb of the TSS), in
    /// the body (along the gene), in the flank (the rest of the window), or in N equal parts of the window (bins:N); and
    /// expression [default: promoter, and body or else flank where there is one, and expression where there are labels]
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
            contexts: None,
            weights: None,
            groups: None,
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
