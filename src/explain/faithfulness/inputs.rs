//! What explanations are judged with.

use super::agreement::Known;
use crate::explain::{Method, Settings, Subject};

/// What methods are judged with.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Methods, each of which the model has what it needs for.
    pub methods: &'a [Method],
    /// The model, whose score they are judged by.
    pub model: &'a Subject,
    /// Rows of the model's layers, transformed.
    pub x: &'a [f32],
    /// Settings of the methods.
    pub settings: &'a Settings,
    /// Other models of the same inputs, trained from other seeds.
    pub others: &'a [Subject],
    /// Models that were trained on permuted labels.
    pub permuted: &'a [Subject],
    /// What is known of each cell.
    pub known: Option<&'a [Known]>,
    /// A mark that the model has not seen.
    pub held_out: Option<&'a HeldOut>,
    /// Which windows the model calls expressed.
    pub expressed: &'a [bool],
    /// Seed of random orders, of shuffled weights and of the bootstrap.
    pub seed: u64,
}

/// A mark that the model has not seen, and the one that its profile is compared with.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Its signal, row-major [window, bin].
    pub signal: Vec<f32>,
    /// Mark of the model.
    pub mark: usize,
    /// Whether a window's bins, and those of its signal, go from 3′ to 5′; one a window.
    pub flipped: Vec<bool>,
}
