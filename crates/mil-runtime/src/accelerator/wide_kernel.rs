//! Any number of columns on a program of one width.

use half::f16;

use super::fold::Fold;
use crate::cpu::conv_chain::ConvChain;
use crate::{ColumnKernel, DeviceError, RunError};

/// A prepared program that computes one tensor from one tensor, both packed.
pub(crate) trait Dispatch {
    /// Computes `output` from `input`.
    ///
    /// # Errors
    /// The code for [`RunError::Device`].
    fn dispatch(&mut self, input: &[f16], output: &mut [f16]) -> Result<(), i32>;
}

/// Runs a program of a fixed number of columns, the capacity: fewer are filled up with zeros, more take
/// several dispatches, and groups of fewer than `least_columns` are computed by the CPU's kernel.
pub(crate) struct WideKernel<D> {
    program: D,
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

impl<D: Dispatch> WideKernel<D> {
    pub(crate) fn new(
        program: D,
        [input, output]: [Fold; 2],
        twin: ConvChain,
        max_columns: usize,
        least_columns: usize,
    ) -> Result<Self, DeviceError> {
        let dispatches = max_columns.div_ceil(input.columns());
        let values = dispatches.checked_mul(output.values());
        let answers = values
            .and_then(zeros)
            .ok_or(DeviceError::MaxColumns { got: max_columns })?;
        Ok(Self {
            program,
            input,
            output,
            twin,
            max_columns,
            least_columns,
            asked: vec![f16::ZERO; input.values()].into(),
            answers,
        })
    }

    /// Columns of one dispatch.
    pub(crate) fn capacity(&self) -> usize {
        self.input.columns()
    }

    pub(crate) fn max_columns(&self) -> usize {
        self.max_columns
    }

    pub(crate) fn least_columns(&self) -> usize {
        self.least_columns
    }

    /// As [`ColumnKernel::run`].
    pub(crate) fn run(
        &mut self,
        columns: usize,
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), RunError> {
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
        let capacity = self.capacity();
        let answers = self.answers.chunks_exact_mut(self.output.values());
        for (first, answer) in (0..columns).step_by(capacity).zip(answers) {
            let taken = capacity.min(columns - first);
            self.input
                .fill(input, columns, first, taken, &mut self.asked);
            let done = self.program.dispatch(&self.asked, answer);
            done.map_err(|code| RunError::Device { code })?;
        }
        let answers = self.answers.chunks_exact(self.output.values());
        for (first, answer) in (0..columns).step_by(capacity).zip(answers) {
            let taken = capacity.min(columns - first);
            self.output.take(answer, output, columns, first, taken);
        }
        Ok(())
    }
}

/// So many zeros, if there is memory for them.
fn zeros(count: usize) -> Option<Box<[f16]>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).ok()?;
    values.resize(count, f16::ZERO);
    Some(values.into())
}
