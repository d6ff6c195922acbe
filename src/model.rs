//! Networks and their kernels. Knows candle and its own configuration; knows neither genes nor files
//! nor what a label means.
//!
//! A network is one file here: its sizes ([`ModelConfig`] has a variant for them), which say what tensors
//! it has, and its forward pass, a [`Network`].

mod attentive_chrome;
mod bilstm_attention;
mod cnn_alpha_beta;
mod cnn_attention;
mod convolution;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod deep_chrome;
mod deep_chrome_linear;
mod deep_chrome_mlp;
mod deep_diff;
mod kernel;
mod lanes;
mod layer;
mod lstm;
mod lstm_alpha;
mod lstm_attention;
mod network;
#[cfg(test)]
mod reference;
mod sizes;

pub use attentive_chrome::{AttentiveChrome, AttentiveChromeConfig};
pub use bilstm_attention::{BiLstmAttention, Dropout, Mode};
pub use cnn_alpha_beta::CnnAlphaBetaConfig;
pub use cnn_attention::CnnAttentionConfig;
#[cfg(feature = "cuda")]
pub use cuda::{KernelTime, open as open_gpu, profile as profile_gpu};
pub use deep_chrome::DeepChromeConfig;
pub use deep_chrome_linear::DeepChromeLinearConfig;
pub use deep_chrome_mlp::DeepChromeMlpConfig;
pub use deep_diff::{DeepDiffConfig, DeepDiffVariant};
pub use kernel::InstructionSet;
pub use lanes::sigmoid;
pub use lstm::LstmConfig;
pub use lstm_alpha::LstmAlphaConfig;
pub use lstm_attention::LstmAttentionConfig;
pub use network::{Auxiliary, Network, Output, TensorSpec, WeightError, member_prefix};

use candle_core::{Device, Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Architecture and sizes of a model; `tag` is the name on the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "tag", rename_all = "kebab-case")]
pub enum ModelConfig {
    /// AttentiveChrome, LSTM-α,β (Singh et al., NIPS 2017).
    AttentiveChrome(AttentiveChromeConfig),
    /// LSTM: one bidirectional LSTM over the vectors of the marks, its last outputs (Singh et al., NIPS 2017).
    Lstm(LstmConfig),
    /// LSTM-Attn: one bidirectional LSTM over the vectors of the marks, one bin attention (Singh et al., NIPS
    /// 2017).
    LstmAttention(LstmAttentionConfig),
    /// LSTM-α: AttentiveChrome without its mark level (Singh et al., NIPS 2017).
    LstmAlpha(LstmAlphaConfig),
    /// CNN-Attn: DeepChrome's front end, one attention (Singh et al., NIPS 2017).
    CnnAttention(CnnAttentionConfig),
    /// CNN-α,β: AttentiveChrome with DeepChrome's front end for each mark (Singh et al., NIPS 2017).
    CnnAlphaBeta(CnnAlphaBetaConfig),
    /// DeepChrome (Singh et al., Bioinformatics 2016).
    DeepChrome(DeepChromeConfig),
    /// DeepChrome's MLP mode (Singh et al., Bioinformatics 2016).
    DeepChromeMlp(DeepChromeMlpConfig),
    /// DeepChrome's linear mode: logistic or linear regression on all bins (Singh et al., Bioinformatics
    /// 2016).
    DeepChromeLinear(DeepChromeLinearConfig),
    /// DeepDiff, the change of expression between two samples (Sekhon et al., Bioinformatics 2018).
    DeepDiff(DeepDiffConfig),
}

/// What the sizes of an architecture tell.
trait Architecture {
    /// Marks and bins of a window.
    fn window(&self) -> (usize, usize);
    /// Whether it has bin attention, and mark attention.
    fn attention(&self) -> [bool; 2];
    /// All tensors, in the order in which they are initialised, written and laid out in flat weights.
    fn tensors(&self) -> Vec<TensorSpec>;
    /// Why the sizes make no model, and what to do.
    fn problem(&self) -> Option<String> {
        None
    }
    /// Models from weights [model, weight], whose shape has been checked.
    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>>;
}

