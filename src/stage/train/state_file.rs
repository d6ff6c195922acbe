//! `.state.safetensors`: everything that training needs to go on after a kill, written after epochs
//! and removed when the model is written.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::io::safetensors_file::{self, RawTensor};
use crate::io::{FileError, Result};
use crate::learn::{EpochRecord, OptimizerKind, OptimizerState, TrainingState};
use crate::model::member_prefix;

const FORMAT: &str = "attentrack.state";

/// What a state belongs to: each setting and the digest of the data, by name. Text, because a state
/// of even slightly other numbers must not be gone on with.
pub type Fingerprint = BTreeMap<String, String>;

/// The header of a `.state.safetensors` file. Fields are written in this order.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct StateHeader {
    /// Always `attentrack.state`.
    format: String,
    /// Version of attentrack that wrote the file.
    tool_version: String,
    /// What the state belongs to.
    fingerprint: Fingerprint,
    /// Steps of the optimiser, one a member.
    optimiser_steps: Vec<u64>,
}

/// Writes the states of a model file's members, whole or not at all.
pub fn write(path: &Path, fingerprint: &Fingerprint, optimizer: OptimizerKind, states: &[TrainingState]) -> Result<()> {
    let header = StateHeader {
        format: FORMAT.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: fingerprint.clone(),
        optimiser_steps: states.iter().map(|state| state.optimizer.steps).collect(),
    };
    let mut tensors = Vec::new();
    for (member, state) in states.iter().enumerate() {
        let mut put = |name: &str, tensor| tensors.push((format!("{}{name}", member_prefix(member)), tensor));
        let flat = |values: &[f32]| RawTensor::of_f32(&[values.len()], values);
        put("weights", flat(&state.weights));
        put("best_weights", flat(&state.best_weights));
        optimizer.moments().iter().zip(&state.optimizer.moments).for_each(|(name, values)| put(name, flat(values)));
        let numbers =
            |record: &EpochRecord| [record.train_loss, record.valid_loss, record.valid_metric, record.learning_rate];
        let history: Vec<f64> = state.history.iter().flat_map(numbers).collect();
        put("history", RawTensor::of_f64(&[state.history.len(), 4], &history));
    }
    safetensors_file::write(path, &header, &tensors)
}

/// Reads the states of a model file's members and refuses those of another training.
pub fn read(path: &Path, fingerprint: &Fingerprint, optimizer: OptimizerKind) -> Result<Vec<TrainingState>> {
    let start_afresh = "Delete it, or leave --resume out, to start afresh";
    let (header, mut tensors): (StateHeader, _) = safetensors_file::read(path, "training state")?;
    if header.format != FORMAT {
        return Err(
            FileError::new(path, format!("is a {:?} file, expected {FORMAT:?}", header.format)).remedy(start_afresh)
        );
    }
    if header.tool_version != env!("CARGO_PKG_VERSION") {
        let problem =
            format!("was written by attentrack {}, this is {}", header.tool_version, env!("CARGO_PKG_VERSION"));
        return Err(FileError::new(path, problem).remedy(start_afresh));
    }
    if header.fingerprint != *fingerprint {
        let difference = |(name, now): (&String, &String)| {
            let then = header.fingerprint.get(name).map_or("not set", String::as_str);
            (then != now).then(|| format!("{name} was {then} and is {now}"))
        };
        let differences: Vec<String> = fingerprint.iter().filter_map(difference).collect();
        let problem = format!("is of another training: {}", differences.join("; "));
        return Err(FileError::new(path, problem).remedy(format!("Give the same inputs and settings. {start_afresh}")));
    }
    let damaged = |name: &str| {
        FileError::new(path, "is missing, of another type than expected, or holds a value that is not a finite number")
            .place(format!("tensor {name}"))
            .remedy(start_afresh)
    };
    let mut states = Vec::new();
    for (member, &steps) in header.optimiser_steps.iter().enumerate() {
        let mut take = |name: &str| {
            let name = format!("{}{name}", member_prefix(member));
            tensors.remove(&name).ok_or_else(|| damaged(&name))
        };
        let mut flat = |name: &str| {
            let values = take(name)?.to_f32().filter(|values| values.iter().all(|value| value.is_finite()));
            values.ok_or_else(|| damaged(name))
        };
        let (weights, best_weights) = (flat("weights")?, flat("best_weights")?);
        let moments = optimizer.moments().iter().map(|name| flat(name)).collect::<Result<Vec<_>>>()?;
        let history = take("history")?;
        let history =
            history.to_f64().filter(|_| history.shape.last() == Some(&4)).ok_or_else(|| damaged("history"))?;
        let record = |(epoch, values): (usize, &[f64; 4])| EpochRecord {
            epoch: epoch as u32 + 1,
            train_loss: values[0],
            valid_loss: values[1],
            valid_metric: values[2],
            learning_rate: values[3],
        };
        states.push(TrainingState {
            weights,
            best_weights,
            optimizer: OptimizerState { steps, moments },
            history: history.as_chunks::<4>().0.iter().enumerate().map(record).collect(),
        });
    }
    Ok(states)
}
