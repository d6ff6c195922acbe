//! A baseline as the model file holds it.

use std::borrow::Cow;

use candle_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::features::POOLED;
use super::{BaselineMethod, Feature, FeatureSet, Fit, Linear, Seen, Trees};
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::{Scores, Source, Summand, Task, Trained};
use crate::matrix::{BODY_PARTS, LayerName, RowShape};

/// What the header says of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineConfig {
    /// Which one.
    pub tag: BaselineMethod,
    /// Marks, the input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// What it sees of a channel.
    pub features: FeatureSet,
    /// Windows that the bins of a mark are pooled into.
    pub n_windows: usize,
    /// Whether the input transform takes the logarithm, which the features do else.
    pub is_log: bool,
    /// The layers that it reads.
    #[serde(default = "window", skip_serializing_if = "is_window")]
    pub layers: Vec<LayerName>,
    /// The one mark that it sees, counted from 0; absent where it sees all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<usize>,
}

fn window() -> Vec<LayerName> {
    vec![LayerName::Window]
}

fn is_window(layers: &[LayerName]) -> bool {
    layers == [LayerName::Window]
}

/// A fitted baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Its sizes.
    pub config: BaselineConfig,
    /// What it sees of a row.
    pub seen: Seen,
    /// What was learnt.
    pub fit: Fit,
}

impl BaselineConfig {
    /// A baseline of rows of [mark, position]: trees see the bins pooled.
    pub fn new(
        tag: BaselineMethod,
        (n_marks, n_bins): (usize, usize),
        features: FeatureSet,
        is_log: bool,
        layers: Vec<LayerName>,
    ) -> Self {
        let n_windows = if tag.is_trees() { n_bins.min(POOLED) } else { n_bins };
        let features = if tag.sees_means() { FeatureSet::Sums } else { features };
        BaselineConfig { tag, n_marks, n_bins, features, n_windows, is_log, layers, mark: None }
    }

    /// What it reads of a region.
    pub fn shape(&self) -> RowShape {
        let positions = |layer| if layer == LayerName::Body { BODY_PARTS } else { self.n_bins };
        RowShape::of(self.layers.iter().map(|&layer| (layer, self.n_marks, positions(layer))))
    }

    /// What the table holds of a row.
    pub fn list(&self) -> Vec<Feature> {
        let is_seen = |channel: usize| self.mark.is_none_or(|mark| channel % self.n_marks == mark);
        let shape = self.shape();
        let channels = shape.channels().enumerate().filter(|(at, _)| is_seen(*at));
        channels.flat_map(|(_, channel)| self.features.of_channel(channel, self.n_windows)).collect()
    }

    /// Why the sizes make no model.
    pub fn problem(&self) -> Option<String> {
        let BaselineConfig { n_bins, n_windows, n_marks, .. } = *self;
        if let Some(mark) = self.mark.filter(|&mark| mark >= n_marks) {
            return Some(format!("mark is {mark}, and there are {n_marks}"));
        }
        if self.layers.is_empty() || self.layers.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Some("layers must be window, body or both, in this order".to_owned());
        }
        (!(1..=n_bins).contains(&n_windows))
            .then(|| format!("n_windows is {n_windows}, expected 1 to {n_bins}, the number of bins"))
    }
}

impl Trained for Baseline {
    fn score(&self, task: Task, values: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let table = self.seen.table(values.chunks_exact(self.config.shape().size()));
        let scores = table.rows().map(|features| {
            done(1);
            task.score(self.fit.output(features) as f32)
        });
        Ok(Scores { scores: scores.collect(), ..Scores::default() })
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = self.fit.to_arrays();
        if !is_window(&self.config.layers) {
            arrays.add_f64("middle", &self.seen.middle);
        }
        Ok(arrays)
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        let source = Source::Features(Cow::Borrowed(&self.seen), Cow::Borrowed(&self.fit));
        vec![Summand { weight: 1.0, source }]
    }
}

