//! The stacked model, and how it is kept.

use std::borrow::Cow;

use candle_core::{Device, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MEMBERS, seen_by_linear, seen_by_trees};
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::baseline::{BaselineMethod, Fit, Linear, Seen};
use crate::learn::calibration::Platt;
use crate::learn::trained::load_networks;
use crate::learn::{Scores, Source, Spread, Summand, Task, Trained, network_row, score};
use crate::matrix::{BODY_PARTS, LayerName, RowShape};
use crate::model::{InstructionSet, ModelConfig, Network};

/// The tag of [`AutoConfig`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AutoTag {
    /// `auto`.
    #[default]
    Auto,
}

/// What the header says of a stacked model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutoConfig {
    /// Always `auto`.
    pub tag: AutoTag,
    /// Sizes of the networks.
    pub network: ModelConfig,
    /// Number of networks.
    pub n_networks: usize,
    /// Whether the linear model and the trees read the genes' bodies.
    #[serde(default)]
    pub with_body: bool,
    /// Whether the input transform takes the logarithm, which linear model and trees do else.
    #[serde(default)]
    pub is_log: bool,
    /// The members.
    pub members: Vec<Share>,
}

impl AutoConfig {
    /// What the members read of a region.
    pub fn shape(&self) -> RowShape {
        let body = self.with_body.then(|| (LayerName::Body, self.network.n_marks(), BODY_PARTS));
        RowShape::of([(LayerName::Window, self.network.n_marks(), self.network.n_bins())].into_iter().chain(body))
    }
}

/// How one member counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Which member.
    pub name: String,
    /// Turns its output into log-odds, or a label.
    pub line: Platt,
    /// Times this.
    pub weight: f64,
    /// AUROC, or of a regression Pearson's r, of its outputs for the validation genes.
    pub valid: f64,
}

/// Several kinds of models, stacked.
#[derive(Debug)]
pub struct Auto {
    /// What the header says.
    pub config: AutoConfig,
    /// AttentiveChromes.
    pub networks: Box<dyn Network>,
    /// A linear model.
    pub linear: Linear,
    /// What it sees.
    pub linear_sees: Seen,
    /// A forest.
    pub trees: Fit,
    /// What it sees.
    pub trees_see: Seen,
}

impl Trained for Auto {
    fn network(&self) -> Option<&dyn Network> {
        Some(self.networks.as_ref())
    }

    fn summands(&self) -> Vec<Summand<'_>> {
        let linear = Fit::Linear(self.linear.clone());
        let sources = [
            Source::Networks(self.networks.as_ref()),
            Source::Features(Cow::Borrowed(&self.linear_sees), Cow::Owned(linear)),
            Source::Features(Cow::Borrowed(&self.trees_see), Cow::Borrowed(&self.trees)),
        ];
        let weights = self.config.members.iter().map(|share| share.weight * share.line.slope);
        weights.zip(sources).map(|(weight, source)| Summand { weight, source }).collect()
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.networks.set_instruction_set(instructions);
    }

    fn n_models(&self) -> usize {
        self.config.n_networks + MEMBERS.len() - 1
    }

    /// Scores genes by their rows, transformed. The attention is the mean over the networks. The spread of a score is over the members, of an attention over the networks.
    ///
    /// # Errors
    /// If the number of values does not fit, or of the device.
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let shape = self.config.shape();
        let read = shape.narrow(rows, &network_row(&self.config.network));
        // as of a regression: the mean of the outputs, not of probabilities
        let mut scores = score(self.networks.as_ref(), Task::Regression, &read, done)?;
        let stacked: Vec<(f32, f32)> = rows
            .par_chunks_exact(shape.size())
            .zip(&scores.scores)
            .map(|(row, &networks)| self.stack(task, &self.outputs(row, f64::from(networks))))
            .collect();
        let spread = scores.spread.get_or_insert_with(Spread::default);
        (scores.scores, spread.scores) = stacked.into_iter().unzip();
        Ok(scores)
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let [networks, linear, trees] = MEMBERS.map(|name| format!("{name}."));
        let mut arrays = Arrays::default();
        arrays.add_all(&networks, self.networks.to_arrays()?);
        arrays.add_all(&linear, self.linear.to_arrays());
        arrays.add_all(&trees, self.trees.to_arrays());
        for (name, seen) in [(linear, &self.linear_sees), (trees, &self.trees_see)] {
            arrays.add_f64(format!("{name}middle"), &seen.middle);
        }
        Ok(arrays)
    }
}

impl Auto {
    /// The members' outputs for a row.
    fn outputs(&self, row: &[f32], networks: f64) -> Vec<f64> {
        let linear = self.linear.predict(&self.linear_sees.of(row));
        vec![networks, linear, self.trees.output(&self.trees_see.of(row))]
    }

    /// Score, and its standard deviation over the members.
    pub(super) fn stack(&self, task: Task, outputs: &[f64]) -> (f32, f32) {
        let shares = outputs.iter().zip(&self.config.members);
        let members: Vec<f64> = shares.map(|(&output, share)| share.line.apply(output)).collect();
        let logit: f64 = members.iter().zip(&self.config.members).map(|(output, share)| share.weight * output).sum();
        let scores: Vec<f64> = members.iter().map(|&output| f64::from(task.score(output as f32))).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let square = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / (scores.len() - 1) as f64;
        (task.score(logit as f32), square.sqrt() as f32)
    }

    /// The other way.
    ///
    /// # Errors
    /// In words, if an array is missing or does not fit.
    pub fn from_arrays(
        config: &AutoConfig,
        (task, arrays): (Task, &Arrays),
        device: &Device,
    ) -> std::result::Result<Self, String> {
        let text = |error: ArrayError| error.to_string();
        if config.members.iter().map(|share| share.name.as_str()).ne(MEMBERS) {
            return Err(format!(
                "the members are not {}: it was trained by another version. Train the model again",
                MEMBERS.join(", ")
            ));
        }
        let shape = config.shape();
        let [networks, linear, trees] = MEMBERS.map(|name| arrays.part(&format!("{name}.")));
        let networks = load_networks(&config.network, config.n_networks, &networks, device)?;
        let linear_sees = Seen::read((seen_by_linear(&shape), config.is_log), &linear).map_err(text)?;
        let trees_see = Seen::read((seen_by_trees(&shape), config.is_log), &trees).map_err(text)?;
        let linear = Linear::from_arrays(&linear, linear_sees.list.len()).map_err(text)?;
        let forest = BaselineMethod::RandomForest;
        let trees = Fit::from_arrays(forest, task, &trees, trees_see.list.len()).map_err(text)?;
        Ok(Auto { config: config.clone(), networks, linear, linear_sees, trees, trees_see })
    }
}
