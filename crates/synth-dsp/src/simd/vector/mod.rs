//! One register of `f32` lanes, the same few verbs on every instruction set.
//!
//! Thin types over intrinsics rather than loops over arrays, so that a recurrence becomes vector code
//! in every build profile and does not hang on what the optimiser makes of it. Nothing here crosses
//! lanes: a lane's result depends on that lane's inputs alone, which is why padded tails give the
//! same bits as full chunks.

#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
pub(super) mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) mod simd128;
#[cfg(target_arch = "x86_64")]
pub(super) mod x86_64;

/// Lanes of the widest register there is.
pub(crate) const MAX_WIDTH: usize = 16;

/// A register of `f32` lanes.
///
/// The types are known to the `simd` module alone, and only `Dispatch::run` hands them to a kernel,
/// inside a function compiled for their instruction set after that was detected. On that every use of
/// an intrinsic here relies.
pub(crate) trait Vector: Copy {
    /// Lanes of the register.
    const WIDTH: usize;
    /// Whether [`mul_add`](Self::mul_add) rounds once.
    const FUSED: bool;
    /// Whether there are 32 registers; else there are 16.
    const HAS_32_REGISTERS: bool;

    /// The same value in every lane.
    fn splat(value: f32) -> Self;

    /// The first `WIDTH` values.
    ///
    /// # Panics
    /// If there are fewer.
    fn load(values: &[f32]) -> Self;

    /// Writes the lanes to the first `WIDTH` places.
    ///
    /// # Panics
    /// If there are fewer.
    fn store(self, out: &mut [f32]);

    /// Sum, lane by lane.
    fn add(self, other: Self) -> Self;

    /// Product, lane by lane.
    fn mul(self, other: Self) -> Self;

    /// `self * factor + addend`.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    /// The other sign in each lane where `signs` has -0, the same where it has 0.
    fn flip(self, signs: Self) -> Self;

    /// Each lane limited to 0..=1.
    fn clamp_unit(self) -> Self;

    /// What [`mul_add`](Self::mul_add) does in each lane, for one value.
    #[inline(always)]
    fn mul_add_scalar(value: f32, factor: f32, addend: f32) -> f32 {
        // Without the instruction `f32::mul_add` would become a call into the C library.
        if Self::FUSED {
            value.mul_add(factor, addend)
        } else {
            value * factor + addend
        }
    }
}
