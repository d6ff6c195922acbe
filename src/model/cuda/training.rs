//! Loss, norms and optimisers on a GPU, for the operations of `learn`.

use candle_core::cuda::cudarc::driver::CudaSlice;
use candle_core::{CudaDevice, CudaStorage, Layout, Result, bail};

use super::launch::{Module, address, address_of, run};
use super::plan::{self, Buffer, Launch, Step};

const MODULE: Module = Module { name: "attentrack-training", ptx: include_str!("training.ptx") };

/// A tensor as candle hands it to an operation.
type Given<'a> = (&'a CudaStorage, &'a Layout);

/// Loss of each model, \[model\]; logits, labels and weights are [gene, model].
pub(crate) fn cross_entropy(
    logit: Given<'_>,
    label: Given<'_>,
    weight: Given<'_>,
    (genes, models): (usize, usize),
) -> Result<CudaStorage> {
    per_gene(logit, label, weight, (Buffer::Loss, models), plan::cross_entropy(genes, models))
}

/// Its derivative by the logit, [gene, model].
pub(crate) fn cross_entropy_derivative(
    logit: Given<'_>,
    label: Given<'_>,
    weight: Given<'_>,
    (genes, models): (usize, usize),
) -> Result<CudaStorage> {
    let launch = plan::cross_entropy_derivative(genes, models);
    per_gene(logit, label, weight, (Buffer::Derivative, genes * models), launch)
}

fn per_gene(
    logit: Given<'_>,
    label: Given<'_>,
    weight: Given<'_>,
    (result, len): (Buffer, usize),
    launch: Launch,
) -> Result<CudaStorage> {
    let device = &logit.0.device;
    let out: CudaSlice<f32> = device.alloc_zeros(len)?;
    run(device, MODULE, &[launch], |buffer| match buffer {
        Buffer::Logit => address(logit.0, logit.1),
        Buffer::Label => address(label.0, label.1),
        Buffer::GeneWeight => address(weight.0, weight.1),
        own if own == result => Ok(address_of(device, &out)),
        other => unknown(other),
    })?;
    Ok(wrap(out, device))
}

/// Sum of squares of each row of [model, weight]: f64 \[model\].
pub(crate) fn squared_norm(gradient: Given<'_>, (models, weights): (usize, usize)) -> Result<CudaStorage> {
    let device = &gradient.0.device;
    let squares: CudaSlice<f64> = device.alloc_zeros(models)?;
    run(device, MODULE, &[plan::squared_norm(models, weights)], |buffer| match buffer {
        Buffer::Gradient => address(gradient.0, gradient.1),
        Buffer::Squares => Ok(address_of(device, &squares)),
        other => unknown(other),
    })?;
    Ok(CudaStorage::wrap_cuda_slice(squares, device.clone()))
}

/// Moves `state` [model, 1 + moment, weight] against `gradient` [model, weight], clipped by `squares`
/// \[model\]. `rates` are two a model: the rate, and the root of Adam's second correction (1 for SGD), or
/// zeros for a model that makes no step.
pub(crate) fn optimizer_step(
    step: &Step,
    state: Given<'_>,
    gradient: Given<'_>,
    squares: Given<'_>,
    rates: &[f32],
    (models, weights): (usize, usize),
) -> Result<()> {
    let device = &state.0.device;
    let rates = device.clone_htod(rates)?;
    run(device, MODULE, &[step.plan(models, weights)], |buffer| match buffer {
        Buffer::State => address(state.0, state.1),
        Buffer::Gradient => address(gradient.0, gradient.1),
        Buffer::Squares => address(squares.0, squares.1),
        Buffer::Rates => Ok(address_of(device, &rates)),
        other => unknown(other),
    })
}

fn wrap(slice: CudaSlice<f32>, device: &CudaDevice) -> CudaStorage {
    CudaStorage::wrap_cuda_slice(slice, device.clone())
}

fn unknown(buffer: Buffer) -> Result<u64> {
    bail!("no memory for {buffer:?}")
}
