//! DeepLIFT through layers that follow one another: convolution, pooling, dense layers and functions.

use super::parts::{Change, Function, Parts};

/// One layer; values are [channel, position], flat.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Weights [output, input] and biases.
    Dense(Vec<f64>, Vec<f64>),
    /// Slides along the positions.
    Convolution(Convolution),
    /// The highest of so many neighbouring positions of a channel that has so many positions; those at the
    /// end that fill no pool are left out.
    MaxPool {
        /// Neighbouring positions.
        width: usize,
        /// Positions of a channel.
        positions: usize,
    },
    /// A function of each value.
    Function(Function),
}

/// Convolution without padding, at every position.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// Channels that it reads.
    pub channels: usize,
    /// Positions of a channel that a filter sees.
    pub width: usize,
    /// [filter, channel, width].
    pub weights: Vec<f64>,
    /// One a filter.
    pub bias: Vec<f64>,
}

impl Convolution {
    /// Calls `pair(input, output, weight)` for every weight at every place.
    fn each(&self, inputs: usize, mut pair: impl FnMut(usize, usize, f64)) {
        let positions = inputs / self.channels;
        let places = positions + 1 - self.width;
        for (filter, weights) in self.weights.chunks_exact(self.channels * self.width).enumerate() {
            for (at, &weight) in weights.iter().enumerate() {
                let first = at / self.width * positions + at % self.width;
                (0..places).for_each(|place| pair(first + place, filter * places + place, weight));
            }
        }
    }

    fn outputs(&self, inputs: usize) -> usize {
        self.bias.len() * (inputs / self.channels + 1 - self.width)
    }
}

/// A model whose last layer is one dense output, the logit.
#[derive(Clone, Debug)]
pub struct FeedForward {
    /// In order.
    pub layers: Vec<Layer>,
}

impl FeedForward {
    /// The values before the first and after each layer.
    pub fn trace(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let mut trace = vec![x.to_vec()];
        for layer in &self.layers {
            let after = layer.values(&trace[trace.len() - 1]);
            trace.push(after);
        }
        trace
    }

    /// What each input adds to the difference of the logits.
    pub fn contributions<P: Parts>(&self, reference: &[Vec<f64>], trace: &[Vec<f64>]) -> Vec<f64> {
        let inputs: Vec<P> = trace[0].iter().zip(&reference[0]).map(|(x, x0)| P::of(x - x0)).collect();
        let (mut differences, mut slopes) = (inputs.clone(), Vec::new());
        for (at, layer) in self.layers.iter().enumerate() {
            let (of_layer, after) = layer.slopes(&reference[at..at + 2], &trace[at..at + 2], &differences);
            slopes.push(of_layer);
            differences = after;
        }
        let mut multipliers = vec![P::both(1.0)];
        for (at, layer) in self.layers.iter().enumerate().rev() {
            multipliers = layer.backward(trace[at].len(), &slopes[at], &multipliers);
        }
        multipliers
            .into_iter()
            .zip(inputs)
            .map(|(multiplier, difference)| multiplier.contribution(difference))
            .collect()
    }
}

/// What a layer's multipliers depend on besides its weights.
enum Slopes<P> {
    /// Nothing.
    None,
    /// Of a function, one a value.
    Function(Vec<P>),
    /// Of pooling: the input that each output is owed to, and the part of its difference that it passes.
    Pool(Vec<(usize, f64)>),
}

impl Layer {
    fn values(&self, x: &[f64]) -> Vec<f64> {
        match self {
            Layer::Dense(weights, bias) => {
                let dot = |weights: &[f64]| weights.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
                weights.chunks_exact(x.len()).map(dot).zip(bias).map(|(sum, bias)| sum + bias).collect()
            }
            Layer::Convolution(convolution) => {
                let places = convolution.outputs(x.len()) / convolution.bias.len();
                let mut values: Vec<f64> =
                    convolution.bias.iter().flat_map(|&bias| std::iter::repeat_n(bias, places)).collect();
                convolution.each(x.len(), |input, output, weight| values[output] += x[input] * weight);
                values
            }
            Layer::MaxPool { .. } => self.pools(x.len()).map(|pool| x[highest(x, pool)]).collect(),
            Layer::Function(function) => x.iter().map(|&x| function.at(x)).collect(),
        }
    }

