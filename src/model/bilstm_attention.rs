//! A bidirectional LSTM with attention over its steps, for several groups at once, as one operation.
//!
//! Groups (the marks of each model) share nothing but the shape. A task for the
//! thread pool is one group, one direction and one block of 16 genes; sums over blocks are
//! made in a fixed order, so that results are the same for any number of threads. A gene's result
//! does not depend on the genes beside it.

mod operation;
mod workspace;

use std::sync::{Arc, Mutex};

use candle_core::{Result, Tensor, Var, bail};

use self::operation::Operation;
use self::workspace::Workspace;
use super::kernel::{self, Dims, InstructionSet};

/// Dropout on the outputs of the LSTMs, before attention: Srivastava et al. 2014, inverted.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// Probability that an output is set to zero, in [0, 1).
    pub rate: f64,
    /// Decide which, one a model, whose groups lie side by side: the same key, the same outputs, in
    /// whichever place among the models.
    pub keys: Arc<[u64]>,
    /// Where `x` begins in the batch that the keys are for, a multiple of 16: a batch in pieces drops
    /// the same outputs as a whole one.
    pub first_gene: usize,
}

/// What a forward pass is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// Results only: no gradient can be asked for.
    Infer,
    /// A backward pass will follow.
    Train(Option<Dropout>),
}

impl Mode {
    /// The same with the keys of one of several layers, counted from 0, none of which drops the outputs of
    /// another.
    pub(super) fn for_layer(&self, layer: u64) -> Self {
        let key = |key: &u64| key ^ layer.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match self {
            Mode::Train(Some(dropout)) => {
                Mode::Train(Some(Dropout { keys: dropout.keys.iter().map(key).collect(), ..*dropout }))
            }
            other => other.clone(),
        }
    }

    /// The same with other keys: for a further layer, which must not drop the same outputs.
    pub(super) fn with_other_keys(&self) -> Self {
        match self {
            Mode::Train(Some(dropout)) => {
                Mode::Train(Some(Dropout { keys: dropout.keys.iter().map(|key| !key).collect(), ..*dropout }))
            }
            other => other.clone(),
        }
    }
}

/// How the outputs of the steps become one context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    /// Their mean under attention.
    Attention,
    /// The last one of each direction.
    Last,
    /// Their plain mean.
    Mean,
}

/// A bidirectional LSTM and attention over its outputs, one of each a group.
///
/// For each group: outputs h(t) = [forward, reverse] of an LSTM as PyTorch's `nn.LSTM(inputs,
/// hidden, bidirectional=True)`; score(t) = ⟨context vector, h(t)⟩; attention = softmax of the scores
/// over t; context = Σ attention(t) · h(t). AttentiveChrome uses it twice, over bins and over marks.
#[derive(Clone, Debug)]
pub struct BiLstmAttention {
    groups: usize,
    dims: Dims,
    pooling: Pooling,
    pub(super) instructions: InstructionSet,
    weights: Var,
    spare: Arc<Mutex<Vec<Workspace>>>,
    #[cfg(feature = "cuda")]
    spare_on_gpu: super::cuda::Spare,
}

impl BiLstmAttention {
    /// A layer whose weights are [group, flat], each row in the order of [`Self::parts`].
    ///
    /// # Errors
    /// If the weights have another shape or element type than these sizes ask for.
    pub fn new(steps: usize, inputs: usize, hidden: usize, weights: Tensor) -> Result<Self> {
        Self::pooling_by(Pooling::Attention, Dims { steps, inputs, hidden }, weights)
    }

    /// A layer without attention: its contexts are the last outputs of the two directions, PyTorch's `h_n`,
    /// and its attention is 0. Its weights are as of [`Self::parts`] without the context vector.
    ///
    /// # Errors
    /// If the weights have another shape or element type than these sizes ask for.
    pub(super) fn taking_last(steps: usize, inputs: usize, hidden: usize, weights: Tensor) -> Result<Self> {
        Self::pooling_by(Pooling::Last, Dims { steps, inputs, hidden }, weights)
    }

