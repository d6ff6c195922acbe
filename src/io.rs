//! Bytes of each format, one file a format. Knows neither flags nor models.

pub mod annotation;
pub mod bam_writer;
pub mod bigwig_writer;
pub mod bins;
mod cell;
pub mod chart;
pub mod chrom_alias;
pub mod deepchrome_csv;
mod error;
pub mod expression;
mod file_kind;
pub mod genes_bed;
pub mod gtf_writer;
mod gunzip;
pub mod history;
pub mod html;
mod input;
pub mod json;
pub mod labels;
mod lines;
pub mod multiqc;
mod output;
pub mod predictions;
pub mod safetensors_file;
pub mod sample_sheet;
pub mod signal;
mod source;
pub mod splits;
pub mod table;
pub mod track;
pub mod weights;

pub use cell::is_missing;
pub use error::{FileError, Result};
pub use input::open_text;
pub use lines::{Lines, split};
pub use output::{Identity, Kept, Output, PendingFile, check_writable, is_temporary, protect, stop};
