//! Genes × marks × bins, labels, splits: plain arrays and the statistics that fill them. Knows which
//! gene a row is, never which file a value came from.

mod header;
mod labelling;
mod labels;
mod matrix_data;
mod predictions;
mod splits;
pub mod splitting;
mod statistic;
mod window_overlap;
pub mod track;

pub use header::{FORMAT, FORMAT_VERSION, Header, Input, Kind, Status};
pub use labelling::{LabelError, LabelMethod, label};
pub use labels::{Label, Labels};
pub use matrix_data::{Attention, Matrix, ShapeError};
pub use predictions::{Prediction, Predictions};
pub use splits::{Split, SplitRow, Splits};
pub use statistic::Statistic;
pub use window_overlap::{WindowOverlap, overlap_groups, overlapping_windows};
