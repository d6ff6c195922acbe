//! Adam with a state that can be written and read back, and clipping by the global norm.

/// Adam (Kingma & Ba 2015), β₁ 0.9, β₂ 0.999, ε 1e-8, with the arithmetic of PyTorch's
/// `torch.optim.Adam`. Weight decay, if any, is an L2 term added to the gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Steps made.
    pub step: u64,
    /// First moments, one a weight.
    pub first_moments: Vec<f32>,
    /// Second moments, one a weight.
    pub second_moments: Vec<f32>,
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Before the first step.
    pub fn new(n_weights: usize) -> Self {
        Adam { step: 0, first_moments: vec![0.0; n_weights], second_moments: vec![0.0; n_weights] }
    }

    /// Moves `weights` against `gradient`.
    pub fn update(&mut self, weights: &mut [f32], gradient: &[f32], learning_rate: f64, weight_decay: f64) {
        self.step += 1;
        // β raised by repeated multiplication: `powi` may differ from platform to platform
        let power = |beta: f64| -> f64 { whole_power(beta, self.step) };
        let step_size = (learning_rate / (1.0 - power(BETA_1))) as f32;
        let root_correction = ((1.0 - power(BETA_2)).sqrt()) as f32;
        let (keep_1, add_1) = (BETA_1 as f32, (1.0 - BETA_1) as f32);
        let (keep_2, add_2) = (BETA_2 as f32, (1.0 - BETA_2) as f32);
        let (decay, epsilon) = (weight_decay as f32, EPSILON as f32);
        let moments = self.first_moments.iter_mut().zip(&mut self.second_moments);
        for ((weight, &gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient + decay * *weight;
            *first = keep_1 * *first + add_1 * gradient;
            *second = keep_2 * *second + add_2 * (gradient * gradient);
            *weight -= step_size * *first / (second.sqrt() / root_correction + epsilon);
        }
    }
}

/// `base` to a whole power by squaring: the same bits everywhere.
fn whole_power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// Scales a gradient so that its Euclidean norm over all weights is at most `largest`; returns the
/// norm before. As `torch.nn.utils.clip_grad_norm_`.
pub fn clip_norm(gradient: &mut [f32], largest: f64) -> f64 {
    let norm = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
    if norm > largest {
        let factor = (largest / (norm + 1e-6)) as f32;
        gradient.iter_mut().for_each(|g| *g *= factor);
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_pytorch() {
        // w = torch.tensor([1., -2., .5]); Adam(lr=.1, weight_decay=.01); gradients [.5, -1, 0], [.1, 2, 0]
        let (mut adam, mut weights) = (Adam::new(3), vec![1f32, -2.0, 0.5]);
        adam.update(&mut weights, &[0.5, -1.0, 0.0], 0.1, 0.01);
        adam.update(&mut weights, &[0.1, 2.0, 0.0], 0.1, 0.01);
        for (found, expected) in weights.iter().zip(PYTORCH) {
            assert!((found - expected).abs() < 1e-6, "{weights:?}");
        }
    }
    const PYTORCH: [f32; 3] = [0.8189152, -1.9355044, 0.3011878];

    #[test]
    fn a_long_gradient_is_cut_to_the_norm_and_a_short_one_left_alone() {
        let mut gradient = vec![3f32, 4.0];
        assert_eq!(clip_norm(&mut gradient, 1.0), 5.0);
        assert!((gradient[0] - 0.6).abs() < 1e-5 && (gradient[1] - 0.8).abs() < 1e-5);
        let mut short = vec![0.3f32, 0.4];
        clip_norm(&mut short, 1.0);
        assert_eq!(short, [0.3, 0.4]);
    }
}
