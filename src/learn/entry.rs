//! One recipe: what a model needs, what it was published with and how it is trained.

use crate::learn::baseline::BaselineMethod;
use crate::learn::calibration::CalibrationMethod;
use crate::learn::facts::Fact;
use crate::learn::kmer::KmerMethod;
use crate::learn::{Regime, Task, Transform};
use crate::model::{Design, ModelConfig, Shape, Sizes};

/// How a model is made.
#[derive(Debug)]
pub struct Recipe {
    /// Its name on the command line and in config.yaml.
    pub tag: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// Where it was published.
    pub citation: &'static str,
    /// What it learns from, beside windows and labels.
    pub needs: Needs,
    /// What holds where nothing else is asked for.
    pub defaults: Defaults,
    /// How it is trained.
    pub how: How,
}

/// What a model learns from, beside windows and labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The windows of two samples, whose change it learns: a number, never a class.
    pub pair: bool,
    /// Expression in both of them.
    pub expression: bool,
    /// The genes' bodies, where the matrix has them.
    pub bodies: bool,
    /// The regions' bases instead of signal.
    pub sequence: bool,
    /// Where genes end.
    pub ends: bool,
    /// Expression in several training samples.
    pub other_samples: bool,
    /// A mark of this name, unless another is chosen.
    pub mark: Option<&'static str>,
}

/// What holds where nothing else is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defaults {
    /// What is done to the signal.
    pub transform: Transform,
    /// How scores are calibrated.
    pub calibration: CalibrationMethod,
    /// Whether they go half of the way only.
    pub calibrates_halfway: bool,
    /// What of the regime.
    pub regime: Regime,
    /// Steps that networks take at least: with few genes, the epochs of the published regime are few steps.
    pub fewest_steps: u64,
    /// Steps without a better epoch after which a network stops, where the epochs are not given.
    pub patience: Option<u64>,
    /// Networks in a model, where that is no choice.
    pub networks: Option<u16>,
    /// Whether the models of several samples are trained side by side; not where the epochs of one depend on its
    /// genes.
    pub side_by_side: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults {
            transform: Transform::Raw,
            calibration: CalibrationMethod::None,
            calibrates_halfway: false,
            regime: Regime::default(),
            fewest_steps: 0,
            patience: None,
            networks: None,
            side_by_side: true,
        }
    }
}

/// How a model is trained.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// A network, or an ensemble of them.
    Network(&'static Design),
    /// A fit of a table of features.
    Table(BaselineMethod),
    /// A line through what is known of a gene without its signal.
    Fact(Fact),
    /// Networks, and fits of tables stacked on them.
    Stack(&'static Design),
    /// A fit of the words of a sequence.
    Kmers(KmerMethod),
    /// Such fits, stacked.
    Words,
}

impl PartialEq for Recipe {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Recipe {
    /// The network that it is, or that it is a stack of.
    pub fn network(&self) -> Option<&'static Design> {
        match self.how {
            How::Network(design) | How::Stack(design) => Some(design),
            How::Table(_) | How::Fact(_) | How::Kmers(_) | How::Words => None,
        }
    }

    /// The sizes of its networks for windows of [mark, bin], and for bodies of so many places where they read them;
    /// `None` where it has none.
    pub fn config(
        &self,
        sizes: &Sizes,
        task: Task,
        (n_marks, n_bins): (usize, usize),
        body_parts: usize,
    ) -> Option<ModelConfig> {
        let n_outputs = if task == Task::Classification { 2 } else { 1 };
        self.network().map(|design| (design.config)(sizes, Shape { n_marks, n_bins, body_parts, n_outputs }))
    }

    /// Whether it looks at the signal, so that there is something to explain.
    pub fn sees_signal(&self) -> bool {
        !matches!(self.how, How::Fact(_))
    }

    /// Whether it says which bins it looks at.
    pub fn has_attention(&self) -> bool {
        self.network().is_some_and(|design| (design.config)(&Sizes::default(), ANY_SHAPE).has_bin_attention())
    }

    /// Whether the features that it sees can be chosen.
    pub fn has_features(&self) -> bool {
        matches!(self.how, How::Table(method) if !method.sees_means())
    }

    /// Whether its layers can be chosen.
    pub fn has_layers(&self) -> bool {
        self.has_features() || matches!(self.how, How::Network(design) if design.reads_bodies())
    }

    /// Whether what is done to the signal can be chosen: bases are read as they are.
    pub fn has_transform(&self) -> bool {
        !self.needs.sequence
    }

    /// Whether the length of its words can be chosen.
    pub fn has_kmer_length(&self) -> bool {
        matches!(self.how, How::Kmers(method) if method.has_length())
    }

    /// Whether the letters of its words that may differ can be chosen.
    pub fn has_mismatches(&self) -> bool {
        matches!(self.how, How::Kmers(method) if method.has_mismatches())
    }

    /// Whether the strands that it reads can be chosen.
    pub fn has_strands(&self) -> bool {
        matches!(self.how, How::Kmers(_) | How::Words)
    }

    /// Whether a number of networks in the file can be chosen.
    pub fn has_ensembles(&self) -> bool {
        matches!(self.how, How::Network(_))
    }

    /// Whether it has a size of this name.
    pub fn has_size(&self, name: &str) -> bool {
        self.network().is_some_and(|design| design.sizes().iter().any(|(own, _)| *own == name))
    }
}

/// What a network is does not depend on its shape.
pub(super) const ANY_SHAPE: Shape = Shape { n_marks: 2, n_bins: 100, body_parts: 0, n_outputs: 2 };
