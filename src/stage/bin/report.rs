//! Progress and summary, for people.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;

use super::inputs::SignalInputs;
use crate::io::signal::SignalFile;
use crate::matrix::{Binned, Matrix, Signal, Status, Tally, Windows};
use crate::stage::progress_bar;

/// A bar over all windows of all files; files are named as they are finished.
pub(super) struct Progress<'a> {
    bar: ProgressBar,
    inputs: &'a SignalInputs,
    /// Windows that each file still has to fill.
    left: Vec<AtomicUsize>,
    finished: AtomicUsize,
}

impl<'a> Progress<'a> {
    pub(super) fn new(inputs: &'a SignalInputs, windows: &Windows, quiet: bool) -> Self {
        let of_file = |file: &SignalFile| file.tasks(windows).iter().map(ExactSizeIterator::len).sum::<usize>();
        let left: Vec<usize> = inputs.files.iter().map(of_file).collect();
        let bar = progress_bar(left.iter().sum::<usize>() as u64, "windows", quiet);
        // a file that can only be streamed is one step: show that time passes
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress { bar, inputs, left: left.into_iter().map(AtomicUsize::new).collect(), finished: AtomicUsize::new(0) }
    }

    /// `windows` windows of a file are filled.
    pub(super) fn add(&self, file: usize, windows: usize) {
        self.bar.inc(windows as u64);
        if self.left[file].fetch_sub(windows, Ordering::Relaxed) == windows {
            let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.println(format!("done: {}", self.inputs.files[file].path().display()));
            self.bar.set_message(format!("{finished} of {} files, windows", self.left.len()));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What was used of each file, and how fast.
pub(super) fn files(inputs: &SignalInputs, binned: &Binned, elapsed: Duration) {
    let mut bytes = 0;
    for (at, (file, tally)) in inputs.files.iter().zip(&binned.tallies).enumerate() {
        let mark = inputs.mark_of(at).unwrap_or("control");
        let used = if file.format().holds_reads {
            format!("{} reads in windows", tally.used)
        } else {
            let Tally { used, covered_bp, whole_windows, part_windows, .. } = tally;
            format!(
                "{covered_bp} bases with a value in windows, of {used} intervals; {whole_windows} windows have values on every base, {part_windows} on some"
            )
        };
        let (path, format) = (file.path().display(), file.format());
        if tally.used == 0 {
            tracing::warn!(
                "{mark}: {path} ({format}) has no data in any window. Check that it is the right file, and whole"
            );
        } else {
            tracing::info!("{mark}: {used}; from {path} ({format})");
        }
        bytes += std::fs::metadata(file.path()).map_or(0, |meta| meta.len());
    }
    for mark in inputs.marks.iter().filter(|mark| mark.signals.len() > 1) {
        let names: Vec<String> = mark.signals.iter().map(|&at| inputs.files[at].path().display().to_string()).collect();
        tracing::info!("{}: taken for {} replicates: {}", mark.mark, names.len(), names.join(", "));
    }
    let (seconds, megabytes) = (elapsed.as_secs_f64(), bytes as f64 / 1e6);
    tracing::info!("{} files, {megabytes:.1} MB, {seconds:.2} s, {:.0} MB/s", inputs.files.len(), megabytes / seconds);
}

/// The matrix and the genes' statuses.
pub(super) fn finished(matrix: &Matrix) {
    let count = |status: Status| matrix.status.iter().filter(|&&other| other == status).count();
    if matrix.n_bins() == 0 {
        let (regions, length) = (matrix.n_regions(), matrix.bases.length_bp);
        tracing::info!(
            "sample {}: {regions} sequences × {length} bases; {} without a known base",
            matrix.sample,
            count(Status::Empty)
        );
        return;
    }
    tracing::info!(
        "sample {}: {} genes × {} marks × {} bins of {} bp, {}; genes ok {}, clipped {}, empty {}, no_chrom {}",
        matrix.sample,
        matrix.n_regions(),
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
