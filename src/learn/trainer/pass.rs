//! Forward and backward through some models, in pieces that suit the device.

use candle_core::{CpuStorage, DType, Error, InplaceOp2, Layout, Result, Tensor, Var, bail};

use crate::learn::Task;
use crate::learn::batches::Batch;
use crate::learn::loss::auxiliary_loss;
use crate::model::{Dropout, Mode, Network};

/// On the processor, genes that go forward and backward before the next ones: what the forward pass
/// keeps of them stays in the caches. Their gradients are added up.
const CHUNK: usize = 16;

/// Losses \[model\], without auxiliary ones, and the gradients of all [model, weight], of some of the models of
/// a batch, of which
/// `first` is the first; `keys` are those of dropout, one for each model of the batch.
pub(super) fn pass(
    part: &dyn Network,
    task: Task,
    first: usize,
    batch: &Batch,
    rate: f64,
    keys: &[u64],
) -> Result<(Tensor, Tensor)> {
    let models = part.n_models();
    let genes = batch.genes[first..first + models].iter().copied().max().unwrap_or(0);
    let chunk = if part.device().is_cpu() { CHUNK } else { genes.max(1) };
    let mut sum: Option<(Tensor, Tensor)> = None;
    for from in (0..genes).step_by(chunk) {
        let cut =
            |tensor: &Tensor| tensor.narrow(0, from, chunk.min(genes - from))?.narrow(1, first, models)?.contiguous();
        let keys = keys[first..first + models].into();
        let mode = Mode::Train((rate > 0.0).then_some(Dropout { rate, keys, first_gene: from }));
        let output = part.forward(&cut(&batch.x)?, &mode)?;
        let (label, weight) = (cut(&batch.label)?, cut(&batch.weight)?);
        let loss = task.loss(&output.logit, &label, &weight)?;
        let gradients = match output.auxiliary {
            None => loss.backward()?,
            Some(auxiliary) => {
                let Some(expression) = &batch.expression else { bail!("auxiliary losses need expression") };
                let others = auxiliary_loss(&auxiliary, &label, &cut(expression)?, &weight)?;
                (&loss + others)?.backward()?
            }
        };
        let of_parameter = |parameter: &Var| {
            gradients.get(parameter).cloned().ok_or_else(|| Error::msg("a parameter has no gradient"))
        };
        let of_parameters: Result<Vec<Tensor>> = part.parameters().into_iter().map(of_parameter).collect();
        let gradient = part.flatten(&of_parameters?)?;
        sum = Some(match sum {
            None => (loss.detach(), gradient),
            Some((losses, gradients)) => {
                gradients.inplace_op2(&gradient, &Accumulate)?;
                ((losses + loss.detach())?, gradients)
            }
        });
    }
    let nothing = |shape: &[usize]| Tensor::zeros(shape, DType::F32, part.device());
    sum.map_or_else(|| Ok((nothing(&[models])?, nothing(&[models, part.config().n_weights()])?)), Ok)
}

/// Adds one array to another in place, on the thread that asks for it: candle's own addition would
/// wake threads that `--threads` does not know of.
struct Accumulate;

impl InplaceOp2 for Accumulate {
    fn name(&self) -> &'static str {
        "accumulate"
    }

    fn cpu_fwd(
        &self,
        sum: &mut CpuStorage,
        sum_layout: &Layout,
        term: &CpuStorage,
        term_layout: &Layout,
    ) -> Result<()> {
        let (CpuStorage::F32(sum), Some((start, end)), Some((from, to))) =
            (sum, sum_layout.contiguous_offsets(), term_layout.contiguous_offsets())
        else {
            bail!("gradients must be contiguous f32")
        };
        for (sum, term) in sum[start..end].iter_mut().zip(&term.as_slice::<f32>()?[from..to]) {
            *sum += term;
        }
        Ok(())
    }
}
