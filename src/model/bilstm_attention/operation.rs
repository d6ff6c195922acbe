//! One pass through the layer as an operation of candle.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "cuda")]
use candle_core::CudaStorage;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::workspace::{PassSettings, Workspace};
use super::{BiLstmAttention, Mode};
#[cfg(feature = "cuda")]
use super::{Dropout, Pooling, workspace::BLOCK_KEY};
#[cfg(feature = "cuda")]
use crate::model::{cuda::Level, kernel::Dims, lanes::LANES};

/// One pass. Output: [gene, group, 2 × hidden + step], contexts then attention.
pub(super) struct Operation {
    pass: PassSettings,
    input_gradient: bool,
    workspace: Mutex<Option<Workspace>>,
    spare: Arc<Mutex<Vec<Workspace>>>,
    #[cfg(feature = "cuda")]
    on_gpu: crate::model::cuda::PassSettings,
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
        let (groups, dims, instructions) = (layer.groups, layer.dims, layer.instructions);
        let pooling = layer.pooling;
        Operation {
            pass: PassSettings { groups, dims, pooling, instructions, mode: mode.clone() },
            input_gradient,
            workspace: Mutex::new(None),
            spare: layer.spare.clone(),
            #[cfg(feature = "cuda")]
            on_gpu: crate::model::cuda::PassSettings::new(layer.spare_on_gpu.clone()),
        }
    }

    fn give_back(&self, workspace: Workspace) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }

    /// A spare workspace of this kind of pass, or a new one.
    fn workspace(&self) -> Workspace {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = spare.iter().position(|workspace| workspace.suits(&self.pass));
        fitting.map(|at| spare.swap_remove(at)).unwrap_or_else(|| Workspace::new(&self.pass))
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
        let mut workspace = self.workspace();
        let (x, w) = (&x.as_slice::<f32>()?[x_start..x_end], &w.as_slice::<f32>()?[w_start..w_end]);
        let out = workspace.forward(&self.pass, x, w, genes);
        if self.pass.keeps() {
            *self.workspace.lock().unwrap_or_else(PoisonError::into_inner) = Some(workspace);
        } else {
            self.give_back(workspace);
        }
        Ok((CpuStorage::F32(out), (genes, self.pass.groups, self.pass.out_len()).into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &CudaStorage, xl: &Layout, w: &CudaStorage, wl: &Layout) -> Result<(CudaStorage, Shape)> {
        if self.pass.pooling != Pooling::Attention {
            bail!("an LSTM without attention is computed on the processor only: leave the GPU out with --device cpu");
        }
        let (genes, Dims { steps, inputs, hidden }) = (xl.dims()[0], self.pass.dims);
        let (dropout, keys, first_gene) = match &self.pass.mode {
            Mode::Train(Some(Dropout { rate, keys, first_gene })) => (*rate, &keys[..], *first_gene),
            _ => (0.0, [].as_slice(), 0),
        };
        let groups_per_model = self.pass.groups / keys.len().max(1);
        // the kernels count blocks from the first gene that they see, so the keys begin further on
        let skipped = (2 * (first_gene / LANES) * groups_per_model) as u64;
        let keys: Vec<u64> = keys.iter().map(|key| key.wrapping_add(skipped.wrapping_mul(BLOCK_KEY))).collect();
        let (groups, keep) = (self.pass.groups, self.pass.keeps());
        let level = Level { genes, groups, steps, inputs, hidden, keep, groups_per_model, dropout };
        let out = self.on_gpu.forward(level, &keys, (x, xl), (w, wl))?;
        Ok((out, (genes, groups, self.pass.out_len()).into()))
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
        let (dw, dx) = workspace.backward(&self.pass, &gradient.flatten_all()?.to_vec1::<f32>()?, self.input_gradient);
        self.give_back(workspace);
        let dw = Tensor::from_vec(dw, w.shape(), w.device())?;
        let dx = dx.map(|dx| Tensor::from_vec(dx, x.shape(), x.device())).transpose()?;
        Ok((dx, Some(dw)))
    }
}
