//! Coordinates and genes: what a window around a transcription start site (TSS) is, and where each
//! of its bins lies on the genome. Knows neither files nor signal values.

mod chroms;
mod gene;
mod grid;
mod region;

pub use chroms::{Chrom, ChromAlias, Chroms};
pub use gene::{Gene, ParseStrandError, Strand, Tss};
pub use grid::{Grid, GridError, Orientation};
pub use region::{ParseRegionError, Region};
