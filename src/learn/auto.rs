//! Our own model: few members that are wrong in different ways and that were chosen by how well they predict samples,
//! chromosomes and scales that they had not seen (`docs/auto.md` has what was tried, and what each gave).
//!
//! All see the same rows: the signal of each mark in units of its mean over the sample's genes, in logarithms
//! ([`Transform::UnitMeanLog1p`](super::Transform)), so that neither the unit of the signal nor the depth of a sample
//! counts.

mod fit;
mod folds;
mod genes;
mod model;
mod newton;
mod stack;
mod words;

pub use fit::{AutoError, Fitted, fit};
pub use folds::Locus;
pub use genes::Genes;
pub use model::{Auto, AutoConfig, AutoTag, Share};
pub use words::{WordShare, Words, WordsConfig, members as words};

use super::baseline::{Feature, FeatureSet, POOLED};
use super::calibration::CalibrationMethod;
use super::entry::{Defaults, How, Needs, Recipe};
use super::{Regime, Transform};
use crate::matrix::RowShape;
use crate::model::designs;

/// Its name.
pub(super) const TAG: &str = "auto";
/// Networks, of as many seeds.
const NETWORKS: u16 = 2;
/// Which networks.
const NETWORK: &str = "attentive-chrome";
/// The members in order; all networks are the first one.
const MEMBERS: [&str; 3] = ["networks", "linear", "trees"];
/// How much each counts, in units of its spread. Networks say where in a window the signal matters, and lose most on a
/// sample of another scale.
const COUNTS: [f64; MEMBERS.len()] = [0.25, 1.0, 1.0];
/// Which member has log-odds that are fit to be believed.
const LINEAR: usize = 1;

/// What the linear member sees: the mean of each mark in each layer.
fn seen_by_linear(shape: &RowShape) -> Vec<Feature> {
    FeatureSet::Sums.list(shape, POOLED)
}

/// What the trees see: windows, means and largest values.
fn seen_by_trees(shape: &RowShape) -> Vec<Feature> {
    FeatureSet::All.list(shape, POOLED)
}

/// How it is made; `None` only if there were no such network as [`NETWORK`].
pub(super) fn recipe() -> Option<Recipe> {
    let network = designs().find(|design| design.tag == NETWORK)?;
    Some(Recipe {
        tag: TAG,
        title: "Two AttentiveChromes, a logistic regression of the marks' means and extra trees, stacked and calibrated; chosen for new samples (docs/auto.md)",
        citation: "our own",
        needs: Needs { bodies: true, ..Needs::default() },
        defaults: Defaults {
            transform: Transform::UnitMeanLog1p,
            calibration: CalibrationMethod::Temperature,
            // the scores are probabilities by the linear members
            calibrates_halfway: true,
            regime: Regime { dropout: Some(network.dropout), ..Regime::default() },
            fewest_steps: 1_000,
            // more than all the steps of up to 1,600 genes
            patience: Some(3_000),
            networks: Some(NETWORKS),
            // how long the networks learn depends on the genes, and must not on other models
            side_by_side: false,
        },
        how: How::Stack(network),
    })
}

/// How it is made where there are sequences instead of signal.
pub(super) fn recipe_of_sequences() -> Recipe {
    Recipe {
        tag: TAG,
        title: "Two support vector machines on gapped k-mers and a regression of words, stacked (docs/sequence.md)",
        citation: "our own",
        needs: Needs { sequence: true, ..Needs::default() },
        defaults: Defaults::default(),
        how: How::Words,
    }
}
