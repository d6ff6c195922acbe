//! A signal along the genome, and the work queue that bins many of them at once.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Bins, Blacklist, Statistic, Tally, Windows};

/// Something that can add its reads or values to the bins of windows. Knows the genes' chromosomes by
/// their index; where the data come from is the implementor's business.
pub trait Signal: Sync {
    /// What can go wrong.
    type Error: Send;

    /// Cuts the windows into tasks that are read independently, each a range of
    /// [`Windows::as_slice`]. The cut must not depend on the number of threads.
    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>>;

    /// Adds everything that touches the windows of `bins`, reading each block of data once.
    ///
    /// # Errors
    /// The data cannot be read.
    fn add_to(&self, bins: &mut Bins<'_>) -> Result<(), Self::Error>;
}

/// Signals over windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    /// Row-major [gene, signal, bin].
    pub values: Vec<f32>,
    /// Row-major [gene, signal]: whether the signal has any data in the window.
    pub touched: Vec<bool>,
    /// One a signal.
    pub tallies: Vec<Tally>,
}

/// Bins all signals; a queue over (signal, group of windows) keeps every thread of the current pool
/// busy, whether there is one file or hundreds. `progress(signal, windows)` is called after each task.
///
/// Every window of a signal belongs to one task, so values are the same at any number of threads.
///
/// # Errors
/// The first failing task in queue order, with the index of its signal.
pub fn bin_signals<E: Send>(
    signals: &[&dyn Signal<Error = E>],
    windows: &Windows,
    statistic: Statistic,
    blacklist: &Blacklist,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Binned, (usize, E)> {
    let (genes, n_bins) = (windows.as_slice().len(), windows.grid().n_bins());
    let mut queue: Vec<(usize, Range<usize>)> = signals
        .iter()
        .enumerate()
        .flat_map(|(at, signal)| signal.tasks(windows).into_iter().map(move |range| (at, range)))
        .collect();
    // whole-file tasks first, so that none is left to run alone at the end
    queue.sort_by_key(|(_, range)| Reverse(range.len()));
    let binned = Mutex::new(Binned {
        values: vec![0.0; genes * signals.len() * n_bins],
        touched: vec![false; genes * signals.len()],
        tallies: vec![Tally::default(); signals.len()],
    });
    let failure: Mutex<Option<(usize, E)>> = Mutex::new(None);
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let task = next.fetch_add(1, Ordering::Relaxed);
            let Some((signal, range)) = queue.get(task) else { break };
            let mut bins = Bins::new(windows, range.clone(), statistic, blacklist);
            let mut added = signals[*signal].add_to(&mut bins);
            if added.is_ok() && bins.is_out_of_order() {
                bins = Bins::new(windows, range.clone(), statistic, blacklist).keep_depth();
                added = signals[*signal].add_to(&mut bins);
            }
            if let Err(error) = added {
                failed.store(true, Ordering::Relaxed);
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                if failure.as_ref().is_none_or(|(earlier, _)| task < *earlier) {
                    *failure = Some((task, error));
                }
                break;
            }
            let mut binned = binned.lock().unwrap_or_else(PoisonError::into_inner);
            let Binned { values, touched, tallies } = &mut *binned;
            let tally = bins.finish(|gene, bins, any| {
                let row = gene * signals.len() + signal;
                values[row * n_bins..(row + 1) * n_bins].copy_from_slice(bins);
                touched[row] = any;
            });
            tallies[*signal].merge(&tally);
            drop(binned);
            progress(*signal, range.len());
        }
    };
    rayon::broadcast(|_| work());
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((task, error)) => Err((queue[task].0, error)),
        None => Ok(binned.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Gene, Grid, Orientation, Strand, Tss};

    /// One read over every 100th base, in tasks of one window.
    struct Comb;

    impl Signal for Comb {
        type Error = String;

        fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
            (0..windows.chroms().len()).flat_map(|chrom| windows.groups(chrom, 1)).collect()
        }

        fn add_to(&self, bins: &mut Bins<'_>) -> Result<(), String> {
            for base in (0..2000).step_by(100) {
                bins.add_read(0, base, base + 1);
            }
            Ok(())
        }
    }

    /// Reads far apart, to and fro.
    struct Wild;

    impl Signal for Wild {
        type Error = String;

        fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
            std::iter::once(0..windows.as_slice().len()).collect()
        }

        fn add_to(&self, bins: &mut Bins<'_>) -> Result<(), String> {
            for start in [1000, 5_000_000, 1010] {
                bins.add_read(0, start, start + 20);
            }
            Ok(())
        }
    }

    struct Broken;

    impl Signal for Broken {
        type Error = String;

        fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
            std::iter::once(0..windows.as_slice().len()).collect()
        }

        fn add_to(&self, _: &mut Bins<'_>) -> Result<(), String> {
            Err("broken".to_owned())
        }
    }

    fn windows() -> Windows {
        let genes: Vec<Gene> = [1000, 500]
            .map(|position| Gene {
                id: position.to_string(),
                symbol: None,
                tss: Tss { chrom: "1".into(), position, strand: Strand::Forward },
                end: None,
            })
            .into();
        Windows::new(&genes, Grid::new(200, 100, Orientation::Gene).unwrap())
    }

    #[test]
    fn rows_are_in_gene_order_whatever_the_task_order() {
        let binned =
            bin_signals(&[&Comb, &Comb], &windows(), Statistic::Count, &Blacklist::default(), &|_, _| {}).unwrap();
        assert_eq!(binned.values, vec![1.0; 2 * 2 * 4]);
        assert_eq!(binned.tallies[1].used, 8);
    }

    #[test]
    fn depth_does_not_depend_on_the_order_of_reads() {
        let binned = bin_signals(&[&Wild], &windows(), Statistic::Max, &Blacklist::default(), &|_, _| {}).unwrap();
        assert_eq!(binned.values, [0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(binned.tallies[0].used, 2);
    }

    #[test]
    fn a_failure_names_its_signal() {
        let result = bin_signals(&[&Comb, &Broken], &windows(), Statistic::Count, &Blacklist::default(), &|_, _| {});
        assert_eq!(result, Err((1, "broken".to_owned())));
    }
}