impl ModelConfig {
    /// The one place that tells architectures apart.
    fn architecture(&self) -> &dyn Architecture {
        match self {
            ModelConfig::AttentiveChrome(sizes) => sizes,
            ModelConfig::Lstm(sizes) => sizes,
            ModelConfig::LstmAttention(sizes) => sizes,
            ModelConfig::LstmAlpha(sizes) => sizes,
            ModelConfig::CnnAttention(sizes) => sizes,
            ModelConfig::CnnAlphaBeta(sizes) => sizes,
            ModelConfig::DeepChrome(sizes) => sizes,
            ModelConfig::DeepChromeMlp(sizes) => sizes,
            ModelConfig::DeepChromeLinear(sizes) => sizes,
            ModelConfig::DeepDiff(sizes) => sizes,
        }
    }

    /// The tag: its name on the command line and in files.
    pub fn name(&self) -> &'static str {
        match self {
            ModelConfig::AttentiveChrome(_) => "attentive-chrome",
            ModelConfig::Lstm(_) => "lstm",
            ModelConfig::LstmAttention(_) => "lstm-attention",
            ModelConfig::LstmAlpha(_) => "lstm-alpha",
            ModelConfig::CnnAttention(_) => "cnn-attention",
            ModelConfig::CnnAlphaBeta(_) => "cnn-alpha-beta",
            ModelConfig::DeepChrome(_) => "deep-chrome",
            ModelConfig::DeepChromeMlp(_) => "deep-chrome-mlp",
            ModelConfig::DeepChromeLinear(_) => "deep-chrome-linear",
            ModelConfig::DeepDiff(sizes) => sizes.variant.tag(),
        }
    }

    /// Whether it learns from the expression in both samples of a pair, beside its change.
    pub fn is_auxiliary(&self) -> bool {
        matches!(self, ModelConfig::DeepDiff(sizes) if sizes.variant.is_auxiliary())
    }

    /// Marks, the input channels.
    pub fn n_marks(&self) -> usize {
        self.architecture().window().0
    }

    /// Bins a window.
    pub fn n_bins(&self) -> usize {
        self.architecture().window().1
    }

    /// Whether it says which bins it looks at.
    pub fn has_bin_attention(&self) -> bool {
        self.architecture().attention()[0]
    }

    /// Whether it says which marks it looks at.
    pub fn has_mark_attention(&self) -> bool {
        self.architecture().attention()[1]
    }

    /// Why the sizes make no model, and what to do. Of sizes without a problem no product of an architecture overflows.
    pub fn problem(&self) -> Option<String> {
        sizes::problem(self).or_else(|| self.architecture().problem())
    }

    /// All tensors of a model, in the order in which they are initialised, written and laid out in flat
    /// weights.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        self.architecture().tensors()
    }

    /// Number of weights.
    pub fn n_weights(&self) -> usize {
        self.tensors().iter().map(TensorSpec::n_weights).fold(0, usize::saturating_add)
    }

    /// Models from all their weights, [model, weight]: a model's weights lie one after the other in the
    /// order of [`Self::tensors`]. The models live where the tensor does.
    ///
    /// # Errors
    /// If a row has more or fewer weights, or there is no row.
    pub fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let (n_models, found) = weights.dims2()?;
        if n_models == 0 || found != self.n_weights() {
            candle_core::bail!("{n_models} models of {found} weights given, a model has {}", self.n_weights());
        }
        self.architecture().network(weights)
    }

    /// `n_models` models from named tensors, in any order; of several models, each name begins with
    /// [`member_prefix`].
    ///
    /// # Errors
    /// [`WeightError`] where the sizes make no model, or a tensor is missing, unknown, of another shape or not finite.
    pub fn from_tensors(
        &self,
        n_models: usize,
        tensors: &[(String, Tensor)],
        device: &Device,
    ) -> std::result::Result<Box<dyn Network>, WeightError> {
        let weights = network::gather(self, n_models, tensors)?;
        Ok(self.network(&Tensor::from_vec(weights, (n_models, self.n_weights()), device)?)?)
    }
}
