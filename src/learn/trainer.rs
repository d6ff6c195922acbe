//! Training, an epoch at a time, with a state that can be put down and taken up again.

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::adam::{Adam, clip_norm};
use super::loss::{binary_cross_entropy, gene_loss};
use super::metrics::auroc;
use super::{GeneSet, GeneSource, Schedule, ShardError, random, score};
use crate::model::{AttentiveChrome, AttentiveChromeConfig, Dropout, Mode};

/// How a model is trained. The published regime is 30 epochs of Adam at 2e-4, batches of 16, norm
/// clipped at 1, no dropout, no decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Epochs.
    pub epochs: u32,
    /// Genes a step; the last step of an epoch may have fewer.
    pub batch_size: u32,
    /// Adam's learning rate at the start.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// L2 term added to the gradient.
    pub weight_decay: f64,
    /// Dropout on the outputs of the LSTMs.
    pub dropout: f64,
    /// Largest global norm of the gradient.
    pub clip_norm: f64,
    /// Seed of initialisation, order of genes and dropout.
    pub seed: u64,
}

/// One line of the history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Mean loss of the training genes, each before the step that used it.
    pub train_loss: f64,
    /// Mean loss of the validation genes after the epoch.
    pub valid_loss: f64,
    /// AUROC of all validation genes after the epoch.
    pub valid_auroc: f64,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
}

/// Everything that training needs to go on after an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Weights, flat.
    pub weights: Vec<f32>,
    /// The weights of the best epoch so far, flat.
    pub best_weights: Vec<f32>,
    /// The optimiser.
    pub adam: Adam,
    /// One record for each epoch that is done.
    pub history: Vec<EpochRecord>,
}

impl TrainingState {
    /// The record of the best epoch: the highest validation AUROC, of equal ones the later.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().max_by(|a, b| a.valid_auroc.total_cmp(&b.valid_auroc).then(a.epoch.cmp(&b.epoch)))
    }
}

