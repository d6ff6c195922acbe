//! Tracks for the genome browser, one file a format, and the list of them.
//!
//! Every writer returns unfinished files; [`commit`] gives them their names, so that several tracks
//! appear together or not at all.

mod bbi;
mod bed;
mod bedgraph;
mod bigbed;
pub mod bigwig;
pub mod colour;
mod format;
mod list;
mod text;
pub mod tsv;

use super::{PendingFile, Result};

pub use format::{Drawing, Format, Holds, Text};
pub use text::TrackText;

/// Every format; to add one, write its file and name it here.
pub static FORMATS: &[Format] = &[bed::FORMAT, bedgraph::FORMAT, bigwig::FORMAT, bigbed::FORMAT, tsv::FORMAT];

/// Gives finished files their names, in order.
pub fn commit(files: Vec<PendingFile>) -> Result<()> {
    files.into_iter().try_for_each(PendingFile::commit)
}
