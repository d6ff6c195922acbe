//! Adam, AdamW and SGD for several models at once, with a state that can be written and read back,
//! and clipping by each model's norm. The arithmetic is PyTorch's.

#[cfg(feature = "cuda")]
use candle_core::CudaStorage;
use candle_core::{CpuStorage, CustomOp1, Device, InplaceOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::regime::{OptimizerKind, Regime};
#[cfg(feature = "cuda")]
use crate::model::cuda;

/// What the optimiser keeps of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Steps made.
    pub steps: u64,
    /// One array for each of [`OptimizerKind::moments`], one number a weight.
    pub moments: Vec<Vec<f32>>,
}

impl OptimizerState {
    /// Before the first step.
    pub fn new(method: OptimizerKind, n_weights: usize) -> Self {
        OptimizerState { steps: 0, moments: vec![vec![0.0; n_weights]; method.moments().len()] }
    }
}

/// The weights of several models and what their optimiser keeps of them, on the device.
#[derive(Debug)]
pub struct Optimizer {
    regime: Regime,
    /// [model, 1 + moment, weight]: weights, then moments.
    state: Tensor,
    /// Steps that each model has made.
    steps: Vec<u64>,
}

impl Optimizer {
    /// Goes on from weights and states, one each a model.
    ///
    /// # Errors
    /// If there is no model, or lengths differ.
    pub fn new(regime: Regime, models: &[(&[f32], &OptimizerState)], device: &Device) -> Result<Self> {
        let Some(n_weights) = models.first().map(|(weights, _)| weights.len()) else { bail!("no model to train") };
        let rows = 1 + regime.optimizer.moments().len();
        let mut state = Vec::with_capacity(models.len() * rows * n_weights);
        for (weights, moments) in models {
            state.extend_from_slice(weights);
            moments.moments.iter().for_each(|row| state.extend_from_slice(row));
        }
        let state = Tensor::from_vec(state, (models.len(), rows, n_weights), device)?;
        Ok(Optimizer { regime, state, steps: models.iter().map(|(_, state)| state.steps).collect() })
    }

    /// Where weights and state are.
    pub fn device(&self) -> &Device {
        self.state.device()
    }

    /// The weights, [model, weight].
    ///
    /// # Errors
    /// If the device fails.
    pub fn weights(&self) -> Result<Tensor> {
        self.state.narrow(1, 0, 1)?.squeeze(1)
    }

    /// Weights and state of every model, on the host.
    ///
    /// # Errors
    /// If the device fails.
    pub fn to_host(&self) -> Result<Vec<(Vec<f32>, OptimizerState)>> {
        let models = self.state.to_vec3::<f32>()?.into_iter().zip(&self.steps);
        let split = |(mut rows, &steps): (Vec<Vec<f32>>, &u64)| {
            let moments = rows.split_off(1);
            (rows.swap_remove(0), OptimizerState { steps, moments })
        };
        Ok(models.map(split).collect())
    }

    /// Moves the weights of the models that are `active` against `gradient`, [model, weight]; the
    /// others stay as they are, state included.
    ///
    /// # Errors
    /// If the gradient has another shape.
    pub fn step(&mut self, gradient: &Tensor, learning_rate: f64, active: &[bool]) -> Result<()> {
        let rates = self.steps.iter_mut().zip(active).map(|(steps, &active)| {
            *steps += u64::from(active);
            active.then(|| Rates::new(self.regime.optimizer, learning_rate, *steps))
        });
        let update = Update { regime: &self.regime, learning_rate, rates: rates.collect() };
        let gradient = match self.regime.clip_value {
            Some(largest) => gradient.clamp(-largest, largest)?,
            None => gradient.clone(),
        };
        let squares = gradient.apply_op1_no_bwd(&SquaredNorm)?;
        self.state.inplace_op3(&gradient, &squares, &update)
    }
}

/// What changes from step to step: Adam's rate and the root of its second correction.
#[derive(Clone, Copy, Debug)]
struct Rates {
    step_size: f32,
    root_correction: f32,
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Rates {
    fn new(method: OptimizerKind, learning_rate: f64, steps: u64) -> Self {
        if method == OptimizerKind::Sgd {
            return Rates { step_size: learning_rate as f32, root_correction: 1.0 };
        }
        // β raised by repeated multiplication: `powi` may differ from platform to platform
        let correction = |beta: f64| 1.0 - whole_power(beta, steps);
        Rates {
            step_size: (learning_rate / correction(BETA_1)) as f32,
            root_correction: correction(BETA_2).sqrt() as f32,
        }
    }
}

/// `base` to a whole power by squaring: the same bits everywhere.
fn whole_power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// Sum of squares of each row of [model, weight]: f64 \[model\].
struct SquaredNorm;

impl CustomOp1 for SquaredNorm {
    fn name(&self) -> &'static str {
        "squared-norm"
    }

    fn cpu_fwd(&self, gradient: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (models, weights) = layout.shape().dims2()?;
        let gradient = contiguous(gradient, layout)?;
        let squares = gradient.par_chunks_exact(weights.max(1)).map(sum_of_squares).collect();
        Ok((CpuStorage::F64(squares), models.into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, gradient: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let shape = layout.shape().dims2()?;
        Ok((cuda::squared_norm((gradient, layout), shape)?, shape.0.into()))
    }
}

/// In sixteen sums side by side, so that the order is fixed and the additions need not wait for one
/// another.
fn sum_of_squares(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0f64; 16];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        *sum += f64::from(value) * f64::from(value);
    }
    sums.iter().sum()
}

/// The factor that shortens a gradient to the largest norm, as `torch.nn.utils.clip_grad_norm_`.
fn clip_factor(square: f64, largest: Option<f64>) -> f32 {
    let (norm, largest) = (square.sqrt(), largest.unwrap_or(f64::INFINITY));
    if norm > largest { (largest / (norm + 1e-6)) as f32 } else { 1.0 }
}

