//! Logistic regression by Newton's method. The library's L-BFGS, which the baseline of that name uses, finds
//! the same weights; here, where some hundred fits are made of a few hundred features, this takes a tenth
//! of the time.

use crate::learn::baseline::{FitError, Linear, Scaling, Table};

/// Genes that are added to a row of the Hessian one after the other while it is at hand: the whole matrix does
/// not fit into the nearest cache.
const GROUP: usize = 16;
/// Most Newton steps.
const MOST_STEPS: usize = 50;

/// As [`Linear::logistic`]: the penalty ‖w‖² / (2 `c`) on the weights of the scaled features, the bias free.
///
/// # Errors
/// If all labels are equal.
pub fn logistic(table: &Table, scaling: &Scaling, labels: &[f64], c: f64) -> Result<Linear, FitError> {
    if labels.iter().all(|label| *label == labels[0]) {
        return Err(FitError::OneLabel);
    }
    let x = scaling.apply(table);
    if x.len() < x.n_features() {
        return Ok(of_few_genes(&x, labels, c).unscaled(scaling));
    }
    Ok(fit(&x, labels, c).unscaled(scaling))
}

/// With fewer genes than features the weights are a sum of genes: the fit is the same in as many dimensions as
/// there are genes, those of the triangle L with L·Lᵀ = X·Xᵀ.
fn of_few_genes(x: &Table, labels: &[f64], c: f64) -> Linear {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut factor: Vec<Vec<f64>> =
        (0..x.len()).map(|row| (0..=row).map(|at| product(x.row(row), x.row(at))).collect()).collect();
    factor.iter_mut().enumerate().for_each(|(at, row)| row[at] += 1e-6 * row[at].max(1e-6));
    decompose(&mut factor);
    let mut rotated = Table::new(x.len());
    for line in &factor {
        let mut row = line.clone();
        row.resize(x.len(), 0.0);
        rotated.push(&row);
    }
    let Linear { weight: mut sum, bias } = fit(&rotated, labels, c);
    back(&factor, &mut sum);
    let mut weight = vec![0.0; x.n_features()];
    for (row, share) in x.rows().zip(sum) {
        weight.iter_mut().zip(row).for_each(|(weight, value)| *weight += share * value);
    }
    Linear { weight, bias }
}

/// Newton's method, on features as they are.
fn fit(x: &Table, labels: &[f64], c: f64) -> Linear {
    let n = x.n_features();
    let loss = |line: &Linear| -> f64 {
        let of_gene = |(row, label): (&[f64], &f64)| {
            let z = line.predict(row);
            z.max(0.0) + (-z.abs()).exp().ln_1p() - label * z
        };
        let penalty = line.weight.iter().map(|weight| weight * weight).sum::<f64>() / (2.0 * c);
        x.rows().zip(labels).map(of_gene).sum::<f64>() + penalty
    };
    let mut line = Linear { weight: vec![0.0; n], bias: 0.0 };
    let mut before = loss(&line);
    for _ in 0..MOST_STEPS {
        // the lower triangle of the Hessian, the bias last, and the gradient
        let mut hessian: Vec<Vec<f64>> = (0..=n).map(|row| vec![0.0; row + 1]).collect();
        let mut gradient: Vec<f64> = line.weight.iter().map(|weight| weight / c).chain([0.0]).collect();
        hessian.iter_mut().enumerate().take(n).for_each(|(at, row)| row[at] = 1.0 / c);
        hessian[n][n] = 1e-9;
        let genes: Vec<(&[f64], f64)> = x.rows().zip(labels.iter().copied()).collect();
        for group in genes.chunks(GROUP) {
            let of_gene = |&(row, label): &(&'_ [f64], f64)| {
                let p = 1.0 / (1.0 + (-line.predict(row)).exp());
                (p - label, p * (1.0 - p))
            };
            let known: Vec<(f64, f64)> = group.iter().map(of_gene).collect();
            for (at, hessian) in hessian.iter_mut().enumerate() {
                for (&(row, _), &(rest, weight)) in group.iter().zip(&known) {
                    let value = row.get(at).copied().unwrap_or(1.0);
                    gradient[at] += rest * value;
                    let value = weight * value;
                    hessian.iter_mut().zip(row).for_each(|(sum, other)| *sum += value * other);
                    if at == n {
                        hessian[n] += value;
                    }
                }
            }
        }
        solve(&mut hessian, &mut gradient);
        let halved = (0..20).map(|half| 0.5f64.powi(half)).find_map(|share| {
            let weight = line.weight.iter().zip(&gradient).map(|(weight, step)| weight - share * step).collect();
            let new = Linear { weight, bias: line.bias - share * gradient[n] };
            let after = loss(&new);
            (after < before).then_some((new, after))
        });
        let Some((new, after)) = halved else { break };
        let gained = before - after;
        (line, before) = (new, after);
        if gained < 1e-9 * before.abs() {
            break;
        }
    }
    line
}

