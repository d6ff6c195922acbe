//! The layers of a matrix. A further one is a name here with its channels and its axis, whoever fills it, and its
//! tests: files, tracks and tables follow from these.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Axis, Bases, Kind};
use crate::genome::Grid;

/// Which layer, by its name in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayerName {
    /// The marks' signal in the bins around the TSS.
    Window,
    /// The marks' signal at places along the gene's body, from the TSS to the last base.
    Body,
    /// The region's bases, 5′ to 3′ on its strand: 1 in the channel of the base that is there, 0 in the others; 0 in all
    /// of a base that is not known.
    Sequence,
}

/// The channels of [`LayerName::Sequence`], in the order of their numbers.
static BASES: LazyLock<[String; 4]> = LazyLock::new(|| ["A", "C", "G", "T"].map(str::to_owned));
/// The one channel of what is said of a sequence: it is about the base that is there.
static THERE: LazyLock<[String; 1]> = LazyLock::new(|| ["sequence".to_owned()]);

impl LayerName {
    /// All of them, in the order of a matrix and of a model's input.
    pub const ALL: [LayerName; 3] = [LayerName::Window, LayerName::Body, LayerName::Sequence];
    /// Those that hold the signal of marks, likewise.
    pub const SIGNAL: [LayerName; 2] = [LayerName::Window, LayerName::Body];

    /// The name used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            LayerName::Window => "window",
            LayerName::Body => "body",
            LayerName::Sequence => "sequence",
        }
    }

    /// Whether it holds the signal of marks, which has a depth and can be transformed.
    pub fn holds_signal(self) -> bool {
        LayerName::SIGNAL.contains(&self)
    }

    /// Its positions, in a matrix whose windows have this grid and whose sequences these bases.
    pub fn axis(self, grid: Grid, bases: Bases) -> Axis {
        match self {
            LayerName::Window => Axis::Bins(grid),
            LayerName::Body => Axis::Parts,
            LayerName::Sequence => Axis::Bases(bases),
        }
    }

    /// Names of its channels, in a matrix of these marks.
    pub fn channels(self, kind: Kind, marks: &[String]) -> &[String] {
        match self {
            LayerName::Window | LayerName::Body => marks,
            LayerName::Sequence if kind == Kind::Signal => BASES.as_slice(),
            LayerName::Sequence => THERE.as_slice(),
        }
    }

    /// Name of a tensor of the layer in a matrix file; `what` is what it is called in the window's layer.
    pub fn tensor(self, what: &str) -> String {
        match (self, what) {
            (LayerName::Window, _) => what.to_owned(),
            (_, "values") => self.name().to_owned(),
            _ => format!("{}.{what}", self.name()),
        }
    }
}

/// The values of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Which one.
    pub name: LayerName,
    /// Row-major [region, channel, position]; NaN is a missing value.
    pub values: Vec<f32>,
    /// Present in attention files.
    pub attention: Option<Attention>,
}

impl Layer {
    /// A layer of signal or of an attribution.
    pub fn new(name: LayerName, values: Vec<f32>) -> Self {
        Layer { name, values, attention: None }
    }
}

/// What a layer of an attention file holds besides the attention to its positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Mark attention, row-major [region, channel]; sums to 1 over the channels of all layers. NaN rows for unscored
    /// regions, and for those that the layer has no values of. `None` of a model without mark attention.
    pub mark_values: Option<Vec<f32>>,
    /// Attention that the model gives to the positions of an empty row, row-major [channel, position].
    pub null_values: Vec<f32>,
    /// Present where the attentions are means over the members of an ensemble.
    pub spread: Option<AttentionSpread>,
}

/// Sample standard deviations over the members of an ensemble. NaN rows for unscored regions.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionSpread {
    /// For the attention to positions, row-major [region, channel, position].
    pub values: Vec<f32>,
    /// For the mark attention, row-major [region, channel], where there is one.
    pub mark_values: Option<Vec<f32>>,
}
