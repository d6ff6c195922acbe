//! Linear support vector machines by dual coordinate descent (Hsieh, Chang, Lin, Keerthi & Sundararajan,
//! ICML 2008; of regression Ho & Lin, JMLR 2012), as liblinear: squared hinge loss, squared
//! ε-insensitive loss; the bias is a weight like the others, of a feature that is always 1.

use super::{FitError, Linear, Scaling, Table};
use crate::learn::random::gene_order;

/// Passes after which a fit that has not converged is taken as it is.
const MOST_PASSES: u32 = 1000;
/// Largest violation of the optimality conditions that counts as converged, beside the first pass's.
const TOLERANCE: f64 = 1e-3;

/// Classes: ‖w‖²/2 + `c` Σ max(0, 1 − y·w·x)², on standardised features; labels 0 and 1.
///
/// # Errors
/// If all labels are equal.
pub fn classify(table: &Table, labels: &[f64], c: f64, seed: u64) -> Result<Linear, FitError> {
    if labels.iter().all(|label| *label == labels[0]) {
        return Err(FitError::OneLabel);
    }
    let signs: Vec<f64> = labels.iter().map(|&label| if label > 0.5 { 1.0 } else { -1.0 }).collect();
    // of α ≥ 0, one a gene: w = Σ α·y·x
    Ok(descend(table, seed, |gene, product, length, alpha| {
        let gradient = signs[gene] * product - 1.0 + alpha / (2.0 * c);
        let new = (alpha - gradient / (length + 1.0 / (2.0 * c))).max(0.0);
        let violation = if alpha == 0.0 { gradient.min(0.0) } else { gradient };
        (new, (new - alpha) * signs[gene], violation.abs())
    }))
}

/// Numbers: ‖w‖²/2 + `c` Σ max(0, |y − w·x| − `epsilon`)², on standardised features.
pub fn regress(table: &Table, labels: &[f64], c: f64, epsilon: f64, seed: u64) -> Linear {
    // of β of any sign, one a gene: w = Σ β·x
    descend(table, seed, |gene, product, length, beta| {
        let (gradient, curvature) = (product - labels[gene] + beta / (2.0 * c), length + 1.0 / (2.0 * c));
        let (up, down) = (gradient + epsilon, gradient - epsilon);
        let new = if up < curvature * beta {
            beta - up / curvature
        } else if down > curvature * beta {
            beta - down / curvature
        } else {
            0.0
        };
        let violation = match beta {
            beta if beta > 0.0 => up.abs(),
            beta if beta < 0.0 => down.abs(),
            _ => (-up).max(down).max(0.0),
        };
        (new, new - beta, violation)
    })
}

/// Goes over the genes in a new order each pass and lets `step` change one dual variable at a time: of
/// the gene, w·x, ‖x‖² and the variable it makes the new variable, by how much of x the weights change,
/// and how far the variable was from its optimum.
fn descend(table: &Table, seed: u64, step: impl Fn(usize, f64, f64, f64) -> (f64, f64, f64)) -> Linear {
    let scaling = Scaling::of(table);
    let scaled = scaling.apply(table);
    let mut line = Linear { weight: vec![0.0; table.n_features()], bias: 0.0 };
    let lengths: Vec<f64> = scaled.rows().map(|row| 1.0 + row.iter().map(|x| x * x).sum::<f64>()).collect();
    let mut dual = vec![0.0; scaled.len()];
    let mut first = None;
    for pass in 0..MOST_PASSES {
        let mut largest = 0f64;
        for gene in gene_order(seed, pass, scaled.len()) {
            let row = scaled.row(gene);
            let (new, change, violation) = step(gene, line.predict(row), lengths[gene], dual[gene]);
            largest = largest.max(violation);
            dual[gene] = new;
            if change != 0.0 {
                line.weight.iter_mut().zip(row).for_each(|(weight, x)| *weight += change * x);
                line.bias += change;
            }
        }
        if largest <= TOLERANCE * *first.get_or_insert(largest) {
            break;
        }
    }
    line.unscaled(&scaling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_separates_and_it_fits_a_line() {
        let mut table = Table::new(2);
        let labels: Vec<f64> = (0..60)
            .map(|gene| {
                let (a, b) = (f64::from(gene * 13 % 60) * 0.1, f64::from(gene * 7 % 11));
                table.push(&[a, b]);
                2.0 * a - b + 0.5
            })
            .collect();
        let classes: Vec<f64> = labels.iter().map(|&y| f64::from(y > 0.0)).collect();
        let line = classify(&table, &classes, 100.0, 1).unwrap();
        assert!(table.rows().zip(&classes).all(|(row, &class)| (line.predict(row) > 0.0) == (class == 1.0)));
        let line = regress(&table, &labels, 1000.0, 0.0, 1);
        assert!((line.weight[0] - 2.0).abs() < 1e-2 && (line.weight[1] + 1.0).abs() < 1e-2, "{line:?}");
        // what lies within ε of a constant is a constant
        assert_eq!(regress(&table, &[3.0; 60], 1.0, 5.0, 1).weight, [0.0, 0.0]);
        assert_eq!(classify(&table, &[0.0; 60], 1.0, 1), Err(FitError::OneLabel));
    }
}
