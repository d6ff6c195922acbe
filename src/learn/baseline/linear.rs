//! Linear models: a weight a feature.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::{FitError, Scaling, Table};

/// What a linear model has learnt; the standardisation of its features is folded into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// One a feature.
    pub weight: Vec<f64>,
    /// Added to the sum.
    pub bias: f64,
}

impl Linear {
    /// Logistic regression with the penalty ‖w‖² / (2 `c`) on the weights of the scaled features, as
    /// scikit-learn counts its `C`; the bias is free.
    ///
    /// # Errors
    /// If all labels are equal, or the library finds no fit.
    pub fn logistic(table: &Table, scaling: &Scaling, labels: &[f64], c: f64) -> Result<Self, FitError> {
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(FitError::OneLabel);
        }
        let failed = |error: smartcore::error::Failed| FitError::Library {
            method: "logistic regression",
            message: error.to_string(),
        };
        let x = scaling.apply(table).to_dense("logistic regression")?;
        let y: Vec<i32> = labels.iter().map(|&label| i32::from(label > 0.5)).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(1.0 / c);
        let fit = LogisticRegression::fit(&x, &y, parameters).map_err(failed)?;
        let weight = fit.coefficients().iterator(0).copied().collect();
        let bias = fit.intercept().iterator(0).next().copied().unwrap_or(0.0);
        Ok(Linear { weight, bias }.unscaled(scaling))
    }

    /// Ridge regression: squared error plus ‖w‖² / `c`, on scaled features, which must have mean 0.
    ///
    /// # Errors
    /// If the library finds no fit.
    pub fn ridge(table: &Table, scaling: &Scaling, labels: &[f64], c: f64) -> Result<Self, FitError> {
        let failed = |error: smartcore::error::Failed| FitError::Library {
            method: "ridge regression",
            message: error.to_string(),
        };
        let mut x = scaling.apply(table);
        let mean = labels.iter().sum::<f64>() / labels.len().max(1) as f64;
        let mut y: Vec<f64> = labels.iter().map(|label| label - mean).collect();
        // the library asks for more genes than features; a gene of zeros, the mean gene, changes nothing
        while y.len() <= x.n_features() {
            x.push(&vec![0.0; x.n_features()]);
            y.push(0.0);
        }
        let x = x.to_dense("ridge regression")?;
        let parameters = RidgeRegressionParameters::default().with_alpha(1.0 / c).with_normalize(false);
        let fit = RidgeRegression::fit(&x, &y, parameters).map_err(failed)?;
        let weight = fit.coefficients().iterator(0).copied().collect();
        Ok(Linear { weight, bias: mean + *fit.intercept() }.unscaled(scaling))
    }

    /// The same of features that are not standardised.
    pub(in crate::learn) fn unscaled(mut self, scaling: &Scaling) -> Self {
        for (weight, (mean, scale)) in self.weight.iter_mut().zip(scaling.mean.iter().zip(&scaling.scale)) {
            *weight *= scale;
            self.bias -= *weight * mean;
        }
        self
    }

    /// The sum for one gene.
    pub fn predict(&self, features: &[f64]) -> f64 {
        self.bias + self.weight.iter().zip(features).map(|(weight, x)| weight * x).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found() {
        let mut table = Table::new(3);
        let labels: Vec<f64> = (0..40)
            .map(|gene| {
                let (a, b) = (f64::from(gene) * 0.1, f64::from(gene * 7 % 11));
                table.push(&[a, b, 5.0]);
                3.0 * a - 2.0 * b + 1.0
            })
            .collect();
        let scaling = Scaling::of(&table);
        let line = Linear::ridge(&table, &scaling, &labels, 1e9).unwrap();
        assert!((line.weight[0] - 3.0).abs() < 1e-5 && (line.weight[1] + 2.0).abs() < 1e-5, "{line:?}");
        assert!((line.predict(table.row(7)) - labels[7]).abs() < 1e-4 && line.weight[2] == 0.0);
        let classes: Vec<f64> = labels.iter().map(|&y| f64::from(y > -5.0)).collect();
        let line = Linear::logistic(&table, &scaling, &classes, 100.0).unwrap();
        assert!(table.rows().zip(&classes).all(|(row, &class)| (line.predict(row) > 0.0) == (class == 1.0)));
        assert_eq!(Linear::logistic(&table, &scaling, &[1.0; 40], 1.0), Err(FitError::OneLabel));
    }
}
