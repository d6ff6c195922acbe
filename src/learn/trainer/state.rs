//! How far the training of one model has come.

use crate::learn::optimizer::OptimizerState;
use crate::learn::random;
use crate::learn::regime::{OptimizerKind, Regime};
use crate::model::ModelConfig;

/// One line of the history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Mean loss of the training genes, each before the step that used it.
    pub train_loss: f64,
    /// Mean loss of the validation genes after the epoch.
    pub valid_loss: f64,
    /// AUROC of all validation genes after the epoch, or of a regression Pearson's correlation.
    pub valid_metric: f64,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
}

/// Everything that the training of one model needs to go on after an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Weights, flat.
    pub weights: Vec<f32>,
    /// The weights of the best epoch so far, flat.
    pub best_weights: Vec<f32>,
    /// The optimiser.
    pub optimizer: OptimizerState,
    /// One record for each epoch that is done.
    pub history: Vec<EpochRecord>,
}

impl TrainingState {
    /// Weights drawn from the seed.
    pub fn new(config: &ModelConfig, optimizer: OptimizerKind, seed: u64) -> Self {
        let weights = random::initial_weights(seed, &config.tensors());
        let optimizer = OptimizerState::new(optimizer, weights.len());
        TrainingState { best_weights: weights.clone(), weights, optimizer, history: Vec::new() }
    }

    /// The record of the best epoch: the highest validation AUROC or correlation, of equal ones the later.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().max_by(|a, b| a.valid_metric.total_cmp(&b.valid_metric).then(a.epoch.cmp(&b.epoch)))
    }

    /// Steps since an epoch was better than all before it.
    fn steps_since_gain(&self) -> u64 {
        let gains = self.best().and_then(|best| self.history.iter().find(|of| of.valid_metric == best.valid_metric));
        let (done, gain) = (self.epochs_done(), gains.map_or(0, |of| of.epoch));
        self.optimizer.steps / u64::from(done.max(1)) * u64::from(done - gain)
    }

    /// Whether all epochs are done, or none was better for as long as patience lasts.
    pub(super) fn is_done(&self, regime: &Regime) -> bool {
        self.epochs_done() >= regime.epochs()
            || regime.patience.is_some_and(|patience| self.steps_since_gain() >= patience)
    }

    /// Epochs that are done.
    pub fn epochs_done(&self) -> u32 {
        self.history.len() as u32
    }

    /// Lengths of its arrays, all of which have one number a weight.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let moments = self.optimizer.moments.iter().map(Vec::len);
        [self.weights.len(), self.best_weights.len()].into_iter().chain(moments).collect()
    }
}
