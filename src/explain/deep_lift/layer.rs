//! The layers that networks are made of.

use super::attention::{self, Attention};
use super::bilstm::BiLstm;
use super::chain::{self, Chain};
use super::convolution::{Convolution, MaxPool};
use super::lstm;
use super::parts::{Change, Function, Parts};

/// One layer, from a vector to a vector.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Weights [output, input] and biases.
    Dense(Vec<f64>, Vec<f64>),
    /// The inputs, and their weights, that each output is the sum of: inputs in another order, chosen or
    /// subtracted.
    Sums(Vec<Vec<(usize, f64)>>),
    /// A function of each value.
    Function(Function),
    /// From [channel, position] to [filter, position].
    Convolution(Convolution),
    /// From [channel, position] to [channel, pool].
    MaxPool(MaxPool),
    /// From [step, input] to [step, unit], the units of the forward direction before those of the reverse.
    Lstm(BiLstm),
    /// From [step, unit] to \[unit\].
    Attention(Attention),
    /// Chains side by side: each reads an equal part of the inputs and gives a part of the outputs, in order.
    SideBySide(Vec<Chain>),
}

/// What a layer holds of a window besides the values before and after it.
#[derive(Clone, Debug)]
pub enum Inner {
    /// Nothing.
    None,
    /// Gates and cells.
    Lstm([lstm::Trace; 2]),
    /// Scores.
    Attention(attention::Trace),
    /// Of each chain.
    SideBySide(Vec<chain::Trace>),
}

/// A layer's place in what a window makes of the network.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
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
    /// Of a function, one a value.
    Function(Vec<P>),
    /// Of pooling: the input that each output is owed to, and the part of its difference that it passes.
    Pool(Vec<(usize, f64)>),
    /// Of each direction.
    Lstm([lstm::Slopes<P>; 2]),
    /// Of attention.
    Attention(attention::Slopes),
    /// Of each chain.
    SideBySide(Vec<Vec<Slopes<P>>>),
}

impl Layer {
    /// The outputs, and what the layer holds besides.
    pub fn trace(&self, x: &[f64]) -> (Vec<f64>, Inner) {
        match self {
            Layer::Dense(weights, bias) => {
                let dot = |weights: &[f64]| weights.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
                let sums = weights.chunks_exact(x.len()).map(dot).zip(bias).map(|(sum, bias)| sum + bias);
                (sums.collect(), Inner::None)
            }
            Layer::Sums(outputs) => {
                let sum = |terms: &Vec<(usize, f64)>| terms.iter().map(|&(at, weight)| weight * x[at]).sum();
                (outputs.iter().map(sum).collect(), Inner::None)
            }
            Layer::Function(function) => (x.iter().map(|&x| function.at(x)).collect(), Inner::None),
            Layer::Convolution(convolution) => (convolution.values(x), Inner::None),
            Layer::MaxPool(pool) => (pool.values(x), Inner::None),
            Layer::Lstm(lstm) => {
                let (outputs, directions) = lstm.trace(x);
                (outputs, Inner::Lstm(directions))
            }
            Layer::Attention(attention) => {
                let (context, trace) = attention.trace(x);
                (context, Inner::Attention(trace))
            }
            Layer::SideBySide(chains) => {
                let parts = x.chunks_exact(x.len() / chains.len());
                let traces: Vec<chain::Trace> = chains.iter().zip(parts).map(|(chain, x)| chain.trace(x)).collect();
                (traces.iter().flat_map(chain::Trace::last).copied().collect(), Inner::SideBySide(traces))
            }
        }
    }

