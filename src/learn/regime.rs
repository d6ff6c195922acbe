//! How networks are trained: the one declaration of the flags of attentrack-train, of keys of config.yaml, of what the
//! trainer and its optimiser take, and of what a model file records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;

/// How weights follow their gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Optimizer")]
pub enum OptimizerKind {
    /// Adam (Kingma & Ba 2015), β₁ 0.9, β₂ 0.999, ε 1e-8; weight decay is an L2 term of the gradient
    #[default]
    Adam,
    /// Adam with decoupled weight decay (Loshchilov & Hutter 2019)
    AdamW,
    /// Stochastic gradient descent with momentum; weight decay is an L2 term of the gradient
    Sgd,
}

impl OptimizerKind {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            OptimizerKind::Adam => "adam",
            OptimizerKind::AdamW => "adamw",
            OptimizerKind::Sgd => "sgd",
        }
    }

    /// What is kept of each weight from step to step, by its name in files.
    pub fn moments(self) -> &'static [&'static str] {
        match self {
            OptimizerKind::Adam | OptimizerKind::AdamW => &["first_moments", "second_moments"],
            OptimizerKind::Sgd => &["momentum_buffer"],
        }
    }
}

/// How networks are trained. The default is the published regime: 30 epochs of Adam at 2e-4, batches of 16, the
/// gradient's norm clipped at 1, no dropout, no decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Regime {
    /// Passes over the training genes [default: 30; auto: at least as many as make 1000 steps, and no more after 3000 steps
    /// without a better one]
    #[schemars(range(min = 1), extend("x-value" = "N"))]
    pub epochs: Option<u32>,
    /// A network stops after so many steps without a better epoch; of models that do ([`super::recipe`]), where the epochs
    /// are not given
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// Genes a step
    #[schemars(range(min = 1, max = 65_536), extend("x-value" = "N"))]
    pub batch_size: u32,
    /// Optimiser
    pub optimizer: OptimizerKind,
    /// Momentum of sgd, from 0 to below 1 [default: 0.9]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0, "x-value" = "X"))]
    pub momentum: Option<f64>,
    /// Learning rate in the first epoch
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-value" = "X"))]
    pub learning_rate: f64,
    /// Learning rate over the epochs
    pub schedule: Schedule,
    /// Weight decay: an L2 term of the gradient with adam and sgd, decoupled with adamw
    #[schemars(range(min = 0.0), extend("x-value" = "X"))]
    pub weight_decay: f64,
    /// Share of units that training sets to zero, from 0 to below 1: outputs of the LSTMs, of a convolution or
    /// (deep-chrome-mlp) of the hidden layer [default: 0.5 for deep-chrome, as published, else 0]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0, "x-value" = "P"))]
    pub dropout: Option<f64>,
    /// Largest norm of a model's gradient; a longer one is shortened to it
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-value" = "X"))]
    pub clip_norm: f64,
}

impl Default for Regime {
    fn default() -> Self {
        Regime {
            epochs: None,
            patience: None,
            batch_size: 16,
            optimizer: OptimizerKind::Adam,
            momentum: None,
            learning_rate: 2e-4,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: None,
            clip_norm: 1.0,
        }
    }
}

impl Regime {
    /// Passes over the training genes.
    pub fn epochs(&self) -> u32 {
        self.epochs.unwrap_or(30)
    }

    /// Momentum of sgd.
    pub fn momentum(&self) -> f64 {
        self.momentum.unwrap_or(0.9)
    }

    /// Share of units that are set to zero.
    pub fn dropout(&self) -> f64 {
        self.dropout.unwrap_or(0.0)
    }

    /// A setting that does not go with another one, by its flag.
    pub fn problem(&self) -> Option<String> {
        let name = self.optimizer.name();
        (self.momentum.is_some() && self.optimizer != OptimizerKind::Sgd)
            .then(|| format!("--momentum is of sgd: leave it out with {name}, or give --optimizer sgd"))
    }
}
