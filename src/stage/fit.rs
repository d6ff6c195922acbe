//! Whether a matrix is like those that a model was trained on.

use std::path::Path;

use anyhow::Result;

use crate::io::FileError;
use crate::learn::ModelHeader;
use crate::matrix::{Kind, Matrix};

/// Refuses a matrix that is not like those that the model was trained on.
pub fn check(path: &Path, header: &ModelHeader, matrix: &Matrix) -> Result<()> {
    let refuse = |problem: String, remedy: &str| Err(FileError::new(path, problem).remedy(remedy).into());
    if matrix.kind != Kind::Signal {
        let problem = format!("holds {:?}, expected signal", matrix.kind).to_lowercase();
        return refuse(problem, "Give the file that attentrack-bin wrote");
    }
    let (ours, theirs) = (matrix.marks.join(", "), header.marks.join(", "));
    if ours != theirs {
        let (mut sorted, mut expected) = (matrix.marks.clone(), header.marks.clone());
        sorted.sort_unstable();
        expected.sort_unstable();
        let what = if sorted == expected { "the marks are in another order" } else { "the marks differ" };
        return refuse(
            format!("{what}: the model has {theirs}; the matrix {ours}"),
            "Bin the signal again with the model's marks in the model's order",
        );
    }
    let window = |flank: u32, size: u32| format!("±{flank} bp in bins of {size} bp");
    let orientation = |orientation| format!("{orientation:?}").to_lowercase();
    let grid = &matrix.grid;
    let pairs = [
        (
            "window",
            window(header.flank_bp, header.bin_size_bp),
            window(grid.flank_bp(), grid.bin_size_bp()),
            "--flank and --bin-size",
        ),
        ("orientation", orientation(header.orientation), orientation(grid.orientation()), "--orientation"),
        ("statistic", header.statistic.to_string(), matrix.statistic.to_string(), "--statistic"),
    ];
    for (what, theirs, ours, flags) in pairs {
        if ours != theirs {
            return refuse(
                format!("{what}: the model was trained on {theirs}, the matrix has {ours}"),
                &format!("Bin the signal again with the model's {flags}"),
            );
        }
    }
    if let (Some(ours), Some(theirs)) = (&matrix.assembly, &header.assembly)
        && ours != theirs
    {
        tracing::warn!("the model was trained on {theirs}, the matrix is of {ours}");
    }
    Ok(())
}
