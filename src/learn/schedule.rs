//! How the learning rate changes from epoch to epoch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Learning-rate schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// The same in every epoch, the published regime
    #[default]
    Constant,
    /// Half a cosine from the full rate in the first epoch towards 0 after the last
    Cosine,
    /// A tenth after half of the epochs, a hundredth after three quarters
    Step,
    /// Half of it after every 10 epochs
    Halving,
}

impl Schedule {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Schedule::Constant => "constant",
            Schedule::Cosine => "cosine",
            Schedule::Step => "step",
            Schedule::Halving => "halving",
        }
    }

    /// The factor of the learning rate in `epoch`, counted from 0.
    pub fn factor(self, epoch: u32, epochs: u32) -> f64 {
        let done = f64::from(epoch) / f64::from(epochs.max(1));
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            Schedule::Step if done < 0.5 => 1.0,
            Schedule::Step if done < 0.75 => 0.1,
            Schedule::Step => 0.01,
            Schedule::Halving => 0.5f64.powi((epoch / 10) as i32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_start_at_the_full_rate_and_fall_as_documented() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Step, Schedule::Halving] {
            assert_eq!(schedule.factor(0, 30), 1.0);
        }
        assert_eq!(Schedule::Constant.factor(29, 30), 1.0);
        assert!((Schedule::Cosine.factor(15, 30) - 0.5).abs() < 1e-12);
        assert_eq!([9, 10, 19, 20, 49].map(|epoch| Schedule::Halving.factor(epoch, 50)), [1.0, 0.5, 0.5, 0.25, 0.0625]);
        assert_eq!([14, 15, 22, 23].map(|epoch| Schedule::Step.factor(epoch, 30)), [1.0, 0.1, 0.1, 0.01]);
    }
}
