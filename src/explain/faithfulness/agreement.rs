//! How far two explanations put the same bins first, and whether they find what is known.

use rayon::prelude::*;

use crate::learn::metrics::{Ranks, auroc, pearson};

/// Mid-ranks of each window's importances, row-major [window, cell].
#[derive(Clone, Debug)]
pub struct WindowRanks {
    size: usize,
    ranks: Vec<f64>,
}

impl WindowRanks {
    /// Ranks the cells within each window of `size` cells.
    pub fn new(importance: &[f32], size: usize) -> Self {
        let of_window = |window: &[f32]| {
            let values: Vec<f64> = window.iter().map(|&value| f64::from(value)).collect();
            Ranks::new(&values).mid_ranks(|_| 1)
        };
        WindowRanks { size, ranks: importance.par_chunks_exact(size).flat_map_iter(of_window).collect() }
    }

    /// Spearman's rank correlation over the cells of a window, mean over the windows; windows in which
    /// one side is constant are left out. `None` where none is left.
    pub fn agreement(&self, other: &WindowRanks) -> Option<f64> {
        let pairs = self.ranks.chunks_exact(self.size).zip(other.ranks.chunks_exact(other.size));
        mean(pairs.filter_map(|(a, b)| pearson(a, b, |_| 1)))
    }
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It decides.
    Decides,
    /// It says nothing.
    Nothing,
    /// Neither is certain.
    Unknown,
}

/// AUROC of each window's importances for the cells that decide against those that say nothing.
pub fn planted(importance: &[f32], known: &[Known], size: usize) -> Vec<Option<f64>> {
    let of_window = |(importance, known): (&[f32], &[Known])| {
        let certain = importance.iter().zip(known).filter(|(_, known)| **known != Known::Unknown);
        let (labels, scores): (Vec<bool>, Vec<f64>) =
            certain.map(|(&value, &known)| (known == Known::Decides, f64::from(value))).unzip();
        auroc(&labels, &scores)
    };
    importance.chunks_exact(size).zip(known.chunks_exact(size)).map(of_window).collect()
}

/// The mean, `None` of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_the_mean_of_the_windows() {
        let a = WindowRanks::new(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0], 3);
        let b = WindowRanks::new(&[10.0, 20.0, 90.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0], 3);
        assert_eq!(a.agreement(&b), Some(0.0));
        assert_eq!(a.agreement(&a), Some(1.0));
        assert_eq!(WindowRanks::new(&[1.0; 3], 3).agreement(&WindowRanks::new(&[1.0; 3], 3)), None);
    }

    #[test]
    fn what_is_not_certain_counts_for_nothing() {
        use Known::{Decides, Nothing, Unknown};
        let known = [Decides, Nothing, Nothing, Unknown];
        assert_eq!(planted(&[0.5, 0.1, 0.7, 9.0], &known, 4), [Some(0.5)]);
        assert_eq!(planted(&[0.8, 0.1, 0.7, 9.0], &known, 4), [Some(1.0)]);
    }
}
