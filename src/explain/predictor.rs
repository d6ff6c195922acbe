//! What explanations ask of a model.

use candle_core::{Result, Tensor};

use super::deep_lift::DeepLift;
use super::faithfulness::shuffle;
use crate::model::{AttentiveChrome, Mode};

/// Windows a pass: enough to keep every core busy, few enough to stay in memory.
const BATCH: usize = 256;

/// Anything that scores windows.
pub trait Predictor: Sync {
    /// Marks and bins of a window.
    fn shape(&self) -> [usize; 2];

    /// One score a window: the log-odds of being expressed, or of a regression the predicted label.
    /// `x` is row-major [window, mark, bin], transformed as the model takes it.
    ///
    /// # Errors
    /// If `x` is no number of windows, or of the device.
    fn scores(&self, x: &[f32]) -> Result<Vec<f32>>;
}

/// Where a model looks.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// Bin attention, row-major [window, mark, bin].
    pub bins: Vec<f32>,
    /// Mark attention, row-major [window, mark].
    pub marks: Vec<f32>,
}

/// A predictor that can be looked into.
pub trait Explainable: Predictor {
    /// Gradient of each window's score, row-major [window, mark, bin].
    ///
    /// # Errors
    /// As [`Predictor::scores`].
    fn gradients(&self, x: &[f32]) -> Result<Vec<f32>>;

    /// The attention paid to each window; `None` of a model without.
    ///
    /// # Errors
    /// As [`Predictor::scores`].
    fn looks(&self, x: &[f32]) -> Result<Option<Looks>>;

    /// The model laid open, where its architecture can be.
    ///
    /// # Errors
    /// Of the device.
    fn deep_lift(&self) -> Result<Option<DeepLift>>;
}

/// One model, or one member of an ensemble.
#[derive(Clone, Debug)]
pub struct Member {
    model: AttentiveChrome,
}

impl Member {
    /// The members of an ensemble, each a model of its own; of one model that one.
    ///
    /// # Errors
    /// Of the device.
    pub fn all(model: &AttentiveChrome) -> Result<Vec<Member>> {
        let weights = model.to_flat()?;
        (0..model.n_models())
            .map(|member| {
                Ok(Member { model: AttentiveChrome::from_flat(model.config(), &weights.narrow(0, member, 1)?)? })
            })
            .collect()
    }

    /// The same architecture with the weights of each tensor in another order: it has learnt nothing, but
    /// its numbers are of the same size.
    ///
    /// # Errors
    /// Of the device.
    pub fn shuffled(&self, seed: u64) -> Result<Member> {
        let mut weights = self.model.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = weights.as_mut_slice();
        for (place, (_, shape)) in self.model.config().tensor_shapes().into_iter().enumerate() {
            let (tensor, after) = rest.split_at_mut(shape.iter().product());
            shuffle(tensor, seed.wrapping_add(place as u64));
            rest = after;
        }
        let shape = (1, weights.len());
        let weights = Tensor::from_vec(weights, shape, self.model.device())?;
        Ok(Member { model: AttentiveChrome::from_flat(self.model.config(), &weights)? })
    }

    /// Batches of `x` as tensors [window, 1, mark, bin].
    fn batches(&self, x: &[f32]) -> impl Iterator<Item = Result<Tensor>> {
        let [marks, bins] = self.shape();
        let device = self.model.device().clone();
        x.chunks(BATCH * marks * bins)
            .map(move |batch| Tensor::from_slice(batch, (batch.len() / (marks * bins), 1, marks, bins), &device))
    }
}

fn read(tensor: &Tensor, into: &mut Vec<f32>) -> Result<()> {
    into.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
    Ok(())
}

impl Predictor for Member {
    fn shape(&self) -> [usize; 2] {
        [self.model.config().n_marks, self.model.config().n_bins]
    }

    fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
        let mut scores = Vec::new();
        for batch in self.batches(x) {
            read(&self.model.forward(&batch?, &Mode::Infer)?.logit, &mut scores)?;
        }
        Ok(scores)
    }
}

impl Explainable for Member {
    fn gradients(&self, x: &[f32]) -> Result<Vec<f32>> {
        let mut gradients = Vec::with_capacity(x.len());
        for batch in self.batches(x) {
            let batch = candle_core::Var::from_tensor(&batch?)?;
            // a window's score depends on no other window, so the gradient of the sum holds each one's
            let sum = self.model.forward(batch.as_tensor(), &Mode::Train(None))?.logit.sum_all()?;
            match sum.backward()?.get(&batch) {
                Some(gradient) => read(gradient, &mut gradients)?,
                None => gradients.resize(gradients.len() + batch.elem_count(), 0.0),
            }
        }
        Ok(gradients)
    }

    fn looks(&self, x: &[f32]) -> Result<Option<Looks>> {
        let mut looks = Looks::default();
        for batch in self.batches(x) {
            let output = self.model.forward(&batch?, &Mode::Infer)?;
            read(&output.bin_attention, &mut looks.bins)?;
            read(&output.mark_attention, &mut looks.marks)?;
        }
        Ok(Some(looks))
    }

    fn deep_lift(&self) -> Result<Option<DeepLift>> {
        let weights = self.model.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        DeepLift::attentive_chrome(self.model.config(), &weights).map(Some)
    }
}
