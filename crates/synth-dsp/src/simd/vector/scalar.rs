//! One lane in plain Rust.

use super::Vector;

/// One lane.
#[derive(Clone, Copy)]
pub(in crate::simd) struct F32x1(f32);

impl Vector for F32x1 {
    const WIDTH: usize = 1;
    const FUSED: bool = false;
    const HAS_32_REGISTERS: bool = false;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(value)
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        Self(values[0])
    }

    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        out[0] = self.0;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(self.0 * factor.0 + addend.0)
    }

    #[inline(always)]
    fn flip(self, signs: Self) -> Self {
        Self(f32::from_bits(self.0.to_bits() ^ signs.0.to_bits()))
    }

    #[inline(always)]
    fn clamp_unit(self) -> Self {
        Self(self.0.clamp(0.0, 1.0))
    }
}