/// One step of all models on [model, 1 + moment, weight], from gradients [model, weight] and their
/// squared norms \[model\].
struct Update<'a> {
    regime: &'a Regime,
    learning_rate: f64,
    /// One a model; `None` for those that make no step.
    rates: Vec<Option<Rates>>,
}

impl InplaceOp3 for Update<'_> {
    fn name(&self) -> &'static str {
        "optimizer-step"
    }

    fn cpu_fwd(
        &self,
        state: &mut CpuStorage,
        state_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
        squares: &CpuStorage,
        squares_layout: &Layout,
    ) -> Result<()> {
        let (_, weights) = self.check(state_layout, gradient_layout)?;
        let rows = 1 + self.regime.optimizer.moments().len();
        let gradient = contiguous(gradient, gradient_layout)?;
        let Some((start, end)) = squares_layout.contiguous_offsets() else { bail!("strided norms") };
        let squares = &squares.as_slice::<f64>()?[start..end];
        let (CpuStorage::F32(state), Some((start, end))) = (state, state_layout.contiguous_offsets()) else {
            bail!("the optimiser needs contiguous f32 weights")
        };
        let models = state[start..end].par_chunks_exact_mut(rows * weights).zip(gradient.par_chunks_exact(weights));
        models.zip(squares).zip(&self.rates).for_each(|(((state, gradient), &square), rates)| {
            let Some(rates) = rates else { return };
            let (weights, moments) = state.split_at_mut(weights);
            let factor = clip_factor(square, self.regime.clip_norm());
            match self.regime.optimizer {
                OptimizerKind::Adam => {
                    self.adam(weights, moments, gradient, factor, *rates, self.regime.weight_decay, 0.0)
                }
                OptimizerKind::AdamW => {
                    let shrink = self.learning_rate * self.regime.weight_decay;
                    self.adam(weights, moments, gradient, factor, *rates, 0.0, shrink);
                }
                OptimizerKind::Sgd => self.sgd(weights, moments, gradient, factor, *rates),
            }
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        state: &mut CudaStorage,
        state_layout: &Layout,
        gradient: &CudaStorage,
        gradient_layout: &Layout,
        squares: &CudaStorage,
        squares_layout: &Layout,
    ) -> Result<()> {
        let (models, weights) = self.check(state_layout, gradient_layout)?;
        let decay = self.regime.weight_decay;
        let (decay, method) = match self.regime.optimizer {
            OptimizerKind::Adam => (decay, cuda::StepMethod::Adam { keep: 1.0 }),
            OptimizerKind::AdamW => (0.0, cuda::StepMethod::Adam { keep: (1.0 - self.learning_rate * decay) as f32 }),
            OptimizerKind::Sgd => (decay, cuda::StepMethod::Sgd { momentum: self.regime.momentum() as f32 }),
        };
        let step =
            cuda::Step { clip_norm: self.regime.clip_norm().unwrap_or(f64::INFINITY), decay: decay as f32, method };
        let rates: Vec<f32> = self
            .rates
            .iter()
            .flat_map(|rates| rates.map_or([0.0; 2], |rates| [rates.step_size, rates.root_correction]))
            .collect();
        let (gradient, squares) = ((gradient, gradient_layout), (squares, squares_layout));
        cuda::optimizer_step(&step, (state, state_layout), gradient, squares, &rates, (models, weights))
    }
}

impl Update<'_> {
    /// Models and weights, if gradient and state have those of this step.
    fn check(&self, state: &Layout, gradient: &Layout) -> Result<(usize, usize)> {
        let (models, rows, weights) = state.shape().dims3()?;
        let moments = self.regime.optimizer.moments().len();
        if gradient.dims() != [models, weights] || self.rates.len() != models || rows != 1 + moments {
            bail!("the gradient {:?} is not of the state {:?}", gradient.dims(), state.dims());
        }
        Ok((models, weights))
    }

    /// `decay` is added to the gradient (L2); `shrink` is taken from the weights first (decoupled).
    #[expect(clippy::too_many_arguments, reason = "one loop serves both Adams")]
    fn adam(
        &self,
        weights: &mut [f32],
        moments: &mut [f32],
        gradient: &[f32],
        factor: f32,
        Rates { step_size, root_correction }: Rates,
        decay: f64,
        shrink: f64,
    ) {
        let (keep_1, add_1) = (BETA_1 as f32, (1.0 - BETA_1) as f32);
        let (keep_2, add_2) = (BETA_2 as f32, (1.0 - BETA_2) as f32);
        let (decay, keep, epsilon) = (decay as f32, (1.0 - shrink) as f32, EPSILON as f32);
        let (first, second) = moments.split_at_mut(weights.len());
        let moments = first.iter_mut().zip(second);
        for ((weight, &gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            let kept = *weight * keep;
            let gradient = gradient * factor + decay * kept;
            *first = keep_1 * *first + add_1 * gradient;
            *second = keep_2 * *second + add_2 * (gradient * gradient);
            *weight = kept - step_size * *first / (second.sqrt() / root_correction + epsilon);
        }
    }

    fn sgd(&self, weights: &mut [f32], momentum: &mut [f32], gradient: &[f32], factor: f32, rates: Rates) {
        let (keep, decay) = (self.regime.momentum() as f32, self.regime.weight_decay as f32);
        for ((weight, &gradient), momentum) in weights.iter_mut().zip(gradient).zip(momentum) {
            *momentum = keep * *momentum + (gradient * factor + decay * *weight);
            *weight -= rates.step_size * *momentum;
        }
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("the optimiser needs contiguous gradients") };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

#[cfg(test)]
mod tests;
