//! How strongly nodes go together over observations.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::evd::EVDDecomposable;

use super::square::{Square, dot};
use crate::learn::normal_quantile;

/// Observations × nodes, column-major, without missing values.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// One a node, all of one length.
    pub columns: Vec<Vec<f64>>,
}

/// How the association of two nodes is measured
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Association {
    /// Correlation of normal scores: of ranks, as quantiles of the normal distribution (the nonparanormal)
    #[default]
    NormalScores,
    /// Correlation of the values (Pearson)
    Pearson,
    /// sin(π/2 · τ) of Kendall's τ-b, the nonparanormal of JEEK, DIFFEE and kDiffNet's papers
    Kendall,
    /// Covariance of the values, as R's cov
    Covariance,
    /// Kendall's τ-b itself, as the original R packages have it
    Tau,
}

/// Eigenvalues of a matrix of Kendall's τ are raised to this, so that it is one of correlations.
const SMALLEST_EIGENVALUE: f64 = 1e-6;

impl Observations {
    /// Number of observations.
    pub fn n(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Each node as normal scores (van der Waerden; ranks of Hazen, ties share their mean).
    pub fn normal_scores(&self) -> Observations {
        let scores = |column: &Vec<f64>| {
            let mut sorted = column.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let score = |value: &f64| {
                let below = sorted.partition_point(|other| other < value);
                let up_to = sorted.partition_point(|other| other <= value);
                normal_quantile(0.5 * (below + up_to) as f64 / sorted.len() as f64)
            };
            column.iter().map(score).collect()
        };
        Observations { columns: self.columns.par_iter().map(scores).collect() }
    }

    /// The association of all pairs of nodes, and how far Ledoit and Wolf shrink it (J. Multivariate Anal. 2004), 0 to 1. A
    /// node whose observations are all the same goes with no other. Normal scores are taken as they are.
    pub fn measured(&self, how: Association) -> (Square, f64) {
        let columns: Vec<Vec<f64>> = self.columns.par_iter().map(|column| standardised(column)).collect();
        let correlation = products(&columns).map(|row, column, value| if row == column { 1.0 } else { value });
        let shrinkage = shrinkage(&columns, &correlation);
        let association = match how {
            Association::NormalScores | Association::Pearson => correlation,
            Association::Covariance => {
                let columns: Vec<Vec<f64>> = self.columns.par_iter().map(|column| centred(column)).collect();
                let divisor = (self.n() as f64 - 1.0).max(1.0);
                products(&columns).map(|_, _, value| value / divisor)
            }
            Association::Tau => kendall(&self.columns, |tau| tau),
            Association::Kendall => {
                correlations_near(kendall(&self.columns, |tau| (std::f64::consts::FRAC_PI_2 * tau).sin()))
            }
        };
        (association, shrinkage)
    }
}

/// The same where it has an inverse; else with its eigenvalues raised to [`SMALLEST_EIGENVALUE`], and the diagonal back at 1.
fn correlations_near(matrix: Square) -> Square {
    if matrix.cholesky(SMALLEST_EIGENVALUE).is_some() {
        return matrix;
    }
    let n = matrix.n();
    let Ok(dense) = DenseMatrix::new(n, n, matrix.values().to_vec(), false) else { return matrix };
    let Ok(parts) = dense.evd(true) else { return matrix };
    let rows: Vec<Vec<f64>> = (0..n)
        .map(|row| {
            let scaled = |at: usize| parts.V.get((row, at)) * parts.d[at].max(SMALLEST_EIGENVALUE).sqrt();
            (0..n).map(scaled).collect()
        })
        .collect();
    let raised = products(&rows);
    raised.map(|row, column, value| value / (raised.at(row, row) * raised.at(column, column)).sqrt())
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

/// Mean 0, sum of squares 1; or all 0.
fn standardised(values: &[f64]) -> Vec<f64> {
    let mut values = centred(values);
    let norm = dot(&values, &values).sqrt();
    if norm > 0.0 {
        values.iter_mut().for_each(|value| *value /= norm);
    }
    values
}

/// The products of all pairs.
fn products(columns: &[Vec<f64>]) -> Square {
    // a band of rows at a time, so that the other columns come from memory once a band
    const BAND: usize = 16;
    let n = columns.len();
    let bands: Vec<Vec<f64>> = columns
        .par_chunks(BAND)
        .enumerate()
        .map(|(band, rows)| {
            let mut values = vec![0.0; rows.len() * n];
            for (at, column) in columns.iter().enumerate().take(band * BAND + rows.len()) {
                for (row, own) in rows.iter().enumerate() {
                    values[row * n + at] = dot(own, column);
                }
            }
            values
        })
        .collect();
    Square::symmetric(n, |row, column| bands[row / BAND][row % BAND * n + column])
}

fn kendall(columns: &[Vec<f64>], of_tau: impl Fn(f64) -> f64 + Sync) -> Square {
    let ranks: Vec<Vec<u32>> = columns.par_iter().map(|column| ranks(column)).collect();
    let orders: Vec<Vec<u32>> = ranks
        .par_iter()
        .map(|ranks| {
            let mut order: Vec<u32> = (0..ranks.len() as u32).collect();
            order.sort_by_key(|&at| ranks[at as usize]);
            order
        })
        .collect();
    Square::symmetric(columns.len(), |row, column| {
        if row == column { 1.0 } else { of_tau(tau_b(&ranks[row], &orders[row], &ranks[column])) }
    })
}

/// Each value as the number of different values below it.
fn ranks(values: &[f64]) -> Vec<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    values.iter().map(|value| sorted.partition_point(|other| other < value) as u32).collect()
}

/// Kendall's τ-b in O(n log n) (Knight, JASA 1966): `order` sorts the first ranks.
fn tau_b(first: &[u32], order: &[u32], second: &[u32]) -> f64 {
    let mut pairs: Vec<(u32, u32)> = order.iter().map(|&at| (first[at as usize], second[at as usize])).collect();
    for equal in pairs.chunk_by_mut(|a, b| a.0 == b.0) {
        equal.sort_unstable();
    }
    let tied = |counts: &mut dyn Iterator<Item = usize>| counts.map(|n| (n * (n - 1) / 2) as f64).sum::<f64>();
    let ties_of_first = tied(&mut pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len));
    let ties_of_both = tied(&mut pairs.chunk_by(|a, b| a == b).map(<[_]>::len));
    let mut seconds: Vec<u32> = pairs.iter().map(|pair| pair.1).collect();
    let mut room = seconds.clone();
    let swaps = inversions(&mut seconds, &mut room) as f64;
    let ties_of_second = tied(&mut seconds.chunk_by(|a, b| a == b).map(<[_]>::len));
    let all = (first.len() * (first.len() - 1) / 2) as f64;
    let concordant_less_discordant = all - ties_of_first - ties_of_second + ties_of_both - 2.0 * swaps;
    let scale = ((all - ties_of_first) * (all - ties_of_second)).sqrt();
    if scale > 0.0 { concordant_less_discordant / scale } else { 0.0 }
}

