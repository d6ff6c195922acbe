//! Each network as a chain of layers, from its weights in the order of its tensors.

use super::attention::Attention;
use super::bilstm::BiLstm;
use super::chain::Chain;
use super::convolution::{Convolution, MaxPool};
use super::layer::Layer;
use super::parts::Function;
use crate::model::{DeepDiffConfig, ModelConfig};

/// From the window, [mark, bin], to the logit.
pub(super) fn chain(config: &ModelConfig, weights: &[f32]) -> Chain {
    let mut weights = Weights(weights);
    let weights = &mut weights;
    Chain(match config {
        ModelConfig::AttentiveChrome(sizes) => {
            let width = 2 * sizes.bin_hidden;
            let mut layers = vec![Layer::SideBySide(weights.encoders(sizes.n_marks, 1, sizes.bin_hidden))];
            layers.extend(weights.encoder(width, sizes.mark_hidden).0);
            layers.push(weights.dense(2 * sizes.mark_hidden, 1));
            layers
        }
        ModelConfig::LstmAlpha(sizes) => {
            let encoders = weights.encoders(sizes.n_marks, 1, sizes.bin_hidden);
            vec![Layer::SideBySide(encoders), weights.dense(sizes.n_marks * 2 * sizes.bin_hidden, 1)]
        }
        ModelConfig::LstmAttention(sizes) => {
            let mut layers = vec![transposed(sizes.n_marks, sizes.n_bins)];
            layers.extend(weights.encoder(sizes.n_marks, sizes.bin_hidden).0);
            layers.push(weights.dense(2 * sizes.bin_hidden, 1));
            layers
        }
        ModelConfig::Lstm(sizes) => {
            // of the forward direction the last step, of the reverse the first
            let width = 2 * sizes.bin_hidden;
            let last = |unit: usize| if unit < sizes.bin_hidden { (sizes.n_bins - 1) * width + unit } else { unit };
            vec![
                transposed(sizes.n_marks, sizes.n_bins),
                weights.lstm(sizes.n_marks, sizes.bin_hidden),
                Layer::Sums((0..width).map(|unit| vec![(last(unit), 1.0)]).collect()),
                weights.dense(width, 1),
            ]
        }
        ModelConfig::CnnAttention(sizes) => {
            let front_end = FrontEnd { kernel_width: sizes.kernel_width, filters: sizes.filters, pool: sizes.pool };
            let mut layers = weights.attended(front_end, sizes.n_marks, sizes.n_bins);
            layers.push(weights.dense(sizes.filters, 1));
            layers
        }
        ModelConfig::CnnAlphaBeta(sizes) => {
            let front_end = FrontEnd { kernel_width: sizes.kernel_width, filters: sizes.filters, pool: sizes.pool };
            let encoders = (0..sizes.n_marks).map(|_| Chain(weights.attended(front_end, 1, sizes.n_bins)));
            let mut layers = vec![Layer::SideBySide(encoders.collect())];
            layers.extend(weights.encoder(sizes.filters, sizes.mark_hidden).0);
            layers.push(weights.dense(2 * sizes.mark_hidden, 1));
            layers
        }
        ModelConfig::DeepChrome(sizes) => {
            let front_end = FrontEnd { kernel_width: sizes.kernel_width, filters: sizes.filters, pool: sizes.pool };
            let mut layers = weights.front_end(front_end, sizes.n_marks, sizes.n_bins);
            let mut inputs = front_end.positions(sizes.n_bins) * sizes.filters;
            for &units in &sizes.hidden {
                layers.extend([weights.dense(inputs, units), RELU]);
                inputs = units;
            }
            layers.push(weights.output(inputs, sizes.n_outputs));
            layers
        }
        ModelConfig::DeepChromeMlp(sizes) => {
            let hidden = weights.dense(sizes.n_marks * sizes.n_bins, sizes.hidden);
            vec![hidden, Layer::Function(Function::Tanh), weights.output(sizes.hidden, sizes.n_outputs)]
        }
        ModelConfig::DeepChromeLinear(sizes) => {
            vec![weights.output(sizes.n_marks * sizes.n_bins, sizes.n_outputs)]
        }
        ModelConfig::DeepDiff(sizes) => deep_diff(sizes, weights),
    })
}

const RELU: Layer = Layer::Function(Function::Relu);

