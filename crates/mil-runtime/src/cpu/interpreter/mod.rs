//! The plain interpreter: one buffer per value, one loop nest per operation, in program order.
//!
//! It is the measure for every other back end, so it is written for reading: sums run in f32 in the
//! order of the definition, without fused multiply-add, and constants are rounded to FP16.

mod columns;
mod kernels;
mod plan;

pub(super) use columns::{ColumnInterpreter, column_shape};
pub(super) use plan::{Interpreter, constant_values};

/// What happens to a value when it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rounding {
    /// It stays f32.
    None,
    /// It is rounded to FP16, to nearest, ties to even: a model of hardware that accumulates wide
    /// and keeps its activations in FP16.
    Fp16,
}

impl Rounding {
    fn apply(self, values: &mut [f32]) {
        if self == Self::Fp16 {
            for value in values {
                *value = half::f16::from_f32(*value).to_f32();
            }
        }
    }
}
