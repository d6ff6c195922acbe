//! Arrays with names: what a model keeps in a file.

use std::collections::HashMap;

use candle_core::{Device, Tensor};

/// Numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Weights of a network.
    F32(Vec<f32>),
    /// Other numbers.
    F64(Vec<f64>),
    /// Counts and places.
    I32(Vec<i32>),
}

/// An array: its axes, slowest first, and its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The numbers.
    pub numbers: Numbers,
}

/// An array that a model needs is not there, or not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tensor {name} is missing or not as expected")]
pub struct ArrayError {
    /// Its name.
    pub name: String,
}

/// Arrays by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrays(pub HashMap<String, Array>);

impl Arrays {
    /// Adds an array with one axis.
    pub fn add_f64(&mut self, name: impl Into<String>, numbers: &[f64]) {
        let array = Array { shape: vec![numbers.len()], numbers: Numbers::F64(numbers.to_vec()) };
        self.0.insert(name.into(), array);
    }

    /// Adds an array with one axis.
    pub fn add_i32(&mut self, name: impl Into<String>, numbers: &[i32]) {
        let array = Array { shape: vec![numbers.len()], numbers: Numbers::I32(numbers.to_vec()) };
        self.0.insert(name.into(), array);
    }

    /// Adds an array with one axis.
    pub fn add_f32(&mut self, name: impl Into<String>, numbers: &[f32]) {
        let array = Array { shape: vec![numbers.len()], numbers: Numbers::F32(numbers.to_vec()) };
        self.0.insert(name.into(), array);
    }

    /// Adds all of `other`, each name behind `prefix`.
    pub fn add_all(&mut self, prefix: &str, other: Arrays) {
        self.0.extend(other.0.into_iter().map(|(name, array)| (format!("{prefix}{name}"), array)));
    }

    /// Those whose names begin with `prefix`, without it.
    pub fn part(&self, prefix: &str) -> Arrays {
        let part =
            self.0.iter().filter_map(|(name, array)| Some((name.strip_prefix(prefix)?.to_owned(), array.clone())));
        Arrays(part.collect())
    }

    /// Finite numbers.
    ///
    /// # Errors
    /// If there is no such array of them.
    pub fn f64(&self, name: &str) -> Result<Vec<f64>, ArrayError> {
        match self.0.get(name).map(|array| &array.numbers) {
            Some(Numbers::F64(numbers)) if numbers.iter().all(|x| x.is_finite()) => Ok(numbers.clone()),
            _ => Err(ArrayError { name: name.to_owned() }),
        }
    }

    /// Whole numbers.
    ///
    /// # Errors
    /// If there is no such array of them.
    pub fn i32(&self, name: &str) -> Result<Vec<i32>, ArrayError> {
        match self.0.get(name).map(|array| &array.numbers) {
            Some(Numbers::I32(numbers)) => Ok(numbers.clone()),
            _ => Err(ArrayError { name: name.to_owned() }),
        }
    }

    /// Numbers without a NaN.
    ///
    /// # Errors
    /// If there is no such array of them.
    pub fn f32(&self, name: &str) -> Result<Vec<f32>, ArrayError> {
        match self.0.get(name).map(|array| &array.numbers) {
            Some(Numbers::F32(numbers)) if !numbers.iter().any(|x| x.is_nan()) => Ok(numbers.clone()),
            _ => Err(ArrayError { name: name.to_owned() }),
        }
    }

    /// A network's weights, sorted by name, so that messages do not depend on hashing.
    ///
    /// # Errors
    /// In words, if an array is not one of weights.
    pub fn tensors(&self) -> Result<Vec<(String, Tensor)>, String> {
        let mut tensors = Vec::new();
        for (name, array) in &self.0 {
            let Numbers::F32(numbers) = &array.numbers else {
                return Err(ArrayError { name: name.clone() }.to_string());
            };
            let tensor = Tensor::from_slice(numbers, array.shape.as_slice(), &Device::Cpu);
            tensors.push((name.clone(), tensor.map_err(|error| error.to_string())?));
        }
        tensors.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(tensors)
    }
}
