//! Keys of config.yaml that no flag of a stage has: files that stages hand on, and what the chain decides.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::expression::for_sample;
use crate::learn::{Recipe, recipe};
use crate::model::Sizes;

/// The tables of samples and pairs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Sheets {
    /// Sample sheet: a TSV or CSV with the columns sample, mark, path, control, expression; several rows of a sample and
    /// mark are replicates.
    pub samples: PathBuf,
    /// Pairs of samples, for the models deep-diff-*: a TSV with the columns sample and versus, names of the sample
    /// sheet. The model learns the change from versus to sample.
    pub pairs: Option<PathBuf>,
}

/// Gene annotation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Annotation {
    /// GTF, GFF3 or BED, plain or gzip.
    #[schemars(extend("x-flag" = "annotation"))]
    pub path: PathBuf,
    /// Name of the assembly, for the records (hg19, GRCh38 …).
    pub assembly: Option<String>,
}

/// Labels of the user's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LabelTable {
    /// Labels of your own instead: a `labels.tsv`, `{sample}` in its name stands for the sample.
    #[schemars(extend("x-flag" = "labels"))]
    pub path: Option<PathBuf>,
}

impl LabelTable {
    /// The user's own labels of a sample, if there are any.
    pub fn of(&self, sample: &str) -> Option<PathBuf> {
        self.path.as_ref().map(|path| for_sample(path, sample))
    }
}

/// Splits of the user's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SplitTable {
    /// A `splits.tsv` of your own instead.
    #[schemars(extend("x-flag" = "splits"))]
    pub path: Option<PathBuf>,
}

/// Which model.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Model {
    /// The model [default: auto, networks, linear models and trees together].
    #[serde(alias = "model")]
    #[schemars(extend("x-flag" = "model", "x-aliases" = ["model"]))]
    pub name: Tag,
}

impl Model {
    /// Sizes for this model, of those that were chosen for another; hidden layers are of the model that they were
    /// chosen for alone.
    pub fn sizes(&self, chosen: &Sizes, of: &Model) -> Sizes {
        let keep = |name, size: Option<u16>| size.filter(|_| self.name.0.has_size(name));
        Sizes {
            bin_hidden: keep("bin_hidden", chosen.bin_hidden),
            mark_hidden: keep("mark_hidden", chosen.mark_hidden),
            kernel_width: keep("kernel_width", chosen.kernel_width),
            filters: keep("filters", chosen.filters),
            pool: keep("pool", chosen.pool),
            hidden: if self.name.0 == of.name.0 { chosen.hidden.clone() } else { Vec::new() },
        }
    }
}

/// The name of a model.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(pub &'static Recipe);

impl Default for Tag {
    fn default() -> Self {
        recipe::find(recipe::BEST).map_or_else(|| Tag(&recipe::all()[0]), Tag)
    }
}

impl TryFrom<String> for Tag {
    type Error = String;

    fn try_from(tag: String) -> Result<Self, String> {
        let tags: Vec<&str> = recipe::all().iter().map(|recipe| recipe.tag).collect();
        recipe::find(&tag).map(Tag).ok_or_else(|| format!("no model {tag:?}; there are {}", tags.join(", ")))
    }
}

impl From<Tag> for String {
    fn from(Tag(recipe): Tag) -> String {
        recipe.tag.to_owned()
    }
}

impl JsonSchema for Tag {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ModelName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let of = |recipe: &Recipe| serde_json::json!({"const": recipe.tag, "description": recipe.title});
        json_schema!({"type": "string", "oneOf": recipe::all().iter().map(of).collect::<Vec<_>>()})
    }
}

/// Which models are trained.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Models {
    /// One model on all samples, one a sample, or one for each sample on all others.
    pub mode: TrainMode,
}

/// Which samples a model is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrainMode {
    /// One model, trained on the genes of all samples.
    #[default]
    Pooled,
    /// A model for each sample.
    PerSample,
    /// For each sample a model that is trained on all others and predicts it: how well a sample can be
    /// predicted that has no expression data. Its test genes are in no model's training either.
    LeaveOneSampleOut,
}

/// What is explained.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ExplainedBy {
    /// Whether explanations are judged beside the raw signal, in a table a sample: true for every method that the model
    /// has what it needs for, false for none; if left out, those that are drawn, on at most 200 validation genes.
    pub faithfulness: Option<bool>,
}

/// Parts of the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportParts {
    /// Whether the mean attention by position is shown, for which every sample's attention is read; true
    /// if left out.
    pub attention: Option<bool>,
}
