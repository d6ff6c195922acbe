//! Which architectures can be trained, and the flags of their sizes.

use clap::ValueEnum;

use crate::learn::{Task, baseline};
use crate::model::{AttentiveChromeConfig, DeepChromeLinearConfig, ModelConfig};

/// The architectures that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// AttentiveChrome, LSTM-α,β (Singh et al., NIPS 2017)
    AttentiveChrome,
    /// DeepChrome's linear mode: logistic or linear regression on all bins (Singh et al. 2016)
    DeepChromeLinear,
    /// Logistic regression, or for numbers ridge regression, of the features of --features (Karlić et al. 2010)
    LogisticRegression,
    /// Linear support vector machine, or regression, of the same
    LinearSvm,
    /// Random forest of the same, bins pooled into 20 windows
    RandomForest,
    /// Gradient-boosted trees of the same
    GradientBoosting,
    /// Linear models, a kernel machine, a forest and AttentiveChromes, cross-fitted, stacked and calibrated
    /// (docs/auto.md); learns from the training and the validation genes
    Auto,
}

/// The sizes of an architecture. Each flag is of some architectures only.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sizes")]
pub struct Sizes {
    /// Hidden units a direction of the LSTM over bins [default: 32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub bin_hidden: Option<u16>,
    /// Hidden units a direction of the LSTM over marks [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub mark_hidden: Option<u16>,
}

impl Architecture {
    /// The flags of sizes that it has.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Architecture::AttentiveChrome | Architecture::Auto => &["bin-hidden", "mark-hidden"],
            _ => &[],
        }
    }

    /// Whether it says which bins it looks at.
    pub fn has_attention(self) -> bool {
        self.config(&Sizes::default(), Task::default(), (1, 1)).is_some_and(|config| config.has_bin_attention())
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The baseline that it is, if it is one.
    pub fn baseline(self) -> Option<baseline::Method> {
        match self {
            Architecture::LogisticRegression => Some(baseline::Method::LogisticRegression),
            Architecture::LinearSvm => Some(baseline::Method::LinearSvm),
            Architecture::RandomForest => Some(baseline::Method::RandomForest),
            Architecture::GradientBoosting => Some(baseline::Method::GradientBoosting),
            _ => None,
        }
    }

    /// Whether it is a network that is trained by itself.
    pub fn is_network(self) -> bool {
        self.baseline().is_none() && self != Architecture::Auto
    }

    /// The sizes of its network for windows of [mark, bin]; `None` of a baseline.
    pub fn config(self, sizes: &Sizes, task: Task, (n_marks, n_bins): (usize, usize)) -> Option<ModelConfig> {
        let or = |size: Option<u16>, default: usize| size.map_or(default, usize::from);
        // DeepChrome has an output a class
        let n_outputs = if task == Task::Classification { 2 } else { 1 };
        Some(match self {
            Architecture::AttentiveChrome | Architecture::Auto => ModelConfig::AttentiveChrome(AttentiveChromeConfig {
                n_marks,
                n_bins,
                bin_hidden: or(sizes.bin_hidden, 32),
                mark_hidden: or(sizes.mark_hidden, 16),
            }),
            Architecture::DeepChromeLinear => {
                ModelConfig::DeepChromeLinear(DeepChromeLinearConfig { n_marks, n_bins, n_outputs })
            }
            _ => return None,
        })
    }
}

impl Sizes {
    /// Sizes that the architecture does not have.
    pub fn problems(&self, architecture: Architecture) -> Vec<String> {
        let given = [("bin-hidden", self.bin_hidden.is_some()), ("mark-hidden", self.mark_hidden.is_some())];
        let of_others = given.iter().filter(|(flag, given)| *given && !architecture.flags().contains(flag));
        let problem = |(flag, _): &(&str, bool)| {
            let has = Architecture::value_variants().iter().filter(|other| other.flags().contains(flag));
            let has: Vec<String> = has.map(|other| other.name()).collect();
            format!("--{flag} is a size of {}: leave it out with --model {}", has.join(", "), architecture.name())
        };
        of_others.map(problem).collect()
    }
}
