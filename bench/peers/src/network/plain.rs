//! The network as three nested loops, in order, in f32: what no compiler may vectorise.

use super::Inference;
use super::work::Work;
use crate::Failure;

/// `sum += weight * input`, one number at a time.
pub(super) struct Plain<'a> {
    work: &'a Work,
    values: Vec<f32>,
    next: Vec<f32>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(work: &'a Work) -> Self {
        Self {
            work,
            values: Vec::new(),
            next: Vec::new(),
        }
    }
}

impl Inference for Plain<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        self.values.clear();
        self.values.extend_from_slice(&self.work.rows);
        let last = self.work.layers.len() - 1;
        for (index, layer) in self.work.layers.iter().enumerate() {
            self.next.clear();
            for row in self.values.chunks_exact(layer.inputs) {
                for (weights, &bias) in layer.weight.chunks_exact(layer.inputs).zip(&layer.bias) {
                    let mut sum = bias;
                    for (weight, value) in weights.iter().zip(row) {
                        sum += weight * value;
                    }
                    self.next
                        .push(if index < last { sum.max(0.0) } else { sum });
                }
            }
            std::mem::swap(&mut self.values, &mut self.next);
        }
        std::hint::black_box(&mut self.values);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        Ok(self.values.clone())
    }
}