/// Solves a positive definite system, given by its lower triangle, in place (Cholesky).
fn solve(matrix: &mut [Vec<f64>], right: &mut [f64]) {
    decompose(matrix);
    for (row, line) in matrix.iter().enumerate() {
        let sum: f64 = line[..row].iter().zip(&*right).map(|(a, b)| a * b).sum();
        right[row] = (right[row] - sum) / line[row];
    }
    back(matrix, right);
}

/// Makes a lower triangle its Cholesky factor.
fn decompose(matrix: &mut [Vec<f64>]) {
    for row in 0..matrix.len() {
        let (done, rest) = matrix.split_at_mut(row);
        let line = &mut rest[0];
        for at in 0..row {
            let sum: f64 = line[..at].iter().zip(&done[at]).map(|(a, b)| a * b).sum();
            line[at] = (line[at] - sum) / done[at][at];
        }
        line[row] = (line[row] - line[..row].iter().map(|x| x * x).sum::<f64>()).max(1e-12).sqrt();
    }
}

/// Solves Lᵀ·x = y in place.
fn back(matrix: &[Vec<f64>], right: &mut [f64]) {
    for row in (0..matrix.len()).rev() {
        right[row] /= matrix[row][row];
        let value = right[row];
        right[..row].iter_mut().zip(&matrix[row]).for_each(|(x, a)| *x -= a * value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_the_library_finds() {
        let mut table = Table::new(4);
        let labels: Vec<f64> = (0..150u32)
            .map(|gene| {
                let value = |salt: u32| f64::from((gene * 2_654_435 + salt * 97_531) % 1009) / 500.0 - 1.0;
                table.push(&[value(1), value(2), 3.0, 5.0 * value(3)]);
                f64::from(value(1) + 0.5 * value(2) + value(4) > 0.2)
            })
            .collect();
        let scaling = Scaling::of(&table);
        for c in [1e-3, 0.1, 10.0] {
            let ours = logistic(&table, &scaling, &labels, c).unwrap();
            let library = Linear::logistic(&table, &scaling, &labels, c).unwrap();
            for row in table.rows() {
                assert!((ours.predict(row) - library.predict(row)).abs() < 1e-4, "{ours:?} {library:?}");
            }
        }
        // fewer genes than features
        let mut wide = Table::new(40);
        (0..25u32).for_each(|gene| {
            wide.push(&(0..40).map(|at| f64::from((gene * 7919 + at * 104_729) % 211) / 50.0).collect::<Vec<_>>());
        });
        let scaling_of_wide = Scaling::of(&wide);
        for c in [1e-3, 0.1] {
            let ours = logistic(&wide, &scaling_of_wide, &labels[..25], c).unwrap();
            let library = Linear::logistic(&wide, &scaling_of_wide, &labels[..25], c).unwrap();
            assert!(wide.rows().all(|row| (ours.predict(row) - library.predict(row)).abs() < 1e-3));
        }
        assert_eq!(logistic(&table, &scaling, &[0.0; 150], 1.0), Err(FitError::OneLabel));
    }
}
