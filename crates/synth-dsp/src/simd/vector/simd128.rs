//! The WebAssembly register, in builds that have it.

use core::arch::wasm32::*;

use super::Vector;

/// 4 lanes of `simd128`.
#[derive(Clone, Copy)]
pub(in crate::simd) struct F32x4(v128);

impl Vector for F32x4 {
    const WIDTH: usize = 4;
    const FUSED: bool = false;
    const HAS_32_REGISTERS: bool = false;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        Self(f32x4(values[0], values[1], values[2], values[3]))
    }

    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        out[..4].copy_from_slice(&[
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(f32x4_add(f32x4_mul(self.0, factor.0), addend.0))
    }

    #[inline(always)]
    fn flip(self, signs: Self) -> Self {
        Self(v128_xor(self.0, signs.0))
    }

    #[inline(always)]
    fn clamp_unit(self) -> Self {
        Self(f32x4_pmin(
            f32x4_splat(1.0),
            f32x4_pmax(f32x4_splat(0.0), self.0),
        ))
    }
}