    /// Slopes between reference and window; and, where parts are kept apart, the differences after the layer
    /// from those before it.
    pub fn slopes<P: Parts>(&self, reference: Place, here: Place, before: &[P]) -> (Slopes<P>, Option<Vec<P>>) {
        match (self, reference.inner, here.inner) {
            (Layer::Function(function), ..) => {
                let slope = |at: usize| {
                    let (x0, x, y0, y) = (reference.before[at], here.before[at], reference.after[at], here.after[at]);
                    P::slope(*function, Change { x0, x, y0, y }, before[at])
                };
                let slopes: Vec<P> = (0..before.len()).map(slope).collect();
                let after = P::SPLIT.then(|| before.iter().zip(&slopes).map(|(x, &slope)| x.by(slope)).collect());
                (Slopes::Function(slopes), after)
            }
            (Layer::MaxPool(pool), ..) => {
                let slopes = pool.slopes([reference.before, here.before], [reference.after, here.after]);
                let after = P::SPLIT.then(|| slopes.iter().map(|&(at, part)| before[at].through(part)).collect());
                (Slopes::Pool(slopes), after)
            }
            (Layer::Lstm(lstm), Inner::Lstm(reference), Inner::Lstm(here)) => {
                let (slopes, after) = lstm.slopes(reference, here, before);
                (Slopes::Lstm(slopes), after)
            }
            (Layer::Attention(attention), Inner::Attention(trace0), Inner::Attention(trace)) => {
                let slopes = attention.slopes([reference.before, here.before], [trace0, trace]);
                let after = P::SPLIT.then(|| attention.forward(&slopes, before));
                (Slopes::Attention(slopes), after)
            }
            (Layer::SideBySide(chains), Inner::SideBySide(references), Inner::SideBySide(traces)) => {
                let (mut slopes, mut after) = (Vec::new(), Vec::new());
                let parts = before.chunks_exact(before.len() / chains.len());
                for (at, (chain, before)) in chains.iter().zip(parts).enumerate() {
                    let (of_chain, differences) = chain.slopes(&references[at], &traces[at], before);
                    slopes.push(of_chain);
                    after.extend(differences);
                }
                (Slopes::SideBySide(slopes), Some(after))
            }
            _ => (Slopes::None, P::SPLIT.then(|| self.forward(before))),
        }
    }

    /// Differences after a linear layer.
    fn forward<P: Parts>(&self, before: &[P]) -> Vec<P> {
        match self {
            Layer::Dense(weights, _) => {
                let dot = |weights: &[f64]| {
                    before.iter().zip(weights).fold(P::default(), |sum, (x, &weight)| sum.plus(x.through(weight)))
                };
                weights.chunks_exact(before.len()).map(dot).collect()
            }
            Layer::Sums(outputs) => {
                let sum = |terms: &Vec<(usize, f64)>| {
                    terms.iter().fold(P::default(), |sum, &(at, weight)| sum.plus(before[at].through(weight)))
                };
                outputs.iter().map(sum).collect()
            }
            Layer::Convolution(convolution) => convolution.forward(before),
            _ => Vec::new(),
        }
    }

    /// Multipliers before the layer from those after it.
    pub fn backward<P: Parts>(&self, reference: Place, here: Place, slopes: &Slopes<P>, after: &[P]) -> Vec<P> {
        let mut before = vec![P::default(); here.before.len()];
        let mut add = |at: usize, multiplier: P| before[at] = before[at].plus(multiplier);
        match (self, slopes, reference.inner, here.inner) {
            (Layer::Dense(weights, _), ..) => {
                for (multiplier, weights) in after.iter().zip(weights.chunks_exact(here.before.len())) {
                    weights.iter().enumerate().for_each(|(at, &weight)| add(at, multiplier.through(weight)));
                }
            }
            (Layer::Sums(outputs), ..) => {
                for (multiplier, terms) in after.iter().zip(outputs) {
                    terms.iter().for_each(|&(at, weight)| add(at, multiplier.through(weight)));
                }
            }
            (Layer::Convolution(convolution), ..) => {
                convolution.each(here.before.len(), |input, output, weight| add(input, after[output].through(weight)));
            }
            (_, Slopes::Function(slopes), ..) => {
                after
                    .iter()
                    .zip(slopes)
                    .enumerate()
                    .for_each(|(at, (multiplier, &slope))| add(at, multiplier.by(slope)));
            }
            (_, Slopes::Pool(slopes), ..) => {
                slopes.iter().zip(after).for_each(|(&(at, part), multiplier)| add(at, multiplier.through(part)));
            }
            (Layer::Lstm(lstm), Slopes::Lstm(slopes), Inner::Lstm(reference), Inner::Lstm(here)) => {
                before = lstm.backward(reference, here, slopes, after);
            }
            (Layer::Attention(attention), Slopes::Attention(slopes), ..) => before = attention.backward(slopes, after),
            (
                Layer::SideBySide(chains),
                Slopes::SideBySide(slopes),
                Inner::SideBySide(references),
                Inner::SideBySide(traces),
            ) => {
                let parts = after.chunks_exact(after.len() / chains.len());
                let of_chain =
                    |(at, after): (usize, &[P])| chains[at].backward(&references[at], &traces[at], &slopes[at], after);
                before = parts.enumerate().flat_map(of_chain).collect();
            }
            // what a trace or slopes of another layer would be
            _ => {}
        }
        before
    }
}
