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

/// How networks are trained. What is not given is as the model was published with ([`super::recipe`]), else as
/// AttentiveChrome was: 30 epochs of Adam at 2e-4, batches of 16, the gradient's norm clipped at 1, no dropout, no decay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Regime {
    /// Passes over the training genes [default: 30; deep-motif networks: 50; auto: at least as many as make 1000 steps, and
    /// no more after 3000 steps without a better one]
    #[schemars(range(min = 1), extend("x-value" = "N"))]
    pub epochs: Option<u32>,
    /// A network stops after so many steps without a better epoch; of models that do ([`super::recipe`]), where the epochs
    /// are not given
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// Genes a step [default: 16; deep-motif networks: 256]
    #[schemars(range(min = 1, max = 65_536), extend("x-value" = "N"))]
    pub batch_size: Option<u32>,
    /// Optimiser
    pub optimizer: OptimizerKind,
    /// Momentum of sgd, from 0 to below 1 [default: 0.9]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0, "x-value" = "X"))]
    pub momentum: Option<f64>,
    /// Learning rate in the first epoch [default: 0.0002; deep-motif networks: 0.01]
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-value" = "X"))]
    pub learning_rate: Option<f64>,
    /// Learning rate over the epochs [default: constant; deep-motif networks: halving]
    pub schedule: Option<Schedule>,
    /// Weight decay: an L2 term of the gradient with adam and sgd, decoupled with adamw
    #[schemars(range(min = 0.0), extend("x-value" = "X"))]
    pub weight_decay: f64,
    /// Share of units that training sets to zero, from 0 to below 1: outputs of the LSTMs, of a convolution or
    /// (deep-chrome-mlp) of the hidden layer [default: 0.5 for deep-chrome and deep-motif networks, as published, else 0]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0, "x-value" = "P"))]
    pub dropout: Option<f64>,
    /// Largest norm of a model's gradient; a longer one is shortened to it [default: 1; none with --clip-value]
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-value" = "X"))]
    pub clip_norm: Option<f64>,
    /// Largest element of a model's gradient, whatever its sign; a larger one is cut to it [default: none; deep-motif
    /// networks: 5]
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-value" = "X"))]
    pub clip_value: Option<f64>,
}

impl Regime {
    /// DeepMotif's (Lanchantin et al., PSB 2017). Theirs were in file order; here all are shuffled.
    pub fn deep_motif() -> Self {
        Regime {
            epochs: Some(50),
            batch_size: Some(256),
            learning_rate: Some(1e-2),
            schedule: Some(Schedule::Halving),
            clip_value: Some(5.0),
            ..Regime::default()
        }
    }

    /// With nothing left to defaults: what is not given is as in `published`.
    pub fn or(self, published: Regime) -> Self {
        let either = Regime {
            epochs: self.epochs.or(published.epochs),
            patience: self.patience.or(published.patience),
            batch_size: self.batch_size.or(published.batch_size),
            learning_rate: self.learning_rate.or(published.learning_rate),
            schedule: self.schedule.or(published.schedule),
            dropout: self.dropout.or(published.dropout),
            // one or the other
            clip_value: self.clip_value.or(published.clip_value.filter(|_| self.clip_norm.is_none())),
            ..self
        };
        Regime {
            epochs: Some(either.epochs()),
            batch_size: Some(either.batch_size()),
            momentum: (self.optimizer == OptimizerKind::Sgd).then(|| either.momentum()),
            learning_rate: Some(either.learning_rate()),
            schedule: Some(either.schedule()),
            dropout: Some(either.dropout()),
            clip_norm: either.clip_norm(),
            ..either
        }
    }

    /// Passes over the training genes.
    pub fn epochs(&self) -> u32 {
        self.epochs.unwrap_or(30)
    }

    /// Genes a step.
    pub fn batch_size(&self) -> u32 {
        self.batch_size.unwrap_or(16)
    }

    /// The learning rate of an epoch, counted from 0.
    pub fn rate_of(&self, epoch: u32) -> f64 {
        self.learning_rate() * self.schedule().factor(epoch, self.epochs())
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(2e-4)
    }

    fn schedule(&self) -> Schedule {
        self.schedule.unwrap_or_default()
    }

    /// Largest norm of a gradient, where norms are clipped.
    pub fn clip_norm(&self) -> Option<f64> {
        self.clip_norm.or(self.clip_value.is_none().then_some(1.0))
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
        if self.clip_norm.is_some() && self.clip_value.is_some() {
            return Some("--clip-norm and --clip-value: give one of them".to_owned());
        }
        let name = self.optimizer.name();
        (self.momentum.is_some() && self.optimizer != OptimizerKind::Sgd)
            .then(|| format!("--momentum is of sgd: leave it out with {name}, or give --optimizer sgd"))
    }
}
