//! attentrack: signal files, a gene annotation and an expression table in; a trained
//! [AttentiveChrome](https://arxiv.org/abs/1708.00339) model, honest accuracy and attention tracks
//! for the genome browser out.
//!
//! # Architecture
//!
//! One crate, six floors, one small binary per stage. Arrows point down only; a test
//! (`tests/it/floors.rs`) reads every `use crate::…` and fails on an upward one.
//!
//! ```text
//!    src/bin/*  ·  cli        talk to the shell
//!         │
//!       stage                 one file per stage: open and close files, log, validate
//!      ┌──┴───────┐
//! graph · explain │           networks of marks  │  attribute a score to marks and bins, and judge that
//!      │          │
//!    learn        io          train, predict, judge  │  one file per format
//!    ┌─┴──────┐   │
//!  model     matrix           networks and their kernels  │  regions × layers, labels, splits
//!              │
//!            genome           coordinates and genes
//! ```
//!
//! A stage is one file that opens files, calls a pure core, and closes files. Stages meet only
//! through a few typed, self-describing files, so any workflow engine can chain them.
//!
//! Each thing has one list that everything else reads; CONTRIBUTING names the few other places that it touches:
//!
//! | what | where | what follows |
//! |---|---|---|
//! | a setting | a field of a stage's options, such as [`learn::Regime`] | flag, help, key of config.yaml, schema, printed command ([`stage::flags`]) |
//! | a network | its file in [`model`], one line of `networks!` | training, DeepLIFT, flags of its sizes, tests of every network |
//! | a model | [`learn::recipe`] | clap values, schema, the table in docs/models.md, `attentrack compare` |
//! | a graph estimator | [`graph::Method`] | clap values, schema, docs/graphs.md, its tests |
//! | a layer of the matrix | [`matrix::LayerName`] | files, rows of a model's input, tracks, explanations |
//! | a job of the chain | [`stage::CHAIN`] | folders of the results, Snakemake rules, Nextflow modules |
//! | a format | [`io::signal`], [`io::track`] | what is recognised, what is drawn |
//!
//! # Conventions
//!
//! Coordinates are 0-based and half-open everywhere inside. Axis order is region, channel,
//! position: of a window gene, mark, bin. Lengths in base pairs end in `_bp`.

// a message that cannot be written must not end the work: see src/cli/log.rs
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod explain;
pub mod genome;
pub mod graph;
pub mod io;
pub mod learn;
pub mod matrix;
pub mod model;
pub mod stage;
