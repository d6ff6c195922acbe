//! What a test of faithfulness says of an explanation that is shown.

use std::path::Path;

use crate::io::{FileError, Result, faithfulness};
use crate::matrix::{Attribution, Judged, Matrix};

/// Finds the verdict on a method of the matrix's sample in a table of attentrack-faithfulness.
///
/// # Errors
/// A table of another sample, without the method, or whose contributions are against another baseline.
pub fn verdict(path: &Path, matrix: &Matrix, method: &str) -> Result<Judged> {
    let rows = faithfulness::read(path)?;
    let refuse = |problem: String, remedy: String| FileError::new(path, problem).remedy(remedy);
    if let Some(other) = rows.iter().find(|row| row.sample != matrix.sample) {
        return Err(refuse(
            format!("judges explanations of sample {:?}, and sample {:?} is shown", other.sample, matrix.sample),
            "Give the table of the same sample".to_owned(),
        ));
    }
    let judged = rows.iter().find(|row| row.method == method).and_then(|row| Some((row, row.judged()?)));
    let Some((row, judged)) = judged else {
        let all: Vec<&str> = rows.iter().filter(|row| row.verdict.is_some()).map(|row| row.method.as_str()).collect();
        return Err(refuse(
            format!("has no verdict on {method}, only on {}", all.join(", ")),
            format!("Make it with attentrack-faithfulness --method {method}"),
        ));
    };
    let baseline = matrix.attribution.as_ref().and_then(Attribution::baseline);
    match baseline.filter(|baseline| *baseline != row.baseline) {
        None => Ok(judged),
        Some(baseline) => Err(refuse(
            format!("judges by the baseline {:?}, and {method} against {baseline:?} are shown", row.baseline),
            format!("Make it with attentrack-faithfulness --baseline {baseline}"),
        )),
    }
}
