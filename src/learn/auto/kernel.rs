//! Kernel logistic and ridge regression: the most probable function of a Gaussian process (Rasmussen &
//! Williams 2006, ch. 3.4), on some landmarks (Nyström, Williams & Seeger 2001) where genes are many.

use super::newton;
use crate::learn::Task;
use crate::learn::baseline::{FitError, Linear, Scaling, Table};
use crate::learn::random::gene_order;

/// Most landmarks.
const LANDMARKS: usize = 400;
/// Variance of the smooth part of the process; the linear part's is 1.
const SMOOTH: f64 = 4.0;

/// A sum over landmarks of their weight times the kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Standardisation of the features.
    pub scaling: Scaling,
    /// Standardised.
    pub landmarks: Table,
    /// One a landmark.
    pub weight: Vec<f64>,
    /// Added.
    pub bias: f64,
}

impl Kernel {
    /// Fits; the kernel is a Gaussian of width 2√features, plus a linear one. For numbers, the labels are
    /// taken in units of their variance, half of which is noise.
    ///
    /// # Errors
    /// If all labels are equal, or the library finds no fit.
    pub fn fit(table: &Table, labels: &[f64], task: Task, seed: u64) -> Result<Self, FitError> {
        let scaling = Scaling::of(table);
        let scaled = scaling.apply(table);
        let mut chosen = gene_order(seed, 0, scaled.len());
        chosen.truncate(LANDMARKS);
        chosen.sort_unstable();
        let landmarks = scaled.select(&chosen);
        let factor = cholesky(&landmarks);
        let mut features = Table::new(landmarks.len());
        for row in scaled.rows() {
            let mut values: Vec<f64> = landmarks.rows().map(|landmark| kernel(row, landmark)).collect();
            forward(&factor, &mut values);
            features.push(&values);
        }
        let mut plain = Scaling::of(&features);
        plain.scale.fill(1.0);
        let fit = match task {
            Task::Classification => newton::logistic(&features, &plain, labels, 1.0)?,
            Task::Regression => Linear::ridge(&features, &plain, labels, 1.0)?,
        };
        let mut weight = fit.weight;
        backward(&factor, &mut weight);
        Ok(Kernel { scaling, landmarks, weight, bias: fit.bias })
    }

    /// Log-odds, or the predicted label.
    pub fn output(&self, features: &[f64]) -> f64 {
        let fitted = self.scaling.mean.iter().zip(&self.scaling.scale);
        let row: Vec<f64> = features.iter().zip(fitted).map(|(x, (mean, scale))| (x - mean) * scale).collect();
        let sum = self.landmarks.rows().zip(&self.weight).map(|(landmark, weight)| weight * kernel(&row, landmark));
        self.bias + sum.sum::<f64>()
    }
}

fn kernel(a: &[f64], b: &[f64]) -> f64 {
    let features = a.len().max(1) as f64;
    let (mut product, mut distance) = (0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += a * b;
        distance += (a - b) * (a - b);
    }
    SMOOTH * (-distance / (8.0 * features)).exp() + product / features
}

/// The lower triangle L of the landmarks' kernel, L·Lᵀ, row-major.
fn cholesky(landmarks: &Table) -> Vec<Vec<f64>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(landmarks.len());
    for row in 0..landmarks.len() {
        let mut line: Vec<f64> = (0..=row).map(|at| kernel(landmarks.row(row), landmarks.row(at))).collect();
        line[row] += 1e-6 * SMOOTH;
        for at in 0..row {
            let sum: f64 = line[..at].iter().zip(&factor[at]).map(|(a, b)| a * b).sum();
            line[at] = (line[at] - sum) / factor[at][at];
        }
        let rest = line[row] - line[..row].iter().map(|x| x * x).sum::<f64>();
        line[row] = rest.max(1e-9).sqrt();
        factor.push(line);
    }
    factor
}

/// Solves L·x = y in place.
fn forward(factor: &[Vec<f64>], values: &mut [f64]) {
    for (row, line) in factor.iter().enumerate() {
        let sum: f64 = line[..row].iter().zip(&*values).map(|(a, b)| a * b).sum();
        values[row] = (values[row] - sum) / line[row];
    }
}

/// Solves Lᵀ·x = y in place.
fn backward(factor: &[Vec<f64>], values: &mut [f64]) {
    for row in (0..factor.len()).rev() {
        values[row] /= factor[row][row];
        let value = values[row];
        values[..row].iter_mut().zip(&factor[row]).for_each(|(x, a)| *x -= a * value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_is_no_line() {
        let (mut table, mut labels) = (Table::new(2), Vec::new());
        for gene in 0..500u32 {
            let (a, b) = (f64::from(gene * 7 % 41) / 20.0 - 1.0, f64::from(gene * 11 % 37) / 18.0 - 1.0);
            table.push(&[a, b]);
            labels.push(a * b);
        }
        let classes: Vec<f64> = labels.iter().map(|&label| f64::from(label > 0.0)).collect();
        let fit = Kernel::fit(&table, &classes, Task::Classification, 1).unwrap();
        assert_eq!(fit.landmarks.len(), LANDMARKS);
        let hits = table.rows().zip(&classes).filter(|(row, class)| (fit.output(row) > 0.0) == (**class == 1.0));
        assert!(hits.count() > 460);
        let fit = Kernel::fit(&table, &labels, Task::Regression, 1).unwrap();
        let rest: f64 = table.rows().zip(&labels).map(|(row, label)| (fit.output(row) - label).powi(2)).sum();
        assert!(rest < 0.1 * labels.iter().map(|label| label * label).sum::<f64>());
    }

    #[test]
    fn the_triangles_are_solved() {
        let mut landmarks = Table::new(1);
        (0..6).for_each(|at| landmarks.push(&[f64::from(at)]));
        let factor = cholesky(&landmarks);
        let x = [1.0, -2.0, 3.0, 0.5, 0.0, 2.0];
        let dot = |row: usize, transposed: bool| -> f64 {
            (0..6)
                .map(|at| {
                    let (row, column) = if transposed { (at, row) } else { (row, at) };
                    factor[row].get(column).unwrap_or(&0.0) * x[at]
                })
                .sum()
        };
        for transposed in [false, true] {
            let mut y: Vec<f64> = (0..6).map(|row| dot(row, transposed)).collect();
            if transposed {
                backward(&factor, &mut y)
            } else {
                forward(&factor, &mut y)
            }
            assert!(y.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-6), "{y:?}");
        }
    }
}
