//! DeepLIFT through layers that follow one another.

use super::layer::{Inner, Layer, Place, Slopes};
use super::parts::Parts;

/// Layers in order. That of a whole network ends in one value, the logit.
#[derive(Clone, Debug)]
pub struct Chain(pub Vec<Layer>);

/// What a window makes of a chain.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The values before the first and after each layer.
    pub values: Vec<Vec<f64>>,
    /// What each layer holds besides.
    inner: Vec<Inner>,
}

impl Trace {
    fn place(&self, layer: usize) -> Place<'_> {
        Place { before: &self.values[layer], after: &self.values[layer + 1], inner: &self.inner[layer] }
    }

    /// The values after the last layer.
    pub fn last(&self) -> &[f64] {
        &self.values[self.inner.len()]
    }
}

impl Chain {
    /// Of the values `x`.
    pub fn trace(&self, x: &[f64]) -> Trace {
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
    pub fn slopes<P: Parts>(&self, reference: &Trace, trace: &Trace, inputs: &[P]) -> (Vec<Slopes<P>>, Vec<P>) {
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
    pub fn backward<P: Parts>(
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
    pub fn contributions<P: Parts>(&self, reference: &Trace, trace: &Trace) -> Vec<f64> {
        let inputs: Vec<P> = trace.differences(reference, 0);
        let (slopes, _) = self.slopes(reference, trace, &inputs);
        let multipliers = self.backward(reference, trace, &slopes, &[P::both(1.0)]);
        multipliers.into_iter().zip(inputs).map(|(multiplier, input)| multiplier.contribution(input)).collect()
    }
}

impl Trace {
    /// How far the values before a layer differ from the reference's.
    fn differences<P: Parts>(&self, reference: &Trace, layer: usize) -> Vec<P> {
        self.values[layer].iter().zip(&reference.values[layer]).map(|(x, x0)| P::of(x - x0)).collect()
    }
}
