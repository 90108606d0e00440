//! The device.

use std::sync::{Arc, Mutex, PoisonError};

use mil::{Program, Weights};

use super::columns::CoreMlColumns;
use super::executable::CoreMlExecutable;
use super::prepared::{NAME, Prepared, refused};
use super::report::CoreMlReport;
use super::sys::{Runtime, System};
use crate::accelerator::{Fold, Form, WideKernel, capacity, chain};
use crate::cpu::conv_chain::ConvChain;
use crate::{ColumnKernel, Device, DeviceError, Executable};

/// How a [`CoreMlDevice`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreMlOptions {
    /// Groups of fewer columns are computed on the CPU, because a prediction is not worth its while: it
    /// takes 0.2 to 0.7 ms as others measured it, whatever is in it, and part of that is processor time.
    /// By default [`CoreMlOptions::LEAST_COLUMNS`]; 1 sends all to Core ML, so that a column's answer does
    /// not depend on how many came with it.
    pub least_columns: usize,
}

impl CoreMlOptions {
    /// The default of [`CoreMlOptions::least_columns`]: a guess, until a prediction's processor time is
    /// measured on a Mac.
    pub const LEAST_COLUMNS: usize = 16;
}

impl Default for CoreMlOptions {
    fn default() -> Self {
        Self {
            least_columns: Self::LEAST_COLUMNS,
        }
    }
}

/// Core ML, told to use the processor and the Neural Engine.
///
/// It runs any program whose inputs and outputs are FP16, and as column programs those that are chains of
/// 1x1 convolutions, biases and ReLUs. Its kernels are [`Timing::MayBlock`](crate::Timing::MayBlock).
/// Preparing one writes a model package into the system's folder for temporary files, where it stays as
/// long as the kernel; it takes some tenths of a second: not on a thread that anybody waits for.
#[derive(Debug)]
pub struct CoreMlDevice {
    runtime: Arc<dyn Runtime>,
    options: CoreMlOptions,
    last: Mutex<Option<CoreMlReport>>,
}

impl Default for CoreMlDevice {
    fn default() -> Self {
        Self::new()
    }
}

impl CoreMlDevice {
    /// This machine's, with default options.
    #[must_use]
    pub fn new() -> Self {
        Self::with(CoreMlOptions::default())
    }

    /// This machine's, with options of one's own.
    #[must_use]
    pub fn with(options: CoreMlOptions) -> Self {
        Self::by(Arc::new(System), options)
    }

    pub(super) fn by(runtime: Arc<dyn Runtime>, options: CoreMlOptions) -> Self {
        Self {
            runtime,
            options,
            last: Mutex::new(None),
        }
    }

    /// Whether there is Core ML here. That it is there does not mean that it uses the Neural Engine.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] with the reason and what to do.
    pub fn availability(&self) -> Result<(), DeviceError> {
        let found = self.runtime.availability();
        found.map_err(|reason| DeviceError::Unavailable {
            device: NAME,
            reason: reason.to_owned(),
        })
    }

    /// What became of the last program that was prepared here; none before the first that was.
    #[must_use]
    pub fn last_report(&self) -> Option<CoreMlReport> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    fn prepared(&self, program: &Program, weights: &Weights) -> Result<Prepared, DeviceError> {
        self.availability()?;
        let (prepared, report) = Prepared::new(&*self.runtime, program, weights)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        Ok(prepared)
    }
}

impl Device for CoreMlDevice {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(
        &self,
        program: &Program,
        weights: &Weights,
    ) -> Result<Box<dyn Executable>, DeviceError> {
        program.check_weights(weights)?;
        let prepared = self.prepared(program, weights)?;
        Ok(Box::new(CoreMlExecutable { prepared }))
    }

    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        let layers = chain(NAME, program, weights)?;
        if max_columns == 0 {
            return Err(DeviceError::MaxColumns { got: 0 });
        }
        let width = capacity(max_columns);
        let twin = ConvChain::new(layers.clone(), max_columns)?;
        let form = Form::PLAIN;
        let (program, weights) = form.program(&layers, width).map_err(refused)?;
        let prepared = self.prepared(&program, &weights)?;
        let sides = [twin.inputs(), twin.outputs()].map(|used| Fold::new(&form, used, width));
        let least = self.options.least_columns;
        let kernel = WideKernel::new(prepared, sides, twin, max_columns, least)?;
        Ok(Box::new(CoreMlColumns { kernel }))
    }
}
