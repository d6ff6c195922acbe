//! Networks and their kernels. Knows candle and its own configuration; knows neither genes nor files
//! nor what a label means.
//!
//! A network is one file here and one line of the list below ([`ModelConfig`]): its sizes, which say what
//! tensors it has and what layers it is made of (`Architecture`), and its forward pass, a [`Network`].

mod attentive_chrome;
mod bilstm_attention;
pub mod chain;
mod cnn_alpha_beta;
mod cnn_attention;
mod convolution;
mod convolutions;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod deep_chrome;
mod deep_chrome_linear;
mod deep_chrome_mlp;
mod deep_diff;
mod deep_motif_cnn;
mod deep_motif_cnn_rnn;
mod deep_motif_rnn;
mod design;
mod encoders;
mod front_ends;
mod kernel;
mod lanes;
mod layer;
mod lstm;
mod lstm_alpha;
mod lstm_attention;
mod missing;
mod network;
#[cfg(test)]
mod reference;
mod sizes;

pub use attentive_chrome::AttentiveChrome;
pub use bilstm_attention::{BiLstmAttention, Dropout, Mode};
#[cfg(feature = "cuda")]
pub use cuda::{KernelTime, open as open_gpu, profile as profile_gpu};
pub use deep_diff::DeepDiffVariant;
pub use design::{Design, Shape, Sizes};
pub use kernel::InstructionSet;
pub(crate) use kernel::kernel;
pub use lanes::sigmoid;
pub use missing::filled;
pub use network::{Auxiliary, Initial, Network, Output, TensorSpec, WeightError, member_prefix};

