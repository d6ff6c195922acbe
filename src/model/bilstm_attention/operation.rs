//! One pass through the layer as an operation of candle: who computes what in which memory.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "cuda")]
use candle_core::CudaStorage;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{BiLstmAttention, Dropout, Mode};
#[cfg(feature = "cuda")]
use crate::model::cuda::Level;
use crate::model::kernel::{self, Attention, Backward, Dims, InstructionSet, Stash, Weights};
use crate::model::lanes::{LANES, Lanes};

/// What the dropout keys of neighbouring tasks differ by.
const BLOCK_KEY: u64 = 0xd1b5_4a32_d192_ed03;

/// All memory that one pass needs; kept from pass to pass.
#[derive(Debug)]
pub(super) struct Workspace {
    /// [group × direction].
    weights: Vec<Weights>,
    /// [group]: context vector, [direction][unit].
    vectors: Vec<Vec<f32>>,
    /// [block × group × direction].
    stashes: Vec<Stash>,
    /// [block × group].
    attentions: Vec<Attention>,
    /// [block × group × direction], backward only.
    weight_gradients: Vec<Vec<f32>>,
    input_gradients: Vec<Vec<Lanes>>,
    /// [block × group], backward only: [direction][unit].
    vector_gradients: Vec<Vec<f32>>,
    genes: usize,
}

/// One pass. Output: [gene, group, 2 × hidden + step], contexts then attention.
pub(super) struct Operation {
    groups: usize,
    dims: Dims,
    instructions: InstructionSet,
    mode: Mode,
    input_gradient: bool,
    workspace: Mutex<Option<Workspace>>,
    spare: Arc<Mutex<Vec<Workspace>>>,
    #[cfg(feature = "cuda")]
    on_gpu: crate::model::cuda::Pass,
}

impl Drop for Operation {
    fn drop(&mut self) {
        let workspace = self.workspace.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(workspace) = workspace {
            self.give_back(workspace);
        }
    }
}

impl Operation {
    /// `input_gradient`: whether the backward pass must give the gradient of the inputs too.
    pub fn new(layer: &BiLstmAttention, mode: &Mode, input_gradient: bool) -> Self {
        Operation {
            groups: layer.groups,
            dims: layer.dims,
            instructions: layer.instructions,
            mode: mode.clone(),
            input_gradient,
            workspace: Mutex::new(None),
            spare: layer.spare.clone(),
            #[cfg(feature = "cuda")]
            on_gpu: crate::model::cuda::Pass::new(layer.spare_on_gpu.clone()),
        }
    }

    fn keep(&self) -> bool {
        self.mode != Mode::Infer
    }

