//! A trained model laid open as a sum, for whoever shares its score out ([`crate::explain`]).

use std::borrow::Cow;

use super::baseline::{Fit, Seen};
use super::kmer::KmerFit;
use crate::model::Network;

/// One part of a model's output, which is the log-odds, or of numbers the predicted label: `weight` times what
/// `source` gives for a row. The parts add up to the output, but for a constant.
#[derive(Debug)]
pub struct Summand<'a> {
    /// How much it counts.
    pub weight: f64,
    /// What gives it.
    pub source: Source<'a>,
}

/// What gives a part of a model's output.
#[derive(Debug)]
pub enum Source<'a> {
    /// The mean over the networks of a file.
    Networks(&'a dyn Network),
    /// A fit of features of a row.
    Features(Cow<'a, Seen>, Cow<'a, Fit>),
    /// The words of a sequence.
    Kmers(&'a KmerFit),
}
