//! What a model says of many genes.

use candle_core::{Device, Result, Tensor};

use crate::model::{AttentiveChrome, Mode, sigmoid};

/// Genes a forward pass; a gene's numbers do not depend on it.
const BATCH: usize = 64;

/// A model's outputs as plain arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Log-odds, one a gene.
    pub logits: Vec<f32>,
    /// Row-major [gene, mark, bin].
    pub bin_attention: Vec<f32>,
    /// Row-major [gene, mark].
    pub mark_attention: Vec<f32>,
}

impl Scores {
    /// Probabilities, one a gene.
    pub fn probabilities(&self) -> Vec<f32> {
        self.logits.iter().map(|&logit| sigmoid(logit)).collect()
    }
}

/// Scores genes; `values` is row-major [gene, mark, bin], transformed. `done` is told of each batch.
///
/// # Errors
/// If the number of values does not fit the model.
pub fn score(model: &AttentiveChrome, values: &[f32], done: impl Fn(usize)) -> Result<Scores> {
    let (marks, bins) = (model.config().n_marks, model.config().n_bins);
    let mut scores = Scores::default();
    for batch in values.chunks(BATCH * marks * bins) {
        let genes = batch.len() / (marks * bins);
        let x = Tensor::from_slice(batch, (genes, marks, bins), &Device::Cpu)?;
        let output = model.forward(&x, Mode::Infer)?;
        scores.logits.extend(output.logit.to_vec1::<f32>()?);
        scores.bin_attention.extend(output.bin_attention.flatten_all()?.to_vec1::<f32>()?);
        scores.mark_attention.extend(output.mark_attention.flatten_all()?.to_vec1::<f32>()?);
        done(genes);
    }
    Ok(scores)
}