    fn give_back(&self, workspace: Workspace) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }

    /// A spare workspace, or a new one, large enough for `genes`.
    fn workspace(&self, genes: usize) -> Workspace {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = spare.iter().position(|workspace| workspace.stashes.iter().all(|s| s.keeps() == self.keep()));
        let mut workspace = fitting.map(|at| spare.swap_remove(at)).unwrap_or_else(|| Workspace {
            weights: (0..2 * self.groups).map(|_| Weights::default()).collect(),
            vectors: vec![vec![0.0; 2 * self.dims.units()]; self.groups],
            stashes: Vec::new(),
            attentions: Vec::new(),
            weight_gradients: Vec::new(),
            input_gradients: Vec::new(),
            vector_gradients: Vec::new(),
            genes: 0,
        });
        drop(spare);
        let tasks = genes.div_ceil(LANES) * self.groups;
        while workspace.attentions.len() < tasks {
            workspace.attentions.push(Attention::new(&self.dims));
            workspace.stashes.push(Stash::new(&self.dims, self.keep()));
            workspace.stashes.push(Stash::new(&self.dims, self.keep()));
        }
        workspace.genes = genes;
        workspace
    }

    fn flat_len(&self) -> usize {
        2 * kernel::flat_len(&self.dims) + 2 * self.dims.hidden
    }

    fn out_len(&self) -> usize {
        2 * self.dims.hidden + self.dims.steps
    }

    fn run_forward(&self, x: &[f32], weights: &[f32], genes: usize) -> Vec<f32> {
        let Dims { steps, inputs, hidden } = self.dims;
        let (dims, groups, units) = (&self.dims, self.groups, self.dims.units());
        let mut workspace = self.workspace(genes);
        let direction_len = kernel::flat_len(dims);
        for (group, flat) in weights.chunks_exact(self.flat_len()).enumerate() {
            let (directions, vector) = flat.split_at(2 * direction_len);
            for (direction, flat) in directions.chunks_exact(direction_len).enumerate() {
                workspace.weights[2 * group + direction].fill(dims, self.instructions, flat);
                let padded = &mut workspace.vectors[group][direction * units..][..hidden];
                padded.copy_from_slice(&vector[direction * hidden..][..hidden]);
            }
        }
        let tasks = genes.div_ceil(LANES) * groups;
        let (weights, vectors) = (&workspace.weights, &workspace.vectors);
        workspace.stashes[..2 * tasks].par_iter_mut().with_max_len(1).enumerate().for_each(|(at, stash)| {
            let (task, direction) = (at / 2, at % 2);
            let (first, group) = (task / groups * LANES, task % groups);
            let genes = x.chunks_exact(groups * steps * inputs).skip(first).take(LANES);
            for lane in genes.len()..LANES {
                (0..steps).for_each(|step| stash.inputs_mut(dims, step).iter_mut().for_each(|z| z.0[lane] = 0.0));
            }
            for (lane, gene) in genes.enumerate() {
                for (time, values) in gene[group * steps * inputs..].chunks_exact(inputs).take(steps).enumerate() {
                    let step = if direction == 0 { time } else { steps - 1 - time };
                    for (lanes, &value) in stash.inputs_mut(dims, step).iter_mut().zip(values) {
                        lanes.0[lane] = value;
                    }
                }
            }
            kernel::forward(self.instructions, dims, &weights[2 * group + direction], stash);
            match &self.mode {
                Mode::Train(Some(Dropout { rate, keys, first_gene })) => {
                    // counted among the tasks of its own model, so that it drops what it would alone
                    let own_groups = groups / keys.len();
                    let block = first_gene / LANES + task / groups;
                    let own = 2 * (block * own_groups + group % own_groups) + direction;
                    let key = keys[group / own_groups];
                    let block_key = key.wrapping_add((own as u64).wrapping_mul(BLOCK_KEY));
                    stash.drop_outputs(dims, *rate, block_key);
                }
                _ => stash.keep_outputs(),
            }
        });
        let stashes = &workspace.stashes;
        workspace.attentions[..tasks].par_iter_mut().with_max_len(1).enumerate().for_each(|(task, attention)| {
            kernel::attend(
                self.instructions,
                dims,
                &vectors[task % groups],
                &stashes[2 * task..2 * task + 2],
                attention,
            );
        });
        let mut out = Vec::with_capacity(genes * groups * self.out_len());
        for gene in 0..genes {
            for group in 0..groups {
                let attention = &workspace.attentions[gene / LANES * groups + group];
                let directions = attention.context.chunks_exact(units);
                out.extend(directions.flat_map(|units| &units[..hidden]).map(|lanes| lanes.0[gene % LANES]));
                out.extend(attention.weights.iter().map(|lanes| lanes.0[gene % LANES]));
            }
        }
        if self.keep() {
            *self.workspace.lock().unwrap_or_else(PoisonError::into_inner) = Some(workspace);
        } else {
            self.give_back(workspace);
        }
        out
    }

    /// Gradients of the weights [group, flat] and, where asked for, of `x`.
    fn run_backward(&self, workspace: &mut Workspace, out_gradient: &[f32]) -> (Vec<f32>, Option<Vec<f32>>) {
        let Dims { steps, inputs, hidden } = self.dims;
        let (dims, groups, units, genes) = (&self.dims, self.groups, self.dims.units(), workspace.genes);
        let tasks = genes.div_ceil(LANES) * groups;
        workspace.vector_gradients.resize(workspace.attentions.len(), vec![0.0; 2 * units]);
        workspace.weight_gradients.resize(workspace.stashes.len(), vec![0.0; dims.rows() * dims.columns()]);
        workspace.input_gradients.resize(workspace.stashes.len(), Vec::new());

        let stashes = &workspace.stashes;
        let attentions = workspace.attentions[..tasks].par_iter_mut().zip(&mut workspace.vector_gradients);
        attentions.with_max_len(1).enumerate().for_each(|(task, (attention, vector_gradient))| {
            let (first, group) = (task / groups * LANES, task % groups);
            let at = |lane: usize, offset: usize| {
                let gene = first + lane;
                if gene < genes { out_gradient[(gene * groups + group) * self.out_len() + offset] } else { 0.0 }
            };
            for (direction, gradient) in attention.context_gradient.chunks_exact_mut(units).enumerate() {
                for (unit, lanes) in gradient[..hidden].iter_mut().enumerate() {
                    *lanes = Lanes(std::array::from_fn(|lane| at(lane, direction * hidden + unit)));
                }
            }
            for (step, lanes) in attention.weight_gradient.iter_mut().enumerate() {
                *lanes = Lanes(std::array::from_fn(|lane| at(lane, 2 * hidden + step)));
            }
            let both = &stashes[2 * task..2 * task + 2];
            kernel::attend_backward(self.instructions, dims, both, attention, vector_gradient);
        });

        let (weights, vectors, attentions) = (&workspace.weights, &workspace.vectors, &workspace.attentions);
        let stashes = workspace.stashes[..2 * tasks].par_iter_mut();
        let gradients = stashes.zip(&mut workspace.weight_gradients).zip(&mut workspace.input_gradients);
        gradients.with_max_len(1).enumerate().for_each(|(at, ((stash, weight_gradient), input_gradient))| {
            let (task, direction) = (at / 2, at % 2);
            let group = task % groups;
            let work = Backward {
                reverse: direction == 1,
                vector: &vectors[group][direction * units..][..units],
                attention: &attentions[task],
                weight_gradient,
                input_gradient: self.input_gradient.then_some(input_gradient),
            };
            kernel::backward(self.instructions, dims, &weights[2 * group + direction], stash, work);
        });

        let mut weight_gradient = vec![0.0; groups * self.flat_len()];
        let direction_len = kernel::flat_len(dims);
        weight_gradient.par_chunks_exact_mut(self.flat_len()).enumerate().for_each(|(group, flat)| {
            let (directions, vector) = flat.split_at_mut(2 * direction_len);
            for task in (group..tasks).step_by(groups) {
                for (direction, flat) in directions.chunks_exact_mut(direction_len).enumerate() {
                    kernel::add_to_flat(dims, &workspace.weight_gradients[2 * task + direction], flat);
                    let from = &workspace.vector_gradients[task][direction * units..][..hidden];
                    vector[direction * hidden..][..hidden].iter_mut().zip(from).for_each(|(to, from)| *to += from);
                }
            }
        });
        let input_gradient = self.input_gradient.then(|| {
            let mut gradient = Vec::with_capacity(genes * groups * steps * inputs);
            for gene in 0..genes {
                for group in 0..groups {
                    let task = gene / LANES * groups + group;
                    let [forward, reverse] = [0, 1].map(|direction| &workspace.input_gradients[2 * task + direction]);
                    for time in 0..steps {
                        // the backward pass wrote its steps last to first
                        let (f, r) = (steps - 1 - time, time);
                        gradient.extend((0..inputs).map(|input| {
                            forward[f * inputs + input].0[gene % LANES] + reverse[r * inputs + input].0[gene % LANES]
                        }));
                    }
                }
            }
            gradient
        });
        (weight_gradient, input_gradient)
    }
}

