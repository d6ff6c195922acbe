//! What every network can do, and how its weights are named and laid out.

use std::collections::HashMap;
use std::fmt::Debug;

use candle_core::{Device, Result, Tensor, Var};

use super::{InstructionSet, Mode, ModelConfig};

/// What each model says of its genes.
#[derive(Clone, Debug)]
pub struct Output {
    /// Log-odds of being expressed; of a regression the predicted label. [gene, model].
    pub logit: Tensor,
    /// α, of the shape of the rows; sums to 1 over the places of each mark in each layer. An attention over bins that
    /// all marks share is repeated for each mark.
    pub bin_attention: Option<Tensor>,
    /// β, [gene, model, mark], of several layers [gene, model, layer × mark]; sums to 1 over all of them.
    pub mark_attention: Option<Tensor>,
    /// What auxiliary losses are of, where the network has them.
    pub auxiliary: Option<Auxiliary>,
}

/// What DeepDiff says beside the change between two samples; its losses are of training only.
#[derive(Clone, Debug)]
pub struct Auxiliary {
    /// Predicted log2(x + 1) in sample A and in sample B, [gene, model, 2].
    pub expression: Tensor,
    /// Squared distance of the samples' encodings, [gene, model]; of siamese networks.
    pub distance: Option<Tensor>,
}

/// One or more models of one shape, with their weights. They share nothing: each gives what it would
/// give alone. Training, prediction and explanation know networks by this trait only; what a network is
/// made of is said by its [`ModelConfig`], which also makes it ([`ModelConfig::network`]).
pub trait Network: Debug + Send + Sync {
    /// Architecture and sizes of each model.
    fn config(&self) -> ModelConfig;

    /// Number of models.
    fn n_models(&self) -> usize;

    /// What is trained, in the order of [`ModelConfig::tensors`]: each holds its weights of the first
    /// model, then those of the second, and so on.
    fn parameters(&self) -> Vec<&Var>;

    /// `x` holds a row for each gene and model, [gene, model] and the axes of [`ModelConfig::row`]: each model has
    /// genes of its own. In [`Mode::Train`] the output keeps its graph: a gradient with respect to `x` can be had where
    /// `x` is a variable.
    ///
    /// # Errors
    /// If `x` has other models or rows.
    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output>;

    /// Models of the same sizes with other weights, [model, weight], which compute with the same
    /// instructions, and may work in the same memory, one after the other or side by side.
    ///
    /// # Errors
    /// If a row has more or fewer weights.
    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>>;

    /// Temporal output values (Lanchantin et al., PSB 2017): the logits [gene, model, position] of each sequence up to each
    /// position, or, `backward`, from it on, as if there were no more of it. `None` of a network that reads sequences of
    /// one length.
    ///
    /// # Errors
    /// As [`Self::forward`].
    fn temporal(&self, _x: &Tensor, _backward: bool) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// What a number of a row that is missing (NaN) counts as, by its place ([`super::filled`]); empty where no row lacks
    /// any.
    fn missing(&self) -> &[f32] {
        &[]
    }

    /// Computes with these instructions, where network and processor know them; else with the best.
    fn set_instruction_set(&mut self, _: InstructionSet) {}

    /// Where the weights are, and where inputs must be.
    fn device(&self) -> &Device {
        self.parameters()[0].device()
    }

    /// Gives the models other weights, [model, weight].
    ///
    /// # Errors
    /// If there are more or fewer.
    fn set_flat(&self, weights: &Tensor) -> Result<()> {
        let (models, n_weights) = weights.dims2()?;
        let (parameters, mut first) = (self.parameters(), 0);
        let own: usize = parameters.iter().map(|parameter| parameter.elem_count()).sum();
        if models != self.n_models() || models * n_weights != own {
            candle_core::bail!("weights {:?} are not of {} models", weights.dims(), self.n_models());
        }
        for parameter in parameters {
            let length = parameter.elem_count() / models;
            parameter.set(&weights.narrow(1, first, length)?.contiguous()?.reshape(parameter.shape())?)?;
            first += length;
        }
        Ok(())
    }

    /// Puts one tensor for each of [`Self::parameters`] side by side: [model, weight].
    ///
    /// # Errors
    /// If they have other shapes than the parameters.
    fn flatten(&self, parts: &[Tensor]) -> Result<Tensor> {
        let rows = parts.iter().map(|part| part.reshape((self.n_models(), ()))).collect::<Result<Vec<_>>>()?;
        Tensor::cat(&rows, 1)
    }

