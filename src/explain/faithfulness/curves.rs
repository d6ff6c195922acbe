//! What becomes of the score when bins are taken out of a gene's row, or put into that of the baseline, in the order of
//! their importance (Samek et al. 2017; Petsiuk et al. 2018; DeYoung et al. 2020).

use candle_core::Result;
use rayon::prelude::*;

use crate::explain::Scorer;

/// Shares of a window's marks and bins that are changed.
const SHARES: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85];

/// Those of them that comprehensiveness and sufficiency are the means over (DeYoung et al. 2020).
const ERASER: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// One window's curves. Scores are turned so that the window's lies above that of the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowCurves {
    /// Area under score − score of the baseline as the most important bins are taken out: the less, the better they
    /// were chosen.
    pub deletion: f64,
    /// The same as they are put into the baseline: the more, the better.
    pub insertion: f64,
    /// What is lost without the most important bins, mean over the shares.
    pub comprehensiveness: f64,
    /// What is lost with the most important bins alone, mean over the shares.
    pub sufficiency: f64,
    /// Score − score of the baseline.
    pub whole: f64,
}

impl WindowCurves {
    /// How far the two curves are apart: what the choice of bins is worth.
    pub fn gap(&self) -> f64 {
        self.insertion - self.deletion
    }
}

/// Where the curves begin and end: the scores of windows and of the baseline.
#[derive(Clone, Debug)]
pub struct Ends {
    /// Score of each window.
    pub scores: Vec<f32>,
    /// Score of the baseline.
    pub of_baseline: f32,
    /// The baseline, a row: what a bin holds that is taken out.
    pub baseline: Vec<f32>,
}

impl Ends {
    /// Scores `x` and the baseline.
    ///
    /// # Errors
    /// Those of the predictor.
    pub fn new(predictor: &(impl Scorer + ?Sized), x: &[f32], baseline: &[f32]) -> Result<Self> {
        let of_baseline = predictor.scores(baseline)?[0];
        Ok(Ends { scores: predictor.scores(x)?, of_baseline, baseline: baseline.to_vec() })
    }

    /// 1 where a window's score lies above that of the baseline, else −1.
    pub fn sign(&self, window: usize) -> f32 {
        if self.scores[window] >= self.of_baseline { 1.0 } else { -1.0 }
    }
}

/// The curves of each row `x`, its positions in descending order of `importance`, which has the same rows. Of equal
/// ones the first comes first; those that are missing stay so.
///
/// # Errors
/// Those of the predictor.
pub fn curves(
    predictor: &(impl Scorer + ?Sized),
    x: &[f32],
    importance: &[f32],
    ends: &Ends,
) -> Result<Vec<WindowCurves>> {
    let size = predictor.shape().size();
    let changed: Vec<f32> = x
        .par_chunks_exact(size)
        .zip(importance.par_chunks_exact(size))
        .flat_map_iter(|(x, importance)| {
            let mut order: Vec<usize> = (0..size).filter(|&at| !x[at].is_nan()).collect();
            order.sort_by(|&a, &b| importance[b].total_cmp(&importance[a]));
            let mut windows = Vec::with_capacity(2 * SHARES.len() * size);
            for keeps in [false, true] {
                for share in SHARES {
                    let (most, rest) = order.split_at((share * order.len() as f64).ceil() as usize);
                    let mut window = x.to_vec();
                    (if keeps { rest } else { most }).iter().for_each(|&at| window[at] = ends.baseline[at]);
                    windows.extend(window);
                }
            }
            windows
        })
        .collect();
    let scores = predictor.scores(&changed)?;
    let of_window = |(window, scores): (usize, &[f32])| {
        let sign = ends.sign(window);
        let above = |score: &f32| f64::from(sign * (score - ends.of_baseline));
        let (deleted, inserted) = scores.split_at(SHARES.len());
        let deleted: Vec<f64> = deleted.iter().map(above).collect();
        let inserted: Vec<f64> = inserted.iter().map(above).collect();
        let whole = above(&ends.scores[window]);
        let eraser = |values: &[f64]| {
            let chosen = SHARES.iter().zip(values).filter(|(share, _)| ERASER.contains(share));
            chosen.map(|(_, value)| whole - value).sum::<f64>() / ERASER.len() as f64
        };
        WindowCurves {
            deletion: area(whole, &deleted, 0.0),
            insertion: area(0.0, &inserted, whole),
            comprehensiveness: eraser(&deleted),
            sufficiency: eraser(&inserted),
            whole,
        }
    };
    Ok(scores.chunks_exact(2 * SHARES.len()).enumerate().map(of_window).collect())
}

/// Trapezoids over the shares from 0 to 1.
fn area(first: f64, between: &[f64], last: f64) -> f64 {
    let (mut sum, mut before) = (0.0, (0.0, first));
    for here in SHARES.into_iter().zip(between.iter().copied()).chain([(1.0, last)]) {
        sum += (here.0 - before.0) * 0.5 * (here.1 + before.1);
        before = here;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::RowShape;

    /// The sum of ten inputs, less 1.
    struct Sum;

    impl Scorer for Sum {
        fn shape(&self) -> RowShape {
            RowShape::window(2, 5)
        }

        fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
            Ok(x.chunks_exact(10).map(|x| x.iter().sum::<f32>() - 1.0).collect())
        }
    }

    #[test]
    fn one_bin_that_is_everything() {
        // the first window is raised by its bin 3, the second lowered as much; the rest is empty
        let mut x = [0.0; 20];
        (x[3], x[13]) = (4.0, -4.0);
        let ends = Ends::new(&Sum, &x, &[0.0; 10]).unwrap();
        assert_eq!((ends.of_baseline, ends.sign(0), ends.sign(1)), (-1.0, 1.0, -1.0));
        let mut importance = [0.0; 20];
        (importance[3], importance[13]) = (1.0, 1.0);
        let best = curves(&Sum, &x, &importance, &ends).unwrap();
        assert_eq!(best[0], best[1]);
        // gone at the first share, 1 %: a triangle of 0.01 × 4 / 2
        assert!((best[0].deletion - 0.02).abs() < 1e-12 && (best[0].insertion - 3.98).abs() < 1e-12, "{best:?}");
        assert_eq!((best[0].comprehensiveness, best[0].sufficiency, best[0].whole), (4.0, 0.0, 4.0));
        let worst = curves(&Sum, &x, &importance.map(|value| -value), &ends).unwrap();
        // taken out last, after 85 %
        assert!((worst[0].deletion - (0.85 * 4.0 + 0.15 * 2.0)).abs() < 1e-12, "{worst:?}");
        assert_eq!((worst[0].comprehensiveness, worst[0].sufficiency), (0.0, 4.0));
        assert!(worst[0].gap() < 0.0 && best[0].gap() > 0.0);
    }

    #[test]
    fn a_bin_that_is_taken_out_becomes_that_of_the_baseline() {
        let x = [3.0; 10];
        let mut baseline = [3.0; 10];
        baseline[2] = 1.0;
        let ends = Ends::new(&Sum, &x, &baseline).unwrap();
        let mut importance = [0.0; 10];
        importance[2] = 1.0;
        let curves = curves(&Sum, &x, &importance, &ends).unwrap();
        // all of the difference of 2 lies in one bin, and the other nine are as in the baseline
        assert_eq!((curves[0].whole, curves[0].comprehensiveness, curves[0].sufficiency), (2.0, 2.0, 0.0));
    }
}
