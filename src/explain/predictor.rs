//! What explanations ask of a model.

use candle_core::{Result, Tensor, Var, bail};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::contributions;
use super::deep_lift::{DeepLift, Rule};
use super::mean;
use crate::learn::{Task, Trained, network_row};
use crate::matrix::RowShape;
use crate::model::{Mode, Network};

/// Windows a pass: enough to keep every core busy, few enough to stay in memory.
const BATCH: usize = 256;
/// Windows that a stack of models scores together; it says more of each than its score.
const TOGETHER: usize = 2048;

/// Anything that scores windows.
pub trait Scorer: Sync {
    /// What a row holds.
    fn shape(&self) -> RowShape;

    /// One score a row: the log-odds of being expressed, or of a regression the predicted label. Rows are transformed
    /// as the model takes them.
    ///
    /// # Errors
    /// If `x` does not hold whole rows, or the device fails.
    fn scores(&self, x: &[f32]) -> Result<Vec<f32>>;
}

/// Where a model looks.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// Bin attention, in rows of the model's shape.
    pub bins: Vec<f32>,
    /// Mark attention, row-major [row, channel of each layer]; empty of a model that has none.
    pub marks: Vec<f32>,
}

/// A model to be explained; what it cannot tell of itself, it does not.
pub trait Explainable: Scorer {
    /// The attention paid to each window; `None` of a model without.
    ///
    /// # Errors
    /// As [`Scorer::scores`].
    fn looks(&self, _: &[f32]) -> Result<Option<Looks>> {
        Ok(None)
    }

    /// Whether [`Self::gradients`] can be had.
    fn has_gradients(&self) -> bool {
        false
    }

    /// Gradient of each row's score, in rows of the model's shape.
    ///
    /// # Errors
    /// As [`Scorer::scores`], or if the model has none.
    fn gradients(&self, _: &[f32]) -> Result<Vec<f32>> {
        bail!("the model has no gradients")
    }

    /// The score of each row up to each position of its one layer (`backward`: from it on), [row, position], as if there
    /// were no more of it. `None` of a model whose rows have one length.
    ///
    /// # Errors
    /// As [`Scorer::scores`].
    fn temporal(&self, _x: &[f32], _backward: bool) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }

    /// What each number of rows `x` adds to the score, against a baseline row; NaN where a row has none. `None` of a
    /// model that cannot be laid open.
    ///
    /// # Errors
    /// If the device fails.
    fn contributions(&self, _x: &[f32], _baseline: &[f32], _done: &(dyn Fn(usize) + Sync)) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }

    /// The model laid open, where its architecture can be.
    ///
    /// # Errors
    /// If the device fails.
    fn deep_lift(&self) -> Result<Option<DeepLift>> {
        Ok(None)
    }

    /// The same architecture with the weights of each tensor in another order: it has learnt nothing, but
    /// its numbers are of the same size. `None` where there are no such weights.
    ///
    /// # Errors
    /// If the device fails.
    fn shuffled(&self, _: u64) -> Result<Option<Box<dyn Explainable>>> {
        Ok(None)
    }
}

/// One network.
#[derive(Debug)]
pub(super) struct Member {
    network: Box<dyn Network>,
}

impl Member {
    #[cfg(test)]
    pub(super) fn new(network: Box<dyn Network>) -> Self {
        Member { network }
    }

    /// Batches of rows `x` as tensors for the network.
    fn batches(&self, x: &[f32]) -> impl Iterator<Item = Result<Tensor>> {
        let (row, device) = (self.network.config().row(), self.network.device().clone());
        let size: usize = row.iter().product();
        x.chunks(BATCH * size)
            .map(move |batch| Tensor::from_slice(batch, [&[batch.len() / size, 1], row.as_slice()].concat(), &device))
    }
}

fn read(tensor: &Tensor, into: &mut Vec<f32>) -> Result<()> {
    into.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
    Ok(())
}

impl Scorer for Member {
    fn shape(&self) -> RowShape {
        network_row(&self.network.config())
    }

    fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
        let mut scores = Vec::new();
        for batch in self.batches(x) {
            read(&self.network.forward(&batch?, &Mode::Infer)?.logit, &mut scores)?;
        }
        Ok(scores)
    }
}

impl Explainable for Member {
    fn looks(&self, x: &[f32]) -> Result<Option<Looks>> {
        if !self.network.config().has_bin_attention() {
            return Ok(None);
        }
        let mut looks = Looks::default();
        for batch in self.batches(x) {
            let output = self.network.forward(&batch?, &Mode::Infer)?;
            for (attention, into) in
                [(output.bin_attention, &mut looks.bins), (output.mark_attention, &mut looks.marks)]
            {
                attention.map_or(Ok(()), |attention| read(&attention, into))?;
            }
        }
        Ok(Some(looks))
    }

