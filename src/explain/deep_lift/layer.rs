//! DeepLIFT through each kind of layer.

use super::parts::{Change, Parts};
use super::trace::{Inner, LayerTrace, Slopes, Trace};
use crate::model::chain::{Branch, NetworkLayer};

impl NetworkLayer {
    /// The outputs, and what the layer holds besides.
    pub(super) fn trace(&self, x: &[f64]) -> (Vec<f64>, Inner) {
        match self {
            NetworkLayer::Dense(weights, bias) => {
                let dot = |weights: &[f64]| weights.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
                let sums = weights.chunks_exact(x.len()).map(dot).zip(bias).map(|(sum, bias)| sum + bias);
                (sums.collect(), Inner::None)
            }
            NetworkLayer::Sums(outputs) => {
                let sum = |terms: &Vec<(usize, f64)>| terms.iter().map(|&(at, weight)| weight * x[at]).sum();
                (outputs.iter().map(sum).collect(), Inner::None)
            }
            NetworkLayer::Function(function) => (x.iter().map(|&x| function.at(x)).collect(), Inner::None),
            NetworkLayer::Convolution(convolution) => (convolution.values(x), Inner::None),
            NetworkLayer::MaxPool(pool) => (pool.values(x), Inner::None),
            NetworkLayer::Lstm(lstm) => {
                let (outputs, directions) = lstm.trace(x);
                (outputs, Inner::Lstm(directions))
            }
            NetworkLayer::Attention(attention) => {
                let (context, trace) = attention.trace(x);
                (context, Inner::Attention(trace))
            }
            NetworkLayer::SideBySide(chains) => {
                let mut parts = x;
                let of_branch = |branch: &Branch| {
                    let (own, after) = parts.split_at(branch.inputs);
                    parts = after;
                    branch.chain.trace(own)
                };
                let traces: Vec<Trace> = chains.iter().map(of_branch).collect();
                (traces.iter().flat_map(Trace::last).copied().collect(), Inner::SideBySide(traces))
            }
        }
    }

    /// Slopes between reference and window; and, where parts are kept apart, the differences after the layer
    /// from those before it.
    pub(super) fn slopes<P: Parts>(
        &self,
        reference: LayerTrace,
        here: LayerTrace,
        before: &[P],
    ) -> (Slopes<P>, Option<Vec<P>>) {
        match (self, reference.inner, here.inner) {
            (NetworkLayer::Function(function), ..) => {
                let slope = |at: usize| {
                    let (x0, x, y0, y) = (reference.before[at], here.before[at], reference.after[at], here.after[at]);
                    P::slope(*function, Change { x0, x, y0, y }, before[at])
                };
                let slopes: Vec<P> = (0..before.len()).map(slope).collect();
                let after = P::SPLIT.then(|| before.iter().zip(&slopes).map(|(x, &slope)| x.by(slope)).collect());
                (Slopes::Function(slopes), after)
            }
            (NetworkLayer::MaxPool(pool), ..) => {
                let slopes = pool.slopes([reference.before, here.before], [reference.after, here.after]);
                let after = P::SPLIT.then(|| slopes.iter().map(|&(at, part)| before[at].through(part)).collect());
                (Slopes::Pool(slopes), after)
            }
            (NetworkLayer::Lstm(lstm), Inner::Lstm(reference), Inner::Lstm(here)) => {
                let (slopes, after) = lstm.slopes(reference, here, before);
                (Slopes::Lstm(slopes), after)
            }
            (NetworkLayer::Attention(attention), Inner::Attention(trace0), Inner::Attention(trace)) => {
                let slopes = attention.slopes([reference.before, here.before], [trace0, trace]);
                let after = P::SPLIT.then(|| attention.forward(&slopes, before));
                (Slopes::Attention(slopes), after)
            }
            (NetworkLayer::SideBySide(chains), Inner::SideBySide(references), Inner::SideBySide(traces)) => {
                let (mut slopes, mut after) = (Vec::new(), Vec::new());
                let mut parts = before;
                for (at, branch) in chains.iter().enumerate() {
                    let (own, rest) = parts.split_at(branch.inputs);
                    parts = rest;
                    let (of_chain, differences) = branch.chain.slopes(&references[at], &traces[at], own);
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
            NetworkLayer::Dense(weights, _) => {
                let dot = |weights: &[f64]| {
                    before.iter().zip(weights).fold(P::default(), |sum, (x, &weight)| sum.plus(x.through(weight)))
                };
                weights.chunks_exact(before.len()).map(dot).collect()
            }
            NetworkLayer::Sums(outputs) => {
                let sum = |terms: &Vec<(usize, f64)>| {
                    terms.iter().fold(P::default(), |sum, &(at, weight)| sum.plus(before[at].through(weight)))
                };
                outputs.iter().map(sum).collect()
            }
            NetworkLayer::Convolution(convolution) => convolution.forward(before),
            _ => Vec::new(),
        }
    }

    /// Multipliers before the layer from those after it.
    pub(super) fn backward<P: Parts>(
        &self,
        reference: LayerTrace,
        here: LayerTrace,
        slopes: &Slopes<P>,
        after: &[P],
    ) -> Vec<P> {
        let mut before = vec![P::default(); here.before.len()];
        let mut add = |at: usize, multiplier: P| before[at] = before[at].plus(multiplier);
        match (self, slopes, reference.inner, here.inner) {
            (NetworkLayer::Dense(weights, _), ..) => {
                for (multiplier, weights) in after.iter().zip(weights.chunks_exact(here.before.len())) {
                    weights.iter().enumerate().for_each(|(at, &weight)| add(at, multiplier.through(weight)));
                }
            }
            (NetworkLayer::Sums(outputs), ..) => {
                for (multiplier, terms) in after.iter().zip(outputs) {
                    terms.iter().for_each(|&(at, weight)| add(at, multiplier.through(weight)));
                }
            }
            (NetworkLayer::Convolution(convolution), ..) => {
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
            (NetworkLayer::Lstm(lstm), Slopes::Lstm(slopes), Inner::Lstm(reference), Inner::Lstm(here)) => {
                before = lstm.backward(reference, here, slopes, after);
            }
            (NetworkLayer::Attention(attention), Slopes::Attention(slopes), ..) => {
                before = attention.backward(slopes, after)
            }
            (
                NetworkLayer::SideBySide(chains),
                Slopes::SideBySide(slopes),
                Inner::SideBySide(references),
                Inner::SideBySide(traces),
            ) => {
                let mut parts = after;
                let of_branch = |(at, branch): (usize, &Branch)| {
                    let (own, after) = parts.split_at(traces[at].last().len());
                    parts = after;
                    branch.chain.backward(&references[at], &traces[at], &slopes[at], own)
                };
                before = chains.iter().enumerate().flat_map(of_branch).collect();
            }
            // what a trace or slopes of another layer would be
            _ => {}
        }
        before
    }
}
