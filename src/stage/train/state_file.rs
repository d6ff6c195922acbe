//! `.state.safetensors`: everything that training needs to go on after a kill, written after every
//! epoch and removed when the model is written.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::io::safetensors_file::{self, RawTensor};
use crate::io::{FileError, Result};
use crate::learn::{Adam, EpochRecord, TrainingState};

const FORMAT: &str = "attentrack.state";

/// What a state belongs to: each setting and the digest of the data, by name. Text, because a state
/// of even slightly other numbers must not be gone on with.
pub type Fingerprint = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct StateHeader {
    format: String,
    tool_version: String,
    fingerprint: Fingerprint,
    optimiser_steps: u64,
}

/// Writes the state, whole or not at all.
pub fn write(path: &Path, fingerprint: &Fingerprint, state: &TrainingState) -> Result<()> {
    let header = StateHeader {
        format: FORMAT.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: fingerprint.clone(),
        optimiser_steps: state.adam.step,
    };
    let history: Vec<f64> = state
        .history
        .iter()
        .flat_map(|record| [record.train_loss, record.valid_loss, record.valid_auroc, record.learning_rate])
        .collect();
    let flat = |name: &str, values: &[f32]| (name.to_owned(), RawTensor::of_f32(&[values.len()], values));
    let tensors = [
        flat("weights", &state.weights),
        flat("best_weights", &state.best_weights),
        flat("first_moments", &state.adam.first_moments),
        flat("second_moments", &state.adam.second_moments),
        ("history".to_owned(), RawTensor::of_f64(&[state.history.len(), 4], &history)),
    ];
    safetensors_file::write(path, &header, &tensors)
}

/// Reads a state and refuses that of another training.
pub fn read(path: &Path, fingerprint: &Fingerprint) -> Result<TrainingState> {
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
        FileError::new(path, "is missing or of another type than expected")
            .place(format!("tensor {name}"))
            .remedy(start_afresh)
    };
    let mut flat = |name: &str| tensors.remove(name).and_then(|tensor| tensor.to_f32()).ok_or_else(|| damaged(name));
    let (weights, best_weights) = (flat("weights")?, flat("best_weights")?);
    let (first_moments, second_moments) = (flat("first_moments")?, flat("second_moments")?);
    let history = tensors.remove("history").and_then(|tensor| tensor.to_f64()).ok_or_else(|| damaged("history"))?;
    let record = |(epoch, values): (usize, &[f64; 4])| EpochRecord {
        epoch: epoch as u32 + 1,
        train_loss: values[0],
        valid_loss: values[1],
        valid_auroc: values[2],
        learning_rate: values[3],
    };
    Ok(TrainingState {
        weights,
        best_weights,
        adam: Adam { step: header.optimiser_steps, first_moments, second_moments },
        history: history.as_chunks::<4>().0.iter().enumerate().map(record).collect(),
    })
}
