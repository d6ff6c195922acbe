//! Training of one or more models together, an epoch at a time, with a state of each that can be put
//! down and taken up again.

mod pass;
mod state;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::batches::Batch;
use super::gene_source::GeneSource;
use super::learner::{Learner, TrainError};
use super::optimizer::Optimizer;
use super::score::batch_size;
use super::{Regime, Task, random};
use crate::model::{InstructionSet, Mode, ModelConfig, Network};

pub use self::state::{EpochRecord, TrainingState};

/// What models are trained and chosen on: gene sets, one of each for each number of
/// [`Learner::set`].
#[derive(Debug)]
pub struct TrainingData {
    /// Training genes.
    pub train: GeneSource,
    /// Validation genes.
    pub valid: GeneSource,
}

/// One or more models in training, side by side in one array. Each becomes, to the bit, what it would
/// become alone: it has its own genes, order, steps and optimiser state, and waits where others have
/// more genes in an epoch, or are epochs behind.
#[derive(Debug)]
pub struct Trainer {
    task: Task,
    regime: Regime,
    learners: Vec<Learner>,
    config: ModelConfig,
    /// The models in order: one each on the processor, where each works on data of its own while they
    /// are in the caches; all together on a GPU, which needs as much work at a time as it can get.
    parts: Vec<Box<dyn Network>>,
    instructions: InstructionSet,
    optimizer: Optimizer,
    /// After the last epoch, one a model.
    states: Vec<TrainingState>,
}

impl Trainer {
    /// Starts with weights drawn from each model's seed.
    ///
    /// # Errors
    /// If the model's sizes make no model, or there is none.
    pub fn new(
        config: &ModelConfig,
        (task, regime): (Task, &Regime),
        learners: Vec<Learner>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let fresh = |learner: &Learner| TrainingState::new(config, regime.optimizer, learner.seed);
        let states = learners.iter().map(fresh).collect();
        Trainer::resume(config, (task, regime), learners, states, device)
    }

    /// Goes on from one state a model, which may be of different epochs. The result is the same, to
    /// the bit, as without the interruption.
    ///
    /// # Errors
    /// If a state is of a model of another size, or there is none.
    pub fn resume(
        config: &ModelConfig,
        (task, regime): (Task, &Regime),
        learners: Vec<Learner>,
        states: Vec<TrainingState>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let expected = config.n_weights();
        if let Some(found) = states.iter().flat_map(TrainingState::lengths).find(|&length| length != expected) {
            return Err(TrainError::State { found, expected });
        }
        if states.len() != learners.len() {
            let message = format!("{} training states of {} models", states.len(), learners.len());
            return Err(candle_core::Error::msg(message).into());
        }
        let models: Vec<_> = states.iter().map(|state| (state.weights.as_slice(), &state.optimizer)).collect();
        let optimizer = Optimizer::new(*regime, &models, device)?;
        let weights = optimizer.weights()?;
        let together = if device.is_cpu() { 1 } else { learners.len() };
        let mut parts: Vec<Box<dyn Network>> = Vec::new();
        for first in (0..learners.len()).step_by(together.max(1)) {
            let weights = weights.narrow(0, first, together)?;
            parts.push(match parts.first() {
                Some(other) => other.sibling(&weights)?,
                None => config.network(&weights)?,
            });
        }
        let instructions = InstructionSet::best();
        Ok(Trainer { task, regime: *regime, learners, config: config.clone(), parts, instructions, optimizer, states })
    }

    /// Computes with these instructions, where the processor has them; else with the best it has.
    pub fn with_instruction_set(mut self, instructions: InstructionSet) -> Self {
        self.instructions = instructions;
        self.parts.iter_mut().for_each(|part| part.set_instruction_set(instructions));
        self
    }

    /// What must be kept to go on later, one a model.
    pub fn states(&self) -> &[TrainingState] {
        &self.states
    }

    /// Epochs that every model has done that is not at its end.
    pub fn epochs_done(&self) -> u32 {
        let in_training = self.states.iter().filter(|state| !state.is_done(&self.regime));
        in_training.map(TrainingState::epochs_done).min().unwrap_or(self.regime.epochs())
    }

    /// Whether every model is at its end.
    pub fn is_done(&self) -> bool {
        self.states.iter().all(|state| state.is_done(&self.regime))
    }

    /// Some of the models, each with the weights of its best epoch.
    ///
    /// # Errors
    /// If the device fails.
    pub fn best_models(&self, models: std::ops::Range<usize>) -> Result<Box<dyn Network>, TrainError> {
        let shape = (models.len(), self.config.n_weights());
        let weights: Vec<f32> = self.states[models].iter().flat_map(|state| &state.best_weights).copied().collect();
        let weights = Tensor::from_vec(weights, shape, self.optimizer.device())?;
        let mut network = self.config.network(&weights)?;
        network.set_instruction_set(self.instructions);
        Ok(network)
    }

