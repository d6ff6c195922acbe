//! Sixteen genes side by side: the arithmetic that the recurrent kernels are made of.
//!
//! [`Lanes`] is what lies in memory; [`Simd`] is what the kernels compute with, one type for each
//! instruction set. Every operation is one that IEEE 754 fixes to the last bit, so AVX-512, AVX2 and
//! NEON give the same bits. A processor without fused multiply-add rounds products before it adds
//! them, and gives bits of its own that differ by rounding.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::f32::consts::LOG2_E;
use std::ops::{Add, Div, Mul, Sub};

pub(super) use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

/// Genes in a block.
pub(super) const LANES: usize = 16;

/// One number for each gene of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub [f32; LANES]);

impl Lanes {
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
    pub const ONE: Lanes = Lanes([1.0; LANES]);

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
}

/// [`Lanes`] in the registers of one instruction set.
pub(super) trait Simd:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn load(lanes: &Lanes) -> Self;
    fn store(self, lanes: &mut Lanes);

    /// The same number in every lane.
    fn splat(value: f32) -> Self;

    /// `self × factor + term`, rounded once where the processor can.
    fn mul_add(self, factor: Self, term: Self) -> Self;

    /// The larger of the two; a lane of `self` that is not a number stays so.
    fn max(self, other: Self) -> Self;

    /// The smaller of the two; a lane of `self` that is not a number stays so.
    fn min(self, other: Self) -> Self;

    /// `self × 2ⁿ` for `self` in [0.5, 2), where n, in [−126, 126], is in the low bits of `rounded`.
    fn times_power(self, rounded: Self) -> Self;

    /// 2 to the power of each lane, to 2 units in the last place; exponents beyond ±`limit` (at most
    /// 126) are taken as the nearer end. Polynomial of Cephes' `exp2f`.
    #[inline(always)]
    fn exp2(self, limit: f32) -> Self {
        // adding 1.5 × 2²³ rounds to a whole number and leaves it in the low bits
        let round = Self::splat(12_582_912.0);
        let x = self.max(Self::splat(-limit)).min(Self::splat(limit));
        let rounded = x + round;
        let r = x - (rounded - round);
        let p = r.mul_add(Self::splat(1.535_336_2e-4), Self::splat(1.339_887_4e-3));
        let p = p.mul_add(r, Self::splat(9.618_437e-3));
        let p = p.mul_add(r, Self::splat(5.550_332_5e-2));
        let p = p.mul_add(r, Self::splat(0.240_226_48));
        let p = p.mul_add(r, Self::splat(std::f32::consts::LN_2));
        p.mul_add(r, Self::splat(1.0)).times_power(rounded)
    }

    /// e to the power of each lane, which should not be above 0: absolutely to 1e-7, relatively to
    /// 1e-7 × the exponent. Below −87 it stays at e⁻⁸⁷.
    #[inline(always)]
    fn exp(self) -> Self {
        (self * Self::splat(LOG2_E)).exp2(126.0)
    }

    /// Hyperbolic tangent, as (1 − e⁻²ˣ) / (1 + e⁻²ˣ), to 2e-7.
    #[inline(always)]
    fn tanh(self) -> Self {
        let one = Self::splat(1.0);
        let e = (self * Self::splat(-2.0 * LOG2_E)).exp2(FLAT);
        (one - e) / (one + e)
    }

    /// The four gates of an LSTM from their sums: sigmoid of `i`, `f` and `o`, tanh of `g`, in this
    /// order. One division serves all four, because divisions cost most.
    #[inline(always)]
    fn gates(i: Self, f: Self, g: Self, o: Self) -> [Self; 4] {
        let (one, scale) = (Self::splat(1.0), Self::splat(-LOG2_E));
        let ei = (i * scale).exp2(FLAT);
        let ef = (f * scale).exp2(FLAT);
        let eg = (g * Self::splat(-2.0 * LOG2_E)).exp2(FLAT);
        let eo = (o * scale).exp2(FLAT);
        let (i, f, g, o) = (one + ei, one + ef, one + eg, one + eo);
        // at most (1 + 2³⁰)⁴, which is finite
        let (i_f, g_o) = (i * f, g * o);
        let inverse = one / (i_f * g_o);
        let (inverse_i_f, inverse_g_o) = (inverse * g_o, inverse * i_f);
        [inverse_i_f * f, inverse_i_f * i, (one - eg) * (inverse_g_o * o), inverse_g_o * g]
    }
}

