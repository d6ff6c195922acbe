//! One pass through a level on a GPU.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda::cudarc::driver::CudaSlice;
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Layout, Result, Storage, Tensor, bail};

use super::launch::{Module, address, address_of, run};
use super::plan::{Buffer, Level};

pub(super) const MODULE: Module = Module { name: "attentrack-level", ptx: include_str!("level.ptx") };

/// What a pass needs for itself.
pub(super) const OWN: [Buffer; 7] = [
    Buffer::Transposed,
    Buffer::Gates,
    Buffer::Cells,
    Buffer::Hidden,
    Buffer::ScoreGradient,
    Buffer::VectorGradient,
    Buffer::Partial,
];

/// Memory of a pass, kept from pass to pass: one slice for each of [`OWN`].
#[derive(Debug, Default)]
pub(in crate::model) struct Workspace {
    slices: [Option<CudaSlice<f32>>; OWN.len()],
    keys: Option<CudaSlice<u64>>,
}

impl Workspace {
    /// Makes sure that a buffer is large enough for a pass.
    #[allow(unsafe_code)] // to leave memory as it is: the kernels fill it before they read it
    pub(super) fn reserve(&mut self, device: &CudaDevice, level: &Level, buffer: Buffer) -> Result<()> {
        let len = level.len(buffer);
        let Some(at) = OWN.iter().position(|&own| own == buffer) else { return Ok(()) };
        let slice = &mut self.slices[at];
        if slice.as_ref().is_none_or(|slice| slice.len() < len) && len > 0 {
            // the smaller one first, so that the two are never there together
            *slice = None;
            // SAFETY: see above.
            *slice = Some(unsafe { device.alloc::<f32>(len) }?);
        }
        Ok(())
    }

    /// Where a buffer lies; 0 where this pass has none.
    pub(super) fn address(&self, device: &CudaDevice, buffer: Buffer) -> u64 {
        if buffer == Buffer::Keys {
            return self.keys.as_ref().map_or(0, |keys| address_of(device, keys));
        }
        let at = OWN.iter().position(|&own| own == buffer);
        at.and_then(|at| self.slices[at].as_ref()).map_or(0, |slice| address_of(device, slice))
    }
}

/// Workspaces of passes that are over.
pub(in crate::model) type Spare = Arc<Mutex<Vec<Workspace>>>;

/// A pass: forward, then perhaps backward, once.
#[derive(Debug)]
pub(in crate::model) struct Pass {
    spare: Spare,
    pending: Mutex<Option<(Level, Workspace)>>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let pending = self.pending.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((_, workspace)) = pending {
            self.give_back(workspace);
        }
    }
}

impl Pass {
    pub fn new(spare: Spare) -> Self {
        Pass { spare, pending: Mutex::new(None) }
    }

    fn give_back(&self, workspace: Workspace) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }

    /// Outputs [gene, group, 2 × hidden + step]; `keys` are those of dropout.
    pub fn forward(
        &self,
        level: Level,
        keys: &[u64],
        (x, x_layout): (&CudaStorage, &Layout),
        (weights, weights_layout): (&CudaStorage, &Layout),
    ) -> Result<CudaStorage> {
        if let Some(problem) = level.problem() {
            bail!("{problem}");
        }
        let device = &x.device;
        let mut workspace = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        for buffer in [Buffer::Transposed, Buffer::Gates, Buffer::Cells, Buffer::Hidden] {
            workspace.reserve(device, &level, buffer)?;
        }
        workspace.keys = if level.dropout > 0.0 { Some(device.clone_htod(keys)?) } else { None };
        let out = uninitialised(device, level.len(Buffer::Out))?;
        let (x, weights) = (address(x, x_layout)?, address(weights, weights_layout)?);
        run(device, MODULE, &level.forward(), |buffer| {
            Ok(match buffer {
                Buffer::X => x,
                Buffer::Weights => weights,
                Buffer::Out => address_of(device, &out),
                own => workspace.address(device, own),
            })
        })?;
        if level.keep {
            *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some((level, workspace));
        } else {
            self.give_back(workspace);
        }
        Ok(CudaStorage::wrap_cuda_slice(out, device.clone()))
    }

    /// Gradients of `x`, where asked for, and of the weights.
    pub fn backward(
        &self,
        [x, weights, out, out_gradient]: [&Tensor; 4],
        input_gradient: bool,
    ) -> Result<(Option<Tensor>, Tensor)> {
        // taken, because the backward pass overwrites the gates
        let Some((level, mut workspace)) = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            bail!("the LSTM layer can go backward once for each forward pass in training mode")
        };
        let device = x.device().as_cuda_device()?;
        for buffer in [Buffer::ScoreGradient, Buffer::VectorGradient, Buffer::Partial] {
            workspace.reserve(device, &level, buffer)?;
        }
        let weight_gradient = uninitialised(device, level.len(Buffer::WeightGradient))?;
        let x_gradient = if input_gradient { level.len(Buffer::InputGradient) } else { 0 };
        let x_gradient = uninitialised(device, x_gradient)?;
        let out_gradient = out_gradient.contiguous()?;
        let given = [x, weights, out, &out_gradient].map(|tensor| {
            let (storage, layout) = tensor.storage_and_layout();
            match &*storage {
                Storage::Cuda(storage) => address(storage, layout),
                _ => bail!("a tensor is not on the GPU"),
            }
        });
        let [x_at, weights_at, out_at, out_gradient_at] = given;
        let (x_at, weights_at, out_at, out_gradient_at) = (x_at?, weights_at?, out_at?, out_gradient_at?);
        run(device, MODULE, &level.backward(input_gradient), |buffer| {
            Ok(match buffer {
                Buffer::X => x_at,
                Buffer::Weights => weights_at,
                Buffer::Out => out_at,
                Buffer::OutGradient => out_gradient_at,
                Buffer::WeightGradient => address_of(device, &weight_gradient),
                Buffer::InputGradient => address_of(device, &x_gradient),
                own => workspace.address(device, own),
            })
        })?;
        self.give_back(workspace);
        let tensor = |slice, like: &Tensor| {
            let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(slice, device.clone()));
            Tensor::from_storage(storage, like.shape(), BackpropOp::none(), false)
        };
        Ok((input_gradient.then(|| tensor(x_gradient, x)), tensor(weight_gradient, weights)))
    }
}

/// Memory that kernels are about to fill.
#[allow(unsafe_code)] // to leave memory as it is
fn uninitialised(device: &CudaDevice, len: usize) -> Result<CudaSlice<f32>> {
    // SAFETY: every number of an output is written by the plan before anything reads it, which a test on
    // the processor checks with memory full of NaN.
    unsafe { device.alloc::<f32>(len.max(1)) }
}