    /// One pass over the training genes, each model's in an order of its own, then the validation
    /// genes. Models that are ahead of others wait. `done` is told of every step's genes. Returns one
    /// record a model, `None` of those that waited.
    ///
    /// # Errors
    /// If a loss stops being finite, or a model's validation genes have one label only.
    pub fn run_epoch(
        &mut self,
        data: &TrainingData,
        done: impl Fn(usize),
    ) -> Result<Vec<Option<EpochRecord>>, TrainError> {
        let epoch = self.epochs_done();
        let learning_rate = self.regime.rate_of(epoch);
        let is_next = |state: &TrainingState| state.epochs_done() == epoch && !state.is_done(&self.regime);
        let takes_part: Vec<bool> = self.states.iter().map(is_next).collect();
        let train_losses = self.train(data, epoch, learning_rate, &takes_part, done)?;
        let logits = self.validate(data, &takes_part)?;
        let (trained, task) = (self.optimizer.to_host()?, self.task);
        let mut records = vec![None; self.learners.len()];
        for (model, (weights, optimizer)) in trained.into_iter().enumerate().filter(|(model, _)| takes_part[*model]) {
            let learner = &self.learners[model];
            let labels = data.valid.labels(learner.set);
            let losses = logits[model].iter().zip(labels).map(|(&logit, &label)| task.gene_loss(logit, label));
            let valid_loss = losses.sum::<f64>() / labels.len() as f64;
            if !(train_losses[model].is_finite() && valid_loss.is_finite()) {
                return Err(TrainError::Diverged { model: learner.name.clone(), epoch: epoch + 1 });
            }
            let metric = task.metric_of(labels, &logits[model]);
            let valid_metric = metric.ok_or_else(|| TrainError::OneLabel(learner.name.clone()))?;
            let train_loss = train_losses[model];
            let record = EpochRecord { epoch: epoch + 1, train_loss, valid_loss, valid_metric, learning_rate };
            let state = &mut self.states[model];
            (state.weights, state.optimizer) = (weights, optimizer);
            state.history.push(record);
            if state.best().is_some_and(|best| best.epoch == record.epoch) {
                state.best_weights.clone_from(&state.weights);
            }
            records[model] = Some(record);
        }
        Ok(records)
    }

    /// The steps of an epoch; returns each model's mean loss.
    fn train(
        &mut self,
        data: &TrainingData,
        epoch: u32,
        learning_rate: f64,
        takes_part: &[bool],
        done: impl Fn(usize),
    ) -> Result<Vec<f64>, TrainError> {
        let batch_size = self.regime.batch_size() as usize;
        let genes =
            |(learner, &takes_part): (&Learner, &bool)| if takes_part { data.train.len(learner.set) } else { 0 };
        let genes: Vec<usize> = self.learners.iter().zip(takes_part).map(genes).collect();
        let keys = |(learner, &genes): (&Learner, &usize)| {
            random::dropout_keys(learner.seed, epoch, genes.div_ceil(batch_size))
        };
        let keys: Vec<_> = self.learners.iter().zip(&genes).map(keys).collect();
        let mut pass = data.train.shuffled(&self.taking_part(takes_part), epoch, batch_size)?;
        let mut losses = Vec::new();
        while let Some(batch) = pass.next()? {
            let keys: Vec<u64> = keys.iter().map(|keys| keys.get(losses.len()).copied().unwrap_or(0)).collect();
            losses.push(self.step(&batch, &keys, learning_rate)?);
            done(batch.genes.iter().sum());
        }
        // read once: reading waits for the device
        let losses = Tensor::stack(&losses, 0)?.to_vec2::<f32>()?;
        let mean = |(model, &genes): (usize, &usize)| {
            let own = |at: usize| (genes.saturating_sub(at * batch_size)).min(batch_size) as f64;
            losses.iter().enumerate().map(|(at, losses)| f64::from(losses[model]) * own(at)).sum::<f64>() / genes as f64
        };
        Ok(genes.iter().enumerate().map(mean).collect())
    }

    /// Logits of each model's validation genes; none of models that take no part.
    fn validate(&self, data: &TrainingData, takes_part: &[bool]) -> Result<Vec<Vec<f32>>, TrainError> {
        let models = self.taking_part(takes_part);
        let mut logits = Vec::with_capacity(models.len());
        for (part, models) in self.parts.iter().zip(models.chunks(self.parts[0].n_models())) {
            let mut pass = data.valid.in_order(models, batch_size(part.device()))?;
            let mut of_part = Vec::new();
            while let Some(batch) = pass.next()? {
                // detached: what they were computed from must not be kept for a million genes
                of_part.push(part.forward(&batch.x, &Mode::Infer)?.logit.detach());
            }
            if of_part.is_empty() {
                logits.extend(models.iter().map(|_| Vec::new()));
                continue;
            }
            let rows = Tensor::cat(&of_part, 0)?.t()?.to_vec2::<f32>()?;
            logits.extend(rows.into_iter().zip(models).map(|(mut row, model)| {
                row.truncate(model.map_or(0, |learner| data.valid.len(learner.set)));
                row
            }));
        }
        Ok(logits)
    }

    /// The models, `None` of those that wait.
    fn taking_part(&self, takes_part: &[bool]) -> Vec<Option<&Learner>> {
        self.learners.iter().zip(takes_part).map(|(learner, &takes_part)| takes_part.then_some(learner)).collect()
    }

    /// One step of every model that has genes in the batch; returns their mean losses before it,
    /// \[model\].
    fn step(&mut self, batch: &Batch, keys: &[u64], learning_rate: f64) -> Result<Tensor, TrainError> {
        let (task, rate) = (self.task, self.regime.dropout());
        let passes = self.parts.par_iter().enumerate().map(|(at, part)| {
            let first = at * part.n_models();
            pass::pass(part.as_ref(), task, first, batch, rate, keys)
        });
        let (losses, gradients): (Vec<_>, Vec<_>) =
            passes.collect::<candle_core::Result<Vec<_>>>()?.into_iter().unzip();
        let active: Vec<bool> = batch.genes.iter().map(|&genes| genes > 0).collect();
        self.optimizer.step(&Tensor::cat(&gradients, 0)?, learning_rate, &active)?;
        let weights = self.optimizer.weights()?;
        for (at, part) in self.parts.iter().enumerate() {
            part.set_flat(&weights.narrow(0, at * part.n_models(), part.n_models())?)?;
        }
        Ok(Tensor::cat(&losses, 0)?)
    }
}

#[cfg(test)]
mod every_model;
#[cfg(test)]
mod tests;
