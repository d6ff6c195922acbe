//! Methods by gradients.

use candle_core::Result;

use super::predictor::Explainable;
use crate::matrix::LayerName;

/// |gradient|, row-major [window, mark, bin]; of DNA that of the base that is there, 0 of the others (Lanchantin et al. 2017).
pub(super) fn saliency(network: &dyn Explainable, x: &[f32]) -> Result<Vec<f32>> {
    if network.shape().part(LayerName::Sequence).is_some() {
        return Ok(input_x_gradient(network, x)?.into_iter().map(f32::abs).collect());
    }
    Ok(network.gradients(x)?.into_iter().map(f32::abs).collect())
}

/// Input × gradient.
pub(super) fn input_x_gradient(network: &dyn Explainable, x: &[f32]) -> Result<Vec<f32>> {
    Ok(network.gradients(x)?.into_iter().zip(x).map(|(gradient, x)| gradient * x).collect())
}

/// Integrated gradients (Sundararajan, Taly & Yan, ICML 2017) from a window of zeros, by Gauss-Legendre
/// quadrature of so many points, as Captum's.
pub(super) fn integrated(network: &dyn Explainable, x: &[f32], steps: usize) -> Result<Vec<f32>> {
    let mut sums = vec![0f64; x.len()];
    for (place, weight) in quadrature(steps) {
        let between: Vec<f32> = x.iter().map(|&x| (f64::from(x) * place) as f32).collect();
        let gradients = network.gradients(&between)?;
        sums.iter_mut().zip(gradients).for_each(|(sum, gradient)| *sum += weight * f64::from(gradient));
    }
    Ok(sums.into_iter().zip(x).map(|(sum, &x)| (sum * f64::from(x)) as f32).collect())
}

/// Places and weights of Gauss-Legendre quadrature on \[0, 1\].
fn quadrature(points: usize) -> Vec<(f64, f64)> {
    let n = points as f64;
    let root = |at: usize| {
        // Newton's method from the usual approximation; the polynomial and its derivative by recurrence
        let mut x = (std::f64::consts::PI * (at as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..100 {
            let (mut last, mut value) = (1.0, x);
            for degree in 2..=points {
                let k = degree as f64;
                (last, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * last) / k);
            }
            slope = n * (x * value - last) / (x * x - 1.0);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    match points {
        0 | 1 => vec![(0.5, 1.0)],
        _ => (0..points).map(root).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadrature_is_exact_for_polynomials() {
        for points in [1, 2, 3, 7, 50] {
            let rule = quadrature(points);
            for power in 0..2 * points.min(10) {
                let sum: f64 = rule.iter().map(|(place, weight)| weight * place.powi(power as i32)).sum();
                assert!((sum - 1.0 / (power as f64 + 1.0)).abs() < 1e-13, "{points} points, power {power}: {sum}");
            }
        }
        // numpy.polynomial.legendre.leggauss(3), moved to [0, 1]
        let expected = [(0.112_701_665_379_258_31, 0.277_777_777_777_777_8), (0.5, 0.444_444_444_444_444_4)];
        for ((place, weight), (p, w)) in quadrature(3).into_iter().zip(expected) {
            assert!((place - p).abs() < 1e-14 && (weight - w).abs() < 1e-14);
        }
    }
}
