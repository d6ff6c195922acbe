//! The list of models that can be trained, and what each needs and was published with. Flags, schemas, `attentrack
//! compare`, docs/models.md and tests read this list; no stage asks which model it has.
//!
//! The list takes every network of `networks!` in `src/model.rs`, every method of [`super::baseline`], every fact of
//! [`super::facts`], every method of [`super::kmer`], and `auto`.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::auto;
use super::baseline::{BODY_MARK, BaselineMethod};
use super::entry::ANY_SHAPE;
pub use super::entry::{Defaults, How, Needs, Recipe};
use super::facts::Fact;
use super::kmer::KmerMethod;
use super::{Regime, Transform};
use crate::model::{Design, Sizes, designs};

/// The model of `attentrack-train` where none is named: the published one.
pub const PUBLISHED: &str = "attentive-chrome";
/// The model of config.yaml where none is named: no other is known to be clearly better (docs/auto.md).
pub const BEST: &str = auto::TAG;

/// All recipes.
pub fn all() -> &'static [Recipe] {
    static ALL: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
        let networks = designs().map(Recipe::of_network);
        let tables = BaselineMethod::ALL.map(Recipe::of_table);
        let facts = Fact::ALL.map(Recipe::of_fact);
        let words = KmerMethod::ALL.map(Recipe::of_words);
        networks.chain(tables).chain(facts).chain(auto::recipe()).chain(words).collect()
    });
    &ALL
}

/// The recipe of a tag.
pub fn find(tag: &str) -> Option<&'static Recipe> {
    all().iter().find(|recipe| recipe.tag == tag)
}

impl Serialize for Recipe {
    /// Its tag.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag)
    }
}

impl<'de> Deserialize<'de> for &'static Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = String::deserialize(deserializer)?;
        find(&tag).ok_or_else(|| {
            let tags: Vec<&str> = all().iter().map(|recipe| recipe.tag).collect();
            D::Error::custom(format!("there is no model {tag}: name one of {}", tags.join(", ")))
        })
    }
}

impl JsonSchema for Recipe {
    fn schema_name() -> Cow<'static, str> {
        "Model".into()
    }

    /// One of the tags, each with its title.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let tags = all().iter().map(|recipe| json!({"const": recipe.tag, "description": recipe.title}));
        json_schema!({"type": "string", "oneOf": tags.collect::<Vec<_>>()})
    }
}

impl Recipe {
    fn of_network(design: &'static Design) -> Self {
        let &Design { tag, title, citation, dropout, of_pair, config, .. } = design;
        let any = config(&Sizes::default(), ANY_SHAPE);
        let regime = if any.of_bases() { Regime::deep_motif() } else { Regime::default() };
        Recipe {
            tag,
            title,
            citation,
            needs: Needs {
                pair: of_pair,
                expression: any.is_auxiliary(),
                sequence: any.of_bases(),
                ..Needs::default()
            },
            defaults: Defaults { regime: Regime { dropout: Some(dropout), ..regime }, ..Defaults::default() },
            how: How::Network(design),
        }
    }

    fn of_table(method: BaselineMethod) -> Self {
        Recipe {
            tag: method.name(),
            title: method.title(),
            citation: method.citation(),
            needs: Needs {
                bodies: method.sees_means(),
                mark: (method == BaselineMethod::BodyMark).then_some(BODY_MARK),
                ..Needs::default()
            },
            defaults: Defaults {
                transform: if method.sees_means() { Transform::UnitMeanLog1p } else { Transform::Raw },
                ..Defaults::default()
            },
            how: How::Table(method),
        }
    }

    fn of_fact(fact: Fact) -> Self {
        let (title, citation) = match fact {
            Fact::GeneLength => ("The length of the gene alone, without any signal", "our own"),
            Fact::ExpressionMean => (
                "The gene's mean expression in the other training samples, without any signal",
                "Fu et al., Nature 2025",
            ),
        };
        let needs =
            Needs { ends: fact == Fact::GeneLength, other_samples: fact == Fact::ExpressionMean, ..Needs::default() };
        Recipe { tag: fact.name(), title, citation, needs, defaults: Defaults::default(), how: How::Fact(fact) }
    }

    fn of_words(method: KmerMethod) -> Self {
        Recipe {
            tag: method.name(),
            title: method.title(),
            citation: method.citation(),
            needs: Needs { sequence: true, ..Needs::default() },
            defaults: Defaults::default(),
            how: How::Kmers(method),
        }
    }

    /// How it is made of sequences, where that is otherwise than of signal.
    pub fn of_sequences(&self) -> Option<&'static Recipe> {
        static OF_SEQUENCES: LazyLock<Recipe> = LazyLock::new(auto::recipe_of_sequences);
        (*self == *OF_SEQUENCES && !self.needs.sequence).then_some(&*OF_SEQUENCES)
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
    fn a_model_is_written_as_its_tag_and_read_by_it() {
        let recipe = find("lstm-alpha").unwrap();
        assert_eq!(serde_json::to_string(recipe).unwrap(), r#""lstm-alpha""#);
        assert_eq!(serde_json::from_str::<&'static Recipe>(r#""lstm-alpha""#).unwrap(), recipe);
        let error = serde_json::from_str::<&'static Recipe>(r#""magic""#).unwrap_err().to_string();
        assert!(error.contains("no model magic") && error.contains("auto"), "{error}");
        let schema = schemars::schema_for!(Recipe).to_value();
        assert_eq!(schema["oneOf"].as_array().unwrap().len(), all().len());
    }

    #[test]
    fn sizes_of_other_models_are_refused() {
        let problems = |tag: &str, sizes: Sizes| find(tag).unwrap().problems_of(&sizes);
        let filters = || Sizes { filters: Some(3), ..Sizes::default() };
        assert!(problems("deep-chrome", filters()).is_empty());
        assert_eq!(
            problems("lstm", filters()),
            ["--filters is a size of cnn-attention, cnn-alpha-beta, deep-chrome, deep-motif-cnn, deep-motif-cnn-rnn: \
              leave it out with --model lstm"]
        );
        assert_eq!(problems("linear-svm", filters()).len(), 1);
        let layers = || Sizes { hidden: vec![3, 2], ..Sizes::default() };
        assert!(problems("deep-chrome", layers()).is_empty());
        assert!(problems("deep-chrome-mlp", layers())[0].contains("one hidden layer"));
    }
}