/// Marks of A, then of B; what comes out is the predicted change.
fn deep_diff(sizes: &DeepDiffConfig, weights: &mut Weights) -> Vec<Layer> {
    let &DeepDiffConfig { variant, n_marks, n_bins, bin_hidden, mark_hidden } = sizes;
    let ([has_both, has_difference], of_sample, width) = (variant.raw(), n_marks / 2, 2 * mark_hidden);
    let has_raw = has_both || has_difference;
    // the rows that Level I reads, each a sum of rows of the window
    let both: Vec<Vec<(usize, f64)>> = (0..n_marks).map(|mark| vec![(mark, 1.0)]).collect();
    let difference = (0..of_sample).map(|mark| vec![(mark, 1.0), (of_sample + mark, -1.0)]);
    let mut rows = if has_both { both.clone() } else { Vec::new() };
    rows.extend(difference.filter(|_| has_difference));
    let mut encoders = weights.encoders(rows.len(), 1, bin_hidden);
    if variant.is_auxiliary() {
        rows.extend(both);
        encoders.extend(match variant.is_siamese() {
            true => {
                let shared = weights.encoders(of_sample, 1, bin_hidden);
                [shared.clone(), shared].concat()
            }
            false => weights.encoders(n_marks, 1, bin_hidden),
        });
    }
    let bins = |terms: Vec<(usize, f64)>| {
        (0..n_bins).map(move |bin| terms.iter().map(|&(row, weight)| (row * n_bins + bin, weight)).collect())
    };
    let mut layers = vec![Layer::Sums(rows.into_iter().flat_map(bins).collect()), Layer::SideBySide(encoders)];
    if has_raw {
        layers.extend(weights.encoder(2 * bin_hidden, mark_hidden).0);
    }
    if variant.is_auxiliary() {
        let of_samples = weights.encoders(2, 2 * bin_hidden, mark_hidden);
        // expression in A and in B, which the change is not made of
        weights.take(2 * (width + 1));
        if !has_raw {
            layers.extend([Layer::SideBySide(of_samples), weights.dense(2 * width, width), RELU]);
        }
    }
    layers.push(weights.dense(width, 1));
    layers
}

/// From [row, column] to [column, row].
fn transposed(rows: usize, columns: usize) -> Layer {
    Layer::Sums((0..rows * columns).map(|at| vec![(at % rows * columns + at / rows, 1.0)]).collect())
}

/// Sizes of DeepChrome's front end.
#[derive(Clone, Copy)]
struct FrontEnd {
    kernel_width: usize,
    filters: usize,
    pool: usize,
}

impl FrontEnd {
    /// Positions after pooling.
    fn positions(self, n_bins: usize) -> usize {
        (n_bins + 1 - self.kernel_width) / self.pool
    }
}

/// Weights that are still to be taken.
struct Weights<'a>(&'a [f32]);

impl<'a> Weights<'a> {
    fn take(&mut self, count: usize) -> &'a [f32] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn numbers(&mut self, count: usize) -> Vec<f64> {
        self.take(count).iter().map(|&weight| f64::from(weight)).collect()
    }

    fn dense(&mut self, inputs: usize, outputs: usize) -> Layer {
        Layer::Dense(self.numbers(inputs * outputs), self.numbers(outputs))
    }

    /// The logit: of two outputs, one a class, the second less the first.
    fn output(&mut self, inputs: usize, outputs: usize) -> Layer {
        let (weights, bias) = (self.numbers(inputs * outputs), self.numbers(outputs));
        if outputs != 2 {
            return Layer::Dense(weights, bias);
        }
        let (first, second) = weights.split_at(inputs);
        Layer::Dense(second.iter().zip(first).map(|(a, b)| a - b).collect(), vec![bias[1] - bias[0]])
    }

    fn lstm(&mut self, inputs: usize, hidden: usize) -> Layer {
        Layer::Lstm(BiLstm::new(inputs, hidden, self.take(2 * 4 * hidden * (inputs + hidden + 2))))
    }

    fn attention(&mut self, units: usize) -> Layer {
        Layer::Attention(Attention { vector: self.numbers(units) })
    }

    /// A bidirectional LSTM whose outputs are pooled by attention.
    fn encoder(&mut self, inputs: usize, hidden: usize) -> Chain {
        Chain(vec![self.lstm(inputs, hidden), self.attention(2 * hidden)])
    }

    fn encoders(&mut self, count: usize, inputs: usize, hidden: usize) -> Vec<Chain> {
        (0..count).map(|_| self.encoder(inputs, hidden)).collect()
    }

    /// From [channel, bin] to [filter, position].
    fn front_end(&mut self, sizes: FrontEnd, channels: usize, n_bins: usize) -> Vec<Layer> {
        let FrontEnd { kernel_width: width, filters, pool } = sizes;
        let (weights, bias) = (self.numbers(filters * channels * width), self.numbers(filters));
        let convolution = Convolution { channels, width, weights, bias };
        vec![
            Layer::Convolution(convolution),
            RELU,
            Layer::MaxPool(MaxPool { width: pool, positions: n_bins + 1 - width }),
        ]
    }

    /// The front end, its positions pooled by attention.
    fn attended(&mut self, sizes: FrontEnd, channels: usize, n_bins: usize) -> Vec<Layer> {
        let mut layers = self.front_end(sizes, channels, n_bins);
        layers.extend([transposed(sizes.filters, sizes.positions(n_bins)), self.attention(sizes.filters)]);
        layers
    }
}
