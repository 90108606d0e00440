//! The few vector operations the convolution kernel is written in.

/// One instruction set's vector of `f32`, each lane holding one column.
///
/// A value of an implementing type proves that this machine has the instructions, so every method
/// is safe; the proof is made once, when a kernel is chosen. Lanes never mix, so a column's result
/// is the same in every lane of every width as long as the rounding is the same: the fused
/// implementations (AVX-512, AVX2, NEON) agree bit for bit with one another, and so do the unfused
/// ones (SSE2, scalar).
pub(super) trait Lanes: Copy {
    /// As many columns in memory as a vector holds.
    type Cell: Copy;
    /// As many columns in registers.
    type Vector: Copy;

    /// Columns a vector holds.
    const WIDTH: usize = size_of::<Self::Cell>() / size_of::<f32>();

    /// Memory seen as vectors; what does not fill a whole vector at the end is left out.
    fn cells(values: &[f32]) -> &[Self::Cell];
    /// As [`Lanes::cells`], for writing.
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell];

    /// The same value in every lane.
    fn splat(self, value: f32) -> Self::Vector;
    /// Reads a vector.
    fn load(self, cell: &Self::Cell) -> Self::Vector;
    /// Writes a vector.
    fn store(self, vector: Self::Vector, cell: &mut Self::Cell);
    /// `a * b + sum`, rounded once where the instruction set can, else twice.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, sum: Self::Vector) -> Self::Vector;
    /// Values below `floor` become `floor`; NaN stays NaN, so that a poisoned column is seen and
    /// not silently hidden.
    fn at_least(self, vector: Self::Vector, floor: Self::Vector) -> Self::Vector;
}

/// Plain arrays, for every machine: product and sum are rounded apart, since a fused one without
/// hardware is slow.
#[derive(Clone, Copy)]
pub(super) struct Portable<const WIDTH: usize>;

#[allow(
    clippy::needless_range_loop,
    reason = "loops over constant ranges unroll in every profile; array adaptors stay calls in some"
)]
impl<const WIDTH: usize> Lanes for Portable<WIDTH> {
    type Cell = [f32; WIDTH];
    type Vector = [f32; WIDTH];

    #[inline(always)]
    fn cells(values: &[f32]) -> &[Self::Cell] {
        values.as_chunks().0
    }

    #[inline(always)]
    fn cells_mut(values: &mut [f32]) -> &mut [Self::Cell] {
        values.as_chunks_mut().0
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; WIDTH]
    }

    #[inline(always)]
    fn load(self, cell: &Self::Cell) -> Self::Vector {
        *cell
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, cell: &mut Self::Cell) {
        *cell = vector;
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, mut sum: Self::Vector) -> Self::Vector {
        for lane in 0..WIDTH {
            sum[lane] += a[lane] * b[lane];
        }
        sum
    }

    #[inline(always)]
    fn at_least(self, mut vector: Self::Vector, floor: Self::Vector) -> Self::Vector {
        for lane in 0..WIDTH {
            if vector[lane] < floor[lane] {
                vector[lane] = floor[lane];
            }
        }
        vector
    }
}
