//! The gemm crate, which is also under candle and burn: its matrix products, bias and ReLU by hand.

use gemm::Parallelism;

use super::Inference;
use super::work::Work;
use crate::Failure;

/// Rows of columns, `[columns, channels]`.
pub(super) struct Gemm<'a> {
    work: &'a Work,
    /// `[inputs, outputs]` of each layer.
    weights: Vec<Vec<f32>>,
    values: Vec<f32>,
    next: Vec<f32>,
}

impl<'a> Gemm<'a> {
    pub(super) fn new(work: &'a Work) -> Self {
        let room = work.widest() * work.columns;
        Self {
            work,
            weights: work.layers.iter().map(|layer| layer.transposed()).collect(),
            values: vec![0.0; room],
            next: vec![0.0; room],
        }
    }
}

impl Inference for Gemm<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let columns = self.work.columns;
        let last = self.work.layers.len() - 1;
        for (index, (layer, weights)) in self.work.layers.iter().zip(&self.weights).enumerate() {
            let from = match index {
                0 => &self.work.rows,
                _ => &self.values,
            };
            let to = &mut self.next[..layer.outputs * columns];
            product(from, weights, to, [columns, layer.outputs, layer.inputs]);
            for row in to.chunks_exact_mut(layer.outputs) {
                for (value, bias) in row.iter_mut().zip(&layer.bias) {
                    let sum = *value + bias;
                    *value = if index < last { sum.max(0.0) } else { sum };
                }
            }
            std::mem::swap(&mut self.values, &mut self.next);
        }
        std::hint::black_box(&mut self.values);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        Ok(self.values[..self.work.outputs() * self.work.columns].to_vec())
    }
}

/// `to[m, n] = left[m, k] * right[k, n]`, all row-major.
fn product(left: &[f32], right: &[f32], to: &mut [f32], [m, n, k]: [usize; 3]) {
    assert!(left.len() >= m * k && right.len() >= k * n && to.len() >= m * n);
    // SAFETY: all three matrices lie within their slices, as was just seen, and `to` overlaps neither of
    // the others since it is borrowed mutably.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            n as isize,
            false,
            left.as_ptr(),
            1,
            k as isize,
            right.as_ptr(),
            1,
            n as isize,
            0.0_f32,
            1.0_f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
