//! Sixteen genes side by side: the arithmetic that the recurrent kernels are made of.
//!
//! Plain loops over `[f32; 16]`, which the compiler turns into the vector instructions of the
//! function that they are inlined into. Only additions, multiplications, divisions and comparisons,
//! never a fused multiply-add: IEEE 754 fixes the result of each, so SSE2, AVX2, AVX-512 and NEON
//! give the same bits.

use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// Genes in a block.
pub(super) const LANES: usize = 16;

/// One number for each gene of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub [f32; LANES]);

macro_rules! lane_wise {
    ($operator:ident, $method:ident, $symbol:tt) => {
        impl $operator for Lanes {
            type Output = Lanes;
            #[inline(always)]
            fn $method(mut self, other: Lanes) -> Lanes {
                for lane in 0..LANES {
                    self.0[lane] = self.0[lane] $symbol other.0[lane];
                }
                self
            }
        }
    };
}
lane_wise!(Add, add, +);
lane_wise!(Sub, sub, -);
lane_wise!(Mul, mul, *);
lane_wise!(Div, div, /);

impl AddAssign for Lanes {
    #[inline(always)]
    fn add_assign(&mut self, other: Lanes) {
        *self = *self + other;
    }
}

impl Lanes {
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
    pub const ONE: Lanes = Lanes([1.0; LANES]);

    /// The same number in every lane.
    #[inline(always)]
    pub fn splat(value: f32) -> Lanes {
        Lanes([value; LANES])
    }

    #[inline(always)]
    pub fn max(mut self, other: Lanes) -> Lanes {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] > other.0[lane] { self.0[lane] } else { other.0[lane] };
        }
        self
    }

    #[inline(always)]
    fn min(mut self, other: Lanes) -> Lanes {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] < other.0[lane] { self.0[lane] } else { other.0[lane] };
        }
        self
    }

    /// Sum over the lanes, pairwise, always in the same order.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let mut sums = self.0;
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                sums[lane] += sums[lane + width];
            }
            width /= 2;
        }
        sums[0]
    }

    /// e to the power of each lane, to 2 units in the last place; arguments beyond [−87, 88] are
    /// taken as the nearer end. Range reduction and polynomial of Cephes' `expf`.
    #[inline(always)]
    pub fn exp(self) -> Lanes {
        // adding 1.5 × 2²³ rounds to a whole number and leaves it in the low bits
        const ROUND: f32 = 12_582_912.0;
        let x = self.max(Lanes::splat(-87.0)).min(Lanes::splat(88.0));
        let rounded = x * Lanes::splat(std::f32::consts::LOG2_E) + Lanes::splat(ROUND);
        let n = rounded - Lanes::splat(ROUND);
        let r = x - n * Lanes::splat(0.693_359_4);
        let r = r + n * Lanes::splat(2.121_944_4e-4);
        let mut p = Lanes::splat(1.987_569_1e-4);
        for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
            p = p * r + Lanes::splat(coefficient);
        }
        let mut result = p * (r * r) + r + Lanes::ONE;
        for lane in 0..LANES {
            let power = (rounded.0[lane].to_bits() << 23).wrapping_add(0x3f80_0000);
            result.0[lane] *= f32::from_bits(power);
        }
        result
    }

    /// 1 / (1 + e⁻ˣ).
    #[inline(always)]
    pub fn sigmoid(self) -> Lanes {
        Lanes::ONE / (Lanes::ONE + (Lanes::ZERO - self).exp())
    }

    /// Numerator and denominator of tanh: the rational function of degree 13/6 that Eigen uses, to
    /// 4 units in the last place.
    #[inline(always)]
    pub fn tanh_ratio(self) -> (Lanes, Lanes) {
        let x = self.max(Lanes::splat(-7.905_311)).min(Lanes::splat(7.905_311));
        let square = x * x;
        let mut p = Lanes::splat(-2.760_768_5e-16);
        for coefficient in
            [2.000_188e-13, -8.604_672e-11, 5.122_297_1e-8, 1.485_722_4e-5, 6.372_619_3e-4, 4.893_524_6e-3]
        {
            p = p * square + Lanes::splat(coefficient);
        }
        let mut q = Lanes::splat(1.198_258_4e-6);
        for coefficient in [1.185_347_1e-4, 2.268_434_6e-3, 4.893_525_2e-3] {
            q = q * square + Lanes::splat(coefficient);
        }
        (p * x, q)
    }

    /// Hyperbolic tangent.
    #[inline(always)]
    pub fn tanh(self) -> Lanes {
        let (numerator, denominator) = self.tanh_ratio();
        numerator / denominator
    }
}

/// 1 / (1 + e⁻ˣ), with the arithmetic of the kernels: the same bits on every machine.
pub fn sigmoid(x: f32) -> f32 {
    Lanes::splat(x).sigmoid().0[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error of `f` against `exact` over [−20, 20], absolute and relative.
    fn errors(f: fn(Lanes) -> Lanes, exact: fn(f64) -> f64) -> (f64, f64) {
        let (mut absolute, mut relative) = (0f64, 0f64);
        for step in -200_000..=200_000 {
            let x = step as f32 * 1e-4;
            let want = exact(f64::from(x));
            let error = (f64::from(f(Lanes::splat(x)).0[3]) - want).abs();
            absolute = absolute.max(error);
            if want != 0.0 {
                relative = relative.max(error / want.abs());
            }
        }
        (absolute, relative)
    }

    #[test]
    fn functions_are_right_to_a_few_units_in_the_last_place() {
        let (_, exp) = errors(Lanes::exp, f64::exp);
        let (_, sigmoid) = errors(Lanes::sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
        let (tanh, tanh_relative) = errors(Lanes::tanh, f64::tanh);
        assert!(exp < 2.5e-7, "exp {exp:e}");
        assert!(sigmoid < 3e-7, "sigmoid {sigmoid:e}");
        assert!(tanh < 2.5e-7 && tanh_relative < 6e-7, "tanh {tanh:e} {tanh_relative:e}");
    }

    #[test]
    fn extremes_stay_finite() {
        for x in [f32::MAX, 1e4, -1e4, f32::MIN] {
            assert!(Lanes::splat(x).exp().0[0].is_finite());
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!(Lanes::splat(x).tanh().0[0].abs() <= 1.0);
        }
    }

    #[test]
    fn the_sum_over_lanes_is_pairwise() {
        let lanes = Lanes(std::array::from_fn(|lane| lane as f32));
        assert_eq!(lanes.sum(), 120.0);
    }
}
