//! `reference`: the interpreter and nothing else.

use mil::{Program, Weights};

use super::interpreter::{ColumnInterpreter, Interpreter, Rounding};
use crate::{ColumnKernel, Device, DeviceError, Executable};

/// The plain interpreter, as a device to hold the others against.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceDevice {
    rounding: Rounding,
}

impl ReferenceDevice {
    /// Activations stay f32; constants are rounded to FP16 all the same.
    #[must_use]
    pub fn f32() -> Self {
        Self {
            rounding: Rounding::None,
        }
    }

    /// Every activation, inputs and outputs included, is rounded to FP16; sums run in f32 and are
    /// rounded once, when the operation's result is stored. A model of the Neural Engine
    /// ("product rounded to fp16, wide accumulation" is what has been observed there).
    #[must_use]
    pub fn fp16() -> Self {
        Self {
            rounding: Rounding::Fp16,
        }
    }
}

impl Device for ReferenceDevice {
    fn name(&self) -> &'static str {
        "reference"
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
            self.rounding,
        )?))
    }

    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        Ok(Box::new(ColumnInterpreter::prepare(
            self.name(),
            program,
            weights,
            max_columns,
            self.rounding,
        )?))
    }
}
