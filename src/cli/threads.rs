//! The threads that all loops share.

use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread;

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use tracing::{info, warn};

/// More than any machine needs for this work; where there are more processors, four a processor.
const MOST: usize = 64;

/// Starts the asked number of threads; fewer where that is more than helps, or than the system lets start.
/// Results are the same for any number.
pub(super) fn start(asked: u16) {
    let available = thread::available_parallelism().map_or(1, usize::from);
    let (asked, most) = (usize::from(asked), MOST.max(4 * available));
    if asked > most {
        info!("--threads {asked}: {most} are used, this machine has {available} processors");
    }
    let wanted = asked.min(most);
    let waiting = if wanted > 1 { waiting_threads(wanted) } else { Vec::new() };
    if wanted > 1 && waiting.len() < wanted {
        let got = waiting.len().max(1);
        warn!("the system lets {got} of {wanted} threads be started (ulimit -u): the work takes longer");
    }
    // a second pool (a stage started in-process by another) is refused, and the first one serves
    let _ = if waiting.is_empty() {
        // the work is done by the main thread, so that nothing has to be started
        ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global()
    } else {
        let n = waiting.len();
        let mut waiting = waiting.into_iter();
        let hand_over = |work: ThreadBuilder| {
            let next = waiting.next().ok_or(ErrorKind::WouldBlock)?;
            next.send(work).map_err(|_| ErrorKind::BrokenPipe.into())
        };
        ThreadPoolBuilder::new().num_threads(n).spawn_handler(hand_over).build_global()
    };
}

/// Threads that wait to be told their work, at most `n`: a pool itself fails where one cannot be started.
fn waiting_threads(n: usize) -> Vec<mpsc::Sender<ThreadBuilder>> {
    let start = |_| {
        let (sender, receiver) = mpsc::channel::<ThreadBuilder>();
        let work = move || receiver.recv().map_or((), ThreadBuilder::run);
        thread::Builder::new().spawn(work).ok().map(|_| sender)
    };
    (0..n).map_while(start).collect()
}
