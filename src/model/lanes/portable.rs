//! Any processor: loops that the compiler may turn into whatever vectors the target guarantees.

use std::ops::{Add, Div, Mul, Sub};

use super::{LANES, Lanes, Simd};

/// Sixteen numbers; `FUSED` is whether products are added with one rounding, which only pays where the
/// target guarantees the instruction (ARM64).
#[derive(Clone, Copy)]
pub(in crate::model) struct Portable<const FUSED: bool>([f32; LANES]);

macro_rules! lane_wise {
    ($operator:ident, $method:ident, $symbol:tt) => {
        impl<const FUSED: bool> $operator for Portable<FUSED> {
            type Output = Self;
            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
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

impl<const FUSED: bool> Simd for Portable<FUSED> {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        Portable(lanes.0)
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        lanes.0 = self.0;
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Portable([value; LANES])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, mut term: Self) -> Self {
        if !FUSED {
            return self * factor + term;
        }
        for lane in 0..LANES {
            term.0[lane] = self.0[lane].mul_add(factor.0[lane], term.0[lane]);
        }
        term
    }

    #[inline(always)]
    fn max(mut self, other: Self) -> Self {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] < other.0[lane] { other.0[lane] } else { self.0[lane] };
        }
        self
    }

    #[inline(always)]
    fn min(mut self, other: Self) -> Self {
        for lane in 0..LANES {
            self.0[lane] = if self.0[lane] > other.0[lane] { other.0[lane] } else { self.0[lane] };
        }
        self
    }

    #[inline(always)]
    fn times_power(mut self, rounded: Self) -> Self {
        for lane in 0..LANES {
            let bits = self.0[lane].to_bits().wrapping_add(rounded.0[lane].to_bits() << 23);
            self.0[lane] = f32::from_bits(bits);
        }
        self
    }
}
