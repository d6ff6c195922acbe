//! DeepLIFT through layers that follow one another.

use super::parts::Parts;
use super::trace::{Slopes, Trace};
use crate::model::chain::Chain;

impl Chain {
    /// The trace of the values `x`.
    pub(super) fn trace(&self, x: &[f64]) -> Trace {
        let mut trace = Trace { values: vec![x.to_vec()], inner: Vec::new() };
        for layer in &self.0 {
            let (after, inner) = layer.trace(trace.last());
            trace.values.push(after);
            trace.inner.push(inner);
        }
        trace
    }

    /// Each layer's slopes between the reference and a window, and the differences after the last layer, from
    /// those of the inputs.
    pub(super) fn slopes<P: Parts>(&self, reference: &Trace, trace: &Trace, inputs: &[P]) -> (Vec<Slopes<P>>, Vec<P>) {
        let mut differences = inputs.to_vec();
        let mut slopes = Vec::with_capacity(self.0.len());
        for (at, layer) in self.0.iter().enumerate() {
            let (of_layer, followed) = layer.slopes(reference.place(at), trace.place(at), &differences);
            slopes.push(of_layer);
            // where parts are not kept apart, the values themselves say how far they differ
            differences = followed.unwrap_or_else(|| trace.differences(reference, at + 1));
        }
        (slopes, differences)
    }

    /// Multipliers of the inputs from those of what comes out.
    pub(super) fn backward<P: Parts>(
        &self,
        reference: &Trace,
        trace: &Trace,
        slopes: &[Slopes<P>],
        multipliers: &[P],
    ) -> Vec<P> {
        let mut multipliers = multipliers.to_vec();
        for (at, layer) in self.0.iter().enumerate().rev() {
            multipliers = layer.backward(reference.place(at), trace.place(at), &slopes[at], &multipliers);
        }
        multipliers
    }

    /// What each input adds to the difference of the logits.
    pub(super) fn contributions<P: Parts>(&self, reference: &Trace, trace: &Trace) -> Vec<f64> {
        let inputs: Vec<P> = trace.differences(reference, 0);
        let (slopes, _) = self.slopes(reference, trace, &inputs);
        let multipliers = self.backward(reference, trace, &slopes, &[P::both(1.0)]);
        multipliers.into_iter().zip(inputs).map(|(multiplier, input)| multiplier.contribution(input)).collect()
    }
}
