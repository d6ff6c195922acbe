//! Which architectures can be trained, and the flags of their sizes.

use clap::ValueEnum;
use serde::Serialize;

use crate::learn::{Task, baseline};
use crate::model::{
    AttentiveChromeConfig, CnnAlphaBetaConfig, CnnAttentionConfig, DeepChromeConfig, DeepChromeLinearConfig,
    DeepChromeMlpConfig, DeepDiffConfig, DeepDiffVariant, LstmAlphaConfig, LstmAttentionConfig, LstmConfig,
    ModelConfig,
};

/// The architectures that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// AttentiveChrome, LSTM-α,β: an LSTM and bin attention for each mark, an LSTM and attention over marks
    AttentiveChrome,
    /// One LSTM over the vectors of the marks, its last outputs; no attention
    Lstm,
    /// LSTM-Attn: one LSTM over the vectors of the marks, one bin attention
    LstmAttention,
    /// LSTM-α: an LSTM and bin attention for each mark, side by side
    LstmAlpha,
    /// CNN-Attn: DeepChrome's convolution over all marks, one bin attention
    CnnAttention,
    /// CNN-α,β: a convolution and bin attention for each mark, an LSTM and attention over marks
    CnnAlphaBeta,
    /// DeepChrome: a convolution over all marks and two hidden layers; no attention
    DeepChrome,
    /// DeepChrome's linear mode: logistic or linear regression on all bins; no attention
    DeepChromeLinear,
    /// DeepChrome's MLP mode: one hidden layer on all bins; no attention
    DeepChromeMlp,
    /// Logistic regression, or for numbers ridge regression, of the features of --features (Karlić et al. 2010)
    LogisticRegression,
    /// Linear support vector machine, or regression, of the same
    LinearSvm,
    /// Random forest of the same, bins pooled into 20 windows
    RandomForest,
    /// Gradient-boosted trees of the same
    GradientBoosting,
    /// Four AttentiveChromes, six linear models and two of trees, the three kinds counted alike and calibrated
    /// (docs/auto.md)
    Auto,
    /// DeepDiff, Raw:d, from the difference A − B: the change between the samples of attentrack-pair
    DeepDiffRawD,
    /// DeepDiff, Raw:c, from A and B: the change between the samples of attentrack-pair
    DeepDiffRawC,
    /// DeepDiff, Raw, from A, B and A − B: the change between the samples of attentrack-pair
    DeepDiffRaw,
    /// DeepDiff, Aux, by way of expression in A and in B: the change between the samples of attentrack-pair
    DeepDiffAux,
    /// DeepDiff, Raw+Aux: the change between the samples of attentrack-pair
    DeepDiffRawAux,
    /// DeepDiff, Aux+Siamese, A and B through the same encoders: the change between the samples of attentrack-pair
    DeepDiffAuxSiamese,
    /// DeepDiff, Raw+Aux+Siamese: the change between the samples of attentrack-pair
    DeepDiffRawAuxSiamese,
}

/// The sizes of an architecture. Each flag is of some architectures only.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Serialize)]
#[command(next_help_heading = "Sizes")]
pub struct Sizes {
    /// Hidden units a direction of the LSTM over bins [default: 32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub bin_hidden: Option<u16>,
    /// Hidden units a direction of the LSTM over marks [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub mark_hidden: Option<u16>,
    /// Bins that a filter of a convolution sees [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub kernel_width: Option<u16>,
    /// Filters of a convolution [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub filters: Option<u16>,
    /// Neighbouring positions of which a convolution keeps the highest [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub pool: Option<u16>,
    /// Units of each hidden layer [default: 625,125 of deep-chrome, 250 of deep-chrome-mlp]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub hidden: Vec<u16>,
}

