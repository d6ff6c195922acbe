//! JSON reports: fields in the order of their type, two spaces of indent, a final newline.

use std::path::Path;

use serde::Serialize;

use super::{FileError, Output, Result};

/// Writes a value, whole or not at all; `-` writes to standard output.
pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| FileError::new(path, format!("cannot write the report: {error}")))?;
    bytes.push(b'\n');
    let mut output = Output::create(path)?;
    output.put(&bytes)?;
    output.commit()
}
