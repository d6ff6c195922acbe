//! DeepLIFT through DeepChrome's front end: convolution over bins, and the highest of neighbouring positions.

use super::parts::Parts;
use crate::model::chain::{Convolution, MaxPool};

impl Convolution {
    /// Calls `pair(input, output, weight)` for every weight at every place.
    pub(super) fn each(&self, inputs: usize, mut pair: impl FnMut(usize, usize, f64)) {
        let positions = inputs / self.channels;
        let places = self.places(inputs);
        for (filter, weights) in self.weights.chunks_exact(self.channels * self.width).enumerate() {
            for (at, &weight) in weights.iter().enumerate() {
                let first = at / self.width * positions + at % self.width;
                (0..places).for_each(|place| pair(first + place, filter * places + place, weight));
            }
        }
    }

    fn places(&self, inputs: usize) -> usize {
        inputs / self.channels + 1 - self.width
    }

    /// [filter, place] of `x` [channel, position].
    pub(super) fn values(&self, x: &[f64]) -> Vec<f64> {
        let places = self.places(x.len());
        let mut values: Vec<f64> = self.bias.iter().flat_map(|&bias| std::iter::repeat_n(bias, places)).collect();
        self.each(x.len(), |input, output, weight| values[output] += x[input] * weight);
        values
    }

    /// Differences after it from those before it.
    pub(super) fn forward<P: Parts>(&self, before: &[P]) -> Vec<P> {
        let mut after = vec![P::default(); self.bias.len() * self.places(before.len())];
        self.each(before.len(), |input, output, weight| {
            after[output] = after[output].plus(before[input].through(weight));
        });
        after
    }
}

impl MaxPool {
    /// Ranges of inputs that are pooled, in the order of the outputs.
    fn pools(&self, inputs: usize) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let &MaxPool { width, positions } = self;
        let pools = positions / width;
        (0..inputs / positions * pools).map(move |output| {
            let first = output / pools * positions + output % pools * width;
            first..first + width
        })
    }

    /// [channel, pool] of `x` [channel, position].
    pub(super) fn values(&self, x: &[f64]) -> Vec<f64> {
        self.pools(x.len()).map(|pool| x[highest(x, pool)]).collect()
    }

    /// For each output the input that its difference is owed to, and the part of that one's difference that it
    /// passes on; of the values before and after, of a reference and a window each.
    ///
    /// The difference is owed to the place that is highest in the window, where that lies above the reference's
    /// highest or was it too, else to the place that was it.
    pub(super) fn slopes(&self, before: [&[f64]; 2], after: [&[f64]; 2]) -> Vec<(usize, f64)> {
        let of_output = |(output, pool): (usize, std::ops::Range<usize>)| {
            let difference = after[1][output] - after[0][output];
            let here = highest(before[1], pool.clone());
            let is_here = difference >= 0.0 || before[0][here] == after[0][output];
            let at = if is_here { here } else { highest(before[0], pool) };
            let own = before[1][at] - before[0][at];
            (at, if own == 0.0 { 0.0 } else { difference / own })
        };
        self.pools(before[0].len()).enumerate().map(of_output).collect()
    }
}

/// The first of the highest.
fn highest(x: &[f64], range: std::ops::Range<usize>) -> usize {
    range.clone().skip(1).fold(range.start, |best, at| if x[at] > x[best] { at } else { best })
}
