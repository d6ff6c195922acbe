//! Convolutions one after the other, each with bias, ReLU, the highest of neighbouring positions and dropout, as one
//! operation on the processor: sixteen genes side by side, from the input to the last layer's output.
//!
//! A task for the thread pool is some positions of one model and one block of genes. Sums are made in a fixed order, so
//! that results are the same for any number of threads, and a gene's result does not depend on the genes beside it.

mod layer;

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, Var, bail};
use rayon::prelude::*;

use self::layer::{ConvolutionPass, Layer};
use super::convolution::FrontEnd;
use super::lanes::{LANES, Lanes};
use super::{Dropout, InstructionSet, Mode, TensorSpec};

/// What a block of genes keeps from the forward pass for the backward pass.
type BlockLayers = Vec<Layer>;

/// The layers of several models.
#[derive(Debug)]
pub(super) struct Convolutions {
    /// Zeros before the sequence and after it, which the first layer sees.
    padding: [usize; 2],
    /// The first one's positions are those of the padded sequence.
    layers: Vec<FrontEnd>,
    /// Whether outputs are dropped in training.
    drops: bool,
    weights: Var,
    instructions: InstructionSet,
    spare: Arc<Mutex<Vec<Vec<BlockLayers>>>>,
}

impl Convolutions {
    /// From weights [model, flat], each row those of [`Self::tensors`].
    ///
    /// # Errors
    /// If there are more or fewer weights.
    pub fn new(layers: &[FrontEnd], padding: [usize; 2], drops: bool, weights: &Tensor) -> Result<Self> {
        let own: usize = Self::tensors(layers).iter().map(TensorSpec::n_weights).sum();
        if weights.dims2()?.1 != own {
            bail!("convolutions of {own} weights cannot have {}", weights.dims2()?.1);
        }
        Ok(Convolutions {
            padding,
            layers: layers.to_vec(),
            drops,
            weights: Var::from_tensor(&weights.contiguous()?)?,
            instructions: InstructionSet::best(),
            spare: Arc::default(),
        })
    }

    /// Weight and bias of each layer, `conv` where it is the only one, else `conv.0` and so on.
    pub fn tensors(layers: &[FrontEnd]) -> Vec<TensorSpec> {
        let name = |at: usize| if layers.len() == 1 { "conv".to_owned() } else { format!("conv.{at}") };
        layers.iter().enumerate().flat_map(|(at, layer)| layer.tensors(&name(at))).collect()
    }

    /// Others of the same sizes that work in the same memory.
    pub fn sibling(&self, weights: &Tensor) -> Result<Self> {
        let sibling = Self::new(&self.layers, self.padding, self.drops, weights)?;
        Ok(Convolutions { instructions: self.instructions, spare: self.spare.clone(), ..sibling })
    }

    /// Computes with these instructions, where the processor has them; else with the best it has.
    pub fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.instructions = if instructions.is_available() { instructions } else { InstructionSet::best() };
    }

    /// The weights, [model, flat].
    pub fn weights(&self) -> &Var {
        &self.weights
    }

    /// From [gene, model, channel, position] to [gene, model, position, filter].
    ///
    /// # Errors
    /// If `x` has another shape, or is not on the processor.
    pub fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Tensor> {
        let first = self.layers[0];
        let expected = [self.weights.dim(0)?, first.channels, first.n_bins - self.padding.iter().sum::<usize>()];
        if x.rank() != 4 || x.dims()[1..] != expected {
            bail!("the input of the convolutions is {:?}, expected [genes, {expected:?}]", x.dims());
        }
        if !x.device().is_cpu() {
            bail!("convolutions of DNA are computed on the processor only: leave the GPU out with --device cpu");
        }
        let pass = ConvolutionPass {
            instructions: self.instructions,
            padding: self.padding,
            mode: if self.drops || *mode == Mode::Infer { mode.clone() } else { Mode::Train(None) },
        };
        let op = Operation {
            layers: self.layers.clone(),
            pass,
            input_gradient: x.track_op(),
            blocks: Mutex::new(None),
            spare: self.spare.clone(),
        };
        match mode {
            Mode::Infer => x.detach().contiguous()?.apply_op2(&self.weights.detach(), op),
            Mode::Train(_) => x.contiguous()?.apply_op2(self.weights.as_tensor(), op),
        }
    }
}

/// One pass.
struct Operation {
    layers: Vec<FrontEnd>,
    pass: ConvolutionPass,
    /// Whether the backward pass must give the gradient of the inputs too.
    input_gradient: bool,
    /// Those of each model.
    blocks: Mutex<Option<Vec<BlockLayers>>>,
    spare: Arc<Mutex<Vec<Vec<BlockLayers>>>>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        if let Some(blocks) = self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            self.give_back(blocks);
        }
    }
}

impl Operation {
    fn give_back(&self, blocks: Vec<BlockLayers>) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    }

    /// Positions and filters of the last layer.
    fn out(&self) -> [usize; 2] {
        self.layers.last().map_or([0; 2], |last| [last.positions(), last.filters])
    }

    /// The part of a gene's numbers in [gene, model, …] that is of one model, for each gene of a block.
    fn genes(values: &[f32], [models, model, block]: [usize; 3], length: usize) -> impl Iterator<Item = &[f32]> {
        let genes = values.chunks_exact((models * length).max(1)).skip(block * LANES).take(LANES);
        genes.map(move |gene| &gene[model * length..][..length])
    }
}

