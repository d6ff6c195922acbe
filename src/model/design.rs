//! What a network says of itself before there is one: its name, what it was published with, and how chosen sizes
//! become those of a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelConfig;

/// A network that can be trained. Each network's file has a list of its own, `DESIGNS`.
#[derive(Debug)]
pub struct Design {
    /// Its name on the command line and in config.yaml.
    pub tag: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// Where it was published.
    pub citation: &'static str,
    /// The dropout that it was published with.
    pub dropout: f64,
    /// Whether it learns the change between the two samples of a pair.
    pub of_pair: bool,
    /// Weights of a model of the published sizes for 5 marks and 100 bins, for two samples of them, or for the four bases.
    pub n_weights: usize,
    /// The sizes of a model; those that are not chosen are as published.
    pub config: fn(&Sizes, Shape) -> ModelConfig,
}

/// What a model's sizes follow from, beside what is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Marks, the input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Places along the body that are read beside the window; 0 where the window alone is.
    pub body_parts: usize,
    /// 2 to tell two classes apart by an output each, 1 for a number; networks with one logit need one for both.
    pub n_outputs: usize,
}

/// The paper of AttentiveChrome and its ablations.
pub(super) const NIPS_2017: &str = "Singh, Lanchantin, Sekhon & Qi, NIPS 2017";
/// The paper of DeepChrome.
pub(super) const BIOINFORMATICS_2016: &str = "Singh, Lanchantin, Robins & Qi, Bioinformatics 2016";

/// The paper of DeepMotif.
pub(super) const PSB_2017: &str = "Lanchantin, Singh, Wang & Qi, PSB 2017";

/// The sizes that can be chosen. Each is a size of some networks only; one that is not chosen is as published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// Hidden units a direction of the LSTM over bins [default: 32]
    #[schemars(range(min = 1, max = 1024), extend("x-value" = "N", "x-heading" = "Sizes"))]
    pub bin_hidden: Option<u16>,
    /// Hidden units a direction of the LSTM over marks [default: 16]
    #[schemars(range(min = 1, max = 1024), extend("x-value" = "N", "x-heading" = "Sizes"))]
    pub mark_hidden: Option<u16>,
    /// Bins that a filter of a convolution sees, of several convolutions the first [default: 9 for deep-motif-cnn and
    /// 9 for deep-motif-cnn-rnn, else 10]
    #[schemars(range(min = 1, max = 1024), extend("x-value" = "N", "x-heading" = "Sizes"))]
    pub kernel_width: Option<u16>,
    /// Filters of a convolution [default: 128 for deep-motif-cnn, 128 for deep-motif-cnn-rnn, else 50]
    #[schemars(range(min = 1, max = 1024), extend("x-value" = "N", "x-heading" = "Sizes"))]
    pub filters: Option<u16>,
    /// Neighbouring positions of which a convolution keeps the highest [default: 2 for deep-motif-cnn, else 5]
    #[schemars(range(min = 1, max = 1024), extend("x-value" = "N", "x-heading" = "Sizes"))]
    pub pool: Option<u16>,
    /// Units of each hidden layer [default: 625,125 for deep-chrome, 250 for deep-chrome-mlp]
    #[schemars(inner(range(min = 1, max = 4096)), extend("x-value" = "N,…", "x-heading" = "Sizes"))]
    pub hidden: Vec<u16>,
}

impl Sizes {
    /// Names of all sizes, as in the fields of a [`ModelConfig`], and whether each is chosen.
    pub fn chosen(&self) -> [(&'static str, bool); 6] {
        [
            ("bin_hidden", self.bin_hidden.is_some()),
            ("kernel_width", self.kernel_width.is_some()),
            ("filters", self.filters.is_some()),
            ("pool", self.pool.is_some()),
            ("mark_hidden", self.mark_hidden.is_some()),
            ("hidden", !self.hidden.is_empty()),
        ]
    }

    /// The chosen hidden layers, else the published ones.
    pub(super) fn layers(&self, published: &[usize]) -> Vec<usize> {
        match self.hidden.as_slice() {
            [] => published.to_vec(),
            units => units.iter().map(|&units| usize::from(units)).collect(),
        }
    }
}

/// A chosen size, else the published one.
pub(super) fn or(size: Option<u16>, published: usize) -> usize {
    size.map_or(published, usize::from)
}

impl Design {
    /// Whether it can read the genes' bodies beside the window; neither a pair of samples nor DNA has any.
    pub fn reads_bodies(&self) -> bool {
        !self.of_pair && !self.of_bases()
    }

    /// Whether it reads DNA.
    pub fn of_bases(&self) -> bool {
        self.published().of_bases()
    }

    /// A model of the published sizes.
    fn published(&self) -> ModelConfig {
        (self.config)(&Sizes::default(), Shape { n_marks: 2, n_bins: 1, body_parts: 0, n_outputs: 1 })
    }

    /// The published sizes by name, of those that can be chosen.
    pub fn sizes(&self) -> Vec<(&'static str, Value)> {
        let fields = serde_json::to_value(self.published()).unwrap_or_default();
        let known = Sizes::default().chosen().into_iter();
        known.filter_map(|(name, _)| Some((name, fields.get(name)?.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TensorSpec, designs};

    #[test]
    fn the_published_sizes_have_the_published_numbers_of_weights() {
        for design in designs() {
            let samples = if design.of_pair { 2 } else { 1 };
            let n_marks = if design.of_bases() { 4 } else { 5 * samples };
            let shape = Shape { n_marks, n_bins: 100 * samples, body_parts: 0, n_outputs: 2 };
            let config = (design.config)(&Sizes::default(), shape);
            let weights = config.tensors().iter().map(TensorSpec::n_weights).sum::<usize>();
            assert_eq!((config.n_weights(), weights), (design.n_weights, design.n_weights), "{}", design.tag);
        }
    }

    #[test]
    fn each_name_makes_one_network_and_help_names_the_published_sizes() {
        let schema = schemars::schema_for!(Sizes).to_value();
        let mut tags = Vec::new();
        for design in designs() {
            let config =
                (design.config)(&Sizes::default(), Shape { n_marks: 4, n_bins: 100, body_parts: 0, n_outputs: 2 });
            assert_eq!(config.name(), design.tag);
            assert_eq!((config.n_marks(), config.n_bins(), config.problem()), (4, 100, None));
            assert!(config.is_auxiliary() <= design.of_pair);
            for (name, published) in design.sizes() {
                let help = schema["properties"][name]["description"].as_str().unwrap();
                let published = published.to_string().replace(['[', ']'], "");
                let named = if help.contains(&format!(" for {}", design.tag)) {
                    vec![format!("{published} for {}", design.tag)]
                } else {
                    vec![format!("[default: {published}]"), format!(", else {published}]")]
                };
                assert!(named.iter().any(|named| help.contains(named)), "{name} of {}: {help}", design.tag);
            }
            tags.push(design.tag);
        }
        let n_tags = tags.len();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), n_tags);
    }
}
