//! What a model file's header says of the model itself: its tag and sizes.

use candle_core::Device;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arrays::Arrays;
use super::auto::{Auto, AutoConfig, Words, WordsConfig};
use super::baseline::{Baseline, BaselineConfig};
use super::facts::{FactConfig, FactModel};
use super::kmer::{KmerModel, KmerModelConfig};
use super::trained::load_networks;
use super::{Task, Trained, network_row};
use crate::matrix::{LayerName, RowShape};
use crate::model::ModelConfig;

/// Tag and sizes of a model, one variant for each way of training. The tag tells them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ModelSpec {
    /// A network.
    Network(ModelConfig),
    /// A fit of a table of features.
    Table(BaselineConfig),
    /// Networks, and fits of tables stacked on them.
    Stack(AutoConfig),
    /// A line through what is known of a gene without its signal.
    Fact(FactConfig),
    /// A support vector machine on gapped k-mers.
    Kmers(KmerModelConfig),
    /// Models of words, stacked.
    Words(WordsConfig),
}

impl ModelSpec {
    /// The tag: its name on the command line and in files.
    pub fn name(&self) -> &'static str {
        match self {
            ModelSpec::Network(config) => config.name(),
            ModelSpec::Table(config) => config.tag.name(),
            ModelSpec::Stack(_) | ModelSpec::Words(_) => super::auto::TAG,
            ModelSpec::Fact(config) => config.tag.name(),
            ModelSpec::Kmers(config) => config.tag.name(),
        }
    }

    /// Why the sizes make no model.
    pub fn problem(&self) -> Option<String> {
        match self {
            ModelSpec::Network(config) => config.problem(),
            ModelSpec::Table(config) => config.problem(),
            ModelSpec::Stack(config) => config.network.problem(),
            ModelSpec::Kmers(config) => config.problem(),
            ModelSpec::Words(config) => config.problem(),
            ModelSpec::Fact(_) => None,
        }
    }

    /// The network, where the model is one alone.
    pub fn network(&self) -> Option<&ModelConfig> {
        match self {
            ModelSpec::Network(config) => Some(config),
            ModelSpec::Table(_)
            | ModelSpec::Stack(_)
            | ModelSpec::Fact(_)
            | ModelSpec::Kmers(_)
            | ModelSpec::Words(_) => None,
        }
    }

    /// What it reads of a region.
    pub fn row_shape(&self) -> RowShape {
        match self {
            ModelSpec::Network(config) => network_row(config),
            ModelSpec::Table(config) => config.shape(),
            ModelSpec::Stack(config) => config.shape(),
            ModelSpec::Fact(config) => RowShape::window(config.n_marks, config.n_bins),
            ModelSpec::Kmers(config) => config.shape(),
            ModelSpec::Words(config) => config.shape(),
        }
    }

    /// The layers of a matrix that it reads, in the order of a row.
    pub fn layers(&self) -> Vec<LayerName> {
        self.row_shape().layers()
    }

    /// Whether it reads signal, so that it has marks.
    pub fn reads_signal(&self) -> bool {
        self.layers().iter().any(|layer| layer.holds_signal())
    }

    /// Whether rows of other lengths are as good.
    pub fn takes_any_length(&self) -> bool {
        matches!(self, ModelSpec::Kmers(_) | ModelSpec::Words(_))
    }

    /// What cannot be relied on where the signal is unlike that of the training samples; `None` where it does not count.
    pub fn depends_on_scale(&self) -> Option<&'static str> {
        match self {
            ModelSpec::Network(_) | ModelSpec::Table(_) => Some("Its scores and attention"),
            ModelSpec::Stack(_) => Some("The networks of the stack, and so the attention,"),
            ModelSpec::Fact(_) | ModelSpec::Kmers(_) | ModelSpec::Words(_) => None,
        }
    }

    /// The model, from what [`Trained::to_arrays`] gave; `n_members` is the number of networks of an ensemble.
    ///
    /// # Errors
    /// In words, if an array is missing, unknown, of another shape or not finite.
    pub fn load(
        &self,
        (task, n_members): (Task, usize),
        arrays: &Arrays,
        device: &Device,
    ) -> Result<Box<dyn Trained>, String> {
        Ok(match self {
            ModelSpec::Network(config) => Box::new(load_networks(config, n_members, arrays, device)?),
            ModelSpec::Table(config) => {
                Box::new(Baseline::from_arrays(config, task, arrays).map_err(|error| error.to_string())?)
            }
            ModelSpec::Stack(config) => Box::new(Auto::from_arrays(config, (task, arrays), device)?),
            ModelSpec::Fact(config) => {
                Box::new(FactModel::from_arrays(config, arrays).map_err(|error| error.to_string())?)
            }
            ModelSpec::Kmers(config) => {
                Box::new(KmerModel::from_arrays(config, arrays).map_err(|error| error.to_string())?)
            }
            ModelSpec::Words(config) => {
                Box::new(Words::from_arrays(config, arrays).map_err(|error| error.to_string())?)
            }
        })
    }
}