/// Sorts, and counts the pairs that stood in the wrong order.
fn inversions(values: &mut [u32], room: &mut [u32]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(n / 2);
    let (left_room, right_room) = room.split_at_mut(n / 2);
    let mut count = inversions(left, left_room) + inversions(right, right_room);
    let (mut a, mut b) = (0, 0);
    for slot in room.iter_mut() {
        if b == right.len() || (a < left.len() && left[a] <= right[b]) {
            *slot = left[a];
            a += 1;
        } else {
            count += (left.len() - a) as u64;
            *slot = right[b];
            b += 1;
        }
    }
    values.copy_from_slice(room);
    count
}

/// How far Ledoit and Wolf shrink the correlations of columns whose sums of squares are 1.
fn shrinkage(columns: &[Vec<f64>], correlation: &Square) -> f64 {
    let (n, p) = (columns.first().map_or(0, Vec::len) as f64, columns.len() as f64);
    let squared: f64 = correlation.values().iter().map(|value| value * value).sum();
    // the paper's columns have sums of squares of n
    let mut of_observations = vec![0.0; columns.first().map_or(0, Vec::len)];
    for column in columns {
        of_observations.iter_mut().zip(column).for_each(|(sum, value)| *sum += n * value * value);
    }
    let fourth: f64 = of_observations.iter().map(|sum| sum * sum).sum();
    let noise = (fourth / n - squared) / (p * n);
    let spread = (squared - p) / p;
    if spread > 0.0 { (noise.min(spread) / spread).max(0.0) } else { 1.0 }
}
