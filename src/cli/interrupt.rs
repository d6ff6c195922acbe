//! What happens when the process is asked to end: Ctrl-C, `kill`, a terminal that is closed.

use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::signal_name;

use super::log;
use crate::io::{self, Kept};

/// How long the last message waits for a log that nobody reads.
const PATIENCE: Duration = Duration::from_millis(500);

/// From now on an interrupted process removes what is unfinished, says what is kept and how to go on
/// (`advice`), and ends with 128 + the number of the signal. Signals that whoever started the process has it
/// ignore (`nohup`) stay ignored.
pub(super) fn handle(advice: String) {
    let ignored = ignored();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let wanted: Vec<i32> = wanted.collect();
    let (ready, is_ready) = mpsc::channel();
    // where no thread can be started the signals end the process at once, and the next run clears up
    let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let signals = Signals::new(wanted);
        let _ = ready.send(());
        if let Some(signal) = signals.ok().and_then(|mut signals| signals.forever().next()) {
            end(signal, &advice);
        }
    });
    if thread.is_ok() {
        let _ = is_ready.recv();
    }
}

fn end(signal: i32, advice: &str) -> ! {
    let Kept { files, last } = io::stop();
    let name = signal_name(signal).unwrap_or("a signal");
    let kept = match (files, last) {
        (0, _) | (_, None) => "nothing was written".to_owned(),
        (1, Some(last)) => format!("{} is written and kept", last.display()),
        (files, Some(last)) => format!("{files} files are written and kept, the last is {}", last.display()),
    };
    let message = format!("stopped by {name}: {kept}. {advice}");
    let (sender, said) = mpsc::channel();
    let thread = thread::Builder::new().spawn(move || {
        log::error(message);
        let _ = sender.send(());
    });
    if thread.is_ok() {
        let _ = said.recv_timeout(PATIENCE);
    }
    process::exit(128 + signal)
}

/// The signals that this process was started to ignore, a bit each; none where the system does not say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