    fn has_gradients(&self) -> bool {
        true
    }

    fn gradients(&self, x: &[f32]) -> Result<Vec<f32>> {
        let mut gradients = Vec::with_capacity(x.len());
        for batch in self.batches(x) {
            let batch = Var::from_tensor(&batch?)?;
            // a window's score depends on no other window, so the gradient of the sum holds each one's
            let sum = self.network.forward(batch.as_tensor(), &Mode::Train(None))?.logit.sum_all()?;
            match sum.backward()?.get(&batch) {
                Some(gradient) => read(gradient, &mut gradients)?,
                None => gradients.resize(gradients.len() + batch.elem_count(), 0.0),
            }
        }
        Ok(gradients)
    }

    fn temporal(&self, x: &[f32], backward: bool) -> Result<Option<Vec<f32>>> {
        let mut scores = Vec::new();
        for batch in self.batches(x) {
            let Some(of_batch) = self.network.temporal(&batch?, backward)? else { return Ok(None) };
            read(&of_batch, &mut scores)?;
        }
        Ok(Some(scores))
    }

    fn contributions(&self, x: &[f32], baseline: &[f32], done: &(dyn Fn(usize) + Sync)) -> Result<Option<Vec<f32>>> {
        Ok(self.deep_lift()?.map(|open| open.against(baseline, x, Rule::Rescale, done)))
    }

    fn deep_lift(&self) -> Result<Option<DeepLift>> {
        let weights = self.network.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        Ok(Some(DeepLift::new(&self.network.config(), &weights).with_missing(self.network.missing())))
    }

    fn shuffled(&self, seed: u64) -> Result<Option<Box<dyn Explainable>>> {
        let mut weights = self.network.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = weights.as_mut_slice();
        for (place, tensor) in self.network.config().tensors().iter().enumerate() {
            let (tensor, after) = rest.split_at_mut(tensor.n_weights());
            tensor.shuffle(&mut ChaCha8Rng::seed_from_u64(seed.wrapping_add(place as u64)));
            rest = after;
        }
        let shape = (1, weights.len());
        let weights = Tensor::from_vec(weights, shape, self.network.device())?;
        Ok(Some(Box::new(Member { network: self.network.sibling(&weights)? })))
    }
}

/// A model as a black box: one without a network, or a stack.
struct Whole {
    model: Box<dyn Trained>,
    shape: RowShape,
}

impl Scorer for Whole {
    fn shape(&self) -> RowShape {
        self.shape.clone()
    }

    fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
        // the score of a regression is the output itself, which of a class is the log-odds
        let score = |x: &[f32]| Ok(self.model.score(Task::Regression, x, &|_| ())?.scores);
        let size = self.shape.size();
        let of_batches: Vec<Vec<f32>> = match self.model.network() {
            // shares its work out itself
            Some(_) => x.chunks(TOGETHER * size).map(score).collect::<Result<_>>()?,
            None => x.par_chunks(BATCH * size).map(score).collect::<Result<_>>()?,
        };
        Ok(of_batches.concat())
    }
}

impl Explainable for Whole {
    fn contributions(&self, x: &[f32], baseline: &[f32], done: &(dyn Fn(usize) + Sync)) -> Result<Option<Vec<f32>>> {
        contributions::of_model(self.model.as_ref(), &self.shape, x, baseline, done)
    }
}

/// Each network of an ensemble or a stack as a model of its own; none of a model without.
pub(super) fn networks(model: &dyn Trained) -> Result<Vec<Box<dyn Explainable>>> {
    let Some(network) = model.network() else { return Ok(Vec::new()) };
    let weights = network.to_flat()?;
    let member = |at: usize| -> Result<Box<dyn Explainable>> {
        Ok(Box::new(Member { network: network.sibling(&weights.narrow(0, at, 1)?)? }))
    };
    (0..network.n_models()).map(member).collect()
}

/// The model as a black box.
pub(super) fn whole(model: Box<dyn Trained>, shape: RowShape) -> Box<dyn Explainable> {
    Box::new(Whole { model, shape })
}

/// The mean log-odds of several models.
pub(super) fn mean_scores(models: &[Box<dyn Explainable>], x: &[f32]) -> Result<Vec<f32>> {
    Ok(mean(&models.iter().map(|model| model.scores(x)).collect::<Result<Vec<_>>>()?))
}
