//! The list of models that can be trained, and what each needs and was published with. Whatever lists models
//! (flags, schemas, `attentrack compare`, docs/models.md, tests) lists these; no stage asks which one it has.
//!
//! A network is added in `src/model`, a model of a table of features in `learn::baseline`; both appear here by
//! themselves.

use std::sync::LazyLock;

use super::auto;
use super::baseline::Method;
use super::calibration::CalibrationMethod;
use super::{Task, Transform};
use crate::model::{Design, ModelConfig, Shape, Sizes, designs};

/// The model of `attentrack-train` where none is named: the published one.
pub const PUBLISHED: &str = "attentive-chrome";
/// The model of config.yaml where none is named: the one of which it is known that no other does clearly better
/// (docs/auto.md).
pub const BEST: &str = auto::TAG;

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
    /// Share of units that training sets to zero.
    pub dropout: f64,
    /// Steps that networks take at least: with few genes, the epochs of the published regime are few steps.
    pub fewest_steps: u64,
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
            dropout: 0.0,
            fewest_steps: 0,
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
    Table(Method),
    /// Networks, and fits of tables stacked on them.
    Stack(&'static Design),
}

/// All recipes.
pub fn all() -> &'static [Recipe] {
    static ALL: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
        let networks = designs().map(Recipe::of_network);
        networks.chain(Method::ALL.map(Recipe::of_table)).chain(auto::recipe()).collect()
    });
    &ALL
}

/// The recipe of a tag.
pub fn find(tag: &str) -> Option<&'static Recipe> {
    all().iter().find(|recipe| recipe.tag == tag)
}

impl PartialEq for Recipe {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Recipe {
    fn of_network(design: &'static Design) -> Self {
        let &Design { tag, title, citation, dropout, of_pair, config } = design;
        let expression = config(&Sizes::default(), ANY_SHAPE).is_auxiliary();
        Recipe {
            tag,
            title,
            citation,
            needs: Needs { pair: of_pair, expression, bodies: false },
            defaults: Defaults { dropout, ..Defaults::default() },
            how: How::Network(design),
        }
    }

    fn of_table(method: Method) -> Self {
        Recipe {
            tag: method.name(),
            title: method.title(),
            citation: method.citation(),
            needs: Needs::default(),
            defaults: Defaults::default(),
            how: How::Table(method),
        }
    }

    /// The network that it is, or that it is a stack of.
    pub fn network(&self) -> Option<&'static Design> {
        match self.how {
            How::Network(design) | How::Stack(design) => Some(design),
            How::Table(_) => None,
        }
    }

    /// The sizes of its networks for windows of [mark, bin]; `None` where it has none.
    pub fn config(&self, sizes: &Sizes, task: Task, (n_marks, n_bins): (usize, usize)) -> Option<ModelConfig> {
        let n_outputs = if task == Task::Classification { 2 } else { 1 };
        self.network().map(|design| (design.config)(sizes, Shape { n_marks, n_bins, n_outputs }))
    }

    /// Whether it says which bins it looks at.
    pub fn has_attention(&self) -> bool {
        self.network().is_some_and(|design| (design.config)(&Sizes::default(), ANY_SHAPE).has_bin_attention())
    }

    /// Whether a number of networks in the file can be chosen.
    pub fn has_ensembles(&self) -> bool {
        matches!(self.how, How::Network(_))
    }

    /// Whether it has a size of this name.
    pub fn has_size(&self, name: &str) -> bool {
        self.network().is_some_and(|design| design.sizes().iter().any(|(own, _)| *own == name))
    }

    /// Why chosen sizes are not its own, by the names of flags, and what to do.
    pub fn problems_of(&self, sizes: &Sizes) -> Vec<String> {
        let of_others = sizes.chosen().into_iter().filter(|(name, is_chosen)| *is_chosen && !self.has_size(name));
        let problem = |(name, _): (&str, bool)| {
            let has: Vec<&str> = all().iter().filter(|other| other.has_size(name)).map(|other| other.tag).collect();
            let flag = name.replace('_', "-");
            format!("--{flag} is a size of {}: leave it out with --model {}", has.join(", "), self.tag)
        };
        let mut problems: Vec<String> = of_others.map(problem).collect();
        let published = self.network().into_iter().flat_map(Design::sizes);
        let has_one_layer = published.into_iter().any(|(name, value)| name == "hidden" && value.is_number());
        if has_one_layer && sizes.hidden.len() > 1 {
            problems.push(format!("--hidden: {} has one hidden layer. Give one number", self.tag));
        }
        problems
    }
}

/// What a network is does not depend on its shape.
const ANY_SHAPE: Shape = Shape { n_marks: 2, n_bins: 100, n_outputs: 2 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_has_a_name_of_its_own_and_the_defaults_are_models() {
        for (at, recipe) in all().iter().enumerate() {
            assert_eq!(find(recipe.tag).map(|found| found.title), Some(recipe.title));
            assert!(all()[..at].iter().all(|other| other.tag != recipe.tag), "{}", recipe.tag);
            assert!(!recipe.title.is_empty() && !recipe.citation.is_empty(), "{}", recipe.tag);
        }
        assert!(find(PUBLISHED).is_some() && find(BEST).is_some());
    }

    #[test]
    fn sizes_of_other_models_are_refused() {
        let problems = |tag: &str, sizes: Sizes| find(tag).unwrap().problems_of(&sizes);
        let filters = || Sizes { filters: Some(3), ..Sizes::default() };
        assert!(problems("deep-chrome", filters()).is_empty());
        assert_eq!(
            problems("lstm", filters()),
            ["--filters is a size of cnn-attention, cnn-alpha-beta, deep-chrome: leave it out with --model lstm"]
        );
        assert_eq!(problems("linear-svm", filters()).len(), 1);
        let layers = || Sizes { hidden: vec![3, 2], ..Sizes::default() };
        assert!(problems("deep-chrome", layers()).is_empty());
        assert!(problems("deep-chrome-mlp", layers())[0].contains("one hidden layer"));
    }
}
