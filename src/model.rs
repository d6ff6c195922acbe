//! Networks and their kernels. Knows candle and its own configuration; knows neither genes nor files
//! nor what a label means.

mod attentive_chrome;
mod bilstm_attention;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod kernel;
mod lanes;
#[cfg(test)]
mod reference;

pub use attentive_chrome::{AttentiveChrome, Output, WeightError, member_prefix};
pub use bilstm_attention::{BiLstmAttention, Dropout, Mode};
#[cfg(feature = "cuda")]
pub use cuda::{KernelTime, open as open_gpu, profile as profile_gpu};
pub use kernel::InstructionSet;
pub use lanes::sigmoid;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Architecture and sizes of a model; `tag` is the name on the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "tag", rename_all = "kebab-case")]
pub enum ModelConfig {
    /// AttentiveChrome, LSTM-α,β (Singh et al., NIPS 2017).
    AttentiveChrome(AttentiveChromeConfig),
}

/// Sizes of an AttentiveChrome model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttentiveChromeConfig {
    /// Marks, the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTM over bins (32 in the paper).
    pub bin_hidden: usize,
    /// Hidden units a direction of the LSTM over marks (16 in the paper).
    pub mark_hidden: usize,
}