use candle_core::{Device, Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::chain::{Chain, NetworkLayer, Weights};

/// Makes [`ModelConfig`] and [`designs`] from a list of networks.
macro_rules! networks {
    ($($(#[$doc:meta])* $network:ident($file:ident::$sizes:ident),)*) => {
        $(pub use $file::$sizes;)*

        /// Architecture and sizes of a model; `tag` is its name in files.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "tag", rename_all = "kebab-case")]
        pub enum ModelConfig {
            $($(#[$doc])* $network($sizes),)*
        }

        impl ModelConfig {
            fn architecture(&self) -> &dyn Architecture {
                match self {
                    $(ModelConfig::$network(sizes) => sizes,)*
                }
            }

            /// The name on the command line.
            pub fn name(&self) -> &'static str {
                match self {
                    $(ModelConfig::$network(sizes) => sizes.variant().unwrap_or($file::DESIGNS[0].tag),)*
                }
            }
        }

        /// Every network that can be trained.
        pub fn designs() -> impl Iterator<Item = &'static Design> {
            const ALL: &[&[Design]] = &[$(&$file::DESIGNS,)*];
            ALL.iter().copied().flatten()
        }
    };
}

networks! {
    /// AttentiveChrome, LSTM-α,β (Singh et al., NIPS 2017).
    AttentiveChrome(attentive_chrome::AttentiveChromeConfig),
    /// LSTM: one bidirectional LSTM over the vectors of the marks, its last outputs (Singh et al., NIPS 2017).
    Lstm(lstm::LstmConfig),
    /// LSTM-Attn: one bidirectional LSTM over the vectors of the marks, one bin attention (Singh et al., NIPS
    /// 2017).
    LstmAttention(lstm_attention::LstmAttentionConfig),
    /// LSTM-α: AttentiveChrome without its mark level (Singh et al., NIPS 2017).
    LstmAlpha(lstm_alpha::LstmAlphaConfig),
    /// CNN-Attn: DeepChrome's front end, one attention (Singh et al., NIPS 2017).
    CnnAttention(cnn_attention::CnnAttentionConfig),
    /// CNN-α,β: AttentiveChrome with DeepChrome's front end for each mark (Singh et al., NIPS 2017).
    CnnAlphaBeta(cnn_alpha_beta::CnnAlphaBetaConfig),
    /// DeepChrome (Singh et al., Bioinformatics 2016).
    DeepChrome(deep_chrome::DeepChromeConfig),
    /// DeepChrome's linear mode: logistic or linear regression on all bins (Singh et al., Bioinformatics
    /// 2016).
    DeepChromeLinear(deep_chrome_linear::DeepChromeLinearConfig),
    /// DeepChrome's MLP mode (Singh et al., Bioinformatics 2016).
    DeepChromeMlp(deep_chrome_mlp::DeepChromeMlpConfig),
    /// DeepDiff, the change of expression between two samples (Sekhon et al., Bioinformatics 2018).
    DeepDiff(deep_diff::DeepDiffConfig),
    /// DeepMotif's CNN: three convolutions over bases (Lanchantin et al., PSB 2017).
    DeepMotifCnn(deep_motif_cnn::DeepMotifCnnConfig),
    /// DeepMotif's RNN: a bidirectional LSTM over bases (Lanchantin et al., PSB 2017).
    DeepMotifRnn(deep_motif_rnn::DeepMotifRnnConfig),
    /// DeepMotif's CNN-RNN: a convolution over bases, then the RNN (Lanchantin et al., PSB 2017).
    DeepMotifCnnRnn(deep_motif_cnn_rnn::DeepMotifCnnRnnConfig),
}

/// Channels of DNA.
const BASES: usize = 4;

/// Whether a size that older files lack is as it was then.
fn is_zero(size: &usize) -> bool {
    *size == 0
}

/// What the sizes of an architecture tell.
trait Architecture {
    /// Marks and bins of a window.
    fn window(&self) -> (usize, usize);
    /// Places along the body that it reads beside the window.
    fn body_parts(&self) -> usize {
        0
    }
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
    /// The layers from a row, [mark, bin] and of the body [mark, place], to the logit, from the weights of one model in the order of
    /// its tensors.
    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer>;
    /// The name on the command line, where the sizes tell several networks of one tag apart.
    fn variant(&self) -> Option<&'static str> {
        None
    }
    /// Whether it learns from the expression in both samples of a pair, beside its change.
    fn is_auxiliary(&self) -> bool {
        false
    }
    /// Whether it reads DNA, channels A, C, G and T by position, and not signal.
    fn of_bases(&self) -> bool {
        false
    }
}

impl ModelConfig {
    /// Marks, the input channels.
    pub fn n_marks(&self) -> usize {
        self.architecture().window().0
    }

    /// Bins a window.
    pub fn n_bins(&self) -> usize {
        self.architecture().window().1
    }

    /// Places along the body that it reads beside the window; 0 where it reads the window alone.
    pub fn body_parts(&self) -> usize {
        self.architecture().body_parts()
    }

    /// The axes of what it reads of a gene: mark and bin of a window; of a row that holds bodies too, the numbers of
    /// the window, [mark, bin], then those of the body, [mark, place].
    pub fn row(&self) -> Vec<usize> {
        let (n_marks, n_bins) = self.architecture().window();
        match self.body_parts() {
            0 => vec![n_marks, n_bins],
            parts => vec![n_marks * (n_bins + parts)],
        }
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
        sizes::problem(self).or_else(|| self.problem_of_bases()).or_else(|| self.architecture().problem())
    }

    /// Why its channels are not the four bases of the DNA that it reads.
    fn problem_of_bases(&self) -> Option<String> {
        (self.of_bases() && self.n_marks() != BASES).then(|| {
            format!(
                "{} reads DNA, {BASES} channels (A, C, G, T), not {} marks: give it sequences, or take a model of marks",
                self.name(),
                self.n_marks()
            )
        })
    }

    /// All tensors of a model, in the order in which they are initialised, written and laid out in flat
    /// weights.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        self.architecture().tensors()
    }

    /// Whether it learns from the expression in both samples of a pair, beside its change.
    pub fn is_auxiliary(&self) -> bool {
        self.architecture().is_auxiliary()
    }

    /// Whether it reads DNA, channels A, C, G and T by position, and not signal.
    pub fn of_bases(&self) -> bool {
        self.architecture().of_bases()
    }

    /// The network laid open, from the weights of one model, as many as the sizes say, in the order of its
    /// tensors.
    pub fn chain(&self, weights: &[f32]) -> Chain {
        Chain(self.architecture().chain(&mut Weights::new(weights)))
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
