//! What training makes small.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use crate::model::sigmoid;

/// Mean binary cross-entropy of logits [gene] against labels [gene] (0 or 1), in the form that does
/// not overflow: max(z, 0) − z·y + ln(1 + e^−|z|). A scalar.
///
/// # Errors
/// If the two have different lengths.
pub fn binary_cross_entropy(logit: &Tensor, label: &Tensor) -> Result<Tensor> {
    logit.apply_op2(label, BinaryCrossEntropy)
}

/// Its value for one gene.
pub fn gene_loss(logit: f32, label: f32) -> f64 {
    let (z, y) = (f64::from(logit), f64::from(label));
    z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()
}

struct BinaryCrossEntropy;

impl CustomOp2 for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary-cross-entropy"
    }

    fn cpu_fwd(&self, z: &CpuStorage, zl: &Layout, y: &CpuStorage, yl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (Some((z_start, z_end)), Some((y_start, y_end))) = (zl.contiguous_offsets(), yl.contiguous_offsets())
        else {
            bail!("the loss needs contiguous inputs")
        };
        let (z, y) = (&z.as_slice::<f32>()?[z_start..z_end], &y.as_slice::<f32>()?[y_start..y_end]);
        if z.len() != y.len() || z.is_empty() {
            bail!("{} logits and {} labels", z.len(), y.len());
        }
        let total: f64 = z.iter().zip(y).map(|(&z, &y)| gene_loss(z, y)).sum();
        Ok((CpuStorage::F32(vec![(total / z.len() as f64) as f32]), ().into()))
    }

    fn bwd(&self, z: &Tensor, y: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let scale = gradient.to_scalar::<f32>()? / z.elem_count() as f32;
        let (logits, labels) = (z.to_vec1::<f32>()?, y.to_vec1::<f32>()?);
        let dz: Vec<f32> = logits.iter().zip(&labels).map(|(&z, &y)| (sigmoid(z) - y) * scale).collect();
        Ok((Some(Tensor::from_vec(dz, z.shape(), z.device())?), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn value_and_gradient_are_those_of_pytorch_and_extremes_are_finite() {
        let z = Var::new(&[0.5f32, -2.0, 100.0, -100.0], &Device::Cpu).unwrap();
        let y = Tensor::new(&[1f32, 0.0, 0.0, 1.0], &Device::Cpu).unwrap();
        let loss = binary_cross_entropy(z.as_tensor(), &y).unwrap();
        // torch.nn.functional.binary_cross_entropy_with_logits(z, y) and its gradient
        assert!((loss.to_scalar::<f32>().unwrap() - PYTORCH_LOSS).abs() < 1e-5);
        let gradient = loss.backward().unwrap().get(&z).unwrap().to_vec1::<f32>().unwrap();
        for (found, expected) in gradient.iter().zip(PYTORCH_GRADIENT) {
            assert!((found - expected).abs() < 1e-7, "{gradient:?}");
        }
    }
    const PYTORCH_LOSS: f32 = 50.150253;
    const PYTORCH_GRADIENT: [f32; 4] = [-0.09438516, 0.02980073, 0.25, -0.25];
}
