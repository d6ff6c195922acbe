//! Networks laid open: each as a chain of a few kinds of layers, in double precision, for those who look at
//! what is inside ([`crate::explain`]). Training and prediction do not use them.

/// Layers in order. That of a whole network ends in one value, the logit.
#[derive(Clone, Debug)]
pub struct Chain(pub Vec<NetworkLayer>);

/// One layer, from a vector to a vector.
#[derive(Clone, Debug)]
pub enum NetworkLayer {
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
    Attention(AttentionLayer),
    /// Chains side by side: each reads a part of the inputs and gives a part of the outputs, in order.
    SideBySide(Vec<Branch>),
}

/// One of several chains side by side.
#[derive(Clone, Debug)]
pub struct Branch {
    /// How many inputs it reads.
    pub inputs: usize,
    /// What it does with them.
    pub chain: Chain,
}

impl NetworkLayer {
    /// Chains side by side that read equally many inputs each.
    pub fn side_by_side(inputs: usize, chains: impl IntoIterator<Item = Chain>) -> Self {
        NetworkLayer::SideBySide(chains.into_iter().map(|chain| Branch { inputs, chain }).collect())
    }

    /// The largest of zero and each value.
    pub const RELU: NetworkLayer = NetworkLayer::Function(Function::Relu);

    /// From [row, column] to [column, row].
    pub fn transposed(rows: usize, columns: usize) -> Self {
        NetworkLayer::Sums((0..rows * columns).map(|at| vec![(at % rows * columns + at / rows, 1.0)]).collect())
    }
}

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// eˣ.
    Exp,
    /// 1 / x, of positive numbers.
    Reciprocal,
    /// max(x, 0).
    Relu,
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

/// The highest of so many neighbouring positions of a channel; those at the end that fill no pool are left out.
#[derive(Clone, Copy, Debug)]
pub struct MaxPool {
    /// Neighbouring positions.
    pub width: usize,
    /// Positions of a channel.
    pub positions: usize,
}

/// A bidirectional LSTM, as PyTorch's, whose two directions give their units side by side.
#[derive(Clone, Debug)]
pub struct BiLstm {
    /// Hidden units a direction.
    pub hidden: usize,
    /// Forward and reverse.
    pub directions: [Direction; 2],
}

/// One direction of an LSTM.
#[derive(Clone, Debug)]
pub struct Direction {
    /// Inputs a step.
    pub inputs: usize,
    /// Hidden units.
    pub hidden: usize,
    /// Whether it reads the steps from the last to the first.
    pub reversed: bool,
    /// [input or hidden, gate × hidden]: a unit's row is one input's weights.
    pub weights: Vec<f64>,
    /// The same, [gate × hidden, input or hidden]: a row is the weights of one gate of a unit.
    pub by_gate: Vec<f64>,
    /// [gate × hidden]: both biases of PyTorch's together.
    pub bias: Vec<f64>,
}

impl Direction {
    /// From weight_ih [4 × hidden, inputs], weight_hh [4 × hidden, hidden], bias_ih and bias_hh, one
    /// after the other.
    pub fn new(inputs: usize, hidden: usize, reversed: bool, flat: &[f32]) -> Self {
        let (of_input, rest) = flat.split_at(4 * hidden * inputs);
        let (of_hidden, biases) = rest.split_at(4 * hidden * hidden);
        let rows = of_input.chunks_exact(inputs).zip(of_hidden.chunks_exact(hidden));
        let by_gate: Vec<f64> = rows.flat_map(|(a, b)| a.iter().chain(b)).map(|&weight| f64::from(weight)).collect();
        let read = inputs + hidden;
        let weights = (0..read).flat_map(|at| by_gate.iter().skip(at).step_by(read)).copied().collect();
        let bias = (0..4 * hidden).map(|gate| f64::from(biases[gate]) + f64::from(biases[4 * hidden + gate]));
        Direction { inputs, hidden, reversed, weights, by_gate, bias: bias.collect() }
    }
}

/// Softmax attention over steps.
#[derive(Clone, Debug)]
pub struct AttentionLayer {
    /// Context vector, \[unit\].
    pub vector: Vec<f64>,
}

/// The weights of one network, taken one after the other in the order of its tensors.
pub struct Weights<'a>(&'a [f32]);

impl<'a> Weights<'a> {
    /// All weights of a network.
    pub fn new(weights: &'a [f32]) -> Self {
        Weights(weights)
    }

    /// The next so many.
    pub fn take(&mut self, count: usize) -> &'a [f32] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// The next so many, in double precision.
    pub fn numbers(&mut self, count: usize) -> Vec<f64> {
        self.take(count).iter().map(|&weight| f64::from(weight)).collect()
    }

    /// A linear layer.
    pub fn dense(&mut self, inputs: usize, outputs: usize) -> NetworkLayer {
        NetworkLayer::Dense(self.numbers(inputs * outputs), self.numbers(outputs))
    }

    /// The logit: of two outputs, one a class, the second less the first.
    pub fn output(&mut self, inputs: usize, outputs: usize) -> NetworkLayer {
        let (weights, bias) = (self.numbers(inputs * outputs), self.numbers(outputs));
        if outputs != 2 {
            return NetworkLayer::Dense(weights, bias);
        }
        let (first, second) = weights.split_at(inputs);
        NetworkLayer::Dense(second.iter().zip(first).map(|(a, b)| a - b).collect(), vec![bias[1] - bias[0]])
    }

    /// A bidirectional LSTM: the weights of the forward direction, then those of the reverse.
    pub fn lstm(&mut self, inputs: usize, hidden: usize) -> NetworkLayer {
        let of_direction = 4 * hidden * (inputs + hidden + 2);
        let directions =
            [false, true].map(|reversed| Direction::new(inputs, hidden, reversed, self.take(of_direction)));
        NetworkLayer::Lstm(BiLstm { hidden, directions })
    }

    /// Attention over steps of so many units.
    pub fn attention(&mut self, units: usize) -> NetworkLayer {
        NetworkLayer::Attention(AttentionLayer { vector: self.numbers(units) })
    }

    /// A bidirectional LSTM whose outputs are pooled by attention.
    pub fn encoder(&mut self, inputs: usize, hidden: usize) -> Chain {
        Chain(vec![self.lstm(inputs, hidden), self.attention(2 * hidden)])
    }

    /// So many of them.
    pub fn encoders(&mut self, count: usize, inputs: usize, hidden: usize) -> Vec<Chain> {
        (0..count).map(|_| self.encoder(inputs, hidden)).collect()
    }
}
