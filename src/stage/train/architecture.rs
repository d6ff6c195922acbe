//! Which architectures can be trained, and the flags of their sizes.

use clap::ValueEnum;

use crate::learn::Task;
use crate::model::{AttentiveChromeConfig, DeepChromeLinearConfig, ModelConfig};

/// The architectures that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// AttentiveChrome, LSTM-α,β (Singh et al., NIPS 2017)
    AttentiveChrome,
    /// DeepChrome's linear mode: logistic or linear regression on all bins (Singh et al. 2016)
    DeepChromeLinear,
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
            Architecture::AttentiveChrome => &["bin-hidden", "mark-hidden"],
            Architecture::DeepChromeLinear => &[],
        }
    }

    /// Whether it says which bins it looks at.
    pub fn has_attention(self) -> bool {
        self.config(&Sizes::default(), Task::default(), (1, 1)).has_bin_attention()
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Its sizes for windows of [mark, bin].
    pub fn config(self, sizes: &Sizes, task: Task, (n_marks, n_bins): (usize, usize)) -> ModelConfig {
        let or = |size: Option<u16>, default: usize| size.map_or(default, usize::from);
        // DeepChrome has an output a class
        let n_outputs = if task == Task::Classification { 2 } else { 1 };
        match self {
            Architecture::AttentiveChrome => ModelConfig::AttentiveChrome(AttentiveChromeConfig {
                n_marks,
                n_bins,
                bin_hidden: or(sizes.bin_hidden, 32),
                mark_hidden: or(sizes.mark_hidden, 16),
            }),
            Architecture::DeepChromeLinear => {
                ModelConfig::DeepChromeLinear(DeepChromeLinearConfig { n_marks, n_bins, n_outputs })
            }
        }
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
