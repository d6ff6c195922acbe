//! A model as a whole and by its parts: which of them a method explains.

use candle_core::Result;

use super::predictor::{Explainable, Scorer, mean_scores, networks, whole};
use super::{Method, Settings, class_optimisation, explain, mean};
use crate::learn::{Task, Trained};
use crate::matrix::RowShape;

/// A model to be explained.
///
/// Contributions, and methods that ask for nothing but scores, explain the score that users see. For a stack of models
/// the others, which need attention or gradients, explain its networks alone: linear models and trees have neither.
pub struct Subject {
    /// What the log-odds are the mean of: the members of an ensemble, or the whole as a black box.
    models: Vec<Box<dyn Explainable>>,
    /// The networks of a stack; empty of all other models.
    networks: Vec<Box<dyn Explainable>>,
}

impl Subject {
    /// Explains a model of such rows.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(model: Box<dyn Trained>, shape: RowShape) -> Result<Self> {
        let networks = networks(model.as_ref())?;
        Ok(if model.is_of_networks() {
            Subject { models: networks, networks: Vec::new() }
        } else {
            Subject { models: vec![whole(model, shape)], networks }
        })
    }

    /// The models whose explanations by the method are averaged.
    pub fn of(&self, method: Method) -> &[Box<dyn Explainable>] {
        if self.is_of_networks(method) { &self.networks } else { &self.models }
    }

    /// Whether the method explains the networks of a stack, and not its whole score.
    pub fn is_of_networks(&self, method: Method) -> bool {
        !self.networks.is_empty() && !method.explains_all()
    }

    /// What is missing for the method, in words that go on after "METHOD needs".
    ///
    /// # Errors
    /// If the device fails.
    pub fn lacks(&self, method: Method) -> Result<Option<&'static str>> {
        method.lacks(self.of(method)[0].as_ref())
    }

    /// The method that explains the whole score and needs nothing that the model lacks.
    ///
    /// # Errors
    /// If the device fails.
    pub fn default_method(&self) -> Result<Method> {
        match self.lacks(Method::Contributions)? {
            None => Ok(Method::Contributions),
            Some(_) => Ok(Method::Occlusion),
        }
    }

    /// What a value of the method says, with its unit.
    pub fn unit(&self, method: Method, task: Task) -> String {
        let part = if self.is_of_networks(method) { ", of the networks of the stack" } else { "" };
        method.unit(task) + part
    }

    /// What a row of the method's explanation holds: all layers, or those that the networks of a stack look at.
    pub fn explained(&self, method: Method) -> RowShape {
        self.of(method)[0].shape()
    }

    /// Explains rows `x` as [`explain`]: the mean over the models of the method, in rows of [`Self::explained`].
    ///
    /// # Errors
    /// If something is missing for the method ([`Self::lacks`]), or of the device.
    pub fn explain(
        &self,
        method: Method,
        x: &[f32],
        settings: &Settings,
        done: impl Fn(usize) + Sync,
    ) -> Result<Vec<f32>> {
        let own = self.explained(method);
        let x = self.shape().narrow(x, &own);
        let settings = &settings.narrowed(&self.shape(), &own);
        let of_models = self.of(method).iter().map(|model| explain(method, model.as_ref(), &x, settings, &done));
        Ok(mean(&of_models.collect::<Result<Vec<_>>>()?))
    }

    /// Matrices that the networks take for the positive class (class optimisation), one a start, each row-major
    /// [base, position]: the mean over the members of an ensemble.
    ///
    /// # Errors
    /// If it has no networks of DNA, or of the device.
    pub fn optima(&self, seed: u64, starts: usize) -> Result<Vec<f32>> {
        let models = self.of(Method::ClassOptimisation).iter();
        let matrices = models.map(|model| class_optimisation::motifs(model.as_ref(), seed, starts));
        Ok(mean(&matrices.collect::<Result<Vec<_>>>()?))
    }
}

impl Scorer for Subject {
    fn shape(&self) -> RowShape {
        self.models[0].shape()
    }

    fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
        mean_scores(&self.models, x)
    }
}