impl Baseline {
    /// The other way of [`Trained::to_arrays`].
    ///
    /// # Errors
    /// If an array is missing or does not fit.
    pub fn from_arrays(config: &BaselineConfig, task: Task, arrays: &Arrays) -> std::result::Result<Self, ArrayError> {
        let (list, is_log) = (config.list(), config.is_log);
        let fit = Fit::from_arrays(config.tag, task, arrays, list.len())?;
        let seen = match is_window(&config.layers) {
            // a window is known, or not scored
            true => Seen { middle: vec![0.0; list.len()], list, is_log },
            false => Seen::read((list, is_log), arrays)?,
        };
        Ok(Baseline { config: config.clone(), seen, fit })
    }
}

impl Fit {
    /// As arrays.
    pub fn to_arrays(&self) -> Arrays {
        match self {
            Fit::Linear(linear) => linear.to_arrays(),
            Fit::Trees { bias, trees, .. } => {
                let mut arrays = trees.to_arrays();
                arrays.add_f64("bias", &[*bias]);
                arrays
            }
        }
    }

    /// From arrays.
    ///
    /// # Errors
    /// If one is missing, or they are no fit of so many features.
    pub fn from_arrays(
        method: BaselineMethod,
        task: Task,
        arrays: &Arrays,
        n_features: usize,
    ) -> std::result::Result<Self, ArrayError> {
        Ok(match method {
            _ if !method.is_trees() => Fit::Linear(Linear::from_arrays(arrays, n_features)?),
            _ => Fit::Trees {
                bias: match arrays.f64("bias")?[..] {
                    [bias] => bias,
                    _ => return Err(ArrayError { name: "bias".to_owned() }),
                },
                trees: Trees::from_arrays(arrays, n_features)?,
                is_share: method == BaselineMethod::RandomForest && task == Task::Classification,
            },
        })
    }
}

impl Linear {
    /// As arrays.
    pub fn to_arrays(&self) -> Arrays {
        let mut arrays = Arrays::default();
        arrays.add_f64("weight", &self.weight);
        arrays.add_f64("bias", &[self.bias]);
        arrays
    }

    /// From arrays.
    ///
    /// # Errors
    /// If one is missing, or there is not a weight a feature.
    pub fn from_arrays(arrays: &Arrays, n_features: usize) -> std::result::Result<Self, ArrayError> {
        let (weight, bias) = (arrays.f64("weight")?, arrays.f64("bias")?);
        if weight.len() != n_features || bias.len() != 1 {
            return Err(ArrayError { name: "weight".to_owned() });
        }
        Ok(Linear { weight, bias: bias[0] })
    }
}

impl Trees {
    /// As arrays.
    pub fn to_arrays(&self) -> Arrays {
        let mut arrays = Arrays::default();
        arrays.add_i32("trees.start", &self.start);
        arrays.add_i32("trees.feature", &self.feature);
        arrays.add_f64("trees.threshold", &self.threshold);
        arrays.add_i32("trees.child", self.child.as_flattened());
        arrays.add_f64("trees.value", &self.value);
        arrays
    }

    /// From arrays.
    ///
    /// # Errors
    /// If one is missing, or they are no trees over so many features.
    pub fn from_arrays(arrays: &Arrays, n_features: usize) -> std::result::Result<Self, ArrayError> {
        let children = arrays.i32("trees.child")?;
        let (pairs, rest) = children.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(ArrayError { name: "trees.child".to_owned() });
        }
        let trees = Trees {
            start: arrays.i32("trees.start")?,
            feature: arrays.i32("trees.feature")?,
            threshold: arrays.f64("trees.threshold")?,
            child: pairs.to_vec(),
            value: arrays.f64("trees.value")?,
        };
        if trees.is_sound(n_features) { Ok(trees) } else { Err(ArrayError { name: "trees".to_owned() }) }
    }
}
