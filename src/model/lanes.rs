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
                    self.0[lane] $symbol other.0[lane];
                }
                self
            }
        }
    };
}
lane_wise!(Add, add, +=);
lane_wise!(Sub, sub, -=);
lane_wise!(Mul, mul, *=);
lane_wise!(Div, div, /=);

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

    /// The larger of the two; a lane of `self` that is not a number stays so.
    #[inline(always)]
    pub fn max(mut self, other: Lanes) -> Lanes {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] < other.0[lane] { other.0[lane] } else { self.0[lane] };
        }
        self
    }

    /// The smaller of the two; a lane of `self` that is not a number stays so.
    #[inline(always)]
    fn min(mut self, other: Lanes) -> Lanes {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] > other.0[lane] { other.0[lane] } else { self.0[lane] };
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

    /// e to the power of each lane, to 2 units in the last place; arguments beyond ±`limit` (at most
    /// 87) are taken as the nearer end. Range reduction and polynomial of Cephes' `expf`.
    #[inline(always)]
    pub fn exp(self, limit: f32) -> Lanes {
        // adding 1.5 × 2²³ rounds to a whole number and leaves it in the low bits
        const ROUND: f32 = 12_582_912.0;
        let x = self.max(Lanes::splat(-limit)).min(Lanes::splat(limit));
        let rounded = x * Lanes::splat(std::f32::consts::LOG2_E) + Lanes::splat(ROUND);
        let n = rounded - Lanes::splat(ROUND);
        let r = x - n * Lanes::splat(0.693_359_4);
        let r = r + n * Lanes::splat(2.121_944_4e-4);
        let p = Lanes::splat(1.987_569_1e-4) * r + Lanes::splat(1.398_2e-3);
        let p = p * r + Lanes::splat(8.333_452e-3);
        let p = p * r + Lanes::splat(4.166_579_6e-2);
        let p = p * r + Lanes::splat(0.166_666_65);
        let p = p * r + Lanes::splat(0.5);
        let mut result = p * (r * r) + r + Lanes::ONE;
        for lane in 0..LANES {
            let power = (rounded.0[lane].to_bits() << 23).wrapping_add(0x3f80_0000);
            result.0[lane] *= f32::from_bits(power);
        }
        result
    }

    /// Hyperbolic tangent, as (1 − e⁻²ˣ) / (1 + e⁻²ˣ), to 1e-7.
    #[inline(always)]
    pub fn tanh(self) -> Lanes {
        let e = (self * Lanes::splat(-2.0)).exp(FLAT);
        (Lanes::ONE - e) / (Lanes::ONE + e)
    }

    /// The four gates of an LSTM from their sums: sigmoid of `i`, `f` and `o`, tanh of `g`, in this
    /// order. One division serves all four, because divisions cost most.
    #[inline(always)]
    pub fn gates(i: Lanes, f: Lanes, g: Lanes, o: Lanes) -> [Lanes; 4] {
        // written out: the compiler keeps the results of a closure over an array in memory
        let ei = (Lanes::ZERO - i).exp(FLAT);
        let ef = (Lanes::ZERO - f).exp(FLAT);
        let eg = (g * Lanes::splat(-2.0)).exp(FLAT);
        let eo = (Lanes::ZERO - o).exp(FLAT);
        let (i, f, g, o) = (Lanes::ONE + ei, Lanes::ONE + ef, Lanes::ONE + eg, Lanes::ONE + eo);
        // at most (1 + e²⁰)⁴, which is finite
        let (i_f, g_o) = (i * f, g * o);
        let inverse = Lanes::ONE / (i_f * g_o);
        let (inverse_i_f, inverse_g_o) = (inverse * g_o, inverse * i_f);
        [inverse_i_f * f, inverse_i_f * i, (Lanes::ONE - eg) * (inverse_g_o * o), inverse_g_o * g]
    }
}

/// Beyond it sigmoid and tanh are flat to single precision.
const FLAT: f32 = 20.0;

/// 1 / (1 + e⁻ˣ), with the arithmetic of the kernels: the same bits on every machine.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + Lanes::splat(-x).exp(87.0).0[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error of `f` against `exact` over [−20, 20], absolute and relative.
    fn errors(f: impl Fn(Lanes) -> Lanes, exact: fn(f64) -> f64) -> (f64, f64) {
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
    fn functions_are_right_to_single_precision() {
        let (_, exp) = errors(|x| x.exp(87.0), f64::exp);
        let exact_sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (_, sigmoid) = errors(|x| Lanes::splat(super::sigmoid(x.0[0])), exact_sigmoid);
        let (tanh, _) = errors(Lanes::tanh, f64::tanh);
        assert!(exp < 2.5e-7, "exp {exp:e}");
        assert!(sigmoid < 3e-7, "sigmoid {sigmoid:e}");
        assert!(tanh < 1.5e-7, "tanh {tanh:e}");
        // the gates together, at sums that differ from gate to gate
        let gate = |at: usize| errors(|x| gates_at(x)[at], if at == 2 { f64::tanh } else { exact_sigmoid }).0;
        for at in 0..4 {
            assert!(gate(at) < 3e-7, "gate {at}: {:e}", gate(at));
        }
    }

    /// All four gates, each with the sum `x` once: the others get other sums, which must not matter.
    fn gates_at(x: Lanes) -> [Lanes; 4] {
        let other = Lanes::splat(-3.0) - x;
        let far = Lanes::splat(50.0);
        [
            Lanes::gates(x, other, far, other)[0],
            Lanes::gates(far, x, other, other)[1],
            Lanes::gates(other, far, x, far)[2],
            Lanes::gates(other, other, far, x)[3],
        ]
    }

    #[test]
    fn extremes_stay_finite() {
        for x in [f32::MAX, 1e4, -1e4, f32::MIN] {
            assert!(Lanes::splat(x).exp(87.0).0[0].is_finite());
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!(Lanes::splat(x).tanh().0[0].abs() <= 1.0);
            let lanes = Lanes::splat(x);
            for gate in Lanes::gates(lanes, lanes, lanes, lanes) {
                assert!(gate.0[0].abs() <= 1.0, "{x}: {gate:?}");
            }
        }
    }

    #[test]
    fn the_sum_over_lanes_is_pairwise() {
        let lanes = Lanes(std::array::from_fn(|lane| lane as f32));
        assert_eq!(lanes.sum(), 120.0);
    }
}
