//! Sixteen genes side by side: the arithmetic that the recurrent kernels are made of.
//!
//! [`Lanes`] is what lies in memory; [`Simd`] is what the kernels compute with, one type for each
//! instruction set. Every operation is one that IEEE 754 fixes to the last bit, so AVX-512, AVX2 and
//! NEON give the same bits. A processor without fused multiply-add rounds products before it adds
//! them, and gives bits of its own that differ by rounding.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::f32::consts::{LN_2, LOG2_E};
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

    /// The sum over the lanes of each, in the order of [`Lanes::sum`].
    #[inline(always)]
    fn sums(vectors: [Self; 4]) -> [f32; 4] {
        vectors.map(|vector| {
            let mut lanes = Lanes::ZERO;
            vector.store(&mut lanes);
            lanes.sum()
        })
    }

    /// 2 to the power of each lane, to 2 units in the last place; exponents beyond ±`limit` (at most
    /// 126) are taken as the nearer end. Polynomial of Cephes' `exp2f`.
    ///
    /// Several at a time: each step waits for the one before, and the others fill the time.
    #[inline(always)]
    fn exp2<const N: usize>(mut x: [Self; N], limit: f32) -> [Self; N] {
        // adding 1.5 × 2²³ rounds to a whole number and leaves it in the low bits
        let round = Self::splat(12_582_912.0);
        x = x.map(|x| x.max(Self::splat(-limit)).min(Self::splat(limit)));
        let rounded = x.map(|x| x + round);
        for (x, rounded) in x.iter_mut().zip(rounded) {
            *x = *x - (rounded - round);
        }
        let mut p = [Self::splat(1.535_336_2e-4); N];
        for coefficient in [1.339_887_4e-3, 9.618_437e-3, 5.550_332_5e-2, 0.240_226_48, LN_2, 1.0] {
            for (p, x) in p.iter_mut().zip(x) {
                *p = p.mul_add(x, Self::splat(coefficient));
            }
        }
        for (p, rounded) in p.iter_mut().zip(rounded) {
            *p = p.times_power(rounded);
        }
        p
    }

    /// e to the power of each lane, which should not be above 0: absolutely to 1e-7, relatively to
    /// 1e-7 × the exponent. Below −87 it stays at e⁻⁸⁷.
    #[inline(always)]
    fn exp(self) -> Self {
        let [power] = Self::exp2([self * Self::splat(LOG2_E)], 126.0);
        power
    }

    /// Hyperbolic tangents, as (1 − e⁻²ˣ) / (1 + e⁻²ˣ), to 2e-7.
    #[inline(always)]
    fn tanh<const N: usize>(x: [Self; N]) -> [Self; N] {
        let one = Self::splat(1.0);
        let e = Self::exp2(x.map(|x| x * Self::splat(-2.0 * LOG2_E)), FLAT);
        e.map(|e| (one - e) / (one + e))
    }

    /// The four gates of an LSTM from their sums, of several units: sigmoid of `i`, `f` and `o`, tanh of
    /// `g`, in this order. One division serves the four of a unit, because divisions cost most.
    #[inline(always)]
    fn gates<const N: usize>([i, f, g, o]: [[Self; N]; 4]) -> [[Self; N]; 4] {
        let (one, scale) = (Self::splat(1.0), Self::splat(-LOG2_E));
        let mut i = Self::exp2(i.map(|x| x * scale), FLAT);
        let mut f = Self::exp2(f.map(|x| x * scale), FLAT);
        let mut g = Self::exp2(g.map(|x| x * Self::splat(-2.0 * LOG2_E)), FLAT);
        let mut o = Self::exp2(o.map(|x| x * scale), FLAT);
        for unit in 0..N {
            let less = one - g[unit];
            let [di, df, dg, d_o] = [one + i[unit], one + f[unit], one + g[unit], one + o[unit]];
            // at most (1 + 2³⁰)⁴, which is finite
            let (i_f, g_o) = (di * df, dg * d_o);
            let inverse = one / (i_f * g_o);
            let (inverse_i_f, inverse_g_o) = (inverse * g_o, inverse * i_f);
            (i[unit], f[unit]) = (inverse_i_f * df, inverse_i_f * di);
            (g[unit], o[unit]) = (less * (inverse_g_o * d_o), inverse_g_o * dg);
        }
        [i, f, g, o]
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
        let (_, exp2) = errors(|x| Simd16::exp2([x], 126.0)[0], f64::exp2);
        let exact_sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (_, sigmoid) = errors(|x| Simd16::splat(super::sigmoid(first(x))), exact_sigmoid);
        let (tanh, _) = errors(|x| Simd16::tanh([x])[0], f64::tanh);
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
        let gates = |sums: [Simd16; 4]| Simd16::gates(sums.map(|sum| [sum])).map(|[gate]| gate);
        let other = Simd16::splat(-3.0) - x;
        let far = Simd16::splat(50.0);
        [
            gates([x, other, far, other])[0],
            gates([far, x, other, other])[1],
            gates([other, far, x, far])[2],
            gates([other, other, far, x])[3],
        ]
    }

    #[test]
    fn extremes_stay_finite() {
        for x in [f32::MAX, 1e4, -1e4, f32::MIN] {
            let lanes = Simd16::splat(x);
            assert!(first(Simd16::exp2([lanes], 126.0)[0]).is_finite());
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!(first(Simd16::tanh([lanes])[0]).abs() <= 1.0);
            for [gate] in Simd16::gates([[lanes]; 4]) {
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
