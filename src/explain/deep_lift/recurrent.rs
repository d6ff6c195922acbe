//! DeepLIFT through the recurrent models: LSTM encoders over bins, with or without an LSTM over marks
//! on top, and a linear head.

use super::level::{Level, LevelSlopes, LevelTrace};
use super::parts::Parts;

/// A recurrent model of one logit.
#[derive(Clone, Debug)]
pub struct Recurrent {
    /// Marks and bins.
    pub(super) shape: [usize; 2],
    /// One a mark, each reading its mark; or one that reads all marks at each bin.
    pub(super) encoders: Vec<Level>,
    /// Reads the encoders' contexts, one a mark; where there is none, the head reads them side by side.
    pub(super) top: Option<Level>,
    /// Weights of the logit.
    pub(super) head: Vec<f64>,
}

/// What a window makes of the model.
#[derive(Clone, Debug, Default)]
pub struct RecurrentTrace {
    inputs: Vec<Vec<f64>>,
    encoders: Vec<LevelTrace>,
    top: Option<LevelTrace>,
}

impl Recurrent {
    /// Each encoder's inputs, [bin, mark that it reads].
    fn inputs(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let [marks, bins] = self.shape;
        if self.encoders.len() == marks {
            return x.chunks_exact(bins).map(<[f64]>::to_vec).collect();
        }
        vec![(0..bins * marks).map(|at| x[at % marks * bins + at / marks]).collect()]
    }

    /// `x` is [mark, bin].
    pub fn trace(&self, x: &[f64]) -> RecurrentTrace {
        let inputs = self.inputs(x);
        let encoders: Vec<LevelTrace> = self.encoders.iter().zip(&inputs).map(|(level, x)| level.trace(x)).collect();
        let contexts: Vec<f64> = encoders.iter().flat_map(|trace| &trace.context).copied().collect();
        let top = self.top.as_ref().map(|level| level.trace(&contexts));
        RecurrentTrace { inputs, encoders, top }
    }

    /// What each input [mark, bin] adds to the difference of the logits.
    pub fn contributions<P: Parts>(&self, reference: &RecurrentTrace, trace: &RecurrentTrace) -> Vec<f64> {
        let difference = |(x, x0): (&Vec<f64>, &Vec<f64>)| x.iter().zip(x0).map(|(x, x0)| P::of(x - x0)).collect();
        let differences: Vec<Vec<P>> = trace.inputs.iter().zip(&reference.inputs).map(difference).collect();
        let slopes: Vec<LevelSlopes<P>> = (0..self.encoders.len())
            .map(|at| self.encoders[at].slopes(&reference.encoders[at], &trace.encoders[at], &differences[at]))
            .collect();
        let head: Vec<P> = self.head.iter().map(|&weight| P::both(1.0).through(weight)).collect();
        let contexts = match (&self.top, &reference.top, &trace.top) {
            (Some(level), Some(reference), Some(trace)) => {
                let contexts: Vec<P> = slopes.iter().flat_map(|slopes| &slopes.context).copied().collect();
                let slopes = level.slopes(reference, trace, &contexts);
                level.backward(reference, trace, &slopes, &head)
            }
            _ => head,
        };
        let width = contexts.len() / self.encoders.len();
        let mut contributions = Vec::new();
        for (at, contexts) in contexts.chunks_exact(width).enumerate() {
            let (reference, trace) = (&reference.encoders[at], &trace.encoders[at]);
            let multipliers = self.encoders[at].backward(reference, trace, &slopes[at], contexts);
            let pairs = multipliers.into_iter().zip(&differences[at]);
            contributions.push(pairs.map(|(multiplier, difference)| multiplier.contribution(*difference)).collect());
        }
        self.by_mark(contributions)
    }

    /// The opposite of `inputs`: [mark, bin].
    fn by_mark(&self, of_encoders: Vec<Vec<f64>>) -> Vec<f64> {
        let [marks, bins] = self.shape;
        match &of_encoders[..] {
            [joint] if marks > 1 => (0..marks * bins).map(|at| joint[at % bins * marks + at / bins]).collect(),
            _ => of_encoders.concat(),
        }
    }
}
