//! The kernel that runs columns on the Neural Engine.

use std::fmt;

use ane_bridge::{AneError, AneKernel};
use half::f16;

use super::fold::Fold;
use super::rung::Rung;
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
    kernel: AneKernel,
    rung: Rung,
    input: Fold,
    output: Fold,
    /// The same network on the CPU.
    twin: ConvChain,
    max_columns: usize,
    least_columns: usize,
    asked: Box<[f16]>,
    /// The tensors of all dispatches of a call, so that a call whose last one fails writes nothing.
    answers: Box<[f16]>,
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
        let dispatches = max_columns.div_ceil(input.columns());
        let values = dispatches.checked_mul(output.values());
        let answers = values
            .and_then(zeros)
            .ok_or(DeviceError::MaxColumns { got: max_columns })?;
        Ok(Self {
            kernel,
            rung,
            input,
            output,
            twin,
            max_columns,
            least_columns,
            asked: vec![f16::ZERO; input.values()].into(),
            answers,
        })
    }

    /// The form in which the program was compiled.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// Columns of one dispatch.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.input.columns()
    }

    fn dispatch(&mut self, columns: usize, input: &[f32]) -> Result<(), AneError> {
        let capacity = self.input.columns();
        let answers = self.answers.chunks_exact_mut(self.output.values());
        for (first, answer) in (0..columns).step_by(capacity).zip(answers) {
            let taken = capacity.min(columns - first);
            self.input
                .fill(input, columns, first, taken, &mut self.asked);
            self.kernel.write_input_f16(0, &self.asked)?;
            self.kernel.eval()?;
            self.kernel.read_output_f16(0, answer)?;
        }
        Ok(())
    }
}

/// What the ladder found.
pub(super) struct Found {
    pub(super) kernel: AneKernel,
    pub(super) rung: Rung,
    pub(super) input: Fold,
    pub(super) output: Fold,
}

impl ColumnKernel for AneColumns {
    fn timing(&self) -> Timing {
        Timing::MayBlock
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        let max = self.max_columns;
        if columns > max {
            return Err(RunError::TooManyColumns { max, got: columns });
        }
        if columns < self.least_columns {
            // It checks the lengths itself.
            return self.twin.run(columns, input, output);
        }
        let (expected, got) = (self.twin.inputs() * columns, input.len());
        if got != expected {
            return Err(RunError::InputLength { expected, got });
        }
        let (expected, got) = (self.twin.outputs() * columns, output.len());
        if got != expected {
            return Err(RunError::OutputLength { expected, got });
        }
        if columns == 0 {
            return Ok(());
        }
        self.dispatch(columns, input)
            .map_err(|error| RunError::Device {
                code: code_of(&error),
            })?;
        let capacity = self.input.columns();
        let answers = self.answers.chunks_exact(self.output.values());
        for (first, answer) in (0..columns).step_by(capacity).zip(answers) {
            let taken = capacity.min(columns - first);
            self.output.take(answer, output, columns, first, taken);
        }
        Ok(())
    }
}

impl fmt::Debug for AneColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AneColumns")
            .field("rung", &self.rung)
            .field("capacity", &self.capacity())
            .field("max_columns", &self.max_columns)
            .field("least_columns", &self.least_columns)
            .finish_non_exhaustive()
    }
}

/// So many zeros, if there is memory for them.
fn zeros(count: usize) -> Option<Box<[f16]>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).ok()?;
    values.resize(count, f16::ZERO);
    Some(values.into())
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
