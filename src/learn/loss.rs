//! What training makes small.

#[cfg(feature = "cuda")]
use candle_core::CudaStorage;
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

#[cfg(feature = "cuda")]
use crate::model::cuda;
use crate::model::{Auxiliary, sigmoid};

/// Binary cross-entropy of logits [gene, model] against labels [gene, model] (0 or 1), in the form
/// that does not overflow: max(z, 0) − z·y + ln(1 + e^−|z|); for each model the sum over its genes,
/// each times its weight [gene, model]. \[model\].
///
/// # Errors
/// If the three have different shapes.
pub fn binary_cross_entropy(logit: &Tensor, label: &Tensor, weight: &Tensor) -> Result<Tensor> {
    logit.apply_op3(label, weight, BinaryCrossEntropy)
}

/// Its value for one gene.
pub fn class_loss(logit: f32, label: f32) -> f64 {
    let (z, y) = (f64::from(logit), f64::from(label));
    z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()
}

/// DeepDiff's other losses (Sekhon et al., Bioinformatics 2018), for each model the sum over its genes, each
/// times its weight [gene, model]: the squared errors of expression in A and in B, and of a siamese network 4 ×
/// the contrastive loss (Hadsell et al. 2006), which draws the encodings of a gene that changes by less than a
/// factor of 4 together, and others apart to a distance of 2. `label` is the change from A to B, log2,
/// `expression` log2(x + 1) in B, both [gene, model]. \[model\].
///
/// # Errors
/// If the shapes differ.
pub fn auxiliary_loss(of: &Auxiliary, label: &Tensor, expression: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let truth = Tensor::stack(&[(expression - label)?, expression.clone()], 2)?;
    let mut loss = (&of.expression - truth)?.sqr()?.sum(2)?;
    if let Some(squared) = &of.distance {
        let apart = label.abs()?.ge(2.0)?.to_dtype(label.dtype())?;
        let lacking = squared.sqrt()?.affine(-1.0, 2.0)?.relu()?.sqr()?;
        let contrastive = ((apart.affine(-1.0, 1.0)? * squared)? + (apart * lacking)?)?;
        loss = (loss + (contrastive * 4.0)?)?;
    }
    (loss * weight)?.sum(0)
}

struct BinaryCrossEntropy;

impl CustomOp3 for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary-cross-entropy"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        zl: &Layout,
        y: &CpuStorage,
        yl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (z, y, w) = (values(z, zl)?, values(y, yl)?, values(w, wl)?);
        let (_, models) = same_shape([zl, yl, wl])?;
        let mut totals = vec![0f64; models];
        for (at, ((&z, &y), &w)) in z.iter().zip(y).zip(w).enumerate() {
            // a gene that only fills the batch up must not count, whatever its logit
            if w != 0.0 {
                totals[at % models] += f64::from(w) * class_loss(z, y);
            }
        }
        Ok((CpuStorage::F32(totals.into_iter().map(|total| total as f32).collect()), models.into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        z: &CudaStorage,
        zl: &Layout,
        y: &CudaStorage,
        yl: &Layout,
        w: &CudaStorage,
        wl: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let shape = same_shape([zl, yl, wl])?;
        Ok((cuda::cross_entropy((z, zl), (y, yl), (w, wl), shape)?, shape.1.into()))
    }

    fn bwd(
        &self,
        z: &Tensor,
        y: &Tensor,
        w: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let dz = z.detach().apply_op3_no_bwd(y, w, &Derivative)?;
        Ok((Some(dz.broadcast_mul(gradient)?), None, None))
    }
}

/// The derivative by the logit, [gene, model].
struct Derivative;

impl CustomOp3 for Derivative {
    fn name(&self) -> &'static str {
        "binary-cross-entropy-derivative"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        zl: &Layout,
        y: &CpuStorage,
        yl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (z, y, w) = (values(z, zl)?, values(y, yl)?, values(w, wl)?);
        let shape = same_shape([zl, yl, wl])?;
        let derivative = |((&z, &y), &w): ((&f32, &f32), &f32)| if w == 0.0 { 0.0 } else { (sigmoid(z) - y) * w };
        Ok((CpuStorage::F32(z.iter().zip(y).zip(w).map(derivative).collect()), shape.into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        z: &CudaStorage,
        zl: &Layout,
        y: &CudaStorage,
        yl: &Layout,
        w: &CudaStorage,
        wl: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let shape = same_shape([zl, yl, wl])?;
        Ok((cuda::cross_entropy_derivative((z, zl), (y, yl), (w, wl), shape)?, shape.into()))
    }
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("the loss needs contiguous inputs") };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn same_shape([z, y, w]: [&Layout; 3]) -> Result<(usize, usize)> {
    let shape = z.shape().dims2()?;
    if y.dims() != z.dims() || w.dims() != z.dims() || shape.1 == 0 {
        bail!("logits {:?}, labels {:?}, weights {:?}", z.dims(), y.dims(), w.dims());
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn value_and_gradient_are_those_of_pytorch_and_extremes_are_finite() {
        let column = |values: &[f32]| Tensor::from_slice(values, (4, 1), &Device::Cpu).unwrap();
        let z = Var::from_tensor(&column(&[0.5, -2.0, 100.0, -100.0])).unwrap();
        let loss = binary_cross_entropy(z.as_tensor(), &column(&[1.0, 0.0, 0.0, 1.0]), &column(&[0.25; 4])).unwrap();
        // torch.nn.functional.binary_cross_entropy_with_logits(z, y) and its gradient
        assert!((loss.to_vec1::<f32>().unwrap()[0] - PYTORCH_LOSS).abs() < 1e-5);
        let gradient = loss.backward().unwrap().get(&z).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (found, expected) in gradient.iter().zip(PYTORCH_GRADIENT) {
            assert!((found - expected).abs() < 1e-7, "{gradient:?}");
        }
    }
    const PYTORCH_LOSS: f32 = 50.150253;
    const PYTORCH_GRADIENT: [f32; 4] = [-0.09438516, 0.02980073, 0.25, -0.25];

    #[test]
    fn each_model_has_its_own_mean_and_genes_without_weight_do_not_count() {
        let table = |rows: [[f32; 2]; 3]| Tensor::new(&rows, &Device::Cpu).unwrap();
        let (y, w) = (table([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]), table([[0.5, 1.0], [0.5, 0.0], [0.0, 0.0]]));
        let z = Var::from_tensor(&table([[0.5, -1.0], [2.0, f32::NAN], [f32::INFINITY, 3.0]])).unwrap();
        let loss = binary_cross_entropy(z.as_tensor(), &y, &w).unwrap();
        let expected = [(class_loss(0.5, 1.0) + class_loss(2.0, 0.0)) / 2.0, class_loss(-1.0, 0.0)];
        assert_eq!(loss.to_vec1::<f32>().unwrap(), expected.map(|loss| loss as f32));
        let gradient = loss.backward().unwrap().get(&z).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!((gradient[1][1], gradient[2].as_slice()), (0.0, [0.0, 0.0].as_slice()));
    }
}
