//! The kernel that runs columns through Core ML.

use std::fmt;

use super::prepared::Prepared;
use crate::accelerator::WideKernel;
use crate::{ColumnKernel, RunError, Timing};

/// A column program through Core ML. [`Timing::MayBlock`].
///
/// Every prediction has the same number of columns, the capacity; fewer are filled up with zeros, more take
/// several predictions. Groups of fewer columns than
/// [`CoreMlOptions::least_columns`](super::CoreMlOptions) are computed by the CPU's kernel instead, on the
/// calling thread, so that their answers differ by the rounding of activations to FP16.
pub struct CoreMlColumns {
    pub(super) kernel: WideKernel<Prepared>,
}

impl CoreMlColumns {
    /// Columns of one prediction.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.kernel.capacity()
    }
}

impl ColumnKernel for CoreMlColumns {
    fn timing(&self) -> Timing {
        Timing::MayBlock
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        self.kernel.run(columns, input, output)
    }
}

impl fmt::Debug for CoreMlColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreMlColumns")
            .field("capacity", &self.capacity())
            .field("max_columns", &self.kernel.max_columns())
            .field("least_columns", &self.kernel.least_columns())
            .finish_non_exhaustive()
    }
}