    /// All weights, [model, weight], in the order of [`ModelConfig::tensors`].
    ///
    /// # Errors
    /// If the device that holds them fails.
    fn to_flat(&self) -> Result<Tensor> {
        let parts: Vec<Tensor> = self.parameters().iter().map(|parameter| parameter.as_detached_tensor()).collect();
        self.flatten(&parts)
    }

    /// The weights as tensors with the names of [`ModelConfig::tensors`]; of several models, each name
    /// begins with [`member_prefix`].
    ///
    /// # Errors
    /// If the device that holds them fails.
    fn to_tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let flat = self.to_flat()?.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = flat.as_slice();
        let part = |(name, shape): (String, Vec<usize>)| {
            let (part, after) = rest.split_at(shape.iter().product());
            rest = after;
            Ok((name, Tensor::from_slice(part, shape, &Device::Cpu)?))
        };
        member_shapes(&self.config(), self.n_models()).map(part).collect()
    }
}

/// A tensor of a model: its name in files, its shape, and what it is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSpec {
    /// Name, as in PyTorch's state dict.
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// What its initial weights are drawn from.
    pub initial: Initial,
}

/// What initial weights are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Uniform in [−bound, bound).
    Uniform(f64),
    /// Normal around 0 with this standard deviation.
    Normal(f64),
    /// The bias of an LSTM's gates i, f, g, o, which is not drawn: 1 of the forget gate, so that it begins by remembering
    /// (Gers et al. 2000), else 0.
    Remembering,
}

impl TensorSpec {
    /// A tensor whose initial weights are uniform in [−bound, bound).
    pub fn new(name: impl Into<String>, shape: &[usize], bound: f64) -> Self {
        TensorSpec { name: name.into(), shape: shape.to_vec(), initial: Initial::Uniform(bound) }
    }

    /// Number of weights.
    pub fn n_weights(&self) -> usize {
        self.shape.iter().copied().fold(1, usize::saturating_mul)
    }
}

/// Weights that do not make up the model that they are said to be.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// The sizes make no model.
    #[error("{0}")]
    Sizes(String),
    /// A tensor that the model needs is not there.
    #[error("tensor {name} {shape:?} is missing")]
    Missing {
        /// Its name.
        name: String,
        /// The shape that it should have.
        shape: Vec<usize>,
    },
    /// A tensor has another shape than the model's sizes ask for.
    #[error("tensor {name} is {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor that the model has no place for.
    #[error("the model has no tensor {0}")]
    Unknown(String),
    /// A weight is infinite or not a number.
    #[error("tensor {0} holds a value that is not a finite number")]
    NotFinite(String),
    /// The arrays cannot be made.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// What the names of a model's tensors begin with in a file of several models: `members.0.` and so on.
pub fn member_prefix(member: usize) -> String {
    format!("members.{member}.")
}

/// Names and shapes of all tensors of `n_models` models, in the order of the weights.
fn member_shapes(config: &ModelConfig, n_models: usize) -> impl Iterator<Item = (String, Vec<usize>)> {
    let prefix = move |member| if n_models > 1 { member_prefix(member) } else { String::new() };
    let shapes = move |member| {
        let prefix = prefix(member);
        config.tensors().into_iter().map(move |tensor| (format!("{prefix}{}", tensor.name), tensor.shape))
    };
    (0..n_models).flat_map(shapes)
}

/// Weights [model, weight] of tensors in any order, named as by [`Network::to_tensors`].
pub(super) fn gather(
    config: &ModelConfig,
    n_models: usize,
    tensors: &[(String, Tensor)],
) -> std::result::Result<Vec<f32>, WeightError> {
    // sizes are words of a file: no more is made of them than the tensors fill, up to the first that is missing
    if let Some(problem) = config.problem() {
        return Err(WeightError::Sizes(problem));
    }
    let mut named: HashMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut weights = Vec::with_capacity(tensors.iter().map(|(_, tensor)| tensor.elem_count()).sum());
    for (name, expected) in member_shapes(config, n_models) {
        let Some(tensor) = named.remove(name.as_str()) else {
            return Err(WeightError::Missing { name, shape: expected });
        };
        if tensor.dims() != expected {
            return Err(WeightError::Shape { name, found: tensor.dims().to_vec(), expected });
        }
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(WeightError::NotFinite(name));
        }
        weights.extend(values);
    }
    // the first in file order, so that the message does not depend on hashing
    match tensors.iter().find(|(name, _)| named.contains_key(name.as_str())) {
        Some((name, _)) => Err(WeightError::Unknown(name.clone())),
        None => Ok(weights),
    }
}
