//! A baseline as the model file holds it.

use std::borrow::Cow;

use candle_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::features::POOLED;
use super::{BaselineMethod, Feature, FeatureSet, Fit, Linear, Seen, Table, Trees};
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::{Scores, Source, Summand, Task, Trained};
use crate::matrix::RowShape;

/// What the header says of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineConfig {
    /// Which one.
    pub tag: BaselineMethod,
    /// Marks, the input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// What it sees of a window.
    pub features: FeatureSet,
    /// Windows that the bins of a mark are pooled into.
    pub n_windows: usize,
    /// Whether the input transform takes the logarithm, which the features do else.
    pub is_log: bool,
}

/// A fitted baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Its sizes.
    pub config: BaselineConfig,
    /// What was learnt.
    pub fit: Fit,
}

impl BaselineConfig {
    /// For windows of [mark, bin]: trees see the bins pooled.
    pub fn new(tag: BaselineMethod, (n_marks, n_bins): (usize, usize), features: FeatureSet, is_log: bool) -> Self {
        let n_windows = match tag {
            BaselineMethod::LogisticRegression | BaselineMethod::LinearSvm => n_bins,
            BaselineMethod::RandomForest | BaselineMethod::GradientBoosting => n_bins.min(POOLED),
        };
        BaselineConfig { tag, n_marks, n_bins, features, n_windows, is_log }
    }

    /// What the table holds of a row.
    pub fn list(&self) -> Vec<Feature> {
        self.features.list(&RowShape::window(self.n_marks, self.n_bins), self.n_windows)
    }

    /// Features of rows.
    pub fn table(&self, rows: &[f32]) -> Table {
        let list = self.list();
        let mut table = Table::new(list.len());
        for row in rows.chunks_exact(self.n_marks * self.n_bins) {
            table.push(&list.iter().map(|feature| feature.of(row, self.is_log)).collect::<Vec<_>>());
        }
        table
    }

    /// Why the sizes make no model.
    pub fn problem(&self) -> Option<String> {
        let BaselineConfig { n_bins, n_windows, .. } = *self;
        (!(1..=n_bins).contains(&n_windows))
            .then(|| format!("n_windows is {n_windows}, expected 1 to {n_bins}, the number of bins"))
    }
}

impl Trained for Baseline {
    fn score(&self, task: Task, values: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let table = self.config.table(values);
        let scores = table.rows().map(|features| {
            done(1);
            task.score(self.fit.output(features) as f32)
        });
        Ok(Scores { scores: scores.collect(), ..Scores::default() })
    }

    fn to_arrays(&self) -> Result<Arrays> {
        Ok(self.fit.to_arrays())
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        let list = self.config.list();
        let seen = Seen { middle: vec![0.0; list.len()], list, is_log: self.config.is_log };
        vec![Summand { weight: 1.0, source: Source::Features(Cow::Owned(seen), Cow::Borrowed(&self.fit)) }]
    }
}

impl Baseline {
    /// The other way of [`Trained::to_arrays`].
    ///
    /// # Errors
    /// If an array is missing or does not fit.
    pub fn from_arrays(config: &BaselineConfig, task: Task, arrays: &Arrays) -> std::result::Result<Self, ArrayError> {
        let fit = Fit::from_arrays(config.tag, task, arrays, config.list().len())?;
        Ok(Baseline { config: config.clone(), fit })
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
            BaselineMethod::LogisticRegression | BaselineMethod::LinearSvm => {
                Fit::Linear(Linear::from_arrays(arrays, n_features)?)
            }
            BaselineMethod::RandomForest | BaselineMethod::GradientBoosting => Fit::Trees {
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
