//! Integration tests, one file per stage, run through the binaries as a user would.
#![allow(clippy::unwrap_used)]

mod accuracy;
mod arguments;
mod bad_input;
mod bigbed;
mod bin;
mod candle;
mod circles;
mod compare;
mod config;
mod cuda_emulation;
mod evaluate;
mod explain;
mod faults;
mod floors;
mod heatmap;
mod hostile;
mod import;
mod label;
mod label_split;
mod layers;
mod names;
mod networks;
mod pairs;
mod parity;
mod recipes;
mod report;
mod run;
mod shell;
mod simulate;
mod support;
mod symbols;
mod track;
mod train;
mod train_streamed;
mod tss;