impl Architecture {
    /// The flags of sizes that it has.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Architecture::AttentiveChrome
            | Architecture::Auto
            | Architecture::DeepDiffRawD
            | Architecture::DeepDiffRawC
            | Architecture::DeepDiffRaw
            | Architecture::DeepDiffAux
            | Architecture::DeepDiffRawAux
            | Architecture::DeepDiffAuxSiamese
            | Architecture::DeepDiffRawAuxSiamese => &["bin-hidden", "mark-hidden"],
            Architecture::Lstm | Architecture::LstmAttention | Architecture::LstmAlpha => &["bin-hidden"],
            Architecture::CnnAttention => &["kernel-width", "filters", "pool"],
            Architecture::CnnAlphaBeta => &["kernel-width", "filters", "pool", "mark-hidden"],
            Architecture::DeepChrome => &["kernel-width", "filters", "pool", "hidden"],
            Architecture::DeepChromeLinear => &[],
            Architecture::DeepChromeMlp => &["hidden"],
            Architecture::LogisticRegression
            | Architecture::LinearSvm
            | Architecture::RandomForest
            | Architecture::GradientBoosting => &[],
        }
    }

    /// Whether it says which bins it looks at.
    pub fn has_attention(self) -> bool {
        self.config(&Sizes::default(), Task::default(), (1, 1)).is_some_and(|config| config.has_bin_attention())
    }

    /// The name on the command line.
    pub fn name(self) -> String {
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

    /// The variant of DeepDiff that it is, if it is one.
    fn deep_diff(self) -> Option<DeepDiffVariant> {
        match self {
            Architecture::DeepDiffRawD => Some(DeepDiffVariant::RawD),
            Architecture::DeepDiffRawC => Some(DeepDiffVariant::RawC),
            Architecture::DeepDiffRaw => Some(DeepDiffVariant::Raw),
            Architecture::DeepDiffAux => Some(DeepDiffVariant::Aux),
            Architecture::DeepDiffRawAux => Some(DeepDiffVariant::RawAux),
            Architecture::DeepDiffAuxSiamese => Some(DeepDiffVariant::AuxSiamese),
            Architecture::DeepDiffRawAuxSiamese => Some(DeepDiffVariant::RawAuxSiamese),
            _ => None,
        }
    }

    /// Whether it learns the change between two samples.
    pub fn is_of_pairs(self) -> bool {
        self.deep_diff().is_some()
    }

    /// Whether it learns from expression in both samples too.
    pub fn is_auxiliary(self) -> bool {
        self.deep_diff().is_some_and(DeepDiffVariant::is_auxiliary)
    }

    /// Whether it is a network that is trained by itself.
    pub fn is_network(self) -> bool {
        self.baseline().is_none() && self != Architecture::Auto
    }

    /// The dropout that it was published with.
    pub fn default_dropout(self) -> f64 {
        if self == Architecture::DeepChrome { 0.5 } else { 0.0 }
    }

    /// The sizes of its network for windows of [mark, bin]; `None` of a baseline.
    pub fn config(self, sizes: &Sizes, task: Task, (n_marks, n_bins): (usize, usize)) -> Option<ModelConfig> {
        let or = |size: Option<u16>, default: usize| size.map_or(default, usize::from);
        let (bin_hidden, mark_hidden) = (or(sizes.bin_hidden, 32), or(sizes.mark_hidden, 16));
        let (kernel_width, filters, pool) = (or(sizes.kernel_width, 10), or(sizes.filters, 50), or(sizes.pool, 5));
        let hidden = |default: &[usize]| match sizes.hidden.as_slice() {
            [] => default.to_vec(),
            units => units.iter().map(|&units| usize::from(units)).collect(),
        };
        // DeepChrome has an output a class
        let n_outputs = if task == Task::Classification { 2 } else { 1 };
        if let Some(variant) = self.deep_diff() {
            let sizes = DeepDiffConfig { variant, n_marks, n_bins, bin_hidden, mark_hidden };
            return Some(ModelConfig::DeepDiff(sizes));
        }
        Some(match self {
            Architecture::AttentiveChrome | Architecture::Auto => {
                ModelConfig::AttentiveChrome(AttentiveChromeConfig { n_marks, n_bins, bin_hidden, mark_hidden })
            }
            Architecture::Lstm => ModelConfig::Lstm(LstmConfig { n_marks, n_bins, bin_hidden }),
            Architecture::LstmAttention => {
                ModelConfig::LstmAttention(LstmAttentionConfig { n_marks, n_bins, bin_hidden })
            }
            Architecture::LstmAlpha => ModelConfig::LstmAlpha(LstmAlphaConfig { n_marks, n_bins, bin_hidden }),
            Architecture::CnnAttention => {
                ModelConfig::CnnAttention(CnnAttentionConfig { n_marks, n_bins, kernel_width, filters, pool })
            }
            Architecture::CnnAlphaBeta => {
                let sizes = CnnAlphaBetaConfig { n_marks, n_bins, kernel_width, filters, pool, mark_hidden };
                ModelConfig::CnnAlphaBeta(sizes)
            }
            Architecture::DeepChrome => {
                let hidden = hidden(&[625, 125]);
                let sizes = DeepChromeConfig { n_marks, n_bins, kernel_width, filters, pool, hidden, n_outputs };
                ModelConfig::DeepChrome(sizes)
            }
            Architecture::DeepChromeLinear => {
                ModelConfig::DeepChromeLinear(DeepChromeLinearConfig { n_marks, n_bins, n_outputs })
            }
            Architecture::DeepChromeMlp => {
                let hidden = hidden(&[250])[0];
                ModelConfig::DeepChromeMlp(DeepChromeMlpConfig { n_marks, n_bins, hidden, n_outputs })
            }
            Architecture::LogisticRegression
            | Architecture::LinearSvm
            | Architecture::RandomForest
            | Architecture::GradientBoosting
            | Architecture::DeepDiffRawD
            | Architecture::DeepDiffRawC
            | Architecture::DeepDiffRaw
            | Architecture::DeepDiffAux
            | Architecture::DeepDiffRawAux
            | Architecture::DeepDiffAuxSiamese
            | Architecture::DeepDiffRawAuxSiamese => return None,
        })
    }
}

impl Sizes {
    /// Sizes that the architecture does not have.
    pub fn problems(&self, architecture: Architecture) -> Vec<String> {
        let given = [
            ("bin-hidden", self.bin_hidden.is_some()),
            ("mark-hidden", self.mark_hidden.is_some()),
            ("kernel-width", self.kernel_width.is_some()),
            ("filters", self.filters.is_some()),
            ("pool", self.pool.is_some()),
            ("hidden", !self.hidden.is_empty()),
        ];
        let of_others = given.iter().filter(|(flag, given)| *given && !architecture.flags().contains(flag));
        let problem = |(flag, _): &(&str, bool)| {
            let has = Architecture::value_variants().iter().filter(|other| other.flags().contains(flag));
            let has: Vec<String> = has.map(|other| other.name()).collect();
            format!("--{flag} is a size of {}: leave it out with --model {}", has.join(", "), architecture.name())
        };
        let mut problems: Vec<String> = of_others.map(problem).collect();
        if architecture == Architecture::DeepChromeMlp && self.hidden.len() > 1 {
            problems.push("--hidden: deep-chrome-mlp has one hidden layer. Give one number".to_owned());
        }
        problems
    }
}
