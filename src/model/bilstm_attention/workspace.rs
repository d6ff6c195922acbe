//! The memory of one pass through the layer on the processor, and what is computed in it.
//!
//! A task for the thread pool is one group and one block of genes; its two directions are two tasks
//! more. Sums over blocks are made in their order.

use rayon::prelude::*;

use super::{BiLstmAttention, Dropout, Mode, Pooling};
use crate::model::kernel::{self, Attention, Backward, Dims, DirectionWeights, InstructionSet, Stash};
use crate::model::lanes::{LANES, Lanes};

/// What the dropout keys of neighbouring tasks differ by.
pub(super) const BLOCK_KEY: u64 = 0xd1b5_4a32_d192_ed03;

/// What is asked for.
pub(super) struct PassSettings {
    pub groups: usize,
    pub dims: Dims,
    pub pooling: Pooling,
    pub instructions: InstructionSet,
    pub mode: Mode,
}

impl PassSettings {
    /// Whether a backward pass will follow.
    pub fn keeps(&self) -> bool {
        self.mode != Mode::Infer
    }

    /// Weights of one group.
    fn flat_len(&self) -> usize {
        BiLstmAttention::flat_len_of(&self.dims, self.pooling)
    }

    /// Outputs of one gene and group.
    pub fn out_len(&self) -> usize {
        2 * self.dims.hidden + self.dims.steps
    }

    /// Does both directions of a block, at the same time where that is worth a thread's waking up.
    fn both(&self, forward: impl FnOnce() + Send, reverse: impl FnOnce() + Send) {
        let products = self.dims.steps * self.dims.rows() * self.dims.columns();
        if products < 100_000 {
            forward();
            reverse();
        } else {
            rayon::join(forward, reverse);
        }
    }

    /// Inputs of one gene, all groups.
    fn gene_len(&self) -> usize {
        self.groups * self.dims.steps * self.dims.inputs
    }
}

/// All memory that a pass needs; kept from pass to pass.
#[derive(Debug)]
pub(super) struct Workspace {
    groups: Vec<Group>,
    genes: usize,
    keep: bool,
}

/// Memory of one group.
#[derive(Debug, Default)]
struct Group {
    /// [direction].
    weights: [DirectionWeights; 2],
    /// Context vector, [direction][unit].
    vector: Vec<f32>,
    blocks: Vec<Block>,
}

/// Memory of one group and block of genes.
#[derive(Debug)]
struct Block {
    /// [direction].
    stashes: [Stash; 2],
    attention: Attention,
    /// [direction]; backward only, as all that follow.
    weight_gradients: [Vec<f32>; 2],
    input_gradients: [Vec<Lanes>; 2],
    /// [direction][unit].
    vector_gradient: Vec<f32>,
}

impl Workspace {
    pub fn new(pass: &PassSettings) -> Self {
        let groups = (0..pass.groups).map(|_| Group::default()).collect();
        Workspace { groups, genes: 0, keep: pass.keeps() }
    }

    /// Whether it is of passes of this kind.
    pub fn suits(&self, pass: &PassSettings) -> bool {
        self.keep == pass.keeps() && self.groups.len() == pass.groups
    }

    /// From `x`, [gene, group, step, input], and weights, [group, flat], to [gene, group, 2 × hidden + step].
    pub fn forward(&mut self, pass: &PassSettings, x: &[f32], weights: &[f32], genes: usize) -> Vec<f32> {
        self.genes = genes;
        let groups = self.groups.par_iter_mut().zip(weights.par_chunks_exact(pass.flat_len()));
        groups.with_max_len(1).enumerate().for_each(|(at, (group, flat))| group.forward(pass, at, flat, x, genes));
        let mut out = vec![0.0; genes * pass.groups * pass.out_len()];
        let blocks = out.par_chunks_mut(LANES * pass.groups * pass.out_len());
        blocks.enumerate().for_each(|(at, block)| {
            for (lane, gene) in block.chunks_exact_mut(pass.groups * pass.out_len()).enumerate() {
                for (group, out) in self.groups.iter().zip(gene.chunks_exact_mut(pass.out_len())) {
                    group.blocks[at].outputs(pass, lane, out);
                }
            }
        });
        out
    }

    /// Gradients of the weights, [group, flat], and, where asked for, of `x`.
    pub fn backward(&mut self, pass: &PassSettings, gradient: &[f32], of_inputs: bool) -> (Vec<f32>, Option<Vec<f32>>) {
        let genes = self.genes;
        let mut weight_gradient = vec![0.0; pass.groups * pass.flat_len()];
        let groups = self.groups.par_iter_mut().zip(weight_gradient.par_chunks_exact_mut(pass.flat_len()));
        groups.with_max_len(1).enumerate().for_each(|(at, (group, flat))| {
            group.backward(pass, at, gradient, genes, of_inputs, flat);
        });
        let input_gradient = of_inputs.then(|| {
            let mut inputs = vec![0.0; genes * pass.gene_len()];
            inputs.par_chunks_mut(LANES * pass.gene_len()).enumerate().for_each(|(at, block)| {
                for (lane, gene) in block.chunks_exact_mut(pass.gene_len()).enumerate() {
                    for (group, values) in self.groups.iter().zip(gene.chunks_exact_mut(gene_len(pass))) {
                        group.blocks[at].input_gradient(pass, lane, values);
                    }
                }
            });
            inputs
        });
        (weight_gradient, input_gradient)
    }
}