impl CustomOp2 for Operation {
    fn name(&self) -> &'static str {
        "convolutions"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout, w: &CpuStorage, wl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (Some((from, to)), Some((w_from, w_to))) = (xl.contiguous_offsets(), wl.contiguous_offsets()) else {
            bail!("convolutions need contiguous inputs")
        };
        let (x, w) = (&x.as_slice::<f32>()?[from..to], &w.as_slice::<f32>()?[w_from..w_to]);
        let (genes, models, channels, positions) = xl.shape().dims4()?;
        let of_model = genes.div_ceil(LANES);
        let mut blocks = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        blocks.resize_with(models * of_model, Vec::new);
        let weights = w.chunks_exact(w.len() / models).map(|flat| layer::unpacked(&self.layers, flat));
        let weights: Vec<_> = weights.collect();
        blocks.par_iter_mut().with_max_len(1).enumerate().for_each(|(at, block)| {
            let (model, own) = (at / of_model, at % of_model);
            block.resize_with(self.layers.len(), Layer::default);
            block[0].take_inputs(
                &self.layers[0],
                &self.pass,
                Self::genes(x, [models, model, own], channels * positions),
            );
            for number in 0..self.layers.len() {
                let (own_layer, next) = block.split_at_mut(number + 1);
                let place = [model, own, number];
                own_layer[number].forward(&self.layers[number], &self.pass, &weights[model][number], place);
                if let Some(next) = next.first_mut() {
                    next.take_rows(&self.layers[number + 1], &own_layer[number]);
                }
            }
        });
        let [places, filters] = self.out();
        let mut out = vec![0.0; genes * models * places * filters];
        for (gene, values) in out.chunks_exact_mut((models * places * filters).max(1)).enumerate() {
            for (model, values) in values.chunks_exact_mut(places * filters).enumerate() {
                let block = &blocks[model * of_model + gene / LANES];
                if let Some(last) = block.last() {
                    last.write_outputs(filters, gene % LANES, values);
                }
            }
        }
        match self.pass.mode {
            Mode::Infer => self.give_back(blocks),
            Mode::Train(_) => *self.blocks.lock().unwrap_or_else(PoisonError::into_inner) = Some(blocks),
        }
        Ok((CpuStorage::F32(out), (genes, models, places, filters).into()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        // taken, because the backward pass overwrites what the forward pass kept
        let Some(mut blocks) = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            bail!("convolutions can go backward once for each forward pass in training mode")
        };
        let (genes, models, channels, positions) = x.shape().dims4()?;
        let of_model = genes.div_ceil(LANES);
        let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
        let flat = w.flatten_all()?.to_vec1::<f32>()?;
        let n_weights = flat.len() / models;
        let weights: Vec<_> = flat.chunks_exact(n_weights).map(|flat| layer::unpacked(&self.layers, flat)).collect();
        let [places, filters] = self.out();
        let of_blocks: Vec<Vec<f32>> = blocks
            .par_iter_mut()
            .with_max_len(1)
            .enumerate()
            .map(|(at, block)| {
                let (model, own) = (at / of_model, at % of_model);
                let mut of_weights = vec![0.0; n_weights];
                if let Some(last) = block.last_mut() {
                    last.take_gradient(filters, Self::genes(&gradient, [models, model, own], places * filters));
                }
                let mut end = n_weights;
                for number in (0..self.layers.len()).rev() {
                    let sizes = &self.layers[number];
                    let start = end - layer::n_weights(sizes);
                    let (before, own_layer) = block.split_at_mut(number);
                    let own_layer = &mut own_layer[0];
                    own_layer.backward(sizes, &self.pass, &weights[model][number], &mut of_weights[start..end]);
                    if number > 0 || self.input_gradient {
                        own_layer.backward_inputs(sizes, &self.pass, &weights[model][number]);
                    }
                    if let Some(before) = before.last_mut() {
                        before.take_gradient_of(own_layer);
                    }
                    end = start;
                }
                of_weights
            })
            .collect();
        let mut dw = vec![0.0; flat.len()];
        for (at, of_block) in of_blocks.iter().enumerate() {
            let sums = &mut dw[at / of_model * n_weights..][..n_weights];
            sums.iter_mut().zip(of_block).for_each(|(sum, term)| *sum += term);
        }
        let dx = self.input_gradient.then(|| {
            let mut dx = vec![0.0; genes * models * channels * positions];
            for (gene, values) in dx.chunks_exact_mut(models * channels * positions).enumerate() {
                for (model, values) in values.chunks_exact_mut(channels * positions).enumerate() {
                    let block = &blocks[model * of_model + gene / LANES];
                    block[0].write_input_gradient(&self.layers[0], &self.pass, gene % LANES, values);
                }
            }
            Tensor::from_vec(dx, x.shape(), x.device())
        });
        self.give_back(blocks);
        Ok((dx.transpose()?, Some(Tensor::from_vec(dw, w.shape(), w.device())?)))
    }
}
