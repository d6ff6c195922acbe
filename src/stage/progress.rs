//! Progress on a terminal, silence in a log.

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar on standard error; hidden where that is not a terminal, `quiet` is set, or nothing but
/// warnings is logged.
pub fn progress_bar(length: u64, what: &str, quiet: bool) -> ProgressBar {
    if quiet || !tracing::enabled!(tracing::Level::INFO) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
