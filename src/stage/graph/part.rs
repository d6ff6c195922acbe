//! Which nodes a mark has: `--nodes`.

use std::path::Path;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::io::{FileError, Result};
use crate::matrix::{LayerName, Matrix};

/// A promoter reaches so far from the TSS.
const PROMOTER_BP: i64 = 1_000;

/// What is a node: a part of the region that each mark's signal is averaged over, or the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^(promoter|body|flank|bins:[1-9][0-9]*|expression)$", "type" = "string"))]
pub enum NodePart {
    /// Bins within 1 kb of the TSS.
    Promoter,
    /// The gene from its TSS to its end, of bins made with `--body`.
    Body,
    /// Bins of the window farther from the TSS.
    Flank,
    /// So many equal parts of the window, numbered from 5′ to 3′.
    Bins(usize),
    /// The expression of the gene, which is one node.
    Expression,
}

/// One node of a mark: its name, and the positions of a layer that it is the mean of.
pub struct Stretch {
    pub name: String,
    pub layer: LayerName,
    pub positions: Vec<usize>,
}

impl NodePart {
    /// What is taken where nothing is said: the promoter, and the body or else the flank where there is one.
    pub fn usual(matrix: &Matrix) -> Vec<NodePart> {
        let other = if matrix.layer(LayerName::Body).is_some() { NodePart::Body } else { NodePart::Flank };
        let has = |part: &NodePart| part.stretches(Path::new(""), matrix).is_ok();
        std::iter::once(NodePart::Promoter).chain(Some(other).filter(has)).collect()
    }

    /// What it is of a matrix.
    ///
    /// # Errors
    /// A part that the matrix has no positions for.
    pub fn stretches(self, path: &Path, matrix: &Matrix) -> Result<Vec<Stretch>> {
        let text = String::from(self);
        let n = |layer| matrix.axis(layer).n_positions();
        let half = i64::from(matrix.grid.bin_size_bp()) / 2;
        let is_near = |bin: &usize| (matrix.grid.offset_bp(*bin) + half).abs() <= PROMOTER_BP;
        let one = |layer, positions| vec![Stretch { name: text.clone(), layer, positions }];
        let (window, body) = (LayerName::Window, LayerName::Body);
        let stretches = match self {
            NodePart::Promoter => one(window, (0..n(window)).filter(is_near).collect()),
            NodePart::Flank => one(window, (0..n(window)).filter(|bin| !is_near(bin)).collect()),
            NodePart::Body if matrix.layer(body).is_none() => {
                return Err(FileError::new(path, "has no signal along the genes, which --nodes body asks for")
                    .remedy("Make the bins with attentrack-bin --body"));
            }
            NodePart::Body => one(body, (0..n(body)).collect()),
            NodePart::Bins(parts) => (0..parts)
                .map(|at| Stretch {
                    name: format!("bin{}", at + 1),
                    layer: window,
                    positions: (at * n(window) / parts..(at + 1) * n(window) / parts).collect(),
                })
                .collect(),
            NodePart::Expression => Vec::new(),
        };
        if stretches.iter().any(|stretch| stretch.positions.is_empty()) {
            return Err(FileError::new(path, format!("has too few bins for --nodes {text}"))
                .remedy("Leave this part out, or make bins of a window that has it"));
        }
        Ok(stretches)
    }
}

impl FromStr for NodePart {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "promoter" => Ok(NodePart::Promoter),
            "body" => Ok(NodePart::Body),
            "flank" => Ok(NodePart::Flank),
            "expression" => Ok(NodePart::Expression),
            _ => {
                let parts = text.strip_prefix("bins:").and_then(|parts| parts.parse().ok()).filter(|&parts| parts > 0);
                parts
                    .map(NodePart::Bins)
                    .ok_or_else(|| format!("{text:?}: must be promoter, body, flank, bins:N or expression"))
            }
        }
    }
}

impl TryFrom<String> for NodePart {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<NodePart> for String {
    fn from(part: NodePart) -> String {
        match part {
            NodePart::Promoter => "promoter".to_owned(),
            NodePart::Body => "body".to_owned(),
            NodePart::Flank => "flank".to_owned(),
            NodePart::Bins(parts) => format!("bins:{parts}"),
            NodePart::Expression => "expression".to_owned(),
        }
    }
}
