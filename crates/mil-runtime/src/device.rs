//! The traits every back end implements.

use mil::{Program, Weights};

use crate::{DeviceError, RunError, TensorView, TensorViewMut};

/// A place where MIL programs run.
pub trait Device {
    /// Short lower-case name, as the user types it.
    fn name(&self) -> &'static str;

    /// Makes any program ready to run. Not RT-safe: allocates, may take long.
    ///
    /// # Errors
    /// A [`DeviceError`] that says why this device cannot run this program.
    fn prepare(
        &self,
        program: &Program,
        weights: &Weights,
    ) -> Result<Box<dyn Executable>, DeviceError>;

    /// Makes a column program ready: one input `[1, C, 1, N]`, one output `[1, M, 1, N]`, every
    /// column computed from the same column of the input alone. The kernel runs any number of
    /// columns up to `max_columns`, whatever `N` the program was written with.
    /// Not RT-safe: allocates, may take long.
    ///
    /// # Errors
    /// A [`DeviceError`] that says why; [`DeviceError::NotColumns`] if columns depend on each other.
    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError>;
}

/// A program made ready.
pub trait Executable: Send {
    /// Runs the program once. Inputs and outputs stand in the program's order and have exactly its
    /// shapes.
    ///
    /// # Errors
    /// A [`RunError`]; the outputs are then untouched.
    fn run(
        &mut self,
        inputs: &[TensorView<'_>],
        outputs: &mut [TensorViewMut<'_>],
    ) -> Result<(), RunError>;
}

/// Whether a kernel's run ends in bounded time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// It does, and never blocks: it may run inside the audio callback.
    Bounded,
    /// It waits for something outside this thread: never call it from the audio callback.
    MayBlock,
}

/// A column program made ready: `[C, columns]` in, `[M, columns]` out.
pub trait ColumnKernel: Send {
    /// Whether it may run inside the audio callback.
    fn timing(&self) -> Timing;

    /// Computes `columns` columns. `input` holds `C * columns` elements, channel by channel, the
    /// columns of one channel side by side; `output` likewise `M * columns`, and is overwritten.
    /// A column's result has the same bits whatever `columns` is and wherever the column stands; a
    /// kernel that may block and computes small groups elsewhere says so, and can be told not to.
    ///
    /// # Errors
    /// More columns than prepared for, a buffer of the wrong length, or a device that failed; the
    /// output is then untouched.
    ///
    /// # Realtime safety
    /// Iff [`Self::timing`] is [`Timing::Bounded`]: never allocates, locks, logs or panics, and takes
    /// bounded time. A kernel that may block may do all of that in the system's name.
    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError>;
}
