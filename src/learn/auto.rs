//! Our own best model: kinds of models that are wrong in different ways, counted alike. Its attention is that
//! of its networks, an ensemble of AttentiveChromes.
//!
//! All but the networks see ranks of the signal within its sample ([`Context`]) or amounts relative to
//! its mean ([`Transform::UnitMean`](super::Transform)), so that neither the unit of the signal nor the depth
//! of a sample counts. Of a few hundred genes, weights that are fitted to genes are no better than equal
//! ones. What else was tried, and what each gave, is in `docs/auto.md`.

mod ecdf;
mod fit;
mod folds;
mod genes;
mod model;
mod newton;
mod stack;
mod view;

pub use ecdf::Ecdf;
pub use fit::{AutoError, Fitted, fit};
pub use folds::Locus;
pub use genes::Genes;
pub use model::{Auto, AutoConfig, AutoTag, Share, layers};
pub use view::{Context, View};

use std::ops::Range;

use super::Transform;
use super::baseline::BaselineMethod;
use super::calibration::CalibrationMethod;
use super::entry::{Defaults, How, Needs, Recipe};
use crate::model::designs;

/// Its name.
pub(super) const TAG: &str = "auto";
/// Networks, of as many seeds.
const NETWORKS: u16 = 4;
/// Which networks.
const NETWORK: &str = "attentive-chrome";
/// The members in order; all networks are the first one.
const MEMBERS: [&str; 9] = [
    "networks",
    "linear.ranks",
    "linear.summaries",
    "linear.products",
    "linear.profile",
    "linear.symmetric",
    "linear.amounts",
    "trees.forest",
    "trees.boosted",
];
/// What each linear member sees.
const LINEAR: [View; 6] = [View::Ranks, View::Summaries, View::Products, View::Profile, View::Symmetric, View::Amounts];
/// How each of the trees' members is grown.
const TREES: [BaselineMethod; 2] = [BaselineMethod::RandomForest, BaselineMethod::GradientBoosting];
/// What they see.
const OF_TREES: View = View::Windows;
/// Which members are of one kind. Kinds count alike, and so do the members of a kind.
const KINDS: [Range<usize>; 3] = [0..1, 1..7, 7..9];
/// Which kind has log-odds that are fit to be believed.
const LINEAR_KIND: usize = 1;

/// How it is made; `None` only if there were no such network as [`NETWORK`].
pub(super) fn recipe() -> Option<Recipe> {
    let network = designs().find(|design| design.tag == NETWORK)?;
    Some(Recipe {
        tag: TAG,
        title: "Four AttentiveChromes, six linear models and two of trees, the three kinds counted alike and calibrated (docs/auto.md)",
        citation: "our own",
        needs: Needs { bodies: true, ..Needs::default() },
        defaults: Defaults {
            transform: Transform::UnitMean,
            calibration: CalibrationMethod::Temperature,
            // the scores are probabilities by the linear members
            calibrates_halfway: true,
            dropout: network.dropout,
            fewest_steps: 1_000,
            networks: Some(NETWORKS),
            // how long the networks learn depends on the genes, and must not on other models
            side_by_side: false,
        },
        how: How::Stack(network),
    })
}
