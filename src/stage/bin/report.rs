//! Progress and summary, for people.

use std::time::Duration;

use indicatif::ProgressBar;

use super::inputs::Inputs;
use crate::io::FileError;
use crate::matrix::{Binned, Matrix, Signal, Status, Windows};
use crate::stage::progress_bar;

/// A bar over all windows of all files.
pub(super) fn progress(signals: &[&dyn Signal<Error = FileError>], windows: &Windows, quiet: bool) -> ProgressBar {
    let total: usize = signals.iter().flat_map(|signal| signal.tasks(windows)).map(|range| range.len()).sum();
    progress_bar(total as u64, "windows", quiet)
}

/// What was used of each file, and how fast.
pub(super) fn files(inputs: &Inputs, binned: &Binned, elapsed: Duration) {
    let mut bytes = 0;
    for (at, (file, tally)) in inputs.files.iter().zip(&binned.tallies).enumerate() {
        let what = if file.format().holds_reads() { "reads" } else { "value intervals" };
        let mark = inputs.marks.get(at).map_or("control", String::as_str);
        tracing::info!("{mark}: {} {what} in windows, from {} ({})", tally.used, file.path().display(), file.format());
        bytes += std::fs::metadata(file.path()).map_or(0, |meta| meta.len());
    }
    let (seconds, megabytes) = (elapsed.as_secs_f64(), bytes as f64 / 1e6);
    tracing::info!("{} files, {megabytes:.1} MB, {seconds:.2} s, {:.0} MB/s", inputs.files.len(), megabytes / seconds);
}

/// The matrix and the genes' statuses.
pub(super) fn finished(matrix: &Matrix) {
    let count = |status: Status| matrix.status.iter().filter(|&&other| other == status).count();
    tracing::info!(
        "sample {}: {} genes × {} marks × {} bins of {} bp, {}; genes ok {}, clipped {}, empty {}, no_chrom {}",
        matrix.sample,
        matrix.n_genes(),
        matrix.n_marks(),
        matrix.n_bins(),
        matrix.grid.bin_size_bp(),
        matrix.statistic,
        count(Status::Ok),
        count(Status::Clipped),
        count(Status::Empty),
        count(Status::NoChrom),
    );
}
