//! A network made ready on a device.

use std::fmt;

use mil_runtime::{ColumnKernel, Device, DeviceError, RunError, Timing};
use thiserror::Error;

use crate::instrument::Instrument;
use crate::network::Network;
use crate::program::{BiasForm, ProgramError, padded_columns, program};

/// A prepared column kernel and the sizes of its buffers: `[inputs, columns]` in, `[outputs,
/// columns]` out, channel-major, row stride = columns.
pub struct Predictor {
    kernel: Box<dyn ColumnKernel>,
    inputs: usize,
    outputs: usize,
    max_columns: usize,
}

impl Predictor {
    /// Prepares an instrument's network for up to `max_columns` columns a call (at least one).
    ///
    /// # Errors
    /// When the network is not valid, or the device refuses the program: [`PredictorError`] says
    /// why, another device may take it.
    pub fn new(
        device: &dyn Device,
        instrument: &Instrument,
        max_columns: usize,
    ) -> Result<Self, PredictorError> {
        compile_predictor(device, &instrument.network, max_columns)
    }

    /// Most columns of one call.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn max_columns(&self) -> usize {
        self.max_columns
    }

    /// Input channels.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Output channels.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Whether [`Predictor::run`] may be called inside the audio callback.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn timing(&self) -> Timing {
        self.kernel.timing()
    }

    /// Runs the network over `columns` columns: `input` holds `inputs * columns` values, `output`
    /// takes `outputs * columns`. A column's answer has the same bits whatever `columns` is and
    /// wherever it stands, unless the device was asked to compute small groups elsewhere.
    ///
    /// # Errors
    /// More columns than prepared for, a buffer of another length, or a device that failed; the
    /// output is then untouched.
    ///
    /// # Realtime safety
    /// Iff [`Predictor::timing`] is [`Timing::Bounded`]: never allocates, locks, logs or panics, and takes
    /// bounded time.
    pub fn run(
        &mut self,
        columns: usize,
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), RunError> {
        self.kernel.run(columns, input, output)
    }
}

impl fmt::Debug for Predictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .field("max_columns", &self.max_columns)
            .finish_non_exhaustive()
    }
}

/// Prepares a network on a device for up to `max_columns` columns a call (at least one).
///
/// # Errors
/// When the network is not valid, or the device refuses the program: [`PredictorError`] says why,
/// another device may take it.
pub fn compile_predictor(
    device: &dyn Device,
    network: &Network,
    max_columns: usize,
) -> Result<Predictor, PredictorError> {
    let (program, weights) = program(network, padded_columns(max_columns), BiasForm::InConv)?;
    let kernel = device
        .prepare_columns(&program, &weights, max_columns)
        .map_err(|error| PredictorError::Device {
            device: device.name(),
            error,
        })?;
    Ok(Predictor {
        kernel,
        inputs: network.shape.inputs,
        outputs: network.shape.outputs(),
        max_columns,
    })
}

/// Why a network cannot be made ready.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PredictorError {
    /// The network cannot be written as a program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The device refused the program.
    #[error("device {device:?} cannot run the network: {error}")]
    Device {
        /// Name of the device.
        device: &'static str,
        /// Why.
        error: DeviceError,
    },
}
