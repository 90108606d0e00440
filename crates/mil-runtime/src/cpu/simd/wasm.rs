//! WebAssembly: simd128.

use std::arch::wasm32::*;

use super::convolution::{Block, PackedLayer, chain};
use super::lanes::Lanes;

/// simd128, for which the program was built.
#[derive(Clone, Copy)]
pub(crate) struct Simd128;

impl Simd128 {
    pub(super) const BLOCK_WIDTHS: &[usize] = &[8, 4];

    /// Runs the chain on a block of `width` columns.
    pub(super) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        match width {
            8 => chain::<_, 1, 2>(self, layers, block),
            _ => chain::<_, 2, 1>(self, layers, block),
        }
    }
}

impl Lanes for Simd128 {
    type Cell = [f32; 4];
    type Vector = v128;

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> v128 {
        // SAFETY: the reference covers what is read, and any alignment will do.
        unsafe { v128_load(cell.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: v128, cell: &mut Self::Cell) {
        // SAFETY: the reference covers what is written, and any alignment will do.
        unsafe { v128_store(cell.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, sum: v128) -> v128 {
        // Not the relaxed fused form: its rounding is left to the browser.
        f32x4_add(f32x4_mul(a, b), sum)
    }

    #[inline(always)]
    fn at_least(self, vector: v128, floor: v128) -> v128 {
        // `pmax(a, b)` is `a < b ? b : a`, so NaN and -0 pass.
        f32x4_pmax(vector, floor)
    }
}