    /// A layer without attention: its contexts are the means of the outputs of the two directions, and its attention is
    /// the same for each step. Its weights are as of [`Self::parts`] without the context vector.
    ///
    /// # Errors
    /// If the weights have another shape or element type than these sizes ask for.
    pub(super) fn taking_mean(steps: usize, inputs: usize, hidden: usize, weights: Tensor) -> Result<Self> {
        Self::pooling_by(Pooling::Mean, Dims { steps, inputs, hidden }, weights)
    }

    fn pooling_by(pooling: Pooling, dims: Dims, weights: Tensor) -> Result<Self> {
        let Dims { steps, inputs, hidden } = dims;
        let (groups, flat) = weights.dims2()?;
        if steps == 0 || inputs == 0 || hidden == 0 || flat != Self::flat_len_of(&dims, pooling) {
            bail!(
                "an LSTM layer of {steps} steps, {inputs} inputs and {hidden} hidden units cannot have {flat} weights"
            );
        }
        let instructions = InstructionSet::best();
        Ok(BiLstmAttention {
            groups,
            dims,
            pooling,
            instructions,
            weights: Var::from_tensor(&weights)?,
            spare: Arc::default(),
            #[cfg(feature = "cuda")]
            spare_on_gpu: Arc::default(),
        })
    }