    /// Ranges of inputs that are pooled, in the order of the outputs.
    fn pools(&self, inputs: usize) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let &Layer::MaxPool { width, positions } = self else { unreachable!("only pooling pools") };
        let pools = positions / width;
        (0..inputs / positions * pools).map(move |output| {
            let first = output / pools * positions + output % pools * width;
            first..first + width
        })
    }

    /// Slopes between reference and window, `[before, after]` each, and the differences after the layer.
    fn slopes<P: Parts>(&self, reference: &[Vec<f64>], trace: &[Vec<f64>], before: &[P]) -> (Slopes<P>, Vec<P>) {
        let mut after = vec![P::default(); trace[1].len()];
        match self {
            Layer::Dense(weights, _) => {
                for (after, weights) in after.iter_mut().zip(weights.chunks_exact(before.len())) {
                    for (difference, &weight) in before.iter().zip(weights) {
                        *after = after.plus(difference.through(weight));
                    }
                }
                (Slopes::None, after)
            }
            Layer::Convolution(convolution) => {
                convolution.each(before.len(), |input, output, weight| {
                    after[output] = after[output].plus(before[input].through(weight));
                });
                (Slopes::None, after)
            }
            Layer::Function(function) => {
                let slope = |at: usize| {
                    let change =
                        Change { x0: reference[0][at], x: trace[0][at], y0: reference[1][at], y: trace[1][at] };
                    P::slope(*function, change, before[at])
                };
                let slopes: Vec<P> = (0..before.len()).map(slope).collect();
                let after = before.iter().zip(&slopes).map(|(difference, &slope)| difference.by(slope)).collect();
                (Slopes::Function(slopes), after)
            }
            Layer::MaxPool { .. } => {
                // the difference of the highest is owed to the place that is highest here, where that lies
                // above the reference's highest or was it too, else to the place that was it
                let of_output = |(output, pool): (usize, std::ops::Range<usize>)| {
                    let difference = trace[1][output] - reference[1][output];
                    let here = highest(&trace[0], pool.clone());
                    let is_here = difference >= 0.0 || reference[0][here] == reference[1][output];
                    let at = if is_here { here } else { highest(&reference[0], pool) };
                    let own = trace[0][at] - reference[0][at];
                    (at, if own == 0.0 { 0.0 } else { difference / own })
                };
                let slopes: Vec<(usize, f64)> = self.pools(before.len()).enumerate().map(of_output).collect();
                let after = slopes.iter().map(|&(at, part)| before[at].through(part)).collect();
                (Slopes::Pool(slopes), after)
            }
        }
    }

    /// Multipliers before the layer from those after it.
    fn backward<P: Parts>(&self, inputs: usize, slopes: &Slopes<P>, after: &[P]) -> Vec<P> {
        let mut before = vec![P::default(); inputs];
        match (self, slopes) {
            (Layer::Dense(weights, _), _) => {
                for (multiplier, weights) in after.iter().zip(weights.chunks_exact(inputs)) {
                    for (before, &weight) in before.iter_mut().zip(weights) {
                        *before = before.plus(multiplier.through(weight));
                    }
                }
            }
            (Layer::Convolution(convolution), _) => convolution.each(inputs, |input, output, weight| {
                before[input] = before[input].plus(after[output].through(weight));
            }),
            (_, Slopes::Function(slopes)) => {
                before = after.iter().zip(slopes).map(|(multiplier, &slope)| multiplier.by(slope)).collect();
            }
            (_, Slopes::Pool(slopes)) => {
                for (&(at, part), multiplier) in slopes.iter().zip(after) {
                    before[at] = before[at].plus(multiplier.through(part));
                }
            }
            (_, Slopes::None) => {}
        }
        before
    }
}

/// The first of the highest.
fn highest(x: &[f64], range: std::ops::Range<usize>) -> usize {
    range.clone().skip(1).fold(range.start, |best, at| if x[at] > x[best] { at } else { best })
}
