//! Training, prediction and judgement of models. Knows epochs, metrics and checkpoints; knows neither
//! file formats of the genome nor the command line.

pub mod metrics;
mod model_header;
pub mod state_dict;
mod transform;

pub use model_header::{MODEL_FORMAT, MODEL_FORMAT_VERSION, ModelHeader, Regime};
pub use transform::{FittedTransform, Transform};