/// Inputs of one gene and group.
fn gene_len(pass: &PassSettings) -> usize {
    pass.dims.steps * pass.dims.inputs
}

impl Group {
    /// `at` is the number of the group.
    fn forward(&mut self, pass: &PassSettings, at: usize, flat: &[f32], x: &[f32], genes: usize) {
        let (dims, units, hidden) = (&pass.dims, pass.dims.units(), pass.dims.hidden);
        let (directions, vector) = flat.split_at(2 * kernel::flat_len(dims));
        self.vector.resize(2 * units, 0.0);
        for (weights, flat) in self.weights.iter_mut().zip(directions.chunks_exact(kernel::flat_len(dims))) {
            weights.fill(dims, pass.instructions, flat);
        }
        // none where there is no attention
        for (own, vector) in self.vector.chunks_exact_mut(units).zip(vector.chunks_exact(hidden)) {
            own[..hidden].copy_from_slice(vector);
        }
        while self.blocks.len() < genes.div_ceil(LANES) {
            self.blocks.push(Block::new(pass));
        }
        let Group { weights, vector, blocks } = self;
        let blocks = blocks[..genes.div_ceil(LANES)].par_iter_mut().with_max_len(1);
        blocks.enumerate().for_each(|(block_at, block)| block.forward(pass, [block_at, at], weights, vector, x));
    }

