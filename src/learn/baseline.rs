//! Simple models of a table of features, to hold the networks against: linear models, a linear
//! support vector machine, a random forest and gradient boosting; each for classes and for numbers.
//!
//! The fits come from [smartcore](https://docs.rs/smartcore) (logistic regression, ridge regression and
//! the trees), save two: its support vector machine has time quadratic in the genes and no linear form,
//! so `svm` is liblinear's algorithm; and it boosts numbers only, so `boosting` adds the loss of
//! classes to its trees. What is kept of a fit is [`Linear`] or [`Trees`]: plain arrays, which go into a
//! model file as tensors.

mod boosting;
mod choose;
mod extra;
mod features;
mod linear;
mod model;
mod seen;
mod svm;
mod table;
mod trees;

pub use choose::{Chosen, Labelled};
pub use features::{Feature, FeatureSet, POOLED, Statistic};
pub use linear::Linear;
pub use model::{Baseline, BaselineConfig};
pub use seen::Seen;
pub use table::{Scaling, Table};
pub use trees::{Growth, Trees};

use serde::{Deserialize, Serialize};

/// The mark of [`BaselineMethod::BodyMark`] where none is named: it is known for lying along transcribed genes.
pub const BODY_MARK: &str = "H3K36me3";

/// A fit failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// All training labels are equal.
    #[error("the training genes all have the same label, so that nothing can be learnt. Check labels and splits")]
    OneLabel,
    /// All validation labels are equal.
    #[error("the validation genes all have the same label, so that no setting can be chosen. Check labels and splits")]
    OneValidationLabel,
    /// The library could not fit the data.
    #[error("{method} could not be fitted: {message}")]
    Library {
        /// Which model.
        method: &'static str,
        /// What the library says.
        message: String,
    },
}

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineMethod {
    /// Logistic regression, or ridge regression, with an L2 penalty (Karlić et al., PNAS 2010).
    LogisticRegression,
    /// Linear support vector machine, or regression (Hsieh et al., ICML 2008).
    LinearSvm,
    /// Random forest (Breiman 2001).
    RandomForest,
    /// Gradient boosting (Friedman 2001) of shallow trees on bootstrap samples.
    GradientBoosting,
    /// Logistic regression, or ridge regression, of the mean of each mark in each layer.
    MarkMeans,
    /// The same of one mark's mean over the gene's body.
    BodyMark,
}

impl BaselineMethod {
    /// All of them.
    pub const ALL: [BaselineMethod; 6] = [
        BaselineMethod::LogisticRegression,
        BaselineMethod::LinearSvm,
        BaselineMethod::RandomForest,
        BaselineMethod::GradientBoosting,
        BaselineMethod::MarkMeans,
        BaselineMethod::BodyMark,
    ];

    /// What it is, in one line.
    pub fn title(self) -> &'static str {
        match self {
            BaselineMethod::LogisticRegression => {
                "Logistic regression, or for numbers ridge regression, of the features of --features (Karlić et al. 2010)"
            }
            BaselineMethod::LinearSvm => {
                "Linear support vector machine, or for numbers regression, of the same features"
            }
            BaselineMethod::RandomForest => "Random forest of the same features, bins pooled into 20 windows",
            BaselineMethod::GradientBoosting => "Gradient-boosted trees of the same features",
            BaselineMethod::MarkMeans => {
                "Logistic (ridge) regression of each mark's mean in the window and, where there are bodies, along the gene"
            }
            BaselineMethod::BodyMark => "Logistic (ridge) regression of one mark's mean along the gene: see --mark",
        }
    }

    /// Where it was published.
    pub fn citation(self) -> &'static str {
        match self {
            BaselineMethod::LogisticRegression => "Karlić et al., PNAS 2010",
            BaselineMethod::LinearSvm => "Hsieh et al., ICML 2008",
            BaselineMethod::RandomForest => "Breiman 2001",
            BaselineMethod::GradientBoosting => "Friedman 2001",
            BaselineMethod::MarkMeans | BaselineMethod::BodyMark => "our own",
        }
    }

    /// The tag.
    pub fn name(self) -> &'static str {
        match self {
            BaselineMethod::LogisticRegression => "logistic-regression",
            BaselineMethod::LinearSvm => "linear-svm",
            BaselineMethod::RandomForest => "random-forest",
            BaselineMethod::GradientBoosting => "gradient-boosting",
            BaselineMethod::MarkMeans => "mark-means",
            BaselineMethod::BodyMark => "body-mark",
        }
    }
}

impl BaselineMethod {
    /// Whether what it sees is given: the means of layers. Else it can be chosen.
    pub fn sees_means(self) -> bool {
        matches!(self, BaselineMethod::MarkMeans | BaselineMethod::BodyMark)
    }

    fn is_trees(self) -> bool {
        matches!(self, BaselineMethod::RandomForest | BaselineMethod::GradientBoosting)
    }
}

/// What a fit is kept as. Its output is the log-odds of label 1, or of numbers the predicted label.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    /// A weight a feature.
    Linear(Linear),
    /// The sum of trees, and what is added to it.
    Trees {
        /// Added to the sum.
        bias: f64,
        /// The trees.
        trees: Trees,
        /// Whether the sum is a share, of which the log-odds are the output.
        is_share: bool,
    },
}

/// A share this close to 0 or 1 is taken for it: a forest that has never seen the other class.
const LEAST_SHARE: f64 = 1e-3;

impl Fit {
    /// Log-odds of label 1, or of numbers the predicted label.
    pub fn output(&self, features: &[f64]) -> f64 {
        match self {
            Fit::Linear(linear) => linear.predict(features),
            Fit::Trees { bias, trees, is_share } => {
                let sum = bias + trees.predict(features);
                if *is_share { log_odds(sum) } else { sum }
            }
        }
    }
}

/// The slope of [`log_odds`] at a share.
pub fn log_odds_slope(share: f64) -> f64 {
    if (LEAST_SHARE..=1.0 - LEAST_SHARE).contains(&share) { 1.0 / (share * (1.0 - share)) } else { 0.0 }
}

/// ln(p / (1 − p)), with p kept a little away from 0 and 1.
pub fn log_odds(share: f64) -> f64 {
    let share = share.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
    (share / (1.0 - share)).ln()
}
