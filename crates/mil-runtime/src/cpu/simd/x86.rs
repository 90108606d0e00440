//! x86-64: AVX-512, AVX2 with FMA, and SSE2.

use std::arch::x86_64::*;

use super::convolution::{Block, PackedLayer, chain};
use super::lanes::Lanes;
use super::multiply_adds::{MultiplyAddWork, chains};
use super::output_lanes::{self, STRIP, Transpose};

/// Proof that this machine has AVX-512 F and VL, AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

/// Proof that this machine has AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

/// SSE2, for which the program was built.
#[derive(Clone, Copy)]
pub(crate) struct Sse2;

impl Avx512 {
    pub(super) const BLOCK_WIDTHS: &[usize] = &[32, 16, 8, 4];

    pub(super) fn new() -> Option<Self> {
        let found = Avx2::new().is_some()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl");
        found.then_some(Self(()))
    }

    /// Runs the chain on a block of `width` columns.
    pub(super) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
        fn run(lanes: Avx512, width: usize, layers: &[PackedLayer], block: Block<'_>) {
            match width {
                32 => chain::<_, 2, 2>(lanes, layers, block),
                16 => chain::<_, 4, 1>(lanes, layers, block),
                8 => output_lanes::chain::<_, 8, 2>(lanes, layers, block),
                _ => output_lanes::chain::<_, 4, 4>(lanes, layers, block),
            }
        }
        // SAFETY: `self` exists only where `new` has found all four features.
        unsafe { run(self, width, layers, block) }
    }

    /// Runs chains of multiply-adds and nothing else.
    pub(super) fn multiply_adds(self, pairs: u32, factors: [f32; 2]) -> MultiplyAddWork {
        #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
        fn run(lanes: Avx512, pairs: u32, factors: [f32; 2]) -> MultiplyAddWork {
            chains::<_, 24>(lanes, pairs, factors)
        }
        // SAFETY: `self` exists only where `new` has found all four features.
        unsafe { run(self, pairs, factors) }
    }
}

