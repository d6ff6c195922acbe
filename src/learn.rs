//! Training, prediction and judgement of models. Knows epochs, metrics and checkpoints; knows neither
//! file formats of the genome nor the command line.

mod adam;
mod gene_set;
mod loss;
pub mod metrics;
mod model_header;
mod random;
mod schedule;
mod score;
pub mod state_dict;
mod trainer;
mod transform;

pub use adam::Adam;
pub use gene_set::{GeneSet, Selection};
pub use model_header::{MODEL_FORMAT, MODEL_FORMAT_VERSION, ModelHeader, Regime};
pub use schedule::Schedule;
pub use score::{Scores, score};
pub use trainer::{EpochRecord, Settings, TrainError, Trainer, TrainingState};
pub use transform::{FittedTransform, Transform, ValueError};
