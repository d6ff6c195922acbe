//! One file per stage: opens files, calls a pure core, closes files. Stages do not know one another.

mod against;
pub mod bin;
mod contract;
mod device;
pub mod evaluate;
pub mod explain;
pub mod faithfulness;
mod files;
mod fit;
pub mod flags;
mod gene_ids;
pub mod graph;
pub mod heatmap;
pub mod import;
pub mod job;
mod judged;
mod judgement;
pub mod kernel;
pub mod label;
pub mod model_file;
pub mod motif;
pub mod negatives;
pub mod pair;
pub mod predict;
mod progress;
pub mod rank;
pub mod report;
pub mod simulate;
pub mod split;
pub mod track;
pub mod train;
pub mod tss;

pub use against::Against;
pub use contract::{Common, Stage};
pub use device::{Compute, DeviceChoice, InstructionChoice};
pub use files::{Files, Form, StageFile};
pub use flags::Flags;
pub use judgement::{Judgement, Reach};
pub use progress::progress_bar;

/// Hands the names of all stages, in the order of `attentrack help`, to a macro. Which of them are chained, and how: [`CHAIN`].
macro_rules! stages {
    ($macro:ident) => {
        $macro![
            tss,
            bin,
            pair,
            label,
            split,
            train,
            predict,
            explain,
            faithfulness,
            track,
            heatmap,
            evaluate,
            rank,
            report,
            import,
            kernel,
            motif,
            negatives,
            graph,
            simulate
        ]
    };
}
pub(crate) use stages;

macro_rules! names {
    ($($stage:ident),*) => {
        &[$(stringify!($stage)),*]
    };
}

/// The names of all stages: `NAME` is the program `attentrack-NAME`.
pub const NAMES: &[&str] = stages!(names);

/// The jobs of the chain, in an order in which every input is there before it is read.
pub const CHAIN: &[&job::Job] = &[
    &tss::JOB,
    &label::JOB,
    &split::JOB,
    &bin::JOB,
    &pair::JOB,
    &train::JOB,
    &predict::JOB,
    &explain::JOB,
    &faithfulness::JOB,
    &evaluate::JOB,
    &graph::JOB,
    &track::JOB,
    &report::JOB,
];
