//! `cpu`: any program on the interpreter, columns as fast as this machine can.

use mil::{Program, Weights};

use super::conv_chain::ConvChain;
use super::interpreter::{ColumnInterpreter, Interpreter, Rounding};
use super::lowering::lower;
use crate::{ColumnKernel, Device, DeviceError, Executable};

/// The CPU this process runs on. A column program that is a chain of 1x1 convolutions, biases (in
/// either form) and ReLUs becomes a [`ConvChain`]; every other program runs on the interpreter, in
/// f32. Both are [`crate::Timing::Bounded`].
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
        match lower(self.name(), program, weights)? {
            Some(layers) => Ok(Box::new(ConvChain::new(layers, max_columns)?)),
            None => {
                let rounding = Rounding::None;
                Ok(Box::new(ColumnInterpreter::prepare(
                    self.name(),
                    program,
                    weights,
                    max_columns,
                    rounding,
                )?))
            }
        }
    }
}