    /// Computes with these instructions, where the processor has them; else with the best it has.
    pub fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.instructions = if instructions.is_available() { instructions } else { InstructionSet::best() };
    }

    /// Lets layers of the same sizes that take turns work in the same memory, which then stays in the
    /// caches.
    pub(super) fn share_memory_of(&mut self, other: &Self) {
        if self.dims == other.dims {
            self.spare = other.spare.clone();
        }
    }

    /// Names (as in the published PyTorch code) and shapes of the parts of one group's weights, in
    /// the order of the flat layout. PyTorch keeps two biases, which are added: so do we.
    pub fn parts(inputs: usize, hidden: usize) -> Vec<(String, Vec<usize>)> {
        let mut parts = Vec::new();
        for suffix in ["", "_reverse"] {
            parts.push((format!("rnn.weight_ih_l0{suffix}"), vec![4 * hidden, inputs]));
            parts.push((format!("rnn.weight_hh_l0{suffix}"), vec![4 * hidden, hidden]));
            parts.push((format!("rnn.bias_ih_l0{suffix}"), vec![4 * hidden]));
            parts.push((format!("rnn.bias_hh_l0{suffix}"), vec![4 * hidden]));
        }
        parts.push(("bin_attention.bin_context_vector".to_owned(), vec![2 * hidden, 1]));
        parts
    }

    /// Weights of one group.
    pub fn flat_len(inputs: usize, hidden: usize) -> usize {
        Self::parts(inputs, hidden).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Weights of one group of a layer.
    fn flat_len_of(dims: &Dims, pooling: Pooling) -> usize {
        let vector = if pooling == Pooling::Attention { 2 * dims.hidden } else { 0 };
        2 * kernel::flat_len(dims) + vector
    }

    /// The weights, [group, flat].
    pub fn weights(&self) -> &Var {
        &self.weights
    }

    /// `x` is [gene, group, step, input]; returns the contexts [gene, group, 2 × hidden] and the
    /// attention [gene, group, step], which sums to 1 over the steps.
    ///
    /// # Errors
    /// If `x` has another shape.
    pub fn forward(&self, x: &Tensor, mode: &Mode) -> Result<(Tensor, Tensor)> {
        let expected = [self.groups, self.dims.steps, self.dims.inputs];
        if x.dims().len() != 4 || x.dims()[1..] != expected {
            bail!("the input of the LSTM layer is {:?}, expected [genes, {expected:?}]", x.dims());
        }
        if let Mode::Train(Some(Dropout { keys, .. })) = mode
            && (keys.is_empty() || !self.groups.is_multiple_of(keys.len()))
        {
            bail!("{} dropout keys do not share {} groups evenly", keys.len(), self.groups);
        }
        let op = Operation::new(self, mode, x.track_op());
        let out = match mode {
            Mode::Infer => x.detach().contiguous()?.apply_op2(&self.weights.detach(), op)?,
            Mode::Train(_) => x.contiguous()?.apply_op2(self.weights.as_tensor(), op)?,
        };
        let width = 2 * self.dims.hidden;
        Ok((out.narrow(2, 0, width)?, out.narrow(2, width, self.dims.steps)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn numbers(count: usize, factor: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * factor % 103) as f32 / 103.0 - 0.5) * 0.7).collect()
    }

    /// Outputs and gradients of a layer of two groups.
    fn results(instructions: InstructionSet, [genes, steps, inputs, hidden]: [usize; 4]) -> Vec<Vec<f32>> {
        let flat = BiLstmAttention::flat_len(inputs, hidden);
        let weights = Tensor::from_vec(numbers(2 * flat, 37), (2, flat), &Device::Cpu).unwrap();
        let mut layer = BiLstmAttention::new(steps, inputs, hidden, weights).unwrap();
        layer.instructions = instructions;
        let shape = (genes, 2, steps, inputs);
        let x = Var::from_vec(numbers(genes * 2 * steps * inputs, 41), shape, &Device::Cpu).unwrap();
        let dropout = Some(Dropout { rate: 0.25, keys: [3].into(), first_gene: 0 });
        let (contexts, attention) = layer.forward(x.as_tensor(), &Mode::Train(dropout)).unwrap();
        let sum = (contexts.sqr().unwrap().sum_all().unwrap() + attention.sqr().unwrap().sum_all().unwrap()).unwrap();
        let store = sum.backward().unwrap();
        let parts = [&contexts, &attention, store.get(&x).unwrap(), store.get(layer.weights()).unwrap()];
        parts.iter().map(|part| part.flatten_all().unwrap().to_vec1::<f32>().unwrap()).collect()
    }

    #[test]
    fn instruction_sets_give_the_same_bits_or_agree_to_rounding() {
        for sizes in [[1, 1, 1, 1], [5, 7, 1, 6], [16, 3, 5, 4], [37, 11, 2, 9], [20, 5, 64, 16]] {
            let [best, others @ ..] = &InstructionSet::available()[..] else { return };
            let expected = results(*best, sizes);
            assert!(expected.iter().all(|part| part.iter().any(|&value| value != 0.0)));
            for &instructions in others {
                let found = results(instructions, sizes);
                if instructions.is_fused() {
                    assert_eq!(found, expected, "{instructions:?} {sizes:?}");
                }
                for (found, expected) in found.iter().zip(&expected) {
                    let largest = expected.iter().fold(1.0, |largest: f32, value| largest.max(value.abs()));
                    let differs = found.iter().zip(expected).any(|(f, e)| (f - e).abs() > 1e-6 * largest);
                    assert!(!differs, "{instructions:?} {sizes:?}");
                }
            }
        }
    }

    #[test]
    fn backward_works_once_for_each_forward_pass() {
        let flat = BiLstmAttention::flat_len(1, 2);
        let weights = Tensor::from_vec(numbers(flat, 37), (1, flat), &Device::Cpu).unwrap();
        let layer = BiLstmAttention::new(3, 1, 2, weights).unwrap();
        let x = Tensor::ones((2, 1, 3, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
        let (contexts, _) = layer.forward(&x, &Mode::Train(None)).unwrap();
        let sum = contexts.sum_all().unwrap();
        assert!(sum.backward().is_ok());
        assert!(sum.backward().unwrap_err().to_string().contains("once"));
        assert!(layer.forward(&x.narrow(2, 0, 2).unwrap(), &Mode::Infer).is_err());
    }
}
