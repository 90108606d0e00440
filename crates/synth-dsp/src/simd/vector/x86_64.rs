//! The x86-64 registers.

use core::arch::x86_64::*;

use super::Vector;

macro_rules! register {
    (
        $(#[$doc:meta])* $name:ident($register:ty), $width:literal, fused: $fused:literal,
        $splat:ident, $load:ident, $store:ident, $add:ident, $mul:ident, $min:ident, $max:ident,
        $xor:ident,
        |$value:ident, $factor:ident, $addend:ident| $mul_add:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(in crate::simd) struct $name($register);

        impl Vector for $name {
            const WIDTH: usize = $width;
            const FUSED: bool = $fused;
            // With AVX-512.
            const HAS_32_REGISTERS: bool = $width == 16;

            #[inline(always)]
            fn splat(value: f32) -> Self {
                // SAFETY: the instruction set is there, see `Vector`.
                Self(unsafe { $splat(value) })
            }

            #[inline(always)]
            fn load(values: &[f32]) -> Self {
                let values = &values[..$width];
                // SAFETY: as above; the slice has as many values as the register, at any alignment.
                Self(unsafe { $load(values.as_ptr()) })
            }

            #[inline(always)]
            fn store(self, out: &mut [f32]) {
                let out = &mut out[..$width];
                // SAFETY: as above; the slice has as many places as the register, at any alignment.
                unsafe { $store(out.as_mut_ptr(), self.0) }
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: the instruction set is there, see `Vector`.
                Self(unsafe { $add(self.0, other.0) })
            }

            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $mul(self.0, other.0) })
            }

            #[inline(always)]
            fn mul_add(self, other: Self, addend: Self) -> Self {
                let ($value, $factor, $addend) = (self.0, other.0, addend.0);
                // SAFETY: as above.
                Self(unsafe { $mul_add })
            }

            #[inline(always)]
            fn flip(self, signs: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $xor(self.0, signs.0) })
            }

            #[inline(always)]
            fn clamp_unit(self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $min($max(self.0, $splat(0.0)), $splat(1.0)) })
            }
        }
    };
}

register! {
    /// 16 lanes of AVX-512.
    F32x16(__m512), 16, fused: true,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
    _mm512_add_ps, _mm512_mul_ps, _mm512_min_ps, _mm512_max_ps, _mm512_xor_ps,
    |value, factor, addend| _mm512_fmadd_ps(value, factor, addend)
}

register! {
    /// 8 lanes of AVX with FMA.
    F32x8(__m256), 8, fused: true,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
    _mm256_add_ps, _mm256_mul_ps, _mm256_min_ps, _mm256_max_ps, _mm256_xor_ps,
    |value, factor, addend| _mm256_fmadd_ps(value, factor, addend)
}

register! {
    /// 4 lanes of SSE2.
    F32x4(__m128), 4, fused: false,
    _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps,
    _mm_add_ps, _mm_mul_ps, _mm_min_ps, _mm_max_ps, _mm_xor_ps,
    |value, factor, addend| _mm_add_ps(_mm_mul_ps(value, factor), addend)
}
