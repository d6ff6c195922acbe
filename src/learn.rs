//! Training, prediction and judgement of models. Knows epochs, metrics and checkpoints; knows neither
//! file formats of the genome nor the command line.

pub mod arrays;
pub mod auto;
pub mod baseline;
mod batches;
pub mod calibration;
mod entry;
pub mod facts;
mod gene_set;
mod gene_source;
mod learner;
mod loss;
pub mod metrics;
mod model_header;
mod model_spec;
mod novelty;
mod optimizer;
mod random;
pub mod recipe;
mod regime;
mod schedule;
mod score;
pub mod state_dict;
mod stream;
mod task;
mod trained;
mod trainer;
mod transform;

pub use batches::DeviceGenes;
pub use gene_set::{GeneDigest, GeneSet, Selection};
pub use gene_source::{GeneSource, StreamedGenes};
pub use learner::{Learner, TrainError};
pub use loss::auxiliary_loss;
pub use model_header::{MODEL_FORMAT, MODEL_FORMAT_VERSION, Member, ModelHeader, Training};
pub use model_spec::ModelSpec;
pub use novelty::{GeneMeans, Unlike};
pub use optimizer::OptimizerState;
pub use recipe::Recipe;
pub use regime::{OptimizerKind, Regime};
pub use schedule::Schedule;
pub use score::{Scores, Spread, score};
pub use stream::{Reading, SHARD_BYTES, ShardError, Shards, Stream, WINDOW_BYTES};
pub use task::Task;
pub use trained::Trained;
pub use trainer::{EpochRecord, Trainer, TrainingData, TrainingState};
pub use transform::{BadValue, FittedTransform, MarkMeans, Transform, ValueError};
