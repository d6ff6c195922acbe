//! Regions × layers of channels × positions, labels, splits: plain arrays and the statistics that fill them. Knows which
//! gene a row is, never which file a value came from.

mod axis;
mod bins;
mod blacklist;
mod body;
mod by_gene;
mod control;
mod header;
mod history;
mod labelling;
mod labels;
mod layer;
mod matrix_data;
mod pair;
mod predictions;
mod profile;
mod region;
mod signal;
pub mod simulation;
mod splits;
pub mod splitting;
mod statistic;
pub mod track;
mod window_overlap;
mod windows;

pub use axis::{Axis, BODY_PARTS};
pub use bins::{Bins, Tally};
pub use blacklist::Blacklist;
pub use body::{body_values, body_windows};
pub use by_gene::{ByGene, MANY_LOST, gene_key, share_lost};
pub use control::{Chosen, ControlMethod};
pub use header::{Attribution, FORMAT, FORMAT_VERSION, Header, Input, Kind, Status};
pub use history::{Curve, History};
pub use labelling::{LabelError, LabelMethod, label};
pub use labels::{Label, Labels};
pub use layer::{Attention, AttentionSpread, Layer, LayerName};
pub use matrix_data::{Matrix, ShapeError};
pub use pair::{PairError, are_of_pair, pair};
pub use predictions::{Prediction, PredictionSpread, Predictions, one_model};
pub use profile::Profile;
pub use region::Region;
pub use signal::{Binned, Signal, bin_signals};
pub use splits::{Split, SplitRow, Splits};
pub use statistic::Statistic;
pub use window_overlap::{overlap_groups, overlapping_windows};
pub use windows::{Window, Windows};
