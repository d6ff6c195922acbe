//! Tracks for the genome browser: BED, bedGraph, bigWig, bigBed, TSV.
//!
//! Every writer returns unfinished files; [`commit`] gives them their names, so that several tracks
//! appear together or not at all.

mod bbi;
pub mod bed;
pub mod bedgraph;
pub mod bigbed;
pub mod bigwig;
mod colour;
mod text;
pub mod tsv;

use super::{PendingFile, Result};

pub use text::TrackText;

/// Gives finished files their names, in order.
pub fn commit(files: Vec<PendingFile>) -> Result<()> {
    files.into_iter().try_for_each(PendingFile::commit)
}
