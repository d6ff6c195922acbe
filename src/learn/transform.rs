//! What is done to the raw signal before the model sees it: fitted on the training genes, stored in
//! the model, applied by predict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The choice of input transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// Values as they are, the published regime.
    #[default]
    Raw,
    /// ln(1 + x).
    Log1p,
    /// Each mark scaled so that its mean over the sample's genes equals the training samples' mean.
    DepthScaled,
    /// Depth-scaled, then ln(1 + x).
    DepthScaledLog1p,
}

impl Transform {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Transform::Raw => "raw",
            Transform::Log1p => "log1p",
            Transform::DepthScaled => "depth-scaled",
            Transform::DepthScaledLog1p => "depth-scaled-log1p",
        }
    }
}

/// A transform with what was learnt on the training genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedTransform {
    /// The choice.
    pub transform: Transform,
    /// Mean raw value of each mark over the training genes, in mark order.
    pub train_means: Vec<f64>,
}