/// Training went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is no longer a number.
    #[error(
        "training diverged in epoch {0}: the loss is no longer a finite number. Lower the learning rate or use the log1p transform"
    )]
    Diverged(u32),
    /// The validation genes are all of one class.
    #[error("the validation genes are all of one class, so that no epoch can be chosen")]
    OneClass,
    /// The state is of a model of another size.
    #[error("the training state has {found} weights, the model {expected}")]
    State {
        /// Weights in the state.
        found: usize,
        /// Weights of the model.
        expected: usize,
    },
    /// Genes could not be read.
    #[error(transparent)]
    Data(#[from] ShardError),
    /// The arrays do not fit together.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// A training in progress.
#[derive(Debug)]
pub struct Trainer {
    settings: Settings,
    model: AttentiveChrome,
    state: TrainingState,
}

impl Trainer {
    /// Starts with weights drawn from the seed.
    ///
    /// # Errors
    /// If the model's sizes make no model.
    pub fn new(config: &AttentiveChromeConfig, settings: Settings) -> Result<Self, TrainError> {
        let weights = random::initial_weights(settings.seed, config.n_weights());
        let adam = Adam::new(weights.len());
        let state = TrainingState { best_weights: weights.clone(), weights, adam, history: Vec::new() };
        Trainer::resume(config, settings, state)
    }

    /// Goes on from a state. The result is the same, to the bit, as without the interruption.
    ///
    /// # Errors
    /// If the state is of a model of another size.
    pub fn resume(
        config: &AttentiveChromeConfig,
        settings: Settings,
        state: TrainingState,
    ) -> Result<Self, TrainError> {
        let expected = config.n_weights();
        let arrays = [&state.weights, &state.best_weights, &state.adam.first_moments, &state.adam.second_moments];
        if let Some(wrong) = arrays.into_iter().find(|array| array.len() != expected) {
            return Err(TrainError::State { found: wrong.len(), expected });
        }
        Ok(Trainer { model: AttentiveChrome::from_flat(config, &state.weights)?, settings, state })
    }

    /// What must be kept to go on later.
    pub fn state(&self) -> &TrainingState {
        &self.state
    }

    /// Epochs that are done.
    pub fn epochs_done(&self) -> u32 {
        self.state.history.len() as u32
    }

    /// Whether all epochs are done.
    pub fn is_done(&self) -> bool {
        self.epochs_done() >= self.settings.epochs
    }

    /// The model of the best epoch.
    ///
    /// # Errors
    /// Of the device.
    pub fn best_model(&self) -> Result<AttentiveChrome, TrainError> {
        Ok(AttentiveChrome::from_flat(self.model.config(), &self.state.best_weights)?)
    }

    /// One pass over the training genes, in an order of its own, then the validation genes. `done` is
    /// told of every step.
    ///
    /// # Errors
    /// If the loss stops being finite, or the validation genes have one class only.
    pub fn run_epoch(
        &mut self,
        train: &GeneSource,
        valid: &GeneSource,
        done: impl Fn(usize),
    ) -> Result<EpochRecord, TrainError> {
        let epoch = self.epochs_done();
        let batch_size = self.settings.batch_size as usize;
        let learning_rate = self.settings.learning_rate * self.settings.schedule.factor(epoch, self.settings.epochs);
        let keys = random::dropout_keys(self.settings.seed, epoch, train.len().div_ceil(batch_size));
        let mut train_loss = 0.0;
        for (batch, &key) in train.batches(self.settings.seed, epoch, batch_size).zip(&keys) {
            let batch = batch?;
            let genes = batch.len();
            let loss = self.step(batch, key, learning_rate)?;
            if !loss.is_finite() {
                return Err(TrainError::Diverged(epoch + 1));
            }
            train_loss += loss * genes as f64;
            done(genes);
        }
        let (mut classes, mut valid_scores, mut valid_loss) = (Vec::new(), Vec::new(), 0.0);
        valid.in_order(|genes| {
            let logits = score(&self.model, &genes.values, |_| ())?.logits;
            for (&logit, &label) in logits.iter().zip(&genes.labels) {
                valid_loss += gene_loss(logit, label);
                classes.push(label == 1.0);
                valid_scores.push(f64::from(logit));
            }
            Ok::<(), TrainError>(())
        })?;
        let valid_loss = valid_loss / valid.len() as f64;
        if !valid_loss.is_finite() {
            return Err(TrainError::Diverged(epoch + 1));
        }
        let record = EpochRecord {
            epoch: epoch + 1,
            train_loss: train_loss / train.len() as f64,
            valid_loss,
            valid_auroc: auroc(&classes, &valid_scores).ok_or(TrainError::OneClass)?,
            learning_rate,
        };
        self.state.history.push(record);
        if self.state.best().is_some_and(|best| best.epoch == record.epoch) {
            self.state.best_weights.clone_from(&self.state.weights);
        }
        Ok(record)
    }

    /// One step on some training genes; returns their mean loss before it.
    fn step(&mut self, batch: GeneSet, key: u64, learning_rate: f64) -> Result<f64, TrainError> {
        let (genes, marks, bins) = (batch.len(), self.model.config().n_marks, self.model.config().n_bins);
        let x = Tensor::from_vec(batch.values, (genes, marks, bins), &Device::Cpu)?;
        let y = Tensor::from_vec(batch.labels, genes, &Device::Cpu)?;
        let rate = self.settings.dropout;
        let mode = Mode::Train((rate > 0.0).then_some(Dropout { rate, key }));
        let loss = binary_cross_entropy(&self.model.forward(&x, mode)?.logit, &y)?;
        let gradients = loss.backward()?;
        let mut gradient = Vec::with_capacity(self.state.weights.len());
        for parameter in self.model.parameters() {
            let part =
                gradients.get(parameter).ok_or_else(|| candle_core::Error::msg("a parameter has no gradient"))?;
            gradient.extend(part.flatten_all()?.to_vec1::<f32>()?);
        }
        clip_norm(&mut gradient, self.settings.clip_norm);
        self.state.adam.update(&mut self.state.weights, &gradient, learning_rate, self.settings.weight_decay);
        let mut rest = self.state.weights.as_slice();
        for parameter in self.model.parameters() {
            let (part, after) = rest.split_at(parameter.elem_count());
            rest = after;
            parameter.set(&Tensor::from_slice(part, parameter.shape(), &Device::Cpu)?)?;
        }
        Ok(f64::from(loss.to_scalar::<f32>()?))
    }
}

#[cfg(test)]
mod tests;
