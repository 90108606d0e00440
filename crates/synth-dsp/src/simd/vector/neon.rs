//! The AArch64 register.

use core::arch::aarch64::*;

use super::Vector;

/// 4 lanes of NEON, which every AArch64 has.
#[derive(Clone, Copy)]
pub(in crate::simd) struct F32x4(float32x4_t);

impl Vector for F32x4 {
    const WIDTH: usize = 4;
    const FUSED: bool = true;
    const HAS_32_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: NEON is part of the baseline this module is compiled for.
        Self(unsafe { vdupq_n_f32(value) })
    }

    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        let values = &values[..4];
        // SAFETY: as above; the slice has 4 values, at any alignment.
        Self(unsafe { vld1q_f32(values.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, out: &mut [f32]) {
        let out = &mut out[..4];
        // SAFETY: as above; the slice has 4 places, at any alignment.
        unsafe { vst1q_f32(out.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { vmulq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { vfmaq_f32(addend.0, self.0, factor.0) })
    }

    #[inline(always)]
    fn flip(self, signs: Self) -> Self {
        // SAFETY: as above.
        let bits = |register: float32x4_t| unsafe { vreinterpretq_u32_f32(register) };
        // SAFETY: as above.
        Self(unsafe { vreinterpretq_f32_u32(veorq_u32(bits(self.0), bits(signs.0))) })
    }

    #[inline(always)]
    fn clamp_unit(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { vminq_f32(vmaxq_f32(self.0, vdupq_n_f32(0.0)), vdupq_n_f32(1.0)) })
    }
}