impl Lanes for Avx512 {
    type Cell = [f32; 16];
    type Vector = __m512;

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> __m512 {
        // SAFETY: `self` proves AVX-512 F; the reference covers what is read, and any alignment
        // will do.
        unsafe { _mm512_loadu_ps(cell.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512, cell: &mut Self::Cell) {
        // SAFETY: `self` proves AVX-512 F; the reference covers what is written, and any alignment
        // will do.
        unsafe { _mm512_storeu_ps(cell.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, sum: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_fmadd_ps(a, b, sum) }
    }

    #[inline(always)]
    fn at_least(self, vector: __m512, floor: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F. The second operand is the answer where one is NaN.
        unsafe { _mm512_max_ps(floor, vector) }
    }
}

impl<const COLUMNS: usize> Transpose<COLUMNS> for Avx512 {
    #[inline(always)]
    fn transpose(self, columns: &[[f32; STRIP]; COLUMNS]) -> [[f32; COLUMNS]; STRIP] {
        const { assert!(1 <= COLUMNS && COLUMNS <= 8) };
        let mut rows = [[0.0; COLUMNS]; STRIP];
        for (half, rows) in rows.chunks_exact_mut(8).enumerate() {
            // SAFETY: `self` proves AVX; every reference covers the eight values that are read or written.
            unsafe {
                let mut lines = [_mm256_setzero_ps(); 8];
                for (column, line) in lines.iter_mut().enumerate() {
                    let cells: &[f32; 8] = &columns[column.min(COLUMNS - 1)].as_chunks().0[half];
                    *line = _mm256_loadu_ps(cells.as_ptr());
                }
                // Pairs of columns, then fours, then eight.
                let mut fours = [[_mm256_setzero_ps(); 4]; 2];
                for (index, four) in fours.iter_mut().enumerate() {
                    let [a, b, c, d] = [4 * index, 4 * index + 1, 4 * index + 2, 4 * index + 3];
                    let low = (
                        _mm256_unpacklo_ps(lines[a], lines[b]),
                        _mm256_unpacklo_ps(lines[c], lines[d]),
                    );
                    let high = (
                        _mm256_unpackhi_ps(lines[a], lines[b]),
                        _mm256_unpackhi_ps(lines[c], lines[d]),
                    );
                    *four = [
                        _mm256_shuffle_ps::<0x44>(low.0, low.1),
                        _mm256_shuffle_ps::<0xee>(low.0, low.1),
                        _mm256_shuffle_ps::<0x44>(high.0, high.1),
                        _mm256_shuffle_ps::<0xee>(high.0, high.1),
                    ];
                }
                let [left, right] = fours;
                for row in 0..4 {
                    let low = _mm256_permute2f128_ps::<0x20>(left[row], right[row]);
                    let high = _mm256_permute2f128_ps::<0x31>(left[row], right[row]);
                    for (row, values) in [(row, low), (row + 4, high)] {
                        let mut all = [0.0; 8];
                        _mm256_storeu_ps(all.as_mut_ptr(), values);
                        rows[row].copy_from_slice(&all[..COLUMNS]);
                    }
                }
            }
        }
        rows
    }
}

impl Avx2 {
    pub(super) const BLOCK_WIDTHS: &[usize] = &[16, 8];

    pub(super) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }

    /// Runs the chain on a block of `width` columns.
    pub(super) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        #[target_feature(enable = "avx2,fma")]
        fn run(lanes: Avx2, width: usize, layers: &[PackedLayer], block: Block<'_>) {
            match width {
                16 => chain::<_, 1, 2>(lanes, layers, block),
                _ => chain::<_, 2, 1>(lanes, layers, block),
            }
        }
        // SAFETY: `self` exists only where `new` has found both features.
        unsafe { run(self, width, layers, block) }
    }

    /// Runs chains of multiply-adds and nothing else.
    pub(super) fn multiply_adds(self, pairs: u32, factors: [f32; 2]) -> MultiplyAddWork {
        #[target_feature(enable = "avx2,fma")]
        fn run(lanes: Avx2, pairs: u32, factors: [f32; 2]) -> MultiplyAddWork {
            chains::<_, 12>(lanes, pairs, factors)
        }
        // SAFETY: `self` exists only where `new` has found both features.
        unsafe { run(self, pairs, factors) }
    }
}

impl Lanes for Avx2 {
    type Cell = [f32; 8];
    type Vector = __m256;

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: `self` proves AVX.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> __m256 {
        // SAFETY: `self` proves AVX; the reference covers what is read, and any alignment will do.
        unsafe { _mm256_loadu_ps(cell.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m256, cell: &mut Self::Cell) {
        // SAFETY: `self` proves AVX; the reference covers what is written, and any alignment will
        // do.
        unsafe { _mm256_storeu_ps(cell.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, sum: __m256) -> __m256 {
        // SAFETY: `self` proves FMA.
        unsafe { _mm256_fmadd_ps(a, b, sum) }
    }

    #[inline(always)]
    fn at_least(self, vector: __m256, floor: __m256) -> __m256 {
        // SAFETY: `self` proves AVX. The second operand is the answer where one is NaN.
        unsafe { _mm256_max_ps(floor, vector) }
    }
}

impl Sse2 {
    pub(super) const BLOCK_WIDTHS: &[usize] = &[8, 4];

    /// Runs the chain on a block of `width` columns.
    pub(super) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        match width {
            8 => chain::<_, 1, 2>(self, layers, block),
            _ => chain::<_, 2, 1>(self, layers, block),
        }
    }
}

impl Lanes for Sse2 {
    type Cell = [f32; 4];
    type Vector = __m128;

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m128 {
        // SAFETY: the program is built for SSE2.
        unsafe { _mm_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> __m128 {
        // SAFETY: the program is built for SSE2; the reference covers what is read, and any
        // alignment will do.
        unsafe { _mm_loadu_ps(cell.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m128, cell: &mut Self::Cell) {
        // SAFETY: the program is built for SSE2; the reference covers what is written, and any
        // alignment will do.
        unsafe { _mm_storeu_ps(cell.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m128, b: __m128, sum: __m128) -> __m128 {
        // SAFETY: the program is built for SSE2.
        unsafe { _mm_add_ps(_mm_mul_ps(a, b), sum) }
    }

    #[inline(always)]
    fn at_least(self, vector: __m128, floor: __m128) -> __m128 {
        // SAFETY: the program is built for SSE2. The second operand is the answer where one is NaN.
        unsafe { _mm_max_ps(floor, vector) }
    }
}
