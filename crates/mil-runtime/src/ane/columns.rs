//! The kernel that runs columns on the Neural Engine.

use std::fmt;

use ane_bridge::{AneError, AneKernel};
use half::f16;

use super::rung::Rung;
use crate::accelerator::{Dispatch, Fold, WideKernel};
use crate::cpu::conv_chain::ConvChain;
use crate::{ColumnKernel, DeviceError, RunError, Timing};

/// Code of [`RunError::Device`] where the runtime refused without an error of its own.
pub const SILENT_CODE: i32 = -1;
/// Code of [`RunError::Device`] after an evaluation that timed out: this kernel answers nothing else.
pub const ABANDONED_CODE: i32 = -2;
/// Code of [`RunError::Device`] for whatever else there may be. Other codes are the runtime's own.
pub const OTHER_CODE: i32 = -3;

/// A column program on the Neural Engine. [`Timing::MayBlock`].
///
/// Every dispatch has the same number of columns, the capacity; fewer are filled up with zeros, more
/// take several dispatches. Groups of fewer columns than
/// [`AneOptions::least_columns`](super::AneOptions) are computed by the CPU's kernel instead, on the
/// calling thread, so that their answers differ from the engine's by the rounding of activations to FP16.
pub struct AneColumns {
    rung: Rung,
    kernel: WideKernel<AneKernel>,
}

impl AneColumns {
    pub(super) fn new(
        found: Found,
        twin: ConvChain,
        max_columns: usize,
        least_columns: usize,
    ) -> Result<Self, DeviceError> {
        let Found {
            kernel,
            rung,
            input,
            output,
        } = found;
        let sides = [input, output];
        let kernel = WideKernel::new(kernel, sides, twin, max_columns, least_columns)?;
        Ok(Self { rung, kernel })
    }

    /// The form in which the program was compiled.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// Columns of one dispatch.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.kernel.capacity()
    }
}

/// What the ladder found.
pub(super) struct Found {
    pub(super) kernel: AneKernel,
    pub(super) rung: Rung,
    pub(super) input: Fold,
    pub(super) output: Fold,
}

impl Dispatch for AneKernel {
    fn dispatch(&mut self, input: &[f16], output: &mut [f16]) -> Result<(), i32> {
        let done = self
            .write_input_f16(0, input)
            .and_then(|()| self.eval())
            .and_then(|()| self.read_output_f16(0, output));
        done.map_err(|error| code_of(&error))
    }
}

impl ColumnKernel for AneColumns {
    fn timing(&self) -> Timing {
        Timing::MayBlock
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        self.kernel.run(columns, input, output)
    }
}

impl fmt::Debug for AneColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AneColumns")
            .field("rung", &self.rung)
            .field("capacity", &self.capacity())
            .field("max_columns", &self.kernel.max_columns())
            .field("least_columns", &self.kernel.least_columns())
            .finish_non_exhaustive()
    }
}

fn code_of(error: &AneError) -> i32 {
    match error {
        AneError::Refused {
            error: Some(error), ..
        } => i32::try_from(error.code).unwrap_or(OTHER_CODE),
        AneError::Refused { error: None, .. } => SILENT_CODE,
        AneError::Abandoned => ABANDONED_CODE,
        _ => OTHER_CODE,
    }
}
