//! x86-64 with AVX-512F, or with AVX2 and FMA.
//!
//! Written with intrinsics: left to itself, the compiler shuffles lanes about between the steps of exp.
//! A value of these types may only be made in a function that is compiled for the instruction set and
//! called on a processor that has it; `kernel!` in `kernel.rs` is the only place that does.

#![allow(unsafe_code)] // intrinsics

use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Sub};

use super::{Lanes, Simd};

/// All sixteen in one register.
#[derive(Clone, Copy)]
pub(in crate::model) struct Avx512(__m512);

/// Eight in each of two registers.
#[derive(Clone, Copy)]
pub(in crate::model) struct Avx2(__m256, __m256);

macro_rules! operators {
    ($($operator:ident, $method:ident, $wide:ident, $half:ident;)*) => {$(
        impl $operator for Avx512 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: the processor has AVX-512F, see the top of the file.
                Avx512(unsafe { $wide(self.0, other.0) })
            }
        }
        impl $operator for Avx2 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: the processor has AVX2, see the top of the file.
                unsafe { Avx2($half(self.0, other.0), $half(self.1, other.1)) }
            }
        }
    )*};
}
operators! {
    Add, add, _mm512_add_ps, _mm256_add_ps;
    Sub, sub, _mm512_sub_ps, _mm256_sub_ps;
    Mul, mul, _mm512_mul_ps, _mm256_mul_ps;
    Div, div, _mm512_div_ps, _mm256_div_ps;
}

// SAFETY of all that follows: the processor has the instruction set, see the top of the file, and
// `Lanes` is aligned to 64 bytes.

impl Simd for Avx512 {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        Avx512(unsafe { _mm512_load_ps(lanes.0.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        unsafe { _mm512_store_ps(lanes.0.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Avx512(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Avx512(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }

    // the instruction returns its second operand where either is not a number

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_max_ps(other.0, self.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_min_ps(other.0, self.0) })
    }

    #[inline(always)]
    fn times_power(self, rounded: Self) -> Self {
        unsafe {
            let shifted = _mm512_slli_epi32::<23>(_mm512_castps_si512(rounded.0));
            let bits = _mm512_add_epi32(_mm512_castps_si512(self.0), shifted);
            Avx512(_mm512_castsi512_ps(bits))
        }
    }

    #[inline(always)]
    fn sums(vectors: [Self; 4]) -> [f32; 4] {
        unsafe {
            let mut quarters = [_mm_setzero_ps(); 4];
            for (quarter, vector) in quarters.iter_mut().zip(vectors) {
                let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(vector.0)));
                let half = _mm256_add_ps(_mm512_castps512_ps256(vector.0), upper);
                *quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half));
            }
            let [mut a, mut b, mut c, mut d] = quarters;
            _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
            let mut sums = [0.0; 4];
            _mm_storeu_ps(sums.as_mut_ptr(), _mm_add_ps(_mm_add_ps(a, c), _mm_add_ps(b, d)));
            sums
        }
    }
}

impl Simd for Avx2 {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        let (low, high) = lanes.0.split_at(8);
        unsafe { Avx2(_mm256_load_ps(low.as_ptr()), _mm256_load_ps(high.as_ptr())) }
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        let (low, high) = lanes.0.split_at_mut(8);
        unsafe {
            _mm256_store_ps(low.as_mut_ptr(), self.0);
            _mm256_store_ps(high.as_mut_ptr(), self.1);
        }
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        let half = unsafe { _mm256_set1_ps(value) };
        Avx2(half, half)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        unsafe { Avx2(_mm256_fmadd_ps(self.0, factor.0, term.0), _mm256_fmadd_ps(self.1, factor.1, term.1)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_max_ps(other.0, self.0), _mm256_max_ps(other.1, self.1)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_min_ps(other.0, self.0), _mm256_min_ps(other.1, self.1)) }
    }

    #[inline(always)]
    fn times_power(self, rounded: Self) -> Self {
        #[inline(always)]
        unsafe fn half(x: __m256, rounded: __m256) -> __m256 {
            unsafe {
                let shifted = _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded));
                let bits = _mm256_add_epi32(_mm256_castps_si256(x), shifted);
                _mm256_castsi256_ps(bits)
            }
        }
        unsafe { Avx2(half(self.0, rounded.0), half(self.1, rounded.1)) }
    }
}
