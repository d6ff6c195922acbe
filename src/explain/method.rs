//! The methods: their names, what their values say, and what they ask of a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deep_lift::Rule;
use super::predictor::Explainable;
use crate::learn::Task;
use crate::matrix::LayerName;

/// How a score is shared out among marks and bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ExplainMethod")]
pub enum Method {
    /// What each number adds to the whole score, against a baseline; adds up exactly. Networks by DeepLIFT, linear models
    /// exactly, trees by Shapley values (Lundberg et al. 2020), a stack as the sum of its members
    Contributions,
    /// Bin attention α
    Attention,
    /// Mark attention β, an even share of it in each bin of the mark
    MarkAttention,
    /// Mark attention × bin attention, β·α; sums to 1 over a gene
    JointAttention,
    /// Bin attention freed of what an empty window gets, as attentrack-track draws it
    CorrectedAttention,
    /// Mark attention × corrected bin attention; sums to 1 over a gene
    JointCorrectedAttention,
    /// |gradient of the score| (Simonyan et al. 2014)
    Saliency,
    /// Gradient × input
    InputXGradient,
    /// Gradients along the way from an empty window, × input (Sundararajan et al. 2017); adds up to
    /// score − score of an empty window
    IntegratedGradients,
    /// DeepLIFT, Rescale rule (Shrikumar et al. 2017), through LSTM gates and softmax; adds up exactly
    DeepLift,
    /// DeepLIFT, RevealCancel rule; adds up exactly
    DeepLiftRevealCancel,
    /// What the score loses without the signal of one bin of one mark
    Occlusion,
    /// What the score loses without a mark, an even share of it in each bin of the mark
    MarkOcclusion,
    /// What the score gains when the signal of one bin of one mark is doubled
    Doubling,
    /// What the score gains when a mark is doubled, an even share of it in each bin of the mark
    MarkDoubling,
    /// Temporal output values (Lanchantin et al. 2017): the score of the window up to each bin
    TemporalForward,
    /// The score of the window from each bin on
    TemporalBackward,
    /// One pattern for the expressed and one for the silent class (DeepChrome, Singh et al. 2016): two
    /// rows instead of the genes
    ClassOptimisation,
}

/// A share of the model's attention.
const SHARE: &str = "share of attention";

