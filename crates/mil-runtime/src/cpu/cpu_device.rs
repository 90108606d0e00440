//! `cpu`: any program on the interpreter, columns as fast as this machine can.

use mil::{Program, Weights};

use super::conv_chain::ConvChain;
use super::interpreter::{ColumnInterpreter, Interpreter, Rounding};
use super::lowering::{Part, parts};
use crate::{ColumnKernel, Device, DeviceError, Executable};

/// The CPU this process runs on. Of a column program every chain of 1x1 convolutions, biases (in
/// either form) and ReLUs becomes a [`ConvChain`]; what is between them, and every other program, runs on the
/// interpreter, in f32. Both are [`crate::Timing::Bounded`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuDevice {
    _private: (),
}

impl CpuDevice {
    /// The CPU.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Device for CpuDevice {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn prepare(
        &self,
        program: &Program,
        weights: &Weights,
    ) -> Result<Box<dyn Executable>, DeviceError> {
        Ok(Box::new(Interpreter::prepare(
            self.name(),
            program,
            weights,
            Rounding::None,
        )?))
    }

    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        let mut parts = parts(self.name(), program, weights)?;
        if let [Part::Chain { layers, from, to }] = &mut parts[..]
            && program.inputs() == [*from]
            && program.outputs() == [*to]
        {
            let layers = std::mem::take(layers);
            return Ok(Box::new(ConvChain::new(layers, max_columns)?));
        }
        Ok(Box::new(ColumnInterpreter::with_chains(
            self.name(),
            program,
            weights,
            max_columns,
            parts,
        )?))
    }
}
