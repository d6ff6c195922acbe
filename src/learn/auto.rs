//! Our own best model: several kinds of models that see the same windows in different ways, cross-fitted
//! and stacked (the super learner, van der Laan, Polley & Hubbard 2007). Its attention is that of its
//! networks, an ensemble of AttentiveChromes of which each has learnt from other genes.
//!
//! Most members see the ranks of the signal within its sample ([`Context`]), so that neither the unit of
//! the signal nor the depth of a sample counts. What else was tried, and what each
//! gave, is in `docs/auto.md`.

mod ecdf;
mod fit;
mod folds;
mod genes;
mod kernel;
mod model;
mod newton;
mod stack;
mod view;

pub use ecdf::Ecdf;
pub use fit::{AutoError, Fitted, NETWORKS_A_FOLD, fit};
pub use folds::Place;
pub use genes::Genes;
pub use kernel::Kernel;
pub use model::{Auto, AutoConfig, AutoTag, Share};
pub use view::{Context, View};

use std::ops::Range;

/// The members in order; all networks are the first one.
const MEMBERS: [&str; 9] = [
    "networks",
    "linear.ranks",
    "linear.products",
    "linear.profile",
    "linear.symmetric",
    "linear.windows",
    "kernel",
    "forest.ranks",
    "forest.windows",
];
/// What each linear member sees.
const LINEAR: [View; 5] = [View::Ranks, View::Products, View::Profile, View::Symmetric, View::Windows];
/// What the kernel machine sees.
const OF_KERNEL: View = View::Summaries;
/// What each forest sees.
const OF_FORESTS: [View; 2] = [View::Ranks, View::Windows];
/// Which members are of one kind; a kind's members count alike.
const KINDS: [Range<usize>; 4] = [0..1, 1..6, 6..7, 7..9];
