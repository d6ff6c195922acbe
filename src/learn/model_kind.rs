//! What kind of model a file holds, and its sizes, as its header says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auto::AutoConfig;
use super::baseline::BaselineConfig;
use crate::matrix::LayerName;
use crate::model::ModelConfig;

/// Kind and sizes of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ModelKind {
    /// A network.
    Network(ModelConfig),
    /// A simple model of features of the window.
    Baseline(BaselineConfig),
    /// Several kinds of models, stacked.
    Auto(AutoConfig),
}

impl ModelKind {
    /// The tag: its name on the command line and in files.
    pub fn name(&self) -> &'static str {
        match self {
            ModelKind::Network(config) => config.name(),
            ModelKind::Baseline(config) => config.tag.name(),
            ModelKind::Auto(_) => "auto",
        }
    }

    /// The layers of a matrix that it reads, in the order of a row.
    pub fn layers(&self) -> &'static [LayerName] {
        match self {
            ModelKind::Network(_) | ModelKind::Baseline(_) => &[LayerName::Window],
            ModelKind::Auto(config) => config.layers(),
        }
    }

    /// Marks, the input channels.
    pub fn n_marks(&self) -> usize {
        match self {
            ModelKind::Network(config) => config.n_marks(),
            ModelKind::Baseline(config) => config.n_marks,
            ModelKind::Auto(config) => config.network.n_marks(),
        }
    }

    /// Bins a window.
    pub fn n_bins(&self) -> usize {
        match self {
            ModelKind::Network(config) => config.n_bins(),
            ModelKind::Baseline(config) => config.n_bins,
            ModelKind::Auto(config) => config.network.n_bins(),
        }
    }

    /// Why the sizes make no model.
    pub fn problem(&self) -> Option<String> {
        match self {
            ModelKind::Network(config) => config.problem(),
            ModelKind::Baseline(config) => config.problem(),
            ModelKind::Auto(config) => config.network.problem(),
        }
    }

    /// The network, of those kinds that are one alone.
    pub fn network(&self) -> Option<&ModelConfig> {
        match self {
            ModelKind::Network(config) => Some(config),
            ModelKind::Baseline(_) | ModelKind::Auto(_) => None,
        }
    }
}