impl Method {
    /// All of them.
    pub const ALL: [Method; 18] = [
        Method::Contributions,
        Method::Attention,
        Method::MarkAttention,
        Method::JointAttention,
        Method::CorrectedAttention,
        Method::JointCorrectedAttention,
        Method::Saliency,
        Method::InputXGradient,
        Method::IntegratedGradients,
        Method::DeepLift,
        Method::DeepLiftRevealCancel,
        Method::Occlusion,
        Method::MarkOcclusion,
        Method::Doubling,
        Method::MarkDoubling,
        Method::TemporalForward,
        Method::TemporalBackward,
        Method::ClassOptimisation,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Method::Contributions => "contributions",
            Method::Attention => "attention",
            Method::MarkAttention => "mark-attention",
            Method::JointAttention => "joint-attention",
            Method::CorrectedAttention => "corrected-attention",
            Method::JointCorrectedAttention => "joint-corrected-attention",
            Method::Saliency => "saliency",
            Method::InputXGradient => "input-x-gradient",
            Method::IntegratedGradients => "integrated-gradients",
            Method::DeepLift => "deep-lift",
            Method::DeepLiftRevealCancel => "deep-lift-reveal-cancel",
            Method::Occlusion => "occlusion",
            Method::MarkOcclusion => "mark-occlusion",
            Method::Doubling => "doubling",
            Method::MarkDoubling => "mark-doubling",
            Method::TemporalForward => "temporal-forward",
            Method::TemporalBackward => "temporal-backward",
            Method::ClassOptimisation => "class-optimisation",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == name)
    }

    /// What a value says of a model of this task, with its unit.
    pub fn unit(self, task: Task) -> String {
        let score = match task {
            Task::Classification => "log-odds",
            Task::Regression => "predicted log2(x + 1)",
        };
        match self {
            Method::Contributions => format!("{score} added to that of the baseline"),
            Method::Attention => format!("{SHARE} of a mark's window"),
            Method::MarkAttention => format!("{SHARE} to the mark, spread over its bins"),
            Method::JointAttention => format!("{SHARE} of a gene"),
            Method::CorrectedAttention => format!("{SHARE} of a mark's window, freed of that of an empty one"),
            Method::JointCorrectedAttention => format!("{SHARE} of a gene, freed of that of an empty window"),
            Method::Saliency => format!("|{score} per unit of input|"),
            Method::InputXGradient => format!("{score}, to first order"),
            Method::IntegratedGradients | Method::DeepLift | Method::DeepLiftRevealCancel => {
                format!("{score} added to that of an empty window")
            }
            Method::Occlusion => format!("{score} lost without the bin"),
            Method::MarkOcclusion => format!("{score} lost without the mark, spread over its bins"),
            Method::Doubling => format!("{score} gained by twice the signal in the bin"),
            Method::MarkDoubling => format!("{score} gained by twice the mark, spread over its bins"),
            Method::TemporalForward => format!("{score} of the window up to the bin"),
            Method::TemporalBackward => format!("{score} of the window from the bin on"),
            Method::ClassOptimisation => "input of the class's pattern, 1 at its highest".to_owned(),
        }
    }

    /// Whether the model's attention is needed.
    pub fn needs_attention(self) -> bool {
        matches!(
            self,
            Method::Attention
                | Method::MarkAttention
                | Method::JointAttention
                | Method::CorrectedAttention
                | Method::JointCorrectedAttention
        )
    }

    /// Whether it explains the whole score of a stack, and not its networks alone.
    pub fn explains_all(self) -> bool {
        matches!(
            self,
            Method::Contributions
                | Method::Occlusion
                | Method::MarkOcclusion
                | Method::Doubling
                | Method::MarkDoubling
                | Method::TemporalForward
                | Method::TemporalBackward
        )
    }

    /// Whether a negative value says that the bin lowers the score.
    pub fn is_signed(self) -> bool {
        !(self.needs_attention() || matches!(self, Method::Saliency | Method::ClassOptimisation))
    }

    /// Whether there is a row a gene.
    pub fn is_of_genes(self) -> bool {
        self != Method::ClassOptimisation
    }

    /// The rule of DeepLIFT.
    pub(super) fn rule(self) -> Option<Rule> {
        match self {
            Method::DeepLift => Some(Rule::Rescale),
            Method::DeepLiftRevealCancel => Some(Rule::RevealCancel),
            _ => None,
        }
    }

    /// What a model lacks to be explained by it, in words that go on after "METHOD needs".
    ///
    /// # Errors
    /// If the device fails.
    pub fn lacks(self, model: &dyn Explainable) -> candle_core::Result<Option<&'static str>> {
        let size = model.shape().size();
        if self.needs_attention() {
            match model.looks(&vec![0.0; size])? {
                None => return Ok(Some("a model with attention")),
                Some(looks) if looks.marks.is_empty() && self.needs_mark_attention() => {
                    return Ok(Some("a model with attention over marks"));
                }
                Some(_) => {}
            }
        }
        let of_signal = matches!(self, Method::Doubling | Method::MarkDoubling | Method::MarkOcclusion);
        if of_signal && model.shape().part(LayerName::Sequence).is_some() {
            return Ok(Some("a model of signal: a base is there or not"));
        }
        if self == Method::ClassOptimisation && model.shape().part(LayerName::Sequence).is_some() {
            return Ok(Some("a model of signal: attentrack-motif finds what one of DNA takes for its class"));
        }
        if self.needs_gradients() && !model.has_gradients() {
            return Ok(Some("a network, which has gradients"));
        }
        if self == Method::Contributions && model.contributions(&[], &vec![0.0; size], &|_| ())?.is_none() {
            return Ok(Some("a model that can be laid open"));
        }
        if self.rule().is_some() && model.deep_lift()?.is_none() {
            return Ok(Some("a network"));
        }
        Ok(None)
    }

    fn needs_mark_attention(self) -> bool {
        matches!(self, Method::MarkAttention | Method::JointAttention | Method::JointCorrectedAttention)
    }

    fn needs_gradients(self) -> bool {
        matches!(
            self,
            Method::Saliency | Method::InputXGradient | Method::IntegratedGradients | Method::ClassOptimisation
        )
    }
}