/// Powers of two beyond which sigmoid and tanh are flat to single precision.
const FLAT: f32 = 30.0;

/// 1 / (1 + e⁻ˣ), the same bits on every machine.
pub fn sigmoid(x: f32) -> f32 {
    let mut e = Lanes::ZERO;
    Portable::<false>::splat(-x.abs()).exp().store(&mut e);
    if x < 0.0 { e.0[0] / (1.0 + e.0[0]) } else { 1.0 / (1.0 + e.0[0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Simd16 = Portable<false>;

    fn first(x: Simd16) -> f32 {
        let mut lanes = Lanes::ZERO;
        x.store(&mut lanes);
        lanes.0[3]
    }

    /// Largest error of `f` against `exact` over [−20, 20], absolute and relative.
    fn errors(f: impl Fn(Simd16) -> Simd16, exact: fn(f64) -> f64) -> (f64, f64) {
        let (mut absolute, mut relative) = (0f64, 0f64);
        for step in -200_000..=200_000 {
            let x = step as f32 * 1e-4;
            let want = exact(f64::from(x));
            let error = (f64::from(first(f(Simd16::splat(x)))) - want).abs();
            absolute = absolute.max(error);
            if want != 0.0 {
                relative = relative.max(error / want.abs());
            }
        }
        (absolute, relative)
    }

    #[test]
    fn functions_are_right_to_single_precision() {
        let (_, exp2) = errors(|x| x.exp2(126.0), f64::exp2);
        let exact_sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (_, sigmoid) = errors(|x| Simd16::splat(super::sigmoid(first(x))), exact_sigmoid);
        let (tanh, _) = errors(Simd16::tanh, f64::tanh);
        assert!(exp2 < 2.5e-7, "exp2 {exp2:e}");
        assert!(sigmoid < 3e-6, "sigmoid {sigmoid:e}");
        assert!(tanh < 1.5e-7, "tanh {tanh:e}");
        // the gates together, at sums that differ from gate to gate
        let gate = |at: usize| errors(|x| gates_at(x)[at], if at == 2 { f64::tanh } else { exact_sigmoid }).0;
        for at in 0..4 {
            assert!(gate(at) < 3e-7, "gate {at}: {:e}", gate(at));
        }
    }

    /// All four gates, each with the sum `x` once: the others get other sums, which must not matter.
    fn gates_at(x: Simd16) -> [Simd16; 4] {
        let other = Simd16::splat(-3.0) - x;
        let far = Simd16::splat(50.0);
        [
            Simd16::gates(x, other, far, other)[0],
            Simd16::gates(far, x, other, other)[1],
            Simd16::gates(other, far, x, far)[2],
            Simd16::gates(other, other, far, x)[3],
        ]
    }

    #[test]
    fn extremes_stay_finite() {
        for x in [f32::MAX, 1e4, -1e4, f32::MIN] {
            let lanes = Simd16::splat(x);
            assert!(first(lanes.exp2(126.0)).is_finite());
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!(first(lanes.tanh()).abs() <= 1.0);
            for gate in Simd16::gates(lanes, lanes, lanes, lanes) {
                assert!(first(gate).abs() <= 1.0, "{x}");
            }
        }
    }

    #[test]
    fn the_sum_over_lanes_is_pairwise() {
        let lanes = Lanes(std::array::from_fn(|lane| lane as f32));
        assert_eq!(lanes.sum(), 120.0);
    }
}