    fn backward(
        &mut self,
        pass: &PassSettings,
        at: usize,
        gradient: &[f32],
        genes: usize,
        of_inputs: bool,
        flat: &mut [f32],
    ) {
        let (dims, units, hidden) = (&pass.dims, pass.dims.units(), pass.dims.hidden);
        let Group { weights, vector, blocks } = self;
        let blocks = &mut blocks[..genes.div_ceil(LANES)];
        blocks.par_iter_mut().with_max_len(1).enumerate().for_each(|(block_at, block)| {
            block.take_gradient(pass, [block_at, at], gradient);
            block.backward(pass, weights, vector, of_inputs);
        });
        let (directions, vector) = flat.split_at_mut(2 * kernel::flat_len(dims));
        for block in blocks {
            for (direction, flat) in directions.chunks_exact_mut(kernel::flat_len(dims)).enumerate() {
                kernel::add_to_flat(dims, &block.weight_gradients[direction], flat);
            }
            for (vector, from) in vector.chunks_exact_mut(hidden).zip(block.vector_gradient.chunks_exact(units)) {
                vector.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }
}

impl Block {
    fn new(pass: &PassSettings) -> Self {
        let stash = || Stash::new(&pass.dims, pass.keeps());
        Block {
            stashes: [stash(), stash()],
            attention: Attention::new(&pass.dims),
            weight_gradients: Default::default(),
            input_gradients: Default::default(),
            vector_gradient: Vec::new(),
        }
    }

    /// `block` and `group` are their numbers.
    fn forward(
        &mut self,
        pass: &PassSettings,
        [block, group]: [usize; 2],
        weights: &[DirectionWeights; 2],
        vector: &[f32],
        x: &[f32],
    ) {
        let run = |direction: usize, stash: &mut Stash| {
            take_inputs(pass, [block, group], direction, stash, x);
            kernel::forward(pass.instructions, &pass.dims, &weights[direction], stash);
            match &pass.mode {
                Mode::Train(Some(Dropout { rate, keys, first_gene })) => {
                    // counted among the tasks of its own model, so that it drops what it would alone
                    let own_groups = pass.groups / keys.len();
                    let block = first_gene / LANES + block;
                    let own = 2 * (block * own_groups + group % own_groups) + direction;
                    let key = keys[group / own_groups];
                    let block_key = key.wrapping_add((own as u64).wrapping_mul(BLOCK_KEY));
                    stash.drop_outputs(&pass.dims, *rate, block_key);
                }
                _ => stash.keep_outputs(),
            }
        };
        let [forward, reverse] = &mut self.stashes;
        pass.both(|| run(0, forward), || run(1, reverse));
        match pass.pooling {
            Pooling::Attention => {
                kernel::attend(pass.instructions, &pass.dims, vector, &self.stashes, &mut self.attention);
            }
            Pooling::Last => self.attention.take_last(&pass.dims, &self.stashes),
            Pooling::Mean => self.attention.take_mean(&pass.dims, &self.stashes),
        }
    }

    /// Contexts, then attention, of one gene.
    fn outputs(&self, pass: &PassSettings, lane: usize, out: &mut [f32]) {
        let (contexts, attention) = out.split_at_mut(2 * pass.dims.hidden);
        let directions = self.attention.context.chunks_exact(pass.dims.units());
        for (contexts, units) in contexts.chunks_exact_mut(pass.dims.hidden).zip(directions) {
            contexts.iter_mut().zip(units).for_each(|(to, lanes)| *to = lanes.0[lane]);
        }
        attention.iter_mut().zip(&self.attention.weights).for_each(|(to, lanes)| *to = lanes.0[lane]);
    }

    /// Takes the block's part of the gradient of all outputs; lanes without a gene get 0.
    fn take_gradient(&mut self, pass: &PassSettings, [block, group]: [usize; 2], gradient: &[f32]) {
        let (hidden, out_len) = (pass.dims.hidden, pass.out_len());
        let mut genes = gradient.chunks_exact(pass.groups * out_len).skip(block * LANES);
        for lane in 0..LANES {
            let own = genes.next().map(|gene| &gene[group * out_len..][..out_len]);
            let at = |offset: usize| own.map_or(0.0, |own| own[offset]);
            let directions = self.attention.context_gradient.chunks_exact_mut(pass.dims.units());
            for (direction, units) in directions.enumerate() {
                units[..hidden]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(unit, to)| to.0[lane] = at(direction * hidden + unit));
            }
            let steps = self.attention.weight_gradient.iter_mut().enumerate();
            steps.for_each(|(step, to)| to.0[lane] = at(2 * hidden + step));
        }
    }

    fn backward(&mut self, pass: &PassSettings, weights: &[DirectionWeights; 2], vector: &[f32], of_inputs: bool) {
        let (dims, units) = (&pass.dims, pass.dims.units());
        self.vector_gradient.resize(2 * units, 0.0);
        let Block { stashes, attention, weight_gradients, input_gradients, vector_gradient } = self;
        let last = (pass.pooling == Pooling::Last).then(|| [attention.only(dims.steps - 1), attention.only(0)]);
        if pass.pooling == Pooling::Attention {
            kernel::attend_backward(pass.instructions, dims, stashes, attention, vector_gradient);
        }
        let attention = &*attention;
        let run = |direction: usize, stash: &mut Stash, weight_gradient: &mut Vec<f32>, inputs: &mut Vec<Lanes>| {
            weight_gradient.resize(dims.rows() * dims.columns(), 0.0);
            let work = Backward {
                reverse: direction == 1,
                vector: &vector[direction * units..][..units],
                attention: last.as_ref().map_or(attention, |last| &last[direction]),
                weight_gradient,
                input_gradient: of_inputs.then_some(inputs),
            };
            kernel::backward(pass.instructions, dims, &weights[direction], stash, work);
        };
        let [forward, reverse] = stashes;
        let [forward_weights, reverse_weights] = weight_gradients;
        let [forward_inputs, reverse_inputs] = input_gradients;
        pass.both(
            || run(0, forward, forward_weights, forward_inputs),
            || run(1, reverse, reverse_weights, reverse_inputs),
        );
    }

    /// The gradient of one gene's inputs, [step, input].
    fn input_gradient(&self, pass: &PassSettings, lane: usize, out: &mut [f32]) {
        let Dims { steps, inputs, .. } = pass.dims;
        let [forward, reverse] = &self.input_gradients;
        for (time, out) in out.chunks_exact_mut(inputs).enumerate() {
            // the backward pass wrote its steps last to first
            let both = forward[(steps - 1 - time) * inputs..].iter().zip(&reverse[time * inputs..]);
            out.iter_mut().zip(both).for_each(|(to, (f, r))| *to = f.0[lane] + r.0[lane]);
        }
    }
}

/// Puts the inputs of a block of genes where the kernel wants them, in the order of the direction; lanes
/// without a gene get 0.
fn take_inputs(pass: &PassSettings, [block, group]: [usize; 2], direction: usize, stash: &mut Stash, x: &[f32]) {
    let Dims { steps, inputs, .. } = pass.dims;
    let genes = x.chunks_exact(pass.gene_len()).skip(block * LANES).take(LANES);
    for lane in genes.len()..LANES {
        (0..steps).for_each(|step| stash.inputs_mut(&pass.dims, step).iter_mut().for_each(|z| z.0[lane] = 0.0));
    }
    for (lane, gene) in genes.enumerate() {
        for (time, values) in gene[group * gene_len(pass)..].chunks_exact(inputs).take(steps).enumerate() {
            let step = if direction == 0 { time } else { steps - 1 - time };
            for (lanes, &value) in stash.inputs_mut(&pass.dims, step).iter_mut().zip(values) {
                lanes.0[lane] = value;
            }
        }
    }
}
