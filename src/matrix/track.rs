//! From a matrix to what a genome browser draws: which value a bin shows, which bins are shown, and
//! one value a base where the windows of neighbouring genes overlap.

mod cell;
mod segment;
mod sureness;
mod value;

pub use cell::{Cell, Cells, Selection, cells};
pub use segment::{Aggregate, Segment, aggregate};
pub use sureness::{Sureness, SurenessError};
pub use value::{FULL_SCORE, TrackChannel, TrackError, TrackValue, TrackValues, channels, channels_of, freed_of_null};
