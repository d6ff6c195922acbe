//! The stacked model, and how it is kept.

use candle_core::{Device, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::{Context, View};
use super::{Ecdf, KINDS, LINEAR, MEMBERS, OF_TREES, TREES};
use crate::learn::arrays::{ArrayError, Arrays};
use crate::learn::baseline::{Fit, Linear};
use crate::learn::calibration::Platt;
use crate::learn::{Scores, Spread, Task, Trained, score};
use crate::matrix::{BODY_PARTS, LayerName, RowShape};
use crate::model::{InstructionSet, ModelConfig, Network};

/// Fewest genes of a sample that a gene is compared with; of fewer, it is compared with the training genes.
const FEWEST_GENES: usize = 50;

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
    /// Whether linear models and trees read the genes' bodies.
    #[serde(default)]
    pub with_body: bool,
    /// The members.
    pub members: Vec<Share>,
}

impl AutoConfig {
    /// The layers that the members look at, in the order of a row.
    pub fn layers(&self) -> &'static [LayerName] {
        layers(self.with_body)
    }

    fn shape(&self) -> RowShape {
        let body = self.with_body.then(|| (LayerName::Body, self.network.n_marks(), BODY_PARTS));
        RowShape::of([(LayerName::Window, self.network.n_marks(), self.network.n_bins())].into_iter().chain(body))
    }
}

/// The layers that members look at, of matrices with or without bodies.
pub fn layers(with_body: bool) -> &'static [LayerName] {
    if with_body { &[LayerName::Window, LayerName::Body] } else { &[LayerName::Window] }
}

/// What the networks look at.
pub(super) fn network_shape(network: &ModelConfig) -> RowShape {
    RowShape::window(network.n_marks(), network.n_bins())
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
    /// Linear models, one a view.
    pub linear: Vec<Linear>,
    /// A forest, and boosted trees.
    pub trees: Vec<Fit>,
    /// The distributions of the training genes.
    pub training: Context,
    /// Those of the sample that is scored.
    pub(super) sample: Option<Context>,
}

impl Trained for Auto {
    fn network(&self) -> Option<&dyn Network> {
        Some(self.networks.as_ref())
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.networks.set_instruction_set(instructions);
    }

    fn n_models(&self) -> usize {
        self.config.n_networks + MEMBERS.len() - 1
    }

    /// Compares genes with those of this sample from now on, if there are enough of them.
    fn meet_sample(&mut self, rows: &[f32]) {
        let shape = &self.training.shape;
        let is_enough = rows.len() >= FEWEST_GENES * shape.size();
        self.sample = is_enough.then(|| Context::of(rows, shape));
    }

    /// Scores genes by their rows, transformed. The attention is the mean over the networks, which look at the window
    /// alone. The spread of a score is over the kinds of models, of an attention over the networks.
    ///
    /// # Errors
    /// If the number of values does not fit, or of the device.
    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let shape = &self.training.shape;
        let windows = shape.narrow(rows, &network_shape(&self.config.network));
        // as of a regression: the mean of the outputs, not of probabilities
        let mut scores = score(self.networks.as_ref(), Task::Regression, &windows, done)?;
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
        let mut arrays = Arrays::default();
        arrays.add_all("networks.", self.networks.to_arrays()?);
        for (name, linear) in MEMBERS[1..].iter().zip(&self.linear) {
            arrays.add_all(&format!("{name}."), linear.to_arrays());
        }
        for (name, fit) in tree_names().zip(&self.trees) {
            arrays.add_all(&format!("{name}."), fit.to_arrays());
        }
        for (name, of) in
            [("bins", &self.training.bins), ("summaries", &self.training.summaries), ("body", &self.training.body)]
        {
            for (at, ecdf) in of.iter().enumerate() {
                arrays.add_f32(format!("ranks.{name}.{at}"), &ecdf.points);
            }
        }
        Ok(arrays)
    }
}

impl Auto {
    /// The members' outputs for a row.
    fn outputs(&self, row: &[f32], networks: f64) -> Vec<f64> {
        let context = self.sample.as_ref().unwrap_or(&self.training);
        let see = |view: View| context.see(view, row);
        let mut outputs = vec![networks];
        outputs.extend(self.linear.iter().zip(LINEAR).map(|(linear, view)| linear.predict(&see(view))));
        let seen = see(OF_TREES);
        outputs.extend(self.trees.iter().map(|fit| fit.output(&seen)));
        outputs
    }

    /// Score, and its standard deviation over the kinds of models.
    pub(super) fn stack(&self, task: Task, outputs: &[f64]) -> (f32, f32) {
        let shares = || outputs.iter().zip(&self.config.members);
        let members: Vec<f64> = shares().map(|(&output, share)| share.line.apply(output)).collect();
        let logit: f64 = members.iter().zip(&self.config.members).map(|(output, share)| share.weight * output).sum();
        let of_kind = |kind: std::ops::Range<usize>| {
            let outputs = &members[kind];
            f64::from(task.score((outputs.iter().sum::<f64>() / outputs.len() as f64) as f32))
        };
        let kinds = KINDS.map(of_kind);
        let mean = kinds.iter().sum::<f64>() / kinds.len() as f64;
        let square = kinds.iter().map(|kind| (kind - mean).powi(2)).sum::<f64>() / (kinds.len() - 1) as f64;
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
            return Err(format!("the members are not {}", MEMBERS.join(", ")));
        }
        let shape = config.shape();
        let window = network_shape(&config.network);
        let features = |view: View| view.factors(&shape).len();
        let networks = config.network.from_tensors(config.n_networks, &arrays.part("networks.").tensors()?, device);
        let networks = networks.map_err(|error| error.to_string())?;
        let linear = MEMBERS[1..]
            .iter()
            .zip(LINEAR)
            .map(|(name, view)| Linear::from_arrays(&arrays.part(&format!("{name}.")), features(view)).map_err(text));
        let linear = linear.collect::<std::result::Result<Vec<_>, _>>()?;
        let trees = tree_names().zip(TREES).map(|(name, method)| {
            let part = arrays.part(&format!("{name}."));
            Fit::from_arrays(method, task, &part, features(OF_TREES)).map_err(text)
        });
        let trees = trees.collect::<std::result::Result<Vec<_>, _>>()?;
        let ecdfs = |name: &str, n: usize| {
            let all = (0..n).map(|at| {
                let name = format!("ranks.{name}.{at}");
                let points = arrays.f32(&name)?;
                if points.is_sorted() { Ok(Ecdf { points }) } else { Err(ArrayError { name }) }
            });
            all.collect::<std::result::Result<Vec<_>, _>>().map_err(text)
        };
        let summaries = View::Ranks.factors(&window).len();
        let body = features(View::Ranks) - summaries;
        let training = Context {
            bins: ecdfs("bins", config.network.n_marks())?,
            summaries: ecdfs("summaries", summaries)?,
            body: ecdfs("body", body)?,
            shape,
        };
        Ok(Auto { config: config.clone(), networks, linear, trees, training, sample: None })
    }
}

fn tree_names() -> impl Iterator<Item = &'static str> {
    MEMBERS[MEMBERS.len() - TREES.len()..].iter().copied()
}