impl CustomOp2 for Operation {
    fn name(&self) -> &'static str {
        "bilstm-attention"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout, w: &CpuStorage, wl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (Some((x_start, x_end)), Some((w_start, w_end))) = (xl.contiguous_offsets(), wl.contiguous_offsets())
        else {
            bail!("the LSTM layer needs contiguous inputs")
        };
        let genes = xl.dims()[0];
        let out = self.run_forward(&x.as_slice::<f32>()?[x_start..x_end], &w.as_slice::<f32>()?[w_start..w_end], genes);
        Ok((CpuStorage::F32(out), (genes, self.groups, self.out_len()).into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &CudaStorage, xl: &Layout, w: &CudaStorage, wl: &Layout) -> Result<(CudaStorage, Shape)> {
        let (genes, Dims { steps, inputs, hidden }) = (xl.dims()[0], self.dims);
        let (dropout, keys, first_gene) = match &self.mode {
            Mode::Train(Some(Dropout { rate, keys, first_gene })) => (*rate, &keys[..], *first_gene),
            _ => (0.0, [].as_slice(), 0),
        };
        let groups_per_model = self.groups / keys.len().max(1);
        // the kernels count blocks from the first gene that they see, so the keys begin further on
        let skipped = (2 * (first_gene / LANES) * groups_per_model) as u64;
        let keys: Vec<u64> = keys.iter().map(|key| key.wrapping_add(skipped.wrapping_mul(BLOCK_KEY))).collect();
        let (groups, keep) = (self.groups, self.keep());
        let level = Level { genes, groups, steps, inputs, hidden, keep, groups_per_model, dropout };
        let out = self.on_gpu.forward(level, &keys, (x, xl), (w, wl))?;
        Ok((out, (genes, groups, self.out_len()).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _out: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        #[cfg(feature = "cuda")]
        if x.device().is_cuda() {
            let (dx, dw) = self.on_gpu.backward([x, w, _out, gradient], self.input_gradient)?;
            return Ok((dx, Some(dw)));
        }
        // taken, because the backward pass overwrites the gates
        let Some(mut workspace) = self.workspace.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            bail!("the LSTM layer can go backward once for each forward pass in training mode")
        };
        let (dw, dx) = self.run_backward(&mut workspace, &gradient.flatten_all()?.to_vec1::<f32>()?);
        self.give_back(workspace);
        let dw = Tensor::from_vec(dw, w.shape(), w.device())?;
        let dx = dx.map(|dx| Tensor::from_vec(dx, x.shape(), x.device())).transpose()?;
        Ok((dx, Some(dw)))
    }
}
