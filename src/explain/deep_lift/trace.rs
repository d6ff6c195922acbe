//! What a window makes of a network, layer by layer, and how it differs from the reference there.

use super::parts::Parts;
use super::{attention, lstm};

/// What a window makes of a chain.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The values before the first and after each layer.
    pub values: Vec<Vec<f64>>,
    /// What each layer holds besides.
    pub inner: Vec<Inner>,
}

impl Trace {
    /// Where a layer stands.
    pub fn place(&self, layer: usize) -> LayerTrace<'_> {
        LayerTrace { before: &self.values[layer], after: &self.values[layer + 1], inner: &self.inner[layer] }
    }

    /// The values after the last layer.
    pub fn last(&self) -> &[f64] {
        &self.values[self.inner.len()]
    }

    /// How far the values before a layer differ from the reference's.
    pub fn differences<P: Parts>(&self, reference: &Trace, layer: usize) -> Vec<P> {
        self.values[layer].iter().zip(&reference.values[layer]).map(|(x, x0)| P::of(x - x0)).collect()
    }
}

/// What a layer holds of a window besides the values before and after it.
#[derive(Clone, Debug)]
pub enum Inner {
    /// Nothing.
    None,
    /// Gates and cells.
    Lstm([lstm::LstmTrace; 2]),
    /// Scores.
    Attention(attention::AttentionTrace),
    /// One a chain.
    SideBySide(Vec<Trace>),
}

/// A layer's place in what a window makes of the network.
#[derive(Clone, Copy, Debug)]
pub struct LayerTrace<'a> {
    /// The values that it reads.
    pub before: &'a [f64],
    /// The values that it gives.
    pub after: &'a [f64],
    /// What it holds besides.
    pub inner: &'a Inner,
}

/// What a layer's multipliers depend on besides its weights.
#[derive(Clone, Debug)]
pub enum Slopes<P> {
    /// Nothing.
    None,
    /// Slopes of a function, one a value.
    Function(Vec<P>),
    /// Slopes of pooling: the input that each output is owed to, and the part of its difference that it passes.
    Pool(Vec<(usize, f64)>),
    /// One a direction.
    Lstm([lstm::LstmSlopes<P>; 2]),
    /// Slopes of attention.
    Attention(attention::AttentionSlopes),
    /// One a chain.
    SideBySide(Vec<Vec<Slopes<P>>>),
}
