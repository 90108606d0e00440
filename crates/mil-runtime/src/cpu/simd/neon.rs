//! AArch64: NEON.

use std::arch::aarch64::*;

use super::convolution::{Block, PackedLayer, chain};
use super::lanes::Lanes;

/// NEON, for which the program was built.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

impl Neon {
    pub(super) const BLOCK_WIDTHS: &[usize] = &[16, 8, 4];

    /// Runs the chain on a block of `width` columns.
    pub(super) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        match width {
            16 => chain::<_, 1, 4>(self, layers, block),
            8 => chain::<_, 2, 2>(self, layers, block),
            _ => chain::<_, 4, 1>(self, layers, block),
        }
    }
}

impl Lanes for Neon {
    type Cell = [f32; 4];
    type Vector = float32x4_t;

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> float32x4_t {
        // SAFETY: the program is built for NEON.
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> float32x4_t {
        // SAFETY: the program is built for NEON; the reference covers what is read, and any
        // alignment will do.
        unsafe { vld1q_f32(cell.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: float32x4_t, cell: &mut Self::Cell) {
        // SAFETY: the program is built for NEON; the reference covers what is written, and any
        // alignment will do.
        unsafe { vst1q_f32(cell.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, sum: float32x4_t) -> float32x4_t {
        // SAFETY: the program is built for NEON.
        unsafe { vfmaq_f32(sum, a, b) }
    }

    #[inline(always)]
    fn at_least(self, vector: float32x4_t, floor: float32x4_t) -> float32x4_t {
        // Not `vmaxq_f32`: it turns -0 into +0, which the other levels do not.
        // SAFETY: the program is built for NEON.
        unsafe { vbslq_f32(vcltq_f32(vector, floor), floor, vector) }
    }
}
