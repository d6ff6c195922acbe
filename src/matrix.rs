//! Genes × marks × bins, labels, splits: plain arrays and the statistics that fill them. Knows which
//! gene a row is, never which file a value came from.

mod header;
mod labels;
mod matrix_data;
mod predictions;
pub mod simulation;
mod splits;
mod statistic;

pub use header::{FORMAT, FORMAT_VERSION, Header, Input, Kind, Status};
pub use labels::{Label, Labels};
pub use matrix_data::{Attention, Matrix, ShapeError};
pub use predictions::{Prediction, Predictions};
pub use splits::{Split, SplitRow, Splits};
pub use statistic::Statistic;
