//! Coordinates and genes: what a window around a transcription start site (TSS) is, and where each
//! of its bins lies on the genome. Knows neither files nor signal values.

mod annotation;
mod chroms;
mod contig;
mod gene;
mod gene_id;
mod grid;
mod interval;
mod name;
mod text;
mod tss_policy;

pub use annotation::{CanonicalTag, GeneRecord, Transcript};
pub use chroms::{Chrom, ChromAlias, Chroms};
pub use contig::{ContigKind, contig_kind};
pub use gene::{Gene, ParseStrandError, Strand, Tss};
pub use gene_id::{copied_transcript, strip_version};
pub use grid::{Grid, GridError, Orientation};
pub use interval::{Interval, ParseIntervalError};
pub use name::{NAME_PATTERN, NameError, check_case, check_name, cleaned, file_names};
pub use text::{HiddenCharacter, check_text, is_hidden, visible};
pub use tss_policy::{SkipReason, TssOptions, TssPolicy, TssSelection, select_tss};
