//! Methods by changed windows, which ask nothing of a model but its scores: occlusion, doubling,
//! temporal output values.

use candle_core::Result;
use rayon::prelude::*;

use super::predictor::Scorer;

/// Changed windows that are scored together.
const TOGETHER: usize = 2048;

/// The differences of score (`sign` × (changed − unchanged)) when each cell alone is changed.
pub(super) fn by_bin(
    predictor: &(impl Scorer + ?Sized),
    x: &[f32],
    change: impl Fn(f32) -> f32 + Sync,
    sign: f32,
) -> Result<Vec<f32>> {
    let [marks, bins] = predictor.shape();
    let size = marks * bins;
    let whole = predictor.scores(x)?;
    // a cell that stays as it is needs no score
    let changes: Vec<usize> = (0..x.len()).filter(|&at| change(x[at]) != x[at]).collect();
    let mut values = vec![0.0; x.len()];
    for places in changes.chunks(TOGETHER) {
        let windows: Vec<f32> = places
            .par_iter()
            .flat_map_iter(|&place| {
                let window = place / size;
                let mut cells = x[window * size..][..size].to_vec();
                cells[place % size] = change(x[place]);
                cells
            })
            .collect();
        for (&place, score) in places.iter().zip(predictor.scores(&windows)?) {
            values[place] = sign * (score - whole[place / size]);
        }
    }
    Ok(values)
}

/// The differences of score when each mark is changed whole, an even share in each of its bins.
pub(super) fn by_mark(
    predictor: &(impl Scorer + ?Sized),
    x: &[f32],
    change: impl Fn(f32) -> f32,
    sign: f32,
) -> Result<Vec<f32>> {
    let [marks, bins] = predictor.shape();
    let whole = predictor.scores(x)?;
    let mut values = vec![0.0; x.len()];
    for mark in 0..marks {
        let mut changed = x.to_vec();
        for window in changed.chunks_exact_mut(marks * bins) {
            window[mark * bins..][..bins].iter_mut().for_each(|value| *value = change(*value));
        }
        for (window, score) in predictor.scores(&changed)?.into_iter().enumerate() {
            let share = sign * (score - whole[window]) / bins as f32;
            values[(window * marks + mark) * bins..][..bins].fill(share);
        }
    }
    Ok(values)
}

/// The score of the window that ends (`backward`: begins) with each bin, the same for every mark; the
/// rest of the window is empty.
pub(super) fn temporal(predictor: &(impl Scorer + ?Sized), x: &[f32], backward: bool) -> Result<Vec<f32>> {
    let [marks, bins] = predictor.shape();
    let size = marks * bins;
    let mut values = vec![0.0; x.len()];
    for bin in 0..bins {
        let mut part = x.to_vec();
        for of_mark in part.chunks_exact_mut(bins) {
            if backward { of_mark[..bin].fill(0.0) } else { of_mark[bin + 1..].fill(0.0) }
        }
        for (window, score) in predictor.scores(&part)?.into_iter().enumerate() {
            (0..marks).for_each(|mark| values[window * size + mark * bins + bin] = score);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// score = Σ weight × input + a product of two cells.
    struct Known;

    impl Scorer for Known {
        fn shape(&self) -> [usize; 2] {
            [2, 3]
        }

        fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
            Ok(x.chunks_exact(6).map(|x| x[0] + 2.0 * x[1] + 3.0 * x[4] + x[2] * x[5]).collect())
        }
    }

    const X: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    #[test]
    fn each_cell_loses_what_it_is_worth() {
        let x = [X, X].concat();
        let occlusion = by_bin(&Known, &x, |_| 0.0, -1.0).unwrap();
        assert_eq!(occlusion[..6], [1.0, 4.0, 18.0, 0.0, 15.0, 18.0]);
        assert_eq!(occlusion[..6], occlusion[6..]);
        assert_eq!(by_bin(&Known, &X, |x| 2.0 * x, 1.0).unwrap()[..3], [1.0, 4.0, 18.0]);
        assert_eq!(
            by_mark(&Known, &X, |_| 0.0, -1.0).unwrap(),
            [23.0 / 3.0; 3].into_iter().chain([11.0; 3]).collect::<Vec<f32>>()
        );
    }

    #[test]
    fn temporal_values_end_and_begin_with_the_whole_window() {
        assert_eq!(temporal(&Known, &X, false).unwrap(), [1.0, 20.0, 38.0, 1.0, 20.0, 38.0]);
        assert_eq!(temporal(&Known, &X, true).unwrap(), [38.0, 37.0, 18.0, 38.0, 37.0, 18.0]);
    }
}
