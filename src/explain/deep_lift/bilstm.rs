//! DeepLIFT through a bidirectional LSTM, whose two directions give their units side by side.

use super::lstm::{LstmSlopes, LstmTrace};
use super::parts::Parts;
use crate::model::chain::BiLstm;

impl BiLstm {
    /// Outputs [step, unit] of `x` [step, input].
    pub(super) fn trace(&self, x: &[f64]) -> (Vec<f64>, [LstmTrace; 2]) {
        let traces = [self.directions[0].trace(x), self.directions[1].trace(x)];
        (self.side_by_side([&traces[0].outputs, &traces[1].outputs]), traces)
    }

    /// Slopes of both directions, and differences of the outputs [step, unit] where they have to be followed,
    /// from those of the inputs [step, input].
    pub(super) fn slopes<P: Parts>(
        &self,
        reference: &[LstmTrace; 2],
        here: &[LstmTrace; 2],
        x: &[P],
    ) -> ([LstmSlopes<P>; 2], Option<Vec<P>>) {
        let slopes = [0, 1].map(|at| self.directions[at].slopes(&reference[at], &here[at], x));
        let outputs = P::SPLIT.then(|| self.side_by_side([&slopes[0].outputs, &slopes[1].outputs]));
        (slopes, outputs)
    }

    /// Multipliers of the inputs [step, input] from those of the outputs [step, unit].
    pub(super) fn backward<P: Parts>(
        &self,
        reference: &[LstmTrace; 2],
        here: &[LstmTrace; 2],
        slopes: &[LstmSlopes<P>; 2],
        outputs: &[P],
    ) -> Vec<P> {
        let [forward, reverse] = [0, 1].map(|at| {
            let steps = outputs.chunks_exact(2 * self.hidden);
            let own: Vec<P> = steps.flat_map(|step| &step[at * self.hidden..][..self.hidden]).copied().collect();
            self.directions[at].backward(&reference[at], &here[at], &slopes[at], &own)
        });
        forward.into_iter().zip(reverse).map(|(a, b)| a.plus(b)).collect()
    }

    /// [step, unit] of both directions' [step, hidden].
    fn side_by_side<T: Copy>(&self, [forward, reverse]: [&[T]; 2]) -> Vec<T> {
        let steps = forward.chunks_exact(self.hidden).zip(reverse.chunks_exact(self.hidden));
        steps.flat_map(|(forward, reverse)| forward.iter().chain(reverse)).copied().collect()
    }
}
